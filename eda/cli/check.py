"""``eda check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eda.cli.output import Json, PdkName, PdkRoot, Seed, console, emit


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(check)


def check(
    a: Annotated[Path, typer.Argument(metavar="A.v", help="A design: structural Verilog, RTL, or AIGER.")],
    b: Annotated[Path, typer.Argument(metavar="B.v", help="The design that should equal it.")],
    top: Annotated[str | None, typer.Option(help="Top module of both files.")] = None,
    top_b: Annotated[str | None, typer.Option(help="Top module of B, where it differs from that of A.")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    time_limit: Annotated[float, typer.Option(min=0.0, help="Seconds before the answer is 'unknown'.")] = 60.0,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Prove two designs equivalent, or show inputs on which they differ.

    Library cells in the designs are those of the kit given by --pdk.
    Exit code 0: proven; 1: different or unknown; 2: the designs cannot be compared.

    Example: eda check golden.v mapped.v --top mult16
    """
    from eda.flow.load import load_design
    from eda.proof.check import check as prove

    first = load_design(a, top=top, pdk=pdk, pdk_root=pdk_root)
    second = load_design(b, top=top_b or top, pdk=pdk, pdk_root=pdk_root)
    verdict = prove(first, second, time_limit=time_limit, seed=seed)
    console(as_json).print(str(verdict))
    emit(verdict.to_dict(), as_json)
    if verdict.status != "proven":
        raise typer.Exit(1)

"""``eda report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eda.cli.output import Json, console, emit


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(report)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder written by `eda arith sweep`.")],
    as_json: Json = False,
) -> None:
    """Write DIR/report.html: one self-contained page with the plot, the table, the proofs and the environment.

    Example: eda report demo
    """
    from eda.explore.report import write_report

    path = write_report(folder)
    console(as_json).print(f"wrote {path}")
    emit({"report": str(path)}, as_json)

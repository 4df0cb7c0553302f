"""``eda arith optimize``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eda.cli.arith_options import Constant, DropBits, Kind, ResultBits, Signed, SignedB, Terms, Width, WidthB, times
from eda.cli.output import Json, PdkName, PdkRoot, Seed, console, emit, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from eda.arith.optimize.goal import Goal
    from eda.arith.optimize.points import Archive


def optimize(
    kind: Kind,
    width: Width,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results; one with earlier results is gone on with.")],
    width_b: WidthB = None,
    terms: Terms = None,
    signed: Signed = False,
    signed_b: SignedB = None,
    constant: Constant = None,
    result_bits: ResultBits = None,
    drop_bits: DropBits = 0,
    points: Annotated[int, typer.Option(min=1, help="Circuits of the front to keep.")] = 8,
    target: Annotated[
        list[float] | None, typer.Option(metavar="PS", help="Least area at this delay; may be repeated. [default: a front]")
    ] = None,
    max_area: Annotated[float | None, typer.Option(help="Only circuits of at most this area, in um2.")] = None,
    arrival: Annotated[
        list[str] | None, typer.Option(metavar="PORT=PS", help="When a port or bit settles (a=30, b[7]=20); may be repeated.")
    ] = None,
    required: Annotated[
        list[str] | None, typer.Option(metavar="PORT=PS", help="When result bits are due (p[15]=900); may be repeated.")
    ] = None,
    driver: Annotated[str | None, typer.Option(help="Cell that drives the inputs. [default: the kit's]")] = None,
    load: Annotated[float | None, typer.Option(min=0.0, help="Load of the outputs in fF. [default: the kit's]")] = None,
    stages: Annotated[int, typer.Option(min=1, help="Pipeline of so many stages, cut by exact timing.")] = 1,
    method: Annotated[str, typer.Option(help="eda, or domac: the published method with textbook adders.")] = "eda",
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave a step out, to see its gain: booth, domac, swaps, joint, prefix, forms, mapping, rewire, sizing, pins, "
            "buffers."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Random starts of each tree.")] = 4,
    effort: Annotated[int, typer.Option(min=1, help="2, 3, ...: search longer.")] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda, for differentiable timing.")] = "cpu",
    time_limit: Annotated[float | None, typer.Option(min=0.0, help="Seconds to search.")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Find the best circuits: a front of delay and area, every circuit mapped, sized, proven and written as Verilog.

    Writes results.json, pareto.json, pareto.svg, pareto.png, report.html, and for every point its mapped netlist and, for
    other flows, the generic one. Ctrl-C ends the search with what was found; running again goes on from there.

    Examples:
      eda arith optimize multiplier --width 16 -o mult16
      eda arith optimize mac --width 8 --signed --target 600 -o mac8
      eda arith optimize dot --width 8 --terms 4 --stages 2 -o dot8
      eda arith optimize multiplier --width 12 --constant 93 --arrival "a[11]=120" -o times93
    """
    from eda.arith.config import Config
    from eda.arith.optimize.goal import Goal
    from eda.explore.optimized import Request, run
    from eda.tech.pdk import find_pdk

    config = Config(
        kind,
        width,
        width_b,
        terms,
        signed,
        signed_b=signed_b,
        constant=constant,
        result_bits=result_bits,
        drop_bits=drop_bits,
        arrivals=times("--arrival", arrival),
        required=times("--required", required),
    )
    goal = Goal(
        config,
        find_pdk(pdk, root=pdk_root),
        stages=stages,
        targets=tuple(target or ()),
        max_area=max_area,
        method=method,
        without=frozenset(without or ()),
        seed=seed,
        seeds=seeds,
        effort=effort,
        device=device,
        driver=driver,
        load_ff=load,
    )
    with _bar(goal) as told:
        record = run(Request(goal, points, float("inf") if time_limit is None else time_limit, out), told)
    _print(record, out, as_json)
    emit(record, as_json)
    if not record["finished"] and time_limit is None:
        raise typer.Exit(130)


def _print(record: dict[str, Any], out: Path, as_json: bool) -> None:
    columns = ("delay ps", "area um2", "power mW", "cells", "partial products", "tree", "adder", "proof")
    rows = [
        tuple(p[k] for k in ("delay_ps", "area_um2", "power_mw", "cells"))
        + tuple(p["config"][k] for k in ("ppg", "tree", "adder"))
        + (p["proof"]["status"],)
        for p in record["points"]
    ]
    table(as_json, columns, rows, title=record["title"])
    human = console(as_json)
    if not record["points"]:
        human.print("nothing was found: give more time, a larger area or a later target")
    human.print(f"wrote {out / 'report.html'}, {out / 'pareto.json'} and {len(record['points'])} circuits")


@contextmanager
def _bar(goal: Goal) -> Iterator[Callable[[str, Archive], None]]:
    """On standard error: what is being done, and the front so far."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[front]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(goal.spec.text, front="")

        def told(what: str, archive: Archive) -> None:
            bar.update(task, description=what, front=_front(archive), advance=1)

        yield told


def _front(archive: Archive) -> str:
    """A few points of the front, fastest first."""
    points = archive.points
    if not points:
        return ""
    shown = [points[round(k * (len(points) - 1) / 3)] for k in range(min(4, len(points)))]
    return f"{len(points)} points: " + "  ".join(f"{p.delay_ps:.0f} ps/{p.area:.0f} um2" for p in shown)

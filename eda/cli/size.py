"""``eda size``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eda.cli.output import Json, PdkName, PdkRoot, Seed, console, emit, table

if TYPE_CHECKING:
    from eda.ir.netlist import Netlist
    from eda.sizing.size import Sized
    from eda.tech.library import Library
    from eda.timing.constraints import Constraints


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(size)


def size(
    file: Annotated[Path, typer.Argument(metavar="NETLIST.v", help="Mapped Verilog.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Verilog to write; of a front, NAME_<target>ps.v beside it.")
    ] = None,
    target: Annotated[
        list[float] | None, typer.Option(metavar="PS", help="Delay to meet, in ps; may be given again. 0: as fast as it goes.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=1, help="Without targets: so many, from the fastest circuit to the smallest.")
    ] = None,
    top: Annotated[str | None, typer.Option(help="Top module.")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    clock_port: Annotated[str | None, typer.Option(help="Input port of the clock; found where left out.")] = None,
    driver: Annotated[str | None, typer.Option(help="Cell that drives the inputs; the kit's where left out.")] = None,
    load: Annotated[float | None, typer.Option(min=0.0, help="Load of the outputs in fF; the kit's where left out.")] = None,
    pins: Annotated[bool, typer.Option(help="Order symmetric inputs.")] = True,
    buffers: Annotated[bool, typer.Option(help="Insert and remove buffers.")] = True,
    cells: Annotated[bool, typer.Option(help="Exchange cells for equal ones, inverters absorbed or added.")] = True,
    time_limit: Annotated[float, typer.Option(min=0.0, help="Seconds for each proof.")] = 600.0,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Find the least area of a mapped netlist that meets a delay: drive strengths, buffers, order of pins, equal cells.

    With registers the delay is the clock period. Every result is proven equal to the netlist before it is written.
    Exit code 1: a target is not met (the fastest circuit is written), or there is no proof (nothing is written).

    Examples:
      eda size mult16.v --target 950 -o mult16_950.v
      eda size mult16.v --points 8 -o front/mult16.v
    """
    from eda.errors import UsageError
    from eda.flow.load import library_types
    from eda.sizing.registers import name_registers
    from eda.sizing.size import size_front
    from eda.tech.pdk import find_pdk
    from eda.timing.constraints import Constraints
    from eda.verilog.reader import read_verilog

    if target and points is not None:
        raise UsageError("give targets or a number of points, not both")
    if not target and points is None:
        raise UsageError("expected --target PS or --points N")
    kit = find_pdk(pdk, root=pdk_root)
    netlist = name_registers(read_verilog(file, types=library_types(pdk, pdk_root), top=top))
    surroundings = Constraints(
        clock=clock_port,
        driver=kit.defaults.driver if driver is None else driver,
        load_ff=kit.defaults.load_ff if load is None else load,
    )
    found = size_front(
        netlist,
        kit.library,
        surroundings,
        targets=tuple(target or ()),
        points=points or 1,
        usable=kit.is_usable,
        pins=pins,
        buffers=buffers,
        cells=cells,
    )
    rows = [_row(netlist, sized, out, len(found) > 1, time_limit, seed) for sized in found]
    shown = ("target_ps", "delay_ps", "area_um2", "cells", "proof")
    table(as_json, shown, [[row[key] for key in shown] for row in rows])
    for row in rows:
        if row["verilog"] is not None:
            console(as_json).print(f"wrote {row['verilog']}")
    emit({"given": _given(netlist, kit.library, surroundings), "points": rows, "pdk": kit.name}, as_json)
    if not all(sized.met or not sized.target_ps for sized in found):
        raise typer.Exit(1)


def _row(netlist: Netlist, sized: Sized, out: Path | None, many: bool, time_limit: float, seed: int) -> dict[str, Any]:
    """Prove one result, write it, and say what it is worth."""
    from eda.errors import ProofError
    from eda.ir.files import write_atomic
    from eda.proof.check import check
    from eda.verilog.writer import to_verilog

    verdict = check(sized.netlist, netlist, time_limit=time_limit, seed=seed)
    if verdict.status != "proven":
        raise ProofError(f"the sized netlist is not proven equal to {netlist.name}, so it is not written: {verdict}")
    path = out
    if out is not None:
        path = out.with_name(f"{out.stem}_{sized.target_ps:.0f}ps{out.suffix}") if many else out
        write_atomic(path, to_verilog(sized.netlist))
    return {
        "target_ps": sized.target_ps,
        "delay_ps": sized.delay_ps,
        "area_um2": sized.area,
        "cells": sized.netlist.n_cells,
        "met": sized.met,
        "proof": str(verdict),
        "verilog": path,
    }


def _given(netlist: Netlist, library: Library, constraints: Constraints) -> dict[str, float]:
    from eda.timing.area import area
    from eda.timing.sta import analyze

    return {"delay_ps": analyze(netlist, library, constraints).delay_ps, "area_um2": area(netlist, library)}

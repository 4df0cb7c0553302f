"""``eda show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from eda.cli.output import Json, PdkName, PdkRoot, console, emit, table


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(show)


def show(
    file: Annotated[Path, typer.Argument(help="A design (.v .sv .aig .aag), a Liberty (.lib) or a LEF (.lef) file.")],
    top: Annotated[str | None, typer.Option(help="Top module.")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    cells: Annotated[int, typer.Option(min=0, help="Print the first so many cells, one line each.")] = 0,
    as_json: Json = False,
) -> None:
    """Say what a file contains: ports, cells by type, depth, registers; or the cells of a library.

    Example: eda show mult16.v --cells 10
    """
    from eda.flow.load import suffix

    ending = suffix(file)
    if ending == ".lib":
        facts = _library(file)
    elif ending in (".lef", ".tlef"):
        facts = _lef(file)
    else:
        facts = _design(file, top, pdk, pdk_root, cells, as_json)
    counts = facts.get("cells_by_type", {})
    table(as_json, ("fact", "value"), [(k, str(v)) for k, v in facts.items() if k != "cells_by_type"])
    if counts:
        table(as_json, ("cell type", "count"), list(counts.items()))
    emit(facts, as_json)


def _design(file: Path, top: str | None, pdk: str, pdk_root: str | None, cells: int, as_json: bool) -> dict[str, Any]:
    from eda.flow.load import load_design

    netlist = load_design(file, top=top, pdk=pdk, pdk_root=pdk_root)
    if cells:
        console(as_json).print(netlist.text(cells))
    return {
        "kind": "netlist",
        "name": netlist.name,
        "inputs": {p.name: p.width for p in netlist.inputs},
        "outputs": {p.name: p.width for p in netlist.outputs},
        "cells": netlist.n_cells,
        "nets": netlist.n_nets,
        "registers": len(netlist.state_cells),
        "depth": netlist.depth,
        "largest_fanout": int(netlist.fanout[2:].max(initial=0)),
        "cells_by_type": netlist.count_by_type(),
    }


def _library(file: Path) -> dict[str, Any]:
    from eda.tech.liberty import read_liberty

    library = read_liberty(file)
    return {
        "kind": "library",
        "name": library.name,
        "cells": len(library.cells),
        "sequential": sum(c.type.state is not None for c in library.cells),
        "arcs": len(library.arcs.cell),
        "power_groups": len(library.powers.cell),
        "voltage_v": library.voltage,
        "temperature_c": library.temperature,
        "default_wire_load": library.default_wire_load or None,
    }


def _lef(file: Path) -> dict[str, Any]:
    from eda.tech.lef import read_lef

    lef = read_lef([file])
    return {"kind": "lef", "macros": len(lef.macros), "layers": len(lef.layers), "sites": len(lef.sites)}

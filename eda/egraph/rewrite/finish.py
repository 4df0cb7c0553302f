"""The end of a recipe alone: buffers and sizes for a netlist that is mapped already, as the recipe would fit them."""

from __future__ import annotations

from eda.egraph.rewrite.netlist import plain_ports, with_ports_of
from eda.flow.recipes import Recipe
from eda.flow.script import CONSTRAINTS
from eda.flow.synthesize import prepare
from eda.ir.netlist import Netlist
from eda.tech import tools
from eda.tech.pdk import Pdk
from eda.verilog.reader import read_verilog
from eda.verilog.writer import write_verilog

_MAPPERS = ("map", "amap", "&nf", "topo")
_BUILT_IN = ("buffer", "upsize -D {target}", "dnsize -D {target}")
"""What follows mapping where a recipe leaves the script to Yosys."""


def ending(recipe: Recipe) -> tuple[str, ...]:
    """The commands of a recipe after its last mapping."""
    commands = [part.strip() for line in recipe.abc for part in line.split(";")]
    last = max((i for i, c in enumerate(commands) if c.split()[0] in _MAPPERS), default=-1)
    return tuple(commands[last + 1 :]) if commands else _BUILT_IN


def finished(netlist: Netlist, pdk: Pdk, recipe: Recipe, *, time_limit: float = 120.0) -> Netlist:
    """A mapped combinational netlist of single-output cells after the end of `recipe`; its ports stay.

    Raises `ToolNotFound`, `ToolFailed`, `ToolTimeout`.
    """
    lines = [*library_commands(pdk), f"read_constr {CONSTRAINTS}", "read_verilog -m in.v", "topo"]
    lines += [c.replace("{target}", recipe.target) for c in ending(recipe)]
    with tools.scratch() as folder:
        (folder / CONSTRAINTS).write_text(prepare(netlist, pdk, recipe).kit.constraints)
        write_verilog(plain_ports(netlist), folder / "in.v")
        tools.run(
            tools.ABC, ["-q", "; ".join([*lines, "write_verilog out.v"])], cwd=folder, timeout=time_limit, expect=["out.v"]
        )
        return with_ports_of(read_verilog(folder / "out.v", types=pdk.library.types), netlist)


def library_commands(pdk: Pdk) -> list[str]:
    """ABC's commands that read the usable cells of a kit."""
    unusable = [c.name for c in pdk.library.cells if not pdk.is_usable(c)]
    skip = " ".join(f"-X {name}" for name in unusable)
    return [f"read_lib {'-m ' if i else ''}-w {skip} {path}" for i, path in enumerate(pdk.liberty_files)]

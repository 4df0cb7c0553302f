"""Further structures of a circuit from ABC: optimized graphs, and netlists mapped from them that searches start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eda.egraph.rewrite.finish import library_commands
from eda.errors import InputError
from eda.ir.aig import Aig
from eda.ir.aiger import read_aiger, write_aiger
from eda.ir.netlist import Netlist
from eda.tech import tools
from eda.tech.pdk import Pdk
from eda.verilog.reader import read_verilog

_COMPRESS = (
    "balance -l; resub -K 6 -l; rewrite -l; resub -K 6 -N 2 -l; refactor -l; resub -K 8 -l; balance -l; resub -K 8 -N 2 -l; "
    "rewrite -l; resub -K 10 -l; rewrite -z -l; resub -K 10 -N 2 -l; balance -l; resub -K 12 -l; refactor -z -l; "
    "resub -K 12 -N 2 -l; rewrite -z -l; balance -l"
)
SCRIPTS = {
    "plain": "",
    "dc2": "dc2; dc2; dc2",
    "compress": f"{_COMPRESS}; {_COMPRESS}",
    "luts": "dch -f; if -a -K 6; mfs2 -a; strash; dc2; dch -f; if -a -K 6; mfs2 -a; strash; dc2",
    "choices": f"&get -n; &dch -f; &if -a -K 6; &mfs; &st; &put; {_COMPRESS}",
    "deep": "&get -n; &deepsyn -I 2 -J 6; &put",
}
"""What each structure is made by, after removal of equal nodes."""


@dataclass(frozen=True, eq=False)
class Structure:
    """A graph with the inputs and outputs of the source in order, and a mapped netlist with ports ``x<i>`` and ``y<i>``."""

    name: str
    graph: Aig
    netlist: Netlist


def structures(source: Aig, pdk: Pdk, scripts: Sequence[str], *, time_limit: float = 300.0) -> list[Structure]:
    """The structures that `scripts` of `SCRIPTS` make of a graph without latches, each mapped for area.

    Raises `ToolNotFound`, `ToolFailed`, `ToolTimeout`; `InputError` if what ABC writes has other inputs or outputs.
    """
    plain = replace(
        source,
        input_names=tuple(f"x{i}" for i in range(source.n_inputs)),
        output_names=tuple(f"y{i}" for i in range(len(source.outputs))),
    )
    lines = library_commands(pdk)
    for name in scripts:
        start = f"read_aiger a.aig; strash; ifraig; scorr; {SCRIPTS[name]}; strash; write_aiger {name}.aig"
        lines += [start, f"dch -f; amap; write_verilog {name}.v"]
    with tools.scratch() as folder:
        write_aiger(plain, folder / "a.aig")
        expected = [f"{name}{ending}" for name in scripts for ending in (".aig", ".v")]
        tools.run(tools.ABC, ["-q", "; ".join(lines)], cwd=folder, timeout=time_limit, expect=expected)
        found = [
            Structure(name, read_aiger(folder / f"{name}.aig"), read_verilog(folder / f"{name}.v", types=pdk.library.types))
            for name in scripts
        ]
    for structure in found:
        graph = structure.graph
        if (graph.n_inputs, len(graph.outputs)) != (source.n_inputs, len(source.outputs)):
            raise InputError(f"the structure {structure.name} has other inputs or outputs than {source.name}")
    return found

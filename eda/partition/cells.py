"""What the cells of a netlist take on an FPGA, and which of them may stand on several."""

from __future__ import annotations

import numpy as np

from eda.ir.cells import CellType
from eda.ir.netlist import IntArray, Netlist
from eda.partition.problem import BoolArray

LUT, FF = "LUT", "FF"


def cell_resources(netlist: Netlist) -> tuple[tuple[str, ...], IntArray]:
    """Names of R resources and int64 [C, R]: a LUT per combinational cell, an FF per register or latch.

    A black box (a memory, a multiplier) is a resource of its own, named after its type.
    """
    of_type = [_resource(kind) for kind in netlist.types]
    names = tuple(dict.fromkeys((LUT, FF, *of_type)))
    column = np.array([names.index(name) for name in of_type] or [0])[netlist.cell_type]
    weights = np.zeros((netlist.n_cells, len(names)), dtype=np.int64)
    weights[np.arange(netlist.n_cells), column] = 1
    return names, weights


def _resource(kind: CellType) -> str:
    return FF if kind.state is not None else LUT if kind.is_combinational else kind.name


def copyable(netlist: Netlist, *, safe: bool = False) -> BoolArray:
    """bool [C]: cells that may have replicas: all but black boxes, whose state a copy would not share.

    With `safe` no register either, unless everything it reads comes from outside: such a copy sees the same values in the
    same cycle whatever the links between the FPGAs do.
    """
    flags = np.array([t.is_combinational or t.state is not None for t in netlist.types] or [True])[netlist.cell_type]
    if safe:
        inside = netlist.driver[netlist.fanin] >= 0
        fed = np.zeros(netlist.n_cells, dtype=bool)
        fed[netlist.pin_cell[inside]] = True
        flags &= netlist.is_combinational_cell | ~fed
    return flags

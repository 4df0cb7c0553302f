"""E-graphs of library cells: every cell that some cut of some structure of a function allows, at its area.

The classes are literals: class ``2 * f`` is function f of the choices, class ``2 * f + 1`` its complement. A legal selection
is a netlist of library cells, and its DAG cost is the area of that netlist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.egraph.rewrite.cells import WIDTH, CellTable
from eda.egraph.rewrite.choices import Choices
from eda.ir.netlist import Netlist
from eda.tech.library import Library

INPUT, TIE = -1, -2
ROOM = 24
"""Cuts kept per function."""

_PASSES = 2


@dataclass(frozen=True, eq=False)
class CellGraph:
    """N nodes of an e-graph of cells.

    cell  int32 [N]     position in ``library.cells``, or `INPUT`, or `TIE`
    pins  int32 [N, 6]  the class that each input pin reads, -1 beyond the last
    """

    graph: EGraph
    cell: IntArray
    pins: IntArray


class Numbers(Sequence[str]):
    """The names ``0 1 2 ...``, made when they are asked for."""

    def __init__(self, count: int) -> None:
        self.size = count

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[str]: ...
    def __getitem__(self, i: int | slice) -> str | Sequence[str]:
        found = range(self.size)[i]
        return str(found) if isinstance(found, int) else list(map(str, found))


def cell_graph(
    choices: Choices, cells: CellTable, library: Library, *, mapped: Sequence[Nodes] = (), room: int = ROOM
) -> CellGraph:
    """All cells for all functions; `mapped` are nodes of netlists that must be among them, as from `nodes_of`."""
    areas = np.array([c.area for c in library.cells])
    found = [_inputs(choices), _inverters(choices, cells), _matched(choices, cells, room), *mapped]
    own = np.concatenate([n.own for n in found])
    cell = np.concatenate([n.cell for n in found])
    pins = np.vstack([n.pins for n in found])
    cost = np.where(cell >= 0, areas[np.maximum(cell, 0)], 0.0)
    return _graph(own, cell, pins, cost, 2 * choices.n_functions, choices.outputs)


@dataclass(frozen=True, eq=False)
class Nodes:
    """K cells: the class that each computes, the cell, and the class of each pin."""

    own: IntArray
    cell: IntArray
    pins: IntArray


def nodes_of(netlist: Netlist, literals: IntArray, smallest: Mapping[tuple[int, int], int]) -> Nodes:
    """The gates of a mapped netlist at their smallest size, where `literals` [N] are the classes of its nets.

    Buffers, inverters and cells of several outputs are left out.
    """
    own, cell, pins = [], [], []
    for c in range(netlist.n_cells):
        kind = netlist.type_of(c)
        index = smallest.get((len(kind.inputs), kind.tables[0])) if len(kind.outputs) == 1 else None
        if index is None or len(kind.inputs) < 2:
            continue
        read = literals[netlist.fanin_of(c)]
        own.append(int(literals[netlist.outputs_of(c)[0]]))
        cell.append(index)
        pins.append(read.tolist() + [-1] * (WIDTH - len(read)))
    return Nodes(np.array(own, np.int32), np.array(cell, np.int32), np.array(pins, np.int32).reshape(-1, WIDTH))


def _inputs(choices: Choices) -> Nodes:
    """Inputs, and both constants, which cost nothing here."""
    own = np.concatenate([[0, 1], np.arange(2, 2 * choices.first_inner, 2)]).astype(np.int32)
    cell = np.full(len(own), INPUT, np.int32)
    cell[:2] = TIE
    return Nodes(own, cell, np.full((len(own), WIDTH), -1, np.int32))


def _inverters(choices: Choices, cells: CellTable) -> Nodes:
    own = np.arange(2, 2 * choices.n_functions, dtype=np.int32)
    own = own[(own & 1 == 1) | (own >= 2 * choices.first_inner)]
    pins = np.full((len(own), WIDTH), -1, np.int32)
    pins[:, 0] = own ^ 1
    return Nodes(own, np.full(len(own), cells.inverter, np.int32), pins)


def _matched(choices: Choices, cells: CellTable, room: int) -> Nodes:
    from eda.egraph.rewrite.cut_kernels import count_uses, emit, enumerate_cuts

    uses = np.bincount(choices.fanin.ravel() >> 1, minlength=choices.n_functions)
    nodes = np.bincount(choices.result >> 1, minlength=choices.n_functions)
    shared = np.maximum(1.0, uses / np.maximum(1.0, nodes.mean()))
    cuts = enumerate_cuts(
        choices.result, choices.fanin, _order(choices), shared, choices.n_functions, room, cells.keys, cells.area, _PASSES
    )
    own, cell, pins = emit(cuts, cells.first, cells.cell, cells.pins, count_uses(cuts, cells.first))
    return Nodes(own, cell, pins)


def _order(choices: Choices) -> IntArray:
    """Nodes after the nodes that first derive their operands."""
    from eda.egraph.rewrite.cut_kernels import level_nodes

    level = level_nodes(choices.result, choices.fanin, choices.n_functions, choices.first_inner)
    return np.argsort(level, kind="stable")


def _graph(own: IntArray, cell: IntArray, pins: IntArray, cost: FloatArray, n_classes: int, roots: IntArray) -> CellGraph:
    """The e-graph of these nodes, grouped by class; of nodes with equal children the cheapest."""
    children = np.sort(pins, axis=1)
    order = np.lexsort((cost, *children.T, own))
    key = np.column_stack([own, children])[order]
    first_of = np.concatenate([[True], (key[1:] != key[:-1]).any(axis=1)]) if len(key) else np.zeros(0, bool)
    kept = order[first_of]
    own, cell, pins, cost = own[kept], cell[kept], pins[kept], cost[kept]
    real = pins >= 0
    graph = EGraph(
        first=np.concatenate(([0], np.cumsum(np.bincount(own, minlength=n_classes)))),
        child_first=np.concatenate(([0], np.cumsum(real.sum(axis=1)))),
        child=pins[real],
        cost=cost,
        roots=np.unique(roots),
        class_names=Numbers(n_classes),
        node_names=Numbers(len(own)),
        ops=Numbers(len(own)),
        subsumed=np.zeros(len(own), dtype=bool),
    )
    return CellGraph(graph, cell, pins)

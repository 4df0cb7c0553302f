"""What the reductions work on: an e-graph in arrays that knows where its nodes come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.egraph.selection import UNUSED
from eda.ir.netlist import join_ranges

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Form:
    """An e-graph on the way to its reduction; M stays, N shrinks.

    first        int32 [M+1], child_first int32 [N+1], child int32 [E] distinct and ascending in each node, cost float64 [N]
    origin       int32 [N]    original node, or -2 - k: both nodes of pair k
    pairs        int32 [P, 2] origins of merged nodes
    roots        bool [M]     classes that every selection needs
    decided      int32 [M]    origin of the node of a class that is settled and gone, else UNUSED
    offset       float        cost of the settled classes
    """

    first: IntArray
    child_first: IntArray
    child: IntArray
    cost: FloatArray
    origin: IntArray
    pairs: IntArray
    roots: Mask
    decided: IntArray
    offset: float

    @property
    def n_classes(self) -> int:
        """Number of classes, the empty ones included."""
        return len(self.first) - 1

    @property
    def own(self) -> IntArray:
        """int32 [N]: the class of each node."""
        return np.repeat(np.arange(self.n_classes, dtype=np.int32), np.diff(self.first))

    @property
    def size(self) -> tuple[int, int]:
        """Nodes and children: a rule that shrinks neither has done nothing."""
        return len(self.cost), len(self.child)


def form_of(graph: EGraph) -> Form:
    """The e-graph before any reduction."""
    roots = np.zeros(graph.n_classes, dtype=bool)
    roots[graph.roots] = True
    return Form(
        first=graph.first.copy(),
        child_first=graph.child_first.copy(),
        child=graph.child.copy(),
        cost=graph.cost.copy(),
        origin=np.arange(graph.n_nodes, dtype=np.int32),
        pairs=np.zeros((0, 2), dtype=np.int32),
        roots=roots,
        decided=np.full(graph.n_classes, UNUSED, dtype=np.int32),
        offset=0.0,
    )


def rows(counts: IntArray) -> IntArray:
    """int32: the beginnings of rows with these lengths, and the end."""
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)


def only_nodes(f: Form, keep: Mask) -> Form:
    """The form with only these nodes, bool [N]."""
    nodes = np.flatnonzero(keep)
    begin, end = f.child_first[nodes], f.child_first[nodes + 1]
    return replace(
        f,
        first=rows(np.bincount(f.own[nodes], minlength=f.n_classes)),
        child_first=rows(end - begin),
        child=f.child[join_ranges(begin, end)],
        cost=f.cost[nodes],
        origin=f.origin[nodes],
    )


def only_children(f: Form, keep: Mask) -> Form:
    """The form with only these children, bool [E]."""
    ends = np.concatenate(([0], np.cumsum(keep)))
    return replace(f, child_first=ends[f.child_first].astype(np.int32), child=f.child[keep])

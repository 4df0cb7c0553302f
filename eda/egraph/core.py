"""The part of an e-graph that can still matter, reduced, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.egraph.egraph import EGraph, IntArray
from eda.egraph.reduce import reduce
from eda.egraph.selection import only_needed
from eda.errors import InputError


@dataclass(frozen=True, eq=False)
class Core:
    """A smaller e-graph: `complete` turns its selections into selections of the original, which cost `offset` more."""

    graph: EGraph
    offset: float
    complete: Callable[[IntArray], IntArray]

    @property
    def settled(self) -> bool:
        """Whether one selection is left, the completion of none."""
        return not len(self.graph.roots)

    @property
    def nothing(self) -> IntArray:
        """The selection of a settled core."""
        return np.full(self.graph.n_classes, -1, dtype=np.int32)


def core_of(graph: EGraph) -> Core:
    """The reduced e-graph; raises `InputError` naming a root that is not derivable."""
    reduced = reduce(graph)
    return Core(reduced.graph, reduced.offset, lambda choice: reduced.complete(only_needed(reduced.graph, choice)))


def shrink(core: Core, keep: npt.NDArray[np.bool_]) -> Core | None:
    """The core with only these nodes, bool [N], reduced again; None if they derive no selection."""
    nodes = np.flatnonzero(keep)
    try:
        inner = core_of(core.graph.keep(nodes))
    except InputError:
        return None

    def complete(choice: IntArray) -> IntArray:
        found = inner.complete(choice)
        used = found >= 0
        found[used] = nodes[found[used]]
        return core.complete(found)

    return Core(inner.graph, core.offset + inner.offset, complete)

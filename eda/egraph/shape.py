"""The arrays of an e-graph as compiled loops take them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.errors import InputError


class Shape(NamedTuple):
    """first int32 [M+1], own int32 [N] class of each node, child_first int32 [N+1], child int32 [E], cost float64 [N],
    parent_first int32 [M+1], parent int32 [E] the nodes with each class as a child (once per occurrence)."""

    first: IntArray
    own: IntArray
    child_first: IntArray
    child: IntArray
    cost: FloatArray
    parent_first: IntArray
    parent: IntArray


def shape_of(graph: EGraph) -> Shape:
    """The arrays of the e-graph, copied."""
    from eda.egraph.shape_kernels import invert

    child_first, child = graph.child_first.copy(), graph.child.copy()
    parent_first, parent = invert(child_first, child, graph.n_classes)
    return Shape(graph.first.copy(), graph.node_class.copy(), child_first, child, graph.cost.copy(), parent_first, parent)


def require_roots(graph: EGraph, choice: IntArray) -> None:
    """Raise `InputError` naming a root that has no finite derivation."""
    lost = graph.roots[choice[graph.roots] < 0]
    if not len(lost):
        return
    c = int(lost[0])
    empty = graph.first[c] == graph.first[c + 1]
    why = "it has no node" if empty else "every node of it needs a class without nodes, or itself"
    raise InputError(f"the root {graph.class_names[c]!r} has no finite cost: {why}")


def derivable(choice: IntArray) -> IntArray:
    """The classes that have a choice, ascending."""
    return np.flatnonzero(choice >= 0)

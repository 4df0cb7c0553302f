"""Selections: what they cost, and whether they are legal.

A selection is ``choice int32 [M]``: for each class the chosen node, or `UNUSED`. Entries of classes that are not needed
are legal and cost nothing.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import numpy as np

from eda.egraph.egraph import EGraph, IntArray
from eda.errors import EdaError

UNUSED = -1


class IllegalSelection(EdaError):
    """A selection misses a needed class, names a node of another class, or is cyclic; the message says which."""

    exit_code = 1


def needed(graph: EGraph, choice: IntArray) -> IntArray:
    """The needed classes, ascending; raises `IllegalSelection` where one of them has no node of its own chosen."""
    seen = np.zeros(graph.n_classes, dtype=bool)
    seen[graph.roots] = True
    stack = graph.roots.tolist()
    while stack:
        c = stack.pop()
        n = int(choice[c])
        if n == UNUSED:
            raise IllegalSelection(f"class {graph.class_names[c]!r} is needed and has no node chosen")
        if not graph.first[c] <= n < graph.first[c + 1]:
            raise IllegalSelection(f"class {graph.class_names[c]!r}: the chosen node belongs to another class")
        for d in graph.children(n).tolist():
            if not seen[d]:
                seen[d] = True
                stack.append(d)
    return np.flatnonzero(seen)


def order(graph: EGraph, choice: IntArray) -> IntArray:
    """The needed classes, each after its children; raises `IllegalSelection` naming a cycle."""
    below = {c: set(graph.children(int(choice[c])).tolist()) for c in needed(graph, choice).tolist()}
    try:
        return np.array(list(TopologicalSorter(below).static_order()), dtype=np.int32)
    except CycleError as e:
        names = " -> ".join(graph.class_names[c] for c in reversed(e.args[1]))
        raise IllegalSelection(f"the selection is cyclic: {names}") from None


def dag_cost(graph: EGraph, choice: IntArray) -> float:
    """Sum of the costs of the chosen nodes of all needed classes, each once; raises `IllegalSelection`."""
    return float(graph.cost[choice[order(graph, choice)]].sum())


def tree_cost(graph: EGraph, choice: IntArray) -> float:
    """Cost with every use counted, summed over the roots; raises `IllegalSelection`."""
    cost = np.zeros(graph.n_classes)
    for c in order(graph, choice).tolist():
        cost[c] = graph.cost[choice[c]] + cost[graph.children(int(choice[c]))].sum()
    return float(cost[graph.roots].sum())


def depth(graph: EGraph, choice: IntArray) -> float:
    """The most expensive path from a root down, node costs added up; raises `IllegalSelection`."""
    cost = np.zeros(graph.n_classes)
    for c in order(graph, choice).tolist():
        cost[c] = graph.cost[choice[c]] + cost[graph.children(int(choice[c]))].max(initial=0.0)
    return float(cost[graph.roots].max(initial=0.0))


def only_needed(graph: EGraph, choice: IntArray) -> IntArray:
    """The same selection with `UNUSED` wherever a class is not needed."""
    kept = needed(graph, choice)
    out = np.full(graph.n_classes, UNUSED, dtype=np.int32)
    out[kept] = choice[kept]
    return out

"""Reductions of e-graphs that keep the least DAG cost, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eda.egraph.egraph import EGraph, IntArray
from eda.egraph.polish import is_bounded
from eda.egraph.reduce.form import Form, form_of
from eda.egraph.reduce.rules import ANY_COST, POSITIVE
from eda.egraph.selection import UNUSED
from eda.egraph.shape import require_roots

Rule = Callable[[Form], Form]
_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Reduced:
    """A smaller e-graph with the same optimum.

    graph     the e-graph left; without roots, and empty, where the reductions have settled everything
    original  what it was
    offset    cost of the classes settled on the way: the cost on the original is that on `graph` plus `offset`
    form      what became of each node and class
    """

    graph: EGraph
    original: EGraph
    offset: float
    form: Form

    def complete(self, choice: IntArray) -> IntArray:
        """int32 [M]: the selection of the original e-graph that a selection of `graph` stands for."""
        nodes = np.concatenate([self.form.origin[choice[choice >= 0]], self.form.decided[self.form.decided != UNUSED]])
        while (nodes < 0).any():
            nodes = np.concatenate([nodes[nodes >= 0], self.form.pairs[-2 - nodes[nodes < 0]].ravel()])
        out = np.full(self.original.n_classes, UNUSED, dtype=np.int32)
        out[self.original.node_class[nodes]] = nodes
        return out


def reduce(graph: EGraph, rules: Sequence[Rule] | None = None) -> Reduced:
    """Apply the rules (default: all that the costs allow) until none of them changes anything.

    Raises `InputError` naming a root that is not derivable.
    """
    form = _start(graph)
    chosen = rules if rules is not None else ANY_COST + (POSITIVE if is_bounded(graph.cost) else ())
    for _ in range(_ROUNDS):
        before = form.size
        for rule in chosen:
            form = rule(form)
        if form.size == before:
            break
    return Reduced(_compact(graph, form), graph, form.offset, form)


def _start(graph: EGraph) -> Form:
    from eda.egraph.bottom_up import settled
    from eda.egraph.shape import shape_of

    require_roots(graph, settled(shape_of(graph)))
    return form_of(graph)


def _compact(graph: EGraph, f: Form) -> EGraph:
    """The form as an e-graph without the classes that are gone; merged nodes are named after both."""
    there = f.roots | (np.diff(f.first) > 0)
    there[f.child] = True
    kept = np.flatnonzero(there)
    number = np.full(f.n_classes, UNUSED, dtype=np.int32)
    number[kept] = np.arange(len(kept))
    return EGraph(
        first=np.append(f.first[kept], len(f.cost)),
        child_first=f.child_first,
        child=number[f.child],
        cost=f.cost,
        roots=number[np.flatnonzero(f.roots)],
        class_names=[graph.class_names[c] for c in kept.tolist()],
        node_names=_joined(graph.node_names, f),
        ops=_joined(graph.ops, f),
        subsumed=np.zeros(len(f.cost), dtype=bool),
    )


def _joined(names: Sequence[str], f: Form) -> list[str]:
    pairs: list[str] = []
    for a, b in f.pairs.tolist():
        pairs.append("+".join(names[k] if k >= 0 else pairs[-2 - k] for k in (a, b)))
    return [names[k] if k >= 0 else pairs[-2 - k] for k in f.origin.tolist()]

"""The reductions, each from a form to a smaller one of the same optimum.

Rules in `ANY_COST` hold whatever the costs are; those in `POSITIVE` need costs of at least 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eda.egraph.egraph import IntArray
from eda.egraph.reduce.form import Form, only_children, only_nodes


def self_loops(f: Form) -> Form:
    """Children once each; nodes that need their own class can never be chosen."""
    from eda.egraph.reduce.kernels import distinct

    child_first, child, loops = distinct(f.first, f.child_first, f.child)
    f = replace(f, child_first=child_first, child=child)
    return only_nodes(f, ~loops) if loops.any() else f


def underivable(f: Form) -> Form:
    """Nodes that need a class without any derivation can never be chosen."""
    by, _ = _derived(f, np.ones(len(f.cost), dtype=bool))
    lost = by[f.child] < 0
    keep = np.ones(len(f.cost), dtype=bool)
    keep[np.searchsorted(f.child_first, np.flatnonzero(lost), side="right") - 1] = False
    return only_nodes(f, keep) if lost.any() else f


def unreachable(f: Form) -> Form:
    """Classes that no root can come to need."""
    from eda.egraph.reduce.kernels import reachable

    keep = reachable(f.first, f.child_first, f.child, f.roots)[f.own]
    return f if keep.all() else only_nodes(f, keep)


def free(f: Form) -> Form:
    """Classes with a derivation that costs nothing: nobody minds needing them."""
    by, _ = _derived(f, f.cost == 0)
    gone = by >= 0
    if not gone.any():
        return f
    decided = np.where(gone, f.origin[by], f.decided)
    f = only_children(replace(f, decided=decided, roots=f.roots & ~gone), ~gone[f.child])
    return only_nodes(f, ~gone[f.own])


def forced(f: Form) -> Form:
    """What all nodes of a root need is a root, and nobody pays for needing a root, unless that could close a cycle."""
    from eda.egraph.reduce.kernels import components
    from eda.egraph.reduce.kernels import forced as forced_classes

    f = replace(f, roots=forced_classes(f.first, f.child_first, f.child, f.roots))
    component = components(f.first, f.child_first, f.child)
    user = np.repeat(f.own, np.diff(f.child_first))
    drop = f.roots[f.child] & (component[f.child] != component[user])
    return only_children(f, ~drop) if drop.any() else f


def dominated(f: Form) -> Form:
    """Nodes beside which their class has one that costs no more and needs no other classes."""
    from eda.egraph.reduce.kernels import subsumed

    fanin = np.bincount(f.child, minlength=f.n_classes).astype(np.int32)
    gone = subsumed(f.first, f.child_first, f.child, f.cost, fanin)
    return only_nodes(f, ~gone) if gone.any() else f


def settled(f: Form) -> Form:
    """Roots with a single node that needs nothing: their cost is paid in any case."""
    single = np.flatnonzero(f.roots & (np.diff(f.first) == 1))
    node = f.first[single]
    done = f.child_first[node + 1] == f.child_first[node]
    single, node = single[done], node[done]
    if not len(single):
        return f
    gone = np.zeros(f.n_classes, dtype=bool)
    gone[single] = True
    decided = f.decided.copy()
    decided[single] = f.origin[node]
    offset = f.offset + float(f.cost[node].sum())
    f = only_children(replace(f, decided=decided, roots=f.roots & ~gone, offset=offset), ~gone[f.child])
    return only_nodes(f, ~gone[f.own])


def single_nodes(f: Form) -> Form:
    """Classes of one node become part of the nodes that need them: free ones of all, others of those of one class."""
    from eda.egraph.reduce.contract_kernels import dissolve

    _, order = _derived(f, np.ones(len(f.cost), dtype=bool))
    parent_first, parent = _parents(f)
    gone, child_first, child, cost = dissolve(
        f.first, f.child_first, f.child, f.cost, parent_first, parent, f.own, f.roots, order
    )
    if not gone.any():
        return f
    decided = f.decided.copy()
    decided[gone] = f.origin[f.first[:-1][gone]]
    f = replace(f, decided=decided, child_first=child_first, child=child, cost=cost)
    return self_loops(only_nodes(f, ~gone[f.own]))


def single_parents(f: Form) -> Form:
    """Classes that one node alone needs are merged into it, as so many nodes as they have."""
    from eda.egraph.reduce.contract_kernels import merge, plan_merges

    parent_first, parent = _parents(f)
    into = plan_merges(f.first, f.child_first, parent_first, parent, f.own, f.roots)
    if not (into >= 0).any():
        return f
    first, child_first, child, cost, one, two = merge(f.first, f.child_first, f.child, f.cost, into)
    origin = f.origin[one]
    both = np.flatnonzero(two >= 0)
    pairs = np.stack([f.origin[one[both]], f.origin[two[both]]], axis=1)
    origin[both] = -2 - len(f.pairs) - np.arange(len(both))
    return self_loops(
        replace(
            f,
            first=first,
            child_first=child_first,
            child=child,
            cost=cost,
            origin=origin,
            pairs=np.concatenate([f.pairs, pairs]).astype(np.int32),
        )
    )


ANY_COST = (self_loops, underivable, unreachable)
POSITIVE = (free, forced, dominated, settled, single_nodes, single_parents)


def _parents(f: Form) -> tuple[IntArray, IntArray]:
    from eda.egraph.shape_kernels import invert

    return invert(f.child_first, f.child, f.n_classes)


def _derived(f: Form, keep: np.ndarray) -> tuple[IntArray, IntArray]:
    from eda.egraph.reduce.kernels import derivable

    parent_first, parent = _parents(f)
    return derivable(f.first, f.child_first, f.child, parent_first, parent, f.own, keep)

"""Polish: classes change their node while that lowers the exact DAG cost of the whole selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.egraph.selection import UNUSED, needed
from eda.egraph.shape import Shape, require_roots, shape_of

if TYPE_CHECKING:
    from eda.egraph.polish_kernels import Place

PASSES = 50
KEPT = 4096  # swaps that a place remembers
_EPS = 1e-9  # of the mean cost: below it a gain is rounding


def polish(graph: EGraph, choice: IntArray, *, passes: int = PASSES) -> IntArray:
    """int32 [M]: a selection that costs at most as much as `choice`, no single class of it better off with another node.

    `choice` is legal; classes that it leaves `UNUSED` may become used, underivable ones stay so. Exact for negative costs
    too. Raises `InputError` naming a root that is not derivable.
    """
    from eda.egraph.polish_kernels import polish_all

    g, p = placed(graph, choice)
    polish_all(g, p, graph.roots.copy(), tolerance(graph.cost), is_bounded(graph.cost), passes)
    return p.choice


def tolerance(cost: FloatArray) -> float:
    """The least difference of costs that is no rounding."""
    return _EPS * max(float(np.abs(cost).mean()) if len(cost) else 0.0, 1e-30)


def is_bounded(cost: FloatArray) -> bool:
    """Whether no cost is negative, so that what has been paid so far bounds the whole."""
    return not bool((cost < 0).any())


def placed(graph: EGraph, choice: IntArray, *, seed: int = 1) -> tuple[Shape, Place]:
    """The arrays of the e-graph, and the place of a legal selection completed to all derivable classes.

    Nodes that need an underivable class are priced infinite.
    """
    from eda.egraph.bottom_up_kernels import settle
    from eda.egraph.polish_kernels import arrange

    g = shape_of(graph)
    m = graph.n_classes
    fixed = np.full(m, UNUSED, dtype=np.int32)
    used = needed(graph, choice)
    fixed[used] = choice[used]
    whole, order = np.empty(m, dtype=np.int32), np.empty(m, dtype=np.int32)
    count = settle(g, fixed, False, whole, np.empty(m), order)
    require_roots(graph, whole)
    lost = np.flatnonzero(whole[g.child] < 0)
    g.cost[np.searchsorted(g.child_first, lost, side="right") - 1] = np.inf
    place = _new_place(whole, len(g.child), seed)
    arrange(place, order, count)
    return g, place


def _new_place(choice: IntArray, n_children: int, seed: int) -> Place:
    from eda.egraph.polish_kernels import RANDOM, Place

    m = len(choice)

    def ints(size: int) -> IntArray:
        return np.zeros(size, dtype=np.int32)

    counter = np.zeros(RANDOM + 1, dtype=np.int64)
    counter[RANDOM] = np.random.default_rng(seed).integers(1, 2**62)
    return Place(
        choice=choice,
        uses=ints(m),
        mark=ints(m),
        edge=ints(m),
        stack=ints(m),
        found=ints(m),
        fresh=ints(m),
        queue=ints(m),
        queued=ints(m),
        tree=np.zeros(m),
        label=np.zeros(m + 1, dtype=np.int64),
        before=ints(m + 1),
        after=ints(m + 1),
        log=ints(n_children + 1),
        lost=ints(n_children + 1),
        changed=ints(KEPT),
        was=ints(KEPT),
        counter=counter,
    )

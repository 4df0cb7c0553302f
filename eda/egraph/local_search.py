"""Iterated local search: kicks around random classes, improved at once and taken back unless they pay.

A kick pays for an unused class for a while, gives a few classes other nodes, or disturbs the costs of a neighbourhood; then
the exact local search of `polish` runs on what it has touched. Deterministic for a seed and a number of kicks.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.egraph.polish import PASSES, is_bounded, placed, tolerance

OnBetter = Callable[[IntArray, float], bool]
"""Called with a better selection and its DAG cost; true stops the search."""

_BALL = 256  # classes that a kick reaches
_CHUNK = 0.02  # CPU seconds between two looks at the clock
_WARM = 0.05  # of the mean positive cost: what a kick may cost more and stay with probability 1/e


def search(
    graph: EGraph,
    choice: IntArray,
    *,
    seed: int = 1,
    kicks: int | None = None,
    time_limit: float | None = None,
    on_better: OnBetter | None = None,
) -> IntArray:
    """int32 [M]: the best selection found from a legal one, by so many kicks or in so many CPU seconds.

    Costs may be negative. Raises `InputError` naming a root that is not derivable.
    """
    from eda.egraph.polish_kernels import polish_all
    from eda.egraph.search_kernels import Kick, search_some

    g, p = placed(graph, choice, seed=seed)
    roots, eps, bounded = graph.roots.copy(), tolerance(graph.cost), is_bounded(graph.cost)
    start = polish_all(g, p, roots, eps, bounded, PASSES)
    best, cost = p.choice.copy(), np.array([start, start, 0.0])
    room = max(int(np.diff(graph.first).max(initial=1)), 4 * _BALL)
    kick = Kick(p.choice.copy(), np.zeros(_BALL, dtype=np.int32), np.zeros(room, dtype=np.int32), np.zeros(room))
    scale = _typical(graph.cost[p.choice[p.uses > 0]])
    period = 2000
    begin, chunk, told = time.process_time(), 16, np.inf
    while True:
        if on_better is not None and cost[1] < told:
            told = cost[1]
            if on_better(best.copy(), float(told)):
                break
        left = chunk if kicks is None else min(chunk, kicks - int(cost[2]))
        spent = time.process_time() - begin
        if left <= 0 or (time_limit is not None and spent >= time_limit):
            break
        search_some(g, p, kick, roots, best, cost, left, scale, eps, bounded, _WARM * scale, period)
        took = time.process_time() - begin - spent
        chunk = int(np.clip(chunk * _CHUNK / max(took, 1e-6), 1, 4 * chunk))
    return best


def _typical(cost: FloatArray) -> float:
    """Mean size of the costs that are not 0."""
    paid = np.abs(cost[cost != 0])
    return float(paid.mean()) if len(paid) else 1.0

"""The trade-off between delay and size of the final adder, for the arrival of its bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eda.arith.adders import CLASSICAL
from eda.arith.delays import Delays
from eda.arith.prefix_model import PrefixModel, lateness, linear_model
from eda.arith.prefix_search import smallest
from eda.ir.prefix import PrefixGraph

_TOLERANCE = 1e-9
_BISECTIONS = 5

Judged = tuple[float, int, PrefixGraph]


def prefix_front(
    arrivals: npt.ArrayLike,
    delays: Delays | PrefixModel,
    *,
    points: int = 8,
    required: Sequence[float] | None = None,
    moves: int = 20_000,
    seed: int = 1,
) -> tuple[PrefixGraph, ...]:
    """Graphs of which none is both slower and larger than another, from the smallest (a ripple) to the fastest found.

    arrivals  float [n] or [n, 2]: when the generate and the propagate bit of each position settle
    delays    what graphs are timed with: the linear model of `eda.arith.delays.prefix_arrivals`, or a `PrefixModel`
    points    delays that are aimed at, at even ratios of what the fastest takes beyond the last arrival
    required  float [n]: when each carry is due; then the trade-off is between size and the worst lateness
    moves     of annealing for each

    No classical graph is better in both than all of these. Equal arguments give equal graphs.
    """
    model = delays if isinstance(delays, PrefixModel) else linear_model(delays)
    times = np.asarray(arrivals, dtype=np.float64)

    def judged(graph: PrefixGraph) -> Judged:
        return lateness(graph, times, model, required), graph.size, graph

    pool = [judged(PrefixGraph.of_groups(len(times), groups(len(times)))) for groups in CLASSICAL.values()]
    bound = low = _bound(times, model, required)
    for _ in range(_BISECTIONS):
        fastest = min(pool, key=lambda p: p[:2])
        limit = (low + fastest[0]) / 2
        found = judged(smallest(times, model, limit, required=required, starts=[fastest[2]], moves=moves, seed=seed))
        pool.append(found)
        low = low if found[0] <= limit + _TOLERANCE else limit
    for limit in _limits(pool, bound, points):
        starts = [g for late, _, g in _front(pool) if late <= limit + _TOLERANCE][-1:]
        pool.append(judged(smallest(times, model, limit, required=required, starts=starts, moves=moves, seed=seed)))
    return tuple(g for _, _, g in reversed(_front(pool)))


def _bound(times: npt.NDArray[np.float64], model: PrefixModel, required: Sequence[float] | None) -> float:
    """A lateness that no graph stays below: no carry comes before its own position and the last arrival below it."""
    both = model.timer(times).arrival.copy()
    both[0, 1] = -np.inf  # what position 0 propagates is nobody's carry
    latest = np.maximum.accumulate(both.max(axis=1))
    due = np.zeros(len(times)) if required is None else np.asarray(required, dtype=np.float64)
    return float((latest - due).max())


def _limits(pool: Sequence[Judged], bound: float, points: int) -> list[float]:
    """`points` delays from the fastest of the pool to that of the smallest, their parts above `bound` at even ratios."""
    fast = min(late for late, _, _ in pool) - bound
    slow = min((size, late) for late, size, _ in pool)[1] - bound
    if fast <= 0.0 or slow <= 0.0:
        return [bound + max(fast, 0.0)]
    return (bound + np.geomspace(fast, slow, points)).tolist()


def _front(pool: Sequence[Judged]) -> list[Judged]:
    """The graphs that none is better than, fastest first."""
    out: list[Judged] = []
    for late, size, graph in sorted(pool, key=lambda p: (p[0], p[1], p[2].digest)):
        if not out or size < out[-1][1]:
            out.append((late, size, graph))
    return out

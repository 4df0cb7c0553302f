"""Small prefix graphs for a delay: annealing over splits, then over single nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eda.arith.prefix_model import FloatArray, PrefixModel, lateness, level_model
from eda.errors import UsageError
from eda.ir.prefix import BoolArray, IntArray, PrefixGraph

_READERS = (1.0, 2.0, 3.0)
_SHIFTS = (-2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
_HEAT, _COLD = 0.6, 0.1
_WORST_PRICE, _SUM_PRICE = 5.0, 1.0
_POLISH = 0.5
"""Moves of the second annealing for each of the first."""


def search_depth(n: int, depth: int, *, moves: int = 200_000, seed: int = 1) -> PrefixGraph:
    """A small graph over n positions of at most that depth; no graph has fewer than ``2n - 2 - depth`` nodes (Snir 1986).

    Annealing over splits in `moves` moves: more moves or another seed may find a smaller graph. Raises `UsageError` if
    ``2**depth < n``.
    """
    if n < 1 or 2**depth < n:
        raise UsageError(f"no prefix graph over {n} positions has depth {depth}")
    return smallest(np.zeros(n), level_model(), float(depth), moves=moves, seed=seed)


def smallest(
    arrivals: npt.ArrayLike,
    model: PrefixModel,
    limit: float,
    *,
    required: Sequence[float] | None = None,
    starts: Sequence[PrefixGraph] = (),
    moves: int = 20_000,
    seed: int = 1,
) -> PrefixGraph:
    """The smallest graph found whose lateness (`eda.arith.prefix_model.lateness`) is at most `limit`.

    If none is, the least late one found. It is never worse than any of `starts`, and half of the search goes on from the
    first of them. Equal arguments give equal graphs.
    """
    n = len(np.asarray(arrivals))
    pool = [*_over_splits(arrivals, model, limit, required, starts, moves, seed), *starts]
    best = min(pool, key=lambda g: _rank(g, arrivals, model, limit, required))
    if n < 3:
        return best
    polished = _over_nodes(best, arrivals, model, limit, required, int(moves * _POLISH), seed)
    return min((best, polished), key=lambda g: _rank(g, arrivals, model, limit, required))


def _rank(
    graph: PrefixGraph, arrivals: npt.ArrayLike, model: PrefixModel, limit: float, required: Sequence[float] | None
) -> tuple[float, int, float]:
    """Lateness beyond `limit` first, then nodes, then lateness."""
    late = lateness(graph, arrivals, model, required)
    return max(late - limit - 1e-9, 0.0), graph.size, late


def _over_splits(
    arrivals: npt.ArrayLike,
    model: PrefixModel,
    limit: float,
    required: Sequence[float] | None,
    starts: Sequence[PrefixGraph],
    moves: int,
    seed: int,
) -> list[PrefixGraph]:
    """What annealing over splits finds from nothing, and from the best of `starts` if there are any.

    The expected number of readers and the due time are those with which the graph before annealing is best.
    """
    from eda.arith.prefix_rebuild import search

    timer = model.timer(arrivals, required)
    by_readers = model.by_readers(len(timer.arrival) + 1)
    unit = float(by_readers[1])
    prices = _WORST_PRICE / unit, _SUM_PRICE / unit

    def run(splits: IntArray, expected: float, shift: float, count: int) -> PrefixGraph:
        least = _least(timer.arrival[:, 0], model, expected)
        due = timer.required + limit + shift * model.caps[1] * _slope(model)
        bitmap, _ = search(
            timer, limit, least, due, by_readers, expected, splits, count, _HEAT, _COLD, prices[0], prices[1], seed
        )
        return _graph(bitmap)

    def judged(splits: IntArray, expected: float, shift: float) -> tuple[float, int, float]:
        return _rank(run(splits, expected, shift, 0), arrivals, model, limit, required)

    plans = [(e, d) for e in _READERS for d in _SHIFTS] if model.caps[1] > 0 else [(1.0, 0.0)]
    found = []
    for splits in [np.zeros(2 * timer.arrival.shape[:1], dtype=np.int16), *map(_splits, starts[:1])]:
        expected, shift = min(plans, key=lambda plan: judged(splits, plan[0], plan[1]))
        found.append(run(splits, expected, shift, moves // (1 + len(starts[:1]))))
    return found


def _splits(graph: PrefixGraph) -> IntArray:
    """int16 [n, n]: the column at which each node is split; 0 where there is none."""
    nodes = graph.nodes
    out = np.zeros((graph.n, graph.n), dtype=np.int16)
    if graph.size:
        out[nodes.row, nodes.column] = np.where(nodes.upper >= 0, nodes.column[np.maximum(nodes.upper, 0)], -1 - nodes.upper)
    return out


def _over_nodes(
    graph: PrefixGraph,
    arrivals: npt.ArrayLike,
    model: PrefixModel,
    limit: float,
    required: Sequence[float] | None,
    moves: int,
    seed: int,
) -> PrefixGraph:
    """Anneal over additions, removals and shifts of nodes."""
    from eda.arith.prefix_kernel import anneal

    timer = model.timer(arrivals, required)
    unit = float(model.by_readers(1)[1])
    prices = _WORST_PRICE / unit, _SUM_PRICE / unit
    bitmap, _ = anneal(graph.bitmap, timer, limit, moves, _HEAT, _COLD, *prices, seed)
    return _graph(bitmap)


def _least(generate: FloatArray, model: PrefixModel, expected: float) -> FloatArray:
    """Least arrivals where everything has `expected` readers."""
    from eda.arith.prefix_rebuild import least_times

    load = model.caps[0] + (expected - 1.0) * model.caps[1]
    result: FloatArray = least_times(generate + model.driven(2, load), float(model.pins[:3].max() + model.driven(0, load)))
    return result


def _slope(model: PrefixModel) -> float:
    """Delay of one more unit of load on a node."""
    return float(model.drive[0, 1] - model.drive[0, 0]) / model.step


def _graph(bitmap: BoolArray) -> PrefixGraph:
    return PrefixGraph(np.tril(np.asarray(bitmap)).astype(bool))

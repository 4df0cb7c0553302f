"""A prefix graph fitted to the arrival of its input bits, under the linear depth-and-fan-out delay model."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from math import inf

import numpy as np

from eda.arith.delays import Delays, prefix_arrivals
from eda.arith.pruning import prune
from eda.ir.prefix import PrefixGraph

_EXPECTED_READERS = (1.0, 2.0, 3.0)
_BISECTIONS = 6
_FINALISTS = 4


def fit_prefix(
    arrivals: Sequence[float], delays: Delays, rivals: Iterable[PrefixGraph], required: Sequence[float] | None = None
) -> PrefixGraph:
    """The graph with the least product of delay and cells found, never slower in the model than any of `rivals`.

    `required` are the times at which the carries are due (None: all at once); the delay of a graph is the time of its
    latest carry, where a carry counts as later by as much as it is due before the last one.
    The due time of all carries is bisected; for each, a graph is built from the outputs back (`_Fit.graph`). The
    best of these and of the rivals lose every node that the fastest rival's delay lets them spare.
    """
    early = _earliness(required, len(arrivals))

    def delay_of(graph: PrefixGraph) -> float:
        return max(t + e for t, e in zip(prefix_arrivals(graph, arrivals, delays), early, strict=True))

    pool = [(delay_of(g), g) for g in rivals]
    limit = min(delay for delay, _ in pool)
    for readers in _EXPECTED_READERS:
        fit = _Fit(arrivals, delays, readers, early)
        low, high = fit.bound(), limit
        for _ in range(_BISECTIONS):
            due = (low + high) / 2
            graph = fit.graph(due)
            delay = delay_of(graph)
            pool.append((delay, graph))
            low, high = (low, due) if delay <= due else (due, high)
    fast = sorted(((d, g) for d, g in pool if d <= limit), key=_cost)[:_FINALISTS]
    pruned = [prune(g, arrivals, delays, [limit - e for e in early]) for _, g in fast]
    return min(((delay_of(g), g) for g in pruned), key=_cost)[1]


def _earliness(required: Sequence[float] | None, n: int) -> list[float]:
    """How long before the last due time each carry is due; -inf for carries that are never due (at inf)."""
    if required is None:
        return [0.0] * n
    last = max(t for t in required if t < inf)
    return [last - t for t in required]


def _cost(judged: tuple[float, PrefixGraph]) -> tuple[float, int]:
    """Delay times cells: the nodes, and one sum bit for each position."""
    delay, graph = judged
    return delay * (graph.size + graph.n), graph.size


class _Fit:
    """Least arrival of every group over `arrivals`, and graphs that meet a required time.

    ``_rows[i][j]`` is the least arrival of group (i:j) where every node has `expected` readers, found by dynamic
    programming over its split; ``_columns[j]`` holds the same by column, from (j:j) up. Both are monotonic, so splits
    are bisected. `early` says how long before the last due time the carry of each position is due.
    """

    def __init__(self, arrivals: Sequence[float], delays: Delays, expected: float, early: Sequence[float]) -> None:
        self._n, self._early = len(arrivals), early
        self._node, self._reader, self._expected = delays.prefix, delays.per_fanout, expected
        self._rows = self._least([t + delays.per_fanout * expected for t in arrivals])
        self._columns = [[self._rows[i][j] for i in range(j, self._n)] for j in range(self._n)]

    def bound(self) -> float:
        """A due time before which some carry hardly settles."""
        latest = max(t + e for t, e in zip(self._columns[0], self._early, strict=True))
        return latest - self._reader * self._expected

    def _least(self, inputs: list[float]) -> list[list[float]]:
        """The best split of (i:j) only moves down as j does: quadratic time in all."""
        delay = self._node + self._reader * self._expected
        rows: list[list[float]] = []
        for i, own in enumerate(inputs):
            row = [0.0] * i + [own]
            k = i
            for j in range(i - 1, -1, -1):
                best = max(row[k], rows[k - 1][j])
                while k - 1 > j and (other := max(row[k - 1], rows[k - 2][j])) <= best:
                    best, k = other, k - 1
                row[j] = best + delay
            rows.append(row)
        return rows

    def graph(self, due: float) -> PrefixGraph:
        """A small graph whose carries settle by `due` (or as much before as they must) where that can be, else little later.

        Rows are split from the highest down, so all readers of a node are known when it is split, and with them its
        delay and the time at which its parents are due.
        """
        need: list[dict[int, tuple[float, int]]] = [{} for _ in range(self._n)]
        for i in range(self._n - 1, 0, -1):
            self._split_row(need, i, due - self._early[i])
        bits = np.eye(self._n, dtype=bool)
        for i, columns in enumerate(need):
            bits[i, list(columns)] = True
        return PrefixGraph.legalised(bits)

    def _split_row(self, need: list[dict[int, tuple[float, int]]], i: int, required: float) -> None:
        """Choose the nodes of row i from column 0 up; `need` maps columns to (due time, readers so far)."""
        row = need[i]
        _read(need, i, 0, required, readers=0)
        columns = sorted(row, reverse=True)
        j = columns.pop()
        while j < i:
            time, readers = row[j]
            time -= self._node + self._reader * readers
            k = self._split(need, i, j, columns[-1] if columns else i, time)
            _read(need, i, k, time)
            _read(need, k - 1, j, time)
            if columns and columns[-1] == k:
                columns.pop()
            j = k

    def _split(self, need: list[dict[int, tuple[float, int]]], i: int, j: int, nearest: int, time: float) -> int:
        """The column k, j < k <= nearest, at which (i:j) becomes (i:k) and (k-1:j), both due at `time`.

        Among the splits in time, the one with the fewest parts that are not there already, then with the shortest upper
        part. If none is in time, the split that is least late.
        """
        row, column = self._rows[i], self._columns[j]
        first = j + 1 + bisect_left(row[j + 1 : nearest + 1], -time, key=lambda t: -t)
        best, fewest = 0, 3
        for k in range(min(nearest, j + bisect_right(column, time)), first - 1, -1):
            known = need[k - 1].get(j)
            if known and column[k - 1 - j] + self._reader * max(known[1] + 1 - self._expected, 0) > time:
                continue
            new = (known is None and k - 1 > j) + (k != nearest)
            if new < fewest:
                best, fewest = k, new
            if not new:
                break
        return best or min(range(nearest, j, -1), key=lambda k: max(row[k], self._rows[k - 1][j]))


def _read(need: list[dict[int, tuple[float, int]]], i: int, j: int, time: float, readers: int = 1) -> None:
    """Note that group (i:j) is due at `time` for `readers` more nodes."""
    due, known = need[i].get(j, (time, 0))
    need[i][j] = min(due, time), known + readers

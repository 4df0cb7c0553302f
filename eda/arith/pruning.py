"""Prefix graphs with fewer nodes: what a delay limit lets a graph spare is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np

from eda.arith.delays import Delays, prefix_arrivals
from eda.ir.prefix import PrefixGraph

_TOLERANCE = 1e-9

Node = tuple[int, int]


def prune(graph: PrefixGraph, arrivals: Sequence[float], delays: Delays, limit: float | Sequence[float]) -> PrefixGraph:
    """`graph` without nodes that it can do without while no carry settles after `limit`; sweeps until nothing changes.

    `limit` is one time for all carries, or one for the carry out of each position. A graph that is later comes back as it
    is.
    """
    limits = [limit] * graph.n if isinstance(limit, int | float) else list(limit)
    settled = prefix_arrivals(graph, arrivals, delays)
    if any(t > due + _TOLERANCE for t, due in zip(settled, limits, strict=True)):
        return graph
    while True:
        smaller = _Sweep(graph, arrivals, delays, limits).run()
        if smaller.size == graph.size:
            return smaller
        graph = smaller


class _Sweep:
    """One sweep over all nodes; an arrival here is never below the true one, as gains of a removal are not passed on.

    ``_above[i][j]`` and ``_below[i][j]`` are the neighbouring set columns of row i; ``_rows[i, j]`` the rows that use
    (i:j) as the lower parent of their node in column j; ``_time[i, j]`` its arrival.
    """

    def __init__(self, graph: PrefixGraph, arrivals: Sequence[float], delays: Delays, limits: Sequence[float]) -> None:
        self._n, self._arrivals, self._limits = graph.n, arrivals, [t + _TOLERANCE for t in limits]
        self._node, self._reader = delays.prefix, delays.per_fanout
        columns = [np.flatnonzero(row).tolist() for row in graph.bitmap]
        self._above = [dict(pairwise(c)) for c in columns]
        self._below = [{k: j for j, k in pairwise(c)} for c in columns]
        self._rows: dict[Node, set[int]] = {(i, j): set() for i, c in enumerate(columns) for j in c}
        for i, above in enumerate(self._above):
            for j, k in above.items():
                self._rows[k - 1, j].add(i)
        self._time: dict[Node, float] = {}
        for i, row in enumerate(columns):
            for j in reversed(row):
                self._time[i, j] = self._settled((i, j))

    def run(self) -> PrefixGraph:
        bits = np.eye(self._n, dtype=bool)
        for i in range(self._n - 1, 0, -1):
            j = 0
            while j < i:
                while self._drop_above(i, j):
                    pass
                j = self._above[i][j]
            bits[i, list(self._above[i])] = True
        return PrefixGraph(bits)

    def _settled(self, node: Node) -> float:
        i, j = node
        load = self._reader * (len(self._rows[node]) + (j in self._below[i]))
        if i == j:
            return self._arrivals[i] + load
        k = self._above[i][j]
        return max(self._time[i, k], self._time[k - 1, j]) + self._node + load

    def _drop_above(self, i: int, j: int) -> bool:
        """Take away the node above column j of row i if no other row reads it and all carries stay in time."""
        gone = self._above[i][j]
        if gone == i or self._rows[i, gone] or (self._above[i][gone] - 1, j) not in self._rows:
            return False
        k = self._above[i][gone]
        self._link(i, j, gone, k, via=False)
        if not self._in_time([(k - 1, j), (i, j)]):
            self._link(i, j, gone, k, via=True)
            return False
        del self._above[i][gone], self._below[i][gone], self._rows[i, gone], self._time[i, gone]
        return True

    def _link(self, i: int, j: int, gone: int, k: int, *, via: bool) -> None:
        """Let (i:j) have the upper parent (i:gone) or, if not `via`, (i:k)."""
        self._above[i][j] = gone if via else k
        self._below[i][k] = gone if via else j
        put, take = (set.add, set.discard) if via else (set.discard, set.add)
        put(self._rows[gone - 1, j], i)
        put(self._rows[k - 1, gone], i)
        take(self._rows[k - 1, j], i)

    def _in_time(self, changed: list[Node]) -> bool:
        """Pass later arrivals on from the `changed` nodes; if a carry is late, take everything back and return False."""
        queue = [(i, -j) for i, j in changed]
        heapify(queue)
        before: dict[Node, float] = {}
        while queue:
            i, j = heappop(queue)
            node = i, -j
            time = self._settled(node)
            if time <= self._time[node]:
                continue
            before.setdefault(node, self._time[node])
            self._time[node] = time
            if j == 0 and time > self._limits[i]:
                self._time.update(before)
                return False
            if -j in self._below[i]:
                heappush(queue, (i, -self._below[i][-j]))
            for row in self._rows[node]:
                heappush(queue, (row, j))
        return True

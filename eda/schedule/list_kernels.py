"""Compiled list scheduling. It loads numba."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

Longs = np.ndarray[Any, Any]
Flags = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def _lack(
    v: int, t: Any, first: Longs, row: Longs, amount: Longs, shift: Longs, held: Longs, use: Longs, limit: Longs, grow: bool
) -> bool:
    """Whether units are missing for v at step t; with `grow` the limits are raised instead."""
    for d in range(first[v], first[v + 1]):
        for j in range(t + shift[d], t + shift[d] + held[d]):
            if use[row[d], j] + amount[d] > limit[row[d]]:
                if not grow:
                    return True
                limit[row[d]] = use[row[d], j] + amount[d]
    return False


@njit(cache=True, nogil=True)
def by_steps(
    low: Longs, high: Longs, order: Longs, rank: Longs, group: Longs, alike: Flags, waiting: Longs,
    out_first: Longs, out_op: Longs, out_lag: Longs,
    first: Longs, row: Longs, amount: Longs, shift: Longs, held: Longs, use: Longs, limit: Longs, most: Longs,
) -> Longs:  # fmt: skip
    """int64 [V]: start steps, -1 for what found no step.

    Step by step, the ready operations are placed by `rank` (`order` its inverse) where units are free. One that is at
    the end of its window takes the units that it needs and raises `limit` (changed in place) up to `most`; an operation
    past it ends the attempt. In a `group` that is `alike` [G] all make the same demand: if one lacks units, so do all
    behind it. `use` int64 [K, steps] begins as zeros, `waiting` holds the number of edges into each operation.
    """
    n = len(low)
    start, ready = np.full(n, -1, dtype=np.int64), low.copy()
    soon = [(np.int64(0), np.int64(0)) for _ in range(0)]
    due = [(np.int64(0), np.int64(0)) for _ in range(0)]
    now = [[np.int64(0) for _ in range(0)] for _ in range(len(alike))]
    late = [np.int64(0) for _ in range(0)]
    for v in range(n):
        if waiting[v] == 0:
            heapq.heappush(soon, (ready[v], rank[v]))
    t, pending = np.int64(0), 0
    while pending + len(soon) > 0:
        if pending == 0:
            t = max(t, soon[0][0])
        moved = True
        full = np.zeros(len(alike), dtype=np.bool_)
        late.clear()
        while moved:
            moved = False
            while len(soon) > 0 and soon[0][0] <= t:
                r = heapq.heappop(soon)[1]
                heapq.heappush(now[group[order[r]]], r)
                heapq.heappush(due, (high[order[r]], r))
                pending += 1
            for g in range(len(alike) + 1):
                while True:
                    forced = g == len(alike)
                    if forced:
                        if len(due) == 0 or due[0][0] > t:
                            break
                        r = heapq.heappop(due)[1]
                    else:
                        if len(now[g]) == 0 or full[g]:
                            break
                        r = heapq.heappop(now[g])
                    v = int(order[r])
                    if start[v] >= 0:
                        continue
                    if t > high[v]:
                        return start
                    if _lack(v, t, first, row, amount, shift, held, use, limit, False):
                        if not forced:
                            late.append(r)
                            full[g] = alike[g]
                            continue
                        if _lack(v, t, first, row, amount, shift, held, use, most, False):
                            return start
                        _lack(v, t, first, row, amount, shift, held, use, limit, True)
                    start[v] = t
                    pending -= 1
                    for d in range(first[v], first[v + 1]):
                        for j in range(t + shift[d], t + shift[d] + held[d]):
                            use[row[d], j] += amount[d]
                    for e in range(out_first[v], out_first[v + 1]):
                        w = out_op[e]
                        ready[w] = max(ready[w], t + out_lag[e])
                        waiting[w] -= 1
                        if waiting[w] == 0:
                            heapq.heappush(soon, (ready[w], rank[w]))
                            moved = moved or ready[w] <= t
        for r in late:
            heapq.heappush(now[group[order[r]]], r)
        t += 1
    return start

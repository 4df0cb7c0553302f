"""Compiled iterative modulo scheduling. It loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Longs = np.ndarray[Any, Any]
Flags = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def _fits(v: int, t: Any, ii: int, first: Longs, row: Longs, amount: Longs, held: Longs, use: Longs, limit: Longs) -> bool:
    for d in range(first[v], first[v + 1]):
        for j in range(min(held[d], ii)):
            turns = held[d] // ii + (1 if j < held[d] % ii else 0)
            if use[row[d], (t + j) % ii] + turns * amount[d] > limit[row[d]]:
                return False
    return True


@njit(cache=True, nogil=True)
def _count(v: int, t: Any, ii: int, first: Longs, row: Longs, amount: Longs, held: Longs, use: Longs, sign: int) -> None:
    for d in range(first[v], first[v + 1]):
        for j in range(min(held[d], ii)):
            turns = held[d] // ii + (1 if j < held[d] % ii else 0)
            use[row[d], (t + j) % ii] += sign * turns * amount[d]


@njit(cache=True, nogil=True)
def _rival(
    v: int, t: Any, ii: int, start: Longs, rank: Longs, first: Longs, row: Longs, amount: Longs, held: Longs, use: Longs,
    limit: Longs, user_first: Longs, user: Longs,
) -> int:  # fmt: skip
    """The last operation in rank that holds what v lacks at step t; -1: v fits."""
    for d in range(first[v], first[v + 1]):
        for j in range(min(held[d], ii)):
            turns, r = held[d] // ii + (1 if j < held[d] % ii else 0), (t + j) % ii
            if use[row[d], r] + turns * amount[d] <= limit[row[d]]:
                continue
            out = -1
            for i in range(user_first[row[d]], user_first[row[d] + 1]):
                u = user[i]
                if u == v or start[u] < 0 or (out >= 0 and rank[u] <= rank[out]):
                    continue
                for c in range(first[u], first[u + 1]):
                    if row[c] == row[d] and (r - start[u]) % ii < held[c]:
                        out = u
            return out
    return -1


@njit(cache=True, nogil=True)
def place(
    ii: int, low: Longs, order: Longs, rank: Longs,
    in_first: Longs, in_op: Longs, in_lag: Longs, out_first: Longs, out_op: Longs, out_lag: Longs,
    first: Longs, row: Longs, amount: Longs, held: Longs, limit: Longs, user_first: Longs, user: Longs, budget: int,
) -> Longs:  # fmt: skip
    """int64 [V]: start steps, -1 where the budget of placements ran out; operations go by `rank` (`order` its inverse)."""
    n = len(low)
    use = np.zeros((len(limit), ii), dtype=np.int64)
    start, before = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    pointer = 0
    while budget > 0:
        while pointer < n and start[order[pointer]] >= 0:
            pointer += 1
        if pointer == n:
            break
        v = order[pointer]
        budget -= 1
        ready = low[v]
        for e in range(in_first[v], in_first[v + 1]):
            if start[in_op[e]] >= 0 and in_op[e] != v:
                ready = max(ready, start[in_op[e]] + in_lag[e])
        t = ready
        while t < ready + ii and not _fits(v, t, ii, first, row, amount, held, use, limit):
            t += 1
        if t == ready + ii:
            t = ready if before[v] < ready else before[v] + 1
        rival = _rival(v, t, ii, start, rank, first, row, amount, held, use, limit, user_first, user)
        while rival >= 0:
            _count(rival, start[rival], ii, first, row, amount, held, use, -1)
            start[rival] = -1
            pointer = min(pointer, rank[rival])
            rival = _rival(v, t, ii, start, rank, first, row, amount, held, use, limit, user_first, user)
        if not _fits(v, t, ii, first, row, amount, held, use, limit):
            break  # not even alone
        start[v], before[v] = t, t
        _count(v, t, ii, first, row, amount, held, use, 1)
        for e in range(out_first[v], out_first[v + 1]):
            w = out_op[e]
            if w != v and start[w] >= 0 and start[w] < t + out_lag[e]:
                _count(w, start[w], ii, first, row, amount, held, use, -1)
                start[w] = -1
                pointer = min(pointer, rank[w])
    return start

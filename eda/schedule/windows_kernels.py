"""Compiled longest paths. It loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True)
def _order(first: Array, target: Array) -> Array:
    """Operations by falling end of a depth-first search: sources before targets where there is no loop."""
    n = len(first) - 1
    out, place = np.empty(n, dtype=np.int64), n
    at, seen = first[:n].copy(), np.zeros(n, dtype=np.bool_)
    stack = np.empty(n, dtype=np.int64)
    for root in range(n - 1, -1, -1):
        if seen[root]:
            continue
        stack[0], depth, seen[root] = root, 1, True
        while depth > 0:
            v = stack[depth - 1]
            if at[v] == first[v + 1]:
                depth -= 1
                place -= 1
                out[place] = v
                continue
            w = target[at[v]]
            at[v] += 1
            if not seen[w]:
                seen[w] = True
                stack[depth] = w
                depth += 1
    return out


@njit(cache=True)
def longest(first: Array, target: Array, lag: Array, start: Array) -> tuple[Array, int]:
    """Longest paths over edges by source (CSR) from `start`, and an operation behind a positive loop (-1: none).

    A queue holds what changed, at first all in the order of a depth-first search, so that without loops one pass is enough;
    an operation that is reached by a path of more edges than there are operations shows a loop.
    """
    n = len(start)
    out, edges = start.copy(), np.zeros(n, dtype=np.int64)
    waiting, queued = np.empty(n + 1, dtype=np.int64), np.ones(n, dtype=np.bool_)
    head, tail = 0, n
    waiting[:n] = _order(first, target)
    while head != tail:
        v = waiting[head]
        head = (head + 1) % (n + 1)
        queued[v] = False
        for e in range(first[v], first[v + 1]):
            w = target[e]
            if out[v] + lag[e] > out[w]:
                out[w] = out[v] + lag[e]
                edges[w] = edges[v] + 1
                if edges[w] > n:
                    return out, w
                if not queued[w]:
                    queued[w] = True
                    waiting[tail] = w
                    tail = (tail + 1) % (n + 1)
    return out, -1

"""Compiled longest paths. It loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True)
def longest(first: Array, target: Array, lag: Array, start: Array) -> tuple[Array, int]:
    """Longest paths over edges by source (CSR) from `start`, and an operation behind a positive loop (-1: none).

    A queue holds what changed; an operation that is reached by a path of more edges than there are operations shows a loop.
    """
    n = len(start)
    out, edges = start.copy(), np.zeros(n, dtype=np.int64)
    waiting, queued = np.empty(n + 1, dtype=np.int64), np.ones(n, dtype=np.bool_)
    head, tail = 0, n
    for v in range(n):
        waiting[v] = v
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

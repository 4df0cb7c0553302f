"""Compiled loops of the bounds. It loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Longs = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def densest(low: Longs, high: Longs, held: Longs, amount: Longs, begins: Longs) -> tuple[int, int, int]:
    """The interval x <= t < y, x in `begins` (falling), with the largest ceil(work / length), and that number of units.

    Work is what operations must do inside however they start within ``low..high``.
    """
    horizon = 0
    for i in range(len(low)):
        horizon = max(horizon, high[i] + held[i])
    slope = np.zeros(horizon + 1, dtype=np.int64)
    short = held.max() <= 1
    order = np.argsort(-low)
    done, best, best_x, best_y = 0, 0, 0, 1
    for x in begins:
        if short:
            while done < len(order) and low[order[done]] >= x:
                i = order[done]
                slope[high[i]] += amount[i] * held[i]
                done += 1
        else:
            slope[:] = 0
            for i in range(len(low)):
                part = min(held[i], low[i] + held[i] - x)
                if part > 0:
                    s = max(high[i], x)
                    slope[s] += amount[i]
                    slope[s + part] -= amount[i]
        work, run = 0, 0
        for y in range(x + 1, horizon + 1):
            run = slope[y - 1] if short else run + slope[y - 1]
            work += run
            units = (work + y - x - 1) // (y - x)
            if units > best:
                best, best_x, best_y = units, x, y
    return best, best_x, best_y


@njit(cache=True, nogil=True)
def positive_loop(n: int, source: Longs, target: Longs, lag: Longs) -> Longs:
    """The operations of a loop whose lags have a positive sum, in order; empty if there is none (Bellman-Ford)."""
    reach, came = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    moved = -1
    for _ in range(n + 1):
        moved = -1
        for e in range(len(source)):
            if reach[source[e]] + lag[e] > reach[target[e]]:
                reach[target[e]] = reach[source[e]] + lag[e]
                came[target[e]] = source[e]
                moved = target[e]
        if moved < 0:
            return np.zeros(0, dtype=np.int64)
    for _ in range(n):
        moved = came[moved]
    loop = [moved]
    at = came[moved]
    while at != moved:
        loop.append(at)
        at = came[at]
    return np.array(loop[::-1], dtype=np.int64)

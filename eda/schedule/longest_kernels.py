"""Compiled longest paths. It loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.ir.netlist import IntArray

UNREACHED = -(1 << 40)


@njit(cache=True, nogil=True)
def settle(x: IntArray, source: IntArray, target: IntArray, lag: IntArray) -> bool:
    """Raise `x` until ``x[target] >= x[source] + lag`` holds everywhere (Bellman-Ford); False: a positive cycle."""
    for _ in range(len(x) + 1):
        moved = False
        for e in range(len(source)):
            reach = x[source[e]] + lag[e]
            if x[source[e]] > UNREACHED and reach > x[target[e]]:
                x[target[e]] = reach
                moved = True
        if not moved:
            return True
    return False


@njit(cache=True, nogil=True)
def longest_from(roots: IntArray, n: int, source: IntArray, target: IntArray, lag: IntArray) -> IntArray:
    """int64 [R, n]: longest paths from each root to each of n nodes; the graph has no positive cycle."""
    paths = np.full((len(roots), n), UNREACHED)
    for r in range(len(roots)):
        paths[r, roots[r]] = 0
        settle(paths[r], source, target, lag)
    return paths

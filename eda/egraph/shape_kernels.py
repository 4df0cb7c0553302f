"""Children turned around, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.egraph.egraph import IntArray


@njit(cache=True)
def invert(child_first: IntArray, child: IntArray, n_classes: int) -> tuple[IntArray, IntArray]:
    """``(parent_first int32 [M+1], parent int32 [E])``: the nodes with each class as a child, ascending, repeats kept."""
    start = np.zeros(n_classes + 1, dtype=np.int32)
    for d in child:
        start[d + 1] += 1
    for c in range(n_classes):
        start[c + 1] += start[c]
    fill = start[:-1].copy()
    parent = np.empty(len(child), dtype=np.int32)
    for n in range(len(child_first) - 1):
        for e in range(child_first[n], child_first[n + 1]):
            d = child[e]
            parent[fill[d]] = n
            fill[d] += 1
    return start, parent

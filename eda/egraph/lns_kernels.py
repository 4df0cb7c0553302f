"""Compiled neighbourhoods. It loads numba."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from eda.egraph.egraph import IntArray


@njit(cache=True)
def ball(
    first: IntArray,
    child_first: IntArray,
    child: IntArray,
    parent_first: IntArray,
    parent: IntArray,
    node_class: IntArray,
    source: int,
    size: int,
    seed: int,
) -> npt.NDArray[np.bool_]:
    """bool [M]: `size` classes around `source`, met in random order through children and parents of any node."""
    np.random.seed(seed)
    inside = np.zeros(len(first) - 1, dtype=np.bool_)
    edge = np.empty(len(first) - 1, dtype=np.int32)
    edge[0] = source
    inside[source] = True
    done, found = 0, 1
    while done < found and found < size:
        k = done + np.random.randint(min(found - done, 8))
        c = edge[k]
        edge[k] = edge[done]
        done += 1
        for e in range(child_first[first[c]], child_first[first[c + 1]]):
            d = child[e]
            if not inside[d]:
                inside[d] = True
                edge[found] = d
                found += 1
        for j in range(parent_first[c], parent_first[c + 1]):
            d = node_class[parent[j]]
            if not inside[d]:
                inside[d] = True
                edge[found] = d
                found += 1
    return inside

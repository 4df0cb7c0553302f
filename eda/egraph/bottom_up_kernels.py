"""Compiled bottom-up extraction. It loads numba.

Knuth's generalisation of Dijkstra's algorithm: classes are settled in the order of their cost, so a node counts once all its
children are settled, and the settled order has every class after its children.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from eda.egraph.egraph import FloatArray, IntArray
from eda.egraph.shape import Shape

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
OPEN = -1
NONE = -1


@njit(**BARE)
def _push(keys: FloatArray, items: IntArray, size: int, key: float, item: int) -> int:
    at = size
    while at > 0 and keys[(at - 1) >> 1] > key:
        keys[at], items[at] = keys[(at - 1) >> 1], items[(at - 1) >> 1]
        at = (at - 1) >> 1
    keys[at], items[at] = key, item
    return size + 1


@njit(**BARE)
def _pop(keys: FloatArray, items: IntArray, size: int) -> int:
    """Remove the first entry (the caller has read it); the new size."""
    size -= 1
    key, item, at = keys[size], items[size], 0
    while 2 * at + 1 < size:
        low = 2 * at + 1
        if low + 1 < size and keys[low + 1] < keys[low]:
            low += 1
        if keys[low] >= key:
            break
        keys[at], items[at] = keys[low], items[low]
        at = low
    keys[at], items[at] = key, item
    return size


@njit(cache=True)
def settle(g: Shape, fixed: IntArray, deep: bool, choice: IntArray, value: FloatArray, order: IntArray) -> int:
    """Settle every derivable class; the number of them.

    `fixed` int32 [M] holds the node of each class that is paid already: it keeps that node and costs nothing; NONE
    elsewhere. Fills `choice` int32 [M] (NONE: not derivable), `value` float64 [M] (tree cost, or the most expensive path
    where `deep`) and `order` int32 [M], the settled classes, each after its children.
    """
    n_nodes = len(g.cost)
    waiting = g.child_first[1:] - g.child_first[:-1]
    total = g.cost.copy()
    keys, items = np.empty(n_nodes), np.empty(n_nodes, dtype=np.int32)
    size, settled = 0, 0
    choice[:] = NONE
    value[:] = np.inf
    for n in range(n_nodes):
        if waiting[n] == 0:
            size = _offer(g, fixed, value, keys, items, size, n, total[n])
    while size > 0:
        n, key = items[0], keys[0]
        size = _pop(keys, items, size)
        c = g.own[n]
        if choice[c] != NONE:
            continue
        choice[c], value[c] = n, key
        order[settled] = c
        settled += 1
        for e in range(g.parent_first[c], g.parent_first[c + 1]):
            p = g.parent[e]
            waiting[p] -= 1
            total[p] = max(total[p], g.cost[p] + key) if deep else total[p] + key
            if waiting[p] == 0 and choice[g.own[p]] == NONE:
                size = _offer(g, fixed, value, keys, items, size, p, total[p])
    return settled


@njit(**BARE)
def _offer(
    g: Shape, fixed: IntArray, value: FloatArray, keys: FloatArray, items: IntArray, size: int, n: int, total: float
) -> int:
    """A node whose children are all settled enters the queue if it is the cheapest of its class so far; the new size."""
    c = g.own[n]
    if fixed[c] != NONE:
        return _push(keys, items, size, 0.0, n) if fixed[c] == n else size
    if total < value[c]:
        value[c] = total
        return _push(keys, items, size, total, n)
    return size if value[c] < np.inf or total < np.inf else _push(keys, items, size, total, n)

"""Compiled contractions: classes that dissolve into the nodes that need them. It loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from eda.egraph.egraph import FloatArray, IntArray
from eda.egraph.reduce.form import Mask

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
GROWTH = 2  # children that one contraction may add


@njit(cache=True)
def dissolve(
    first: IntArray,
    child_first: IntArray,
    child: IntArray,
    cost: FloatArray,
    parent_first: IntArray,
    parent: IntArray,
    own: IntArray,
    roots: Mask,
    order: IntArray,
) -> tuple[Mask, IntArray, IntArray, FloatArray]:
    """Replace classes of a single node by its children wherever they are needed, the cost added there.

    Exact where the node costs nothing or one class alone needs it; done where that adds few children. `order` holds the
    derivable classes, single ones after all their children. Returns the classes replaced, bool [M], and the new
    ``(child_first, child, cost)``, children perhaps repeated.
    """
    m = len(first) - 1
    gone = np.zeros(m, dtype=np.bool_)
    start, stop = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    extra = np.zeros(m)
    pool = np.empty(len(child) + 1, dtype=np.int32)
    size = 0
    for c in order:
        if roots[c] or first[c + 1] - first[c] != 1:
            continue
        n = first[c]
        need = _expanded_size(child_first, child, gone, start, stop, n)
        if size + need > len(pool):
            wider = np.empty(2 * len(pool) + need, dtype=np.int32)
            wider[:size] = pool[:size]
            pool = wider
        end = _expand(child_first, child, gone, start, stop, pool, n, pool, size)
        end = size + _settle_set(pool, size, end)
        total = cost[n]
        for e in range(child_first[n], child_first[n + 1]):
            if gone[child[e]]:
                total += extra[child[e]]
        users = parent_first[c + 1] - parent_first[c]
        alone = users > 0 and own[parent[parent_first[c]]] == own[parent[parent_first[c + 1] - 1]]
        if users > 0 and (total == 0 or alone) and (end - size - 1) * (users - 1) <= GROWTH:
            gone[c], start[c], stop[c], extra[c] = True, size, end, total
            size = end
    return gone, *_rewritten(child_first, child, cost, gone, start, stop, extra, pool)


@njit(**BARE)
def _expanded_size(child_first: IntArray, child: IntArray, gone: Mask, start: IntArray, stop: IntArray, n: int) -> int:
    size = 0
    for e in range(child_first[n], child_first[n + 1]):
        size += stop[child[e]] - start[child[e]] if gone[child[e]] else 1
    return size


@njit(**BARE)
def _expand(
    child_first: IntArray,
    child: IntArray,
    gone: Mask,
    start: IntArray,
    stop: IntArray,
    pool: IntArray,
    n: int,
    out: IntArray,
    size: int,
) -> int:
    """Append the children of node n to `out`, dissolved ones replaced by what they need; the new size."""
    for e in range(child_first[n], child_first[n + 1]):
        d = child[e]
        if gone[d]:
            for i in range(start[d], stop[d]):
                out[size] = pool[i]
                size += 1
        else:
            out[size] = d
            size += 1
    return size


@njit(**BARE)
def _settle_set(pool: IntArray, begin: int, end: int) -> int:
    """Sort a short stretch and drop repeats; the number left."""
    size = begin
    for i in range(begin, end):
        value, at = pool[i], size
        while at > begin and pool[at - 1] > value:
            at -= 1
        if at > begin and pool[at - 1] == value:
            continue
        for j in range(size, at, -1):
            pool[j] = pool[j - 1]
        pool[at] = value
        size += 1
    return size - begin


@njit(cache=True)
def _rewritten(
    child_first: IntArray,
    child: IntArray,
    cost: FloatArray,
    gone: Mask,
    start: IntArray,
    stop: IntArray,
    extra: FloatArray,
    pool: IntArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    begin, price = np.zeros_like(child_first), cost.copy()
    for n in range(len(cost)):
        begin[n + 1] = begin[n] + _expanded_size(child_first, child, gone, start, stop, n)
        for e in range(child_first[n], child_first[n + 1]):
            if gone[child[e]]:
                price[n] += extra[child[e]]
    out = np.empty(begin[-1], dtype=np.int32)
    for n in range(len(cost)):
        _expand(child_first, child, gone, start, stop, pool, n, out, begin[n])
    return begin, out, price


@njit(cache=True)
def plan_merges(
    first: IntArray, child_first: IntArray, parent_first: IntArray, parent: IntArray, own: IntArray, roots: Mask
) -> IntArray:
    """int32 [N]: for nodes that alone need some class the class to merge into them, else -1; no merge touches another."""
    into = np.full(len(own), -1, dtype=np.int32)
    gone, host = np.zeros(len(first) - 1, dtype=np.bool_), np.zeros(len(first) - 1, dtype=np.bool_)
    for c in range(len(first) - 1):
        if roots[c] or host[c] or parent_first[c + 1] - parent_first[c] != 1:
            continue
        n = parent[parent_first[c]]
        p, others = own[n], child_first[n + 1] - child_first[n] - 1
        nodes = first[c + 1] - first[c]
        if p == c or gone[p] or into[n] >= 0 or nodes < 1 or (nodes - 1) * others > GROWTH:
            continue
        into[n], gone[c], host[p] = c, True, True
    return into


@njit(cache=True)
def merge(
    first: IntArray, child_first: IntArray, child: IntArray, cost: FloatArray, into: IntArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray, IntArray, IntArray]:
    """Replace each node n with ``c = into[n] >= 0`` by one node for each node of class c, which vanishes.

    Returns the new ``(first, child_first, child, cost)`` and for each new node its two old ones, the second -1 where it is
    an old one.
    """
    m = len(first) - 1
    gone = np.zeros(m, dtype=np.bool_)
    for c in into:
        if c >= 0:
            gone[c] = True
    n_new, n_child = 0, 0
    for c in range(m):
        for n in range(first[c], first[c + 1]):
            k, inner = child_first[n + 1] - child_first[n], into[n]
            if inner >= 0:
                nodes = first[inner + 1] - first[inner]
                n_new += nodes
                n_child += (k - 1) * nodes + child_first[first[inner + 1]] - child_first[first[inner]]
            elif not gone[c]:
                n_new += 1
                n_child += k
    out_first, out_child_first = np.zeros(m + 1, dtype=np.int32), np.zeros(n_new + 1, dtype=np.int32)
    out_child, out_cost = np.empty(n_child, dtype=np.int32), np.empty(n_new)
    one, two = np.empty(n_new, dtype=np.int32), np.full(n_new, -1, dtype=np.int32)
    at, size = 0, 0
    for c in range(m):
        for n in range(first[c], first[c + 1]):
            if gone[c]:
                break
            inner = into[n]
            copies = first[inner + 1] - first[inner] if inner >= 0 else 1
            for i in range(copies):
                one[at], out_cost[at] = n, cost[n]
                for e in range(child_first[n], child_first[n + 1]):
                    if inner < 0 or child[e] != inner:
                        out_child[size] = child[e]
                        size += 1
                if inner >= 0:
                    k = first[inner] + i
                    two[at] = k
                    out_cost[at] += cost[k]
                    for e in range(child_first[k], child_first[k + 1]):
                        out_child[size] = child[e]
                        size += 1
                at += 1
                out_child_first[at] = size
        out_first[c + 1] = at
    return out_first, out_child_first, out_child, out_cost, one, two

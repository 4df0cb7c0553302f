"""Compiled reductions. It loads numba.

All take the arrays of a `Form` and return masks over its nodes, children or classes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.egraph.egraph import FloatArray, IntArray
from eda.egraph.reduce.form import Mask


@njit(cache=True)
def distinct(first: IntArray, child_first: IntArray, child: IntArray) -> tuple[IntArray, IntArray, Mask]:
    """The children of each node once and ascending, as ``(child_first, child)``, and the nodes that need their own class."""
    start = np.zeros_like(child_first)
    out = np.empty_like(child)
    loops = np.zeros(len(child_first) - 1, dtype=np.bool_)
    size = np.int32(0)
    for c in range(len(first) - 1):
        for n in range(first[c], first[c + 1]):
            begin = size
            for e in range(child_first[n], child_first[n + 1]):
                d = child[e]
                loops[n] |= d == c
                at = size
                while at > begin and out[at - 1] > d:
                    at -= 1
                if at > begin and out[at - 1] == d:
                    continue
                for i in range(size, at, -1):
                    out[i] = out[i - 1]
                out[at] = d
                size += 1
            start[n + 1] = size
    return start, out[:size].copy(), loops


@njit(cache=True)
def derivable(
    first: IntArray, child_first: IntArray, child: IntArray, parent_first: IntArray, parent: IntArray, own: IntArray, keep: Mask
) -> tuple[IntArray, IntArray]:
    """``(by, order)`` with the nodes in `keep` alone: int32 [M] a node of each derivable class, else -1, and the derivable
    classes in an order in which each has a node with all children before it."""
    m, n_nodes = len(first) - 1, len(child_first) - 1
    waiting = child_first[1:] - child_first[:-1]
    by = np.full(m, -1, dtype=np.int32)
    queue = np.empty(m, dtype=np.int32)
    head, tail = 0, 0
    for n in range(n_nodes):
        if keep[n] and waiting[n] == 0 and by[own[n]] < 0:
            by[own[n]] = n
            queue[tail] = own[n]
            tail += 1
    while head < tail:
        d = queue[head]
        head += 1
        for i in range(parent_first[d], parent_first[d + 1]):
            n = parent[i]
            waiting[n] -= 1
            if keep[n] and waiting[n] == 0 and by[own[n]] < 0:
                by[own[n]] = n
                queue[tail] = own[n]
                tail += 1
    return by, queue[:tail].copy()


@njit(cache=True)
def reachable(first: IntArray, child_first: IntArray, child: IntArray, roots: Mask) -> Mask:
    """bool [M]: the roots and whatever some node of a reachable class needs."""
    seen = roots.copy()
    stack = np.empty(len(first), dtype=np.int32)
    height = 0
    for c in range(len(first) - 1):
        if seen[c]:
            stack[height] = c
            height += 1
    while height > 0:
        height -= 1
        c = stack[height]
        for e in range(child_first[first[c]], child_first[first[c + 1]]):
            d = child[e]
            if not seen[d]:
                seen[d] = True
                stack[height] = d
                height += 1
    return seen


@njit(cache=True)
def forced(first: IntArray, child_first: IntArray, child: IntArray, roots: Mask) -> Mask:
    """bool [M]: the roots, and the classes that all nodes of such a class need."""
    needed = roots.copy()
    seen = np.zeros(len(first), dtype=np.int32)
    stack = np.empty(len(first), dtype=np.int32)
    height = 0
    for c in range(len(first) - 1):
        if needed[c]:
            stack[height] = c
            height += 1
    while height > 0:
        height -= 1
        c = stack[height]
        low, high = child_first[first[c]], child_first[first[c + 1]]
        nodes = first[c + 1] - first[c]
        for e in range(low, high):
            seen[child[e]] += 1
        for e in range(low, high):
            d = child[e]
            if seen[d] == nodes and not needed[d]:
                needed[d] = True
                stack[height] = d
                height += 1
            seen[d] = 0
    return needed


@njit(cache=True)
def components(first: IntArray, child_first: IntArray, child: IntArray) -> IntArray:
    """int32 [M]: the strongly connected component of each class, children's components numbered first (Tarjan)."""
    m = len(first) - 1
    component = np.full(m, -1, dtype=np.int32)
    index = np.zeros(m, dtype=np.int32)
    low = np.zeros(m, dtype=np.int32)
    edge = np.zeros(m, dtype=np.int32)
    path, open_ = np.empty(m, dtype=np.int32), np.empty(m, dtype=np.int32)
    found, waiting, number = 0, 0, 0
    for source in range(m):
        if index[source] > 0:
            continue
        height = 1
        path[0] = source
        while height > 0:
            c = path[height - 1]
            if index[c] == 0:
                found += 1
                index[c] = low[c] = found
                edge[c] = child_first[first[c]]
                open_[waiting] = c
                waiting += 1
            if edge[c] < child_first[first[c + 1]]:
                d = child[edge[c]]
                if index[d] == 0:
                    path[height] = d
                    height += 1
                    continue
                if component[d] < 0:
                    low[c] = min(low[c], low[d])
                edge[c] += 1
                continue
            if low[c] == index[c]:
                while component[c] < 0:
                    waiting -= 1
                    component[open_[waiting]] = number
                number += 1
            height -= 1
    return component


@njit(cache=True)
def subsumed(first: IntArray, child_first: IntArray, child: IntArray, cost: FloatArray, fanin: IntArray) -> Mask:
    """bool [N]: nodes beside which their class has one that costs no more and needs no other classes.

    `fanin` int32 [M] is the number of nodes that need each class. A node can only be undercut by one whose rarest child it
    has too, so the nodes of a class are looked up by that.
    """
    gone = np.zeros(len(cost), dtype=np.bool_)
    rarest = np.full(len(cost), -1, dtype=np.int32)
    for c in range(len(first) - 1):
        begin, end = first[c], first[c + 1]
        if end - begin < 2:
            continue
        leaf = np.int32(-1)
        for n in range(begin, end):
            for e in range(child_first[n], child_first[n + 1]):
                if rarest[n] < 0 or fanin[child[e]] < fanin[rarest[n]]:
                    rarest[n] = child[e]
            if rarest[n] < 0 and (leaf < 0 or cost[n] < cost[leaf]):
                leaf = np.int32(n)
        by = np.argsort(rarest[begin:end], kind="mergesort")
        keys = rarest[begin:end][by]
        for n in range(begin, end):
            gone[n] = leaf >= 0 and n != leaf and cost[leaf] <= cost[n]
            if gone[n]:
                continue
            for e in range(child_first[n], child_first[n + 1]):
                at = np.searchsorted(keys, child[e])
                while at < len(keys) and keys[at] == child[e] and not gone[n]:
                    other = begin + by[at]
                    gone[n] = other != n and _undercuts(child_first, child, cost, gone, other, n)
                    at += 1
                if gone[n]:
                    break
    return gone


@njit(cache=True)
def _undercuts(child_first: IntArray, child: IntArray, cost: FloatArray, gone: Mask, a: int, b: int) -> bool:
    """Whether node a costs no more than b and needs no class that b does not; of two equal nodes the first undercuts."""
    if gone[a] or cost[a] > cost[b]:
        return False
    at, stop = child_first[b], child_first[b + 1]
    few = child_first[a + 1] - child_first[a]
    if few > stop - at or (few == stop - at and cost[a] == cost[b] and a > b):
        return False
    for e in range(child_first[a], child_first[a + 1]):
        while at < stop and child[at] < child[e]:
            at += 1
        if at == stop or child[at] != child[e]:
            return False
    return True

"""Compiled local search on DAG cost: one class changes its node, uses are counted by reference. It loads numba.

A `Place` is a selection of all derivable classes, needed or not, that is acyclic as a whole, so that a class that becomes
needed brings a whole derivation along. `uses` counts the needed parents of each class (and its being a root); a change is
priced by releasing the old node's children, and theirs where nothing else uses them, and acquiring the new one's. A linked
list with labels keeps the classes in an order with children first, so that a cycle is sought only above the changed class.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from eda.egraph.bottom_up_kernels import settle
from eda.egraph.egraph import FloatArray, IntArray
from eda.egraph.shape import Shape

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
SPREAD = 2**61
# counters of a place
STAMP, HEAD, WAITING, LOGGED, FRESH, LOST, CHANGED, RANDOM = range(8)


class Place(NamedTuple):
    """int32 [M]: choice, uses, mark and edge (of searches), stack, found (classes of the last search), fresh (classes that
    the last changes made used), queue, queued; float64 [M] tree (tree cost at the last `value_trees`); int32 [K] changed and
    was (the first K swaps since `CHANGED` was 0); int64 [M+1] label, int32 [M+1] before, after; int32 [E+1] log and lost
    (the classes whose uses the last `acquire` and `release` changed); int64 [8] counter."""

    choice: IntArray
    uses: IntArray
    mark: IntArray
    edge: IntArray
    stack: IntArray
    found: IntArray
    fresh: IntArray
    queue: IntArray
    queued: IntArray
    tree: FloatArray
    label: IntArray
    before: IntArray
    after: IntArray
    log: IntArray
    lost: IntArray
    changed: IntArray
    was: IntArray
    counter: IntArray


@njit(**BARE)
def random_bits(p: Place) -> int:
    """The next of 31 random bits (xorshift)."""
    x = np.uint64(p.counter[RANDOM])
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    p.counter[RANDOM] = x
    return int(x >> np.uint64(33))


@njit(**BARE)
def _relabel(p: Place) -> None:
    """Spread the labels evenly again."""
    end = len(p.choice)
    gap = SPREAD // (end + 1)
    at, label = p.after[end], np.int64(0)
    while at != end:
        p.label[at] = label
        label += gap
        at = p.after[at]


@njit(**BARE)
def arrange(p: Place, order: IntArray, count: int) -> None:
    """The first `count` classes of `order` become the order of the place."""
    end = len(p.choice)
    last = end
    for i in range(count):
        c = order[i]
        p.after[last], p.before[c] = c, last
        last = c
    p.after[last], p.before[end] = end, last
    p.label[end] = -SPREAD
    _relabel(p)


@njit(**BARE)
def acquire(g: Shape, p: Place, node: int, limit: float) -> float:
    """Count the children of a node as used once more, and below them whatever becomes used; the cost of the latter.

    Stops once the cost reaches `limit`. What was counted is in `log`, what became used in `fresh`.
    """
    cost, height, logged, fresh = 0.0, 0, 0, 0
    at, stop = g.child_first[node], g.child_first[node + 1]
    while True:
        while at < stop:
            d = g.child[at]
            at += 1
            p.log[logged] = d
            logged += 1
            p.uses[d] += 1
            if p.uses[d] == 1:
                cost += g.cost[p.choice[d]]
                p.fresh[fresh] = d
                fresh += 1
                p.stack[height] = d
                height += 1
                if cost >= limit:
                    height = 0
                    break
        if height == 0:
            break
        height -= 1
        n = p.choice[p.stack[height]]
        at, stop = g.child_first[n], g.child_first[n + 1]
    p.counter[LOGGED], p.counter[FRESH] = logged, fresh
    return cost


@njit(**BARE)
def forget(p: Place) -> None:
    """Take the last `acquire` back."""
    for i in range(p.counter[LOGGED]):
        p.uses[p.log[i]] -= 1


@njit(**BARE)
def release(g: Shape, p: Place, node: int) -> float:
    """The mirror of `acquire`; what became unused carries the new stamp as its mark."""
    cost, height, lost = 0.0, 0, 0
    p.counter[STAMP] += 1
    at, stop = g.child_first[node], g.child_first[node + 1]
    while True:
        while at < stop:
            d = g.child[at]
            at += 1
            p.lost[lost] = d
            lost += 1
            p.uses[d] -= 1
            if p.uses[d] == 0:
                cost += g.cost[p.choice[d]]
                p.mark[d] = p.counter[STAMP]
                p.stack[height] = d
                height += 1
        if height == 0:
            break
        height -= 1
        n = p.choice[p.stack[height]]
        at, stop = g.child_first[n], g.child_first[n + 1]
    p.counter[LOST] = lost
    return cost


@njit(**BARE)
def above(g: Shape, p: Place, c: int, node: int) -> int:
    """Number of the classes under `node` that lie above c in the order, listed in `found` with children first; -1 if c is
    among the classes under `node`, so that choosing it would close a cycle."""
    floor = p.label[c]
    p.counter[STAMP] += 1
    stamp = p.counter[STAMP]
    count, height = 0, 0
    for e in range(g.child_first[node], g.child_first[node + 1]):
        d = g.child[e]
        if d == c:
            return -1
        if p.label[d] < floor or p.mark[d] == stamp:
            continue
        p.mark[d], p.edge[d], p.stack[0] = stamp, g.child_first[p.choice[d]], d
        height = 1
        while height > 0:
            top = p.stack[height - 1]
            at = p.edge[top]
            if at == g.child_first[p.choice[top] + 1]:
                p.found[count] = top
                count += 1
                height -= 1
                continue
            p.edge[top] = at + 1
            k = g.child[at]
            if k == c:
                return -1
            if p.label[k] > floor and p.mark[k] != stamp:
                p.mark[k], p.edge[k], p.stack[height] = stamp, g.child_first[p.choice[k]], k
                height += 1
    return count


@njit(**BARE)
def put_below(p: Place, c: int, count: int) -> None:
    """Move the classes in `found` to right below c, in their order."""
    for i in range(count):
        d = p.found[i]
        b, a = p.before[d], p.after[d]
        p.after[b], p.before[a] = a, b
    last = p.before[c]
    low = p.label[last]
    step = (p.label[c] - low) // (count + 1)
    for i in range(count):
        d = p.found[i]
        p.after[last], p.before[d] = d, last
        p.label[d] = low + (i + 1) * step
        last = d
    p.after[last], p.before[c] = c, last
    if step == 0:
        _relabel(p)


@njit(**BARE)
def enqueue(p: Place, c: int) -> None:
    """Class c is to be looked at again."""
    if p.queued[c] == 0 and p.uses[c] > 0:
        p.queued[c] = 1
        p.queue[(p.counter[HEAD] + p.counter[WAITING]) % len(p.queue)] = c
        p.counter[WAITING] += 1


@njit(**BARE)
def enqueue_around(g: Shape, p: Place, freed: int) -> None:
    """Whoever could now use what became used (unless it carries the mark `freed`), and the last user of what lost others."""
    for i in range(p.counter[FRESH]):
        d = p.fresh[i]
        if p.mark[d] != freed:
            enqueue(p, d)
            for e in range(g.parent_first[d], g.parent_first[d + 1]):
                enqueue(p, g.own[g.parent[e]])
    for i in range(p.counter[LOST]):
        d = p.lost[i]
        if p.uses[d] == 1:
            for e in range(g.parent_first[d], g.parent_first[d + 1]):
                c = g.own[g.parent[e]]
                if p.choice[c] == g.parent[e]:
                    enqueue(p, c)


@njit(**BARE)
def note(p: Place, c: int) -> None:
    """Remember the node of class c, to be able to go back to it."""
    k = p.counter[CHANGED]
    if k < len(p.changed):
        p.changed[k], p.was[k] = c, p.choice[c]
    p.counter[CHANGED] = k + 1


@njit(**BARE)
def improve(g: Shape, p: Place, c: int, eps: float, bounded: bool, tie: int) -> float:
    """Give class c its best node, the rest staying; the gain. A node of the same cost is taken `tie` times in 2**31.

    `bounded`: no cost is negative, so the search under a node ends once it costs too much.
    """
    now = p.choice[c]
    freed = release(g, p, now)
    stamp = p.counter[STAMP]
    before = g.cost[now] + freed
    best, best_node = before, now
    for n in range(g.first[c], g.first[c + 1]):
        if n == now or not g.cost[n] < (best + eps if bounded else np.inf):
            continue
        total = g.cost[n] + acquire(g, p, n, best + eps - g.cost[n] if bounded else np.inf)
        forget(p)
        if total < best - eps or (total < best + eps and tie > 0 and random_bits(p) < tie):
            if above(g, p, c, n) >= 0:
                best, best_node = total, n
    if best_node != now:
        note(p, c)
        put_below(p, c, above(g, p, c, best_node))
        p.choice[c] = best_node
    acquire(g, p, best_node, np.inf)
    if best_node != now:
        enqueue_around(g, p, stamp)
    return before - best


@njit(**BARE)
def descend(g: Shape, p: Place, eps: float, bounded: bool, tie: int) -> float:
    """Improve the queued classes, and those around every change, until none is left; the gain."""
    gain = 0.0
    while p.counter[WAITING] > 0:
        c = p.queue[p.counter[HEAD]]
        p.counter[HEAD] = (p.counter[HEAD] + 1) % len(p.queue)
        p.counter[WAITING] -= 1
        p.queued[c] = 0
        if p.uses[c] > 0 and g.first[c + 1] - g.first[c] > 1:
            gain += improve(g, p, c, eps, bounded, tie)
    return gain


@njit(**BARE)
def value_trees(g: Shape, p: Place) -> None:
    """Fill `tree` with the tree cost of every choice: releasing it frees at most that."""
    end = len(p.choice)
    c = p.after[end]
    while c != end:
        n = p.choice[c]
        cost = g.cost[n]
        for e in range(g.child_first[n], g.child_first[n + 1]):
            cost += p.tree[g.child[e]]
        p.tree[c] = cost
        c = p.after[c]


@njit(**BARE)
def hopeless(g: Shape, p: Place, c: int) -> bool:
    """Whether every other node of class c costs more than the class and everything below it, where no cost is negative."""
    least = np.inf
    for n in range(g.first[c], g.first[c + 1]):
        if n != p.choice[c]:
            least = min(least, g.cost[n])
    return least >= p.tree[c]


@njit(**BARE)
def enqueue_all(g: Shape, p: Place, bounded: bool) -> None:
    """Every used class that could gain is to be looked at, parents first."""
    end = len(p.choice)
    value_trees(g, p)
    c = p.before[end]
    while c != end:
        if not (bounded and hopeless(g, p, c)):
            enqueue(p, c)
        c = p.before[c]


@njit(**BARE)
def count_uses(g: Shape, p: Place, roots: IntArray) -> float:
    """Fill `uses`; the DAG cost."""
    p.uses[:] = 0
    cost = 0.0
    for r in roots:
        p.uses[r] += 1
        if p.uses[r] == 1:
            cost += g.cost[p.choice[r]] + acquire(g, p, p.choice[r], np.inf)
    return cost


@njit(cache=True)
def refresh(g: Shape, p: Place) -> None:
    """Give every unused class the derivation that adds least to what is used, each class counted wherever it occurs."""
    m = len(p.choice)
    fixed = np.where(p.uses > 0, p.choice, -1).astype(np.int32)
    order = np.empty(m, dtype=np.int32)
    count = settle(g, fixed, False, p.choice, np.empty(m), order)
    arrange(p, order, count)


@njit(cache=True)
def polish_all(g: Shape, p: Place, roots: IntArray, eps: float, bounded: bool, passes: int) -> float:
    """Passes over all used classes, the unused ones refreshed before each, until one gains nothing; the DAG cost."""
    cost = count_uses(g, p, roots)
    for _ in range(passes):
        refresh(g, p)
        enqueue_all(g, p, bounded)
        gain = descend(g, p, eps, bounded, 0)
        cost -= gain
        if gain <= eps:
            break
    return cost

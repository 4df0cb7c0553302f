"""Compiled iterated local search on DAG cost: kicks around random classes, each taken back unless it pays. It loads numba."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from eda.egraph.bottom_up_kernels import settle
from eda.egraph.egraph import FloatArray, IntArray
from eda.egraph.polish_kernels import (
    CHANGED,
    STAMP,
    Place,
    above,
    acquire,
    arrange,
    count_uses,
    descend,
    enqueue,
    enqueue_all,
    enqueue_around,
    note,
    put_below,
    random_bits,
    refresh,
    release,
)
from eda.egraph.shape import Shape

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
WIDE = 40  # classes with more parents than this are not searched around: they are inputs, near to everything


class Kick(NamedTuple):
    """saved int32 [M], the selection to go back to; ball int32 [B], the classes that a kick may touch; spread int32 [K] and
    prices float64 [K], nodes and their true costs during a kick."""

    saved: IntArray
    ball: IntArray
    spread: IntArray
    prices: FloatArray


@njit(**BARE)
def swap(g: Shape, p: Place, c: int, node: int) -> float:
    """Class c takes the node, which closes no cycle; what that costs more. Those around are queued if c is used."""
    now = p.choice[c]
    used = p.uses[c] > 0
    freed = g.cost[now] + release(g, p, now) if used else 0.0
    stamp = p.counter[STAMP]
    note(p, c)
    put_below(p, c, above(g, p, c, node))
    p.choice[c] = node
    if not used:
        return 0.0
    paid = g.cost[node] + acquire(g, p, node, np.inf)
    enqueue_around(g, p, stamp)
    return paid - freed


@njit(**BARE)
def gather(g: Shape, p: Place, source: int, ball: IntArray, size: int) -> int:
    """Fill `ball` with up to `size` classes around `source`: children of any node, and used parents; their number."""
    p.counter[STAMP] += 1
    stamp = p.counter[STAMP]
    ball[0], p.mark[source] = source, stamp
    head, tail = 0, 1
    while head < tail and tail < size:
        c = ball[head]
        head += 1
        for e in range(g.child_first[g.first[c]], g.child_first[g.first[c + 1]]):
            d = g.child[e]
            if tail < size and p.mark[d] != stamp and p.choice[d] >= 0:
                p.mark[d] = stamp
                ball[tail] = d
                tail += 1
        if g.parent_first[c + 1] - g.parent_first[c] > WIDE:
            continue
        for e in range(g.parent_first[c], g.parent_first[c + 1]):
            d = g.own[g.parent[e]]
            if tail < size and p.mark[d] != stamp and p.uses[d] > 0:
                p.mark[d] = stamp
                ball[tail] = d
                tail += 1
    return tail


@njit(**BARE)
def _chosen_cost(g: Shape, p: Place, ball: IntArray, size: int) -> float:
    cost = 0.0
    for i in range(size):
        if p.uses[ball[i]] > 0:
            cost += g.cost[p.choice[ball[i]]]
    return cost


@njit(**BARE)
def noise(g: Shape, p: Place, k: Kick, size: int, scale: float, eps: float, bounded: bool, tie: int) -> float:
    """Improve the ball under disturbed costs, then under the true ones; the change of the true cost."""
    before = _chosen_cost(g, p, k.ball, size)
    spread = 0
    for i in range(size):
        c = k.ball[i]
        for n in range(g.first[c], g.first[c + 1]):
            if spread < len(k.spread) and g.cost[n] < np.inf:
                k.spread[spread], k.prices[spread] = n, g.cost[n]
                spread += 1
                price = g.cost[n] + scale * (random_bits(p) + random_bits(p) - 2.0**31) / 2.0**31
                g.cost[n] = max(0.0, price) if bounded else price
    disturbed = _chosen_cost(g, p, k.ball, size)
    for i in range(size):
        enqueue(p, k.ball[i])
    gain = descend(g, p, eps, bounded, 0)
    after = _chosen_cost(g, p, k.ball, size)
    for i in range(spread):
        g.cost[k.spread[i]] = k.prices[i]
    change = (disturbed - before) - gain - (after - _chosen_cost(g, p, k.ball, size))
    for i in range(size):
        enqueue(p, k.ball[i])
    return change - descend(g, p, eps, bounded, tie)


@njit(**BARE)
def force(g: Shape, p: Place, k: Kick, size: int, times: int, eps: float, bounded: bool, tie: int) -> float:
    """Give a few classes of the ball random nodes, hold them while the others improve, let go; the change of the cost."""
    held, change = 0, 0.0
    for _ in range(times):
        c = k.ball[random_bits(p) % size]
        nodes = g.first[c + 1] - g.first[c]
        if p.uses[c] == 0 or nodes < 2 or p.queued[c] == 1:
            continue
        n = g.first[c] + random_bits(p) % nodes
        if n == p.choice[c] or not g.cost[n] < np.inf or above(g, p, c, n) < 0:
            continue
        change += swap(g, p, c, n)
        if p.queued[c] == 0:
            p.queued[c] = 1
            k.spread[held] = c
            held += 1
    change -= descend(g, p, eps, bounded, 0)
    for i in range(held):
        p.queued[k.spread[i]] = 0
        enqueue(p, k.spread[i])
    return change - descend(g, p, eps, bounded, tie)


@njit(**BARE)
def pin(g: Shape, p: Place, c: int, eps: float, bounded: bool, tie: int) -> float:
    """Pay for an unused class, improve those that could use it, take the payment back; the change of the cost."""
    p.counter[STAMP] += 1
    stamp = p.counter[STAMP]
    p.uses[c] = 1
    change = g.cost[p.choice[c]] + acquire(g, p, p.choice[c], np.inf)
    enqueue_around(g, p, stamp)
    enqueue(p, c)
    for e in range(g.parent_first[c], g.parent_first[c + 1]):
        enqueue(p, g.own[g.parent[e]])
    change -= descend(g, p, eps, bounded, 0)
    p.uses[c] -= 1
    if p.uses[c] > 0:
        enqueue(p, c)
    else:
        change -= g.cost[p.choice[c]] + release(g, p, p.choice[c])
    return change - descend(g, p, eps, bounded, tie)


@njit(**BARE)
def back(g: Shape, p: Place) -> None:
    """Undo the noted swaps, the last one first."""
    for i in range(p.counter[CHANGED] - 1, -1, -1):
        c, node = p.changed[i], p.was[i]
        now = p.choice[c]
        if p.uses[c] > 0:
            release(g, p, now)
        put_below(p, c, above(g, p, c, node))
        p.choice[c] = node
        if p.uses[c] > 0:
            acquire(g, p, node, np.inf)


@njit(cache=True)
def keep(p: Place, k: Kick) -> None:
    """The present selection is the one to go back to."""
    changed = p.counter[CHANGED]
    if changed > len(p.changed):
        k.saved[:] = p.choice
    else:
        for i in range(changed):
            k.saved[p.changed[i]] = p.choice[p.changed[i]]


@njit(cache=True)
def restore(g: Shape, p: Place, k: Kick, roots: IntArray) -> None:
    """Go back to the saved selection after more swaps than are noted."""
    order = np.empty(len(p.choice), dtype=np.int32)
    count = settle(g, k.saved, False, p.choice, np.empty(len(p.choice)), order)
    arrange(p, order, count)
    count_uses(g, p, roots)


@njit(**BARE)
def _random_class(p: Place, used: bool) -> int:
    """A class that is used, or one that is not; -1 if a few tries find none."""
    for _ in range(64):
        c = random_bits(p) % len(p.choice)
        if p.choice[c] >= 0 and (p.uses[c] > 0) == used:
            return c
    return -1


@njit(cache=True)
def search_some(
    g: Shape,
    p: Place,
    k: Kick,
    roots: IntArray,
    best: IntArray,
    cost: FloatArray,
    kicks: int,
    scale: float,
    eps: float,
    bounded: bool,
    warm: float,
    period: int,
) -> None:
    """Kick `kicks` times. `cost` holds the present and the best cost, and the number of kicks so far; `best` the selection.

    A kick that costs more stays with a probability that falls with what it costs more, measured in `warm`; every `period`
    kicks the unused classes are refreshed.
    """
    tie = 2**28
    for _ in range(kicks):
        if int(cost[2]) % period == 0:
            refresh(g, p)
            k.saved[:] = p.choice
            enqueue_all(g, p, bounded)
            p.counter[CHANGED] = 0
            cost[0] -= descend(g, p, eps, bounded, 0)
            keep(p, k)
        cost[2] += 1
        p.counter[CHANGED] = 0
        kind = random_bits(p) % 8
        c = _random_class(p, kind >= 2)
        if c < 0:
            continue
        if kind < 2:
            change = pin(g, p, c, eps, bounded, tie)
        else:
            size = 2 << (random_bits(p) % 7)
            size = gather(g, p, c, k.ball, min(size, len(k.ball)))
            if kind < 5:
                change = force(g, p, k, size, 1 + random_bits(p) % 3, eps, bounded, tie)
            else:
                sigma = scale * (0.5 + 2.5 * random_bits(p) / 2.0**31)
                change = noise(g, p, k, size, sigma, eps, bounded, tie)
        if change <= eps or (warm > 0 and np.exp(-change / warm) * 2.0**31 > random_bits(p)):
            cost[0] += change
            keep(p, k)
            if cost[0] < cost[1] - eps:
                cost[1] = cost[0]
                best[:] = p.choice
        elif p.counter[CHANGED] <= len(p.changed):
            back(g, p)
        else:
            restore(g, p, k, roots)

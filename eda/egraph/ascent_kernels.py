"""Compiled dual ascent: packings of cuts of an e-graph. It loads numba.

Costs are int64, so that everything here is exact. A *zone* is a set of classes with a root in it; its *cut* are the nodes of
its classes that have no child in it. Every legal selection chooses a node of every cut: follow chosen nodes from the root
down and stay in the zone as long as a child is in it. The *height* of a class is the cost of its cheapest derivation where
a node costs its own cost and that of its dearest child.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]

AT_ONCE, FIRST, FEWEST, NARROW = 0, 1, 2, 3
"""Rules of the child that joins the zone with a free node: the highest, at once; the highest, when no node leaves only one
choice; of the highest the one that brings the fewest nodes into the cut; the one that brings the fewest nodes."""

FAR = 2**62

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
"""For kernels that allocate nothing: no counting of references to arrays."""


class Links(NamedTuple):
    """An e-graph: `first` [M+1], `child_first` [N+1], `child` [E], `node_class` [N], `parent_first` [M+1], `parent`."""

    first: Array
    child_first: Array
    child: Array
    node_class: Array
    parent_first: Array
    parent: Array


class Packing(NamedTuple):
    """K cuts: nodes ``nodes[start[k] : start[k+1]]`` and their weights; `residual` [N] is what they leave of the costs."""

    start: Array
    nodes: Array
    weight: Array
    residual: Array


class Heights(NamedTuple):
    """`height` int64 [M], `FAR` where nothing derives the class, and `support` int32 [M], the node that gives it, else -1."""

    height: Array
    support: Array


class Queue(NamedTuple):
    """A binary heap of classes by height: `heap` [M], `place` [M] in it or -1, `size` [1]."""

    heap: Array
    place: Array
    size: Array


@njit(**BARE)
def _lift(queue: Queue, height: Array, c: int) -> None:
    """Put class c in the queue, or move it up after its height fell."""
    heap, place = queue.heap, queue.place
    i = place[c]
    if i < 0:
        i = queue.size[0]
        queue.size[0] += 1
    while i > 0:
        above = heap[(i - 1) >> 1]
        if height[above] <= height[c]:
            break
        heap[i] = above
        place[above] = i
        i = (i - 1) >> 1
    heap[i] = c
    place[c] = i


@njit(**BARE)
def _lowest(queue: Queue, height: Array) -> int:
    """Take the lowest class out of the queue."""
    heap, place = queue.heap, queue.place
    c = heap[0]
    place[c] = -1
    queue.size[0] -= 1
    size = queue.size[0]
    if size == 0:
        return c
    last, i = heap[size], 0
    while 2 * i + 1 < size:
        j = 2 * i + 1
        if j + 1 < size and height[heap[j + 1]] < height[heap[j]]:
            j += 1
        if height[heap[j]] >= height[last]:
            break
        heap[i] = heap[j]
        place[heap[i]] = i
        i = j
    heap[i] = last
    place[last] = i
    return c


@njit(**BARE)
def _offer(g: Links, cost: Array, state: Heights, queue: Queue, n: int) -> None:
    """Lower the height of the class of node n if the node allows it."""
    top = 0
    for e in range(g.child_first[n], g.child_first[n + 1]):
        top = max(top, state.height[g.child[e]])
    c = g.node_class[n]
    if top < FAR and top + cost[n] < state.height[c]:
        state.height[c] = top + cost[n]
        state.support[c] = n
        _lift(queue, state.height, c)


@njit(**BARE)
def _settle(g: Links, cost: Array, state: Heights, queue: Queue) -> None:
    """Carry lowered heights on to the parents."""
    while queue.size[0] > 0:
        d = _lowest(queue, state.height)
        for j in range(g.parent_first[d], g.parent_first[d + 1]):
            _offer(g, cost, state, queue, g.parent[j])


@njit(cache=True)
def _new_queue(m: int) -> Queue:
    return Queue(np.empty(m, np.int32), np.full(m, -1, np.int32), np.zeros(1, np.int64))


@njit(cache=True)
def heights(g: Links, cost: Array) -> Heights:
    """The height of every class from nothing."""
    m = len(g.first) - 1
    state = Heights(np.full(m, FAR, np.int64), np.full(m, -1, np.int32))
    queue = _new_queue(m)
    for n in range(len(cost)):
        if g.child_first[n] == g.child_first[n + 1]:
            _offer(g, cost, state, queue, n)
    _settle(g, cost, state, queue)
    return state


@njit(**BARE)
def _raise(g: Links, cost: Array, state: Heights, queue: Queue, raised: Array, lost: Array) -> None:
    """Heights after the costs of the nodes `raised` rose: forget what rested on them, and derive it anew.

    `lost` is room for M classes.
    """
    height, support = state.height, state.support
    count, done = 0, 0
    for n in raised:
        c = g.node_class[n]
        if support[c] == n and height[c] < FAR:
            height[c] = FAR
            lost[count] = c
            count += 1
    while done < count:
        d = lost[done]
        done += 1
        for j in range(g.parent_first[d], g.parent_first[d + 1]):
            n = g.parent[j]
            c = g.node_class[n]
            if support[c] == n and height[c] < FAR:
                height[c] = FAR
                lost[count] = c
                count += 1
    for i in range(count):
        for n in range(g.first[lost[i]], g.first[lost[i] + 1]):
            _offer(g, cost, state, queue, n)
    _settle(g, cost, state, queue)


@njit(**BARE)
def _leaves_zone(g: Links, mark: Array, stamp: int, n: int) -> bool:
    for e in range(g.child_first[n], g.child_first[n + 1]):
        if mark[g.child[e]] == stamp:
            return False
    return True


@njit(**BARE)
def _brings(g: Links, mark: Array, stamp: int, c: int) -> int:
    """How many nodes of class c have no child in the zone."""
    count = 0
    for n in range(g.first[c], g.first[c + 1]):
        count += _leaves_zone(g, mark, stamp, n)
    return count


@njit(**BARE)
def _joining(g: Links, height: Array, tie: Array, rule: int, mark: Array, stamp: int, n: int) -> int:
    """The child of the free node n that joins the zone."""
    best, best_key, best_tie = -1, 0.0, 0.0
    for e in range(g.child_first[n], g.child_first[n + 1]):
        d = g.child[e]
        if height[d] <= 0:
            continue
        key, second = float(height[d]), tie[d]
        if rule >= FEWEST:
            second = -float(_brings(g, mark, stamp, d))
        if rule == NARROW:
            key, second = second, key
        if (
            best < 0
            or key > best_key
            or (key == best_key and (second > best_tie or (second == best_tie and tie[d] > tie[best])))
        ):
            best, best_key, best_tie = d, key, second
    return best


@njit(**BARE)
def _choices(g: Links, height: Array, n: int) -> int:
    """How many different children with a height node n has, 2 standing for more."""
    count, seen = 0, -1
    for e in range(g.child_first[n], g.child_first[n + 1]):
        d = g.child[e]
        if height[d] > 0 and d != seen:
            count += 1
            seen = d
    return count


@njit(**BARE)
def _zone(
    g: Links, cost: Array, height: Array, tie: Array, rule: int, root: int, mark: Array, stamp: int, zone: Array, wait: Array
) -> int:
    """Grow the zone of a root until every free node in it has a child in it; how many classes of `zone` are in it.

    Classes before `done` have been looked at; `wait` holds free nodes with a choice of children.
    """
    mark[root] = stamp
    zone[0] = root
    size, done, waiting = 1, 0, 0
    while True:
        n = -1
        if done < size:
            c = zone[done]
            done += 1
            for i in range(g.first[c], g.first[c + 1]):
                if cost[i] == 0 and _leaves_zone(g, mark, stamp, i):
                    if rule != AT_ONCE and _choices(g, height, i) > 1:
                        wait[waiting] = i
                        waiting += 1
                        continue
                    d = _joining(g, height, tie, rule, mark, stamp, i)
                    mark[d] = stamp
                    zone[size] = d
                    size += 1
            continue
        if waiting == 0:
            return size
        waiting -= 1
        n = wait[waiting]
        if _leaves_zone(g, mark, stamp, n):
            d = _joining(g, height, tie, rule, mark, stamp, n)
            mark[d] = stamp
            zone[size] = d
            size += 1


@njit(**BARE)
def _cut(g: Links, mark: Array, stamp: int, zone: Array, size: int, nodes: Array, used: int) -> int:
    """Write the cut of the zone to ``nodes[used:]``; where it ends."""
    for i in range(size):
        c = zone[i]
        for n in range(g.first[c], g.first[c + 1]):
            if _leaves_zone(g, mark, stamp, n):
                nodes[used] = n
                used += 1
    return used


@njit(**BARE)
def _highest(height: Array, roots: Array) -> int:
    best = roots[0]
    for r in roots:
        if height[r] > height[best]:
            best = r
    return best


@njit(cache=True)
def _longer(array: Array, length: int) -> Array:
    if length <= len(array):
        return array
    out = np.empty(max(length, 2 * len(array)), array.dtype)
    out[: len(array)] = array
    return out


@njit(cache=True)
def ascend(g: Links, roots: Array, packing: Packing, state: Heights, tie: Array, rule: int) -> Packing:
    """Add cuts until the residual costs derive every root for nothing; uses up `packing` and brings `state` up to date.

    LM-cut of Helmert and Domshlak (2009) on e-graphs: each cut takes the least residual cost among its nodes.
    """
    cost, height = packing.residual, state.height
    n_classes, n_nodes = len(height), len(cost)
    queue = _new_queue(n_classes)
    mark, zone, wait = np.zeros(n_classes, np.int32), np.empty(n_classes, np.int32), np.empty(n_nodes, np.int32)
    start, nodes, weight = packing.start, packing.nodes, packing.weight
    count = len(weight)
    used = start[count]
    while True:
        root = _highest(height, roots)
        if height[root] <= 0:
            break
        size = _zone(g, cost, height, tie, rule, root, mark, count + 1, zone, wait)
        nodes = _longer(nodes, used + n_nodes)
        end = _cut(g, mark, count + 1, zone, size, nodes, used)
        least = FAR
        for i in range(used, end):
            least = min(least, cost[nodes[i]])
        for i in range(used, end):
            cost[nodes[i]] -= least
            _offer(g, cost, state, queue, nodes[i])
        _settle(g, cost, state, queue)
        start, weight = _longer(start, count + 2), _longer(weight, count + 1)
        weight[count], start[count + 1] = least, end
        count, used = count + 1, end
    return Packing(start[: count + 1].copy(), nodes[:used].copy(), weight[:count].copy(), cost)


@njit(cache=True)
def depths(g: Links, cost: Array, roots: Array) -> Array:
    """int64 [M]: the cheapest chain of nodes from a root down to each class, the class's own node not counted."""
    m = len(g.first) - 1
    depth = np.full(m, FAR, np.int64)
    queue = _new_queue(m)
    for r in roots:
        depth[r] = 0
        _lift(queue, depth, r)
    while queue.size[0] > 0:
        c = _lowest(queue, depth)
        for n in range(g.first[c], g.first[c + 1]):
            for e in range(g.child_first[n], g.child_first[n + 1]):
                d = g.child[e]
                if depth[c] + cost[n] < depth[d]:
                    depth[d] = depth[c] + cost[n]
                    _lift(queue, depth, d)
    return depth


@njit(cache=True)
def prices(g: Links, cost: Array, roots: Array) -> Array:
    """int64 [N]: no selection with the node costs less: a chain down to it, the node, and its dearest child."""
    depth, height = depths(g, cost, roots), heights(g, cost).height
    price = np.empty(len(cost), np.int64)
    for n in range(len(cost)):
        top = 0
        for e in range(g.child_first[n], g.child_first[n + 1]):
            top = max(top, height[g.child[e]])
        above = depth[g.node_class[n]]
        price[n] = FAR if top == FAR or above == FAR else above + cost[n] + top
    return price


@njit(cache=True)
def _without(packing: Packing, dropped: Array) -> tuple[Packing, Array]:
    """The packing without some cuts, their weights given back to the costs, and the nodes of these cuts."""
    kept, given, count = 0, 0, 0
    start, nodes, weight = packing.start.copy(), packing.nodes.copy(), packing.weight.copy()
    residual, raised = packing.residual.copy(), np.empty(len(nodes), np.int32)
    for k in range(len(weight)):
        begin, end = packing.start[k], packing.start[k + 1]
        if dropped[k]:
            for i in range(begin, end):
                residual[packing.nodes[i]] += packing.weight[k]
                raised[given] = packing.nodes[i]
                given += 1
            continue
        nodes[kept : kept + end - begin] = packing.nodes[begin:end]
        kept += end - begin
        weight[count] = packing.weight[k]
        count += 1
        start[count] = kept
    return Packing(start[: count + 1].copy(), nodes[:kept].copy(), weight[:count].copy(), residual), raised[:given]


@njit(cache=True)
def _chosen(count: int) -> Array:
    """Some cuts at random: each with the same chance, or a run of neighbours."""
    part = (0.01, 0.02, 0.05, 0.1)[np.random.randint(4)]
    out = np.zeros(count, np.bool_)
    if np.random.random() < 0.5:
        for k in range(count):
            out[k] = np.random.random() < part
        return out
    length = max(1, int(part * count))
    begin = np.random.randint(max(1, count - length + 1))
    out[begin : begin + length] = True
    return out


@njit(cache=True)
def improve(g: Links, roots: Array, packing: Packing, few: Array, seed: int, rounds: int) -> Packing:
    """Take some cuts out and ascend again, `rounds` times; keep what does not lower the total weight.

    `few` float64 [M] prefers classes in ties; it is used as it is, and with noise, and noise alone is used too.
    """
    np.random.seed(seed)
    total = packing.weight.sum()
    state = heights(g, packing.residual)
    queue, lost = _new_queue(len(few)), np.empty(len(few), np.int32)
    for _ in range(rounds):
        rule = (FEWEST, FEWEST, FEWEST, FIRST, NARROW, AT_ONCE)[np.random.randint(6)]
        tie = np.random.random(len(few))
        kind = np.random.randint(3)
        if kind > 0:
            tie = few + (tie if kind == 1 else 4.0 * tie)
        start, raised = _without(packing, _chosen(len(packing.weight)))
        moved = Heights(state.height.copy(), state.support.copy())
        _raise(g, start.residual, moved, queue, raised, lost)
        trial = ascend(g, roots, start, moved, tie, rule)
        if trial.weight.sum() >= total:
            packing, state, total = trial, moved, trial.weight.sum()
    return packing

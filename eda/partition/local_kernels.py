"""Hill climbing on some nodes of a partition, compiled.

A trial changes one copy of a node; the nets of that node are counted out before and in after it, so one routine serves every
kind of trial: a move of the primary (onto a replica too), a new copy, a copy less.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = Any
MOVE, COPY, DELETE = 1, 2, 3
_OVER = 1 << 32  # price of a unit beyond a limit: more than any number of hops that one trial saves


class Task(NamedTuple):
    """What does not change: V nodes, E nets, K FPGAs, R resources; node v belongs to nets[start[v]:start[v + 1]]."""

    nets: Array
    start: Array
    source: Array
    weights: Array
    capacity: Array
    limit: Array
    price: Array
    width: Array
    distance: Array
    max_hop: int


class State(NamedTuple):
    """primary int64 [V]; at bool [V, K], copies; count int32 [E, K], copies of sinks; used int64 [K, R]; load int64 [K]."""

    primary: Array
    at: Array
    count: Array
    used: Array
    load: Array


@njit(cache=True)
def _net(task: Task, state: State, e: int, sign: int) -> tuple[int, int]:
    """Hops of a net, and its pairs beyond the hop limit; its loads are added with `sign`."""
    s = task.source[e]
    home = state.primary[s]
    hops, far, leaves = 0, 0, False
    for q in range(len(task.limit)):
        if state.count[e, q] > 0 and not state.at[s, q]:
            d = task.distance[home, q]
            hops += task.price[e] * d
            far += d > task.max_hop
            state.load[q] += sign * task.width[e]
            leaves = True
    if leaves:
        state.load[home] += sign * task.width[e]
    return hops, far


@njit(cache=True)
def _nets(task: Task, state: State, v: int, sign: int) -> tuple[int, int]:
    """The sums of `_net` over the nets of a node."""
    hops, far = 0, 0
    for i in range(task.start[v], task.start[v + 1]):
        h, f = _net(task, state, task.nets[i], sign)
        hops += h
        far += f
    return hops, far


@njit(cache=True)
def _over(task: Task, state: State) -> int:
    """Units beyond capacities and external limits."""
    over = 0
    for q in range(len(task.limit)):
        over += max(0, state.load[q] - task.limit[q])
        for r in range(task.capacity.shape[1]):
            over += max(0, state.used[q, r] - task.capacity[q, r])
    return over


@njit(cache=True)
def _put(task: Task, state: State, v: int, q: int, present: bool) -> None:
    """See that there is a copy of a node on an FPGA, or none."""
    if state.at[v, q] == present:
        return
    state.at[v, q] = present
    step = 1 if present else -1
    for r in range(task.weights.shape[1]):
        state.used[q, r] += step * task.weights[v, r]
    for i in range(task.start[v], task.start[v + 1]):
        if task.source[task.nets[i]] != v:
            state.count[task.nets[i], q] += step


@njit(cache=True)
def _change(task: Task, state: State, v: int, kind: int, q: int) -> None:
    """Make a change; the nets of the node are counted out."""
    _put(task, state, v, q, kind != DELETE)
    if kind == MOVE:
        _put(task, state, v, state.primary[v], False)
        state.primary[v] = q


@njit(cache=True)
def _worth(task: Task, state: State, v: int, kind: int, q: int) -> int:
    """Price of the nets of a node after a change, which is undone; its nets are counted out, before and after."""
    home, had = state.primary[v], state.at[v, q]
    _change(task, state, v, kind, q)
    hops, far = _nets(task, state, v, 1)
    worth = hops + _OVER * (far + _over(task, state))
    _nets(task, state, v, -1)
    state.primary[v] = home
    _put(task, state, v, home, True)
    _put(task, state, v, q, had)
    return worth


@njit(cache=True)
def _best(task: Task, state: State, v: int, may_move: bool, may_copy: bool, wanted: Array) -> tuple[int, int]:
    """Kind and FPGA of the change that gains most, kind 0 if none does; a copy that gains nothing goes."""
    wanted[:] = False
    for i in range(task.start[v], task.start[v + 1]):
        e = task.nets[i]
        for q in range(len(wanted)):
            wanted[q] |= state.count[e, q] > 0 or state.at[task.source[e], q]
    hops, far = _nets(task, state, v, -1)
    best, best_kind, best_q = hops + _OVER * (far + _over_with(task, state, v)), 0, 0
    for q in range(len(wanted)):
        if q == state.primary[v]:
            continue
        if may_move and wanted[q]:
            worth = _worth(task, state, v, MOVE, q)
            if worth < best:
                best, best_kind, best_q = worth, MOVE, q
        if may_copy and wanted[q] and not state.at[v, q]:
            worth = _worth(task, state, v, COPY, q)
            if worth < best:
                best, best_kind, best_q = worth, COPY, q
        if state.at[v, q]:
            worth = _worth(task, state, v, DELETE, q)
            if worth < best or (worth == best and best_kind == 0):
                best, best_kind, best_q = worth, DELETE, q
    return best_kind, best_q


@njit(cache=True)
def _over_with(task: Task, state: State, v: int) -> int:
    """`_over` with the nets of a node counted in, which are counted out before and after."""
    _nets(task, state, v, 1)
    over = _over(task, state)
    _nets(task, state, v, -1)
    return over


@njit(cache=True)
def climb(task: Task, state: State, nodes: Array, movable: Array, copyable: Array, budget: int, passes: int) -> int:
    """Improve `state` in place until a pass over `nodes` changes nothing; how many moves counted against `budget`.

    movable int8 [V]   0: the primary stays, 1: it may move, 2: it may move, and that counts
    copyable bool [V]
    """
    moves = 0
    wanted = np.zeros(len(task.limit), dtype=np.bool_)
    for _ in range(passes):
        changed = False
        for v in nodes:
            may_move = movable[v] == 1 or (movable[v] == 2 and moves < budget)
            kind, q = _best(task, state, v, may_move, copyable[v], wanted)
            if kind:
                _change(task, state, v, kind, q)
                moves += kind == MOVE and movable[v] == 2
                changed = True
            _nets(task, state, v, 1)
        if not changed:
            break
    return moves

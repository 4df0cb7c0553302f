"""Compiled timing of single changes: only the nets that a change reaches are timed again, and it can be undone.

It loads numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from eda.sizing.arrays import Array, Cells, Circuit, State
from eda.sizing.choose import set_cell
from eda.sizing.kernels import INF, margin_of, time_net, time_start
from eda.timing.kernels import BARE


class Work(NamedTuple):
    """Nets that wait to be timed, and the log of what changed.

    position float [N]   place of each net in ``Circuit.order``, new nets in between; -1 for nets that no cell drives
    heap     int64 [N], queued bool [N]   nets to time, smallest position first
    logged   int64 [N]   the trial in which a net was logged last
    log_net  int64 [N]; log float [N, 4 + 2*L]   load, slew and arrivals before the change
    counts   int64 [3]   length of the heap, of the log, number of the trial
    """

    position: Array
    heap: Array
    queued: Array
    logged: Array
    log_net: Array
    log: Array
    counts: Array


def work_of(circuit: Circuit) -> Work:
    """Room for trials on `circuit`."""
    nets = len(circuit.driver)
    return Work(
        position=np.full(nets, -1.0),
        heap=np.zeros(nets, dtype=np.int64),
        queued=np.zeros(nets, dtype=np.bool_),
        logged=np.full(nets, -1, dtype=np.int64),
        log_net=np.zeros(nets, dtype=np.int64),
        log=np.zeros((nets, 4 + 2 * len(circuit.begin))),
        counts=np.zeros(3, dtype=np.int64),
    )


@njit(**BARE)
def number_nets(circuit: Circuit, work: Work) -> None:
    """Fill ``work.position`` from the circuit's order."""
    work.position[:] = -1.0
    for at in range(circuit.used[1] - circuit.first[0]):
        work.position[circuit.order[at]] = at


@njit(**BARE)
def push(work: Work, n: int) -> None:
    """Queue net `n`."""
    if work.queued[n]:
        return
    work.queued[n] = True
    heap, position, k = work.heap, work.position, work.counts[0]
    work.counts[0] += 1
    while k > 0:
        up = (k - 1) >> 1
        if position[heap[up]] <= position[n]:
            break
        heap[k] = heap[up]
        k = up
    heap[k] = n


@njit(**BARE)
def pop(work: Work) -> int:
    """Take the queued net of the smallest position."""
    heap, position = work.heap, work.position
    top = heap[0]
    work.queued[top] = False
    work.counts[0] -= 1
    size = work.counts[0]
    last, k = heap[size], 0
    while True:
        child = 2 * k + 1
        if child >= size:
            break
        if child + 1 < size and position[heap[child + 1]] < position[heap[child]]:
            child += 1
        if position[heap[child]] >= position[last]:
            break
        heap[k] = heap[child]
        k = child
    heap[k] = last
    return top


@njit(**BARE)
def begin_trial(work: Work) -> None:
    """Forget the log of the trial before."""
    work.counts[1] = 0
    work.counts[2] += 1


@njit(**BARE)
def note(work: Work, state: State, n: int) -> None:
    """Log a net before its first change in this trial."""
    if work.logged[n] == work.counts[2]:
        return
    work.logged[n] = work.counts[2]
    at = work.counts[1]
    work.counts[1] += 1
    work.log_net[at] = n
    for e in range(2):
        work.log[at, e], work.log[at, 2 + e] = state.load[n, e], state.slew[n, e]
        for launch in range(len(state.arrival)):
            work.log[at, 4 + 2 * launch + e] = state.arrival[launch, n, e]


@njit(**BARE)
def restore(work: Work, state: State) -> None:
    """Undo the loads, slews and arrivals of this trial."""
    for at in range(work.counts[1]):
        n = work.log_net[at]
        for e in range(2):
            state.load[n, e], state.slew[n, e] = work.log[at, e], work.log[at, 2 + e]
            for launch in range(len(state.arrival)):
                state.arrival[launch, n, e] = work.log[at, 4 + 2 * launch + e]


@njit(**BARE)
def touch(circuit: Circuit, cells: Cells, state: State, work: Work, n: int) -> None:
    """The load of net `n`, noted before, has changed."""
    if circuit.driver[n] >= 0:
        push(work, n)
    else:
        time_start(circuit, cells, state, n)
        push_sinks(circuit, work, n)


@njit(**BARE)
def push_sinks(circuit: Circuit, work: Work, n: int) -> None:
    """Queue the nets that depend on net `n`."""
    p = circuit.head[n]
    while p >= 0:
        c = circuit.owner[p]
        if c >= 0:
            for out in range(circuit.output_start[c], circuit.output_start[c + 1]):
                push(work, out)
        p = circuit.following[p]
    d = circuit.driver[n]
    if d >= 0:
        for out in range(circuit.output_start[d], circuit.output_start[d + 1]):
            if work.position[out] > work.position[n]:
                push(work, out)


@njit(**BARE)
def settle(circuit: Circuit, cells: Cells, state: State, work: Work, guarded: bool) -> bool:
    """Time all that is queued. If `guarded`, stop and return False once a net is later than its required time."""
    while work.counts[0] > 0:
        n = pop(work)
        note(work, state, n)
        if not time_net(circuit, cells, state, n):
            continue
        if guarded and late(state, n):
            while work.counts[0] > 0:
                pop(work)
            return False
        push_sinks(circuit, work, n)
    return True


@njit(**BARE)
def late(state: State, n: int) -> bool:
    """True if a net arrives after its required time."""
    for launch in range(len(state.arrival)):
        for e in range(2):
            if state.arrival[launch, n, e] > state.required[launch, n, e] + 1e-9:
                return True
    return False


@njit(**BARE)
def resize_trial(circuit: Circuit, cells: Cells, state: State, work: Work, c: int, lib: int, guarded: bool) -> bool:
    """Make `c` the library cell `lib` and time what follows; as `settle`. Undo with `undo_resize`."""
    begin_trial(work)
    start, end = circuit.fanin_start[c], circuit.fanin_start[c + 1]
    for p in range(start, end):
        note(work, state, circuit.fanin[p])
    for n in range(circuit.output_start[c], circuit.output_start[c + 1]):
        note(work, state, n)
    set_cell(circuit, cells, state, c, lib)
    for p in range(start, end):
        touch(circuit, cells, state, work, circuit.fanin[p])
    for n in range(circuit.output_start[c], circuit.output_start[c + 1]):
        push(work, n)
    return settle(circuit, cells, state, work, guarded)


@njit(**BARE)
def undo_resize(circuit: Circuit, state: State, work: Work, c: int, lib: int) -> None:
    """Give `c` back the library cell `lib` that it was before the trial."""
    circuit.lib[c] = lib
    restore(work, state)


@njit(**BARE)
def violation(circuit: Circuit, cells: Cells, state: State, period: float) -> float:
    """Sum over the ends of how far they miss `period` (ps)."""
    total = 0.0
    for k in range(len(circuit.end_pin)):
        arrival = state.arrival[circuit.end_launch[k], circuit.fanin[circuit.end_pin[k]], circuit.end_edge[k]]
        if arrival > -INF:
            total += max(0.0, arrival + margin_of(circuit, cells, state, k) - circuit.end_cycles[k] * period)
    return total

"""Compiled exchange of a cell, and of those that serve it alone, for another cell of equal function. It loads numba.

Every exchange is tried: made, timed as far as it reaches, and undone unless it lowers area + penalty * violation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from eda.sizing.arrays import Array, Cells, Circuit, State
from eda.sizing.edit import add_cell, has_room, link, remove_cell, rewire, unlink
from eda.sizing.incremental import Work, begin_trial, note, number_nets, push, restore, settle, touch, violation
from eda.sizing.kernels import INF, time_all
from eda.sizing.prices import price_all
from eda.timing.kernels import BARE

EPSILON = 1e-9


class Plans(NamedTuple):
    """Exchanges, one a row: net `root` becomes the output of the library cell `lib` over `pins`.

    root int64 [M]; lib int64 [M]; inputs int64 [M]
    pins     int64 [M, 4]   the net of each pin; ``-1 - net``: through a new inverter
    complement bool [M]     a new inverter stands behind the cell

    Where `lib` is -1 the root becomes the net ``pins[0]``.
    """

    root: Array
    lib: Array
    inputs: Array
    pins: Array
    complement: Array


class Edits(NamedTuple):
    """What the exchange on trial changed: pins moved from the root, cells removed, and how many (int64 [2]); `used` before."""

    moved: Array
    removed: Array
    counts: Array
    used: Array


def edits_of(circuit: Circuit) -> Edits:
    """Room for the exchange on trial."""
    pins, cells = len(circuit.fanin), len(circuit.lib)
    return Edits(np.zeros(pins, np.int64), np.zeros(cells, np.int64), np.zeros(2, np.int64), np.zeros(4, np.int64))


@njit(**BARE)
def is_current(circuit: Circuit, work: Work, plans: Plans, k: int) -> bool:
    """True if the nets of a plan still exist and the root comes after all of them."""
    root = plans.root[k]
    if not circuit.alive[circuit.driver[root]]:
        return False
    for i in range(plans.inputs[k]):
        n = plans.pins[k, i]
        n = -1 - n if n < 0 else n
        if (circuit.driver[n] >= 0 and not circuit.alive[circuit.driver[n]]) or work.position[n] >= work.position[root]:
            return False
    return True


@njit(**BARE)
def last_leaf(circuit: Circuit, work: Work, plans: Plans, k: int) -> float:
    """The largest position among the nets that a plan reads."""
    last = -1.0
    for i in range(plans.inputs[k]):
        n = plans.pins[k, i]
        last = max(last, work.position[-1 - n if n < 0 else n])
    return last


@njit(**BARE)
def new_cell(circuit: Circuit, cells: Cells, state: State, work: Work, lib: int, inputs: int, position: float) -> int:
    """A cell not linked yet, its output placed at `position`; returns the cell."""
    c = add_cell(circuit, state, lib, inputs)
    n = circuit.output_start[c]
    work.position[n] = position
    for e in range(2):
        for launch in range(len(state.required)):
            state.required[launch, n, e] = INF
    for at in range(circuit.weight_start[c], circuit.weight_start[c] + 4 * (inputs + 1)):
        state.weight[at] = 1.0
    return c


@njit(**BARE)
def join(circuit: Circuit, cells: Cells, state: State, work: Work, c: int, i: int, n: int) -> None:
    """Link input i of a new cell to net `n`."""
    note(work, state, n)
    link(circuit, cells, state, circuit.fanin_start[c] + i, n)


@njit(**BARE)
def build(circuit: Circuit, cells: Cells, state: State, work: Work, plans: Plans, k: int, lib: int, inverter: int) -> int:
    """Add the cells of a plan, the main one as `lib`; returns the net that takes the root's place."""
    if lib < 0:
        return plans.pins[k, 0]
    last, at = last_leaf(circuit, work, plans, k), work.position[plans.root[k]]
    step, inputs = (at - last) / 4.0, plans.inputs[k]
    main = new_cell(circuit, cells, state, work, lib, inputs, at - step if plans.complement[k] else at)
    for i in range(inputs):
        n = plans.pins[k, i]
        if n < 0:
            c = new_cell(circuit, cells, state, work, inverter, 1, last + step)
            join(circuit, cells, state, work, c, 0, -1 - n)
            n = circuit.output_start[c]
        join(circuit, cells, state, work, main, i, n)
    if not plans.complement[k]:
        return circuit.output_start[main]
    c = new_cell(circuit, cells, state, work, inverter, 1, at)
    join(circuit, cells, state, work, c, 0, circuit.output_start[main])
    return circuit.output_start[c]


@njit(**BARE)
def take_over(circuit: Circuit, cells: Cells, state: State, work: Work, edits: Edits, root: int, net: int) -> float:
    """Move the sinks of `root` to `net` and remove what then serves nothing; returns the area removed."""
    note(work, state, root)
    note(work, state, net)
    while circuit.head[root] >= 0:
        p = circuit.head[root]
        edits.moved[edits.counts[0]] = p
        edits.counts[0] += 1
        rewire(circuit, cells, state, p, net)
    area, at = 0.0, 0
    edits.removed[0], edits.counts[1] = circuit.driver[root], 1
    while at < edits.counts[1]:
        c = edits.removed[at]
        at += 1
        area += cells.area[circuit.lib[c]]
        for p in range(circuit.fanin_start[c], circuit.fanin_start[c + 1]):
            note(work, state, circuit.fanin[p])
        remove_cell(circuit, cells, state, c)
        for p in range(circuit.fanin_start[c], circuit.fanin_start[c + 1]):
            d = circuit.driver[circuit.fanin[p]]
            if d >= 0 and is_free(circuit, cells, edits, d):
                edits.removed[edits.counts[1]] = d
                edits.counts[1] += 1
    return area


@njit(**BARE)
def is_free(circuit: Circuit, cells: Cells, edits: Edits, d: int) -> bool:
    """True if cell `d` may go: a gate with inputs whose outputs nothing reads, not queued for removal already."""
    if not circuit.alive[d] or circuit.fixed[d] or not cells.is_gate[circuit.lib[d]]:
        return False
    for n in range(circuit.output_start[d], circuit.output_start[d + 1]):
        if circuit.head[n] >= 0:
            return False
    for k in range(edits.counts[1]):
        if edits.removed[k] == d:
            return False
    return circuit.fanin_start[d + 1] > circuit.fanin_start[d]


@njit(**BARE)
def undo(circuit: Circuit, cells: Cells, state: State, work: Work, edits: Edits, root: int) -> None:
    """Take the exchange on trial back."""
    for k in range(edits.counts[1]):
        c = edits.removed[k]
        circuit.alive[c] = True
        for p in range(circuit.fanin_start[c], circuit.fanin_start[c + 1]):
            link(circuit, cells, state, p, circuit.fanin[p])
    for k in range(edits.counts[0]):
        rewire(circuit, cells, state, edits.moved[k], root)
    for c in range(edits.used[0], circuit.used[0]):
        for p in range(circuit.fanin_start[c], circuit.fanin_start[c + 1]):
            unlink(circuit, cells, state, p)
    for k in range(4):
        circuit.used[k] = edits.used[k]
    restore(work, state)


@njit(**BARE)
def propagate_edit(circuit: Circuit, cells: Cells, state: State, work: Work, first: int, guarded: bool) -> bool:
    """Time what the exchange reaches: all nets noted, and the new ones from net `first` on; as `settle`."""
    for at in range(work.counts[1]):
        n = work.log_net[at]
        d = circuit.driver[n]
        if n < first and (d < 0 or circuit.alive[d]):
            touch(circuit, cells, state, work, n)
    for n in range(first, circuit.used[1]):
        push(work, n)
    return settle(circuit, cells, state, work, guarded)


@njit(**BARE)
def overloaded(circuit: Circuit, cells: Cells, state: State, work: Work, first: int) -> bool:
    """True if a net that the exchange touched is loaded beyond what its cell may drive, and more than before."""
    for at in range(work.counts[1]):
        n = work.log_net[at]
        d = circuit.driver[n]
        if d >= 0 and circuit.alive[d]:
            limit = cells.max_load[cells.out_start[circuit.lib[d]] + n - circuit.output_start[d]]
            for e in range(2):
                if state.load[n, e] > limit and (n >= first or state.load[n, e] > work.log[at, e] + EPSILON):
                    return True
    return False


@njit(**BARE)
def attempt(
    circuit: Circuit,
    cells: Cells,
    state: State,
    work: Work,
    edits: Edits,
    plans: Plans,
    k: int,
    lib: int,
    inverter: int,
    period: float,
    penalty: float,
    bad: float,
) -> float:
    """Try plan `k` with the library cell `lib`; the violation after it if it is kept, else -1."""
    begin_trial(work)
    edits.counts[0] = edits.counts[1] = 0
    for j in range(4):
        edits.used[j] = circuit.used[j]
    root, first = plans.root[k], circuit.used[1]
    net = build(circuit, cells, state, work, plans, k, lib, inverter)
    more = -take_over(circuit, cells, state, work, edits, root, net)
    for c in range(edits.used[0], circuit.used[0]):
        more += cells.area[circuit.lib[c]]
    if (bad > 0.0 or more < -EPSILON) and not overloaded(circuit, cells, state, work, first):
        if propagate_edit(circuit, cells, state, work, first, bad == 0.0):
            now = violation(circuit, cells, state, period)
            if more + penalty * (now - bad) < -EPSILON:
                return now
    undo(circuit, cells, state, work, edits, root)
    return -1.0


@njit(cache=True)
def remap(
    circuit: Circuit,
    cells: Cells,
    state: State,
    work: Work,
    edits: Edits,
    plans: Plans,
    inverter: int,
    period: float,
    penalty: float,
) -> int:
    """Try every plan, where ends miss `period` only those on late paths; returns how many were kept."""
    number_nets(circuit, work)
    time_all(circuit, cells, state)
    price_all(circuit, cells, state, period, period, 1.0, 0.0)
    bad = violation(circuit, cells, state, period)
    kept = 0
    for k in range(len(plans.root)):
        if not is_current(circuit, work, plans, k) or not has_room(circuit, 6, 12):
            continue
        if bad > 0.0 and not is_late(state, plans.root[k]):
            continue
        lib = plans.lib[k]
        for size in range(cells.n_choices[lib] if lib >= 0 else 1):
            own = cells.choices[lib, size] if lib >= 0 else -1
            now = attempt(circuit, cells, state, work, edits, plans, k, own, inverter, period, penalty, bad)
            if now >= 0.0:
                bad = now
                kept += 1
                break
    return kept


@njit(**BARE)
def is_late(state: State, n: int) -> bool:
    """True if a path through net `n` misses its end's time."""
    for launch in range(len(state.arrival)):
        for e in range(2):
            if state.arrival[launch, n, e] > -INF and state.arrival[launch, n, e] > state.required[launch, n, e]:
                return True
    return False

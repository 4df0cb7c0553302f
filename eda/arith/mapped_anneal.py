"""Compiled simulated annealing of the choice of forms, every move timed through what it changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from eda.arith.mapped_kernels import IntArray, Problem, State, Table, arrival_of, begin, give, join

_SETTLED = 1e-9
_HOPELESS = 12.0
"""How many times the temperature a change may cost that is looked at."""


class Fanout(NamedTuple):
    """Who drives and who reads each variable.

    driver  int [V]  node, -1: a port
    group   int [V]  variable v is read by the nodes ``reader[start[group[v]] : start[group[v] + 1]]``
    """

    driver: IntArray
    group: IntArray
    start: IntArray
    reader: IntArray


class Wires(NamedTuple):
    """Signals of equal weight, whose readers may be exchanged: literals, those of one column from ``first[c]`` on."""

    literal: IntArray
    column: IntArray
    first: IntArray


class Goal(NamedTuple):
    """What is minimised: area + ``worst`` for each ps of the latest port after `target` + ``total`` for each of any port."""

    target: float
    worst: float
    total: float


@njit(cache=True)
def lateness(p: Problem, s: State, goal: Goal) -> float:
    """The price of the ports that are late."""
    latest = total = 0.0
    for k in range(len(p.ports)):
        v, phase = p.ports[k] >> 1, p.ports[k] & 1
        late = max(s.arrival[v, phase, 0], s.arrival[v, phase, 1]) + p.port_delay[k] - goal.target
        if late > 0.0:
            total += late
            latest = max(latest, late)
    return goal.worst * latest + goal.total * total


@njit(cache=True)
def _local_area(p: Problem, t: Table, s: State, n: int) -> float:
    """Area of node n and of the inverters of all variables that it reads or drives."""
    kind = p.kind[n]
    area = t.area[s.option[n]]
    for i in range(t.n_in[kind]):
        v = p.inputs[n, i] >> 1
        if s.wanted[v, 1 - s.phase[v]]:
            area += t.inv_area
    for k in range(t.n_out[kind]):
        v = p.outputs[n, k] >> 1
        if s.wanted[v, 1 - s.phase[v]]:
            area += t.inv_area
    return area


@njit(cache=True)
def _put(p: Problem, t: Table, s: State, n: int, o: int) -> None:
    join(p, t, s, n, -1)
    s.option[n] = o
    join(p, t, s, n, 1)
    give(p, t, s, n)


@njit(cache=True)
def _mark(dirty: npt.NDArray[np.bool_], n: int) -> int:
    """1 if node n was clean."""
    if dirty[n]:
        return 0
    dirty[n] = True
    return 1


@njit(cache=True)
def _reload(p: Problem, t: Table, f: Fanout, s: State, v: int, dirty: npt.NDArray[np.bool_]) -> int:
    """The load of variable v has changed: mark its driver."""
    if f.driver[v] >= 0:
        return _mark(dirty, f.driver[v])
    if v == 0:
        return 0
    begin(p, t, s, v)
    pending = 0
    for j in range(f.start[f.group[v]], f.start[f.group[v] + 1]):
        pending += _mark(dirty, f.reader[j])
    return pending


@njit(cache=True)
def _retime(p: Problem, t: Table, f: Fanout, s: State, dirty: npt.NDArray[np.bool_], pending: int) -> None:
    """Bring the arrivals behind the `pending` dirty nodes up to date."""
    at = 0
    while pending:
        if dirty[at]:
            dirty[at] = False
            pending -= 1
            for k in range(t.n_out[p.kind[at]]):
                v = p.outputs[at, k] >> 1
                before = s.arrival[v].copy()
                arrival_of(p, t, s, at, k)
                if np.abs(s.arrival[v] - before).max() > _SETTLED:
                    for j in range(f.start[f.group[v]], f.start[f.group[v] + 1]):
                        pending += _mark(dirty, f.reader[j])
        at += 1


@njit(cache=True)
def _put_timed(p: Problem, t: Table, f: Fanout, s: State, n: int, o: int, dirty: npt.NDArray[np.bool_]) -> None:
    """Give node n option o and time what follows."""
    _put(p, t, s, n, o)
    pending = _mark(dirty, n)
    for i in range(t.n_in[p.kind[n]]):
        pending += _reload(p, t, f, s, p.inputs[n, i] >> 1, dirty)
    _retime(p, t, f, s, dirty, pending)


# --- exchange of wires --------------------------------------------------------------------------------------------------


@njit(cache=True)
def _may_exchange(f: Fanout, v: int, u: int) -> bool:
    """Do all readers of either variable come after the driver of the other, and is none a reader of both?"""
    for j in range(f.start[f.group[v]], f.start[f.group[v] + 1]):
        if f.reader[j] <= f.driver[u]:
            return False
        for k in range(f.start[f.group[u]], f.start[f.group[u] + 1]):
            if f.reader[j] == f.reader[k]:
                return False
    for k in range(f.start[f.group[u]], f.start[f.group[u] + 1]):
        if f.reader[k] <= f.driver[v]:
            return False
    return True


@njit(cache=True)
def _redirect(p: Problem, t: Table, f: Fanout, s: State, old: int, new: int, dirty: npt.NDArray[np.bool_]) -> int:
    """Let the readers of literal `old` read the literal `new`."""
    pending = 0
    for j in range(f.start[f.group[old >> 1]], f.start[f.group[old >> 1] + 1]):
        n = f.reader[j]
        join(p, t, s, n, -1)
        for i in range(t.n_in[p.kind[n]]):
            if p.inputs[n, i] >> 1 == old >> 1:
                p.inputs[n, i] ^= old ^ new
        join(p, t, s, n, 1)
        pending += _mark(dirty, n)
    return pending


@njit(cache=True)
def _exchange(p: Problem, t: Table, f: Fanout, s: State, x: int, y: int, dirty: npt.NDArray[np.bool_]) -> None:
    """Let the readers of literals x and y change places, and time what follows; doing it again undoes it."""
    pending = _redirect(p, t, f, s, x, y, dirty)
    pending += _redirect(p, t, f, s, y, x, dirty)
    f.group[x >> 1], f.group[y >> 1] = f.group[y >> 1], f.group[x >> 1]
    pending += _reload(p, t, f, s, x >> 1, dirty)
    pending += _reload(p, t, f, s, y >> 1, dirty)
    _retime(p, t, f, s, dirty, pending)


@njit(cache=True)
def _inverters(t: Table, s: State, v: int, u: int) -> float:
    area = 0.0
    for w in (v, u):
        if s.wanted[w, 1 - s.phase[w]]:
            area += t.inv_area
    return area


# --- the walk -----------------------------------------------------------------------------------------------------------


@njit(cache=True)
def anneal(
    p: Problem,
    t: Table,
    f: Fanout,
    w: Wires,
    s: State,
    goal: Goal,
    hot: float,
    cold: float,
    steps: int,
    share: float,
    seed: int,
) -> None:
    """Change options, and for the part `share` of all steps wires, at random, worse ones too while it is hot (um2).

    The temperature falls from `hot` to `cold` by equal ratios. `s` must be settled and timed. The best that was met is left
    in ``s.option``, ``p.inputs`` and ``f.group``; everything else of `s` must then be settled anew.
    """
    np.random.seed(seed)
    dirty = np.zeros(len(p.kind), dtype=np.bool_)
    option, inputs, group = s.option.copy(), p.inputs.copy(), f.group.copy()
    total = least = 0.0
    late = lateness(p, s, goal)
    heat, cooling = hot, (cold / hot) ** (1.0 / max(steps, 1))
    for _ in range(steps):
        heat *= cooling
        wire = np.random.random() < share
        n = old = x = y = 0
        if wire:
            a = np.random.randint(len(w.literal))
            c = w.column[a]
            x, y = w.literal[a], w.literal[np.random.randint(w.first[c], w.first[c + 1])]
            if x == y or not _may_exchange(f, x >> 1, y >> 1):
                continue
            change = -_inverters(t, s, x >> 1, y >> 1)
            _exchange(p, t, f, s, x, y, dirty)
            change += _inverters(t, s, x >> 1, y >> 1)
        else:
            n = np.random.randint(len(p.kind))
            kind, old = p.kind[n], s.option[n]
            o = np.random.randint(t.first[kind], t.first[kind + 1])
            if o == old or not p.allowed[n, t.form[o]]:
                continue
            change = -_local_area(p, t, s, n)
            _put(p, t, s, n, o)
            change += _local_area(p, t, s, n)
            _put(p, t, s, n, old)
            if change > _HOPELESS * heat + late:
                continue
            _put_timed(p, t, f, s, n, o, dirty)
        now = lateness(p, s, goal)
        change += now - late
        if change <= 0.0 or np.random.random() < np.exp(-change / heat):
            total += change
            late = now
            if total < least - 1e-9:
                least = total
                option[:], inputs[:], group[:] = s.option, p.inputs, f.group
        elif wire:
            _exchange(p, t, f, s, x, y, dirty)
        else:
            _put_timed(p, t, f, s, n, old, dirty)
    s.option[:], p.inputs[:], f.group[:] = option, inputs, group

"""Compiled simulated annealing of the choice of forms, every move timed through what it changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from eda.arith.mapped_kernels import IntArray, Problem, State, Table, arrival_of, begin, give, join

_SETTLED = 1e-9


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


class _Past(NamedTuple):
    """What a change of arrivals overwrote, so that it can be taken back: ``used[0]`` variables and their arrivals."""

    used: IntArray
    variable: IntArray
    arrival: npt.NDArray[np.float64]


@njit(cache=True)
def _remember(s: State, past: _Past, v: int) -> None:
    at = past.used[0]
    past.variable[at] = v
    for phase in range(2):
        for edge in range(2):
            past.arrival[at, phase, edge] = s.arrival[v, phase, edge]
    past.used[0] = at + 1


@njit(cache=True)
def _take_back(s: State, past: _Past) -> None:
    for at in range(past.used[0] - 1, -1, -1):  # a variable that is there twice gets what it had first
        for phase in range(2):
            for edge in range(2):
                s.arrival[past.variable[at], phase, edge] = past.arrival[at, phase, edge]


@njit(cache=True)
def _moved(s: State, past: _Past, v: int) -> bool:
    """Is an arrival of the variable remembered last another than before?"""
    at = past.used[0] - 1
    for phase in range(2):
        for edge in range(2):
            if abs(s.arrival[v, phase, edge] - past.arrival[at, phase, edge]) > _SETTLED:
                return True
    return False


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
def _reload(p: Problem, t: Table, f: Fanout, s: State, v: int, dirty: npt.NDArray[np.bool_], past: _Past) -> int:
    """The load of variable v has changed: mark its driver."""
    if f.driver[v] >= 0:
        return _mark(dirty, f.driver[v])
    if v == 0:
        return 0
    _remember(s, past, v)
    begin(p, t, s, v)
    return _mark_readers(f, v, dirty)


@njit(cache=True)
def _mark_readers(f: Fanout, v: int, dirty: npt.NDArray[np.bool_]) -> int:
    marked = 0
    for j in range(f.start[f.group[v]], f.start[f.group[v] + 1]):
        marked += _mark(dirty, f.reader[j])
    return marked


@njit(cache=True)
def _retime(p: Problem, t: Table, f: Fanout, s: State, dirty: npt.NDArray[np.bool_], pending: int, past: _Past) -> None:
    """Bring the arrivals behind the `pending` dirty nodes up to date."""
    at = 0
    while pending:
        if dirty[at]:
            dirty[at] = False
            pending -= 1
            for k in range(t.n_out[p.kind[at]]):
                v = p.outputs[at, k] >> 1
                _remember(s, past, v)
                arrival_of(p, t, s, at, k)
                if _moved(s, past, v):
                    pending += _mark_readers(f, v, dirty)
        at += 1


@njit(cache=True)
def _put_timed(p: Problem, t: Table, f: Fanout, s: State, n: int, o: int, dirty: npt.NDArray[np.bool_], past: _Past) -> None:
    """Give node n option o and time what follows."""
    past.used[0] = 0
    _put(p, t, s, n, o)
    pending = _mark(dirty, n)
    for i in range(t.n_in[p.kind[n]]):
        pending += _reload(p, t, f, s, p.inputs[n, i] >> 1, dirty, past)
    _retime(p, t, f, s, dirty, pending, past)


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
def _redirect(p: Problem, t: Table, f: Fanout, s: State, old: int, new: int) -> None:
    """Let the readers of literal `old` read the literal `new`."""
    for j in range(f.start[f.group[old >> 1]], f.start[f.group[old >> 1] + 1]):
        n = f.reader[j]
        join(p, t, s, n, -1)
        for i in range(t.n_in[p.kind[n]]):
            if p.inputs[n, i] >> 1 == old >> 1:
                p.inputs[n, i] ^= old ^ new
        join(p, t, s, n, 1)


@njit(cache=True)
def _exchange(p: Problem, t: Table, f: Fanout, s: State, x: int, y: int) -> None:
    """Let the readers of literals x and y change places; doing it again undoes it."""
    _redirect(p, t, f, s, x, y)
    _redirect(p, t, f, s, y, x)
    f.group[x >> 1], f.group[y >> 1] = f.group[y >> 1], f.group[x >> 1]


@njit(cache=True)
def _exchange_timed(
    p: Problem, t: Table, f: Fanout, s: State, x: int, y: int, dirty: npt.NDArray[np.bool_], past: _Past
) -> None:
    """Exchange the readers of x and y and time what follows."""
    past.used[0] = 0
    _exchange(p, t, f, s, x, y)
    pending = _mark_readers(f, x >> 1, dirty) + _mark_readers(f, y >> 1, dirty)
    pending += _reload(p, t, f, s, x >> 1, dirty, past)
    pending += _reload(p, t, f, s, y >> 1, dirty, past)
    _retime(p, t, f, s, dirty, pending, past)


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
    size = len(s.phase) + p.inputs.shape[1]
    past = _Past(np.zeros(1, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros((size, 2, 2)))
    option, inputs, group = s.option.copy(), p.inputs.copy(), f.group.copy()
    total = least = 0.0
    late = lateness(p, s, goal)
    heat, cooling = hot, (cold / hot) ** (1.0 / max(steps, 1))
    for _ in range(steps):
        heat *= cooling
        wire = np.random.random() < share
        most = -heat * np.log(1.0 - np.random.random())  # a change may cost that much: a draw of Metropolis' rule
        n = old = x = y = 0
        if wire:
            a = np.random.randint(len(w.literal))
            c = w.column[a]
            x, y = w.literal[a], w.literal[np.random.randint(w.first[c], w.first[c + 1])]
            if x == y or not _may_exchange(f, x >> 1, y >> 1):
                continue
            change = -_inverters(t, s, x >> 1, y >> 1)
            _exchange_timed(p, t, f, s, x, y, dirty, past)
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
            if change - late > most:
                continue
            _put_timed(p, t, f, s, n, o, dirty, past)
        now = lateness(p, s, goal)
        change += now - late
        if change <= most:
            total += change
            late = now
            if total < least - 1e-9:
                least = total
                option[:], inputs[:], group[:] = s.option, p.inputs, f.group
        else:
            if wire:
                _exchange(p, t, f, s, x, y)
            else:
                _put(p, t, s, n, old)
            _take_back(s, past)
    s.option[:], p.inputs[:], f.group[:] = option, inputs, group

"""Compiled loops of the choice of forms: a linear timing model over nodes, and sweeps that improve one node at a time.

Every variable is driven in one phase (0 true, 1 complement); an inverter, shared by all readers, gives the other where it
is wanted. Delay of an arc: ``base + slope * f(load)`` with ``f`` the load up to `knee` and growing logarithmically above it,
as behind the buffers and larger cells that sizing will put in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MAX_INPUTS, MAX_OUTPUTS = 4, 2
_NEVER = 1e30


class Table(NamedTuple):
    """The options of all kinds; K kinds, O options, kind k has those from ``first[k]`` to ``first[k + 1]``."""

    first: npt.NDArray[np.int64]
    n_in: IntArray
    n_out: IntArray
    area: FloatArray
    need: npt.NDArray[np.int8]
    give: npt.NDArray[np.int8]
    base: FloatArray
    slope: FloatArray
    cap: FloatArray
    form: npt.NDArray[np.int64]
    inv_area: float
    inv_base: float
    inv_slope: float
    inv_cap: float
    knee: float


class Problem(NamedTuple):
    """The nodes, in topological order, and what surrounds them; literals as in `eda.arith.mapped_network`.

    allowed  bool [N, forms]   which forms each node may take
    """

    kind: IntArray
    inputs: IntArray
    outputs: IntArray
    allowed: npt.NDArray[np.bool_]
    ports: IntArray
    port_load: FloatArray
    port_delay: FloatArray
    start: FloatArray


class State(NamedTuple):
    """The choice and what follows from it. N nodes, V variables, the last axis is the phase.

    option   int [N]
    phase    int [V]        in which each variable is driven
    wanted   int [V, 2]     how many readers want each phase
    load     float [V, 2]   what they load it with
    arrival, required float [V, 2]
    """

    option: IntArray
    phase: IntArray
    wanted: IntArray
    load: FloatArray
    arrival: FloatArray
    required: FloatArray


@njit(cache=True)
def _drive(load: float, knee: float) -> float:
    return load if load <= knee else knee * (1.0 + np.log(load / knee))


@njit(cache=True)
def _inverter(p: Problem, t: Table, s: State, v: int) -> float:
    """Delay of the inverter of a variable."""
    return t.inv_base + t.inv_slope * _drive(s.load[v, 1 - s.phase[v]], t.knee)


@njit(cache=True)
def _driver_load(t: Table, s: State, v: int, phase: int) -> float:
    load = s.load[v, phase]
    return _drive(load + t.inv_cap if s.wanted[v, 1 - phase] else load, t.knee)


@njit(cache=True)
def _join(p: Problem, t: Table, s: State, n: int, sign: int) -> None:
    """Add (or take away) the readings of node n."""
    o = s.option[n]
    for i in range(t.n_in[p.kind[n]]):
        literal = p.inputs[n, i]
        phase = t.need[o, i] ^ (literal & 1)
        s.wanted[literal >> 1, phase] += sign
        s.load[literal >> 1, phase] += sign * t.cap[o, i]


@njit(cache=True)
def _give(p: Problem, t: Table, s: State, n: int) -> None:
    o = s.option[n]
    for k in range(t.n_out[p.kind[n]]):
        literal = p.outputs[n, k]
        s.phase[literal >> 1] = t.give[o, k] ^ (literal & 1)


@njit(cache=True)
def settle(p: Problem, t: Table, s: State) -> None:
    """Everything but the times from the options alone."""
    s.wanted[:] = 0
    s.load[:] = 0.0
    s.phase[:] = 0
    for k in range(len(p.ports)):
        s.wanted[p.ports[k] >> 1, p.ports[k] & 1] += 1
        s.load[p.ports[k] >> 1, p.ports[k] & 1] += p.port_load[k]
    for n in range(len(p.kind)):
        _join(p, t, s, n, 1)
        _give(p, t, s, n)


@njit(cache=True)
def arrive(p: Problem, t: Table, s: State) -> float:
    """Arrivals of all variables in both phases; return the latest at a port, its outside delay included."""
    s.arrival[0] = -_NEVER
    for v in range(1, 1 + len(p.start)):
        s.arrival[v, 0] = p.start[v - 1]
        s.arrival[v, 1] = s.arrival[v, 0] + _inverter(p, t, s, v)
    for n in range(len(p.kind)):
        o = s.option[n]
        for k in range(t.n_out[p.kind[n]]):
            v = p.outputs[n, k] >> 1
            phase = s.phase[v]
            late = -_NEVER
            for i in range(t.n_in[p.kind[n]]):
                literal = p.inputs[n, i]
                late = max(late, s.arrival[literal >> 1, t.need[o, i] ^ (literal & 1)] + t.base[o, i, k])
            s.arrival[v, phase] = late + t.slope[o, k] * _driver_load(t, s, v, phase)
            s.arrival[v, 1 - phase] = s.arrival[v, phase] + _inverter(p, t, s, v)
    worst = -_NEVER
    for k in range(len(p.ports)):
        worst = max(worst, s.arrival[p.ports[k] >> 1, p.ports[k] & 1] + p.port_delay[k])
    return worst


@njit(cache=True)
def require(p: Problem, t: Table, s: State, target: float) -> None:
    """When the readers of each phase of each variable want it, if ports are due at `target`."""
    s.required[:] = _NEVER
    for k in range(len(p.ports)):
        v, phase = p.ports[k] >> 1, p.ports[k] & 1
        s.required[v, phase] = min(s.required[v, phase], target - p.port_delay[k])
    for n in range(len(p.kind) - 1, -1, -1):
        o = s.option[n]
        for k in range(t.n_out[p.kind[n]]):
            v = p.outputs[n, k] >> 1
            due = _due(p, t, s, v, s.phase[v]) - t.slope[o, k] * _driver_load(t, s, v, s.phase[v])
            for i in range(t.n_in[p.kind[n]]):
                literal = p.inputs[n, i]
                u, phase = literal >> 1, t.need[o, i] ^ (literal & 1)
                s.required[u, phase] = min(s.required[u, phase], due - t.base[o, i, k])


@njit(cache=True)
def _due(p: Problem, t: Table, s: State, v: int, phase: int) -> float:
    """When variable v, driven in `phase`, must be there for the readers of both phases."""
    other = s.required[v, 1 - phase]
    if other >= _NEVER / 2:
        return s.required[v, phase]
    return min(s.required[v, phase], other - t.inv_base - t.inv_slope * _drive(s.load[v, 1 - phase], t.knee))


@njit(cache=True)
def _cost(p: Problem, t: Table, s: State, n: int, o: int, price: float) -> float:
    """Area that option o of node n (whose own readings are taken away) adds, and `price` for each ps that it is late."""
    kind = p.kind[n]
    cost = t.area[o]
    for i in range(t.n_in[kind]):
        literal = p.inputs[n, i]
        v, phase = literal >> 1, t.need[o, i] ^ (literal & 1)
        if phase != s.phase[v] and s.wanted[v, phase] == 0:
            cost += t.inv_area
    for k in range(t.n_out[kind]):
        v = p.outputs[n, k] >> 1
        phase = t.give[o, k] ^ (p.outputs[n, k] & 1)
        if s.wanted[v, 1 - phase]:
            cost += t.inv_area
        if price == 0.0:
            continue
        due = _due(p, t, s, v, phase) - t.slope[o, k] * _driver_load(t, s, v, phase)
        late = 0.0
        for i in range(t.n_in[kind]):
            literal = p.inputs[n, i]
            late = max(late, s.arrival[literal >> 1, t.need[o, i] ^ (literal & 1)] + t.base[o, i, k] - due)
        cost += price * late
    return cost


@njit(cache=True)
def sweep(p: Problem, t: Table, s: State, order: IntArray, target: float, price: float, refresh: int, late_only: bool) -> int:
    """Give each node of `order` in turn its cheapest option; times are reckoned anew after `refresh` changes.

    With `late_only`, only nodes with a result after `target`'s required time are looked at. Returns the number of changes.
    """
    arrive(p, t, s)
    require(p, t, s, target)
    changes = pending = 0
    for n in order:
        kind = p.kind[n]
        if late_only and not _is_late(p, t, s, n):
            continue
        old = s.option[n]
        _join(p, t, s, n, -1)
        best, least = old, _cost(p, t, s, n, old, price) - 1e-9
        for o in range(t.first[kind], t.first[kind + 1]):
            if o != old and p.allowed[n, t.form[o]]:
                cost = _cost(p, t, s, n, o, price)
                if cost < least:
                    best, least = o, cost
        s.option[n] = best
        _join(p, t, s, n, 1)
        if best != old:
            _give(p, t, s, n)
            changes += 1
            pending += 1
            if pending >= refresh:
                arrive(p, t, s)
                require(p, t, s, target)
                pending = 0
    return changes


@njit(cache=True)
def _is_late(p: Problem, t: Table, s: State, n: int) -> bool:
    for k in range(t.n_out[p.kind[n]]):
        v = p.outputs[n, k] >> 1
        if s.arrival[v, s.phase[v]] > _due(p, t, s, v, s.phase[v]) + 1e-9:
            return True
    return False


@njit(cache=True)
def total_area(p: Problem, t: Table, s: State) -> float:
    """Area of the nodes and of the inverters between them (um2)."""
    out = 0.0
    for n in range(len(p.kind)):
        out += t.area[s.option[n]]
    for v in range(1, len(s.phase)):
        if s.wanted[v, 1 - s.phase[v]]:
            out += t.inv_area
    return out

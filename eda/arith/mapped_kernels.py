"""Compiled loops of the choice of forms: a linear timing model over nodes, and sweeps that improve one node at a time.

Every variable is driven in one phase (0 true, 1 complement); an inverter, shared by all readers, gives the other where it
is wanted. Rising and falling edges are told apart. The delay of an arc is ``base + slope * f(load)`` with ``f`` the load up
to `knee` and growing logarithmically above it, as behind the buffers and larger cells that sizing will put in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MAX_INPUTS, MAX_OUTPUTS = 4, 2
NEVER = 1e30


class Table(NamedTuple):
    """The options of all kinds; K kinds, O options, kind k has those from ``first[k]`` to ``first[k + 1]``.

    need, give  int8 [O, 4], [O, 2]        the phase that operands must have and that results get
    base        float [O, 4, 2, 2, 2]      operand, result, edge at the operand, edge at the result; -1e30: no arc
    slope       float [O, 2, 2]            result, its edge
    cap         float [O, 4]
    form        int [O]
    inv_base, inv_slope  float [2]         of an inverter, by the edge at its output
    """

    first: IntArray
    n_in: IntArray
    n_out: IntArray
    area: FloatArray
    need: npt.NDArray[np.int8]
    give: npt.NDArray[np.int8]
    base: FloatArray
    slope: FloatArray
    cap: FloatArray
    form: IntArray
    inv_area: float
    inv_base: FloatArray
    inv_slope: FloatArray
    inv_cap: float
    knee: float


class Problem(NamedTuple):
    """The nodes, in topological order, and what surrounds them; literals as in `eda.arith.mapped_network`.

    allowed  bool [N, forms]   which forms each node may take
    ports, port_load, port_delay   literal, load (fF) and delay outside (ps) of each output bit
    start       ps, when each input bit arrives; start_slope  ps for each fF that it drives
    """

    kind: IntArray
    inputs: IntArray
    outputs: IntArray
    allowed: npt.NDArray[np.bool_]
    ports: IntArray
    port_load: FloatArray
    port_delay: FloatArray
    start: FloatArray
    start_slope: float


class State(NamedTuple):
    """The choice and what follows from it. N nodes, V variables, then the phase, then the edge.

    option   int [N]
    phase    int [V]        in which each variable is driven
    wanted   int [V, 2]     how many readers want each phase
    load     float [V, 2]   what they load it with
    slope    float [V, 2]   ps for each fF more
    arrival, required float [V, 2, 2]
    """

    option: IntArray
    phase: IntArray
    wanted: IntArray
    load: FloatArray
    slope: FloatArray
    arrival: FloatArray
    required: FloatArray


@njit(cache=True)
def _drive(load: float, knee: float) -> float:
    return load if load <= knee else knee * (1.0 + np.log(load / knee))


@njit(cache=True)
def _driver_load(t: Table, s: State, v: int, phase: int) -> float:
    load = s.load[v, phase]
    return _drive(load + t.inv_cap if s.wanted[v, 1 - phase] else load, t.knee)


@njit(cache=True)
def join(p: Problem, t: Table, s: State, n: int, sign: int) -> None:
    """Add (or take away) the readings of node n."""
    o = s.option[n]
    for i in range(t.n_in[p.kind[n]]):
        literal = p.inputs[n, i]
        phase = t.need[o, i] ^ (literal & 1)
        s.wanted[literal >> 1, phase] += sign
        s.load[literal >> 1, phase] += sign * t.cap[o, i]


@njit(cache=True)
def give(p: Problem, t: Table, s: State, n: int) -> None:
    """Let the results of node n have the phases of its option."""
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
        join(p, t, s, n, 1)
        give(p, t, s, n)


@njit(cache=True)
def _invert(t: Table, s: State, v: int) -> None:
    """Arrival of the phase of a variable that its driver does not give."""
    phase = s.phase[v]
    load = _drive(s.load[v, 1 - phase], t.knee)
    for edge in range(2):
        s.arrival[v, 1 - phase, edge] = s.arrival[v, phase, 1 - edge] + t.inv_base[edge] + t.inv_slope[edge] * load
    s.slope[v, 1 - phase] = 0.5 * (t.inv_slope[0] + t.inv_slope[1]) * min(1.0, t.knee / max(load, t.knee))


@njit(cache=True)
def arrival_of(p: Problem, t: Table, s: State, n: int, k: int) -> None:
    """Arrivals of result k of node n in both phases."""
    o = s.option[n]
    v = p.outputs[n, k] >> 1
    phase = s.phase[v]
    load = _driver_load(t, s, v, phase)
    for edge in range(2):
        s.arrival[v, phase, edge] = _latest(p, t, s, n, o, k, edge, False) + t.slope[o, k, edge] * load
    s.slope[v, phase] = 0.5 * (t.slope[o, k, 0] + t.slope[o, k, 1]) * min(1.0, t.knee / max(load, t.knee))
    _invert(t, s, v)


@njit(cache=True)
def begin(p: Problem, t: Table, s: State, v: int) -> None:
    """Arrivals of an input bit in both phases."""
    load = _driver_load(t, s, v, 0)
    s.arrival[v, 0] = p.start[v - 1] + p.start_slope * load
    s.slope[v, 0] = p.start_slope * min(1.0, t.knee / max(load, t.knee))
    _invert(t, s, v)


@njit(cache=True)
def arrive(p: Problem, t: Table, s: State) -> float:
    """Arrivals of all variables in both phases; return the latest at a port, its outside delay included."""
    s.arrival[0] = -NEVER
    for v in range(1, 1 + len(p.start)):
        begin(p, t, s, v)
    for n in range(len(p.kind)):
        for k in range(t.n_out[p.kind[n]]):
            arrival_of(p, t, s, n, k)
    worst = -NEVER
    for k in range(len(p.ports)):
        v, phase = p.ports[k] >> 1, p.ports[k] & 1
        worst = max(worst, max(s.arrival[v, phase, 0], s.arrival[v, phase, 1]) + p.port_delay[k])
    return worst


@njit(cache=True)
def _latest(p: Problem, t: Table, s: State, n: int, o: int, k: int, edge: int, trial: bool) -> float:
    """When an edge of result k of node n comes in option o, before what its load costs.

    In a `trial` the arrivals are those of the present option; what another capacitance does to them is reckoned in.
    """
    late = -NEVER
    old = s.option[n]
    for i in range(t.n_in[p.kind[n]]):
        literal = p.inputs[n, i]
        v = literal >> 1
        phase = t.need[o, i] ^ (literal & 1)
        extra = 0.0
        if trial:
            grown = t.cap[o, i]
            if t.need[old, i] == t.need[o, i]:
                grown -= t.cap[old, i]
            extra = s.slope[v, phase] * grown
        for cause in range(2):
            late = max(late, s.arrival[v, phase, cause] + t.base[o, i, k, cause, edge] + extra)
    return late


@njit(cache=True)
def require(p: Problem, t: Table, s: State, target: float) -> None:
    """When the readers of each phase of each variable want it, if ports are due at `target`."""
    s.required[:] = NEVER
    for k in range(len(p.ports)):
        v, phase = p.ports[k] >> 1, p.ports[k] & 1
        for edge in range(2):
            s.required[v, phase, edge] = min(s.required[v, phase, edge], target - p.port_delay[k])
    for n in range(len(p.kind) - 1, -1, -1):
        o = s.option[n]
        for k in range(t.n_out[p.kind[n]]):
            v = p.outputs[n, k] >> 1
            load = _driver_load(t, s, v, s.phase[v])
            for edge in range(2):
                due = _due(t, s, v, s.phase[v], edge) - t.slope[o, k, edge] * load
                for i in range(t.n_in[p.kind[n]]):
                    literal = p.inputs[n, i]
                    u, phase = literal >> 1, t.need[o, i] ^ (literal & 1)
                    for cause in range(2):
                        if t.base[o, i, k, cause, edge] > -NEVER:
                            s.required[u, phase, cause] = min(s.required[u, phase, cause], due - t.base[o, i, k, cause, edge])


@njit(cache=True)
def _due(t: Table, s: State, v: int, phase: int, edge: int) -> float:
    """When an edge of variable v, driven in `phase`, must be there for the readers of both phases."""
    other = s.required[v, 1 - phase, 1 - edge]
    if other >= NEVER / 2:
        return s.required[v, phase, edge]
    delay = t.inv_base[1 - edge] + t.inv_slope[1 - edge] * _drive(s.load[v, 1 - phase], t.knee)
    return min(s.required[v, phase, edge], other - delay)


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
        if price > 0.0:
            load = _driver_load(t, s, v, phase)
            late = 0.0
            for edge in range(2):
                time = _latest(p, t, s, n, o, k, edge, True) + t.slope[o, k, edge] * load
                late = max(late, time - _due(t, s, v, phase, edge))
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
        join(p, t, s, n, -1)
        best, least = old, _cost(p, t, s, n, old, price) - 1e-9
        for o in range(t.first[kind], t.first[kind + 1]):
            if o != old and p.allowed[n, t.form[o]]:
                cost = _cost(p, t, s, n, o, price)
                if cost < least:
                    best, least = o, cost
        s.option[n] = best
        join(p, t, s, n, 1)
        if best != old:
            give(p, t, s, n)
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
        for edge in range(2):
            if s.arrival[v, s.phase[v], edge] > _due(t, s, v, s.phase[v], edge) + 1e-9:
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

"""Compiled simulated annealing of the choice of forms, every move timed through what it changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from eda.arith.mapped_kernels import IntArray, Problem, State, Table, arrival_of, begin, give, join

_SETTLED = 1e-9


class Fanout(NamedTuple):
    """Who drives and who reads each variable: ``driver[v]`` (-1: a port), readers from ``start[v]`` to ``start[v + 1]``."""

    driver: IntArray
    start: IntArray
    reader: IntArray


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
def _touch(p: Problem, t: Table, f: Fanout, s: State, n: int, dirty: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Mark node n and the drivers of its operands; return the first of them and how many they are."""
    first, count = n, 1
    dirty[n] = True
    for i in range(t.n_in[p.kind[n]]):
        v = p.inputs[n, i] >> 1
        d = f.driver[v]
        if d < 0:
            if v > 0:
                begin(p, t, s, v)
        elif not dirty[d]:
            dirty[d] = True
            count += 1
            first = min(first, d)
    return first, count


@njit(cache=True)
def _retime(p: Problem, t: Table, f: Fanout, s: State, n: int, dirty: npt.NDArray[np.bool_]) -> None:
    """Bring arrivals up to date after a change of node n."""
    at, pending = _touch(p, t, f, s, n, dirty)
    while pending:
        if dirty[at]:
            dirty[at] = False
            pending -= 1
            for k in range(t.n_out[p.kind[at]]):
                v = p.outputs[at, k] >> 1
                before = s.arrival[v].copy()
                arrival_of(p, t, s, at, k)
                if at == n or np.abs(s.arrival[v] - before).max() > _SETTLED:
                    for j in range(f.start[v], f.start[v + 1]):
                        m = f.reader[j]
                        if not dirty[m]:
                            dirty[m] = True
                            pending += 1
        at += 1


@njit(cache=True)
def anneal(p: Problem, t: Table, f: Fanout, s: State, goal: Goal, hot: float, cold: float, steps: int, seed: int) -> IntArray:
    """Change options at random, worse ones too while it is hot (um2); return the best options that were met.

    The temperature falls from `hot` to `cold` by equal ratios. `s` must be settled and timed.
    """
    np.random.seed(seed)
    dirty = np.zeros(len(p.kind), dtype=np.bool_)
    best, gain, least = s.option.copy(), 0.0, 0.0
    late = lateness(p, s, goal)
    heat, cooling = hot, (cold / hot) ** (1.0 / max(steps, 1))
    for _ in range(steps):
        heat *= cooling
        n = np.random.randint(len(p.kind))
        kind, old = p.kind[n], s.option[n]
        o = np.random.randint(t.first[kind], t.first[kind + 1])
        if o == old or not p.allowed[n, t.form[o]]:
            continue
        before = _local_area(p, t, s, n)
        _put(p, t, s, n, o)
        change = _local_area(p, t, s, n) - before
        if change > 12.0 * heat + late:
            _put(p, t, s, n, old)
            continue
        _retime(p, t, f, s, n, dirty)
        now = lateness(p, s, goal)
        change += now - late
        if change <= 0.0 or np.random.random() < np.exp(-change / heat):
            gain += change
            late = now
            if gain < least - 1e-9:
                least = gain
                best[:] = s.option
        else:
            _put(p, t, s, n, old)
            _retime(p, t, f, s, n, dirty)
    return best

"""Compiled greedy exchange of single cells, each judged by exact timing. It loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.sizing.arrays import Array, Cells, Circuit, State
from eda.sizing.choose import cost_of, overloads
from eda.sizing.incremental import Work, number_nets, resize_trial, undo_resize, violation
from eda.sizing.kernels import time_all
from eda.sizing.prices import price_all

EPSILON = 1e-9


@njit(cache=True)
def candidates(circuit: Circuit, cells: Cells, state: State, shrink: bool) -> tuple[Array, Array, Array]:
    """``(cell, library cell, rank)`` of every exchange that may pay, best first by the prices.

    With `shrink`, exchanges for smaller cells, by timing cost per area won; else those that the prices call a gain.
    """
    size = 0
    for c in range(circuit.used[0]):
        if circuit.alive[c] and not circuit.fixed[c]:
            size += cells.n_choices[circuit.lib[c]] - 1
    who, what, rank = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    size = 0
    for c in range(circuit.used[0]):
        if not circuit.alive[c] or circuit.fixed[c] or cells.n_choices[circuit.lib[c]] < 2:
            continue
        own = circuit.lib[c]
        now = cost_of(circuit, cells, state, c, own) - cells.area[own]
        for k in range(cells.n_choices[own]):
            lib = cells.choices[own, k]
            gain = cells.area[own] - cells.area[lib]
            if lib == own or (shrink and gain <= 0.0):
                continue
            slower = cost_of(circuit, cells, state, c, lib) - cells.area[lib] - now
            if shrink:
                who[size], what[size], rank[size] = c, lib, slower / gain
            elif slower < 0.0:
                who[size], what[size], rank[size] = c, lib, (max(-gain, 0.0) + 0.01) / -slower
            else:
                continue
            size += 1
    order = np.argsort(rank[:size], kind="mergesort")
    return who[:size][order], what[:size][order], rank[:size][order]


@njit(cache=True)
def sweep(circuit: Circuit, cells: Cells, state: State, work: Work, period: float, penalty: float, shrink: bool) -> int:
    """Try every candidate once; keep those that lower area + `penalty` * violation. Returns how many were kept."""
    who, what, _ = candidates(circuit, cells, state, shrink)
    bad = violation(circuit, cells, state, period)
    kept = 0
    for k in range(len(who)):
        c, lib = who[k], what[k]
        own = circuit.lib[c]
        if lib == own or overloads(circuit, cells, state, c, lib):
            continue
        more = cells.area[lib] - cells.area[own]
        if bad == 0.0 and more >= 0.0:
            continue
        within = resize_trial(circuit, cells, state, work, c, lib, bad == 0.0)
        now = violation(circuit, cells, state, period) if within else np.inf
        if within and more + penalty * (now - bad) < -EPSILON:
            bad = now
            kept += 1
        else:
            undo_resize(circuit, state, work, c, own)
    return kept


@njit(cache=True)
def repair(circuit: Circuit, cells: Cells, state: State, work: Work, period: float, penalty: float, sweeps: int) -> bool:
    """Exchange cells until no end misses `period`; true if that was reached."""
    number_nets(circuit, work)
    for _ in range(sweeps):
        delay = time_all(circuit, cells, state)
        if delay <= period:
            return True
        price_all(circuit, cells, state, period, period, 4.0, 0.0)
        if sweep(circuit, cells, state, work, period, penalty, False) == 0:
            break
    return time_all(circuit, cells, state) <= period


@njit(cache=True)
def recover(circuit: Circuit, cells: Cells, state: State, work: Work, period: float, sweeps: int) -> None:
    """Exchange cells for smaller ones while all ends meet `period`."""
    number_nets(circuit, work)
    for _ in range(sweeps):
        time_all(circuit, cells, state)
        price_all(circuit, cells, state, period, period, 1.0, 0.0)
        if sweep(circuit, cells, state, work, period, 1e6, True) == 0:
            break

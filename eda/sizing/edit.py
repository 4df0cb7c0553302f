"""Compiled changes of a circuit's wiring. It loads numba.

Loads are kept up to date; arrivals, slews and ``Circuit.order`` are not.
"""

from __future__ import annotations

from numba import njit

from eda.sizing.arrays import Cells, Circuit, State
from eda.timing.kernels import BARE


@njit(**BARE)
def pin_load(circuit: Circuit, cells: Cells, p: int, e: int) -> float:
    """Capacitance of pin `p` for edge `e` (fF)."""
    c = circuit.owner[p]
    if c < 0:
        return circuit.port_load[-1 - c]
    return cells.cap[cells.cap_start[circuit.lib[c]] + p - circuit.fanin_start[c], e]


@njit(**BARE)
def unlink(circuit: Circuit, cells: Cells, state: State, p: int) -> None:
    """Take pin `p` from the sinks of its net."""
    n, before, after = circuit.fanin[p], circuit.preceding[p], circuit.following[p]
    if before >= 0:
        circuit.following[before] = after
    else:
        circuit.head[n] = after
    if after >= 0:
        circuit.preceding[after] = before
    for e in range(2):
        state.load[n, e] -= pin_load(circuit, cells, p, e)


@njit(**BARE)
def link(circuit: Circuit, cells: Cells, state: State, p: int, n: int) -> None:
    """Let pin `p`, which is not linked, read net `n`."""
    first = circuit.head[n]
    circuit.fanin[p], circuit.preceding[p], circuit.following[p] = n, -1, first
    if first >= 0:
        circuit.preceding[first] = p
    circuit.head[n] = p
    for e in range(2):
        state.load[n, e] += pin_load(circuit, cells, p, e)


@njit(**BARE)
def rewire(circuit: Circuit, cells: Cells, state: State, p: int, n: int) -> None:
    """Let pin `p` read net `n` instead of its own."""
    unlink(circuit, cells, state, p)
    link(circuit, cells, state, p, n)


@njit(**BARE)
def has_room(circuit: Circuit, cells: int, inputs: int) -> bool:
    """True if so many cells with so many inputs in all can be added."""
    bits = len(circuit.port_load)
    return circuit.used[0] + cells < len(circuit.lib) and circuit.used[2] + inputs <= len(circuit.fanin) - bits


@njit(**BARE)
def add_cell(circuit: Circuit, state: State, lib: int, inputs: int) -> int:
    """A new cell of one output whose `inputs` pins are not linked yet; returns the cell."""
    c, n, p, w = circuit.used[0], circuit.used[1], circuit.used[2], circuit.used[3]
    entries = 4 * (inputs + 1)
    circuit.used[0], circuit.used[1], circuit.used[2], circuit.used[3] = c + 1, n + 1, p + inputs, w + entries
    circuit.fanin_start[c], circuit.fanin_start[c + 1] = p, p + inputs
    circuit.output_start[c], circuit.output_start[c + 1] = n, n + 1
    circuit.weight_start[c] = w
    circuit.lib[c], circuit.pattern[c], circuit.alive[c], circuit.fixed[c] = lib, 0, True, False
    circuit.driver[n], circuit.head[n], circuit.wire_load[n] = c, -1, 0.0
    for i in range(inputs):
        circuit.owner[p + i] = c
    for e in range(2):
        state.load[n, e] = 0.0
    for k in range(entries):
        state.weight[w + k] = 0.0
    return c


@njit(**BARE)
def remove_cell(circuit: Circuit, cells: Cells, state: State, c: int) -> None:
    """Take a cell away whose outputs drive nothing; its pins no longer read anything."""
    for p in range(circuit.fanin_start[c], circuit.fanin_start[c + 1]):
        unlink(circuit, cells, state, p)
    circuit.alive[c] = False


@njit(**BARE)
def swap_pins(circuit: Circuit, cells: Cells, state: State, c: int, i: int, j: int) -> None:
    """Exchange the nets of two inputs of a cell, and the multipliers with them."""
    start = circuit.fanin_start[c]
    p, q = start + i, start + j
    n, m = circuit.fanin[p], circuit.fanin[q]
    unlink(circuit, cells, state, p)
    unlink(circuit, cells, state, q)
    link(circuit, cells, state, p, m)
    link(circuit, cells, state, q, n)
    outputs = circuit.output_start[c + 1] - circuit.output_start[c]
    pins = circuit.fanin_start[c + 1] - start + outputs
    for k in range(outputs):
        at = circuit.weight_start[c] + k * pins * 4
        for move in range(4):
            a, b = at + 4 * i + move, at + 4 * j + move
            state.weight[a], state.weight[b] = state.weight[b], state.weight[a]

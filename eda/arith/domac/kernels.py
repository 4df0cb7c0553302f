"""Compiled loops over flat compressor trees. Import this module only where it is used: it loads numba.

Signals are numbered as in `CompressorTree`; edge 0 is rise, 1 is fall; output 0 is the sum, 1 the carry. A slot is what
reads a signal: ``3 * compressor + pin``, or -1 for the final adder.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


class Cells(NamedTuple):
    """`eda.arith.domac.bank.Bank` as numba takes it; `values` [2, I, 3, 2, 2, 2, X, Y, 2] holds delay and slew."""

    area: Array
    cap: Array
    slews: Array
    loads: Array
    values: Array
    moves: Array


class Tree(NamedTuple):
    """A tree that is changed in place. `first` is the first signal of a compressor, `order` a topological order."""

    first: int
    inputs: Array
    kind: Array
    impl: Array
    reader: Array
    order: Array


class State(NamedTuple):
    """Per signal and edge: arrival, slew, load [signals, 2]."""

    arrival: Array
    slew: Array
    load: Array


@njit(cache=True)
def segment(axis: Array, x: float) -> tuple[int, float]:
    """Interval of `axis` that holds x, the outermost beyond the ends, and the position in it."""
    i, last = 0, len(axis) - 2
    while i < last and x >= axis[i + 1]:
        i += 1
    return i, (x - axis[i]) / (axis[i + 1] - axis[i])


@njit(cache=True)
def adder_load(tree: Tree, cells: Cells, signal: int, edge: int, outside: float) -> float:
    """Capacitance at a signal: of the pin that reads it, or of the final adder."""
    slot = tree.reader[signal]
    if slot < 0:
        return outside
    j = slot // 3
    return cells.cap[tree.kind[j], tree.impl[j], slot - 3 * j, edge]


@njit(cache=True)
def evaluate(tree: Tree, cells: Cells, state: State, j: int) -> bool:
    """Arrival and slew of both outputs of compressor j; True if one of them changed."""
    kind, impl = tree.kind[j], tree.impl[j]
    pins = 2 + kind
    changed = False
    for out in range(2):
        target = tree.first + 2 * j + out
        for last in range(2):
            latest, steepest = -np.inf, 0.0
            y, v = segment(cells.loads, state.load[target, last])
            for pin in range(pins):
                source = tree.inputs[j, pin]
                for first in range(2):
                    if not cells.moves[kind, impl, pin, out, first, last]:
                        continue
                    x, u = segment(cells.slews, state.slew[source, first])
                    t = cells.values[kind, impl, pin, out, first, last]
                    a, b, c, d = (1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v
                    delay = a * t[x, y, 0] + b * t[x, y + 1, 0] + c * t[x + 1, y, 0] + d * t[x + 1, y + 1, 0]
                    slew = a * t[x, y, 1] + b * t[x, y + 1, 1] + c * t[x + 1, y, 1] + d * t[x + 1, y + 1, 1]
                    latest = max(latest, state.arrival[source, first] + delay)
                    steepest = max(steepest, slew)
            if state.arrival[target, last] != latest or state.slew[target, last] != steepest:
                state.arrival[target, last], state.slew[target, last] = latest, steepest
                changed = True
    return changed


@njit(cache=True)
def time_tree(tree: Tree, cells: Cells, state: State, outside: float) -> None:
    """Loads, arrivals and slews of all compressors, from those of the dots."""
    for signal in range(len(state.load)):
        for edge in range(2):
            state.load[signal, edge] = adder_load(tree, cells, signal, edge, outside)
    for j in tree.order:
        evaluate(tree, cells, state, j)

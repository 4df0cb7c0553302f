"""Compiled loops of timing analysis. Import this module only where it is used: it loads numba.

Conventions: edge 0 is rise and 1 is fall; a move from input edge `i` to output edge `o` is bit ``2*o + i`` of a mask;
nets are visited in an order in which every arc's source comes first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
"""For loops that allocate nothing: without counts of references, which cost more than the look-ups themselves."""


class Tables(NamedTuple):
    """`eda.tech.library.TableSet` as numba takes it."""

    values: Array
    axis0: Array
    axis1: Array
    n0: Array
    n1: Array


class Wiring(NamedTuple):
    """The arrays of a netlist and the order in which its cells' output nets are visited."""

    order: Array
    driver: Array
    output_start: Array
    fanin_start: Array
    fanin: Array


class ArcRows(NamedTuple):
    """Arcs grouped by what drives a net; see `eda.timing.bank.Bank`."""

    start: Array
    source: Array
    launch: Array
    moves: Array
    paths: Array
    delay: Array
    slew: Array


@njit(**BARE)
def _segment(axes: Array, t: int, n: int, x: float) -> tuple[int, float]:
    """Index of the interval of ``axes[t, :n]`` that holds x (the outermost beyond the ends) and the position in it."""
    if n == 1:
        return 0, 0.0
    low = 0
    while low < n - 2 and x >= axes[t, low + 1]:
        low += 1
    return low, (x - axes[t, low]) / (axes[t, low + 1] - axes[t, low])


@njit(**BARE)
def interpolate(tables: Tables, t: int, x: float, y: float) -> float:
    """Table `t` at (x, y): bilinear, linear beyond the ends, constant along an axis of length 1."""
    i, u = _segment(tables.axis0, t, tables.n0[t], x)
    j, v = _segment(tables.axis1, t, tables.n1[t], y)
    rows, cols = tables.n0[t] > 1, tables.n1[t] > 1
    values = tables.values
    low = values[t, i, j]
    if cols:
        low += v * (values[t, i, j + 1] - low)
    if not rows:
        return low
    high = values[t, i + 1, j]
    if cols:
        high += v * (values[t, i + 1, j + 1] - high)
    return low + u * (high - low)


@njit(cache=True)
def lookup(tables: Tables, index: Array, x: Array, y: Array) -> Array:
    """`interpolate` for each entry of flat arrays; NaN where the index is negative."""
    out = np.empty(len(index))
    for k in range(len(index)):
        out[k] = interpolate(tables, index[k], x[k], y[k]) if index[k] >= 0 else np.nan
    return out


@njit(**BARE)
def _net_at(wiring: Wiring, cell: int, position: int) -> int:
    """The net at a pin of an instance, by the pin's position among the cell's inputs and then outputs."""
    base, end = wiring.fanin_start[cell], wiring.fanin_start[cell + 1]
    if base + position < end:
        return wiring.fanin[base + position]
    return wiring.output_start[cell] + position - (end - base)


@njit(cache=True)
def topological(wiring: Wiring, first: int, row: Array, start: Array, source: Array) -> tuple[Array, Array, Array]:
    """``(order, level, loop)``: the nets from `first` on, sources first; their depths in arcs; a cycle of nets, or empty.

    ``wiring.order`` is not read.
    """
    n = len(wiring.driver)
    order, filled = np.empty(n - first, np.int32), 0
    level = np.zeros(n, np.int32)
    state = np.zeros(n, np.int8)  # 0 new, 1 on the stack, 2 done
    at = np.zeros(n, np.int32)
    stack = np.empty(n - first, np.int32)
    for root in range(first, n):
        if state[root] != 0:
            continue
        depth = 1
        stack[0], state[root] = root, 1
        while depth > 0:
            net = stack[depth - 1]
            cell = wiring.driver[net]
            group = row[cell] + net - wiring.output_start[cell]
            arc = start[group] + at[net]
            if arc == start[group + 1]:
                state[net] = 2
                order[filled] = net
                filled += 1
                depth -= 1
                continue
            below = _net_at(wiring, cell, source[arc])
            if below < first or state[below] == 2:
                level[net] = max(level[net], level[below] + 1)
                at[net] += 1
            elif state[below] == 0:
                stack[depth], state[below] = below, 1
                depth += 1
            else:
                bottom = depth - 1
                while stack[bottom] != below:
                    bottom -= 1
                return order[:0], level, stack[bottom:depth].copy()
    return order, level, stack[:0]


@njit(**BARE)
def add_pin_loads(wiring: Wiring, cell: Array, cap_start: Array, cap: Array, load: Array) -> None:
    """Add to ``load[net, edge]`` the capacitance ``cap[pin, edge]`` of every cell input the net drives.

    `cell` is the library cell of each instance, whose pins begin at ``cap_start[cell]``.
    """
    for c in range(len(cell)):
        base = cap_start[cell[c]]
        for k in range(wiring.fanin_start[c + 1] - wiring.fanin_start[c]):
            net = wiring.fanin[wiring.fanin_start[c] + k]
            load[net, 0] += cap[base + k, 0]
            load[net, 1] += cap[base + k, 1]


@njit(**BARE)
def spread_clock(wiring: Wiring, arcs: ArcRows, row: Array, reach: Array) -> None:
    """Carry the clock through combinational arcs: bit ``2*edge + source_edge`` of ``reach[net]``."""
    for net in wiring.order:
        cell = wiring.driver[net]
        group = row[cell] + net - wiring.output_start[cell]
        for a in range(arcs.start[group], arcs.start[group + 1]):
            bits = reach[_net_at(wiring, cell, arcs.source[a])]
            if bits == 0 or arcs.launch[a]:
                continue
            for move in range(4):
                if arcs.paths[a] >> move & 1:
                    reach[net] |= (bits >> 2 * (move & 1) & 3) << 2 * (move >> 1)


@njit(**BARE)
def propagate(
    wiring: Wiring,
    arcs: ArcRows,
    tables: Tables,
    row: Array,
    load: Array,
    clock: Array,
    ideal: Array,
    late: bool,
    arrival: Array,
    slew: Array,
    cause: Array,
) -> None:
    """Fill ``arrival``, ``slew`` and ``cause`` [N, 2] of every net that has arcs, in the order of `wiring`.

    The latest (or, unless `late`, the earliest) arrival and the largest (smallest) slew are kept, each on its own.
    Launching arcs start at ``clock[net, edge]``, with slew 0 where ``ideal[net]``. ``cause`` is ``2*arc + edge``: the row of
    `arcs` and the edge at its source that decided the arrival; -1 where there is none.
    """
    sign = 1.0 if late else -1.0
    for net in wiring.order:
        cell = wiring.driver[net]
        group = row[cell] + net - wiring.output_start[cell]
        first, last = arcs.start[group], arcs.start[group + 1]
        if first == last:
            continue
        for out in range(2):
            latest, steepest, why = -np.inf, -np.inf, -1
            for a in range(first, last):
                source = _net_at(wiring, cell, arcs.source[a])
                for edge in range(2):
                    bit = 1 << 2 * out + edge
                    if not arcs.moves[a] & bit:
                        continue
                    begin = clock[source, edge] if arcs.launch[a] else arrival[source, edge]
                    from_slew = 0.0 if arcs.launch[a] and ideal[source] else slew[source, edge]
                    if arcs.slew[a, out] >= 0:
                        steepest = max(steepest, sign * interpolate(tables, arcs.slew[a, out], from_slew, load[net, out]))
                    else:
                        steepest = max(steepest, 0.0)
                    if not arcs.paths[a] & bit or np.isinf(begin):
                        continue
                    end = sign * (begin + interpolate(tables, arcs.delay[a, out], from_slew, load[net, out]))
                    if end > latest:
                        latest, why = end, 2 * a + edge
            arrival[net, out] = sign * latest
            slew[net, out] = sign * steepest if steepest > -np.inf else 0.0
            cause[net, out] = why


@njit(**BARE)
def require(
    wiring: Wiring,
    arcs: ArcRows,
    tables: Tables,
    row: Array,
    load: Array,
    slew: Array,
    required: Array,
) -> None:
    """Carry ``required`` [N, 2] (ps, inf where nothing is required) from the end points back to the start points."""
    for k in range(len(wiring.order) - 1, -1, -1):
        net = wiring.order[k]
        cell = wiring.driver[net]
        group = row[cell] + net - wiring.output_start[cell]
        for out in range(2):
            limit = required[net, out]
            if limit == np.inf:
                continue
            for a in range(arcs.start[group], arcs.start[group + 1]):
                if arcs.launch[a]:
                    continue
                source = _net_at(wiring, cell, arcs.source[a])
                for edge in range(2):
                    if arcs.paths[a] & 1 << 2 * out + edge:
                        delay = interpolate(tables, arcs.delay[a, out], slew[source, edge], load[net, out])
                        required[source, edge] = min(required[source, edge], limit - delay)


@njit(cache=True)
def propagate_batch(
    wiring: Wiring,
    arcs: ArcRows,
    tables: Tables,
    rows: Array,
    load: Array,
    clock: Array,
    ideal: Array,
    arrival: Array,
    slew: Array,
) -> None:
    """`propagate`, late, for B choices of cells: ``rows`` [B, C]; ``load``, ``arrival``, ``slew`` [B, N, 2]."""
    cause = np.empty(load.shape[1:], np.int32)
    for b in range(len(rows)):
        propagate(wiring, arcs, tables, rows[b], load[b], clock, ideal, True, arrival[b], slew[b], cause)


@njit(**BARE)
def add_pin_loads_batch(wiring: Wiring, cell: Array, cap_start: Array, cap: Array, load: Array) -> None:
    """`add_pin_loads` for B choices of cells: ``cell`` [B, C], ``load`` [B, N, 2]."""
    for b in range(len(cell)):
        add_pin_loads(wiring, cell[b], cap_start, cap, load[b])

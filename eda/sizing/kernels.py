"""Compiled timing of a circuit that changes, and the prices of loads and slews. It loads numba.

Arrivals and slews are those of `eda.timing.kernels.propagate`, look-up by look-up.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.sizing.arrays import Array, Cells, Circuit, State
from eda.timing.kernels import BARE, Tables, interpolate

INF = np.inf


@njit(**BARE)
def _place(axes: Array, t: int, n: int, x: float) -> tuple[int, float, float]:
    """Interval of ``axes[t, :n]`` that holds x, the position in it, and the derivative of that position."""
    if n == 1:
        return 0, 0.0, 0.0
    low = 0
    while low < n - 2 and x >= axes[t, low + 1]:
        low += 1
    scale = 1.0 / (axes[t, low + 1] - axes[t, low])
    return low, (x - axes[t, low]) * scale, scale


@njit(**BARE)
def slopes(tables: Tables, t: int, x: float, y: float) -> tuple[float, float, float]:
    """Value of table `t` at (x, y), and its derivatives by x and by y."""
    i, u, du = _place(tables.axis0, t, tables.n0[t], x)
    j, v, dv = _place(tables.axis1, t, tables.n1[t], y)
    values = tables.values
    i1, j1 = (i + 1 if du > 0.0 else i), (j + 1 if dv > 0.0 else j)
    low, high = values[t, i, j], values[t, i1, j]
    low_by_v, high_by_v = values[t, i, j1] - low, values[t, i1, j1] - high
    low, high = low + v * low_by_v, high + v * high_by_v
    return low + u * (high - low), du * (high - low), dv * (low_by_v + u * (high_by_v - low_by_v))


@njit(**BARE)
def net_at(circuit: Circuit, cell: int, position: int) -> int:
    """The net at a pin of a cell, by the pin's position among inputs and then outputs."""
    base, end = circuit.fanin_start[cell], circuit.fanin_start[cell + 1]
    if base + position < end:
        return circuit.fanin[base + position]
    return circuit.output_start[cell] + position - (end - base)


@njit(**BARE)
def group_of(circuit: Circuit, cells: Cells, net: int) -> int:
    """The group of arcs that drive a net of a cell."""
    c = circuit.driver[net]
    return cells.rows[circuit.pattern[c], circuit.lib[c]] + net - circuit.output_start[c]


@njit(**BARE)
def sum_loads(circuit: Circuit, cells: Cells, state: State) -> None:
    """Fill ``state.load``."""
    nets, load = circuit.used[1], state.load
    for n in range(nets):
        load[n, 0] = load[n, 1] = circuit.wire_load[n]
    bits = len(circuit.port_load)
    for b in range(bits):
        n = circuit.fanin[len(circuit.fanin) - bits + b]
        load[n, 0] += circuit.port_load[b]
        load[n, 1] += circuit.port_load[b]
    for c in range(circuit.used[0]):
        if not circuit.alive[c]:
            continue
        base, start = cells.cap_start[circuit.lib[c]], circuit.fanin_start[c]
        for i in range(circuit.fanin_start[c + 1] - start):
            n = circuit.fanin[start + i]
            load[n, 0] += cells.cap[base + i, 0]
            load[n, 1] += cells.cap[base + i, 1]


@njit(**BARE)
def time_start(circuit: Circuit, cells: Cells, state: State, n: int) -> None:
    """Arrival and slew of a net that no cell's arcs lead to."""
    for e in range(2):
        for launch in range(len(circuit.begin)):
            state.arrival[launch, n, e] = circuit.begin[launch, n, e]
        state.slew[n, e] = circuit.begin_slew[n, e]
        if not circuit.driven[n]:
            continue
        delay, slew = -INF, -INF
        for k in range(len(circuit.driver_rows)):
            if circuit.driver_moves[k] & 3 << 2 * e:
                row = circuit.driver_rows[k]
                table = cells.arcs.delay[row, e]
                loaded = interpolate(cells.tables, table, 0.0, state.load[n, e])
                delay = max(delay, loaded - interpolate(cells.tables, table, 0.0, 0.0))
                slew = max(slew, interpolate(cells.tables, cells.arcs.slew[row, e], 0.0, state.load[n, e]))
        state.slew[n, e] = slew
        for launch in range(len(circuit.begin)):
            state.arrival[launch, n, e] += delay


@njit(**BARE)
def time_net(circuit: Circuit, cells: Cells, state: State, n: int) -> bool:
    """Arrival and slew of a net from those of its cell's inputs; true if one of them changed."""
    c, group, arcs = circuit.driver[n], group_of(circuit, cells, n), cells.arcs
    first, last = arcs.start[group], arcs.start[group + 1]
    changed = False
    if first == last:
        return changed
    launches = len(circuit.begin)
    for o in range(2):
        load = state.load[n, o]
        steepest = -INF
        for a in range(first, last):
            if not arcs.moves[a] & 3 << 2 * o:
                continue
            source, table = net_at(circuit, c, arcs.source[a]), arcs.slew[a, o]
            for i in range(2):
                if arcs.moves[a] & 1 << 2 * o + i:
                    from_slew = 0.0 if arcs.launch[a] and circuit.ideal[source] else state.slew[source, i]
                    steepest = max(steepest, interpolate(cells.tables, table, from_slew, load) if table >= 0 else 0.0)
        if steepest == -INF:
            steepest = 0.0
        changed |= state.slew[n, o] != steepest
        state.slew[n, o] = steepest
        for launch in range(launches):
            latest = -INF
            for a in range(first, last):
                source = net_at(circuit, c, arcs.source[a])
                for i in range(2):
                    if not arcs.moves[a] & arcs.paths[a] & 1 << 2 * o + i:
                        continue
                    begin = circuit.clock[launch, source, i] if arcs.launch[a] else state.arrival[launch, source, i]
                    if np.isinf(begin):
                        continue
                    from_slew = 0.0 if arcs.launch[a] and circuit.ideal[source] else state.slew[source, i]
                    latest = max(latest, begin + interpolate(cells.tables, arcs.delay[a, o], from_slew, load))
            changed |= state.arrival[launch, n, o] != latest
            state.arrival[launch, n, o] = latest
    return changed


@njit(**BARE)
def margin_of(circuit: Circuit, cells: Cells, state: State, end: int) -> float:
    """What an end demands beyond the arrival: a set-up time or an output delay; -inf where it demands nothing."""
    rank = circuit.end_rank[end]
    if rank < 0:
        return circuit.end_margin[end]
    pin, edge = circuit.end_pin[end], circuit.end_edge[end]
    table = cells.checks[cells.check_first[circuit.lib[circuit.owner[pin]]] + rank, edge]
    return interpolate(cells.tables, table, 0.0, state.slew[circuit.fanin[pin], edge]) if table >= 0 else -INF


@njit(**BARE)
def delay_of(circuit: Circuit, cells: Cells, state: State) -> float:
    """The smallest period that all ends allow; 0 if nothing arrives."""
    worst = 0.0
    for k in range(len(circuit.end_pin)):
        arrival = state.arrival[circuit.end_launch[k], circuit.fanin[circuit.end_pin[k]], circuit.end_edge[k]]
        if arrival > -INF:
            worst = max(worst, (arrival + margin_of(circuit, cells, state, k)) / circuit.end_cycles[k])
    return worst


@njit(**BARE)
def area_of(circuit: Circuit, cells: Cells) -> float:
    """Sum of the areas of the cells."""
    total = 0.0
    for c in range(circuit.used[0]):
        if circuit.alive[c]:
            total += cells.area[circuit.lib[c]]
    return total


@njit(**BARE)
def time_all(circuit: Circuit, cells: Cells, state: State) -> float:
    """Loads, arrivals and slews of all nets; returns the delay."""
    sum_loads(circuit, cells, state)
    for n in range(circuit.used[1]):
        time_start(circuit, cells, state, n)
    for at in range(circuit.used[1] - circuit.first[0]):
        time_net(circuit, cells, state, circuit.order[at])
    return delay_of(circuit, cells, state)

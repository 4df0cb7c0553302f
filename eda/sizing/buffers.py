"""Compiled insertion and removal of buffers at given prices. It loads numba.

A net's sinks go behind a buffer where the price of the load taken from the net exceeds the area of the buffer and the
price of the delay that it adds; those sinks first that have the smallest multipliers for their load.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.sizing.arrays import Array, Cells, Circuit, State
from eda.sizing.edit import add_cell, has_room, link, pin_load, remove_cell, rewire
from eda.sizing.kernels import INF
from eda.timing.kernels import BARE, interpolate


@njit(**BARE)
def pin_flow(circuit: Circuit, state: State, p: int, e: int) -> float:
    """Sum of the multipliers of the paths through pin `p` at edge `e`."""
    c, flow = circuit.owner[p], state.end_flow[p, e]
    if c < 0:
        return flow
    inputs = circuit.fanin_start[c + 1] - circuit.fanin_start[c]
    outputs = circuit.output_start[c + 1] - circuit.output_start[c]
    for k in range(outputs):
        at = circuit.weight_start[c] + (k * (inputs + outputs) + p - circuit.fanin_start[c]) * 4
        flow += state.weight[at + e] + state.weight[at + 2 + e]
    return flow


@njit(**BARE)
def sum_end_flows(circuit: Circuit, state: State) -> None:
    """Fill ``state.end_flow``: the multipliers of the ends at each pin."""
    for k in range(len(circuit.end_pin)):
        state.end_flow[circuit.end_pin[k], circuit.end_edge[k]] = 0.0
    for k in range(len(circuit.end_pin)):
        p, e = circuit.end_pin[k], circuit.end_edge[k]
        if state.arrival[circuit.end_launch[k], circuit.fanin[p], e] > -INF:
            state.end_flow[p, e] += state.end_weight[k] / circuit.end_cycles[k]


@njit(**BARE)
def buffer_cost(cells: Cells, state: State, n: int, lib: int, load: Array, flow: Array) -> float:
    """What a buffer `lib` before sinks of `load` [2] (fF) and `flow` [2] costs at net `n`; negative: it pays."""
    arcs, group = cells.arcs, cells.rows[0, lib]
    cost = cells.area[lib]
    if max(load[0], load[1]) > cells.max_load[cells.out_start[lib]]:
        return INF
    for e in range(2):
        cost += state.load_price[n, e] * (cells.cap[cells.cap_start[lib], e] - load[e])
        share = min(flow[e] / state.flow[n, e], 1.0) if state.flow[n, e] > 0.0 else 0.0
        delay, slew = 0.0, 0.0
        for a in range(arcs.start[group], arcs.start[group + 1]):
            if arcs.moves[a] & 1 << 3 * e:
                delay = max(delay, interpolate(cells.tables, arcs.delay[a, e], state.slew[n, e], load[e]))
                slew = max(slew, interpolate(cells.tables, arcs.slew[a, e], state.slew[n, e], load[e]))
        cost += flow[e] * delay + share * state.slew_price[n, e] * (slew - state.slew[n, e])
    return cost


@njit(cache=True)
def sinks_by_urgency(circuit: Circuit, cells: Cells, state: State, n: int) -> Array:
    """The sinks of net `n`, those with the smallest multipliers for their load first."""
    count, p = 0, circuit.head[n]
    while p >= 0:
        count, p = count + 1, circuit.following[p]
    pins, urgency = np.empty(count, np.int64), np.empty(count)
    p = circuit.head[n]
    for k in range(count):
        load = pin_load(circuit, cells, p, 0) + pin_load(circuit, cells, p, 1)
        flow = pin_flow(circuit, state, p, 0) + pin_flow(circuit, state, p, 1)
        pins[k], urgency[k] = p, flow / max(load, 1e-6)
        p = circuit.following[p]
    return pins[np.argsort(urgency, kind="mergesort")]


@njit(cache=True)
def best_buffer(circuit: Circuit, cells: Cells, state: State, n: int) -> tuple[float, int, int]:
    """``(gain, library cell, sinks)``: the buffer that pays most at net `n` and how many sinks go behind it."""
    load, flow = np.zeros(2), np.zeros(2)
    lowest, best, sinks = INF, -1, 0
    pins = sinks_by_urgency(circuit, cells, state, n)
    for k in range(len(pins)):
        for e in range(2):
            load[e] += pin_load(circuit, cells, pins[k], e)
            flow[e] += pin_flow(circuit, state, pins[k], e)
        for lib in cells.buffers:
            cost = buffer_cost(cells, state, n, lib, load, flow)
            if cost < lowest:
                lowest, best, sinks = cost, lib, k + 1
    return -lowest, best, sinks


@njit(cache=True)
def put_buffer(circuit: Circuit, cells: Cells, state: State, n: int, lib: int, sinks: int) -> None:
    """Put the least urgent sinks of net `n` behind a new buffer."""
    pins = sinks_by_urgency(circuit, cells, state, n)
    c = add_cell(circuit, state, lib, 1)
    link(circuit, cells, state, circuit.fanin_start[c], n)
    for k in range(sinks):
        for e in range(2):
            state.weight[circuit.weight_start[c] + 3 * e] += pin_flow(circuit, state, pins[k], e)
        rewire(circuit, cells, state, pins[k], circuit.output_start[c])


@njit(cache=True)
def buffer_nets(circuit: Circuit, cells: Cells, state: State, least: float) -> tuple[Array, Array]:
    """``(net, gain)`` of the nets at which a buffer gains more than `least` (um2), most first."""
    nets, gains = np.empty(circuit.used[1], np.int64), np.empty(circuit.used[1])
    count = 0
    for n in range(2, circuit.used[1]):
        d = circuit.driver[n]
        if (d >= 0 and not circuit.alive[d]) or circuit.ideal[n] or circuit.head[n] < 0:
            continue
        if circuit.following[circuit.head[n]] < 0 or state.flow[n, 0] + state.flow[n, 1] <= 0.0:
            continue
        gain = best_buffer(circuit, cells, state, n)[0]
        if gain > least:
            nets[count], gains[count] = n, gain
            count += 1
    order = np.argsort(-gains[:count], kind="mergesort")
    return nets[:count][order], gains[:count][order]


@njit(**BARE)
def buffer_worth(circuit: Circuit, cells: Cells, state: State, c: int, load: Array, flow: Array) -> float:
    """What the buffer `c` gains (um2); `load` and `flow` [2] are room."""
    n, m = circuit.fanin[circuit.fanin_start[c]], circuit.output_start[c]
    for e in range(2):
        load[e], flow[e] = state.load[m, e], 0.0
    p = circuit.head[m]
    while p >= 0:
        for e in range(2):
            flow[e] += pin_flow(circuit, state, p, e)
        p = circuit.following[p]
    return -buffer_cost(cells, state, n, circuit.lib[c], load, flow)


@njit(cache=True)
def idle_buffers(circuit: Circuit, cells: Cells, state: State, least: float) -> tuple[Array, Array]:
    """``(cell, gain)`` of the buffers whose removal gains more than `least` (um2), most first."""
    load, flow = np.zeros(2), np.zeros(2)
    found, gains = np.empty(circuit.used[0], np.int64), np.empty(circuit.used[0])
    count = 0
    for c in range(circuit.used[0]):
        if not circuit.alive[c] or circuit.fixed[c] or circuit.pattern[c] != 0 or not cells.is_buffer[circuit.lib[c]]:
            continue
        gain = -buffer_worth(circuit, cells, state, c, load, flow)
        n, m = circuit.fanin[circuit.fanin_start[c]], circuit.output_start[c]
        if gain > least and not overfull(circuit, cells, state, n, m):
            found[count], gains[count] = c, gain
            count += 1
    order = np.argsort(-gains[:count], kind="mergesort")
    return found[:count][order], gains[:count][order]


@njit(**BARE)
def drop_buffer(circuit: Circuit, cells: Cells, state: State, c: int) -> None:
    """Let the sinks of the buffer `c` read its input."""
    n, m = circuit.fanin[circuit.fanin_start[c]], circuit.output_start[c]
    while circuit.head[m] >= 0:
        rewire(circuit, cells, state, circuit.head[m], n)
    remove_cell(circuit, cells, state, c)


@njit(**BARE)
def overfull(circuit: Circuit, cells: Cells, state: State, n: int, m: int) -> bool:
    """True if the driver of `n` may not drive the sinks of `m` as well."""
    d = circuit.driver[n]
    if d < 0:
        return False
    limit = cells.max_load[cells.out_start[circuit.lib[d]] + n - circuit.output_start[d]]
    return max(state.load[n, 0] + state.load[m, 0], state.load[n, 1] + state.load[m, 1]) > limit


@njit(cache=True)
def edit_buffers(circuit: Circuit, cells: Cells, state: State, skip: int, most: int, least: float) -> int:
    """Of the insertions and removals of buffers that gain more than `least`, do `most` after the first `skip`; how many."""
    sum_end_flows(circuit, state)
    nets, gains = buffer_nets(circuit, cells, state, least)
    idle, worth = idle_buffers(circuit, cells, state, least)
    done, i, j = 0, 0, 0
    while done < most and (i < len(nets) or j < len(idle)):
        add = j == len(idle) or (i < len(nets) and gains[i] >= worth[j])
        if i + j >= skip:
            if not add:
                drop_buffer(circuit, cells, state, idle[j])
            elif has_room(circuit, 1, 1):
                gain, lib, sinks = best_buffer(circuit, cells, state, nets[i])
                if gain > least:
                    put_buffer(circuit, cells, state, nets[i], lib, sinks)
            done += 1
        i, j = (i + 1, j) if add else (i, j + 1)
    return done

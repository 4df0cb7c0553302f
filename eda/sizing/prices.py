"""Compiled backward pass of Lagrangian relaxation: required times, multipliers, and prices of loads and slews.

The multipliers of a net's arcs are renewed by their slacks and then scaled so that as much enters each net as leaves it,
the optimality condition of Chen, Chu and Wong (IEEE TCAD 1999) in the discrete form of Flach et al. (IEEE TCAD 2014). The
prices are the derivatives of the sum of multipliers times delays, slews downstream included, found by the chain rule.
It loads numba.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.sizing.arrays import Cells, Circuit, State
from eda.sizing.kernels import INF, group_of, margin_of, net_at, slopes
from eda.timing.kernels import BARE


@njit(**BARE)
def factor(slack: float, scale: float, exponent: float) -> float:
    """By how much a multiplier grows (negative slack) or shrinks."""
    ratio = slack / scale
    if ratio >= 0.0:
        return (1.0 + ratio) ** -exponent
    return min(1.0 - ratio, 2.0) ** exponent


@njit(**BARE)
def price_ends(
    circuit: Circuit, cells: Cells, state: State, period: float, scale: float, exponent: float, total: float
) -> None:
    """Renew the multipliers of the ends and begin `required`, `flow` and the prices with them.

    `total` > 0 fixes the sum of the multipliers of the ends.
    """
    for n in range(circuit.used[1]):
        for e in range(2):
            state.flow[n, e] = state.load_price[n, e] = state.slew_price[n, e] = 0.0
            for launch in range(len(circuit.begin)):
                state.required[launch, n, e] = INF
    reached = 0.0
    for k in range(len(circuit.end_pin)):
        launch, n, e = circuit.end_launch[k], circuit.fanin[circuit.end_pin[k]], circuit.end_edge[k]
        margin = margin_of(circuit, cells, state, k)
        arrival = state.arrival[launch, n, e]
        if np.isinf(arrival) or np.isinf(margin):
            continue
        limit = circuit.end_cycles[k] * period - margin
        state.required[launch, n, e] = min(state.required[launch, n, e], limit)
        state.end_weight[k] *= factor(limit - arrival, scale, exponent)
        state.end_weight[k] = min(max(state.end_weight[k], 1e-12), 1e9)
        reached += state.end_weight[k]
    share = total / reached if total > 0.0 and reached > 0.0 else 1.0
    for k in range(len(circuit.end_pin)):
        launch, n, e = circuit.end_launch[k], circuit.fanin[circuit.end_pin[k]], circuit.end_edge[k]
        if np.isinf(state.arrival[launch, n, e]):
            continue
        state.end_weight[k] *= share
        state.flow[n, e] += state.end_weight[k] / circuit.end_cycles[k]
        if circuit.end_rank[k] >= 0:
            table = cells.checks[cells.check_first[circuit.lib[circuit.owner[circuit.end_pin[k]]]] + circuit.end_rank[k], e]
            if table >= 0:
                by_slew = slopes(cells.tables, table, 0.0, state.slew[n, e])[2]
                state.slew_price[n, e] += state.end_weight[k] / circuit.end_cycles[k] * by_slew


@njit(**BARE)
def price_start(circuit: Circuit, cells: Cells, state: State, n: int) -> None:
    """The price of the load of a net that the driver of the inputs drives."""
    if not circuit.driven[n]:
        return
    for e in range(2):
        delay_slope, slew_slope, latest, steepest = 0.0, 0.0, -INF, -INF
        for k in range(len(circuit.driver_rows)):
            if circuit.driver_moves[k] & 3 << 2 * e:
                row = circuit.driver_rows[k]
                value, _, by_load = slopes(cells.tables, cells.arcs.delay[row, e], 0.0, state.load[n, e])
                if value > latest:
                    latest, delay_slope = value, by_load
                value, _, by_load = slopes(cells.tables, cells.arcs.slew[row, e], 0.0, state.load[n, e])
                if value > steepest:
                    steepest, slew_slope = value, by_load
        state.load_price[n, e] = state.flow[n, e] * delay_slope + state.slew_price[n, e] * slew_slope


@njit(**BARE)
def price_net(circuit: Circuit, cells: Cells, state: State, n: int, scale: float, exponent: float) -> None:
    """Distribute the flow that leaves a net over the arcs to it; add to the prices of the nets it depends on.

    Per source pin and move, ``state.scratch`` gets the delay and its derivatives.
    """
    scratch = state.scratch
    c, group, arcs = circuit.driver[n], group_of(circuit, cells, n), cells.arcs
    first, last = arcs.start[group], arcs.start[group + 1]
    if first == last:
        return
    inputs, outputs = circuit.fanin_start[c + 1] - circuit.fanin_start[c], circuit.output_start[c + 1] - circuit.output_start[c]
    pins = inputs + outputs
    weights = circuit.weight_start[c] + (n - circuit.output_start[c]) * pins * 4
    launches = len(circuit.begin)
    for o in range(2):
        load, flow = state.load[n, o], state.flow[n, o]
        for at in range(pins * 4):
            scratch[at, 0] = -INF
        steepest, slew_by_slew, slew_by_load, steep_net, steep_edge = -INF, 0.0, 0.0, -1, 0
        for a in range(first, last):
            if not arcs.moves[a] & 3 << 2 * o:
                continue
            source = net_at(circuit, c, arcs.source[a])
            still = arcs.launch[a] and circuit.ideal[source]
            for i in range(2):
                if not arcs.moves[a] & 1 << 2 * o + i:
                    continue
                from_slew = 0.0 if still else state.slew[source, i]
                if arcs.slew[a, o] >= 0:
                    value, by_slew, by_load = slopes(cells.tables, arcs.slew[a, o], from_slew, load)
                    if value > steepest:
                        steepest, slew_by_slew, slew_by_load = value, by_slew, by_load
                        steep_net, steep_edge = (-1 if still else source), i
                if arcs.paths[a] & 1 << 2 * o + i:
                    value, by_slew, by_load = slopes(cells.tables, arcs.delay[a, o], from_slew, load)
                    at = arcs.source[a] * 4 + 2 * o + i
                    if value > scratch[at, 0]:
                        scratch[at, 0], scratch[at, 1], scratch[at, 2] = value, (0.0 if still else by_slew), by_load
                    if not arcs.launch[a]:
                        for launch in range(launches):
                            limit = state.required[launch, n, o] - value
                            state.required[launch, source, i] = min(state.required[launch, source, i], limit)
        total = 0.0
        for s in range(pins):
            for i in range(2):
                at = s * 4 + 2 * o + i
                if scratch[at, 0] == -INF:
                    state.weight[weights + at] = 0.0
                    continue
                source, slack = net_at(circuit, c, s), INF
                for launch in range(launches):
                    begin = max(state.arrival[launch, source, i], circuit.clock[launch, source, i])
                    if begin > -INF:
                        slack = min(slack, state.required[launch, n, o] - begin - scratch[at, 0])
                grown = 0.0 if slack == INF else max(state.weight[weights + at], 1e-9) * factor(slack, scale, exponent)
                state.weight[weights + at] = max(grown, 1e-30) if slack < INF else 0.0
                total += state.weight[weights + at]
        share = flow / total if total > 0.0 else 0.0
        load_price = state.slew_price[n, o] * slew_by_load
        for s in range(pins):
            for i in range(2):
                at = s * 4 + 2 * o + i
                weight = state.weight[weights + at] * share
                state.weight[weights + at] = weight
                if weight > 0.0:
                    source = net_at(circuit, c, s)
                    state.flow[source, i] += weight
                    state.slew_price[source, i] += weight * scratch[at, 1]
                    load_price += weight * scratch[at, 2]
        if steep_net >= 0:
            state.slew_price[steep_net, steep_edge] += state.slew_price[n, o] * slew_by_slew
        state.load_price[n, o] = load_price


@njit(**BARE)
def price_all(circuit: Circuit, cells: Cells, state: State, period: float, scale: float, exponent: float, total: float) -> None:
    """Required times for `period`, renewed multipliers, and prices, of all nets."""
    price_ends(circuit, cells, state, period, scale, exponent, total)
    for at in range(circuit.used[1] - circuit.first[0] - 1, -1, -1):
        price_net(circuit, cells, state, circuit.order[at], scale, exponent)
    for n in range(circuit.first[0]):
        price_start(circuit, cells, state, n)

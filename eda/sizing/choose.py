"""Compiled choice of each cell's size at given prices. It loads numba."""

from __future__ import annotations

from numba import njit

from eda.sizing.arrays import Cells, Circuit, State
from eda.sizing.edit import swap_pins
from eda.sizing.kernels import INF, net_at, slopes
from eda.timing.kernels import BARE, interpolate

NEGLIGIBLE = 0.01
"""Cost of delays (um2) that no order of inputs is worth looking for."""


@njit(**BARE)
def cost_of(circuit: Circuit, cells: Cells, state: State, c: int, lib: int) -> float:
    """Area, price of the pins' loads, and weighted delays of cell `c` as the library cell `lib`; fills ``state.out_slew``."""
    arcs, start, scratch = cells.arcs, circuit.fanin_start[c], state.scratch
    inputs, first_net = circuit.fanin_start[c + 1] - start, circuit.output_start[c]
    outputs = circuit.output_start[c + 1] - first_net
    cost = cells.area[lib]
    for i in range(inputs):
        n, cap = circuit.fanin[start + i], cells.cap_start[lib] + i
        cost += state.load_price[n, 0] * cells.cap[cap, 0] + state.load_price[n, 1] * cells.cap[cap, 1]
    pins = inputs + outputs
    for k in range(outputs):
        n, group = first_net + k, cells.rows[circuit.pattern[c], lib] + k
        weights = circuit.weight_start[c] + k * pins * 4
        for at in range(pins * 4):
            scratch[at, 0] = 0.0
        for o in range(2):
            steepest, load = 0.0, state.load[n, o]
            for a in range(arcs.start[group], arcs.start[group + 1]):
                if not arcs.moves[a] & 3 << 2 * o:
                    continue
                source = net_at(circuit, c, arcs.source[a])
                for i in range(2):
                    if not arcs.moves[a] & 1 << 2 * o + i:
                        continue
                    from_slew = 0.0 if arcs.launch[a] and circuit.ideal[source] else state.slew[source, i]
                    if arcs.slew[a, o] >= 0:
                        steepest = max(steepest, interpolate(cells.tables, arcs.slew[a, o], from_slew, load))
                    at = arcs.source[a] * 4 + 2 * o + i
                    if arcs.paths[a] & 1 << 2 * o + i and state.weight[weights + at] > 0.0:
                        scratch[at, 0] = max(scratch[at, 0], interpolate(cells.tables, arcs.delay[a, o], from_slew, load))
            state.out_slew[k, o] = steepest
            cost += state.slew_price[n, o] * steepest
        for at in range(pins * 4):
            cost += state.weight[weights + at] * scratch[at, 0]
    return cost


@njit(**BARE)
def overloads(circuit: Circuit, cells: Cells, state: State, c: int, lib: int) -> bool:
    """True if an output of `c` as `lib`, or a cell before it, would drive more than its library allows."""
    for k in range(circuit.output_start[c + 1] - circuit.output_start[c]):
        n = circuit.output_start[c] + k
        if max(state.load[n, 0], state.load[n, 1]) > cells.max_load[cells.out_start[lib] + k]:
            return True
    old, new = cells.cap_start[circuit.lib[c]], cells.cap_start[lib]
    start = circuit.fanin_start[c]
    for i in range(circuit.fanin_start[c + 1] - start):
        n = circuit.fanin[start + i]
        d = circuit.driver[n]
        if d < 0:
            continue
        limit = cells.max_load[cells.out_start[circuit.lib[d]] + n - circuit.output_start[d]]
        for e in range(2):
            more = cells.cap[new + i, e] - cells.cap[old + i, e]
            if more > 0.0 and state.load[n, e] + more > limit:
                return True
    return False


@njit(**BARE)
def set_cell(circuit: Circuit, cells: Cells, state: State, c: int, lib: int) -> None:
    """Make `c` the library cell `lib` and change the loads before it."""
    old, new, start = cells.cap_start[circuit.lib[c]], cells.cap_start[lib], circuit.fanin_start[c]
    for i in range(circuit.fanin_start[c + 1] - start):
        n = circuit.fanin[start + i]
        for e in range(2):
            state.load[n, e] += cells.cap[new + i, e] - cells.cap[old + i, e]
    circuit.lib[c] = lib


@njit(**BARE)
def choose_cell(circuit: Circuit, cells: Cells, state: State, c: int, swap: bool) -> bool:
    """Make `c` the choice of least cost and, with `swap`, order its inputs; true if something changed."""
    own, swapped = circuit.lib[c], False
    best, last, least = own, own, cost_of(circuit, cells, state, c, own)
    if overloads(circuit, cells, state, c, own):
        least = INF
    if not circuit.fixed[c]:
        for k in range(cells.n_choices[own]):
            lib = cells.choices[own, k]
            # no cell costs less than its area
            if lib == own or cells.area[lib] >= least or overloads(circuit, cells, state, c, lib):
                continue
            cost, last = cost_of(circuit, cells, state, c, lib), lib
            if cost < least:
                best, least = lib, cost
    if best != own:
        set_cell(circuit, cells, state, c, best)
    if swap and circuit.pattern[c] == 0 and least - cells.area[best] > NEGLIGIBLE:
        swapped = choose_pins(circuit, cells, state, c)
    if best != last or swap:
        cost_of(circuit, cells, state, c, best)
    for k in range(circuit.output_start[c + 1] - circuit.output_start[c]):
        for o in range(2):
            state.slew[circuit.output_start[c] + k, o] = state.out_slew[k, o]
    return best != own or swapped


@njit(**BARE)
def choose_pins(circuit: Circuit, cells: Cells, state: State, c: int) -> bool:
    """Exchange those symmetric inputs of `c` for which that costs less; true if some were."""
    changed = False
    for k in range(cells.swap_start[circuit.lib[c]], cells.swap_start[circuit.lib[c] + 1]):
        i, j = cells.swaps[k, 0], cells.swaps[k, 1]
        if circuit.fanin[circuit.fanin_start[c] + i] == circuit.fanin[circuit.fanin_start[c] + j]:
            continue
        before = cost_of(circuit, cells, state, c, circuit.lib[c])
        swap_pins(circuit, cells, state, c, i, j)
        if cost_of(circuit, cells, state, c, circuit.lib[c]) < before - 1e-9:
            changed = True
        else:
            swap_pins(circuit, cells, state, c, i, j)
    return changed


@njit(**BARE)
def renew_load_price(circuit: Circuit, cells: Cells, state: State, c: int) -> None:
    """The prices of the loads of the nets of `c`, after it changed."""
    arcs = cells.arcs
    inputs = circuit.fanin_start[c + 1] - circuit.fanin_start[c]
    outputs = circuit.output_start[c + 1] - circuit.output_start[c]
    for k in range(outputs):
        n, group = circuit.output_start[c] + k, cells.rows[circuit.pattern[c], circuit.lib[c]] + k
        weights = circuit.weight_start[c] + k * (inputs + outputs) * 4
        for o in range(2):
            price, steepest, slope, load = 0.0, -INF, 0.0, state.load[n, o]
            for a in range(arcs.start[group], arcs.start[group + 1]):
                source = net_at(circuit, c, arcs.source[a])
                for i in range(2):
                    if not arcs.moves[a] & 1 << 2 * o + i:
                        continue
                    from_slew = 0.0 if arcs.launch[a] and circuit.ideal[source] else state.slew[source, i]
                    if arcs.slew[a, o] >= 0:
                        value, _, by_load = slopes(cells.tables, arcs.slew[a, o], from_slew, load)
                        if value > steepest:
                            steepest, slope = value, by_load
                    weight = state.weight[weights + arcs.source[a] * 4 + 2 * o + i]
                    if arcs.paths[a] & 1 << 2 * o + i and weight > 0.0:
                        # rows of one move differ in their conditions only: they share its weight
                        by_load = slopes(cells.tables, arcs.delay[a, o], from_slew, load)[2]
                        price = price + weight * by_load / _rows_of_move(cells, group, arcs.source[a], 2 * o + i)
            state.load_price[n, o] = price + state.slew_price[n, o] * slope


@njit(**BARE)
def _rows_of_move(cells: Cells, group: int, source: int, move: int) -> int:
    count = 0
    for a in range(cells.arcs.start[group], cells.arcs.start[group + 1]):
        if cells.arcs.source[a] == source and cells.arcs.paths[a] & 1 << move:
            count += 1
    return count


@njit(**BARE)
def choose_all(circuit: Circuit, cells: Cells, state: State, swap: bool) -> int:
    """One pass over all cells, sources first, with `swap` over the order of their inputs too; returns how many changed."""
    seen = state.seen
    for c in range(circuit.used[0]):
        seen[c] = False
    changed = 0
    for at in range(circuit.used[1] - circuit.first[0]):
        c = circuit.driver[circuit.order[at]]
        if seen[c]:
            continue
        seen[c] = True
        if not circuit.alive[c]:
            continue
        if choose_cell(circuit, cells, state, c, swap):
            changed += 1
            renew_load_price(circuit, cells, state, c)
    return changed

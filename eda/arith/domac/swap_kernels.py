"""Compiled local search on flat compressor trees with incremental exact timing. Import this module only where it is used.

A move exchanges the readers of two signals of one column, or the implementation of a compressor. What depends on it is
found by a depth-first walk, which also finds the cycles that a move would close, and timed again in topological order;
a refused move is undone. Conventions as in `eda.arith.domac.kernels`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from eda.arith.domac.kernels import Cells, State, Tree, adder_load, evaluate, segment

Array = np.ndarray[Any, Any]

_NONE = -1


class Goal(NamedTuple):
    """Final signals and the required time of each; smoothing (ps), ps per um2, load at the final adder (fF).

    `required` is per signal: what the final adder requires of it where it is final, and of every signal of its column.
    """

    width: int
    required: Array
    gamma: float
    per_area: float
    outside: float


class Scratch(NamedTuple):
    """Work space per compressor: state of the walk, its stack, the cone found, what is to be timed, what was before."""

    mark: Array
    stack: Array
    at: Array
    cone: Array
    dirty: Array
    old: Array


@njit(cache=True)
def scratch(compressors: int) -> Scratch:
    """Work space for a tree of that many compressors."""
    n = compressors + 1
    return Scratch(
        np.zeros(n, np.int8),
        np.zeros(n, np.int64),
        np.zeros(n, np.int8),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
        np.zeros((n, 2, 2, 2)),
    )


@njit(cache=True)
def walk(tree: Tree, space: Scratch, starts: Array) -> int:
    """Fill ``space.cone`` with all that `starts` reach, readers before what they read; its size, or -1 for a cycle."""
    count = 0
    acyclic = True
    for root in starts:
        if root < 0 or space.mark[root] != 0 or not acyclic:
            continue
        depth = 1
        space.stack[0], space.mark[root], space.at[root] = root, 1, 0
        while depth > 0:
            j = space.stack[depth - 1]
            if space.at[j] == 2:
                space.mark[j] = 2
                space.cone[count] = j
                count += 1
                depth -= 1
                continue
            slot = tree.reader[tree.first + 2 * j + space.at[j]]
            space.at[j] += 1
            if slot < 0:
                continue
            below = slot // 3
            if space.mark[below] == 1:
                acyclic = False
                break
            if space.mark[below] == 0:
                space.stack[depth], space.mark[below], space.at[below] = below, 1, 0
                depth += 1
        if not acyclic:
            for k in range(depth):
                space.mark[space.stack[k]] = 0
    for k in range(count):
        space.mark[space.cone[k]] = 0
    return count if acyclic else -1


@njit(cache=True)
def retime(tree: Tree, cells: Cells, state: State, space: Scratch, count: int, starts: Array) -> None:
    """Time again what changed in the cone; keep the values from before in ``space.old``."""
    for j in starts:
        if j >= 0:
            space.dirty[j] = True
    for k in range(count - 1, -1, -1):
        j = space.cone[k]
        first = tree.first + 2 * j
        for out in range(2):
            for edge in range(2):
                space.old[k, out, edge, 0] = state.arrival[first + out, edge]
                space.old[k, out, edge, 1] = state.slew[first + out, edge]
        if space.dirty[j] and evaluate(tree, cells, state, j):
            for out in range(2):
                slot = tree.reader[first + out]
                if slot >= 0:
                    space.dirty[slot // 3] = True
        space.dirty[j] = False


@njit(cache=True)
def restore(tree: Tree, state: State, space: Scratch, count: int) -> None:
    """Arrivals and slews as they were before `retime`."""
    for k in range(count):
        first = tree.first + 2 * space.cone[k]
        for out in range(2):
            for edge in range(2):
                state.arrival[first + out, edge] = space.old[k, out, edge, 0]
                state.slew[first + out, edge] = space.old[k, out, edge, 1]


@njit(cache=True)
def worst(tree: Tree, state: State, goal: Goal, column: Array) -> tuple[float, float]:
    """Largest lateness of the final signals, and the smooth one (ps)."""
    top = -np.inf
    for x in range(len(column)):
        if tree.reader[x] < 0 and column[x] < goal.width:
            top = max(top, max(state.arrival[x, 0], state.arrival[x, 1]) - goal.required[x])
    total = 0.0
    for x in range(len(column)):
        if tree.reader[x] < 0 and column[x] < goal.width:
            for edge in range(2):
                late = (state.arrival[x, edge] - goal.required[x] - top) / goal.gamma
                if late > -40.0:
                    total += np.exp(late)
    return top, top + goal.gamma * np.log(total)


@njit(cache=True)
def connect(tree: Tree, cells: Cells, state: State, signal: int, slot: int, outside: float) -> None:
    """Let `slot` read `signal`."""
    tree.reader[signal] = slot
    if slot >= 0:
        tree.inputs[slot // 3, slot % 3] = signal
    for edge in range(2):
        state.load[signal, edge] = adder_load(tree, cells, signal, edge, outside)


@njit(cache=True)
def exchange(tree: Tree, cells: Cells, state: State, x: int, y: int, outside: float) -> None:
    """Exchange the readers of two signals."""
    slot_x, slot_y = tree.reader[x], tree.reader[y]
    connect(tree, cells, state, x, slot_y, outside)
    connect(tree, cells, state, y, slot_x, outside)


@njit(cache=True)
def driver(tree: Tree, signal: int) -> int:
    """The compressor that makes a signal, -1 for a dot."""
    return (signal - tree.first) // 2 if signal >= tree.first else _NONE


@njit(cache=True)
def try_swap(
    tree: Tree, cells: Cells, state: State, space: Scratch, goal: Goal, column: Array, x: int, y: int, cost: float
) -> float:
    """Exchange the readers of x and y if that lowers `cost`; the cost after that."""
    starts = np.empty(4, np.int64)
    starts[0], starts[1] = driver(tree, x), driver(tree, y)
    for k, signal in enumerate((x, y)):
        slot = tree.reader[signal]
        starts[2 + k] = slot // 3 if slot >= 0 else _NONE
    exchange(tree, cells, state, x, y, goal.outside)
    count = walk(tree, space, starts)
    if count >= 0:
        retime(tree, cells, state, space, count, starts)
        new = worst(tree, state, goal, column)[1]
        if new < cost - 1e-6:
            return new
        restore(tree, state, space, count)
    exchange(tree, cells, state, x, y, goal.outside)
    return cost


@njit(cache=True)
def set_impl(tree: Tree, cells: Cells, state: State, j: int, impl: int, outside: float, starts: Array) -> None:
    """Build compressor j differently; `starts` [4] becomes it and the drivers of its inputs."""
    tree.impl[j] = impl
    starts[:] = _NONE
    starts[3] = j
    for pin in range(2 + tree.kind[j]):
        signal = tree.inputs[j, pin]
        starts[pin] = driver(tree, signal)
        for edge in range(2):
            state.load[signal, edge] = adder_load(tree, cells, signal, edge, outside)


@njit(cache=True)
def try_impl(
    tree: Tree, cells: Cells, state: State, space: Scratch, goal: Goal, column: Array, j: int, impl: int, cost: float
) -> float:
    """Build compressor j as `impl` if that lowers the smooth lateness plus priced area; the lateness after that."""
    before, kind = tree.impl[j], tree.kind[j]
    price = goal.per_area * (cells.area[kind, impl] - cells.area[kind, before])
    starts = np.empty(4, np.int64)
    set_impl(tree, cells, state, j, impl, goal.outside, starts)
    count = walk(tree, space, starts)
    retime(tree, cells, state, space, count, starts)
    new = worst(tree, state, goal, column)[1]
    if new + price < cost - 1e-6:
        return new
    restore(tree, state, space, count)
    set_impl(tree, cells, state, j, before, goal.outside, starts)
    return cost


@njit(cache=True)
def delay_of(
    cells: Cells, state: State, kind: int, impl: int, pin: int, out: int, first: int, last: int, source: int, target: int
) -> float:
    """Delay of one arc under its present slew and load."""
    x, u = segment(cells.slews, state.slew[source, first])
    y, v = segment(cells.loads, state.load[target, last])
    t = cells.values[kind, impl, pin, out, first, last]
    low = t[x, y, 0] + v * (t[x, y + 1, 0] - t[x, y, 0])
    high = t[x + 1, y, 0] + v * (t[x + 1, y + 1, 0] - t[x + 1, y, 0])
    return low + u * (high - low)


@njit(cache=True)
def require(tree: Tree, cells: Cells, state: State, space: Scratch, goal: Goal, column: Array, top: float) -> Array:
    """[signals, 2]: the latest arrival of each signal at which the largest lateness stays `top`."""
    limit = np.full(state.arrival.shape, np.inf)
    for x in range(len(column)):
        if tree.reader[x] < 0 and column[x] < goal.width:
            limit[x] = goal.required[x] + top
    count = walk(tree, space, np.arange(len(tree.kind)))
    for k in range(count):
        j = space.cone[k]
        kind, impl = tree.kind[j], tree.impl[j]
        for out in range(2):
            target = tree.first + 2 * j + out
            for last in range(2):
                if limit[target, last] == np.inf:
                    continue
                for pin in range(2 + kind):
                    source = tree.inputs[j, pin]
                    for first in range(2):
                        if cells.moves[kind, impl, pin, out, first, last]:
                            delay = delay_of(cells, state, kind, impl, pin, out, first, last, source, target)
                            limit[source, first] = min(limit[source, first], limit[target, last] - delay)
    return limit


@njit(cache=True)
def slack_of(state: State, limit: Array, x: int, y: int) -> float:
    """Slack of signal x in the place of signal y."""
    return min(limit[y, 0] - state.arrival[x, 0], limit[y, 1] - state.arrival[x, 1])


@njit(cache=True)
def swap_sweep(
    tree: Tree,
    cells: Cells,
    state: State,
    space: Scratch,
    goal: Goal,
    column: Array,
    members: Array,
    start: Array,
    margin: float,
) -> int:
    """Try to exchange every signal of little slack with every earlier one that may be as late; the moves made.

    `members` holds the signals by column, those of column c from ``start[c]``. Signals within `margin` ps of the largest
    lateness are critical.
    """
    moves = 0
    top, cost = worst(tree, state, goal, column)
    limit = require(tree, cells, state, space, goal, column, top)
    for c in range(goal.width):
        for a in range(start[c], start[c + 1]):
            x = members[a]
            if slack_of(state, limit, x, x) > margin:
                continue
            for b in range(start[c], start[c + 1]):
                y = members[b]
                if y == x or tree.reader[x] == tree.reader[y]:
                    continue
                mates = tree.reader[x] // 3 == tree.reader[y] // 3
                if not mates:
                    if max(state.arrival[y, 0], state.arrival[y, 1]) >= max(state.arrival[x, 0], state.arrival[x, 1]):
                        continue
                    if slack_of(state, limit, x, y) < 0:
                        continue
                new = try_swap(tree, cells, state, space, goal, column, x, y, cost)
                if new < cost:
                    cost = new
                    moves += 1
                    top, _ = worst(tree, state, goal, column)
                    limit = require(tree, cells, state, space, goal, column, top)
                    if slack_of(state, limit, x, x) > margin:
                        break
    return moves


@njit(cache=True)
def impl_sweep(tree: Tree, cells: Cells, state: State, space: Scratch, goal: Goal, column: Array, counts: Array) -> int:
    """Try every implementation of every compressor; the exchanges made."""
    moves = 0
    _, cost = worst(tree, state, goal, column)
    for j in range(len(tree.kind)):
        for impl in range(counts[tree.kind[j]]):
            if impl == tree.impl[j]:
                continue
            before = tree.impl[j]
            cost = try_impl(tree, cells, state, space, goal, column, j, impl, cost)
            moves += tree.impl[j] != before
    return moves

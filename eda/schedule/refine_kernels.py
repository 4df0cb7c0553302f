"""Compiled local search over legal schedules. It loads numba.

A `Place` is a schedule with everything that a move changes: last uses of values and use of rows per step. `shift` moves
one operation and returns the change of energy; moving it back undoes it exactly.

Energy = cost of starts and last uses + price of each row x units above its level, summed over steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from eda.schedule.gaus.model import Array, Model

BARE: dict[str, Any] = {"cache": True, "_nrt": False}


class Place(NamedTuple):
    """start int64 [V], last int64 [Q], use int64 [K, S], penalty float64 [K, largest use + 1], stack int64 [2, G]: room for
    the moves of a group."""

    start: Array
    last: Array
    use: Array
    penalty: Array
    stack: Array


@njit(**BARE)
def _add(m: Model, p: Place, row: int, begin: int, end: int, amount: int) -> float:
    """Add `amount` to a row in steps begin <= t < end; the change of the penalty."""
    use, penalty, change = p.use[row], p.penalty[row], 0.0
    for t in range(begin, end):
        at = t % m.fold if m.fold > 0 else t
        before = use[at]
        after = before + amount
        use[at] = after
        change += penalty[after] - penalty[before]
    return change


@njit(**BARE)
def _stretch(m: Model, p: Place, row: int, before: int, after: int, amount: int) -> float:
    """Something that holds `amount` up to `before` holds it up to `after` instead."""
    if after > before:
        return _add(m, p, row, before, after, amount)
    return _add(m, p, row, after, before, -amount)


@njit(**BARE)
def _last_use(m: Model, p: Place, value: int) -> int:
    last = -(2**60)
    for j in range(m.part_first[value], m.part_first[value + 1]):
        last = max(last, p.start[m.part_op[j]] + m.part_lag[j])
    return last


@njit(**BARE)
def _shift_values(m: Model, p: Place, v: int, before: int, after: int) -> float:
    """Births and last uses follow operation v, which has already moved."""
    memory, energy, own = len(m.weight) - 1, 0.0, m.own[v]
    if own >= 0 and m.width[own] > 0:
        energy += _stretch(m, p, memory, before + m.age[own], after + m.age[own], -m.width[own])
    for j in range(m.touch_first[v], m.touch_first[v + 1]):
        value, lag = m.touch_value[j], m.touch_lag[j]
        last = p.last[value]
        now = last
        if after + lag >= last:
            now = after + lag
        elif before + lag == last:
            now = _last_use(m, p, value)
        p.last[value] = now
        energy += m.last_cost[value] * (now - last)
        if m.width[value] > 0 and now != last:
            energy += _stretch(m, p, memory, last, now, m.width[value])
    return energy


@njit(**BARE)
def shift(m: Model, p: Place, v: int, after: int) -> float:
    """Move operation v to step `after`; the change of the energy."""
    before = p.start[v]
    p.start[v] = after
    energy = m.cost[v] * (after - before)
    for j in range(m.use_first[v], m.use_first[v + 1]):
        row, amount, length = m.use_row[j], m.use_amount[j], m.use_length[j]
        if abs(after - before) >= length:
            energy += _add(m, p, row, before, before + length, -amount)
            energy += _add(m, p, row, after, after + length, amount)
        else:
            energy += _stretch(m, p, row, before + length, after + length, amount)
            energy += _stretch(m, p, row, before, after, -amount)
    if m.touch_first[v] < m.touch_first[v + 1]:
        energy += _shift_values(m, p, v, before, after)
    return energy


@njit(**BARE)
def slack(m: Model, p: Place, v: int) -> tuple[int, int]:
    """First and last step that operation v may start in while all others stay."""
    low, high = m.low[v], m.high[v]
    for j in range(m.in_first[v], m.in_first[v + 1]):
        low = max(low, p.start[m.in_op[j]] + m.in_lag[j])
    for j in range(m.out_first[v], m.out_first[v + 1]):
        high = min(high, p.start[m.out_op[j]] - m.out_lag[j])
    return low, high


@njit(**BARE)
def _random(state: Array) -> np.int64:
    """The next number of a xorshift generator, 0 <= x < 2**31."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.int64(x >> np.uint64(33))


@njit(**BARE)
def _undo(m: Model, p: Place, moves: int) -> None:
    for i in range(moves - 1, -1, -1):
        shift(m, p, p.stack[0, i], p.stack[1, i])


@njit(**BARE)
def _push(m: Model, p: Place, v: int, by: int, drag: int, state: Array) -> tuple[int, float]:
    """Move v by `by` steps and before it whatever is in the way; tight neighbours behind it follow in `drag` of 8 cases.

    The moves are on the stack; their number is -1 if something had to leave its window or too much had to move.
    """
    energy, count, at = 0.0, 1, 0
    p.stack[0, 0], p.stack[1, 0] = v, p.start[v]
    energy += shift(m, p, v, p.start[v] + by)
    while at < count:
        u = p.stack[0, at]
        at += 1
        now, before = p.start[u], p.stack[1, at - 1]
        if now < m.low[u] or now > m.high[u]:
            _undo(m, p, count)
            return -1, 0.0
        for side in range(2):
            ahead = (side == 0) == (by > 0)
            first, last = (m.out_first[u], m.out_first[u + 1]) if side == 0 else (m.in_first[u], m.in_first[u + 1])
            for j in range(first, last):
                w, lag = (m.out_op[j], m.out_lag[j]) if side == 0 else (m.in_op[j], -m.in_lag[j])
                gap = (p.start[w] - now - lag) * (1 if side == 0 else -1)
                if ahead:
                    if gap >= 0:
                        continue
                    to = now + lag
                else:
                    if gap != abs(now - before) or (_random(state) & 7) >= drag:
                        continue
                    to = p.start[w] + (now - before)
                    if to < m.low[w] or to > m.high[w]:
                        continue
                if count == p.stack.shape[1]:
                    _undo(m, p, count)
                    return -1, 0.0
                p.stack[0, count], p.stack[1, count] = w, p.start[w]
                energy += shift(m, p, w, to)
                count += 1
    return count, energy


@njit(**BARE)
def _accepts(energy: float, temperature: float, state: Array) -> bool:
    if energy <= 0.0:
        return True
    if energy > 30.0 * temperature:
        return False
    return (_random(state) + 0.5) / 2147483648.0 < np.exp(-energy / temperature)


@njit(**BARE)
def _step(m: Model, p: Place, v: int, temperature: float, state: Array) -> float:
    """One move of v inside its slack, accepted as the temperature allows; the change of the energy."""
    low, high = slack(m, p, v)
    if low >= high:
        return 0.0
    before, kind = p.start[v], _random(state) & 3
    if kind == 0:
        to = low if before == high else high
    elif kind == 1:
        to = low + _random(state) % (high - low + 1)
    else:
        to = min(max(before + (1 if _random(state) & 1 else -1), low), high)
    if to == before:
        return 0.0
    energy = shift(m, p, v, to)
    if _accepts(energy, temperature, state):
        return energy
    shift(m, p, v, before)
    return 0.0


@njit(**BARE)
def sweep(m: Model, p: Place, free: Array, moves: int, temperature: float, state: Array) -> float:
    """`moves` moves of random operations among `free` at one temperature; the change of the energy."""
    total = 0.0
    for _ in range(moves):
        v = free[_random(state) % len(free)]
        if _random(state) & 3:
            total += _step(m, p, v, temperature, state)
            continue
        by = 1 if _random(state) & 1 else -1
        drag = _random(state) % 9
        count, energy = _push(m, p, v, by, drag, state)
        if count < 0:
            continue
        if _accepts(energy, temperature, state):
            total += energy
        else:
            _undo(m, p, count)
    return total

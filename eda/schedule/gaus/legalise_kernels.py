"""Compiled legalisers: from wished to legal start steps. It loads numba."""

from __future__ import annotations

from typing import Any

from numba import njit

from eda.schedule.gaus.model import NO_LIMIT, Array, Model

BARE: dict[str, Any] = {"cache": True, "_nrt": False}


@njit(**BARE)
def settle_up(m: Model, start: Array) -> bool:
    """Raise start steps within the windows until all precedences hold; false if some window does not suffice."""
    for _ in range(len(start) + 1):
        moved = False
        for v in m.order:
            least = max(start[v], m.low[v])
            for j in range(m.in_first[v], m.in_first[v + 1]):
                least = max(least, start[m.in_op[j]] + m.in_lag[j])
            if least > m.high[v]:
                return False
            moved |= least != start[v]
            start[v] = least
        if not moved:
            return True
    return False


@njit(**BARE)
def settle_down(m: Model, start: Array) -> bool:
    """Lower start steps within the windows until all precedences hold; false if some window does not suffice."""
    for _ in range(len(start) + 1):
        moved = False
        for v in m.order[::-1]:
            most = min(start[v], m.high[v])
            for j in range(m.out_first[v], m.out_first[v + 1]):
                most = min(most, start[m.out_op[j]] - m.out_lag[j])
            if most < m.low[v]:
                return False
            moved |= most != start[v]
            start[v] = most
        if not moved:
            return True
    return False


@njit(**BARE)
def _put(m: Model, use: Array, v: int, at: int, sign: int) -> bool:
    """Add operation v at step `at` to the use, or with sign -1 take it off; whether all its rows keep their limits."""
    kept = True
    for j in range(m.use_first[v], m.use_first[v + 1]):
        row = m.use_row[j]
        for t in range(at, at + m.use_length[j]):
            cell = t % m.fold if m.fold > 0 else t
            use[row, cell] += sign * m.use_amount[j]
            kept &= use[row, cell] <= m.limit[row]
    return kept


@njit(**BARE)
def _free_step(m: Model, use: Array, v: int, wish: int, early: int, late: int) -> int:
    """The step nearest to `wish` in early..late at which v fits, the earlier of two; -1: none."""
    for away in range(max(late - wish, wish - early, 0) + 1):
        for at in (wish - away, wish + away):
            if early <= at <= late:
                fits = _put(m, use, v, at, 1)
                _put(m, use, v, at, -1)
                if fits:
                    return at
    return -1


@njit(**BARE)
def _evict(m: Model, use: Array, start: Array, placed: Array, u: int) -> None:
    placed[u] = False
    _put(m, use, u, start[u], -1)


@njit(**BARE)
def _overlaps(m: Model, u: int, at: int, v: int, to: int) -> bool:
    """Whether u at step `at` and v at step `to` hold the same limited row in one step."""
    for i in range(m.use_first[u], m.use_first[u + 1]):
        for j in range(m.use_first[v], m.use_first[v + 1]):
            if m.use_row[i] != m.use_row[j] or m.limit[m.use_row[i]] >= NO_LIMIT:
                continue
            if m.fold > 0:
                if (to - at) % m.fold < m.use_length[i] or (at - to) % m.fold < m.use_length[j]:
                    return True
            elif at < to + m.use_length[j] and to < at + m.use_length[i]:
                return True
    return False


@njit(**BARE)
def _make_room(m: Model, use: Array, order: Array, start: Array, placed: Array, v: int, to: int) -> int:
    """Drive out operations, the last of the order first, until v fits at step `to`; the first place in the order of them."""
    first = len(order)
    for i in range(len(order) - 1, -1, -1):
        fits = _put(m, use, v, to, 1)
        _put(m, use, v, to, -1)
        if fits:
            break
        u = order[i]
        if u != v and placed[u] and _overlaps(m, u, start[u], v, to):
            _evict(m, use, start, placed, u)
            first = i
    return first


@njit(**BARE)
def place_limited(
    m: Model, wish: Array, order: Array, rank: Array, use: Array, start: Array, placed: Array, budget: int
) -> bool:
    """Iterative modulo scheduling (Rau, 1994) towards wished steps: the first of `order` that is not placed takes the
    nearest step at which it fits; if there is none it drives others out. False when the budget of placements is spent."""
    at = 0
    while at < len(order):
        v = order[at]
        if placed[v]:
            at += 1
            continue
        budget -= 1
        if budget < 0:
            return False
        early = m.low[v]
        for j in range(m.in_first[v], m.in_first[v + 1]):
            if placed[m.in_op[j]]:
                early = max(early, start[m.in_op[j]] + m.in_lag[j])
        if early > m.high[v]:
            return False
        late = min(m.high[v], early + m.fold - 1 + max(wish[v] - early, 0)) if m.fold > 0 else m.high[v]
        to = _free_step(m, use, v, min(max(wish[v], early), late), early, late)
        if to < 0:
            to = min(max(early, start[v] + 1), m.high[v])
            at = min(at, _make_room(m, use, order, start, placed, v, to))
        start[v], placed[v] = to, True
        _put(m, use, v, to, 1)
        for j in range(m.out_first[v], m.out_first[v + 1]):
            w = m.out_op[j]
            if placed[w] and start[w] < to + m.out_lag[j]:
                _evict(m, use, start, placed, w)
                at = min(at, rank[w])
    return True

"""Compiled edits, timing and annealing of prefix graphs. Import this module only where it is used: it loads numba.

A graph is the closure of a set of nodes that are wanted for themselves: a node that is there only as somebody's lower
parent goes when its last reader goes. Edits keep a journal and can be taken back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

_CAPACITY = 4096
_LINK, _UNLINK, _MORE, _FEWER, _WANT, _UNWANT = range(6)
_ADD, _REMOVE, _MOVE = range(3)


class State(NamedTuple):
    """A graph over n positions under edit; arrays [n, n] are indexed by node (i:j).

    bit     uint8  1 for a node (or an input on the diagonal)
    above   int16  the next set column to the right, -1 on the diagonal
    below   int16  the next set column to the left, -1 in column 0
    uses    int16  rows that read (i:j) as a lower parent
    wanted  uint8  1 for a node that is kept though nobody reads it
    size    int64 [1]  operator nodes
    journal int64 [_CAPACITY + 1]  edits done, their number first
    """

    bit: Array
    above: Array
    below: Array
    uses: Array
    wanted: Array
    size: Array
    journal: Array


class Timer(NamedTuple):
    """Arrival model of `eda.arith.prefix_model.PrefixModel`, positions and outputs included; see there.

    arrival  float [n, 2]  of generate and propagate bits
    required float [n]     of the carries out
    pins     float [6]     generate to generate as upper and as lower parent, upper propagate to generate, upper and lower
                           propagate to propagate
    caps     float [6]     loads in the same order (the propagate pins of a node in column 0 but the third are absent),
                           then that of a carry's reader outside the graph
    drive    float [4, K]  delay under loads 0, step, 2 step ... of node generate, node propagate, input generate, input
                           propagate
    step     float
    """

    arrival: Array
    required: Array
    pins: Array
    caps: Array
    drive: Array
    step: float


@njit(cache=True)
def start(bitmap: Array) -> State:
    """The state of a legal bitmap; every node without readers is wanted."""
    n = len(bitmap)
    bit = bitmap.astype(np.uint8)
    above, below = np.full((n, n), -1, np.int16), np.full((n, n), -1, np.int16)
    uses, wanted = np.zeros((n, n), np.int16), np.zeros((n, n), np.uint8)
    size = np.zeros(1, np.int64)
    for i in range(n):
        last = i
        for j in range(i - 1, -1, -1):
            if bit[i, j]:
                above[i, j], below[i, last] = last, j
                uses[last - 1, j] += 1
                size[0] += 1
                last = j
    for i in range(n):
        for j in range(1, i):
            wanted[i, j] = bit[i, j] and uses[i, j] == 0
    return State(bit, above, below, uses, wanted, size, np.zeros(_CAPACITY + 1, np.int64))


@njit(cache=True)
def _note(s: State, kind: int, i: int, j: int) -> None:
    count = s.journal[0] + 1
    s.journal[0] = count
    s.journal[count] = (kind << 32) | (i << 16) | j


@njit(cache=True)
def _link(s: State, i: int, j: int) -> None:
    k = j + 1
    while not s.bit[i, k]:
        k += 1
    low = s.below[i, k]
    s.above[i, j], s.below[i, j] = k, low
    s.below[i, k] = j
    s.above[i, low] = j
    s.bit[i, j] = 1
    s.size[0] += 1


@njit(cache=True)
def _unlink(s: State, i: int, j: int) -> None:
    k, low = s.above[i, j], s.below[i, j]
    s.below[i, k] = low
    s.above[i, low] = k
    s.above[i, j] = s.below[i, j] = -1
    s.bit[i, j] = 0
    s.size[0] -= 1


@njit(cache=True)
def undo(s: State) -> None:
    """Take back all edits of the journal."""
    for at in range(s.journal[0], 0, -1):
        code = s.journal[at]
        kind, i, j = code >> 32, (code >> 16) & 0xFFFF, code & 0xFFFF
        if kind == _LINK:
            _unlink(s, i, j)
        elif kind == _UNLINK:
            _link(s, i, j)
        elif kind == _MORE:
            s.uses[i, j] -= 1
        elif kind == _FEWER:
            s.uses[i, j] += 1
        else:
            s.wanted[i, j] = kind == _UNWANT
    s.journal[0] = 0


@njit(cache=True)
def _want(s: State, i: int, j: int, on: int) -> None:
    if s.wanted[i, j] != on:
        s.wanted[i, j] = on
        _note(s, _WANT if on else _UNWANT, i, j)


@njit(cache=True)
def _settle(s: State, stack: Array, depth: int) -> bool:
    """Carry out requests (+) and releases (-) of lower parents until none is left; False if the journal is full.

    Each entry of the stack is a node ``1 + i * n + j``, negative for a release. All consequences lie in lower rows.
    """
    n = len(s.bit)
    while depth > 0:
        if s.journal[0] + 8 > _CAPACITY or depth + 4 > len(stack):
            return False
        depth -= 1
        code = stack[depth]
        i, j = (abs(code) - 1) // n, (abs(code) - 1) % n
        if code > 0:
            s.uses[i, j] += 1
            _note(s, _MORE, i, j)
            _want(s, i, j, 0)
            if not s.bit[i, j]:
                depth = _insert(s, i, j, stack, depth)
        else:
            s.uses[i, j] -= 1
            _note(s, _FEWER, i, j)
            if s.uses[i, j] == 0 and 0 < j < i and not s.wanted[i, j] and s.bit[i, j]:
                depth = _delete(s, i, j, stack, depth)
    return True


@njit(cache=True)
def _insert(s: State, i: int, j: int, stack: Array, depth: int) -> int:
    n = len(s.bit)
    _link(s, i, j)
    _note(s, _LINK, i, j)
    k, low = np.int64(s.above[i, j]), np.int64(s.below[i, j])
    stack[depth] = -1 - (k - 1) * n - low
    stack[depth + 1] = 1 + (k - 1) * n + j
    stack[depth + 2] = 1 + (j - 1) * n + low
    return depth + 3


@njit(cache=True)
def _delete(s: State, i: int, j: int, stack: Array, depth: int) -> int:
    n = len(s.bit)
    k, low = np.int64(s.above[i, j]), np.int64(s.below[i, j])
    _unlink(s, i, j)
    _note(s, _UNLINK, i, j)
    stack[depth] = -1 - (k - 1) * n - j
    stack[depth + 1] = -1 - (j - 1) * n - low
    stack[depth + 2] = 1 + (k - 1) * n + low
    return depth + 3


@njit(cache=True)
def add(s: State, i: int, j: int, stack: Array) -> bool:
    """Want node (i:j), which is not there; False if that leads too far and must be undone."""
    _want(s, i, j, 1)
    return _settle(s, stack, _insert(s, i, j, stack, 0))


@njit(cache=True)
def remove(s: State, i: int, j: int, stack: Array) -> bool:
    """Take away node (i:j), which nobody reads as a lower parent; False if that leads too far and must be undone."""
    _want(s, i, j, 0)
    return _settle(s, stack, _delete(s, i, j, stack, 0))


@njit(cache=True)
def _driven(t: Timer, kind: int, load: float) -> float:
    """Delay of a driver under `load`: linear between the points of its row, and beyond the last."""
    row = t.drive[kind]
    at = load / t.step
    k = min(int(at), len(row) - 2)
    return row[k] + (at - k) * (row[k + 1] - row[k])


@njit(cache=True)
def settle_times(s: State, t: Timer, generate: Array, propagate: Array) -> None:
    """Arrivals of all groups, into ``generate`` and ``propagate`` float [n, n]."""
    pins, caps = t.pins, t.caps
    for i in range(len(s.bit)):
        j = i
        while j >= 0:
            low, uses = s.below[i, j], s.uses[i, j]
            g_load, p_load = uses * caps[1], uses * caps[4]
            if low >= 0:
                g_load += caps[0]
                p_load += caps[2] if low == 0 else caps[2] + caps[3]
            if j == 0:
                g_load += caps[5]
            if j == i:
                generate[i, j] = t.arrival[i, 0] + _driven(t, 2, g_load)
                propagate[i, j] = t.arrival[i, 1] + _driven(t, 3, p_load)
            else:
                k = s.above[i, j]
                g = max(generate[i, k] + pins[0], generate[k - 1, j] + pins[1], propagate[i, k] + pins[2])
                generate[i, j] = g + _driven(t, 0, g_load)
                if j > 0:
                    p = max(propagate[i, k] + pins[3], propagate[k - 1, j] + pins[4])
                    propagate[i, j] = p + _driven(t, 1, p_load)
            j = low


@njit(cache=True)
def late_now(s: State, t: Timer, limit: float, generate: Array, propagate: Array) -> tuple[float, float]:
    """(worst lateness against `limit`, sum of lateness over carries)."""
    settle_times(s, t, generate, propagate)
    worst, total = -np.inf, 0.0
    for i in range(len(s.bit)):
        late = generate[i, 0] - t.required[i] - limit
        worst = max(worst, late)
        total += max(late, 0.0)
    return worst, total


@njit(cache=True)
def _edit(s: State, stack: Array) -> bool:
    """One random edit; False if none was possible or it led too far."""
    n = len(s.bit)
    kind = np.random.randint(0, 3)
    i = 2 + int((n - 2) * np.sqrt(np.random.random()))
    j = np.random.randint(1, i)
    if kind == _ADD:
        return not s.bit[i, j] and add(s, i, j, stack)
    while not s.bit[i, j]:
        j -= 1
    if j == 0 or s.uses[i, j] > 0:
        return False
    if kind == _REMOVE:
        return remove(s, i, j, stack)
    to = j + (np.random.randint(1, 4) if np.random.random() < 0.5 else -np.random.randint(1, 4))
    return 0 < to < i and not s.bit[i, to] and remove(s, i, j, stack) and not s.bit[i, to] and add(s, i, to, stack)


@njit(cache=True)
def anneal(
    bitmap: Array, t: Timer, limit: float, moves: int, heat: float, cold: float, worst_price: float, sum_price: float, seed: int
) -> tuple[Array, float]:
    """The smallest graph found that is not later than `limit`, else the least late one; and its lateness.

    Simulated annealing over random edits from `bitmap`; cost is nodes, plus prices times the worst and the total lateness.
    The temperature falls from `heat` to `cold` nodes in `moves` moves.
    """
    np.random.seed(seed)
    s = start(bitmap)
    n = len(bitmap)
    generate, propagate = np.zeros((n, n)), np.zeros((n, n))
    stack = np.zeros(_CAPACITY, np.int64)
    late, total = late_now(s, t, limit, generate, propagate)
    cost = s.size[0] + worst_price * max(late, 0.0) + sum_price * total
    best, best_late, best_size = s.bit.copy(), late, s.size[0]
    temperature = heat
    cooling = (cold / heat) ** (1.0 / max(moves, 1))
    for _ in range(moves if n > 2 else 0):
        temperature *= cooling
        if not _edit(s, stack):
            undo(s)
            continue
        late, total = late_now(s, t, limit, generate, propagate)
        new = s.size[0] + worst_price * max(late, 0.0) + sum_price * total
        if new > cost and np.random.random() >= np.exp((cost - new) / temperature):
            undo(s)
            continue
        s.journal[0] = 0
        cost = new
        fits, fitted = late <= 1e-9, best_late <= 1e-9
        if (fits and (not fitted or s.size[0] < best_size)) or (not fits and not fitted and late < best_late):
            best[:] = s.bit
            best_late, best_size = late, s.size[0]
    return best, best_late

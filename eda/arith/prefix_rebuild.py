"""Compiled search over splits: graphs built from the outputs back, each node split so that both parts can be in time.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from eda.arith.prefix_kernel import Array, State, Timer, late_now, start

_SLACK = 1e-9


@njit(cache=True)
def least_times(inputs: Array, node: float) -> Array:
    """float [n, n]: the least arrival of every group (i:j), by dynamic programming over its split (inf above the diagonal).

    `inputs` are arrivals of the positions with their own drivers, `node` the delay of any node.
    """
    n = len(inputs)
    least = np.full((n, n), np.inf)
    for i in range(n):
        least[i, i] = inputs[i]
        k = i
        for j in range(i - 1, -1, -1):
            best = max(least[i, k], least[k - 1, j]) if k > j else np.inf
            while k - 1 > j and max(least[i, k - 1], least[k - 2, j]) <= best:
                k -= 1
                best = max(least[i, k], least[k - 1, j])
            least[i, j] = best + node
    return least


@njit(cache=True)
def _clear(s: State, due: Array, readers: Array) -> None:
    n = len(s.bit)
    for i in range(n):
        for j in range(i + 1):
            s.bit[i, j] = j == 0 or j == i
            s.uses[i, j] = readers[i, j] = 0
            due[i, j] = np.inf
    s.size[0] = 0


@njit(cache=True)
def _split(
    s: State, least: Array, readers: Array, extra: float, expected: float, i: int, j: int, nearest: int, time: float
) -> int:
    """The column k, j < k <= nearest, at which (i:j) becomes (i:k) and (k-1:j), both due at `time`.

    Of those in time the one with the fewest parts that are not there yet, then with the shortest upper part; else the
    least late.
    """
    best, fewest = -1, 3
    for k in range(nearest, j, -1):
        if least[i, k] > time:
            break
        known = s.bit[k - 1, j] == 1
        behind = extra * max(readers[k - 1, j] + 1 - expected, 0.0) if known else 0.0
        if least[k - 1, j] + behind > time:
            continue
        new = (0 if known else 1) + (0 if k == nearest else 1)
        if new < fewest:
            best, fewest = k, new
            if new == 0:
                break
    if best < 0:
        least_late = np.inf
        for k in range(nearest, j, -1):
            late = max(least[i, k], least[k - 1, j])
            if late < least_late:
                best, least_late = k, late
    return best


@njit(cache=True)
def construct(
    s: State, least: Array, required: Array, by_readers: Array, expected: float, choice: Array, due: Array, readers: Array
) -> None:
    """Into `s` the graph whose carries are due at `required`; node (i:j) is split at ``choice[i, j]`` where that is in time.

    Rows are split from the highest down, so all readers of a node are known when it is split. ``choice`` int16 [n, n]
    then holds the splits made; ``due`` float [n, n] and ``readers`` int32 [n, n] are scratch.
    """
    n = len(least)
    extra = by_readers[2] - by_readers[1]
    _clear(s, due, readers)
    for i in range(n - 1, 0, -1):
        due[i, 0] = min(due[i, 0], required[i])
        j = 0
        s.below[i, 0] = -1
        while j < i:
            nearest = j + 1
            while not s.bit[i, nearest]:
                nearest += 1
            time = due[i, j] - by_readers[readers[i, j]] + _SLACK
            k = choice[i, j]
            if not (j < k <= nearest and least[i, k] <= time and least[k - 1, j] <= time):
                k = _split(s, least, readers, extra, expected, i, j, nearest, time)
            choice[i, j] = s.above[i, j] = k
            s.below[i, k] = j
            s.bit[i, k] = s.bit[k - 1, j] = 1
            s.uses[k - 1, j] += 1
            s.size[0] += 1
            readers[i, k] += 1
            readers[k - 1, j] += 1
            due[i, k] = min(due[i, k], time)
            due[k - 1, j] = min(due[k - 1, j], time)
            j = k
    s.below[0, 0] = -1
    for i in range(n):
        s.above[i, i] = -1


@njit(cache=True)
def _shake(s: State, choice: Array) -> bool:
    """Change or forget the split of one random node, and perhaps forget those of the rows just below."""
    n = len(choice)
    i = 1 + int((n - 1) * np.sqrt(np.random.random()))
    j = np.random.randint(0, i)
    while not s.bit[i, j]:
        j -= 1
    if i - j < 2:
        return False
    kept = choice[i, j]
    if np.random.random() < 0.2:
        for row in range(max(i - np.random.randint(1, 9), 1), i + 1):
            choice[row, :row] = 0
    kind = np.random.random()
    if kind < 0.4:
        choice[i, j] = np.random.randint(j + 1, i + 1)
    elif kind < 0.7:
        choice[i, j] = kept + (1 if np.random.random() < 0.5 else -1)
    else:
        choice[i, j] = 0
    return True


@njit(cache=True)
def search(
    t: Timer,
    limit: float,
    least: Array,
    required: Array,
    by_readers: Array,
    expected: float,
    choice: Array,
    moves: int,
    heat: float,
    cold: float,
    worst_price: float,
    sum_price: float,
    seed: int,
) -> tuple[Array, float]:
    """The smallest graph found that is not later than `limit`, else the least late one; and its lateness.

    Simulated annealing over splits from ``choice`` (zeros: free), with graphs made by `construct` for carries due at
    `required`; cost is nodes, plus prices times the worst and the total lateness by `t`. The temperature falls from `heat`
    to `cold` nodes in `moves` moves.
    """
    np.random.seed(seed)
    n = len(least)
    s, other = start(np.tril(np.ones((n, n), np.uint8))), start(np.tril(np.ones((n, n), np.uint8)))
    due, readers = np.zeros((n, n)), np.zeros((n, n), np.int32)
    generate, propagate = np.zeros((n, n)), np.zeros((n, n))
    now, new = choice.copy(), choice.copy()
    construct(s, least, required, by_readers, expected, now, due, readers)
    late, total = late_now(s, t, limit, generate, propagate)
    cost = s.size[0] + worst_price * max(late, 0.0) + sum_price * total
    best, best_late, best_size = s.bit.copy(), late, s.size[0]
    temperature, cooling = heat, (cold / heat) ** (1.0 / max(moves, 1))
    for _ in range(moves if n > 2 else 0):
        temperature *= cooling
        new[:] = now
        if not _shake(s, new):
            continue
        construct(other, least, required, by_readers, expected, new, due, readers)
        late, total = late_now(other, t, limit, generate, propagate)
        price = other.size[0] + worst_price * max(late, 0.0) + sum_price * total
        if price > cost and np.random.random() >= np.exp((cost - price) / temperature):
            continue
        s, other = other, s
        now, new = new, now
        cost = price
        fits, fitted = late <= _SLACK, best_late <= _SLACK
        if (fits and (not fitted or s.size[0] < best_size)) or (not fits and not fitted and late < best_late):
            best[:] = s.bit
            best_late, best_size = late, s.size[0]
    return best, best_late

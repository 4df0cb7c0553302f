"""Compiled forces. It loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def distribution(low: Array, high: Array, first: Array, row: Array, amount: Array, held: Array, rows: int, steps: int) -> Array:
    """float64 [K, S]: expected units in use with all start steps of each window equally likely."""
    use = np.zeros((rows, steps + 2))
    for v in range(len(low)):
        share = 1.0 / (high[v] - low[v] + 1)
        for d in range(first[v], first[v + 1]):
            use[row[d], low[v]] += share * amount[d]
            use[row[d], high[v] + 1] -= share * amount[d]
            use[row[d], low[v] + held[d]] -= share * amount[d]
            use[row[d], high[v] + 1 + held[d]] += share * amount[d]
    for k in range(rows):
        for _ in range(2):
            for t in range(1, steps + 2):
                use[k, t] += use[k, t - 1]
    return use


@njit(cache=True, nogil=True)
def _mean(a: int, b: int, v: int, first: Array, row: Array, amount: Array, held: Array, price: Array, sums: Array) -> float:
    """Mean over the starts a..b of the units in use where v would be busy; `sums` are two running sums of the use."""
    out = 0.0
    for d in range(first[v], first[v + 1]):
        total = sums[row[d], b + 1 + held[d]] - sums[row[d], a + held[d]] - sums[row[d], b + 1] + sums[row[d], a]
        out += price[row[d]] * amount[d] * total / (b - a + 1)
    return out


@njit(cache=True, nogil=True)
def forces(
    use: Array, low: Array, high: Array,
    in_first: Array, in_op: Array, in_lag: Array, out_first: Array, out_op: Array, out_lag: Array,
    first: Array, row: Array, amount: Array, held: Array, price: Array,
) -> Array:  # fmt: skip
    """float64 [V]: the force of each operation at the first step of its window minus that at the last.

    The force at a step: what the use along v's busy steps is above its mean over the window, and the same for neighbours,
    whose windows the step cuts.
    """
    n, steps = len(low), use.shape[1]
    sums = np.zeros((len(use), steps + 2))
    for k in range(len(use)):
        run = 0.0
        for t in range(steps):
            sums[k, t + 1] = sums[k, t] + run
            run += use[k, t]
        sums[k, steps + 1] = sums[k, steps] + run
    mean = np.empty(n)
    for v in range(n):
        mean[v] = _mean(low[v], high[v], v, first, row, amount, held, price, sums)
    out = np.zeros(n)
    for v in range(n):
        if low[v] == high[v]:
            continue
        for sign, t in ((1.0, low[v]), (-1.0, high[v])):
            force = _mean(t, t, v, first, row, amount, held, price, sums) - mean[v]
            for e in range(in_first[v], in_first[v + 1]):
                u, limit = in_op[e], t - in_lag[e]
                if limit < high[u] and low[u] <= limit:
                    force += _mean(low[u], limit, u, first, row, amount, held, price, sums) - mean[u]
            for e in range(out_first[v], out_first[v + 1]):
                w, limit = out_op[e], t + out_lag[e]
                if limit > low[w] and limit <= high[w]:
                    force += _mean(limit, high[w], w, first, row, amount, held, price, sums) - mean[w]
            out[v] += sign * force
    return out


@njit(cache=True, nogil=True)
def narrow(
    chosen: Array, later: Array, part: int, low: Array, high: Array, in_first: Array, in_op: Array, in_lag: Array,
    out_first: Array, out_op: Array, out_lag: Array,
) -> None:  # fmt: skip
    """Take steps from the windows of `chosen`, at the front where `later`, and from those around them what follows.

    It is one step, or with a `part` above 0 that fraction of the window.
    """
    for i in range(len(chosen)):
        v = chosen[i]
        width = high[v] - low[v]
        if width == 0:
            continue
        cut = max(1, width // part) if part > 0 else 1
        if later[i]:
            low[v] += cut
        else:
            high[v] -= cut
        stack = [v]
        while len(stack) > 0:
            u = stack.pop()
            for e in range(out_first[u], out_first[u + 1]):
                w = out_op[e]
                if low[u] + out_lag[e] > low[w]:
                    low[w] = low[u] + out_lag[e]
                    stack.append(w)
            for e in range(in_first[u], in_first[u + 1]):
                w = in_op[e]
                if high[u] - in_lag[e] < high[w]:
                    high[w] = high[u] - in_lag[e]
                    stack.append(w)

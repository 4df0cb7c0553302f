"""Compiled expectations over independent Gaussian start times, and their gradients. It loads numba.

The start of operation i is a rounded Gaussian whose tails lie on the ends of its window: with
``F(d) = Phi((d + 1/2 - mu) / sigma)`` inside, 0 before and 1 from the last step on, it is at step d with probability
``F(d) - F(d - 1)``. A wide Gaussian is taken in bins of 2**j steps, a fraction of sigma, and is even within a bin; so an
operation costs a few dozen evaluations however wide its window is. Everything is scattered as differences over the steps
and summed once, so nothing of the size operations x steps exists.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from eda.schedule.gaus.model import Array, Model

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
REACH = 4.0
"""Sigmas on each side that are looked at; what lies beyond is counted with the outermost bins."""
BINS = 6.0
"""Bins per sigma, at least, where they are wider than a step."""
_ROOT = 1.0 / math.sqrt(2.0)
_NORMAL = 1.0 / math.sqrt(2.0 * math.pi)


@njit(**BARE)
def cdf(z: float) -> float:
    """Distribution function of the standard normal."""
    return 0.5 * math.erfc(-z * _ROOT)


@njit(**BARE)
def density(z: float) -> float:
    """Density of the standard normal."""
    return _NORMAL * math.exp(-0.5 * z * z)


@njit(**BARE)
def _span(m: Model, i: int, mu: float, sigma: float) -> tuple[int, int]:
    """Steps x <= d < y that operation i may start in with a probability worth looking at."""
    x = max(m.low[i], min(m.high[i], math.floor(mu + 0.5 - REACH * sigma)))
    return x, max(x + 1, min(m.high[i] + 1, math.ceil(mu + 0.5 + REACH * sigma) + 1))


@njit(**BARE)
def _bin(sigma: float) -> int:
    """Steps per bin."""
    width = 1
    while BINS * 2 * width < sigma:
        width *= 2
    return width


@njit(**BARE)
def spread_use(m: Model, mu: Array, sigma: Array, use: Array, spread: Array) -> None:
    """Add the expected use of unit-length demands, and its variance, as differences to float64 [K, S + 1] each."""
    for i in range(len(mu)):
        for j in range(m.use_first[i], m.use_first[i + 1]):
            if m.use_length[j] != 1 or m.fold > 0:
                continue
            row, amount = m.use_row[j], float(m.use_amount[j])
            x, end = _span(m, i, mu[i], sigma[i])
            width, below = _bin(sigma[i]), 0.0
            while x < end:
                y = min(x + width, end)
                upto = 1.0 if y == end else cdf((y - 0.5 - mu[i]) / sigma[i])
                p = (upto - below) / (y - x)
                use[row, x] += amount * p
                use[row, y] -= amount * p
                v = amount * amount * p * (1.0 - p)
                spread[row, x] += v
                spread[row, y] -= v
                x, below = y, upto


@njit(**BARE)
def gather_use(m: Model, mu: Array, sigma: Array, g_use: Array, g_spread: Array, g_mu: Array, g_sigma: Array) -> None:
    """Gradients of `spread_use`: `g_use`, `g_spread` float64 [K, S + 1] are running sums over the steps before each."""
    for i in range(len(mu)):
        for j in range(m.use_first[i], m.use_first[i + 1]):
            if m.use_length[j] != 1 or m.fold > 0:
                continue
            row, amount = m.use_row[j], float(m.use_amount[j])
            x, end = _span(m, i, mu[i], sigma[i])
            width, below, before, first = _bin(sigma[i]), 0.0, 0.0, x
            by_mu, by_sigma, z = 0.0, 0.0, 0.0
            while x < end:
                y = min(x + width, end)
                z_next = (y - 0.5 - mu[i]) / sigma[i]
                upto = 1.0 if y == end else cdf(z_next)
                p = (upto - below) / (y - x)
                g = amount * (g_use[row, y] - g_use[row, x])
                g += amount * amount * (1.0 - 2.0 * p) * (g_spread[row, y] - g_spread[row, x])
                g /= y - x
                if x > first:
                    slope = density(z) / sigma[i]
                    by_mu += slope * (g - before)
                    by_sigma += slope * z * (g - before)
                x, below, before, z = y, upto, g, z_next
            g_mu[i] += by_mu
            g_sigma[i] += by_sigma


@njit(**BARE)
def _active(m: Model, i: int, length: int, mu: float, sigma: float, x: int, y: int, active: Array) -> int:
    """Probability that i is busy in each step from x on, or with a fold in each residue; returns how many there are."""
    count = m.fold if m.fold > 0 else y - x + length - 1
    active[:count] = 0.0
    below, offset = 0.0, x % m.fold if m.fold > 0 else 0
    for d in range(x, y):
        upto = 1.0 if d == y - 1 else cdf((d + 0.5 - mu) / sigma)
        for t in range(length):
            at = d - x + t
            active[(at + offset) % m.fold if m.fold > 0 else at] += upto - below
        below = upto
    return count


@njit(**BARE)
def _fraction(p: float) -> float:
    """What of an expected count is uncertain; an operation longer than the fold holds whole units as well."""
    return min(max(p - math.floor(p), 0.0), 1.0)


@njit(**BARE)
def spread_long(m: Model, mu: Array, sigma: Array, use: Array, spread: Array, active: Array) -> None:
    """As `spread_use`, for longer demands and folded steps, step by step; not differences but sums, float64 [K, S]."""
    for i in range(len(mu)):
        for j in range(m.use_first[i], m.use_first[i + 1]):
            if m.use_length[j] == 1 and m.fold == 0:
                continue
            row, amount = m.use_row[j], float(m.use_amount[j])
            x, y = _span(m, i, mu[i], sigma[i])
            count = _active(m, i, m.use_length[j], mu[i], sigma[i], x, y, active)
            begin = 0 if m.fold > 0 else x
            for t in range(count):
                part = _fraction(active[t])
                use[row, begin + t] += amount * active[t]
                spread[row, begin + t] += amount * amount * part * (1.0 - part)


@njit(**BARE)
def gather_long(
    m: Model, mu: Array, sigma: Array, g_use: Array, g_spread: Array, g_mu: Array, g_sigma: Array, active: Array
) -> None:
    """Gradients of `spread_long`: `g_use`, `g_spread` float64 [K, S] per step."""
    for i in range(len(mu)):
        for j in range(m.use_first[i], m.use_first[i + 1]):
            if m.use_length[j] == 1 and m.fold == 0:
                continue
            row, amount, length = m.use_row[j], float(m.use_amount[j]), m.use_length[j]
            x, y = _span(m, i, mu[i], sigma[i])
            count = _active(m, i, length, mu[i], sigma[i], x, y, active)
            begin, offset = (0, x % m.fold) if m.fold > 0 else (x, 0)
            for t in range(count):
                part = _fraction(active[t])
                active[t] = amount * g_use[row, begin + t] + amount * amount * (1.0 - 2.0 * part) * g_spread[row, begin + t]
            before = 0.0
            for d in range(x, y):
                g = 0.0
                for t in range(length):
                    at = d - x + t
                    g += active[(at + offset) % m.fold if m.fold > 0 else at]
                if d > x:
                    z = (d - 0.5 - mu[i]) / sigma[i]
                    slope = density(z) / sigma[i] * (g - before)
                    g_mu[i] += slope
                    g_sigma[i] += slope * z
                before = g


@njit(**BARE)
def _chance(m: Model, i: int, mu: float, sigma: float, d: int) -> float:
    """Probability that i starts at or before step d."""
    if d < m.low[i]:
        return 0.0
    return 1.0 if d >= m.high[i] else cdf((d + 0.5 - mu) / sigma)


@njit(**BARE)
def _last_span(m: Model, q: int, mu: Array, sigma: Array) -> tuple[int, int, int]:
    """Steps x <= d < y that the last use of value q may lie in, and the steps per bin."""
    x, y, least = -(2**60), -(2**60), 1e300
    for j in range(m.part_first[q], m.part_first[q + 1]):
        i, lag = m.part_op[j], m.part_lag[j]
        begin, end = _span(m, i, mu[i], sigma[i])
        x, y = max(x, begin + lag), max(y, end + lag)
    for j in range(m.part_first[q], m.part_first[q + 1]):
        i, lag = m.part_op[j], m.part_lag[j]
        if _span(m, i, mu[i], sigma[i])[1] + lag > x + 1:
            least = min(least, max(sigma[i], (y - x) / 64.0))
    return x, y, _bin(least) if least < 1e300 else 1


@njit(**BARE)
def _all_by(m: Model, q: int, mu: Array, sigma: Array, d: int) -> float:
    """Probability that the last use of value q lies at or before step d."""
    product = 1.0
    for j in range(m.part_first[q], m.part_first[q + 1]):
        product *= _chance(m, m.part_op[j], mu[m.part_op[j]], sigma[m.part_op[j]], d - m.part_lag[j])
    return product


@njit(**BARE)
def spread_live(m: Model, mu: Array, sigma: Array, live: Array, last: Array) -> None:
    """Add deaths and births of values as second differences to `live` float64 [H + 2], and set `last` [Q] to the expected
    last uses. A value is live from its birth until its last use, the largest of independent times."""
    for i in range(len(mu)):
        q = m.own[i]
        if q < 0 or m.width[q] == 0:
            continue
        x, end = _span(m, i, mu[i], sigma[i])
        width, below, lag = _bin(sigma[i]), 0.0, m.age[q]
        while x < end:
            y = min(x + width, end)
            upto = 1.0 if y == end else cdf((y - 0.5 - mu[i]) / sigma[i])
            rate = m.width[q] * (upto - below) / (y - x)
            live[x + lag] += rate
            live[y + lag] -= rate
            x, below = y, upto
    for q in range(len(last)):
        x, end, width = _last_span(m, q, mu, sigma)
        below, mean = 0.0, 0.0
        while x < end:
            y = min(x + width, end)
            upto = 1.0 if y == end else _all_by(m, q, mu, sigma, y - 1)
            rate = m.width[q] * (upto - below) / (y - x)
            live[x] -= rate
            live[y] += rate
            mean += (upto - below) * 0.5 * (x + y - 1)
            x, below = y, upto
        last[q] = mean


@njit(**BARE)
def gather_live(m: Model, mu: Array, sigma: Array, g_live: Array, g_last: Array, g_mu: Array, g_sigma: Array) -> None:
    """Gradients of `spread_live`: `g_live` float64 [H + 2] sums, over the steps before each, what a birth there brings."""
    for i in range(len(mu)):
        q = m.own[i]
        if q < 0 or m.width[q] == 0:
            continue
        x, end = _span(m, i, mu[i], sigma[i])
        width, before, lag, first = _bin(sigma[i]), 0.0, m.age[q], x
        while x < end:
            y = min(x + width, end)
            g = m.width[q] * (g_live[y + lag] - g_live[x + lag]) / (y - x)
            if x > first:
                z = (x - 0.5 - mu[i]) / sigma[i]
                slope = density(z) / sigma[i] * (g - before)
                g_mu[i] += slope
                g_sigma[i] += slope * z
            x, before = y, g
    for q in range(len(g_last)):
        x, end, width = _last_span(m, q, mu, sigma)
        before, first = 0.0, x
        while x < end:
            y = min(x + width, end)
            g = g_last[q] * 0.5 * (x + y - 1) - m.width[q] * (g_live[y] - g_live[x]) / (y - x)
            if x > first and g != before:
                _share(m, q, mu, sigma, x - 1, before - g, g_mu, g_sigma)
            x, before = y, g


@njit(**BARE)
def _share(m: Model, q: int, mu: Array, sigma: Array, d: int, g: float, g_mu: Array, g_sigma: Array) -> None:
    """Pass the gradient of `_all_by` at step d on to the start times."""
    product = _all_by(m, q, mu, sigma, d)
    if product < 1e-12:
        return
    for j in range(m.part_first[q], m.part_first[q + 1]):
        i, at = m.part_op[j], d - m.part_lag[j]
        if at < m.low[i] or at >= m.high[i]:
            continue
        z = (at + 0.5 - mu[i]) / sigma[i]
        if z > 6.0:
            continue
        slope = g * product / cdf(z) * density(z) / sigma[i]
        g_mu[i] -= slope
        g_sigma[i] -= slope * z


@njit(**BARE)
def hinge(source: Array, target: Array, lag: Array, mu: Array, sigma: Array, gap: Array, slope: Array, bell: Array) -> None:
    """Expected steps by which each edge is violated, E[(lag - (target - source))+], its derivative by mu of the source,
    and the density that gives the derivatives by sigma."""
    for e in range(len(source)):
        u, v = source[e], target[e]
        s = math.sqrt(sigma[u] * sigma[u] + sigma[v] * sigma[v])
        z = (lag[e] - mu[v] + mu[u]) / s
        if z < -6.0:
            gap[e], slope[e], bell[e] = 0.0, 0.0, 0.0
            continue
        slope[e], bell[e] = cdf(z), density(z) / s
        gap[e] = s * (z * slope[e] + s * bell[e])


@njit(**BARE)
def hinge_back(
    source: Array, target: Array, sigma: Array, g: Array, slope: Array, bell: Array, g_mu: Array, g_sigma: Array
) -> None:
    """Gradients of `hinge`."""
    for e in range(len(source)):
        u, v = source[e], target[e]
        g_mu[u] += g[e] * slope[e]
        g_mu[v] -= g[e] * slope[e]
        g_sigma[u] += g[e] * bell[e] * sigma[u]
        g_sigma[v] += g[e] * bell[e] * sigma[v]

"""Compiled double sum over the start steps of the ends of each edge. It loads numba."""

from __future__ import annotations

from numba import njit

from eda.schedule.gaus.kernels import BARE, cdf, density
from eda.schedule.gaus.model import Array, Model


@njit(**BARE)
def _chance(m: Model, i: int, mu: float, sigma: float, d: int) -> float:
    if d < m.low[i]:
        return 0.0
    return 1.0 if d >= m.high[i] else cdf((d + 0.5 - mu) / sigma)


@njit(**BARE)
def _slope(m: Model, i: int, mu: float, sigma: float, d: int) -> tuple[float, float]:
    """Derivatives of the chance by mu and by sigma."""
    if d < m.low[i] or d >= m.high[i]:
        return 0.0, 0.0
    z = (d + 0.5 - mu) / sigma
    by_mu = -density(z) / sigma
    return by_mu, z * by_mu


@njit(**BARE)
def broken_order(
    m: Model, source: Array, target: Array, lag: Array, skip_zero: bool, mu: Array, sigma: Array, chance: Array, slopes: Array
) -> None:
    """Probability that the target starts before ``source + lag``, over all steps of the window of the source, without step
    0 if `skip_zero`; and its derivatives by mu and sigma of the source, and by mu and sigma of the target."""
    for e in range(len(source)):
        u, v = source[e], target[e]
        for a in range(max(m.low[u], 1 if skip_zero else 0), m.high[u] + 1):
            upto, below = _chance(m, u, mu[u], sigma[u], a), _chance(m, u, mu[u], sigma[u], a - 1)
            early = _chance(m, v, mu[v], sigma[v], a + lag[e] - 1)
            chance[e] += (upto - below) * early
            after, before = _slope(m, u, mu[u], sigma[u], a), _slope(m, u, mu[u], sigma[u], a - 1)
            by = _slope(m, v, mu[v], sigma[v], a + lag[e] - 1)
            for k in range(2):
                slopes[k, e] += (after[k] - before[k]) * early
                slopes[2 + k, e] += (upto - below) * by[k]

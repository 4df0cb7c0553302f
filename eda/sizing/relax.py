"""Compiled Lagrangian relaxation: choose sizes at given prices, time, renew the prices. It loads numba."""

from __future__ import annotations

from numba import njit

from eda.sizing.arrays import Cells, Circuit, State
from eda.sizing.choose import choose_all
from eda.sizing.kernels import area_of, time_all
from eda.sizing.prices import price_all


@njit(cache=True)
def copy_choices(circuit: Circuit, to: Circuit) -> None:
    """Copy what relaxation changes: sizes, and which nets the pins read."""
    to.lib[:] = circuit.lib
    to.fanin[:], to.head[:] = circuit.fanin, circuit.head
    to.following[:], to.preceding[:] = circuit.following, circuit.preceding


@njit(cache=True)
def score_of(delay: float, area: float, target: float, total: float, steepness: float) -> float:
    """What `relax` minimises."""
    return area + total * delay if total > 0.0 else area * max(delay / target, 1.0) ** steepness


@njit(cache=True)
def relax(
    circuit: Circuit,
    cells: Cells,
    state: State,
    target: float,
    total: float,
    iterations: int,
    exponents: tuple[float, float],
    steepness: float,
    swap: bool,
    best: Circuit,
) -> tuple[float, float]:
    """Run `iterations` passes toward the period `target` (ps) and leave the best choices in `best`; returns its delay and area.

    With `total` > 0 (um2/ps) that is the price of a ps, `target` is not read, and a solution scores area + price * delay.
    Else it scores its area, times ``(delay / target) ** steepness`` where it is too slow. `exponents` are the first and
    the last exponent of the multipliers' renewal. With `swap`, symmetric inputs are ordered too, in every third pass.
    """
    delay = time_all(circuit, cells, state)
    score = score_of(delay, area_of(circuit, cells), target, total, steepness)
    reached = delay, area_of(circuit, cells)
    copy_choices(circuit, best)
    for it in range(iterations):
        exponent = exponents[0] + (exponents[1] - exponents[0]) * it / max(iterations - 1, 1)
        period = delay if total > 0.0 else target
        price_all(circuit, cells, state, period, period, exponent, total)
        choose_all(circuit, cells, state, swap and it % 3 == 2)
        delay = time_all(circuit, cells, state)
        area = area_of(circuit, cells)
        found = score_of(delay, area, target, total, steepness)
        if found < score:
            score, reached = found, (delay, area)
            copy_choices(circuit, best)
    return reached

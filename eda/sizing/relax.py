"""Compiled Lagrangian relaxation: choose sizes at given prices, time, renew the prices. It loads numba."""

from __future__ import annotations

from numba import njit

from eda.sizing.arrays import Array, Cells, Circuit, State
from eda.sizing.choose import choose_all
from eda.sizing.kernels import area_of, time_all
from eda.sizing.prices import price_all


@njit(cache=True)
def relax(
    circuit: Circuit,
    cells: Cells,
    state: State,
    target: float,
    iterations: int,
    exponents: tuple[float, float],
    steepness: float,
    best: Array,
    trace: Array,
) -> float:
    """Run `iterations` passes toward the period `target` (ps) and leave the best sizes found in `best`; returns their score.

    A solution scores its area, times ``(delay / target) ** steepness`` where it is too slow. `exponents` are the first and
    the last exponent of the multipliers' renewal. `trace` float [iterations, 2] gets the delay and the area of each pass.
    """
    delay = time_all(circuit, cells, state)
    score = area_of(circuit, cells) * max(delay / target, 1.0) ** steepness
    best[:] = circuit.lib
    for it in range(iterations):
        exponent = exponents[0] + (exponents[1] - exponents[0]) * it / max(iterations - 1, 1)
        price_all(circuit, cells, state, target, target, exponent, 0.0)
        choose_all(circuit, cells, state)
        delay = time_all(circuit, cells, state)
        area = area_of(circuit, cells)
        trace[it, 0], trace[it, 1] = delay, area
        found = area * max(delay / target, 1.0) ** steepness
        if found < score:
            score = found
            best[:] = circuit.lib
    return score

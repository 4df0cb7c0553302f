"""Local search over legal schedules: single moves inside the slack and pushes of whole groups, annealed.

The peak of a row enters as a level with a price for every unit above it. The price begins low, where it acts like the
prices of a Lagrangian that spread the weight of the peak over many steps, and ends at the full weight, where the sum of
level and excess is the peak itself; the level of each row is always the best for its price.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import IntArray
from eda.schedule.gaus.model import NO_LIMIT, Model

Floats = npt.NDArray[np.float64]
Report = Callable[[IntArray, float], bool]
"""Called with a better schedule and its value; true stops the search."""

_GROUP = 64  # operations that one push may move


@dataclass(frozen=True)
class Cooling:
    """`rounds` rounds of `passes` moves per free operation.

    The temperature falls geometrically from `hot` to `cold` times the mean cost of a step on an edge; the number of steps
    that share the weight of a peak falls from `spread` times all steps to one.
    """

    rounds: int = 60
    passes: float = 30.0
    hot: float = 1.0
    cold: float = 0.05
    spread: float = 0.5


def last_uses(model: Model, start: IntArray) -> IntArray:
    """int64 [Q]: the last use of each value."""
    last = np.full(len(model.age), -(2**60))
    if len(model.age):
        reach = start[model.part_op] + model.part_lag
        last = np.maximum.reduceat(reach, model.part_first[:-1])
    return np.asarray(last, dtype=np.int64)


def use_of(model: Model, start: IntArray) -> IntArray:
    """int64 [K, S]: units of each row in each step."""
    count = np.diff(model.use_first)
    begin = np.repeat(start, count)
    rows, begins, ends, amounts = model.use_row, begin, begin + model.use_length, model.use_amount
    makers = np.flatnonzero(model.own >= 0)
    held = model.width[model.own[makers]]
    if (held > 0).any():
        last = last_uses(model, start)
        value = model.own[makers]
        rows = np.concatenate([rows, np.full(len(makers), len(model.weight) - 1)])
        begins = np.concatenate([begins, start[makers] + model.age[value]])
        ends, amounts = np.concatenate([ends, last[value]]), np.concatenate([amounts, held])
    length = int(ends.max(initial=0)) + 1
    length += -length % model.fold if model.fold else max(model.steps - length, 0)
    change = np.zeros((len(model.weight), length), dtype=np.int64)
    np.add.at(change, (rows, begins), amounts)
    np.add.at(change, (rows, ends), -amounts)
    use = np.cumsum(change, axis=1)
    return use.reshape(len(use), -1, model.fold).sum(axis=1) if model.fold else use


def value_of(model: Model, start: IntArray, use: IntArray | None = None) -> float:
    """The objective of a schedule; infinite if a row is above its limit."""
    use = use_of(model, start) if use is None else use
    peak = use.max(axis=1, initial=0)
    if (peak > model.limit).any():
        return float("inf")
    last = model.last_cost @ last_uses(model, start) if len(model.age) else 0.0
    return float(model.constant + model.cost @ start + last + model.weight @ peak)


def is_legal(model: Model, start: IntArray) -> bool:
    """Whether windows, precedences and limits hold."""
    inside = bool(((model.low <= start) & (start <= model.high)).all())
    target = np.repeat(np.arange(len(start)), np.diff(model.in_first))
    return inside and bool((start[target] >= start[model.in_op] + model.in_lag).all()) and np.isfinite(value_of(model, start))


def anneal(
    model: Model,
    start: IntArray,
    *,
    seed: int = 1,
    cooling: Cooling | None = None,
    deadline: float = float("inf"),
    report: Report | None = None,
) -> IntArray:
    """The best schedule met, never worse than the legal schedule `start`; `deadline` is a value of `time.monotonic`."""
    from eda.schedule.refine_kernels import Place, sweep

    cooling = cooling or Cooling()
    free = np.flatnonzero(model.low < model.high)
    best, least = start.copy(), value_of(model, start)
    if not len(free):
        return best
    state = np.array([(seed * 2654435761 + 88172645463325252) % 2**63], dtype=np.uint64)
    stack = np.zeros((2, _GROUP), dtype=np.int64)
    place = Place(
        best.copy(), last_uses(model, best), use_of(model, best), np.zeros_like(model.limit), np.zeros_like(model.weight), stack
    )
    moves = max(int(cooling.passes * len(free)), 1)
    unit = _unit(model)
    for i in range(cooling.rounds):
        part = i / max(cooling.rounds - 1, 1)
        _set_prices(model, place, max(cooling.spread * place.use.shape[1], 1.0) ** (1 - part), unit)
        temperature = unit * cooling.hot * (cooling.cold / cooling.hot) ** part
        sweep(model, place, free, moves, temperature, state)
        value = value_of(model, place.start, place.use)
        if value < least - 1e-9:
            best, least = place.start.copy(), value
            if report is not None and report(best, least):
                break
        if time.monotonic() > deadline:
            break
    return best


def _unit(model: Model) -> float:
    """What a typical step of a typical operation costs."""
    costs = np.abs(np.concatenate([model.cost, model.last_cost]))
    costs = costs[costs > 0]
    return float(np.median(costs)) if len(costs) else float(model.weight.max(initial=1.0))


def _set_prices(model: Model, place: object, sharers: float, unit: float) -> None:
    """Prices when `sharers` steps share the weight of each peak, and the levels that are best at these prices."""
    price, level, use = place.price, place.level, place.use  # type: ignore[attr-defined]
    for row in range(len(model.weight)):
        if model.weight[row] > 0:
            price[row] = model.weight[row] / sharers
            kept = min(int(sharers), use.shape[1])
            level[row] = min(np.partition(use[row], use.shape[1] - kept)[use.shape[1] - kept], model.limit[row])
        else:
            level[row] = model.limit[row]
        if model.limit[row] < NO_LIMIT:
            price[row] = max(price[row], 100.0 * unit)

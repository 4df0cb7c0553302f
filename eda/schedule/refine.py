"""Local search over legal schedules: single moves inside the slack and pushes of whole groups, annealed.

The peak of a row enters as ``weight * tau * sum over steps of exp((use - level) / tau)``, with a straight line of slope
`weight` above the level, which is set anew before every round so that the steps' prices sum to about the weight. While tau
is large the price is spread over many steps as in a Lagrangian; when it is small only the peak itself costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import IntArray
from eda.schedule.gaus.model import NO_LIMIT, Model

Floats = npt.NDArray[np.float64]
Report = Callable[[IntArray, float], bool]
"""Called with a better schedule and its value; true stops the search."""

_GROUP = 64  # operations that one push may move
_MOST_PASSES = 2000.0  # per round, from where slower cooling no longer helps
_BREACH = 100.0  # typical steps that a unit above a limit costs


@dataclass(frozen=True)
class Cooling:
    """`rounds` rounds of `passes` moves per free operation.

    The temperature falls geometrically from `hot` to `cold` times the cost of a typical step; tau from `soft` times the
    mean use of a row to `hard` times a typical amount.
    """

    rounds: int = 60
    passes: float = 30.0
    hot: float = 8.0
    cold: float = 0.2
    soft: float = 0.5
    hard: float = 0.2


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
    """The best schedule met, never worse than the legal schedule `start`; `deadline` is a value of `time.process_time`."""
    from eda.schedule.refine_kernels import Place, sweep

    cooling = cooling or Cooling()
    free = np.flatnonzero(model.low < model.high)
    best, least = start.copy(), value_of(model, start)
    if not len(free):
        return best
    state = np.array([(seed * 2654435761 + 88172645463325252) % 2**63], dtype=np.uint64)
    penalty, stack = np.zeros((len(model.weight), _most(model) + 1)), np.zeros((2, _GROUP), dtype=np.int64)
    place = Place(best.copy(), last_uses(model, best), use_of(model, best), penalty, stack)
    moves, unit = max(int(cooling.passes * len(free)), 1), _unit(model)
    for i in range(cooling.rounds):
        part = i / max(cooling.rounds - 1, 1)
        for row in range(len(model.weight)):
            penalty[row] = _penalty(model, row, place.use[row], cooling, part, unit)
        sweep(model, place, free, moves, unit * cooling.hot * (cooling.cold / cooling.hot) ** part, state)
        value = value_of(model, place.start, place.use)
        if value < least - 1e-9:
            best, least = place.start.copy(), value
            if report is not None and report(best, least):
                break
        if time.process_time() > deadline:
            break
    return best


def anneal_for(
    model: Model,
    start: IntArray,
    seconds: float,
    *,
    seed: int = 1,
    cooling: Cooling | None = None,
    report: Report | None = None,
) -> IntArray:
    """As `anneal`, with as many moves as take about `seconds`."""
    cooling = cooling or Cooling()
    probe = replace(cooling, rounds=4, passes=1.0)
    anneal(model, start, seed=seed, cooling=replace(probe, rounds=1, passes=0.01))  # compiles
    end = time.process_time() + seconds
    begin = time.process_time()
    best = anneal(model, start, seed=seed, cooling=probe, report=report)
    spent = max(time.process_time() - begin, 1e-4)
    passes = min(max(end - time.process_time(), 0.0) / spent * probe.rounds / cooling.rounds, _MOST_PASSES)
    return anneal(model, best, seed=seed, cooling=replace(cooling, passes=passes), deadline=end, report=report)


def _unit(model: Model) -> float:
    """What a typical step of a typical operation costs; without linear costs, its share in the peak of a row."""
    costs = np.abs(np.concatenate([model.cost, model.last_cost]))
    costs = costs[costs > 0]
    if len(costs):
        return float(np.median(costs))
    shares = [w * _grain(model, row) / model.steps for row, w in enumerate(model.weight) if w > 0]
    return max(shares, default=1.0)


def _most(model: Model) -> int:
    """The largest use that any row can have in a step."""
    at_once = -(-model.use_length // model.fold) if model.fold else 1
    values = -(-(_longest_life(model)) // model.fold) if model.fold else 1
    return int((model.use_amount * at_once).sum() + model.width.sum() * values)


def _longest_life(model: Model) -> int:
    reach = (model.high[model.part_op] + model.part_lag).max(initial=0)
    return int(reach - model.low.min(initial=0)) + 1


def _penalty(model: Model, row: int, use: IntArray, cooling: Cooling, part: float, unit: float) -> Floats:
    """What each use of a row in one step costs, after `part` of the rounds."""
    count = np.arange(_most(model) + 1, dtype=np.float64)
    cost = np.zeros_like(count)
    if model.weight[row] > 0:
        last = cooling.hard * _grain(model, row)
        first = max(cooling.soft * float(use.mean()), last)
        tau, top = first * (last / first) ** part, float(use.max())
        level = min(top + tau * float(np.log(np.exp((use - top) / tau).sum())), top + 5.0 * tau)
        above = (count - level) / tau
        cost += model.weight[row] * tau * np.where(above < 0.0, np.exp(np.minimum(above, 0.0)), 1.0 + above)
    if model.limit[row] < NO_LIMIT:
        cost += _BREACH * unit * np.maximum(count - model.limit[row], 0.0)
    return cost


def _grain(model: Model, row: int) -> float:
    """A typical amount that one operation or value holds of a row."""
    amounts = model.use_amount[model.use_row == row]
    amounts = np.concatenate([amounts, model.width]) if row == len(model.weight) - 1 else amounts
    amounts = amounts[amounts > 0]
    return float(np.median(amounts)) if len(amounts) else 1.0

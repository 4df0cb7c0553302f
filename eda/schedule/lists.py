"""Schedules as soon and as late as possible, and list scheduling in both directions.

With units given and the latency sought, the list is kept by the longest path behind each operation, then by the schedule
found last: backwards by its ends, forwards by its starts, which never loses much and often gains a step (double
justification); perturbed priorities follow. With the latency given and units sought, an operation that can wait no longer
takes a unit more, and the number of units is then lowered as far as a schedule is still found.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.dataflow import Dataflow, Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import Bound, lower_bound, peaks, require_units
from eda.schedule.groups import grouped
from eda.schedule.ims import one_after_another, place_by_height
from eda.schedule.problem import InfeasibleError, Problem, earliest, windows
from eda.schedule.result import Progress, Result, objective_value, result_of, violations

_NO_LIMIT = 2**60
_PERTURBED = 200


def asap(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """Every operation as soon as precedences allow. Raises `InfeasibleError` if limits of units or steps are broken."""
    return _extreme(problem, "asap", earliest(problem))


def alap(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """Every operation as late as the latency (if none is given, the longest path) allows; raises as `asap` does."""
    return _extreme(problem, "alap", windows(problem)[1])


def _extreme(problem: Problem, method: str, start: IntArray) -> Result:
    began = time.process_time()
    problem.check()
    schedule = Schedule(start, problem.ii)
    wrong = violations(problem, schedule)
    if wrong:
        raise InfeasibleError(f"the {method} schedule breaks a limit that it does not look at: {wrong[0]}; try --method list")
    bound = lower_bound(problem)
    seconds = time.process_time() - began
    return result_of(problem, schedule, method, bound=bound.value, certificate=bound.certificate, seconds=seconds)


def list_schedule(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The best schedule by lists in both directions; without overlap of iterations.

    Where units are limited and no latency is given, the latency is what lists make small. `time_limit` is in CPU
    seconds. Raises `InfeasibleError` if no list led to a schedule (which is no proof that there is none).
    """
    began = time.process_time()
    problem.check()
    if problem.ii is not None or problem.objective == "ii":
        raise UsageError("lists do not overlap iterations; use the method ims for an initiation interval")
    require_units(problem.flow)
    search = _Search(problem, lower_bound(problem), began, began + time_limit, progress)
    if _has_loop(problem.flow):
        search.offer(_constrained(problem))
    elif problem.objective == "latency" or (problem.deadline is None and (problem.flow.capacity >= 0).any()):
        _fill_units(search, np.random.default_rng(seed))
    else:
        _spare_units(search)
    if search.best is None:
        limit = f" within {problem.deadline} steps" if problem.deadline is not None else ""
        raise InfeasibleError(f"list scheduling found no schedule{limit}; that does not prove that there is none")
    bound, seconds = search.bound, time.process_time() - began
    return result_of(
        *(problem, search.best, "list"),
        bound=bound.value,
        certificate=bound.certificate,
        history=tuple(search.history),
        seconds=seconds,
    )


class _Search:
    """The best schedule so far."""

    def __init__(self, problem: Problem, bound: Bound, began: float, end: float, progress: Progress | None) -> None:
        self.problem, self.bound, self.began, self.end, self.progress = problem, bound, began, end, progress
        self.best: Schedule | None = None
        self.value = float("inf")
        self.history: list[tuple[float, float]] = []
        self.stopped = False

    def offer(self, start: IntArray | None) -> None:
        """Take a schedule if it is legal and better."""
        if start is None:
            return
        schedule = Schedule(start)
        value = objective_value(self.problem, schedule)
        if value < self.value and not violations(self.problem, schedule):
            self.best, self.value = schedule, value
            self.history.append((time.process_time() - self.began, value))
        if self.progress is not None and self.progress("list", self.value, self.bound.value):
            self.stopped = True

    @property
    def done(self) -> bool:
        """Is the best optimal, the time over, or was a stop asked for?"""
        return self.stopped or self.value <= self.bound.value + 1e-9 or time.process_time() > self.end


@dataclass(frozen=True, eq=False)
class Side:
    """A problem as a list takes it, in one direction of time; edges of other iterations left out.

    `shift` int64 [D]: steps from the start of an operation (backwards, its end) to where a demand begins.
    """

    flow: Dataflow
    low: IntArray
    high: IntArray
    source: IntArray
    target: IntArray
    lag: IntArray
    shift: IntArray

    @cached_property
    def groups(self) -> tuple[Any, Any]:
        """int64 [V]: a group by the demand of each operation, 0 for none or several; bool [G]: is the demand the same?"""
        flow, n = self.flow, self.flow.n_operations
        columns = np.stack([flow.demand_resource, flow.demand_amount, self.shift, flow.demand_occupancy], axis=1)
        _, kind = np.unique(columns, axis=0, return_inverse=True)
        group = np.zeros(n, dtype=np.int64)
        group[flow.demand_operation] = kind.reshape(-1) + 1
        group[np.bincount(flow.demand_operation, minlength=n) > 1] = 0
        alike = np.arange(int(kind.max(initial=-1)) + 2) > 0
        return group, alike

    def run(self, priority: npt.NDArray[Any], limit: IntArray, most: IntArray) -> tuple[IntArray | None, IntArray]:
        """Start steps by rising `priority` int64 [V], or None, and the limits of units [K] raised up to `most`."""
        from eda.schedule.list_kernels import by_steps

        flow, n = self.flow, self.flow.n_operations
        order = np.lexsort((np.arange(n), priority))
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        outs = grouped(self.source, n, self.target, self.lag)
        kept = (flow.demand_amount > 0) & (flow.demand_occupancy > 0)
        columns = (flow.demand_resource, flow.demand_amount, self.shift, flow.demand_occupancy)
        demands = grouped(flow.demand_operation[kept], n, *(c[kept].astype(np.int64) for c in columns))
        steps = int(self.high.max(initial=0) + self.shift.max(initial=0) + flow.demand_occupancy.max(initial=1)) + 1
        use = np.zeros((len(flow.resources), steps), dtype=np.int64)
        waiting, limit = np.bincount(self.target, minlength=n).astype(np.int64), limit.copy()
        start = by_steps(*(self.low, self.high, order, rank, *self.groups, waiting, *outs, *demands, use, limit, most))
        return (None if (start < 0).any() else np.asarray(start)), limit


def forwards(problem: Problem, low: IntArray, high: IntArray) -> Side:
    """From the first step on, for starts within ``low..high``."""
    flow = problem.flow
    now = flow.edge_distance == 0
    source, target = flow.edge_source[now].astype(np.int64), flow.edge_target[now].astype(np.int64)
    lag = flow.latency[source] + flow.edge_delay[now].astype(np.int64)
    return Side(flow, low, high, source, target, lag, np.zeros(len(flow.demand_operation), dtype=np.int64))


def backwards(problem: Problem, low: IntArray, high: IntArray) -> tuple[Side, IntArray]:
    """From the last step on, and int64 [V]: ``turn - x`` are the starts for steps x counted back."""
    flow, side = problem.flow, forwards(problem, low, high)
    span = np.ones(flow.n_operations, dtype=np.int64)
    np.maximum.at(span, flow.demand_operation, flow.demand_occupancy.astype(np.int64))
    turn = int((high + span).max(initial=0)) - span
    lag = side.lag + span[side.target] - span[side.source]
    shift = span[flow.demand_operation] - flow.demand_occupancy
    return Side(flow, turn - high, turn - low, side.target, side.source, lag, shift), turn


def _fill_units(search: _Search, rng: np.random.Generator) -> None:
    """Least latency with the units there are."""
    problem = search.problem
    flow = problem.flow
    limit = np.where(flow.capacity >= 0, flow.capacity, _NO_LIMIT)
    path = problem.critical_path
    low, tail = windows(replace(problem, latency=path, stages=None, latest=None))
    room = path + one_after_another(flow)
    ahead = forwards(problem, low, _until(problem, tail + room - path))
    back, turn = backwards(problem, low, tail + room - path)
    priority = tail.astype(np.float64)
    for i in range(_PERTURBED):
        start, _ = ahead.run(priority, limit, limit)
        search.offer(start)
        for _ in range(3):
            if start is None or search.done:
                break
            start = _justified(problem, ahead, back, turn, start, limit)
            search.offer(start)
        if search.done:
            break
        spread = (0.02 + 0.1 * (i % 5)) * path
        priority = tail + rng.normal(0.0, spread, len(tail))


def _until(problem: Problem, high: IntArray) -> IntArray:
    return high if problem.latest is None else np.minimum(high, problem.latest)


def _justified(problem: Problem, ahead: Side, back: Side, turn: IntArray, start: IntArray, limit: IntArray) -> IntArray | None:
    """All as late as the end of a schedule allows, then as soon as possible again."""
    late, _ = back.run(-(start + problem.ends), limit, limit)
    if late is None:
        return None
    again, _ = ahead.run(turn - late, limit, limit)
    return again


def _spare_units(search: _Search) -> None:
    """Few units within the windows."""
    problem = search.problem
    flow = problem.flow
    low, high = windows(problem)
    most = np.where(flow.capacity >= 0, flow.capacity, _NO_LIMIT)
    least = np.array([p.units for p in peaks(problem, low, high)], dtype=np.int64)
    back, turn = backwards(problem, low, high)
    for side, mirror in ((forwards(problem, low, high), None), (back, turn)):
        priority = side.high
        start, used = side.run(priority, np.minimum(least, most), most)
        _offer_side(search, start, mirror)
        if start is not None:
            _lower_limits(search, side, mirror, least, used)
    search.offer(low)
    search.offer(high)


def _offer_side(search: _Search, start: IntArray | None, mirror: IntArray | None) -> None:
    search.offer(start if start is None or mirror is None else mirror - start)


def _lower_limits(search: _Search, side: Side, mirror: IntArray | None, least: IntArray, used: IntArray) -> None:
    """Halve the range of units of each resource, the dearest first, as long as a schedule is found."""
    areas = np.ones(len(used)) if search.problem.areas is None else np.asarray(search.problem.areas)
    for k in np.argsort(-areas * (used - least), kind="stable").tolist():
        low, high = int(least[k]), int(used[k])
        while low < high and not search.stopped and time.process_time() < search.end:
            trial = used.copy()
            trial[k] = (low + high) // 2
            start, _ = side.run(side.high, trial, trial)
            _offer_side(search, start, mirror)
            if start is None:
                low = int(trial[k]) + 1
            else:
                high = int(trial[k])
        used[k] = high


def _has_loop(flow: Dataflow) -> bool:
    """Do edges of distance 0 form a loop ("at most k steps after")?"""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    now = flow.edge_distance == 0
    n = flow.n_operations
    ends = (flow.edge_source[now], flow.edge_target[now])
    graph = coo_array((np.ones(int(now.sum())), ends), shape=(n, n))
    return bool(connected_components(graph, directed=True, connection="strong", return_labels=False) < n)


def _constrained(problem: Problem) -> IntArray | None:
    """With limits from both sides operations are placed by height, and driven out where limits are broken."""
    side = forwards(problem, *(np.zeros(problem.flow.n_operations, dtype=np.int64),) * 2)
    steps = problem.critical_path + one_after_another(problem.flow)
    start = place_by_height(problem.flow, steps, earliest(problem), side.source, side.target, side.lag, 100)
    if start is None or problem.earliest is not None:
        return start
    return start - start.min()

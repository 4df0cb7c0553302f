"""Iterative modulo scheduling (Rau, MICRO 1994).

Operations go by height, the longest path to the end at the interval. Each takes the first free step of the `interval`
steps after its predecessors allow it; where none is free it takes one by force, and drives out what is in the way. Its
successors that no longer keep their distance are driven out too. A budget of placements ends the attempt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from eda.ir.dataflow import Dataflow, Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import least_interval, lower_bound
from eda.schedule.groups import grouped
from eda.schedule.problem import InfeasibleError, Problem
from eda.schedule.result import Progress, Result, result_of, violations

BUDGET = 12
"""Placements per operation."""


def ims(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """A pipelined schedule of the problem's interval or, without one, of the least that is found from the bound upward.

    `seed` changes nothing. Raises `InfeasibleError` if no interval within the time limit (CPU seconds) gave a schedule.
    """
    began = time.process_time()
    problem.check()
    bound = least_interval(problem.flow)
    if problem.ii is not None and problem.ii < bound.least:
        raise InfeasibleError(f"an interval of {problem.ii} is too short: {bound.certificate}")
    for ii in _intervals(problem, bound.least):
        start = modulo_schedule(problem.flow, ii, earliest=problem.earliest)
        if progress is not None and progress(f"interval {ii}", float(ii), float(bound.least)):
            time_limit = 0.0
        if start is not None:
            schedule = Schedule(start, ii)
            if not violations(problem, schedule):
                seconds = time.process_time() - began
                proof = lower_bound(problem)
                return result_of(problem, schedule, "ims", bound=proof.value, certificate=proof.certificate, seconds=seconds)
        if time.process_time() - began > time_limit:
            break
    raise InfeasibleError(
        f"iterative modulo scheduling found no schedule up to an interval of {ii}; the least possible one is {bound.least}"
    )


def _intervals(problem: Problem, least: int) -> Iterator[int]:
    """The interval that is given; else all from the least one to the one at which iterations need not overlap."""
    if problem.ii is not None:
        yield problem.ii
        return
    yield from range(least, max(least, one_after_another(problem.flow)) + 1)


def one_after_another(flow: Dataflow) -> int:
    """Steps that do for all operations one after another."""
    source = flow.edge_source
    delay = np.zeros(flow.n_operations, dtype=np.int64)
    np.maximum.at(delay, source, flow.latency[source].astype(np.int64) + flow.edge_delay)
    np.maximum.at(delay, flow.demand_operation, flow.demand_occupancy.astype(np.int64))
    return int(np.maximum(delay, flow.latency).sum()) + 1


def modulo_schedule(flow: Dataflow, ii: int, *, earliest: IntArray | None = None, budget: int = BUDGET) -> IntArray | None:
    """int64 [V]: start steps at the interval `ii`, or None if `budget` placements per operation do not suffice.

    The recurrences must allow ii (`bounds.least_interval`), and the units each operation alone.
    """
    source, target = flow.edge_source.astype(np.int64), flow.edge_target.astype(np.int64)
    lag = flow.latency[source] + flow.edge_delay.astype(np.int64) - ii * flow.edge_distance.astype(np.int64)
    low = np.zeros(flow.n_operations, dtype=np.int64) if earliest is None else np.asarray(earliest, dtype=np.int64)
    return place_by_height(flow, ii, low, source, target, lag, budget)


def place_by_height(
    flow: Dataflow, ii: int, low: IntArray, source: IntArray, target: IntArray, lag: IntArray, budget: int = BUDGET
) -> IntArray | None:
    """The same for edges ``s[target] >= s[source] + lag`` int64 [E], and start steps of at least `low` int64 [V]."""
    from eda.schedule.ims_kernels import place
    from eda.schedule.windows_kernels import longest

    n = flow.n_operations
    ins, outs = grouped(target, n, source, lag), grouped(source, n, target, lag)
    first, op, length = ins
    height, loop = longest(first, op, length, np.zeros(n, dtype=np.int64))
    if loop >= 0:
        return None
    order = np.lexsort((np.arange(n), -height))
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    limited = (flow.capacity >= 0)[flow.demand_resource] & (flow.demand_amount > 0) & (flow.demand_occupancy > 0)
    columns = (flow.demand_operation, flow.demand_resource, flow.demand_amount, flow.demand_occupancy)
    operation, row, amount, held = (c[limited].astype(np.int64) for c in columns)
    demands = grouped(operation, n, row, amount, held)
    users = grouped(row, len(flow.resources), operation)
    arguments: tuple[Any, ...] = (ii, low, order, rank, *ins, *outs, *demands, flow.capacity.astype(np.int64), *users)
    start = place(*(*arguments, budget * max(n, 1)))
    return None if (start < 0).any() else np.asarray(start)

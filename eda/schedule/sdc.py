"""Least communication, lifetimes or registers without limits of units: a linear program of difference constraints.

Its matrix is totally unimodular, so the optimum is integral (Cong and Zhang, DAC 2006). Where no unit is limited it is the
answer, elsewhere a bound and a start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.metrics import objective_value
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.result import Progress, Result, violations
from eda.schedule.step_graph import Floats, StepGraph, step_graph

OBJECTIVES = ("communication", "registers")


@dataclass(frozen=True, eq=False)
class Differences:
    """Variables x with ``low <= x <= high`` and ``x[target] >= x[source] + lag``, and a cost of each step of x."""

    cost: Floats
    source: IntArray
    target: IntArray
    lag: IntArray
    low: IntArray
    high: IntArray | float


def least_cost(system: Differences, *, time_limit: float = 60.0) -> IntArray | None:
    """The cheapest x, int64; None: out of time. Raises `InfeasibleError` if there is none."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    edges, n = np.arange(len(system.source)), len(system.cost)
    value = np.concatenate([np.ones(len(edges)), -np.ones(len(edges))])
    ends = np.concatenate([system.source, system.target])
    matrix = csr_array((value, (np.tile(edges, 2), ends)), shape=(len(edges), n))
    bounds = np.stack([system.low, np.broadcast_to(np.asarray(system.high, dtype=np.float64), n)], axis=1)
    found = linprog(
        system.cost,
        A_ub=matrix if len(edges) else None,
        b_ub=-system.lag if len(edges) else None,
        bounds=bounds,
        method="highs-ds",
        options={"time_limit": max(time_limit, 0.01)},
    )
    if found.status == 2:
        raise InfeasibleError("no start steps keep all precedences and windows")
    return np.rint(found.x).astype(np.int64) if found.status == 0 else None


def differences(graph: StepGraph, high: IntArray | float | None = None) -> Differences:
    """The linear costs, precedences and windows of a step graph; `high` instead of its own upper ends."""
    top = graph.high if high is None else high
    return Differences(graph.cost, graph.source, graph.target, graph.lag, graph.low, top)


def sdc(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The least communication or registers if no unit is limited; `seed` has no effect, nothing here is random.

    Raises `InfeasibleError` if the optimum uses more units than there are: then another method has to share them.
    """
    begin = time.process_time()
    if problem.objective not in OBJECTIVES:
        raise UsageError(f"method sdc minimises {' or '.join(OBJECTIVES)}, not {problem.objective}")
    low, high = windows(problem)
    graph = step_graph(problem, low, high, ii=problem.ii, capacities=False)
    items = least_cost(differences(graph), time_limit=time_limit)
    start = low if items is None else items[: problem.flow.n_operations]
    schedule = Schedule(start, problem.ii)
    wrong = violations(problem, schedule)
    if wrong:
        raise InfeasibleError(f"the schedule of method sdc, which knows no limits of units, breaks them: {wrong[0]}")
    objective = objective_value(problem, schedule)
    bound = 0.0 if items is None else graph.value(items)
    why = "linear program of difference constraints" if items is not None else "out of time"
    if progress is not None:
        progress("sdc", objective, bound)
    return Result(schedule, objective, bound, "sdc", why, seconds=time.process_time() - begin)

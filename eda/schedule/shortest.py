"""The least latency without overlap: lists from both sides, bounds by work and crowded intervals, CP-SAT between the two."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import latency_bound
from eda.schedule.cp import add_units, solver
from eda.schedule.lists import list_schedule
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.result import Progress, Result, result_of


def shortest(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The least latency, or the best found in `time_limit` CPU seconds, with a bound.

    Raises `InfeasibleError` saying what forbids the latency asked for, or that no schedule was found.
    """
    began = time.process_time()
    bound = latency_bound(problem)
    if problem.deadline is not None and bound.value > problem.deadline:
        raise InfeasibleError(f"the latency is at least {bound.value:g}, asked for was {problem.deadline}: {bound.certificate}")
    open_problem = replace(problem, latency=None) if problem.stages is None else problem
    found = list_schedule(open_problem, seed=seed, time_limit=0.2 * time_limit, progress=progress)
    if not found.optimal:
        found = _closed(open_problem, found, began, time_limit, seed, progress)
    if problem.deadline is not None and found.objective > problem.deadline:
        proof = f"it is proven to need {found.bound:g}" if found.bound > problem.deadline else "which is no proof"
        raise InfeasibleError(
            f"no schedule within {problem.deadline} steps was found, {proof}; a latency of {found.objective:g} is feasible"
        )
    return replace(found, seconds=time.process_time() - began)


def _closed(problem: Problem, found: Result, began: float, time_limit: float, seed: int, progress: Progress | None) -> Result:
    """Raise the bound latency by latency as long as CP-SAT proves it infeasible, each with a share of the time."""
    bound, certificate, history = int(found.bound), found.certificate, list(found.history)
    best, latency = found, int(found.bound)
    while latency < best.objective and (left := began + time_limit - time.process_time()) > 0:
        if progress is not None and progress(f"latency {latency}", best.objective, float(bound)):
            break
        status, start = _fits(problem, latency, left / 3, seed)
        if status == "infeasible" and latency == bound:
            bound, certificate = latency + 1, f"CP-SAT proves {latency} steps infeasible"
        if start is not None:
            best = result_of(problem, Schedule(start), "list, cpsat", bound=bound, certificate=certificate)
            history.append((time.process_time() - began, best.objective))
            break
        latency += 1
    return replace(best, bound=float(bound), certificate=certificate, history=tuple(history))


def _fits(problem: Problem, latency: int, time_limit: float, seed: int) -> tuple[str, IntArray | None]:
    """Whether everything fits into `latency` steps: "feasible" with start steps, "infeasible" or "unknown"."""
    from ortools.sat.python import cp_model

    try:
        low, high = windows(replace(problem, latency=latency))
    except InfeasibleError:
        return "infeasible", None
    model, flow = cp_model.CpModel(), problem.flow
    x: list[Any] = [model.new_int_var(a, b, f"s{v}") for v, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True))]
    source, target = flow.edge_source, flow.edge_target
    lag = flow.latency[source].astype(np.int64) + flow.edge_delay - latency * flow.edge_distance.astype(np.int64)
    for u, v, d in np.unique(np.stack([source, target, lag]), axis=1).T.tolist():
        if u != v:
            model.add(x[v] >= x[u] + d)
    add_units(model, flow, None, dict(enumerate(x)), {})
    engine = solver(time_limit, seed)
    status = engine.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return "feasible", np.array([engine.value(v) for v in x], dtype=np.int64)
    return ("infeasible" if status == cp_model.INFEASIBLE else "unknown"), None

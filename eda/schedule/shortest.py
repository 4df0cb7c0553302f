"""The least latency without overlap: lists from both sides, bounds by work and crowded intervals, CP-SAT between the two."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np

from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import latency_bound
from eda.schedule.cp import add_units, solver
from eda.schedule.cuts import n_cells
from eda.schedule.lists import list_schedule
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.result import Progress, Result, result_of
from eda.schedule.step_graph import step_graph
from eda.schedule.step_model import MAX_COLUMNS, relaxation


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
    """Raise the bound latency by latency as long as the linear relaxation or CP-SAT proves it infeasible."""
    bound, certificate, history = int(found.bound), found.certificate, list(found.history)
    best, latency = found, int(found.bound)
    while latency < best.objective and (left := began + time_limit - time.process_time()) > 0:
        if progress is not None and progress(f"latency {latency}", best.objective, float(bound)):
            break
        if _relaxation_fails(problem, latency, left / 10):
            status, start, prover = "infeasible", None, "the linear relaxation of the step formulation"
        else:
            (status, start), prover = _fits(problem, latency, left / 3, seed), "CP-SAT"
        if status == "infeasible" and latency == bound:
            bound, certificate = latency + 1, f"{prover} proves {latency} steps infeasible"
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
    _add_steps(model, problem, x, low, high)
    engine = solver(time_limit, seed)
    engine.parameters.linearization_level = 2
    status = engine.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return "feasible", np.array([engine.value(v) for v in x], dtype=np.int64)
    return ("infeasible" if status == cp_model.INFEASIBLE else "unknown"), None


def _add_steps(model: Any, problem: Problem, x: list[Any], low: IntArray, high: IntArray) -> None:
    """A Boolean per limited operation and step, and the limit of units of each step as a linear row: without these CP-SAT
    knows little of work that is spread over many steps."""
    flow = problem.flow
    rows: dict[tuple[int, int], list[Any]] = {}
    columns = (flow.demand_operation, flow.demand_resource, flow.demand_amount, flow.demand_occupancy)
    starts: dict[int, list[Any]] = {}
    for v, k, amount, held in zip(*(c.tolist() for c in columns), strict=True):
        if flow.capacity[k] < 0 or not amount or not held:
            continue
        if v not in starts:
            starts[v] = [model.new_bool_var(f"b{v}_{t}") for t in range(int(low[v]), int(high[v]) + 1)]
            model.add_exactly_one(starts[v])
            model.add(x[v] == sum(t * b for t, b in enumerate(starts[v], int(low[v]))))
        for t, b in enumerate(starts[v], int(low[v])):
            for step in range(t, t + held):
                rows.setdefault((k, step), []).append(amount * b)
    for (k, _), terms in rows.items():
        model.add(sum(terms) <= int(flow.capacity[k]))


def _relaxation_fails(problem: Problem, latency: int, time_limit: float) -> bool:
    """Is already the linear relaxation of the step formulation infeasible within `latency` steps?"""
    case = replace(problem, latency=latency)
    try:
        low, high = windows(case)
    except InfeasibleError:
        return True
    graph = step_graph(case, low, high)
    return n_cells(graph) <= MAX_COLUMNS and relaxation(graph, time_limit=time_limit) == math.inf

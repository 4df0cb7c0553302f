"""CP-SAT on a whole problem: the least latency by asking for less and less, other objectives by minimising.

Besides cumulative constraints there is a 0/1 variable per operation and step with a capacity row per step: their linear
relaxation proves what cumulatives alone do not.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.schedule.bounds import Bound, lower_bound
from eda.schedule.cp import Answer, add_units, solver
from eda.schedule.lists import list_schedule
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.result import Progress, Result, result_of
from eda.schedule.step_graph import StepGraph, step_graph
from eda.schedule.step_model import program

MAX_CELLS = 60_000
"""Steps in all windows together up to which there is a 0/1 variable for each."""


def latency_feasible(problem: Problem, latency: int, *, time_limit: float = 10.0, seed: int = 1) -> Answer:
    """Is there a schedule without overlap that ends within `latency` steps?"""
    from ortools.sat.python import cp_model

    try:
        low, high = windows(replace(problem, latency=latency))
    except InfeasibleError:
        return Answer("infeasible")
    graph = step_graph(replace(problem, objective="area", areas=(0.0,) * len(problem.flow.resources)), low, high)
    model, x, _ = _model(problem, graph)
    engine = solver(time_limit, seed)
    engine.parameters.linearization_level = 2
    status = engine.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer("feasible", np.array([engine.value(v) for v in x[: graph.n_operations]], dtype=np.int64))
    return Answer("infeasible" if status == cp_model.INFEASIBLE else "unknown")


def cpsat(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The optimum by CP-SAT, or the best schedule within `time_limit` CPU seconds; from a list schedule where there is one.

    Raises `InfeasibleError` where no schedule exists or none was found.
    """
    problem.check()
    if problem.objective == "ii":
        raise UsageError("method cpsat takes the interval as given; use the method modulo for the least one")
    if problem.objective == "latency" and problem.ii is None:
        return _least_latency(problem, seed, time_limit, progress)
    return _minimised(problem, seed, time_limit)


def _least_latency(problem: Problem, seed: int, time_limit: float, progress: Progress | None) -> Result:
    """From the bound upwards: each latency is proven infeasible, or reached."""
    begin = time.process_time()
    best = list_schedule(problem, seed=seed, time_limit=time_limit / 4, progress=progress)
    bound = Bound(best.bound, best.certificate)
    for latency in range(int(best.bound), int(best.objective)):
        answer = latency_feasible(problem, latency, time_limit=begin + time_limit - time.process_time(), seed=seed)
        if answer.start is not None:
            best = replace(best, schedule=Schedule(answer.start), objective=float(latency))
            break
        if answer.status == "unknown":
            break
        bound = Bound(latency + 1, f"CP-SAT finds no schedule within {latency} steps")
    seconds = time.process_time() - begin
    return result_of(problem, best.schedule, "cpsat", bound=bound.value, certificate=bound.certificate, seconds=seconds)


def _minimised(problem: Problem, seed: int, time_limit: float) -> Result:
    from ortools.sat.python import cp_model

    begin = time.process_time()
    low, high = windows(problem)
    graph = step_graph(problem, low, high, ii=problem.ii)
    model, x, scale = _model(problem, graph)
    engine = solver(time_limit, seed)
    engine.parameters.linearization_level = 2
    status = engine.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        known = "there is none" if status == cp_model.INFEASIBLE else f"CP-SAT found none in {time_limit:g} s"
        raise InfeasibleError(f"a schedule of {problem.flow.name} within the given limits: {known}")
    start = np.array([engine.value(v) for v in x[: graph.n_operations]], dtype=np.int64)
    simple = lower_bound(problem)
    proven = graph.constant + math.ceil(engine.best_objective_bound - 1e-6) / scale
    bound = Bound(proven, "CP-SAT") if proven > simple.value else simple
    seconds = time.process_time() - begin
    schedule = Schedule(start, problem.ii)
    return result_of(problem, schedule, "cpsat", bound=bound.value, certificate=bound.certificate, seconds=seconds)


def _model(problem: Problem, graph: StepGraph) -> tuple[Any, list[Any], float]:
    """The model, its items, and the factor that makes costs whole numbers (rounded down, so that a bound stays one)."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    bounds = list(zip(graph.low.tolist(), graph.high.tolist(), strict=True))
    x = [model.new_int_var(a, b, f"x_{i}") for i, (a, b) in enumerate(bounds)]
    for u, v, lag in zip(graph.source.tolist(), graph.target.tolist(), graph.lag.tolist(), strict=True):
        model.add(x[v] - x[u] >= lag)
    flow = problem.flow
    limited = np.unique(flow.demand_operation[(flow.capacity >= 0)[flow.demand_resource]]).tolist()
    add_units(model, flow, problem.ii, {u: x[u] for u in limited}, {u: bounds[u] for u in limited})
    scale = 1.0 if _whole(graph) else 1000.0
    cost = sum(math.floor(c * scale) * v for c, v in zip(graph.cost.tolist(), x, strict=True) if c)
    if graph.weight.any() or int((graph.high - graph.low).sum()) <= MAX_CELLS:
        cost += _steps(model, graph, x, scale)
    model.minimize(cost)
    return model, x, scale


def _whole(graph: StepGraph) -> bool:
    return bool((graph.cost % 1 == 0).all() and (graph.weight % 1 == 0).all())


def _steps(model: Any, graph: StepGraph, x: list[Any], scale: float) -> Any:
    """The step formulation beside the items; returns the cost of the peaks."""
    lines = program(graph)
    done = [model.new_bool_var(f"z_{j}") for j in range(int(lines.first[-1]))]
    most = int(np.abs(graph.term_amount).sum()) + 1
    peaks = [model.new_int_var(math.ceil(a), most, f"peak_{j}") for j, a in enumerate(lines.lowest[len(done) :].tolist())]
    columns = [*done, *peaks]
    matrix = lines.matrix.tocsr()
    for i, upper in enumerate(lines.upper.tolist()):
        inside = slice(matrix.indptr[i], matrix.indptr[i + 1])
        entries = zip(matrix.indices[inside].tolist(), matrix.data[inside].tolist(), strict=True)
        model.add(sum(round(a) * columns[j] for j, a in entries) <= math.floor(upper))
    for i, (a, b) in enumerate(zip(lines.first[:-1].tolist(), lines.first[1:].tolist(), strict=True)):
        if b > a:
            model.add(x[i] + sum(done[a:b]) == int(graph.high[i]))
    weights = graph.weight[graph.weight > 0].tolist()
    return sum(math.floor(w * scale) * peak for w, peak in zip(weights, peaks, strict=True))

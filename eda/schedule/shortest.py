"""The least latency without overlap: lists from both sides, bounds by work and crowded intervals, and between the two the
linear relaxation of the step formulation and CP-SAT, latency by latency."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from eda.ir.dataflow import Schedule
from eda.schedule.bounds import Bound, latency_bound
from eda.schedule.cp_whole import latency_feasible
from eda.schedule.cuts import n_cells
from eda.schedule.ims import one_after_another
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
    free = replace(problem, latency=None) if problem.stages is None else problem
    found = _listed(free, seed, 0.2 * time_limit, progress)
    if found is None or not found.optimal:
        bound, found = _closed(free, bound, found, began, time_limit, seed, progress)
    if found is None:
        raise InfeasibleError(f"no schedule was found in {time_limit:g} s; the latency is at least {bound.value:g}")
    if problem.deadline is not None and found.objective > problem.deadline:
        proof = f"{found.bound:g} are proven to be needed" if found.bound > problem.deadline else "which is no proof"
        raise InfeasibleError(f"no schedule within {problem.deadline} steps was found, {proof}; {found.objective:g} steps do")
    return replace(found, seconds=time.process_time() - began)


def _listed(problem: Problem, seed: int, time_limit: float, progress: Progress | None) -> Result | None:
    try:
        return list_schedule(problem, seed=seed, time_limit=time_limit, progress=progress)
    except InfeasibleError:  # lists fail on operations that are held together; that is no proof
        return None


def _closed(
    problem: Problem,
    bound: Bound,
    found: Result | None,
    began: float,
    time_limit: float,
    seed: int,
    progress: Progress | None,
) -> tuple[Bound, Result | None]:
    """Each latency from the bound on is proven infeasible, reached, or left open when its share of the time is over."""
    latency = int(bound.value)
    most = int(found.objective) if found is not None else problem.critical_path + one_after_another(problem.flow)
    windows(replace(problem, latency=max(most, latency)))  # raises if windows clash whatever the latency
    while latency < most and (left := began + time_limit - time.process_time()) > 0:
        if progress is not None and progress(f"latency {latency}", math.inf if found is None else found.objective, bound.value):
            break
        status, prover = "infeasible", "the linear relaxation of the step formulation"
        if not _relaxation_fails(problem, latency, left / 10):
            answer, prover = latency_feasible(problem, latency, time_limit=left / 3, seed=seed), "CP-SAT"
            status = answer.status
            if answer.start is not None:
                found = result_of(problem, Schedule(answer.start), "cpsat", bound=bound.value)
                found = replace(found, history=((time.process_time() - began, found.objective),))
                break
        if status == "infeasible" and latency == bound.value:
            bound = Bound(latency + 1, f"{prover} proves {latency} steps infeasible")
        latency += 1
    return bound, found and replace(found, bound=float(bound.value), certificate=bound.certificate)


def _relaxation_fails(problem: Problem, latency: int, time_limit: float) -> bool:
    """Is already the linear relaxation of the step formulation infeasible within `latency` steps?"""
    case = replace(problem, latency=latency)
    try:
        low, high = windows(case)
    except InfeasibleError:
        return True
    graph = step_graph(case, low, high)
    return n_cells(graph) <= MAX_COLUMNS and relaxation(graph, time_limit=time_limit) == math.inf

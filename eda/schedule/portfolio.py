"""One door to all methods; `auto` tries what suits the objective and returns the best schedule with the best bound."""

from __future__ import annotations

import importlib
from dataclasses import replace

from eda.errors import UsageError, suggest
from eda.ir.netlist import IntArray
from eda.schedule.infeasible import require_feasible
from eda.schedule.problem import InfeasibleError, Problem
from eda.schedule.result import Progress, Result

METHODS = {
    "asap": "lists.asap",
    "alap": "lists.alap",
    "list": "lists.list_schedule",
    "fds": "force.fds",
    "ims": "ims.ims",
    "sdc": "sdc.sdc",
    "cpsat": "cp_whole.cpsat",
    "modulo": "modulo.modulo",
    "step": "step_model.step",
    "gaus": "anytime.gaus",
    "gumbel": "gumbel.gumbel",
    "order": "order.order",
}
"""Method and where it is: module and function of this room."""

_IN_WINDOWS = ("step", "gaus", "sdc", "cpsat", "gumbel")


def solve(
    problem: Problem, method: str = "auto", *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None
) -> Result:
    """A legal schedule of the problem, its objective and a lower bound.

    Without a latency the objectives other than latency and interval are sought, and bounded, at the least latency known.
    Raises `UsageError` for an unknown method or one that does not know the objective, `InfeasibleError` where no schedule
    exists or none was found.
    """
    problem.check()
    try:
        return _solve(problem, method, seed, time_limit, progress)
    except InfeasibleError:
        require_feasible(problem)  # says more where it knows more
        raise


def with_deadline(problem: Problem, *, seed: int = 1, time_limit: float = 60.0) -> Problem:
    """The problem with the least latency known where it has none; raises `InfeasibleError`."""
    return _fixed(problem, seed, time_limit, None)[0]


def _solve(problem: Problem, method: str, seed: int, time_limit: float, progress: Progress | None) -> Result:
    if method == "auto":
        return _auto(problem, seed, time_limit, progress)
    if method not in METHODS:
        known = ("auto", *METHODS)
        raise UsageError(f"there is no method {method!r}{suggest(method, known)}; expected {', '.join(known)}")
    if method in _IN_WINDOWS and problem.objective == "ii":
        raise UsageError(f"the method {method} needs an interval: give one, or use ims or modulo")
    if method in _IN_WINDOWS and (method, problem.objective) != ("cpsat", "latency"):
        problem, _ = _fixed(problem, seed, 0.2 * time_limit, progress)
    module, _, name = METHODS[method].rpartition(".")
    function = getattr(importlib.import_module(f"eda.schedule.{module}"), name)
    found: Result = function(problem, seed=seed, time_limit=time_limit, progress=progress)
    return found


def _auto(problem: Problem, seed: int, time_limit: float, progress: Progress | None) -> Result:
    from eda.schedule.anytime import improve
    from eda.schedule.modulo import modulo
    from eda.schedule.shortest import shortest

    if problem.objective == "ii" or (problem.objective == "registers" and problem.ii is not None):
        return modulo(problem, seed=seed, time_limit=time_limit, progress=progress)
    if problem.objective == "latency" and problem.ii is None:
        return shortest(problem, seed=seed, time_limit=time_limit, progress=progress)
    fixed, starts = _fixed(problem, seed, 0.2 * time_limit, progress)
    starts += _listed(fixed, seed, 0.1 * time_limit)
    return improve(fixed, starts, seed=seed, time_limit=time_limit, progress=progress)


def _fixed(problem: Problem, seed: int, time_limit: float, progress: Progress | None) -> tuple[Problem, list[IntArray]]:
    """The problem with a latency, and the schedules that were found on the way to it."""
    from eda.schedule.ims import ims
    from eda.schedule.shortest import shortest

    if problem.ii is not None:
        start = ims(replace(problem, objective="ii"), seed=seed, time_limit=time_limit, progress=progress).schedule.start
        ends = int((start + problem.ends).max(initial=1))
        least = max(ends, problem.critical_path + 2 * problem.ii)
        return (problem if problem.deadline is not None else replace(problem, latency=least)), [start]
    if problem.deadline is not None:
        return problem, []
    if not (problem.flow.capacity >= 0).any() and not problem.flow.edge_distance.any():
        return replace(problem, latency=max(problem.critical_path, 1)), []
    found = shortest(replace(problem, objective="latency"), seed=seed, time_limit=time_limit, progress=progress)
    return replace(problem, latency=int(found.objective)), [found.schedule.start]


def _listed(problem: Problem, seed: int, time_limit: float) -> list[IntArray]:
    """A schedule by lists with few units, where they find one."""
    from eda.schedule.lists import list_schedule

    if problem.ii is not None:
        return []
    try:
        return [list_schedule(problem, seed=seed, time_limit=time_limit).schedule.start]
    except InfeasibleError:  # no proof: the search goes on without it
        return []

"""One door to all methods; `auto` tries what suits the objective and returns the best schedule with the best bound."""

from __future__ import annotations

import importlib
from dataclasses import replace

from eda.errors import UsageError, suggest
from eda.schedule.problem import Problem
from eda.schedule.result import Progress, Result

METHODS = {
    "sdc": "sdc.sdc",
}
"""Method and where it is: module and function of this room."""


def solve(
    problem: Problem, method: str = "auto", *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None
) -> Result:
    """A legal schedule of the problem, its objective and a lower bound.

    Without a latency the objectives other than latency and interval are sought at the least latency known. Raises
    `UsageError` for an unknown method, `InfeasibleError` where no schedule exists or none was found.
    """
    problem.check()
    if method == "auto":
        return _auto(problem, seed=seed, time_limit=time_limit, progress=progress)
    if method not in METHODS:
        known = ("auto", *METHODS)
        raise UsageError(f"there is no method {method!r}{suggest(method, known)}; expected {', '.join(known)}")
    module, _, name = METHODS[method].rpartition(".")
    function = getattr(importlib.import_module(f"eda.schedule.{module}"), name)
    found: Result = function(problem, seed=seed, time_limit=time_limit, progress=progress)
    return found


def _auto(problem: Problem, *, seed: int, time_limit: float, progress: Progress | None) -> Result:
    from eda.schedule.anytime import improve

    if problem.deadline is None:
        problem = replace(problem, latency=problem.critical_path + 2 * (problem.ii or 0))
    return improve(problem, seed=seed, time_limit=time_limit, progress=progress)

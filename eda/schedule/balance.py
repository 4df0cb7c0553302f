"""The weight at which area and communication matter alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eda.errors import UsageError
from eda.schedule.cuts import fullest_intervals
from eda.schedule.problem import Problem, windows
from eda.schedule.sdc import differences, least_cost
from eda.schedule.step_graph import step_graph


def balanced_alpha(problem: Problem, *, time_limit: float = 600.0) -> float:
    """Least communication (without limits of units), divided by the least area that the fullest intervals ask for.

    Raises `UsageError` where the linear program does not end within `time_limit` seconds.
    """
    low, high = windows(problem)
    wires = step_graph(replace(problem, objective="communication"), low, high, ii=problem.ii, capacities=False)
    items = least_cost(differences(wires), time_limit=time_limit)
    if items is None:
        raise UsageError(f"the balanced alpha was not found within {time_limit:g} s: give a number")
    floor, _, _ = fullest_intervals(step_graph(replace(problem, objective="area"), low, high, ii=problem.ii, capacities=False))
    areas = np.ones(len(floor)) if problem.areas is None else np.asarray(problem.areas)
    return wires.value(items) / max(float(areas @ floor), 1.0)

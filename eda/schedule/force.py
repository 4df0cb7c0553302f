"""Force-directed scheduling (Paulin and Knight, TCAD 1989) with gradual reduction of windows (Verhaegh and others).

Within its window an operation starts in any step with the same probability, which makes an expected use of each resource
in each step. The force at a step is the growth of use where the operation would be busy and of what it leaves to its
neighbours. The operation whose forces at both ends of its window differ most loses the step of the larger one, and the
windows follow, until all are single steps. Fixing the step of least force at once, as first published, is far worse
(``idctcol``: 45 units, so 25). Large graphs narrow many windows per round, by a part each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import lower_bound
from eda.schedule.groups import grouped
from eda.schedule.lists import forwards
from eda.schedule.problem import Problem, windows
from eda.schedule.result import Progress, Result, result_of

_WORK = 500_000_000
"""Forces that are computed at most, about, before windows are cut by parts."""
_PART = 4
_GROUPS = 50  # of the operations, at most, one is narrowed per round


def fds(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """A schedule with few units within the problem's latency (if none is given, the longest path).

    Limits of units are not looked at: `InfeasibleError` is raised if they are broken. What is not fixed when `time_limit`
    (CPU seconds) is over starts as soon as it then can. `seed` changes nothing.
    """
    began = time.process_time()
    problem.check()
    if problem.ii is not None or problem.objective == "ii":
        raise UsageError("the forces are for iterations that do not overlap; use the method ims for an initiation interval")
    low, high = (x.copy() for x in windows(problem))
    bound = lower_bound(problem)

    def goes_on(fixed: int) -> bool:
        stopped = progress is not None and progress(f"{fixed} operations fixed", float("inf"), bound.value)
        return not stopped and time.process_time() - began < time_limit

    _fix_all(problem, low, high, goes_on)
    seconds = time.process_time() - began
    return result_of(problem, Schedule(low), "fds", bound=bound.value, certificate=bound.certificate, seconds=seconds)


def _fix_all(problem: Problem, low: IntArray, high: IntArray, goes_on: Callable[[int], bool]) -> None:
    """Narrow the windows, in place, to single steps, or until it is time to stop."""
    from eda.schedule.force_kernels import distribution, forces, narrow

    flow, n = problem.flow, problem.flow.n_operations
    side = forwards(problem, low, high)
    edges: tuple[Any, ...] = (
        *grouped(side.target, n, side.source, side.lag),
        *grouped(side.source, n, side.target, side.lag),
    )
    kept = (flow.demand_amount > 0) & (flow.demand_occupancy > 0)
    columns = (flow.demand_resource, flow.demand_amount, flow.demand_occupancy)
    demands: tuple[Any, ...] = grouped(flow.demand_operation[kept], n, *(c[kept].astype(np.int64) for c in columns))
    price = np.ones(len(flow.resources)) if problem.areas is None else np.asarray(problem.areas, dtype=np.float64)
    steps = int((high + 1).max(initial=1) + flow.demand_occupancy.max(initial=1))
    fixed: tuple[Any, ...] = (*edges, *demands, price)
    spread: tuple[Any, ...] = (*demands, len(flow.resources), steps)
    each, part = _pace(low, high, len(side.source))
    while goes_on(int((low == high).sum())):
        use = distribution(low, high, *spread)
        difference = forces(use, low, high, *fixed)
        free = np.flatnonzero(low < high)
        if not len(free):
            return
        best = free[np.argsort(-np.abs(difference[free]), kind="stable")[:each]]
        narrow(best, difference[best] > 0, part, low, high, *edges)


def _pace(low: IntArray, high: IntArray, n_edges: int) -> tuple[int, int]:
    """Windows to be narrowed per round, and the part of each (0: one step), so that the work is about `_WORK`."""
    n = len(low)
    rounds = max(1, _WORK // (2 * (n + 2 * n_edges) + 1))
    each = -(-int((high - low).sum()) // rounds)
    most = -(-n // _GROUPS)
    return (max(each, 1), 0) if each <= most else (most, _PART)

"""The best schedule within fixed windows, and its bound, in the time there is.

Starts from as soon and as late as possible, the linear program of the linear part of the objective, GauS from two of them;
then annealing and exact windows in turn. The bound is the relaxation of the step formulation, or its Lagrangian where that
is too large.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import lower_bound
from eda.schedule.cuts import MAX_CELLS, lagrangian_bound, n_cells
from eda.schedule.gaus.legalise import legalise
from eda.schedule.gaus.model import Array, Model, from_graph
from eda.schedule.metrics import objective_value
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.refine import Cooling, anneal_for
from eda.schedule.result import Progress, Result, violations
from eda.schedule.sdc import differences, least_cost
from eda.schedule.step_graph import step_graph
from eda.schedule.step_model import MAX_COLUMNS, improve_window, relaxation, solve_program

_SMALL = 2_000
"""Columns up to which a proof is tried before GauS."""
_EXACT_COLUMNS = 8_000
WINDOW_COLUMNS = 2_500
WINDOW_SECONDS = 3.0
_HEATS = (2.0, 8.0)
_REHEATS = (0.5, 1.0, 2.0)
_ROUND = 0.05
"""Part of the time that one annealing takes after the first two, which take four times that."""


class Search:
    """The best legal schedule and the best bound so far of one problem in its windows."""

    def __init__(self, problem: Problem, *, seed: int, time_limit: float, progress: Progress | None) -> None:
        self.problem, self.progress = problem, progress
        self.begin, self.end = time.process_time(), time.process_time() + time_limit
        self.limit = time_limit
        low, high = windows(problem)
        self.graph = step_graph(problem, low, high, ii=problem.ii)
        self.model = from_graph(problem, self.graph)
        self.start: IntArray | None = None
        self.value, self.bound = math.inf, 0.0
        self.certificate = "nothing is below 0"
        self.history: list[tuple[float, float]] = []
        self.stopped = False
        self.random = np.random.default_rng(seed)

    @property
    def done(self) -> bool:
        """Is the schedule optimal, or the time over, or the user content?"""
        return self.stopped or time.process_time() >= self.end or self.value <= self.bound + 1e-9

    def share(self, part: float) -> float:
        """Seconds: `part` of the time, or what is left of it."""
        return max(min(part * self.limit, self.end - time.process_time()), 0.0)

    def offer(self, start: IntArray | None, what: str) -> bool:
        """Take a schedule that is legal and better; is it?"""
        if start is None or violations(self.problem, schedule := Schedule(start, self.problem.ii)):
            return False
        value = objective_value(self.problem, schedule)
        if value >= self.value - 1e-9:
            return False
        self.start, self.value = start.copy(), value
        self.history.append((time.process_time() - self.begin, value))
        self.tell(what)
        return True

    def raise_bound(self, bound: float, certificate: str) -> None:
        """Take a bound that is better; whole objectives round it up."""
        bound = math.ceil(bound - 1e-6) if is_whole(self.problem) and math.isfinite(bound) else bound
        if bound > self.bound:
            self.bound, self.certificate = min(bound, self.value), certificate
            self.tell(certificate)

    def tell(self, what: str) -> None:
        """Report, and hear whether to stop."""
        if self.progress is not None and self.progress(what, self.value, self.bound):
            self.stopped = True

    def result(self, method: str) -> Result:
        """The answer; raises `InfeasibleError` if no schedule was found."""
        if self.start is None:
            raise InfeasibleError(
                f"no schedule was found within {self.limit:g} s for a latency of {int(self.model.high.max(initial=0)) + 1} "
                "steps: give more steps, units or time"
            )
        spent = time.process_time() - self.begin
        schedule = Schedule(self.start, self.problem.ii)
        return Result(schedule, self.value, self.bound, method, self.certificate, tuple(self.history), spent)


def is_whole(problem: Problem) -> bool:
    """Is every value of the objective a whole number?"""
    areas = all(float(a).is_integer() for a in problem.areas or ())
    wires = problem.edge_weight is None or bool((np.asarray(problem.edge_weight) % 1 == 0).all())
    return {"area": areas, "communication": wires, "joint": areas and wires and float(problem.alpha).is_integer()}.get(
        problem.objective, True
    )


def improve(
    problem: Problem,
    starts: Sequence[IntArray] = (),
    *,
    seed: int = 1,
    time_limit: float = 60.0,
    progress: Progress | None = None,
) -> Result:
    """The best schedule found from `starts` and from the windows; `problem` has its latency and interval fixed."""
    search = Search(problem, seed=seed, time_limit=time_limit, progress=progress)
    cheap = lower_bound(problem)
    search.raise_bound(cheap.value, cheap.certificate)
    _begin(search, starts)
    cells = n_cells(search.graph)
    _anneal(search, _HEATS[0], _ROUND if cells > _SMALL else 0.2 * _ROUND)
    if cells > _SMALL and not search.done:
        _descend(search, 0.2)
    _certify(search)
    if not search.done and cells <= _EXACT_COLUMNS:
        _solve(search)
    if cells <= _SMALL and not search.done:
        _descend(search, 0.2)
    for hot in _HEATS:
        _anneal(search, hot, 4 * _ROUND)
    while not search.done and search.start is not None:
        before = search.value
        _anneal(search, float(search.random.choice(_REHEATS)), _ROUND)
        for _ in range(8):
            _window(search)
        if search.value >= before:
            _descend(search, 2 * _ROUND)
    return search.result("auto")


def gaus(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The best schedule of GauS alone, from the middle of the windows and as soon as possible; raises as `improve` does."""
    search = Search(problem, seed=seed, time_limit=time_limit, progress=progress)
    bound = lower_bound(problem)
    search.raise_bound(bound.value, bound.certificate)
    _descend(search, 1.0)
    return search.result("gaus")


def _begin(search: Search, starts: Sequence[IntArray]) -> None:
    n = search.problem.flow.n_operations
    for start in starts:
        search.offer(start, "given")
    for start, what in ((search.model.low, "as soon as possible"), (search.model.high, "as late as possible")):
        search.offer(legalise(search.model, start.astype(np.float64)), what)
    if search.done or not search.graph.cost.any():
        return
    items = least_cost(differences(search.graph), time_limit=search.share(0.2))
    if items is not None:
        if not (search.graph.weight > 0).any():
            search.raise_bound(search.graph.value(items), "linear program of difference constraints")
        search.offer(legalise(search.model, items[:n].astype(np.float64)), "linear program")


def _certify(search: Search) -> None:
    """The bound of the step formulation."""
    if search.done or not ((search.graph.weight > 0).any() or np.isfinite(search.graph.limit).any()):
        return
    cells = n_cells(search.graph)
    if cells <= MAX_COLUMNS:
        bound = relaxation(search.graph, time_limit=search.share(0.2))
        if bound == math.inf:
            raise InfeasibleError("the linear relaxation of the step formulation is infeasible: give more steps or units")
        if bound is not None:
            search.raise_bound(bound, "linear relaxation of the step formulation")
            return
    if cells <= MAX_CELLS:
        found = lagrangian_bound(search.graph, cuts=40, time_limit=search.share(0.2))
        search.raise_bound(found.bound, "prices on the steps, minimum cuts")
        n = search.problem.flow.n_operations
        search.offer(legalise(search.model, found.items[:n].astype(np.float64)), "cut")


def _solve(search: Search) -> None:
    """The integer optimum of a small step formulation."""
    found = solve_program(search.graph, time_limit=search.share(0.2))
    if found.optimal and found.items is None:
        raise InfeasibleError("the step formulation is infeasible: give more steps or units")
    if found.items is not None:
        search.offer(found.items[: search.problem.flow.n_operations], "step formulation")
    if found.bound is not None and math.isfinite(found.bound):
        search.raise_bound(found.bound, "branch and bound on the step formulation")


def _descend(search: Search, part: float = 0.3) -> None:
    """GauS from the middle of the windows and from the best schedule."""
    from eda.schedule.gaus.run import descend

    middle = (search.model.low + search.model.high) / 2.0
    wishes = np.stack([middle, middle if search.start is None else search.start.astype(np.float64)])
    end = time.process_time() + search.share(part)

    def report(iteration: int, values: npt.NDArray[np.float64]) -> bool:
        least = float(values.min())
        search.stopped |= search.progress is not None and search.progress("GauS", min(least, search.value), search.bound)
        return search.stopped or time.process_time() > end

    best = descend(search.model, wishes, seed=int(search.random.integers(1, 2**30)), report=report)
    for member in np.flatnonzero(np.isfinite(best.value)).tolist():
        search.offer(best.start[member], "GauS")


def _anneal(search: Search, hot: float, part: float) -> None:
    """Anneal from the best schedule, for `part` of the time."""
    if search.start is None or search.done:
        return

    def report(start: IntArray, value: float) -> bool:
        search.offer(start, "annealing")
        return search.done

    seed, cooling = int(search.random.integers(1, 2**30)), Cooling(hot=hot, soft=1.0 if hot < 4.0 else 0.5)
    anneal_for(search.model, search.start, search.share(part), seed=seed, cooling=cooling, report=report)


def _window(search: Search) -> None:
    """Solve the operations around a step exactly, the others fixed."""
    if search.start is None or search.done:
        return
    priced = search.graph.use(search.graph.items(search.start)) * (search.graph.weight > 0)[:, None]
    chosen = around_a_step(search.model, search.start, priced, search.random)
    if chosen is not None:
        found = improve_window(search.graph, search.start, chosen, time_limit=min(WINDOW_SECONDS, search.share(1.0)))
        search.offer(found, "exact window")


def around_a_step(model: Model, start: IntArray, use: Array, random: np.random.Generator) -> IntArray | None:
    """Operations that can move and start near a step, as many as an exact window takes; half of the time it is a step of
    the highest `use` [K, S]. None if nothing can move."""
    free = np.flatnonzero(model.low < model.high)
    if not len(free):
        return None
    centre = int(start[random.choice(free)])
    if use.any() and random.random() < 0.5:
        fullest = np.argwhere(use == use.max(axis=1, initial=0, keepdims=True))
        centre = int(random.choice(fullest[:, 1]))
    near = free[np.argsort(np.abs(start[free] - centre) + random.random(len(free)), kind="stable")]
    size = np.cumsum(model.high[near] - model.low[near]) <= WINDOW_COLUMNS
    return near[: max(int(size.sum()), 20)]

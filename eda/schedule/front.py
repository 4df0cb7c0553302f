"""Trade-offs of area and communication within fixed windows: one batched run of GauS over many weights, annealing of each
weight from the best schedule that any of them has found, then exact windows of least communication with the units of a
schedule of the front, or with a few more. Where all operations fit into one window, it is solved for every number of units."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.anytime import WINDOW_COLUMNS, WINDOW_SECONDS, around_a_step
from eda.schedule.balance import balanced_alpha
from eda.schedule.cuts import n_cells
from eda.schedule.gaus.legalise import legalise
from eda.schedule.gaus.model import Model, from_graph
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.refine import Cooling, anneal_for, use_of, value_of
from eda.schedule.result import violations
from eda.schedule.sdc import differences, least_cost
from eda.schedule.step_graph import StepGraph, step_graph
from eda.schedule.step_model import improve_window, solve_program

FrontProgress = Callable[[str, int], bool]
"""Called with what was done and the points so far; true stops the search."""

SPAN = 10.0
"""The weights reach from the balanced one divided by this to the balanced one times this."""
_SHARES = (0.3, 0.6)
_SHARES_OF_SMALL = (0.1, 0.2)
"""Parts of the time at which the batched descent and annealing end."""
_HEATS = (4.0, 1.0, 1.0)
"""Temperature of each round over all weights, up and down in turn."""


@dataclass(frozen=True, eq=False)
class FrontPoint:
    """A legal schedule: its priced units, its communication, and its start steps int64 [V]."""

    area: float
    communication: float
    start: IntArray


@dataclass(frozen=True, eq=False)
class Front:
    """Schedules none of which is beaten in both area and communication, by area; the weights that were searched."""

    points: tuple[FrontPoint, ...]
    alphas: tuple[float, ...]
    seconds: float

    def best(self, alpha: float) -> FrontPoint:
        """The point of least ``alpha * area + communication``."""
        return min(self.points, key=lambda p: alpha * p.area + p.communication)


def weights_around(problem: Problem, count: int = 12) -> tuple[float, ...]:
    """`count` weights of the area, log-spaced around the balanced one. Raises `UsageError` below one weight."""
    if count < 1:
        raise UsageError(f"a front of {count} weights: expected at least one")
    middle = balanced_alpha(problem)
    return tuple((middle * np.logspace(-math.log10(SPAN), math.log10(SPAN), count)).tolist()) if count > 1 else (middle,)


def trade_offs(
    problem: Problem,
    alphas: tuple[float, ...],
    *,
    seed: int = 1,
    time_limit: float = 60.0,
    progress: FrontProgress | None = None,
) -> Front:
    """The front of area and communication at the latency (and interval) of `problem`, in about `time_limit` CPU seconds.

    Raises `UsageError` without a latency, `InfeasibleError` if no legal schedule was found.
    """
    if problem.deadline is None:
        raise UsageError("a front needs a latency")
    search = _Search(replace(problem, objective="joint", alpha=1.0), alphas, time_limit, progress)
    search.random = np.random.default_rng(seed)
    search.begin(seed)
    turns = [(alpha, hot) for turn, hot in enumerate(_HEATS) for alpha in (alphas if turn % 2 == 0 else alphas[::-1])]
    for i, (alpha, hot) in enumerate(turns):
        search.anneal(alpha, hot, search.left(search.shares[1]) / (len(turns) - i), seed + i)
    if search.small:
        search.sweep()
    while search.left() > 0 and search.points:
        search.window()
    return search.front()


class _Search:
    """The schedules so far that no other beats in both."""

    def __init__(self, problem: Problem, alphas: tuple[float, ...], time_limit: float, progress: FrontProgress | None) -> None:
        self.problem, self.alphas, self.progress = problem, alphas, progress
        self.started, self.limit, self.stopped = time.process_time(), time_limit, False
        low, high = windows(problem)
        self.graph = step_graph(problem, low, high, ii=problem.ii)
        self.model = from_graph(problem, self.graph)
        self.small = n_cells(self.graph) <= WINDOW_COLUMNS
        self.shares = _SHARES_OF_SMALL if self.small else _SHARES
        self.points: list[FrontPoint] = []
        self.random = np.random.default_rng(1)

    def left(self, part: float = 1.0) -> float:
        """CPU seconds that remain of this part of the time."""
        return 0.0 if self.stopped else max(part * self.limit - (time.process_time() - self.started), 0.0)

    def at(self, alpha: float) -> Model:
        """The model with this weight of the area."""
        return self.model._replace(weight=alpha * self.model.weight)

    def offer(self, start: IntArray | None) -> None:
        """Keep a schedule that is legal and not beaten."""
        if start is None:
            return
        area = float(self.model.weight @ use_of(self.model, start).max(axis=1, initial=0))
        wires = value_of(self.at(0.0), start)
        if any(p.area <= area and p.communication <= wires for p in self.points):
            return
        if violations(self.problem, Schedule(start, self.problem.ii)):
            return
        self.points = [p for p in self.points if p.area < area or p.communication < wires]
        self.points.append(FrontPoint(area, wires, start.copy()))

    def tell(self, what: str) -> None:
        """Report, and hear whether to stop."""
        if self.progress is not None and self.progress(what, len(self.points)):
            self.stopped = True

    def begin(self, seed: int) -> None:
        """Both ends of the windows, least communication, and GauS over all weights at once."""
        from eda.schedule.gaus.run import descend

        model = self.model
        for start in (model.low, model.high):
            self.offer(legalise(model, start.astype(np.float64)))
        items = least_cost(differences(self.graph), time_limit=0.2 * self.limit)
        if items is not None:
            self.offer(legalise(model, items[: self.problem.flow.n_operations].astype(np.float64)))
        self.tell("simple schedules")
        end = self.started + self.shares[0] * self.limit

        def report(iteration: int, values: npt.NDArray[np.float64]) -> bool:
            self.tell(f"GauS, iteration {iteration}")
            return self.stopped or time.process_time() > end

        middle = (model.low + model.high) / 2.0
        wishes = np.stack([middle if b % 2 or not self.points else self._best(a).start for b, a in enumerate(self.alphas)])
        weights = np.outer(self.alphas, model.weight)
        found = descend(model, wishes.astype(np.float64), weights=weights, seed=seed, report=report)
        for b in np.flatnonzero(np.isfinite(found.value)).tolist():
            self.offer(found.start[b])

    def anneal(self, alpha: float, hot: float, seconds: float, seed: int) -> None:
        """Anneal at one weight from the best schedule for it; all schedules on the way count."""
        if not self.points or self.left() <= 0:
            return

        def report(start: IntArray, value: float) -> bool:
            self.offer(start)
            return self.left() <= 0

        cooling = Cooling(hot=hot, soft=1.0 if hot < 4.0 else 0.5)
        anneal_for(self.at(alpha), self._best(alpha).start, seconds, seed=seed, cooling=cooling, report=report)
        self.tell(f"annealing at weight {alpha:.4g}")

    def sweep(self) -> None:
        """Least communication for every number of units, from the most that a point has down to the least."""
        if not self.points:
            return
        most = int(max(self.points, key=lambda p: p.area).area / max(float(self.model.weight.max(initial=0.0)), 1e-9))
        for units in range(most, 0, -1):
            found = solve_program(self.limited(units), time_limit=self.left() / units)
            if found.items is not None:
                self.offer(found.items[: self.problem.flow.n_operations])
            self.tell(f"{units} units")
            if (found.optimal and found.items is None) or self.left() <= 0:
                return

    def limited(self, units: IntArray | int) -> StepGraph:
        """The graph with so many units of each priced row, its cost the communication alone."""
        limit = np.where(self.model.weight > 0, np.minimum(units, self.graph.limit), self.graph.limit)
        return replace(self.graph, weight=np.zeros_like(self.graph.weight), limit=limit)

    def window(self) -> None:
        """Least communication of the operations around a step, with the units of a point or up to those of the next."""
        points = sorted(self.points, key=lambda p: p.area)
        at = int(self.random.integers(len(points)))
        start, room = points[at].start, 1
        if at + 1 < len(points):
            room = max(int((points[at + 1].area - points[at].area) / max(self.model.weight.max(initial=0.0), 1e-9)), 1)
        peaks = use_of(self.model, start).max(axis=1, initial=0)
        graph = self.limited(peaks + int(self.random.integers(room)))
        use = graph.use(graph.items(start)) * (self.model.weight > 0)[:, None]
        chosen = around_a_step(self.model, start, use, self.random)
        if chosen is None:
            self.stopped = True
            return
        self.offer(improve_window(graph, start, chosen, time_limit=min(WINDOW_SECONDS, self.left())))
        self.tell("exact windows")

    def _best(self, alpha: float) -> FrontPoint:
        return min(self.points, key=lambda p: alpha * p.area + p.communication)

    def front(self) -> Front:
        """The answer; raises `InfeasibleError` if nothing legal was found."""
        if not self.points:
            raise InfeasibleError(f"no schedule was found within {self.limit:g} s: give more steps, units or time")
        points = tuple(sorted(self.points, key=lambda p: p.area))
        return Front(points, self.alphas, time.process_time() - self.started)

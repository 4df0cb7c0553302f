"""Lower bounds from prices on steps: the Lagrangian of the step formulation, one minimum cut per evaluation.

A price on each step of each row whose peak costs something, summing to that cost, turns peaks into a linear cost; what is
left is a closure problem, solved exactly by a minimum cut (Möhring, Schulz, Stork and Uetz, Management Science 2003). Any
prices give a bound, the best ones that of the linear relaxation. They are found by a bundle method: each cut also gives a
schedule, hence a linear function above the Lagrangian, and the next prices maximise the least of these in a box around
the best prices so far.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eda.ir.netlist import IntArray, join_ranges
from eda.schedule.step_graph import Floats, StepGraph

MAX_CELLS = 8_000_000
"""Steps in all windows together up to which a minimum cut fits in memory (about 0.2 GB per million)."""

_CAPACITIES = 2.0**50  # the sum of all capacities stays below: flows are 64-bit integers
_CUTS_KEPT = 100
_HALL_STEPS = 5000
_SLACK = 1e-9  # relative allowance for the rounding of the floating-point sums


@dataclass(frozen=True, eq=False)
class Cut:
    """A lower bound, and items that keep all windows and precedences (not the limits of the rows)."""

    bound: float
    items: IntArray


@dataclass(frozen=True, eq=False)
class Certificate:
    """The best bound, its prices float64 [K, S], and the items of the cut with the best objective."""

    bound: float
    prices: Floats
    items: IntArray
    objective: float
    cuts: int


class MinimumCut:
    """The closure problem of a `StepGraph` with tight windows, for any prices."""

    def __init__(self, graph: StepGraph) -> None:
        self.graph = graph
        self.floor, self.begin, self.end = fullest_intervals(graph)
        self.first = np.concatenate([[0], np.cumsum(graph.high - graph.low)])
        self.n_cells = int(self.first[-1])
        self.item = np.repeat(np.arange(graph.n_items), np.diff(self.first))
        self.tail, self.head = (np.concatenate(x) for x in zip(self._monotone(), self._precedences(), strict=True))
        self.term, self.cell, self.place = self._terms()

    def _monotone(self) -> tuple[IntArray, IntArray]:
        at = join_ranges(self.first[:-1], np.maximum(self.first[1:] - 1, self.first[:-1]))
        return at, at + 1

    def _precedences(self) -> tuple[IntArray, IntArray]:
        graph, first = self.graph, self.first
        u, v = graph.source, graph.target
        begin = np.maximum(graph.low[v], graph.low[u] + graph.lag)
        end = np.maximum(np.minimum(graph.high[v], graph.high[u] + graph.lag), begin)
        steps, length = join_ranges(begin, end), end - begin
        tail = steps + np.repeat(first[v] - graph.low[v], length)
        return tail, steps + np.repeat(first[u] - graph.lag - graph.low[u], length)

    def _terms(self) -> tuple[IntArray, IntArray, IntArray]:
        """Term, cell and place (row x steps + step) of each step at which a priced term can stop counting."""
        graph = self.graph
        priced = np.flatnonzero(graph.weight[graph.term_row] > 0)
        item = graph.term_item[priced]
        cell = join_ranges(self.first[item], self.first[item + 1])
        term = np.repeat(priced, graph.high[item] - graph.low[item])
        step = cell + np.repeat(
            graph.low[item] - self.first[item] + graph.term_shift[priced], graph.high[item] - graph.low[item]
        )
        steps = graph.base.shape[1]
        return term, cell, graph.term_row[term] * steps + step % steps

    def evaluate(self, prices: Floats) -> Cut:
        """The bound of `prices`, float64 [K, S] >= 0, each row summing to at most its weight; what it leaves of the
        weight pays for the peak that the fullest interval demands."""
        graph = self.graph
        gain = -graph.cost[self.item]
        spent = graph.term_amount[self.term] * prices.ravel()[self.place]
        gain -= np.bincount(self.cell, spent, self.n_cells)
        constant = graph.constant + float(graph.cost @ graph.high) + float((prices * graph.use(graph.high)).sum())
        constant += float(self.floor @ (graph.weight - prices.sum(axis=1)))
        scale = 2.0 ** min(20, math.floor(math.log2(_CAPACITIES / max(float(np.abs(gain).sum()), 1.0))))
        weights = np.floor(gain * scale).astype(np.int64)  # rounded down: the bound stays one
        value, chosen = self._closure(weights)
        done = np.concatenate([[0], np.cumsum(chosen)])
        items = graph.high - (done[self.first[1:]] - done[self.first[:-1]])
        bound = constant + value / scale
        return Cut(bound - _SLACK * (abs(constant) + abs(bound)), items)

    def _closure(self, weights: IntArray) -> tuple[int, IntArray]:
        """Least sum of weights of a set of cells closed under the arcs, and the set as int64 0/1 [cells]."""
        from ortools.graph.python.max_flow import SimpleMaxFlow

        n = self.n_cells
        wanted, unwanted = np.flatnonzero(weights < 0), np.flatnonzero(weights > 0)
        if not len(wanted) or not len(unwanted):
            return int(weights[wanted].sum()), np.full(n, 1 if len(wanted) else 0)
        flow: Any = SimpleMaxFlow()
        flow.add_arcs_with_capacity(self.tail, self.head, np.full(len(self.tail), int(4 * _CAPACITIES)))
        flow.add_arcs_with_capacity(np.full(len(wanted), n), wanted, -weights[wanted])
        flow.add_arcs_with_capacity(unwanted, np.full(len(unwanted), n + 1), weights[unwanted])
        status = flow.solve(n, n + 1)
        if status != flow.OPTIMAL:
            raise ArithmeticError(f"minimum cut: {status}")
        chosen = np.zeros(n + 2, dtype=np.int64)
        chosen[np.asarray(flow.get_source_side_min_cut())] = 1
        return int(weights[wanted].sum()) + int(flow.optimal_flow()), chosen[:n]


Progress = Callable[[int, float, float], bool]  # iteration, best objective, best bound -> stop?


def lagrangian_bound(
    graph: StepGraph,
    *,
    prices: Floats | None = None,
    cuts: int = 60,
    time_limit: float = 60.0,
    progress: Progress | None = None,
) -> Certificate:
    """The best bound of at most `cuts` minimum cuts within about `time_limit` CPU seconds (at least one cut is made).

    `prices` (float64 [K, S], any scale) is where the search starts, beside uniform prices and those of the fullest
    interval. `graph` needs tight windows and at most `MAX_CELLS` cells (`n_cells`).
    """
    search = _Bundle(graph)
    starts = [np.zeros_like(graph.base), _start(graph, search.cut.begin, search.cut.end)]
    starts += [] if prices is None else [scaled(graph, prices)]
    begin = time.process_time()
    for start in starts:
        search.add(start)
    while search.cuts < cuts and not search.converged and time.process_time() - begin < time_limit:
        search.add(search.proposal())
        if progress is not None and progress(search.cuts, search.objective, search.bound):
            break
    return Certificate(search.bound, search.center, search.items, search.objective, search.cuts)


def n_cells(graph: StepGraph) -> int:
    """Steps in all windows together: the size of a minimum cut."""
    return int((graph.high - graph.low).sum())


def scaled(graph: StepGraph, prices: Floats) -> Floats:
    """`prices` made non-negative, each row summing to its weight."""
    positive = np.maximum(prices, 0.0) + 1e-12 * (graph.weight[:, None] > 0)
    return positive * (graph.weight / np.maximum(positive.sum(axis=1), 1e-300))[:, None]


class _Bundle:
    """Prices, bounds and linear functions ``cost(x) + use(x) . prices`` of the cuts made so far."""

    def __init__(self, graph: StepGraph) -> None:
        self.cut = MinimumCut(graph)
        self.rows = np.flatnonzero(graph.weight > 0)
        self.bound, self.objective, self.ceiling = -math.inf, math.inf, math.inf
        self.center = graph.base * 0.0
        self.items = graph.high
        self.cuts, self.failures, self.radius = 0, 0, 1.0
        self.planes: list[tuple[float, Floats]] = []

    @property
    def converged(self) -> bool:
        return len(self.rows) == 0 or self.ceiling - self.bound < 1e-6 * max(1.0, abs(self.bound))

    def add(self, prices: Floats) -> None:
        """Cut at `prices`; keep what it says, and move or shrink the box."""
        graph = self.cut.graph
        found = self.cut.evaluate(prices)
        self.cuts += 1
        above = graph.use(found.items) - self.cut.floor[:, None]
        self.planes = [*self.planes[-_CUTS_KEPT:], (self._fixed(found.items), above[self.rows].ravel())]
        expected = self.ceiling if math.isfinite(self.ceiling) else found.bound
        good = found.bound > self.bound + 0.1 * (expected - self.bound)
        self.failures = 0 if good else self.failures + 1
        self.radius *= 1.5 if good else 0.7 if self.failures % 2 == 0 else 1.0
        if found.bound > self.bound:
            self.bound, self.center = found.bound, prices
        value = graph.value(found.items)
        if value < self.objective:
            self.objective, self.items = value, found.items

    def _fixed(self, items: IntArray) -> float:
        graph = self.cut.graph
        return graph.constant + float(graph.cost @ items) + float(self.cut.floor @ graph.weight)

    def proposal(self) -> Floats:
        """Prices in the box that maximise the least of the linear functions; `ceiling` becomes that maximum."""
        from scipy.optimize import linprog

        graph, steps = self.cut.graph, self.cut.graph.base.shape[1]
        weight = graph.weight[self.rows]
        center = self.center[self.rows]
        reach = self.radius * np.repeat(weight / steps, steps)
        lowest = np.append(np.maximum(center.ravel() - reach, 0.0), -np.inf)
        highest = np.append(center.ravel() + reach, np.inf)
        planes = np.array([np.append(-use, 1.0) for _, use in self.planes])
        sums = np.zeros((len(weight), len(lowest)))
        sums[np.repeat(np.arange(len(weight)), steps), np.arange(len(weight) * steps)] = 1.0
        found = linprog(
            np.append(np.zeros(len(lowest) - 1), -1.0),
            A_ub=np.concatenate([planes, sums]),
            b_ub=np.concatenate([[fixed for fixed, _ in self.planes], weight]),
            bounds=np.stack([lowest, highest], axis=1),
            method="highs-ds",
        )
        if found.status != 0:
            raise ArithmeticError(f"bundle step: {found.message}")
        self.ceiling = -float(found.fun)
        prices = np.zeros_like(self.center)
        prices[self.rows] = np.maximum(found.x[:-1], 0.0).reshape(len(weight), steps)
        total = np.maximum(prices.sum(axis=1), 1e-300)
        return prices * np.minimum(graph.weight / total, 1.0)[:, None]


def fullest_intervals(graph: StepGraph) -> tuple[Floats, IntArray, IntArray]:
    """For each priced row the peak that it must at least have (Hall's bound: the work of the operations that must lie
    inside an interval, per step, rounded up, for amounts are whole), and that interval [begin, end)."""
    rows, steps = graph.base.shape
    floor, begin, end = np.zeros(rows), np.zeros(rows, dtype=np.int64), np.full(rows, steps)
    for row in np.flatnonzero(graph.weight > 0):
        inside = _work_inside(graph, int(row))
        length = np.arange(inside.shape[1]) - np.arange(inside.shape[0])[:, None]
        density = np.where(length > 0, inside / np.maximum(length, 1), 0.0)
        best = np.unravel_index(int(density.argmax()), density.shape)
        floor[row] = max(math.ceil(density[best] - _SLACK), 0)
        if density[best] > 0 and graph.fold is None:
            begin[row], end[row] = best
    return floor, begin, end


def _work_inside(graph: StepGraph, row: int) -> Floats:
    """float64 [B, E]: units x steps of `row` that operations hold and that must lie in the steps [begin, end)."""
    held = (graph.term_row == row) & (graph.term_amount > 0) & (graph.term_item < graph.n_operations)
    item, occupancy, amount = graph.term_item[held], graph.term_shift[held], graph.term_amount[held]
    steps = graph.base.shape[1]
    if graph.fold is not None:  # any fold of the steps holds all the work
        return np.array([[0.0] * steps + [float(amount @ occupancy)]])
    if steps > _HALL_STEPS:
        return np.zeros((1, 1))
    work = np.zeros((steps + 1, steps + 1))
    np.add.at(work, (graph.low[item], graph.high[item] + occupancy), amount * occupancy)
    np.cumsum(work[::-1], axis=0, out=work[::-1])
    return np.cumsum(work, axis=1, out=work)


def _start(graph: StepGraph, begin: IntArray, end: IntArray) -> Floats:
    """The weight of each row spread over its interval."""
    step = np.arange(graph.base.shape[1])
    inside = (begin[:, None] <= step) & (step < end[:, None])
    return inside * (graph.weight / np.maximum(inside.sum(axis=1), 1))[:, None]

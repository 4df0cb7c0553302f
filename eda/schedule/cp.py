"""Questions for CP-SAT: is an initiation interval, or a latency, feasible; the least registers at an interval.

An interval is decided on the loops alone (`eda.schedule.recurrences`): variables are the limited operations of the
components, the longest paths between them bind them, and no horizon enters, so "infeasible" is a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eda.ir.dataflow import Dataflow
from eda.ir.netlist import IntArray
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.recurrences import assemble, components, lags


@dataclass(frozen=True, eq=False)
class Answer:
    """``feasible``, with start steps unless operations that block several steps found none; ``infeasible`` with a proof;
    or ``unknown``."""

    status: str
    start: IntArray | None = None


def solver(time_limit: float, seed: int) -> Any:
    """A CP-SAT solver on one thread; `time_limit` is in seconds of work, so that runs repeat whatever the load."""
    from ortools.sat.python import cp_model

    found = cp_model.CpSolver()
    found.parameters.num_workers = 1
    found.parameters.random_seed = seed
    found.parameters.max_deterministic_time = time_limit
    found.parameters.max_time_in_seconds = 10 * time_limit
    return found


def interval_feasible(flow: Dataflow, ii: int, *, time_limit: float = 10.0, seed: int = 1) -> Answer:
    """Is there a schedule with the initiation interval `ii`?"""
    from ortools.sat.python import cp_model

    from eda.schedule.longest_kernels import settle

    origin = np.zeros(flow.n_operations, dtype=np.int64)
    if not settle(origin, *lags(flow, ii)) or _too_much_work(flow, ii):
        return Answer("infeasible")
    model = _LoopModel(flow, ii)
    engine = solver(time_limit, seed)
    status = engine.solve(model.model)
    if status == cp_model.INFEASIBLE:
        return Answer("infeasible")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer("unknown")
    start = assemble(model.parts, ii, model.inside({u: engine.value(x) for u, x in model.start.items()}))
    return Answer("feasible", start)


def _too_much_work(flow: Dataflow, ii: int) -> bool:
    work = np.bincount(flow.demand_resource, flow.demand_amount * flow.demand_occupancy.astype(np.int64), len(flow.resources))
    return bool(((flow.capacity >= 0) & (work > flow.capacity * ii)).any())


class _LoopModel:
    """The limited operations on loops, relative to the first of their component; the first component stands still."""

    def __init__(self, flow: Dataflow, ii: int) -> None:
        from ortools.sat.python import cp_model

        self.flow, self.ii, self.parts = flow, ii, components(flow)
        self.model = cp_model.CpModel()
        self.start: dict[int, Any] = {}
        self.range: dict[int, tuple[int, int]] = {}
        self.paths: dict[int, tuple[IntArray, IntArray]] = {}
        limited = np.unique(flow.demand_operation[(flow.capacity >= 0)[flow.demand_resource]])
        label = self.parts.label
        loops = [c for c in np.unique(label[limited]).tolist() if self.parts.size[c] > 1]
        loops.sort(key=lambda c: -int((label[limited] == c).sum()))
        for place, component in enumerate(loops):
            self._add_component(component, limited[label[limited] == component], moves=place > 0)
        occupancy = _most_held(flow)
        for u in limited.tolist():  # operations on no loop always find a step, unless they block several
            if u not in self.start and occupancy[u] > 1:
                self._variable(u, 0, ii - 1)
        add_units(self.model, flow, ii, self.start, self.range)

    def _variable(self, u: int, low: int, high: int) -> None:
        self.range[u] = (low, high)
        self.start[u] = self.model.new_int_var(low, high, f"start_{u}")

    def _add_component(self, component: int, operations: IntArray, *, moves: bool) -> None:
        from eda.schedule.longest_kernels import longest_from

        edges = self.parts.edges(component)
        source, target, lag = (x[edges] for x in lags(self.flow, self.ii))
        paths = longest_from(operations, self.flow.n_operations, source, target, lag)
        self.paths[component] = (operations, paths)
        between = paths[:, operations]
        reach = self.ii - 1 if moves else 0
        for j, u in enumerate(operations.tolist()):
            self._variable(u, int(between[0, j]), int(-between[j, 0]) + reach)
        for i, j in _needed(between):
            self.model.add(self.start[int(operations[j])] - self.start[int(operations[i])] >= int(between[i, j]))

    def inside(self, start: dict[int, int]) -> IntArray:
        """int64 [V]: steps that keep the edges within each component, given those of the limited operations."""
        from eda.schedule.longest_kernels import settle

        x = np.zeros(self.flow.n_operations, dtype=np.int64)
        for component in np.flatnonzero(self.parts.size > 1).tolist():
            if component in self.paths:
                operations, paths = self.paths[component]
                members = self.parts.operations(component)
                chosen = np.array([start[u] for u in operations.tolist()])
                x[members] = (chosen[:, None] + paths[:, members]).max(axis=0)
            else:
                edges = self.parts.edges(component)
                settle(x, *(a[edges] for a in lags(self.flow, self.ii)))
        for u, step in start.items():
            x[u] = step
        return x


def _needed(between: IntArray) -> list[tuple[int, int]]:
    """Pairs whose longest path is not the sum of two others, and all pairs with the first.

    Paths through an operation that cannot move against one of the ends do not count: each might replace the other."""
    far = -(2**50)
    loose = np.where(between + between.T < 0, between, far)
    pairs = []
    for i in range(len(between)):
        rest = (loose[i][:, None] + loose).max(axis=0)
        pairs += [(i, j) for j in range(len(between)) if i != j and (rest[j] < between[i, j] or 0 in (i, j))]
    return pairs


def _most_held(flow: Dataflow) -> IntArray:
    held = np.zeros(flow.n_operations, dtype=np.int64)
    limited = (flow.capacity >= 0)[flow.demand_resource]
    np.maximum.at(held, flow.demand_operation[limited], flow.demand_occupancy[limited])
    return held


def add_units(
    model: Any, flow: Dataflow, ii: int | None, start: dict[int, Any], bounds: dict[int, tuple[int, int]]
) -> dict[int, Any]:
    """Add the limits of the units to a model, modulo `ii` unless it is None; returns the steps modulo ii by operation."""
    phase = {} if ii is None else {u: _phase(model, u, start[u], bounds[u], ii) for u in start}
    columns = (flow.demand_operation, flow.demand_resource, flow.demand_amount, flow.demand_occupancy)
    by_resource: dict[int, list[tuple[int, int, int]]] = {}
    for u, k, amount, occupancy in zip(*(c.tolist() for c in columns), strict=True):
        if flow.capacity[k] >= 0 and u in start and amount and occupancy:
            by_resource.setdefault(k, []).append((u, amount, occupancy))
    for k, demands in by_resource.items():
        capacity = int(flow.capacity[k])
        if ii is None:
            _cumulative(model, [(start[u], o, m) for u, m, o in demands], capacity)
        else:
            _cyclic(model, [(phase[u], o, m) for u, m, o in demands], capacity, ii)
    return phase


def _phase(model: Any, u: int, start: Any, bounds: tuple[int, int], ii: int) -> Any:
    low, high = bounds[0] // ii, bounds[1] // ii
    turn = model.new_int_var(low, high, f"turn_{u}") if low < high else low
    phase = model.new_int_var(0, ii - 1, f"phase_{u}")
    model.add(start == ii * turn + phase)
    return phase


def _cumulative(model: Any, held: Sequence[tuple[Any, int, int]], capacity: int) -> None:
    intervals = [model.new_fixed_size_interval_var(x, size, f"held_{i}") for i, (x, size, _) in enumerate(held)]
    model.add_cumulative(intervals, [amount for *_, amount in held], capacity)


def _cyclic(model: Any, held: Sequence[tuple[Any, int, int]], capacity: int, ii: int) -> None:
    """Units modulo ii: whole turns of an occupancy count in every step, the rest may reach over the end."""
    whole = sum(amount * (size // ii) for _, size, amount in held)
    rest = [(x, size % ii, amount) for x, size, amount in held if size % ii]
    if capacity - whole < 0:
        model.add_bool_or([])
    elif all(size == 1 for _, size, _ in rest) and capacity - whole == 1 and all(amount == 1 for *_, amount in rest):
        model.add_all_different([x for x, *_ in rest])
    else:
        over = [(x - ii, size, amount) for x, size, amount in rest if size > 1]
        _cumulative(model, [*rest, *over], capacity - whole)


def windowed_feasible(problem: Problem, ii: int, *, time_limit: float = 10.0, seed: int = 1) -> Answer:
    """Is there a schedule with the interval `ii` within the windows of the problem? Without a deadline the
    windows are cut off where every limited operation can have waited for one interval, and nothing is proven."""
    from ortools.sat.python import cp_model

    flow = problem.flow
    limited = np.unique(flow.demand_operation[(flow.capacity >= 0)[flow.demand_resource]]).tolist()
    case = replace(problem, ii=ii)
    if problem.deadline is None:
        try:
            case = replace(case, latency=case.critical_path + (len(limited) + 1) * ii)
        except InfeasibleError:
            return Answer("infeasible")
    try:
        low, high = windows(case)
    except InfeasibleError:
        return Answer("infeasible")
    model = cp_model.CpModel()
    bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    start = [model.new_int_var(a, b, f"start_{u}") for u, (a, b) in enumerate(bounds)]
    for u, v, lag in zip(*(x.tolist() for x in lags(flow, ii)), strict=True):
        if u != v:
            model.add(start[v] - start[u] >= lag)
    add_units(model, flow, ii, {u: start[u] for u in limited}, {u: bounds[u] for u in limited})
    engine = solver(time_limit, seed)
    status = engine.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer("feasible", np.array([engine.value(x) for x in start], dtype=np.int64))
    return Answer("infeasible" if status == cp_model.INFEASIBLE and problem.deadline is not None else "unknown")

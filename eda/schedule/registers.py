"""Few registers at an initiation interval: linear programs around fixed steps modulo the interval, then CP-SAT.

With all steps modulo the II fixed the registers are a linear program in the turns ``k`` of ``s = II k + r`` (`turn`): the
last use of a value is a sum over the residues q of the turn in which residue q is last needed, so only differences of two
variables occur and the optimum is integral. With the limited operations fixed at their steps the others are one too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from eda.ir.dataflow import Dataflow, Schedule
from eda.ir.netlist import IntArray
from eda.schedule.cp import add_units, interval_feasible, solver
from eda.schedule.ims import modulo_schedule
from eda.schedule.metrics import metrics
from eda.schedule.problem import InfeasibleError, Problem, earliest
from eda.schedule.recurrences import Table, components, lags
from eda.schedule.sdc import Differences, differences, least_cost
from eda.schedule.step_graph import StepGraph, step_graph

_LOOPS = 1.0  # seconds of CP-SAT for a start
WHOLE = 150
"""Limited operations up to which CP-SAT is tried on all of them at once."""


@dataclass(frozen=True, eq=False)
class Interval:
    """A dataflow at the initiation interval `ii`, whose registers count."""

    flow: Dataflow
    ii: int

    @cached_property
    def problem(self) -> Problem:
        return Problem(self.flow, "registers", ii=self.ii)

    @cached_property
    def low(self) -> IntArray:
        """int64 [V]: earliest starts."""
        return earliest(self.problem)

    @cached_property
    def graph(self) -> StepGraph:
        return step_graph(self.problem, self.low, self.low, ii=self.ii)

    @cached_property
    def relaxed(self) -> IntArray:
        """int64 [V]: starts of least registers without limits of units."""
        found = least_cost(differences(self.graph, np.inf))
        return self.low if found is None else found[: self.flow.n_operations]

    @cached_property
    def bound(self) -> int:
        """Least registers without limits of units."""
        return self.registers(self.relaxed)

    @cached_property
    def limited(self) -> IntArray:
        """Operations with a demand of a limited unit."""
        flow = self.flow
        return np.unique(flow.demand_operation[(flow.capacity >= 0)[flow.demand_resource]]).astype(np.int64)

    def registers(self, start: IntArray) -> int:
        """Registers of a schedule."""
        return metrics(self.problem, Schedule(start, self.ii)).registers

    def legal(self, start: IntArray) -> bool:
        """Whether nothing is violated."""
        return not Schedule(start, self.ii).verify(self.flow)


def turn(case: Interval, start: IntArray) -> IntArray:
    """The best schedule with the steps modulo the II of `start`."""
    flow, ii = case.flow, case.ii
    phase = start % ii
    source, target, lag = lags(flow, ii)
    between = -((phase[target] - phase[source] - lag) // ii)
    data = np.flatnonzero(flow.edge_operand >= 0)
    cost, uses = _last_turns(flow, ii, phase, data)
    edges = np.concatenate([np.stack([source, target, between])[:, source != target], uses], axis=1)
    low = np.concatenate([-(phase // ii), np.zeros(len(cost) - flow.n_operations)]).astype(np.int64)
    found = least_cost(Differences(cost, edges[0], edges[1], edges[2], low, np.inf))
    return start if found is None else ii * found[: flow.n_operations] + phase


def _last_turns(flow: Dataflow, ii: int, phase: IntArray, data: IntArray) -> tuple[np.ndarray, IntArray]:
    """Costs of the turns of the operations and of the last turn per value and class of residues, and edges to these.

    A use in phase r of turn k lasts through turn k for the residues below r, and to the end of turn k - 1 for the others.
    """
    n = flow.n_operations
    cost = [np.zeros(n)]
    edges: list[tuple[int, int, int]] = []
    item = n
    order = data[np.argsort(flow.edge_source[data], kind="stable")]
    producers, first = np.unique(flow.edge_source[order], return_index=True)
    for u, uses in zip(producers.tolist(), np.split(order, first[1:]) if len(order) else [], strict=True):
        users = flow.edge_target[uses]
        limits = np.unique(np.concatenate([[0, ii], phase[users]]))
        sizes = np.diff(limits).astype(np.float64) * float(flow.width[u])
        cost[0][u] -= float(ii * flow.width[u])
        cost.append(sizes)
        for q in limits[:-1].tolist():
            for v, k in zip(users.tolist(), flow.edge_distance[uses].tolist(), strict=True):
                edges.append((v, item, k + (1 if phase[v] > q else 0)))
            item += 1
    return np.concatenate(cost), np.array(edges, dtype=np.int64).reshape(-1, 3).T


def slide(case: Interval, start: IntArray, fixed: IntArray) -> IntArray | None:
    """The best schedule with the operations `fixed` where they are in `start`, limits of units left out."""
    graph = case.graph
    low = graph.low.copy()
    high = np.full(graph.n_items, np.inf)
    low[fixed], high[fixed] = start[fixed], start[fixed]
    try:
        found = least_cost(replace(differences(graph), low=low, high=high))
    except InfeasibleError:
        return None
    return None if found is None else found[: case.flow.n_operations]


def polish(case: Interval, start: IntArray) -> IntArray:
    """Turns and unlimited operations in alternation until nothing is gained."""
    best = case.registers(start)
    while True:
        moved = turn(case, start)
        slid = slide(case, moved, case.limited)
        moved = moved if slid is None else slid
        found = case.registers(moved)
        if found >= best:
            return start
        start, best = moved, found


def guided(case: Interval, start: IntArray) -> IntArray | None:
    """Limited operations on no loop placed, one after the other, at the free step nearest to where the linear program
    wants them; those on loops stay as in `start`. None if one finds no free step."""
    from eda.schedule.longest_kernels import settle

    flow, ii = case.flow, case.ii
    parts = components(flow)
    pinned = case.limited[parts.size[parts.label[case.limited]] > 1]
    open_ = case.limited[parts.size[parts.label[case.limited]] == 1]
    wish = slide(case, start, pinned)
    if wish is None:
        return None
    table = Table(flow, ii)
    for u in pinned.tolist():
        table.place(u, int(start[u]))
    source, target, lag = lags(flow, ii)
    low, high = case.low.copy(), np.full(flow.n_operations, 2**40)
    low[pinned] = high[pinned] = start[pinned]
    done, batch = list(pinned.tolist()), max(8, len(open_) // 12)
    for count, u in enumerate(open_[np.argsort(wish[open_], kind="stable")].tolist()):
        settle(low, source, target, lag)
        down = -high
        settle(down, target, source, lag)
        high = -down
        step = table.nearest_free(u, int(np.clip(wish[u], low[u], high[u])), int(low[u]), int(high[u]))
        if step is None:
            return None
        low[u] = high[u] = step
        start = start.copy()
        start[u] = step
        done.append(u)
        if count % batch == batch - 1:
            again = slide(case, start, np.array(done))
            wish = wish if again is None else again
    return slide(case, start, np.array(done, dtype=np.int64))


def exchange(
    case: Interval, start: IntArray, *, time_limit: float, seed: int = 1, free: IntArray | None = None
) -> tuple[IntArray, bool]:
    """A schedule with no more registers than `start`, by CP-SAT; and whether CP-SAT finds no better one within two II of
    the end of `start`. With `free` the other limited operations keep their steps modulo the II."""
    from ortools.sat.python import cp_model

    model = _model(case, start, free)
    engine = solver(time_limit, seed)
    engine.parameters.linearization_level = 1
    status = engine.solve(model.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return start, False
    found = np.array([engine.value(x) for x in model.start])
    better = case.registers(found) < case.registers(start)
    return (found if better else start), status == cp_model.OPTIMAL


@dataclass(frozen=True, eq=False)
class _Model:
    model: Any
    start: list[Any]


def _model(case: Interval, start: IntArray, free: IntArray | None) -> _Model:
    from ortools.sat.python import cp_model

    flow, ii = case.flow, case.ii
    low, high = case.low, int(start.max(initial=0)) + 2 * ii
    model = cp_model.CpModel()
    x = [model.new_int_var(int(a), high, f"start_{u}") for u, a in enumerate(low.tolist())]
    for u, v, lag in np.unique(np.stack(lags(flow, ii)), axis=1).T.tolist():
        if u != v:
            model.add(x[v] - x[u] >= lag)
    limited = case.limited.tolist()
    phase = add_units(model, flow, ii, {u: x[u] for u in limited}, {u: (int(low[u]), high) for u in limited})
    for u, step in phase.items():
        if free is not None and u not in free:
            model.add(step == int(start[u]) % ii)
        model.add_hint(step, int(start[u]) % ii)
    for u, step in enumerate(start.tolist()):
        model.add_hint(x[u], step)
    cost = _lifetimes(case, model, x, start, high)
    model.add(cost >= case.bound)
    model.add(cost <= case.registers(start))
    model.minimize(cost)
    return _Model(model, x)


def _lifetimes(case: Interval, model: Any, x: list[Any], start: IntArray, high: int) -> Any:
    """The registers as a linear expression; a last use per value with several uses."""
    flow, ii = case.flow, case.ii
    uses: dict[int, set[tuple[int, int]]] = {}
    columns = (flow.edge_source, flow.edge_target, flow.edge_distance, flow.edge_operand)
    for u, v, k, operand in zip(*(c.tolist() for c in columns), strict=True):
        if operand >= 0:
            uses.setdefault(u, set()).add((v, ii * k))
    total = 0
    for u, readers in uses.items():
        far = max(shift for _, shift in readers)
        last = model.new_int_var(0, high + far, f"last_{u}")
        model.add_hint(last, max(int(start[v]) + shift for v, shift in readers))
        for v, shift in sorted(readers):
            model.add(last >= x[v] + shift)
        total += int(flow.width[u]) * (last - x[u] - int(flow.latency[u]))
    return total


def least_registers(
    case: Interval, start: IntArray, *, time_limit: float = 10.0, seed: int = 1, stop: Callable[[IntArray], bool] | None = None
) -> IntArray:
    """Few registers at the interval, from a legal schedule: linear programs, placement, then CP-SAT on the whole and on
    parts for about `time_limit` CPU seconds. `stop` is called with each better schedule; true ends the search."""
    begin = time.process_time()
    if case.legal(case.relaxed):
        return case.relaxed
    best = _best_start(case, start, seed)
    small = len(case.limited) <= WHOLE
    best, done = exchange(case, best, time_limit=time_limit / 2, seed=seed) if small else (best, False)
    rng = np.random.default_rng(seed)
    size, failures = 12, 0
    while not done and case.registers(best) > case.bound and time.process_time() - begin < time_limit and failures < 24:
        found, _ = exchange(case, best, time_limit=0.5, seed=seed, free=_neighbours(case, best, size, rng))
        gained = case.registers(found) < case.registers(best)
        failures = 0 if gained else failures + 1
        best = polish(case, found) if gained else best
        if gained and stop is not None and stop(best):
            break
        size = size if gained else min(size + 2, 40)
    return best


def _best_start(case: Interval, start: IntArray, seed: int) -> IntArray:
    """The best of `start`, iterative modulo scheduling and CP-SAT's answer for the loops, each polished and placed anew."""
    found = interval_feasible(case.flow, case.ii, time_limit=_LOOPS, seed=seed).start
    starts = [polish(case, s) for s in (start, modulo_schedule(case.flow, case.ii), found) if s is not None and case.legal(s)]
    placed = [guided(case, s) for s in starts]
    starts += [polish(case, s) for s in placed if s is not None and case.legal(s)]
    return min(starts, key=case.registers)


def _neighbours(case: Interval, start: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Limited operations that are near in time, or near in the step modulo the II."""
    at = start[case.limited] if rng.random() < 0.5 else start[case.limited] % case.ii
    middle = at[rng.integers(len(at))]
    return case.limited[np.argsort(np.abs(at - middle) + rng.random(len(at)), kind="stable")[:size]]

"""The step formulation: 0/1 variables ``z[i, t] = [x_i <= t]``, solved by HiGHS (through SciPy) for a problem or a window.

A precedence is the rows ``z[v, t] <= z[u, t - lag]`` of two nonzeros each, so the linear relaxation is far tighter than
that of models with start times (Möhring, Schulz, Stork and Uetz, Management Science 2003).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray, join_ranges
from eda.schedule.bounds import Bound, lower_bound
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.result import Progress, Result, result_of
from eda.schedule.step_graph import Floats, StepGraph, step_graph

_TOLERANCE = 1e-9
MAX_COLUMNS = 60_000
"""Columns up to which HiGHS solves the relaxation in seconds."""


@dataclass(frozen=True, eq=False)
class Program:
    """``min cost @ z + constant`` with ``matrix @ z <= upper``; the last columns are the peaks of the priced rows."""

    cost: Floats
    matrix: Any  # scipy.sparse.csr_array
    upper: Floats
    lowest: Floats
    highest: Floats
    constant: float
    first: IntArray  # int64 [N + 1]: columns of each item


def program(graph: StepGraph) -> Program:
    """The step formulation of `graph`, whose windows are tight."""
    first = np.concatenate([[0], np.cumsum(graph.high - graph.low)])
    n, priced = int(first[-1]), np.flatnonzero(graph.weight > 0)
    entries, fixed = _use_entries(graph, first), graph.use(graph.high)
    peaks, floor = _peak_rows(entries, fixed, priced, n)
    limits = _limit_rows(entries, fixed, graph.limit)
    parts = [_monotone_rows(first), _precedence_rows(graph, first), peaks, limits]
    matrix, upper = _stack(parts, n + len(priced))
    cost = np.concatenate([-np.repeat(graph.cost, np.diff(first)), graph.weight[priced]])
    lowest = np.concatenate([np.zeros(n), floor])
    highest = np.concatenate([np.ones(n), np.full(len(priced), np.inf)])
    return Program(cost, matrix, upper, lowest, highest, graph.constant + float(graph.cost @ graph.high), first)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Entries (row, column, value) of a matrix whose rows are at most `upper`."""

    row: IntArray
    column: IntArray
    value: Floats
    upper: Floats


def _stack(parts: list[_Rows], columns: int) -> tuple[Any, Floats]:
    from scipy.sparse import csr_array

    offset = np.concatenate([[0], np.cumsum([len(part.upper) for part in parts])])
    row = np.concatenate([part.row + o for part, o in zip(parts, offset[:-1], strict=True)])
    column, value = np.concatenate([part.column for part in parts]), np.concatenate([part.value for part in parts])
    matrix = csr_array((value, (row, column)), shape=(int(offset[-1]), columns))
    return matrix, np.concatenate([part.upper for part in parts])


def _pairs(small: IntArray, large: IntArray) -> _Rows:
    """Rows ``z[small] <= z[large]``."""
    value = np.concatenate([np.ones(len(small)), -np.ones(len(large))])
    return _Rows(np.tile(np.arange(len(small)), 2), np.concatenate([small, large]), value, np.zeros(len(small)))


def _monotone_rows(first: IntArray) -> _Rows:
    at = join_ranges(first[:-1], np.maximum(first[1:] - 1, first[:-1]))
    return _pairs(at, at + 1)


def _precedence_rows(graph: StepGraph, first: IntArray) -> _Rows:
    """``z[v, t] <= z[u, t - lag]`` where neither is constant."""
    u, v = graph.source, graph.target
    begin = np.maximum(graph.low[v], graph.low[u] + graph.lag)
    end = np.maximum(np.minimum(graph.high[v], graph.high[u] + graph.lag), begin)
    steps, edge = join_ranges(begin, end), np.repeat(np.arange(len(u)), end - begin)
    small = first[v[edge]] + steps - graph.low[v[edge]]
    return _pairs(small, first[u[edge]] + steps - graph.lag[edge] - graph.low[u[edge]])


def _use_entries(graph: StepGraph, first: IntArray) -> tuple[IntArray, IntArray, Floats]:
    """Place (row x steps + step), column and value of ``use - use(high)``: a term counts while its item is not there."""
    item, steps = graph.term_item, graph.base.shape[1]
    length = graph.high[item] - graph.low[item]
    column = join_ranges(first[item], first[item + 1])
    term = np.repeat(np.arange(len(item)), length)
    step = column - first[item[term]] + graph.low[item[term]] + graph.term_shift[term]
    return graph.term_row[term] * steps + step % steps, column, -graph.term_amount[term]


Entries = tuple[IntArray, IntArray, Floats]


def _peak_rows(entries: Entries, fixed: Floats, priced: IntArray, columns: int) -> tuple[_Rows, Floats]:
    """Rows ``use - peak <= 0`` of the priced rows, and the peaks that no variable can lower."""
    place, column, value = entries
    steps = fixed.shape[1]
    free = np.zeros(fixed.size, dtype=bool)
    free[place] = True
    floor = np.where(free.reshape(fixed.shape), 0.0, fixed).max(axis=1, initial=0.0)[priced]
    peak = np.full(len(fixed), -1)
    peak[priced] = columns + np.arange(len(priced))
    wanted = np.flatnonzero(free & (np.repeat(peak, steps) >= 0))
    row = np.full(fixed.size, -1)
    row[wanted] = np.arange(len(wanted))
    inside = row[place] >= 0
    rows = np.concatenate([row[place[inside]], np.arange(len(wanted))])
    all_columns = np.concatenate([column[inside], peak[wanted // steps]])
    values = np.concatenate([value[inside], -np.ones(len(wanted))])
    return _Rows(rows, all_columns, values, -fixed.ravel()[wanted]), floor


def _limit_rows(entries: Entries, fixed: Floats, limit: Floats) -> _Rows:
    """Rows ``use <= limit``; those without variables too, for they may be violated."""
    place, column, value = entries
    limits = np.repeat(limit, fixed.shape[1])
    most = fixed.ravel() + np.bincount(place, np.maximum(value, 0.0), fixed.size)
    wanted = np.flatnonzero(np.isfinite(limits) & (most > limits))
    row = np.full(fixed.size, -1)
    row[wanted] = np.arange(len(wanted))
    inside = row[place] >= 0
    return _Rows(row[place[inside]], column[inside], value[inside], (limits - fixed.ravel())[wanted])


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS says: items (None: none found), a bound on the objective (None: infeasible), and whether it is proven."""

    items: IntArray | None
    bound: float | None
    optimal: bool


def solve_program(graph: StepGraph, *, time_limit: float) -> Answer:
    """Integer optimum of the step formulation within `time_limit` seconds."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    model = program(graph)
    n = int(model.first[-1])
    if not model.matrix.shape[1]:
        feasible = bool((model.upper >= -_TOLERANCE).all())
        return Answer(graph.high, graph.value(graph.high), True) if feasible else Answer(None, None, True)
    found = milp(
        model.cost,
        integrality=np.arange(len(model.cost)) < n,
        bounds=Bounds(model.lowest, model.highest),
        constraints=[LinearConstraint(model.matrix, ub=model.upper)] if len(model.upper) else [],
        options={"time_limit": max(time_limit, 0.01), "mip_rel_gap": 0.0},
    )
    if found.status == 2:
        return Answer(None, None, True)
    bound = -math.inf if found.mip_dual_bound is None else float(found.mip_dual_bound) + model.constant
    if found.x is None:
        return Answer(None, bound, False)
    done = np.concatenate([[0], np.cumsum(np.rint(found.x[:n]).astype(np.int64))])
    items = graph.high - (done[model.first[1:]] - done[model.first[:-1]])
    return Answer(items, bound, found.status == 0)


def relaxation(graph: StepGraph, *, time_limit: float) -> float | None:
    """Optimum of the linear relaxation, a lower bound; None if the time did not suffice; infinite if infeasible.

    The bound is computed from the dual solution, so it holds however exact the solver was.
    """
    from scipy.optimize import linprog

    model = program(graph)
    if not len(model.cost):
        return model.constant if (model.upper >= -_TOLERANCE).all() else math.inf
    bounds = np.stack([model.lowest, model.highest], axis=1)
    matrix, upper = (model.matrix, model.upper) if len(model.upper) else (None, None)
    options = {"time_limit": max(time_limit, 0.01)}
    found = linprog(model.cost, A_ub=matrix, b_ub=upper, bounds=bounds, method="highs-ipm", options=options)
    if found.status == 2:
        return math.inf
    if found.status != 0:
        return None
    return model.constant + _dual_value(model, found.ineqlin.marginals if matrix is not None else np.zeros(0))


def _dual_value(model: Program, marginals: Floats) -> float:
    """Value of the dual at multipliers rounded to a legal sign: a bound by weak duality."""
    price = np.minimum(marginals, 0.0)
    reduced = model.cost - price @ model.matrix if len(price) else model.cost
    peaks = ~np.isfinite(model.highest)
    if (reduced[peaks] < 0).any():  # the prices of the steps sum to slightly more than the weight of the peak
        scale = float((model.cost[peaks] / (model.cost[peaks] - reduced[peaks])).min())
        return _dual_value(model, price * min(scale, 1.0) * (1 - 1e-12))
    ends = np.minimum(model.lowest * reduced, np.where(peaks, np.inf, model.highest) * np.where(peaks, 1.0, reduced))
    return float(ends.sum() + price @ model.upper)


def narrow(graph: StepGraph, x: IntArray, free: IntArray) -> tuple[StepGraph, IntArray]:
    """The graph of the `free` items and the last uses behind them, the others fixed at `x`; and the items that are left."""
    n = graph.n_items
    inside = np.zeros(n, dtype=bool)
    inside[free] = True
    behind = graph.target[inside[graph.source]]
    inside[behind[behind >= graph.n_operations]] = True
    items = np.flatnonzero(inside)
    low, high = _local_windows(graph, x, inside)
    place = np.full(n, -1)
    place[items] = np.arange(len(items))
    edge = inside[graph.source] & inside[graph.target]
    term = inside[graph.term_item]
    local = replace(
        graph,
        low=low[items],
        high=high[items],
        cost=graph.cost[items],
        source=place[graph.source[edge]],
        target=place[graph.target[edge]],
        lag=graph.lag[edge],
        term_item=place[graph.term_item[term]],
        term_row=graph.term_row[term],
        term_shift=graph.term_shift[term],
        term_amount=graph.term_amount[term],
        constant=graph.constant + float(graph.cost[~inside] @ x[~inside]),
        n_operations=int((items < graph.n_operations).sum()),
    )
    return replace(local, base=graph.use(x) - local.use(x[items]) + local.base), items


def _local_windows(graph: StepGraph, x: IntArray, inside: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Windows with all but the items `inside` fixed at `x`; a last use may lie no later than its latest use."""
    low, high = np.where(inside, graph.low, x), np.where(inside, graph.high, x)
    ahead = np.flatnonzero(inside[graph.target])
    _settle(np.maximum, low, graph.target[ahead], graph.source[ahead], graph.lag[ahead])
    behind = np.flatnonzero(inside[graph.source])
    _settle(np.minimum, high, graph.source[behind], graph.target[behind], -graph.lag[behind])
    last = np.flatnonzero(inside[graph.target] & (graph.target >= graph.n_operations))
    tail = np.unique(graph.target[last])
    high[tail] = low[tail]
    np.maximum.at(high, graph.target[last], high[graph.source[last]] + graph.lag[last])
    return low, high


def _settle(extreme: np.ufunc, x: IntArray, to: IntArray, by: IntArray, lag: IntArray) -> None:
    """Move x[to] to the extreme of itself and x[by] + lag until nothing moves; the windows are known to be feasible."""
    while True:
        reach = x[by] + lag
        moved = np.flatnonzero(extreme(reach, x[to]) != x[to])
        if not len(moved):
            return
        extreme.at(x, to[moved], reach[moved])


def improve_window(graph: StepGraph, start: IntArray, free: IntArray, *, time_limit: float) -> IntArray | None:
    """Start steps with a better objective that differ from `start` on the operations `free` only, or None.

    The window is solved exactly unless `time_limit` seconds pass; `graph` is that of the whole problem (`step_graph`).
    """
    x = graph.items(start)
    local, items = narrow(graph, x, free)
    answer = solve_program(local, time_limit=time_limit)
    if answer.items is None or local.value(answer.items) >= local.value(x[items]) - 1e-9:
        return None
    x = x.copy()
    x[items] = answer.items
    return x[: graph.n_operations]


def step(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The optimum of the step formulation by HiGHS, or the best schedule within `time_limit` seconds.

    Needs a deadline where units are limited (the critical path is taken otherwise); `seed` has no effect. Raises
    `InfeasibleError` where no schedule exists or none was found.
    """
    begin = time.process_time()
    problem.check()
    if problem.objective == "ii":
        raise UsageError("method step takes the interval as given; use the method modulo for the least one")
    graph = step_graph(problem, *windows(problem), ii=problem.ii)
    answer = solve_program(graph, time_limit=time_limit)
    if answer.items is None:
        known = "there is none" if answer.bound is None else f"HiGHS found none in {time_limit:g} s"
        raise InfeasibleError(f"a schedule of {problem.flow.name} within the given limits: {known}")
    schedule = Schedule(answer.items[: graph.n_operations], problem.ii)
    simple = lower_bound(problem)
    bound = Bound(answer.bound, "step formulation, HiGHS") if answer.bound is not None else simple
    bound = bound if bound.value > simple.value else simple
    if progress is not None:
        progress("step", graph.value(answer.items), bound.value)
    seconds = time.process_time() - begin
    return result_of(problem, schedule, "step", bound=bound.value, certificate=bound.certificate, seconds=seconds)

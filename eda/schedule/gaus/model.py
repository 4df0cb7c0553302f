"""A scheduling problem as the flat arrays that compiled loops take."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eda.ir.netlist import IntArray
from eda.schedule.problem import Problem, windows
from eda.schedule.step_graph import StepGraph, step_graph

Array = np.ndarray[Any, Any]

NO_LIMIT = np.int64(2**60)
"""Stands for a row that may be used without end."""


class Model(NamedTuple):
    """V operations, Q values, K rows (the resources, then the memory if it is the objective), S steps.

    low, high            int64 [V]    windows, both ends included
    cost                 float64 [V]  cost per step of a start
    in_first, in_op, in_lag     CSR by operation: ``s >= s[in_op] + in_lag``
    out_first, out_op, out_lag  CSR by operation: ``s[out_op] >= s + out_lag``
    order                int64 [V]    operations, those with earlier windows first
    use_first, use_row, use_amount, use_length   CSR by operation: what it holds from its start on
    last_cost            float64 [Q]  cost per step of the last use of a value
    width                int64 [Q]    what a value holds of the memory from birth to last use
    own                  int64 [V]    the value that an operation makes, -1: none
    age                  int64 [Q]    a value is born that many steps after the start of its operation
    touch_first, touch_value, touch_lag   CSR by operation: the last use is the largest ``s + touch_lag``
    part_first, part_op, part_lag         the same by value
    weight               float64 [K]  price of the peak of each row
    limit                int64 [K]    largest use of each row
    fold                 int          steps are counted modulo this, 0: they are not
    steps                int          steps that rows are counted in
    constant             float        added to the objective
    """

    low: Array
    high: Array
    cost: Array
    in_first: Array
    in_op: Array
    in_lag: Array
    out_first: Array
    out_op: Array
    out_lag: Array
    order: Array
    use_first: Array
    use_row: Array
    use_amount: Array
    use_length: Array
    last_cost: Array
    width: Array
    own: Array
    age: Array
    touch_first: Array
    touch_value: Array
    touch_lag: Array
    part_first: Array
    part_op: Array
    part_lag: Array
    weight: Array
    limit: Array
    fold: int
    steps: int
    constant: float


def csr(key: IntArray, size: int, *columns: IntArray) -> tuple[IntArray, ...]:
    """First entry of each of `size` keys, then the columns sorted by key."""
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], np.arange(size + 1)).astype(np.int64)
    return (first, *(np.ascontiguousarray(column[order]) for column in columns))


def model_of(problem: Problem, *, ii: int | None = None, capacities: bool = True) -> Model:
    """The arrays of a problem within its windows.

    With `ii` steps are counted modulo ii. Without it an edge of distance k > 0 binds k times the shortest latency that
    the windows allow, so that a schedule within them is legal whatever its latency.
    """
    low, high = (np.asarray(x, dtype=np.int64) for x in windows(problem))
    return from_graph(problem, step_graph(problem, low, high, ii=ii, capacities=capacities))


def from_graph(problem: Problem, graph: StepGraph) -> Model:
    """The arrays of an already built step graph of the problem."""
    n = graph.n_operations
    source, target, lag = precedences(problem, graph)
    behind = graph.target >= n
    value, part, part_lag = graph.target[behind] - n, graph.source[behind], graph.lag[behind]
    own, age, width = _births(problem, graph.n_items - n)
    longest = int(problem.flow.demand_occupancy.max(initial=1))
    fields: tuple[Any, ...] = (
        *(graph.low[:n].copy(), graph.high[:n].copy(), graph.cost[:n].copy()),
        *csr(target, n, source, lag),
        *csr(source, n, target, lag),
        np.lexsort((np.arange(n), graph.low[:n])),
        *_uses(problem, graph),
        *(graph.cost[n:].copy(), width, own, age),
        *csr(part, n, value, part_lag),
        *csr(value, graph.n_items - n, part, part_lag),
        graph.weight.copy(),
        np.where(np.isfinite(graph.limit), graph.limit, float(NO_LIMIT)).astype(np.int64),
        graph.fold or 0,
        graph.fold or int(graph.high.max(initial=0)) + longest + 1,
        float(graph.constant),
    )
    return Model(*fields)


def precedences(problem: Problem, graph: StepGraph) -> tuple[IntArray, IntArray, IntArray]:
    """int64 [E] each: source, target, and how many steps the target starts after the source at least."""
    flow, n = problem.flow, graph.n_operations
    source, target = flow.edge_source.astype(np.int64), flow.edge_target.astype(np.int64)
    period = graph.fold or int((graph.low[:n] + flow.latency).max(initial=1))
    lag = flow.latency[source] + flow.edge_delay.astype(np.int64) - period * flow.edge_distance.astype(np.int64)
    kept = source != target
    return source[kept], target[kept], lag[kept]


def _uses(problem: Problem, graph: StepGraph) -> tuple[IntArray, ...]:
    """CSR by operation: row, amount and length of what it holds of the rows that matter."""
    flow = problem.flow
    row = flow.demand_resource.astype(np.int64)
    kept = (flow.demand_amount > 0) & (flow.demand_occupancy > 0)
    kept &= ((graph.weight > 0) | np.isfinite(graph.limit))[row]
    columns = (row, flow.demand_amount.astype(np.int64), flow.demand_occupancy.astype(np.int64))
    return csr(flow.demand_operation[kept].astype(np.int64), flow.n_operations, *(c[kept] for c in columns))


def _births(problem: Problem, n_values: int) -> tuple[IntArray, IntArray, IntArray]:
    """int64 [V]: the value of each operation or -1; int64 [Q]: steps until it is born, and what it holds of the memory."""
    flow, none = problem.flow, np.zeros(n_values, dtype=np.int64)
    own = np.full(flow.n_operations, -1)
    if problem.objective not in ("memory", "registers", "ii"):
        return own, none, none
    maker = np.unique(flow.edge_source[flow.edge_operand >= 0]).astype(np.int64)
    own[maker] = np.arange(len(maker))
    latency = flow.latency[maker].astype(np.int64)
    if problem.objective != "memory":
        return own, latency, none
    return own, np.maximum(latency, 1) - 1, flow.width[maker].astype(np.int64)

"""A scheduling problem as items with windows, precedences, and terms that add up per step.

Items are the operations and, where the objective counts live values, the last use of each value. What the objective asks
for becomes a linear cost per item and *terms*: amounts that a row (a resource, or the memory) holds in every step before
``x + shift``. An operation that holds m units for o steps is the two terms +m at shift o and -m at shift 0; a live value
is +w at its last use and -w at its birth. Everything the step formulation and its Lagrangian bound need is in here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.ir.dataflow import Dataflow
from eda.ir.netlist import IntArray
from eda.schedule.problem import Problem

Floats = npt.NDArray[np.float64]

_NONE = np.zeros(0, dtype=np.int64)
_NO_TERMS = (_NONE, _NONE, _NONE, np.zeros(0))


@dataclass(frozen=True, eq=False)
class StepGraph:
    """N items (the operations first), E precedences, T terms, and K rows counted in each of S steps.

    low, high   int64 [N]      windows, both ends included
    cost        float64 [N]    cost per step of x
    source, target, lag        int64 [E]   x_target >= x_source + lag
    term_item, term_row, term_shift int64 [T], term_amount float64 [T]
    weight      float64 [K]    price of the peak of each row
    limit       float64 [K]    largest use of each row in any step, infinite without a limit
    base        float64 [K, S] use by what is no item; S = `fold` if steps are counted modulo `fold`
    n_operations, constant     the constant is added to the objective
    """

    low: IntArray
    high: IntArray
    cost: Floats
    source: IntArray
    target: IntArray
    lag: IntArray
    term_item: IntArray
    term_row: IntArray
    term_shift: IntArray
    term_amount: Floats
    weight: Floats
    limit: Floats
    base: Floats
    fold: int | None
    n_operations: int
    constant: float

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.low)

    @cached_property
    def horizon(self) -> int:
        """Steps that any term reaches."""
        return int((self.high[self.term_item] + self.term_shift).max(initial=0)) + 1

    def folded(self, use: Floats) -> Floats:
        """float64 [K, S] of use in steps 0, 1, ...: summed per residue, or cut or filled up to the number of steps."""
        steps = self.base.shape[1]
        pad = -use.shape[1] % steps
        whole = np.pad(use, ((0, 0), (0, pad)))
        return whole.reshape(len(use), -1, steps).sum(axis=1)

    def use(self, x: IntArray) -> Floats:
        """float64 [K, S]: what each row holds in each step with the items at `x`."""
        change = np.zeros((len(self.weight), self.horizon + 1))
        np.add.at(change, (self.term_row, x[self.term_item] + self.term_shift), self.term_amount)
        return self.base + self.folded(np.cumsum(change[:, :0:-1], axis=1)[:, ::-1])

    def value(self, x: IntArray) -> float:
        """The objective with the items at `x`."""
        peaks = np.maximum(self.use(x).max(axis=1, initial=0.0), 0.0)
        return float(self.constant + self.cost @ x + self.weight @ peaks)

    def items(self, start: IntArray) -> IntArray:
        """int64 [N]: the items of a schedule with the operations at `start`; each last use as early as it can be."""
        x = np.concatenate([start, self.low[len(start) :]])
        last = self.target >= len(start)
        np.maximum.at(x, self.target[last], x[self.source[last]] + self.lag[last])
        return x


@dataclass(frozen=True, eq=False)
class _Added:
    """What an objective adds to the operations: items behind them with edges to these, costs, terms, a constant."""

    edges: IntArray  # int64 [3, *]: source, target, lag
    n_items: int
    cost: Floats
    terms: tuple[IntArray, IntArray, IntArray, Floats]
    constant: float

    @staticmethod
    def nothing(n: int) -> _Added:
        return _Added(np.zeros((3, 0), dtype=np.int64), 0, np.zeros(n), _NO_TERMS, 0.0)


def step_graph(problem: Problem, low: IntArray, high: IntArray, *, ii: int | None = None, capacities: bool = True) -> StepGraph:
    """The items of a problem whose operations start within ``low..high``.

    With `ii` steps are counted modulo ii, else iterations do not overlap: an edge of distance k then binds k times the
    longest time that the windows allow, and costs k times the shortest. `capacities` keeps the limits of the resources.
    """
    flow = problem.flow
    longest = int((high + problem.ends).max(initial=1)) if ii is None else ii
    shortest = int((low + problem.ends).max(initial=1)) if ii is None else ii
    added = _objective(problem, shortest)
    edges = np.concatenate([_precedences(flow, longest), added.edges], axis=1)
    lows, highs = _widen(low, high, added.edges, added.n_items)
    use = _resource_terms(flow)
    item, row, shift, amount = (np.concatenate(pair) for pair in zip(use, added.terms, strict=True))
    weight, limit = _rows(problem, capacities)
    kept = ((weight > 0) | np.isfinite(limit))[row]
    steps = ii if ii is not None else int(max((highs[item] + shift).max(initial=0), longest)) + 1
    return StepGraph(
        low=lows,
        high=highs,
        cost=added.cost,
        source=edges[0],
        target=edges[1],
        lag=edges[2],
        term_item=item[kept],
        term_row=row[kept],
        term_shift=shift[kept],
        term_amount=amount[kept],
        weight=weight,
        limit=limit,
        base=np.zeros((len(weight), steps)),
        fold=ii,
        n_operations=flow.n_operations,
        constant=added.constant,
    )


def _precedences(flow: Dataflow, period: int) -> IntArray:
    """int64 [3, E]: source, target, and the largest lag between them."""
    source, target = flow.edge_source.astype(np.int64), flow.edge_target.astype(np.int64)
    lag = flow.latency[source] + flow.edge_delay.astype(np.int64) - period * flow.edge_distance.astype(np.int64)
    order = np.lexsort((-lag, target, source))
    edges = np.stack([source, target, lag])[:, order]
    fresh = np.ones(edges.shape[1], dtype=bool)
    fresh[1:] = (edges[:2, 1:] != edges[:2, :-1]).any(axis=0)
    return edges[:, fresh & (edges[0] != edges[1])]


def _objective(problem: Problem, period: int) -> _Added:
    objective = problem.objective
    if objective in ("joint", "communication"):
        return _communication(problem, period)
    if objective in ("registers", "ii"):
        return _last_uses(problem.flow, period, registers=True)
    if objective == "memory":
        return _last_uses(problem.flow, period, registers=False)
    return _end(problem) if objective == "latency" else _Added.nothing(problem.flow.n_operations)


def _communication(problem: Problem, period: int) -> _Added:
    """Steps from start to start over each data edge once."""
    weight = communication_weights(problem)
    flow, n = problem.flow, problem.flow.n_operations
    cost = np.zeros(n)
    np.add.at(cost, flow.edge_target, weight)
    np.subtract.at(cost, flow.edge_source, weight)
    return replace(_Added.nothing(n), cost=cost, constant=float(period * (weight * flow.edge_distance).sum()))


def communication_weights(problem: Problem) -> Floats:
    """float64 [E]: what a step on each edge costs; 0 on order-only edges and on all but one of equal data edges."""
    flow = problem.flow
    given = np.ones(len(flow.edge_source)) if problem.edge_weight is None else problem.edge_weight
    ends = np.stack([flow.edge_source, flow.edge_target, flow.edge_distance, flow.edge_operand < 0])
    order = np.lexsort(ends[::-1])
    first = np.ones(ends.shape[1], dtype=bool)
    first[order[1:]] = (ends[:, order[1:]] != ends[:, order[:-1]]).any(axis=0)
    return np.where(first & (flow.edge_operand >= 0), given, 0.0)


def _last_uses(flow: Dataflow, period: int, *, registers: bool) -> _Added:
    """An item per value that is read; it lies at or after each use, and not before the value is born."""
    data = flow.edge_operand >= 0
    producer, index = np.unique(flow.edge_source[data], return_inverse=True)
    n, width = flow.n_operations, flow.width[producer].astype(np.float64)
    item = n + np.arange(len(producer))
    age = flow.latency[producer].astype(np.int64)
    age = age if registers else np.maximum(age, 1) - 1
    uses = [flow.edge_target[data].astype(np.int64), n + index, period * flow.edge_distance[data].astype(np.int64)]
    births = [producer.astype(np.int64), item, age]
    edges = np.concatenate([np.stack(uses), np.stack(births)], axis=1)
    cost = np.zeros(n + len(producer))
    if registers:
        cost[item], cost[producer] = width, -width
        return _Added(edges, len(producer), cost, _NO_TERMS, -float(width @ age))
    row = np.full(2 * len(producer), len(flow.resources))
    shift = np.concatenate([np.zeros_like(age), age])
    terms = (np.concatenate([item, producer]), row, shift, np.concatenate([width, -width]))
    return _Added(edges, len(producer), cost, terms, 0.0)


def _end(problem: Problem) -> _Added:
    """One item behind everything: the latency."""
    n = problem.flow.n_operations
    edges = np.stack([np.arange(n), np.full(n, n), problem.ends])
    return _Added(edges, 1, np.append(np.zeros(n), 1.0), _NO_TERMS, 0.0)


def _widen(low: IntArray, high: IntArray, edges: IntArray, more: int) -> tuple[IntArray, IntArray]:
    """Windows of the operations and of the items behind them."""
    lows = np.concatenate([low, np.zeros(more, dtype=np.int64)])
    highs = np.concatenate([high, np.zeros(more, dtype=np.int64)])
    np.maximum.at(lows, edges[1], low[edges[0]] + edges[2])
    np.maximum.at(highs, edges[1], high[edges[0]] + edges[2])
    return lows, highs


def _resource_terms(flow: Dataflow) -> tuple[IntArray, IntArray, IntArray, Floats]:
    """+amount at the end of each occupancy, -amount at its start."""
    item, row = (np.tile(x.astype(np.int64), 2) for x in (flow.demand_operation, flow.demand_resource))
    shift = np.concatenate([flow.demand_occupancy.astype(np.int64), np.zeros(len(flow.demand_occupancy), dtype=np.int64)])
    amount = np.concatenate([flow.demand_amount, -flow.demand_amount]).astype(np.float64)
    return item, row, shift, amount


def _rows(problem: Problem, capacities: bool) -> tuple[Floats, Floats]:
    """Price of the peak of each row, and its limit; the last row is the memory if that is the objective."""
    flow, objective = problem.flow, problem.objective
    areas = np.ones(len(flow.resources)) if problem.areas is None else np.asarray(problem.areas, dtype=np.float64)
    scale = {"area": 1.0, "joint": problem.alpha}.get(objective, 0.0)
    limit = np.where((flow.capacity >= 0) & capacities, flow.capacity, np.inf)
    if objective == "memory":
        return np.append(scale * areas, 1.0), np.append(limit, np.inf)
    return scale * areas, limit

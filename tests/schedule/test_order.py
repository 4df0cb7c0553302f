"""Sequential orders against all permutations, and on cells that are wired at random."""

from itertools import permutations

import networkx as nx
import numpy as np
import pytest
from small_schedules import dataflow

from eda.errors import UsageError
from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.metrics import metrics
from eda.schedule.order import order, sequential_order
from eda.schedule.problem import Problem


def one_step(flow):
    """The same graph with operations of one step and no limits."""
    n, edges = flow.n_operations, len(flow.edge_source)
    nothing = np.zeros(edges, dtype=int)
    return Dataflow(
        *(flow.names, flow.kinds, np.ones(n), flow.width, flow.edge_source, flow.edge_target, flow.edge_operand),
        *(nothing, nothing, (), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0)),
    )


def starts(operations):
    out = np.empty(len(operations), dtype=int)
    out[list(operations)] = np.arange(len(operations))
    return out


def legal(flow, permutation):
    return (starts(permutation)[flow.edge_source] < starts(permutation)[flow.edge_target]).all()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("software", [True, False])
def test_no_permutation_has_a_lower_peak(seed, software):
    flow = one_step(dataflow(np.random.default_rng(seed), most=6))
    measure = "peak_memory" if software else "peak_live"
    problem = Problem(flow, "memory")
    every = [p for p in permutations(range(flow.n_operations)) if legal(flow, p)]
    best = min(getattr(metrics(problem, Schedule(starts(p))), measure) for p in every)
    found = sequential_order(flow, software=software)
    assert found.optimal
    assert found.peak == best
    assert getattr(metrics(problem, Schedule(starts(found.operations))), measure) == best


def cell(n, seed):
    """A graph of the Watts-Strogatz kind with edges from lower to higher numbers."""
    rng = np.random.default_rng(seed)
    edges = np.array([sorted(e) for e in nx.connected_watts_strogatz_graph(n, 4, 0.75, seed=seed).edges()]).T
    e = edges.shape[1]
    nothing = np.zeros(e, dtype=int)
    return Dataflow(
        *(tuple(f"n{i}" for i in range(n)), ("op",) * n, np.ones(n), rng.integers(1, 20, n), *edges, nothing, nothing, nothing),
        *((), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0)),
    )


def test_a_cell_of_32_operations_is_solved_exactly():
    flow = cell(32, 1)
    found = sequential_order(flow)
    assert found.optimal
    assert legal(flow, found.operations)
    assert metrics(Problem(flow, "memory"), Schedule(starts(found.operations))).peak_memory == found.peak


def test_without_enough_sets_the_order_is_legal_and_claims_nothing():
    flow = cell(32, 2)
    found, best = sequential_order(flow, sets=10), sequential_order(flow)
    assert not found.optimal
    assert legal(flow, found.operations)
    assert found.peak >= best.peak
    assert metrics(Problem(flow, "memory"), Schedule(starts(found.operations))).peak_memory == found.peak


def test_the_method_returns_a_proven_schedule():
    problem = Problem(cell(20, 3), "memory")
    result = order(problem)
    assert result.verify(problem) == ()
    assert result.optimal


def test_a_latency_that_is_too_short_is_refused():
    with pytest.raises(UsageError, match="20 operations"):
        order(Problem(cell(20, 3), "memory", latency=10))

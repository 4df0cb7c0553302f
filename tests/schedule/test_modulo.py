"""Least intervals with proofs, and few registers at them."""

import numpy as np
import pytest
from small_schedules import dataflow

from eda.errors import EdaError
from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.formats import read_problem
from eda.schedule.metrics import metrics
from eda.schedule.modulo import modulo
from eda.schedule.problem import InfeasibleError, Problem
from eda.schedule.registers import Interval, exchange, turn


def loop(names, edges, users, capacity=1, latency=1):
    """Operations of one latency; `edges` (source, target, distance, delay); `users` share the units of `mem`."""
    n = len(names)
    source, target, distance, delay = np.array(edges).reshape(-1, 4).T
    zeros = np.zeros(len(edges), dtype=int)
    at = [names.index(u) for u in users]
    return Dataflow(
        *(tuple(names), ("op",) * n, np.full(n, latency), np.ones(n), source, target, zeros, distance, delay),
        *(("mem",), np.array([capacity]), at, np.zeros(len(at)), np.ones(len(at)), np.ones(len(at))),
    )


def test_the_example_canis14_has_the_interval_3():
    edges = [(0, 2, 0, 0), (1, 2, 0, 0), (2, 3, 0, 0), (3, 4, 0, 0), (3, 0, 1, 0)]
    problem = Problem(loop(["a", "b", "add", "st", "last"], edges, ["a", "b", "st"]), "ii")
    result = modulo(problem)
    assert result.objective == 3
    assert result.optimal
    assert result.verify(problem) == ()


def test_a_chain_over_the_back_edge_that_is_too_long_costs_a_step():
    """Latency 1, 8 ns in and 3 ns out, a clock of 10 ns: the self-edge needs a step in between."""
    problem = Problem(loop(["a"], [(0, 0, 1, 1)], []), "ii")
    result = modulo(problem)
    assert (result.objective, result.bound) == (2, 2)


def test_an_interval_without_a_schedule_is_refused():
    edges = [(0, 1, 0, 0), (1, 0, 1, 0)]
    with pytest.raises(EdaError):
        modulo(Problem(loop(["a", "b"], edges, []), "registers", ii=1))


def test_no_unit_at_all_is_refused():
    with pytest.raises(EdaError, match="mem"):
        modulo(Problem(loop(["a", "b"], [(0, 1, 0, 0)], ["a"], capacity=0), "ii"))


def test_a_deadline_is_kept_or_refused():
    flow = loop(["a", "b", "c"], [(0, 1, 0, 0), (1, 2, 0, 0)], ["a", "b", "c"])
    assert modulo(Problem(flow, "ii", latency=3)).objective == 3
    with pytest.raises(InfeasibleError):
        modulo(Problem(flow, "ii", latency=2))


@pytest.mark.parametrize("seed", range(30))
def test_turns_are_exact_for_fixed_residues(seed):
    """The linear program of the turns against all schedules with the same steps modulo the II."""
    rng = np.random.default_rng(seed)
    flow = dataflow(rng, most=4, loops=True)
    found = modulo(Problem(flow, "ii"), time_limit=5.0)
    case = Interval(flow, int(found.objective))
    start = found.schedule.start
    best = case.registers(turn(case, start))
    assert case.legal(turn(case, start))
    moves = np.stack(np.meshgrid(*[np.arange(4)] * flow.n_operations), axis=-1).reshape(-1, flow.n_operations)
    every = (start % case.ii + case.ii * k for k in moves)
    assert best <= min(case.registers(s) for s in every if case.legal(s)) if flow.n_operations else True


@pytest.mark.parametrize("seed", range(20))
def test_registers_stay_above_their_bound_and_below_those_of_the_start(seed):
    flow = dataflow(np.random.default_rng(100 + seed), most=6, loops=True)
    problem = Problem(flow, "ii")
    result = modulo(problem, time_limit=3.0)
    case = Interval(flow, int(result.objective))
    assert result.verify(problem) == ()
    assert case.bound <= metrics(problem, result.schedule).registers
    again, _ = exchange(case, result.schedule.start, time_limit=1.0)
    assert case.registers(again) <= case.registers(result.schedule.start)
    given = Problem(flow, "registers", ii=case.ii)
    assert modulo(given, time_limit=3.0).verify(given) == ()


@pytest.mark.parametrize(
    ("name", "ii", "registers"),
    [
        ("origami/fir_lms.graphml", 28, 94),
        ("origami/iir_biqu.graphml", 14, 20),
        ("MachSuite/aes2/graph14.200MHz.graphml", 4, 42),
    ],
)
def test_public_problems_reach_their_least_interval(eda_data, name, ii, registers):
    problem = read_problem(eda_data / "schedule" / "hatschet" / name)
    result = modulo(problem, time_limit=8.0)
    assert (result.objective, result.bound) == (ii, ii)
    assert not Schedule(result.schedule.start, ii).verify(problem.flow)
    assert metrics(problem, result.schedule).registers <= registers

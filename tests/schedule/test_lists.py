"""List schedules are legal, meet known optima, and say what they do not do."""

import json
from dataclasses import replace

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st
from small_schedules import dataflow, schedules

from eda.errors import UsageError
from eda.schedule.formats import read_problem
from eda.schedule.lists import alap, asap, list_schedule
from eda.schedule.problem import InfeasibleError, Problem, windows

FORK = flow_of([("add", 1, 8)] + [("mul", 1, 8)] * 3, [(0, v, 0, 0) for v in (1, 2, 3)], {"mul": 2})


def test_as_soon_and_as_late_as_possible_are_the_ends_of_the_windows():
    free = Problem(replace(FORK, capacity=np.array([-1])), "communication", latency=5)
    low, high = windows(free)
    assert (asap(free).schedule.start == low).all()
    assert (alap(free).schedule.start == high).all()
    assert asap(free).optimal


def test_units_that_are_missing_are_named():
    with pytest.raises(InfeasibleError, match="step 1 uses 3 of mul, there are 2; try --method list"):
        asap(Problem(FORK))


def test_a_fork_on_two_multipliers():
    result = list_schedule(Problem(FORK))
    assert (result.objective, result.optimal) == (3, True)


@given(st.integers(0, 10**6))
def test_latencies_are_legal_and_not_below_the_optimum(seed):
    problem = Problem(dataflow(np.random.default_rng(seed), most=4))
    result = list_schedule(problem)
    assert result.verify(problem) == ()
    if result.objective > problem.critical_path:
        better = schedules(replace(problem, latency=int(result.objective) - 1))
        assert not better or not result.optimal


@given(st.integers(0, 10**6), st.sampled_from(["area", "joint", "memory", "registers"]))
def test_schedules_within_a_latency_are_legal(seed, objective):
    rng = np.random.default_rng(seed)
    free = Problem(dataflow(rng), objective, alpha=2.0)
    problem = replace(free, latency=max(1, free.critical_path + int(rng.integers(0, 3))))
    try:
        result = list_schedule(problem)
    except InfeasibleError:
        assert (problem.flow.capacity >= 0).any()
        return
    assert result.verify(problem) == ()
    assert result.bound <= result.objective + 1e-9


def test_few_units_within_a_latency():
    problem = Problem(replace(FORK, capacity=np.array([-1])), "area", latency=4)
    assert list_schedule(problem).objective == 1


def test_at_most_so_many_steps_after():
    """n1 starts at most one step after n0, though one adder has to do both after n2."""
    flow = flow_of([("add", 1, 8)] * 3, [(2, 1, 0, 0), (0, 1, 1, 0)], {"add": 1})
    flow = replace(
        flow,
        edge_source=[2, 0, 1],
        edge_target=[1, 1, 0],
        edge_operand=[0, 1, -1],
        edge_distance=[0] * 3,
        edge_delay=[0, 0, -2],
    )
    result = list_schedule(Problem(flow))
    assert result.verify(Problem(flow)) == ()
    first, second, before = result.schedule.start.tolist()
    assert (second - first, before) == (1, 0)


def test_overlapping_iterations_are_for_another_method():
    with pytest.raises(UsageError, match="use the method ims"):
        list_schedule(Problem(FORK, ii=2))


def test_a_stop_is_obeyed():
    calls = []
    problem = Problem(dataflow(np.random.default_rng(3)))
    result = list_schedule(problem, progress=lambda *told: not calls.append(told))
    assert len(calls) == 1
    assert result.verify(problem) == ()


def test_public_cases_reach_their_optimal_latency(eda_data):
    folder = eda_data / "schedule" / "heurigym"
    optimal = json.loads((folder / "optimal_latency.json").read_text())
    found = {name: list_schedule(read_problem(folder / f"{name}.json")).objective for name in optimal}
    assert found == optimal


def test_units_of_a_real_graph_meet_their_bound(eda_data):
    problem = replace(read_problem(next(eda_data.rglob("cavlc.a*"))), objective="area")
    result = list_schedule(problem)
    assert (result.objective, result.optimal) == (57, True)

"""Explanations of clashing limits, against the enumeration of all schedules of small problems."""

from dataclasses import replace

import numpy as np
import pytest
from small_schedules import dataflow, schedules

from eda.schedule.ims import ims
from eda.schedule.infeasible import explain, require_feasible
from eda.schedule.lists import alap, asap, list_schedule
from eda.schedule.problem import InfeasibleError, Problem


def problem(seed):
    rng = np.random.default_rng(seed)
    free = Problem(dataflow(rng), "latency")
    return replace(free, latency=max(1, free.critical_path + int(rng.integers(-1, 3))))


def legal(given):
    try:
        return schedules(given)
    except InfeasibleError:
        return []


@pytest.mark.parametrize("seed", range(120))
def test_only_infeasible_problems_are_explained_and_less_than_the_change_is_not_enough(seed):
    given = problem(seed)
    found = explain(given)
    if found is None:
        return
    assert not legal(given)
    for what, value in found.changes.items():
        changed = _with(given, what, value)
        assert not legal(_with(given, what, value - 1))
        assert what not in found.proven or legal(changed)
    with pytest.raises(InfeasibleError) as error:
        require_feasible(given)
    assert error.value.exit_code == 1
    assert str(error.value) == found.text()


def _with(given, what, value):
    if what == "latency":
        return replace(given, latency=max(value, 1))
    capacity = given.flow.capacity.copy()
    capacity[given.flow.resources.index(what)] = value
    return replace(given, flow=replace(given.flow, capacity=capacity))


@pytest.mark.parametrize("seed", range(60))
def test_heuristics_return_only_legal_schedules_with_true_bounds(seed):
    given = problem(seed)
    best = min((schedule.latency(given.flow) for schedule in legal(given)), default=None)
    for method in (asap, alap, list_schedule):
        try:
            result = method(given, time_limit=0.1)
        except InfeasibleError:
            continue
        assert best is not None
        assert result.verify(given) == ()
        assert result.bound <= best <= result.objective


def test_a_loop_is_named_with_the_interval_it_needs():
    flow = dataflow(np.random.default_rng(1))
    n = flow.n_operations
    assert n >= 2
    loop = replace(
        flow,
        latency=np.full(n, 2),
        edge_source=np.array([0, 1]),
        edge_target=np.array([1, 0]),
        edge_operand=np.array([0, 0]),
        edge_distance=np.array([0, 1]),
        edge_delay=np.array([0, 0]),
        capacity=np.full(2, -1),
    )
    found = explain(Problem(loop, "registers", ii=3))
    assert found is not None
    assert set(found.operations) == {"n0", "n1"}
    assert found.changes == {"ii": 4}
    assert found.proven == {"ii"}
    assert ims(Problem(loop, "ii"), time_limit=1.0).objective == 4

"""Forces balance the use of units."""

from dataclasses import replace

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st
from small_schedules import dataflow

from eda.errors import UsageError
from eda.schedule.force import fds
from eda.schedule.force_kernels import distribution
from eda.schedule.formats import read_problem
from eda.schedule.problem import InfeasibleError, Problem


def test_independent_operations_spread_evenly():
    problem = Problem(flow_of([("mul", 1, 8)] * 6, [], {"mul": -1}), "area", latency=3)
    result = fds(problem)
    assert (result.objective, result.optimal) == (2, True)


def test_the_distribution_is_the_mean_over_all_starts():
    low, high, held = np.array([0, 2]), np.array([3, 2]), np.array([2, 3])
    first, row, amount = np.array([0, 1, 2]), np.array([0, 0]), np.array([1, 2])
    use = distribution(low, high, first, row, amount, held, 1, 6)
    expected = np.zeros(8)
    for start in range(4):
        expected[start : start + 2] += 0.25
    expected[2:5] += 2
    assert use[0] == pytest.approx(expected)


@given(st.integers(0, 10**6))
def test_schedules_are_legal_and_bounded(seed):
    rng = np.random.default_rng(seed)
    flow = dataflow(rng)
    free = Problem(replace(flow, capacity=np.full(2, -1)), "area")
    problem = replace(free, latency=max(1, free.critical_path + 2))
    result = fds(problem)
    assert result.verify(problem) == ()
    assert result.bound <= result.objective


def test_units_that_do_not_suffice_are_named():
    flow = flow_of([("mul", 1, 8)] * 3, [], {"mul": 1})
    with pytest.raises(InfeasibleError, match="step 0 uses 3 of mul, there are 1"):
        fds(Problem(flow, "area", latency=1))


def test_overlapping_iterations_are_for_another_method():
    with pytest.raises(UsageError, match="use the method ims"):
        fds(Problem(flow_of([("mul", 1, 8)], []), "ii"))


def test_the_case_on_which_the_first_published_form_fails(eda_data):
    """Fixing the step of least force needs 45 units, as soon as possible 46."""
    problem = read_problem(eda_data / "schedule" / "heurigym" / "idctcol.json")
    flow = replace(problem.flow, capacity=np.full(len(problem.flow.resources), -1))
    assert fds(replace(problem, flow=flow, objective="area")).objective == 25

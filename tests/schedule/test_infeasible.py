"""What cannot be scheduled is explained with names, and the least change is a true one."""

from dataclasses import replace

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st
from small_schedules import dataflow, interval_exists, schedules

from eda.schedule.infeasible import explain
from eda.schedule.portfolio import solve
from eda.schedule.problem import InfeasibleError, Problem


def test_a_path_that_is_too_long():
    chain = flow_of([("add", 1, 8), ("mul", 2, 8), ("add", 1, 8)], [(0, 1, 0, 0), (1, 2, 0, 0)])
    text = explain(Problem(chain, latency=3)).text()
    assert text == "the path n0 -> n1 -> n2 takes 4 steps, the latency is 3; it takes a latency of 4 (a schedule is known)"


def test_a_loop_that_is_too_long():
    loop = flow_of([("add", 1, 8), ("mul", 2, 8)], [(0, 1, 0, 0), (1, 0, 1, 1)])
    found = explain(Problem(loop, "registers", ii=2))
    assert found.changes == {"ii": 3}
    assert sorted(found.operations) == ["n0", "n1"]
    assert "needs more than 2 steps per iteration" in found.reason


def test_work_that_does_not_fit_into_an_interval():
    found = explain(Problem(flow_of([("mul", 1, 8)] * 5, [], {"mul": 2}), "registers", ii=2))
    assert found.text() == (
        "5 steps of work for 2 of mul do not fit into an interval of 2; "
        "it takes an interval of 3 (a schedule is known) or 3 units of mul (a schedule is known)"
    )


def test_steps_that_hold_too_much():
    found = explain(Problem(flow_of([("mul", 1, 8)] * 5, [], {"mul": 2}), latency=2))
    assert found.text() == (
        "n0, n1, n2, n3, n4 must run in steps 0 to 1, which takes 3 of mul, there are 2; "
        "it takes a latency of 3 (a schedule is known) or 3 units of mul (a schedule is known)"
    )


def test_too_large_a_demand():
    flow = replace(flow_of([("mul", 1, 8)], [], {"mul": 1}), demand_amount=np.array([2]))
    assert explain(Problem(flow)).text() == "n0 takes 2 of mul, there are 1; it takes 2 units of mul (a schedule is known)"


def test_single_limits_that_clash():
    chain = flow_of([("add", 2, 8), ("add", 1, 8)], [(0, 1, 0, 0)])
    found = explain(Problem(chain, latency=9, latest=np.array([9, 1])))
    assert found.reason == "n1 cannot start before step 2 (n0 -> n1), its limit is step 1"


def test_the_portfolio_says_it():
    with pytest.raises(InfeasibleError, match="must run in steps 0 to 1, which takes 3 of mul"):
        solve(Problem(flow_of([("mul", 1, 8)] * 5, [], {"mul": 2}), "area", latency=2), time_limit=5)


@given(st.integers(0, 10**6))
def test_what_is_explained_has_no_schedule_and_what_is_known_has_one(seed):
    rng = np.random.default_rng(seed)
    free = Problem(dataflow(rng, most=4))
    problem = replace(free, latency=max(1, free.critical_path + int(rng.integers(-1, 2))))
    found = explain(problem)
    if found is None:
        return
    try:
        assert not schedules(problem)
    except InfeasibleError:
        assert problem.latency < free.critical_path
    if "latency" in found.changes and found.changes["latency"] < 9:
        assert ("latency" in found.proven) <= bool(schedules(replace(problem, latency=found.changes["latency"])))


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_intervals_that_are_explained_have_no_schedule(seed, ii):
    flow = dataflow(np.random.default_rng(seed), most=4, loops=True)
    found = explain(Problem(flow, "registers", ii=ii))
    if found is not None:
        assert not interval_exists(flow, ii)

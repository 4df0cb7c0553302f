"""Bounds by work, crowded intervals and loops."""

import json
from dataclasses import replace

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st
from small_schedules import dataflow, interval_exists, optimum, schedules

from eda.schedule.bounds import latency_bound, least_interval, loop_at, lower_bound, peaks
from eda.schedule.formats import read_problem
from eda.schedule.problem import InfeasibleError, Problem, windows


def muls(count, units, latency=1):
    return flow_of([("mul", latency, 8)] * count, [], {"mul": units})


def test_work_alone():
    found = latency_bound(Problem(muls(7, 2)))
    assert (found.value, found.certificate) == (4, "7 steps of work for 2 of mul")


def test_an_interval_in_the_middle_is_found():
    """Two steps before and two after four multiplications: five steps by the path, eight with one multiplier."""
    kinds = ["add", "add", *["mul"] * 4, "add", "add"]
    edges = [(0, 1, 0, 0), *((1, v, 0, 0) for v in range(2, 6)), *((v, 6, v, 0) for v in range(2, 6)), (6, 7, 0, 0)]
    found = latency_bound(Problem(flow_of([(k, 1, 8) for k in kinds], edges, {"mul": 1})))
    assert found.value == 8
    assert found.certificate == "within 7 steps, 4 operations need 2 of mul in steps 2 to 4"


def test_a_peak_names_its_interval():
    problem = Problem(muls(5, -1), "area", latency=2)
    (peak,) = peaks(problem, *windows(problem))
    assert (peak.units, peak.begin, peak.end) == (3, 0, 2)
    assert lower_bound(problem).value == 3


@given(st.integers(0, 10**6))
def test_no_latency_bound_is_above_the_optimum(seed):
    rng = np.random.default_rng(seed)
    flow = dataflow(rng, most=5)
    problem = Problem(flow)
    bound = int(latency_bound(problem).value)
    if bound > problem.critical_path:
        assert not schedules(replace(problem, latency=bound - 1))


@pytest.mark.parametrize("objective", ["area", "communication", "joint", "registers", "memory"])
@given(seed=st.integers(0, 10**6))
def test_no_bound_is_above_the_optimum(objective, seed):
    rng = np.random.default_rng(seed)
    free = Problem(dataflow(rng, most=4), objective, alpha=float(rng.integers(0, 4)))
    problem = replace(free, latency=max(1, free.critical_path + int(rng.integers(0, 2))))
    best = optimum(problem, schedules(problem))
    if best is not None:
        assert lower_bound(problem).value <= best + 1e-9


@given(st.integers(0, 10**6))
def test_no_interval_below_the_least_is_feasible(seed):
    flow = dataflow(np.random.default_rng(seed), most=4, loops=True)
    least = least_interval(flow).least
    for ii in range(max(1, least - 2), least):
        assert not interval_exists(flow, ii)


def test_the_loop_that_binds_is_named():
    edges = [(0, 1, 0, 0), (1, 2, 0, 0), (2, 0, 0, 1), (0, 0, 1, 1)]
    found = least_interval(flow_of([("add", 1, 8), ("mul", 3, 8), ("add", 1, 8)], edges, {"mul": 1}))
    assert (found.recurrence, found.resources, found.least) == (5, {"mul": 1}, 5)
    assert sorted(found.loop[:-1]) == ["n0", "n1", "n2"]
    assert found.loop[0] == found.loop[-1]
    assert "needs 5 steps per iteration" in found.certificate


def test_an_operation_may_not_meet_itself():
    blocking = muls(1, 2, latency=5)
    flow = replace(blocking, demand_occupancy=np.array([5]))
    assert least_interval(flow).resources == {"mul": 3}


def test_a_demand_above_all_units_is_an_error():
    flow = replace(muls(1, 2), demand_amount=np.array([3]))
    with pytest.raises(InfeasibleError, match="n0 takes 3 of mul, there are 2"):
        least_interval(flow)


def test_loops_at_an_interval():
    flow = flow_of([("add", 2, 8), ("add", 2, 8)], [(0, 1, 0, 0), (1, 0, 0, 2)])
    assert sorted(loop_at(flow, 1).tolist()) == [0, 1]
    assert len(loop_at(flow, 2)) == 0


def test_fourteen_of_the_public_latencies_are_proven_by_bounds_alone(eda_data):
    folder = eda_data / "schedule" / "heurigym"
    optimal = json.loads((folder / "optimal_latency.json").read_text())
    found = {name: latency_bound(read_problem(folder / f"{name}.json")).value for name in optimal}
    assert all(found[name] <= best for name, best in optimal.items())
    assert sum(found[name] == best for name, best in optimal.items()) == 14

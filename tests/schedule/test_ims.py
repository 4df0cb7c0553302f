"""Modulo schedules are legal and, where it can be enumerated, at the least interval or above."""

from dataclasses import replace

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st
from small_schedules import dataflow, interval_exists

from eda.schedule.bounds import least_interval
from eda.schedule.formats import read_problem
from eda.schedule.ims import ims, modulo_schedule
from eda.schedule.problem import InfeasibleError, Problem


@given(st.integers(0, 10**6))
def test_schedules_are_legal_and_at_no_impossible_interval(seed):
    problem = Problem(dataflow(np.random.default_rng(seed), most=4, loops=True), "ii")
    result = ims(problem)
    assert result.verify(problem) == ()
    assert interval_exists(problem.flow, result.schedule.ii)
    assert result.bound == least_interval(problem.flow).least


def test_one_memory_port_and_a_loop():
    """The example on which a modulo simplex scheduler returns 4: three accesses to one port, a loop of three steps."""
    names = ("mem", "mem", "add", "mem", "add")  # a, b, add, st, last
    edges = [(0, 2, 0, 0), (1, 2, 1, 0), (2, 3, 0, 0), (3, 4, 0, 0), (3, 0, 0, 1)]
    problem = Problem(flow_of([(k, 1, 8) for k in names], edges, {"mem": 1}), "ii")
    result = ims(problem)
    assert (result.objective, result.optimal) == (3, True)


def test_operations_that_block_longer_than_the_interval():
    """One division of five steps on three dividers: every other step, but not every step."""
    flow = replace(flow_of([("div", 5, 8)], [], {"div": 3}), demand_occupancy=np.array([5]))
    assert modulo_schedule(flow, 2) is not None
    assert modulo_schedule(flow, 1) is None


def test_a_given_interval_that_is_too_short_is_explained():
    loop = flow_of([("add", 1, 8), ("mul", 2, 8)], [(0, 1, 0, 0), (1, 0, 1, 1)])
    with pytest.raises(InfeasibleError, match=r"an interval of 2 is too short: the loop .* needs 3 steps per iteration"):
        ims(Problem(loop, "ii", ii=2))
    assert ims(Problem(loop, "registers", ii=4)).schedule.ii == 4


@pytest.mark.parametrize(("name", "least", "found"), [("motion/graph12", 5, 6), ("stencil3d/graph9", 8, 9)])
def test_public_problems_on_which_the_bound_is_not_met(name, least, found, eda_data):
    problem = read_problem(next(eda_data.glob(f"**/{name}.200MHz.graphml*")))
    result = ims(problem)
    assert result.verify(problem) == ()
    assert (result.bound, result.objective) == (least, found)

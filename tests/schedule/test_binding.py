"""Units: as many as are ever held at once, never two operations on one in the same step."""

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import UnsupportedError
from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.binding import bind


def blocking(starts, occupancy, limit=-1, amount=1):
    """Operations of one resource without edges, and their schedule."""
    n = len(starts)
    flow = Dataflow(
        tuple(f"n{v}" for v in range(n)), ("mul",) * n, occupancy, [4] * n, [], [], [], [], [], ("mul",), [limit], range(n),
        [0] * n, [amount] * n, occupancy,
    )  # fmt: skip
    return flow, Schedule(np.array(starts))


def clashes(binding, starts, occupancy, interval):
    held = set()
    for v, (start, steps) in enumerate(zip(starts, occupancy, strict=True)):
        for step in range(start, start + steps):
            key = (binding.unit[v], step % interval)
            if key in held:
                return True
            held.add(key)
    return False


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), min_size=1, max_size=12))
def test_intervals_need_no_more_units_than_are_held_at_once(jobs):
    starts, occupancy = zip(*jobs, strict=True)
    flow, schedule = blocking(starts, occupancy)
    binding = bind(flow, schedule, 20, [0])
    assert not clashes(binding, starts, occupancy, 20)
    assert binding.count(0) == schedule.usage(flow).max()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 7))
def test_single_steps_on_a_circle_neither(starts, interval):
    flow, schedule = blocking(starts, [1] * len(starts))
    binding = bind(flow, schedule, interval, [0])
    assert not clashes(binding, starts, [1] * len(starts), interval)
    assert binding.count(0) == Schedule(schedule.start, interval).usage(flow).max()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=8))
def test_arcs_on_a_circle_never_clash(jobs):
    starts, occupancy = zip(*jobs, strict=True)
    flow, schedule = blocking(starts, occupancy)
    assert not clashes(bind(flow, schedule, 5, [0]), starts, occupancy, 5)


def test_units_without_limit_are_not_shared():
    flow, schedule = blocking([0, 1], [1, 1])
    assert bind(flow, schedule, 2).unit == (-1, -1)


def test_like_goes_to_like():
    flow = flow_of([("mul", 1, 4), ("mul", 1, 8), ("mul", 1, 8), ("mul", 1, 4)], [], {"mul": 2})
    unit = bind(flow, Schedule(np.array([0, 0, 1, 1])), 2).unit
    assert unit[0] == unit[3]
    assert unit[1] == unit[2]


def test_two_units_at_once_are_refused():
    flow, schedule = blocking([0], [1], limit=2, amount=2)
    with pytest.raises(UnsupportedError, match="n0 holds 2 units of mul"):
        bind(flow, schedule, 1)

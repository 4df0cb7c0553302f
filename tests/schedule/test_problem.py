"""Problems say what is wrong with them; windows are the longest paths from both ends."""

from dataclasses import replace

import numpy as np
import pytest
from datapaths import flow_of
from hypothesis import given
from hypothesis import strategies as st
from small_schedules import dataflow, schedules

from eda.errors import InputError, UsageError
from eda.schedule.problem import InfeasibleError, Problem, windows

CHAIN = flow_of([("add", 1, 8), ("mul", 2, 8), ("add", 1, 8)], [(0, 1, 0, 0), (1, 2, 0, 0)])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"objective": "latnecy"}, UsageError, "did you mean 'latency'"),
        ({"latency": -3}, UsageError, "latency must be at least 1, got -3"),
        ({"ii": 0}, UsageError, "ii must be at least 1, got 0"),
        ({"alpha": -1.0}, UsageError, "alpha must not be negative"),
        ({"areas": (1.0,)}, InputError, "areas has 1 entries, the dataflow t needs 0"),
        ({"earliest": np.zeros(2, dtype=int)}, InputError, "earliest has 2 entries, the dataflow t needs 3"),
    ],
)
def test_what_makes_no_sense_is_named(change, error, message):
    with pytest.raises(error, match=message):
        replace(Problem(CHAIN), **change).check()


def test_windows_of_a_chain():
    low, high = windows(Problem(CHAIN, latency=6))
    assert low.tolist() == [0, 1, 3]
    assert high.tolist() == [2, 3, 5]


def test_single_limits_move_what_is_behind_and_before_them():
    low, high = windows(Problem(CHAIN, latency=8, earliest=np.array([0, 3, 0]), latest=np.array([9, 4, 9])))
    assert low.tolist() == [0, 3, 5]
    assert high.tolist() == [3, 4, 7]


def test_a_latency_below_the_path_says_what_would_do():
    with pytest.raises(InfeasibleError, match="a latency of 4 would do"):
        windows(Problem(CHAIN, latency=3))


def test_a_loop_is_named_when_the_interval_is_too_short():
    loop = flow_of([("add", 1, 8), ("mul", 2, 8)], [(0, 1, 0, 0), (1, 0, 1, 1)])
    with pytest.raises(InfeasibleError, match="it needs 1 steps more than it has"):
        windows(Problem(loop, ii=2))
    assert windows(Problem(loop, ii=3))[0].tolist() == [0, 1]


@given(st.integers(0, 10**6))
def test_every_legal_schedule_lies_in_the_windows_and_their_ends_are_reached(seed):
    rng = np.random.default_rng(seed)
    flow = dataflow(rng, most=4)
    free = Problem(replace(flow, capacity=np.full(2, -1)))
    problem = replace(free, latency=max(1, free.critical_path + 1))
    low, high = windows(problem)
    starts = np.array([s.start for s in schedules(problem)])
    assert (starts.min(axis=0) == low).all()
    assert (starts.max(axis=0) == high).all()


def test_windows_of_long_chains_take_one_pass():
    """A queue in the order of the operations would take a pass per step backwards: hours for this graph."""
    n = 200_000
    edges = np.stack([np.arange(n - 1), np.arange(1, n)])
    skips = np.stack([np.arange(n - 7), np.arange(7, n)])
    source, target = np.concatenate([edges, skips], axis=1)
    none = np.zeros(0, dtype=int)
    ones, zeros = np.ones(n, dtype=int), np.zeros(len(source), dtype=int)
    flow = replace(
        CHAIN, names=tuple(map(str, range(n))), kinds=("add",) * n, latency=ones, width=ones, edge_source=source,
        edge_target=target, edge_operand=zeros, edge_distance=zeros, edge_delay=zeros, demand_operation=none,
    )  # fmt: skip
    low, high = windows(Problem(flow))
    assert (low == np.arange(n)).all()
    assert (high == low).all()

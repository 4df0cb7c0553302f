import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError
from eda.ir.dataflow import Dataflow, Schedule


def flow(operations, edges, capacity=None, **changes):
    """`operations`: (name, kind, latency, occupancy); `edges`: (source, target[, distance[, delay[, operand]]])."""
    names = [o[0] for o in operations]
    kinds = list(dict.fromkeys(o[1] for o in operations))
    full = [(names.index(s), names.index(t), *more, *(0, 0, 0)[len(more) :]) for s, t, *more in edges]
    columns = np.array(full, dtype=np.int64).reshape(-1, 5).T
    n = len(names)
    return Dataflow(
        names=tuple(names),
        kinds=tuple(o[1] for o in operations),
        latency=np.array([o[2] for o in operations]),
        width=np.full(n, 8),
        edge_source=columns[0],
        edge_target=columns[1],
        edge_distance=columns[2],
        edge_delay=columns[3],
        edge_operand=columns[4],
        resources=tuple(kinds),
        capacity=np.array([(capacity or {}).get(k, -1) for k in kinds]),
        demand_operation=np.arange(n),
        demand_resource=np.array([kinds.index(o[1]) for o in operations]),
        demand_amount=np.ones(n),
        demand_occupancy=np.array([o[3] for o in operations]),
        name="test",
        **changes,
    )


def multiply_add(**capacity):
    """Two products and their sum."""
    operations = [("m1", "mul", 2, 2), ("m2", "mul", 2, 2), ("s", "add", 1, 1)]
    return flow(operations, [("m1", "s"), ("m2", "s", 0, 0, 1)], capacity)


def test_text_has_one_line_per_operation():
    f = flow(
        [("a", "load", 1, 1), ("b", "mul", 3, 1), ("c", "store", 1, 1)],
        [("a", "b"), ("b", "b", 1, 0, 1), ("a", "c", 0, 2, -1)],
        {"mul": 2},
    )
    assert repr(f).splitlines() == [
        "dataflow test: 3 operations, 3 edges; load, mul x 2, store",
        "  a: load, latency 1, 8 bits",
        "  b: mul, latency 3, 8 bits <- a b@1",
        "  c: store, latency 1, 8 bits <- (a+2)",
    ]
    assert f.index == {"a": 0, "b": 1, "c": 2}


def test_an_early_consumer_is_told_when_its_operand_is_ready():
    f = multiply_add()
    assert Schedule([0, 0, 2]).verify(f) == ()
    assert Schedule([0, 1, 2]).verify(f) == ("s starts at step 2, m2 is ready at step 3",)


def test_a_latency_of_zero_shares_the_step():
    f = flow([("a", "add", 0, 1), ("b", "add", 0, 1)], [("a", "b")])
    assert Schedule([3, 3]).verify(f) == ()
    assert Schedule([3, 2]).verify(f) != ()


def test_blocking_units_are_held_for_their_occupancy():
    f = multiply_add(mul=1)
    assert Schedule([0, 1, 3]).verify(f) == ("step 1 uses 2 of mul, there are 1",)
    assert Schedule([0, 2, 4]).verify(f) == ()
    assert Schedule([0, 2, 4]).usage(f).tolist() == [[1, 1, 1, 1, 0], [0, 0, 0, 0, 1]]
    assert Schedule([0, 2, 4]).latency(f) == 5


def test_pipelined_steps_are_folded():
    f = multiply_add(mul=2)
    assert Schedule([0, 0, 2], ii=2).usage(f).tolist() == [[2, 2], [1, 0]]
    assert Schedule([0, 0, 2], ii=2).verify(f) == ()
    # With an interval of 1 each multiplier is held twice in every step.
    assert Schedule([0, 0, 2], ii=1).verify(f) == ("step 0 uses 4 of mul, there are 2",)


def test_a_recurrence_bounds_the_interval():
    f = flow([("acc", "add", 3, 1)], [("acc", "acc", 1)])
    assert Schedule([0], ii=3).verify(f) == ()
    assert Schedule([0], ii=2).verify(f) == ("acc starts at step 2 1 iterations later, acc is ready at step 3",)


def test_without_an_interval_iterations_do_not_overlap():
    f = flow([("a", "add", 2, 1), ("b", "add", 2, 1)], [("a", "b"), ("b", "a", 1)])
    assert Schedule([0, 2]).verify(f) == ()
    assert Schedule([0, 2], ii=3).verify(f) == ("a starts at step 3 1 iterations later, b is ready at step 4",)


def test_negative_delays_say_at_most_so_much_later():
    f = flow([("a", "x", 1, 1), ("b", "x", 1, 1)], [("a", "b"), ("b", "a", 0, -4)])  # b at most 3 steps after a
    assert Schedule([0, 3]).verify(f) == ()
    assert Schedule([0, 4]).verify(f) == ("a starts at step 0, b is ready at step 1",)


def test_schedules_of_another_shape_are_refused():
    f = multiply_add()
    assert Schedule([0, 0]).verify(f) == ("start steps for 2 operations, the dataflow has 3",)
    assert Schedule([0, 0, 2], ii=0).verify(f) == ("the initiation interval is 0, expected at least 1",)
    assert Schedule([-1, 0, 2]).verify(f) == ("m1 starts at step -1, before 0",)


def test_many_violations_are_summed_up():
    f = flow([(f"a{i}", "x", 1, 1) for i in range(9)], [])
    found = Schedule([-1] * 9).verify(f)
    assert (len(found), found[-1]) == (6, "... and 4 more of this kind")


def test_a_schedule_prints_its_steps():
    f = multiply_add()
    assert Schedule([0, 0, 2]).text(f) == "schedule: latency 3\n  0: m1 m2\n  2: s"
    assert repr(Schedule([0, 0, 2], ii=2)) == "schedule: 3 operations, steps 0 to 2, II 2"


@given(st.data())
def test_usage_counts_the_holders_of_each_step(data):
    n = data.draw(st.integers(1, 6))
    operations = [(f"o{i}", data.draw(st.sampled_from("xy")), 1, data.draw(st.integers(0, 7))) for i in range(n)]
    f = flow(operations, [])
    start = data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    ii = data.draw(st.none() | st.integers(1, 4))
    use = Schedule(start, ii).usage(f)
    for k, kind in enumerate(f.resources):
        held = [t for (_, own, _, o), s in zip(operations, start, strict=True) if own == kind for t in range(s, s + o)]
        steps = use.shape[1]
        assert use[k].tolist() == [sum(1 for t in held if (t % ii if ii else t) == step) for step in range(steps)]
        assert use[k].sum() == len(held)


def test_loops_of_distance_zero_that_take_time_are_shown():
    operations = [(name, "x", 1, 1) for name in "abcd"]
    with pytest.raises(InputError, match=r"a loop of distance 0 takes time: (b -> c -> b|c -> b -> c)$"):
        flow(operations, [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])
    with pytest.raises(InputError, match=r"takes time: a -> a$"):
        flow(operations, [("a", "a")])
    flow(operations, [("a", "b"), ("b", "a", 1)])
    flow(operations, [("a", "b"), ("b", "a", 0, -2)])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ("m1", "m1", "s")}, "operation m1 appears twice"),
        ({"kinds": ("mul",)}, "the arrays of operations disagree in length"),
        ({"edge_delay": [0]}, "the arrays of edges disagree in length"),
        ({"demand_amount": [0]}, "the arrays of demands disagree in length"),
        ({"capacity": [0]}, "the arrays of resources disagree in length"),
        ({"latency": [2, -1, 1]}, "latency is negative"),
        ({"edge_distance": [0, -1]}, "edge distance is negative"),
        ({"edge_target": [2, 3]}, r"edge target outside 0\.\.2"),
        ({"demand_resource": [0, 0, 2]}, r"demand resource outside 0\.\.1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=f"dataflow test: {message}"):
        dataclasses.replace(multiply_add(), **changes)


def test_an_empty_dataflow_has_an_empty_schedule():
    f = flow([], [])
    assert Schedule([]).verify(f) == ()
    assert Schedule([]).latency(f) == 0

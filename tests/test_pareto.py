"""Fronts and hypervolumes against their definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import UsageError
from eda.pareto import front, hypervolume, spread

POINTS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=12)


@given(POINTS)
def test_a_point_is_on_the_front_exactly_if_none_dominates_it(points):
    kept = {points[i] for i in front(points)}
    for p in points:
        dominated = any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)
        assert (p in kept) == (not dominated)


@given(POINTS)
def test_hypervolume_counts_the_unit_squares_that_a_point_dominates(points):
    squares = sum(any(x >= p[0] and y >= p[1] for p in points) for x in range(10) for y in range(10))
    assert hypervolume(points, (10, 10)) == pytest.approx(squares / 100)


def test_equal_points_appear_once():
    assert front([(1, 2), (1, 2), (2, 1)]) == [0, 2]


def test_a_reference_at_zero_is_refused():
    with pytest.raises(UsageError, match="must be positive"):
        hypervolume([(1, 1)], (0, 3))


def test_a_spread_keeps_the_ends_and_what_dominates_most():
    points = [(1.0, 9.0), (2.0, 8.9), (3.0, 3.0), (8.0, 2.9), (9.0, 1.0), (9.0, 2.0)]
    assert spread(points, 3) == [0, 2, 4]
    assert spread(points, 9) == front(points) == [0, 1, 2, 3, 4]
    assert spread(points, 1) == [0]

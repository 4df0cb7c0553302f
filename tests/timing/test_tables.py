import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eda.tech.library import TableSet
from eda.timing.tables import lookup

AXIS0 = [1.0, 2.0, 5.0]
AXIS1 = [10.0, 20.0, 40.0, 80.0]
VALUES = np.array([[1.0, 2.0, 5.0, 4.0], [3.0, 3.5, 9.0, 2.0], [0.0, 8.0, 6.0, 7.0]])
INF = np.inf


def tables():
    """A full table, one that varies along axis 1 only, along axis 0 only, and a constant, padded to one shape."""
    row = np.repeat(VALUES[:1], 3, axis=0)
    column = np.repeat(VALUES[:, :1], 4, axis=1)
    return TableSet(
        np.stack([VALUES, row, column, np.full((3, 4), 6.5)]),
        np.array([AXIS0, [1.0, INF, INF], AXIS0, [1.0, INF, INF]]),
        np.array([AXIS1, AXIS1, [10.0, INF, INF, INF], [10.0, INF, INF, INF]]),
        np.array([3, 1, 3, 1], dtype=np.int32),
        np.array([4, 4, 1, 1], dtype=np.int32),
    )


def plain(x, y):
    """The definition, for the full table: bilinear in the interval that holds the point, or in the outermost one."""
    i = min(max(int(np.searchsorted(AXIS0, x, side="right")) - 1, 0), len(AXIS0) - 2)
    j = min(max(int(np.searchsorted(AXIS1, y, side="right")) - 1, 0), len(AXIS1) - 2)
    u = (x - AXIS0[i]) / (AXIS0[i + 1] - AXIS0[i])
    v = (y - AXIS1[j]) / (AXIS1[j + 1] - AXIS1[j])
    near, far = VALUES[i], VALUES[i + 1]
    return (1 - u) * ((1 - v) * near[j] + v * near[j + 1]) + u * ((1 - v) * far[j] + v * far[j + 1])


def test_table_points_are_returned_as_they_are():
    x, y = np.meshgrid(AXIS0, AXIS1, indexing="ij")
    assert np.allclose(lookup(tables(), 0, x, y), VALUES)


@given(st.floats(-10, 20), st.floats(-50, 200))
def test_any_point_follows_the_definition_inside_and_beyond_the_table(x, y):
    assert np.isclose(lookup(tables(), 0, x, y), plain(x, y))


def test_an_axis_of_one_entry_does_not_matter():
    assert lookup(tables(), [1, 1], [0.0, 99.0], 15.0).tolist() == [1.5, 1.5]
    assert lookup(tables(), [2, 2], 1.5, [0.0, 99.0]).tolist() == [2.0, 2.0]
    assert lookup(tables(), 3, -7.0, 123.0) == 6.5


def test_no_table_gives_no_number():
    assert np.isnan(lookup(tables(), -1, 1.0, 1.0))

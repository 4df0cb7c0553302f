import numpy as np
import pytest

from eda.errors import UsageError
from eda.timing.driver import drive


def test_only_the_load_costs_time(tiny):
    load = np.array([[0.0, 0.0], [10.0, 20.0]])
    delay, slew = drive(tiny, "INV_X1", load)
    # INV_X1: rise 5 + 1 per fF + 0.2 slew (ps), fall 1.1 times that; slew 8 + 1.5 per fF, 1.1 times that
    assert np.allclose(delay, [[0, 0], [10, 22]])
    assert np.allclose(slew, [[8, 8.8], [23, 41.8]])


def test_an_output_may_be_named_and_must_be_where_there_are_two(tiny):
    load = np.ones((1, 2))
    assert np.array_equal(drive(tiny, "BUF_X1/Y", load), drive(tiny, "BUF_X1", load))
    with pytest.raises(UsageError, match="name one, as FA_X1/"):
        drive(tiny, "FA_X1", load)
    with pytest.raises(UsageError, match="no output 'Z'"):
        drive(tiny, "BUF_X1/Z", load)


def test_a_cell_that_drives_nothing_is_refused(tiny):
    with pytest.raises(UsageError, match="no arc"):
        drive(tiny, "TIE1_X1", np.ones((1, 2)))


def test_an_unknown_driver_is_named_with_the_nearest(tiny):
    with pytest.raises(UsageError, match=r"no cell 'BUF_X7'.*did you mean 'BUF_X1'"):
        drive(tiny, "BUF_X7", np.ones((1, 2)))

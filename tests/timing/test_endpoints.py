import numpy as np

from eda.timing.endpoints import concatenate, no_ends, output_ends, worst_per_pin


def arrivals(*rows):
    return np.array(rows, dtype=float)


def test_an_output_is_captured_by_the_rising_clock():
    rise = arrivals([100.0, -np.inf], [-np.inf, -np.inf])
    fall = arrivals([-np.inf, -np.inf], [30.0, 20.0])
    ends = output_ends(np.array([0, 1]), np.array([-1, -2]), [rise, fall], np.array([5.0, 7.0]))
    assert ends.net.tolist() == [0, 1, 1]
    assert ends.cycles.tolist() == [1.0, 0.5, 0.5]
    assert ends.margin.tolist() == [5.0, 7.0, 7.0]
    assert ends.check.tolist() == [-1, -1, -1]


def test_each_pin_keeps_its_worst_end_and_the_most_critical_comes_first():
    rise = arrivals([100.0, 130.0], [150.0, 20.0])
    ends = output_ends(np.array([0, 1]), np.array([-1, -2]), [rise], np.zeros(2))
    worst, slack = worst_per_pin(ends, 200.0 - ends.arrival)
    assert worst.pin.tolist() == [-2, -1]
    assert slack.tolist() == [50.0, 70.0]
    assert worst.edge.tolist() == [0, 1]


def test_no_ends_stay_no_ends():
    worst, slack = worst_per_pin(concatenate([no_ends(), no_ends()]), np.zeros(0))
    assert len(worst) == len(slack) == 0

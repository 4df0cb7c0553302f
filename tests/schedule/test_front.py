"""Trade-offs of area and communication: fronts of small problems against all their schedules."""

from dataclasses import replace

import numpy as np
import pytest
from small_schedules import dataflow, optimum, schedules

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.schedule.front import trade_offs, weights_around
from eda.schedule.metrics import objective_value
from eda.schedule.problem import Problem
from eda.schedule.result import violations

pytest.importorskip("torch")


def problem(seed):
    """A random problem with two steps of slack, without limits of units."""
    flow = dataflow(np.random.default_rng(seed), 6)
    found = Problem(replace(flow, capacity=np.full(len(flow.capacity), -1)), objective="joint")
    return replace(found, latency=found.critical_path + 2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_points_are_legal_unbeaten_and_optimal_at_their_weights(seed):
    case = problem(seed)
    alphas = (0.5, 2.0, 8.0)
    found = trade_offs(case, alphas, time_limit=1.0)
    areas, wires = [p.area for p in found.points], [p.communication for p in found.points]
    assert areas == sorted(set(areas))
    assert wires == sorted(set(wires), reverse=True)
    everything = schedules(case)
    for point in found.points:
        assert not violations(case, Schedule(point.start))
        value = objective_value(replace(case, alpha=3.0), Schedule(point.start))
        assert value == pytest.approx(3.0 * point.area + point.communication)
    for alpha in alphas:
        best = found.best(alpha)
        assert alpha * best.area + best.communication == pytest.approx(optimum(replace(case, alpha=alpha), everything))


def test_weights_lie_around_the_balanced_one_and_a_latency_is_needed():
    alphas = weights_around(problem(1), 5)
    assert len(alphas) == 5
    assert alphas[-1] / alphas[0] == pytest.approx(100.0)
    with pytest.raises(UsageError, match="at least one"):
        weights_around(problem(1), 0)
    with pytest.raises(UsageError, match="latency"):
        trade_offs(replace(problem(1), latency=None), alphas)

"""The exact methods and the bounds against the enumeration of all schedules of small problems."""

from dataclasses import replace

import numpy as np
import pytest
from small_schedules import dataflow, interval_exists, optimum, schedules

from eda.schedule.bounds import lower_bound
from eda.schedule.cp import interval_feasible
from eda.schedule.cp_whole import cpsat
from eda.schedule.cuts import lagrangian_bound
from eda.schedule.modulo import modulo
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.step_graph import step_graph
from eda.schedule.step_model import improve_window, relaxation, step

OBJECTIVES = ("area", "communication", "joint", "registers", "memory", "latency")


def problem(seed):
    rng = np.random.default_rng(seed)
    flow = dataflow(rng)
    free = Problem(flow, OBJECTIVES[seed % len(OBJECTIVES)], alpha=float(rng.integers(1, 5)))
    for spare in range(int(rng.integers(0, 3)), -1, -1):
        given = replace(free, latency=max(1, free.critical_path + spare))
        low, high = windows(given)
        if (high - low + 1).prod() <= 600:
            break
    return given


@pytest.mark.parametrize("seed", range(300))
def test_bounds_stay_below_the_optimum_and_exact_methods_reach_it(seed):
    given = problem(seed)
    found = schedules(given)
    best = optimum(given, found)
    if best is None:
        for method in (step, cpsat):
            with pytest.raises(InfeasibleError):
                method(given)
        return
    graph = step_graph(given, *windows(given))
    assert lower_bound(given).value <= best + 1e-9
    assert relaxation(graph, time_limit=10) <= best + 1e-6
    assert lagrangian_bound(graph, cuts=20).bound <= best + 1e-6
    for method in (step, cpsat):
        result = method(given)
        assert result.verify(given) == ()
        assert result.objective == pytest.approx(best)
        assert result.bound <= best + 1e-6
        assert result.optimal


@pytest.mark.parametrize("seed", range(0, 300, 6))
def test_a_window_of_everything_is_solved_exactly(seed):
    given = problem(seed)
    found = schedules(given)
    if not found:
        return
    graph = step_graph(given, *windows(given))
    for schedule in found[:: max(1, len(found) // 4)]:
        start = improve_window(graph, schedule.start, np.arange(graph.n_operations), time_limit=10)
        now = graph.value(graph.items(schedule.start if start is None else start))
        assert now == pytest.approx(optimum(given, found))


@pytest.mark.parametrize("seed", range(100))
def test_the_least_interval_is_that_of_the_enumeration(seed):
    rng = np.random.default_rng(1000 + seed)
    flow = dataflow(rng, most=5, loops=True)
    result = modulo(Problem(flow, "ii"), time_limit=5.0)
    assert result.verify(Problem(flow, "ii")) == ()
    assert result.optimal
    if result.objective <= 5:
        assert not any(interval_exists(flow, ii) for ii in range(1, int(result.objective)))
        assert interval_exists(flow, int(result.objective))


@pytest.mark.parametrize("seed", range(100))
def test_intervals_are_decided_as_by_enumeration(seed):
    rng = np.random.default_rng(2000 + seed)
    flow = dataflow(rng, most=5, loops=True)
    for ii in range(1, 4):
        answer = interval_feasible(flow, ii)
        if answer.status != "unknown":
            assert (answer.status == "feasible") == interval_exists(flow, ii)

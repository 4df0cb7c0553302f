"""Bounds from prices, against linear relaxations and optima that are known."""

import numpy as np
import pytest

from eda.schedule.cuts import MinimumCut, fullest_intervals, lagrangian_bound, scaled
from eda.schedule.formats import read_problem
from eda.schedule.metrics import objective_value
from eda.schedule.problem import Problem, windows
from eda.schedule.sdc import sdc
from eda.schedule.step_graph import step_graph
from eda.schedule.step_model import improve_window, relaxation, solve_program


def problem(data, name, objective, alpha=1.0):
    (path,) = (data / "aig" / "epfl").glob(f"*/{name}.aig*")
    flow = read_problem(path).flow
    return Problem(flow, objective, alpha=alpha)


@pytest.mark.parametrize(("objective", "alpha"), [("joint", 29.7), ("memory", 1.0)])
def test_the_best_prices_reach_the_linear_relaxation(eda_data, objective, alpha):
    given = problem(eda_data, "ctrl", objective, alpha)
    graph = step_graph(given, *windows(given))
    exact = relaxation(graph, time_limit=30)
    found = lagrangian_bound(graph, cuts=80)
    assert found.bound <= exact + 1e-6
    assert found.bound == pytest.approx(exact, rel=2e-3)
    assert graph.value(found.items) >= exact


def test_ctrl_and_its_memory_have_the_known_optima(eda_data):
    given = problem(eda_data, "ctrl", "memory")
    answer = solve_program(step_graph(given, *windows(given)), time_limit=30)
    assert answer.optimal
    assert answer.bound == pytest.approx(31)


def test_any_prices_give_a_bound(eda_data):
    given = problem(eda_data, "ctrl", "joint", 10.0)
    graph = step_graph(given, *windows(given))
    cut, rng = MinimumCut(graph), np.random.default_rng(1)
    for _ in range(10):
        found = cut.evaluate(scaled(graph, rng.random(graph.base.shape)))
        assert found.bound <= 839
        assert graph.value(found.items) >= 839


def test_halls_interval_of_ctrl_holds_18(eda_data):
    given = problem(eda_data, "ctrl", "joint", 1.0)
    floor, begin, end = fullest_intervals(step_graph(given, *windows(given)))
    assert floor.tolist() == [18.0]
    assert 0 <= begin[0] < end[0] <= 12


def test_windows_lower_the_objective_of_a_schedule(eda_data):
    given = problem(eda_data, "ctrl", "joint", 29.7)
    low, high = windows(given)
    graph = step_graph(given, low, high)
    start, rng = high, np.random.default_rng(1)
    for _ in range(6):
        free = rng.permutation(graph.n_operations)[:90]
        better = improve_window(graph, start, free, time_limit=5)
        if better is not None:
            fixed = np.setdiff1d(np.arange(graph.n_operations), free)
            assert (better[fixed] == start[fixed]).all()
            assert graph.value(graph.items(better)) < graph.value(graph.items(start))
            start = better
    assert graph.value(graph.items(start)) < 0.95 * graph.value(graph.items(high))


@pytest.mark.parametrize("objective", ["communication", "registers"])
def test_sdc_is_optimal_without_limits(eda_data, objective):
    given = problem(eda_data, "ctrl", objective)
    result = sdc(given)
    assert result.verify(given) == ()
    assert result.optimal
    graph = step_graph(given, *windows(given))
    assert result.objective == pytest.approx(relaxation(graph, time_limit=30))
    assert objective_value(given, result.schedule) == result.objective

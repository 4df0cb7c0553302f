"""GauS: expectations against sampling and numerical gradients, legal schedules, the annealed search, the Gumbel rival."""

from dataclasses import replace

import numpy as np
import pytest

from eda.errors import UsageError
from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.gaus.legalise import legalise
from eda.schedule.gaus.model import model_of
from eda.schedule.metrics import objective_value
from eda.schedule.portfolio import solve
from eda.schedule.problem import Problem
from eda.schedule.refine import Cooling, anneal, is_legal, use_of, value_of

torch = pytest.importorskip("torch")

SOURCE = [0, 0, 1, 2, 3, 3, 5, 1]
TARGET = [2, 3, 3, 4, 5, 6, 7, 7]
N = 8


def small(occupancy=None, capacity=(-1, -1), **asked):
    """Eight operations on two resources, widths 1 to 8."""
    edges = len(SOURCE)
    flow = Dataflow(
        names=tuple(map(str, range(N))),
        kinds=("op",) * N,
        latency=np.ones(N),
        width=np.arange(1, N + 1),
        edge_source=SOURCE,
        edge_target=TARGET,
        edge_operand=np.zeros(edges),
        edge_distance=np.zeros(edges),
        edge_delay=np.zeros(edges),
        resources=("a", "b"),
        capacity=capacity,
        demand_operation=np.arange(N),
        demand_resource=np.arange(N) % 2,
        demand_amount=1 + np.arange(N) % 3,
        demand_occupancy=np.ones(N) if occupancy is None else occupancy,
    )
    return Problem(flow, **{"latency": 30, "alpha": 2.0, **asked})


def grid(rows=12, columns=20, seed=3):
    """A layered random graph of one resource, with slack."""
    rng = np.random.default_rng(seed)
    n = rows * columns
    source = [c * rows + int(rng.integers(rows)) for c in range(columns - 1) for _ in range(2 * rows)]
    target = [(c + 1) * rows + i % rows for c in range(columns - 1) for i in range(2 * rows)]
    pairs = sorted(set(zip(source, target, strict=True)))
    edges = len(pairs)
    flow = Dataflow(
        names=tuple(map(str, range(n))),
        kinds=("op",) * n,
        latency=np.ones(n),
        width=np.ones(n),
        edge_source=[u for u, _ in pairs],
        edge_target=[v for _, v in pairs],
        edge_operand=np.zeros(edges),
        edge_distance=np.zeros(edges),
        edge_delay=np.zeros(edges),
        resources=("op",),
        capacity=[-1],
        demand_operation=np.arange(n),
        demand_resource=np.zeros(n),
        demand_amount=np.ones(n),
        demand_occupancy=np.ones(n),
    )
    return Problem(flow, objective="joint", latency=columns + 6, alpha=30.0)


def point(model, seed, low, high):
    rng = np.random.default_rng(seed)
    mu = torch.tensor(rng.uniform(model.low, model.high + 0.01, (2, N)), requires_grad=True)
    return mu, torch.tensor(rng.uniform(low, high, (2, N)), requires_grad=True)


@pytest.mark.parametrize("objective", ["joint", "memory", "registers"])
@pytest.mark.parametrize("ii", [None, 3])
@pytest.mark.parametrize("sigmas", [(0.5, 2.0), (8.0, 30.0)])
def test_gradients_of_the_expectations(objective, ii, sigmas):
    from eda.schedule.gaus.expectations import expected_live, expected_use, expected_violation

    for occupancy in (None, np.arange(N) % 3 + 1):
        model = model_of(small(occupancy, objective=objective), ii=ii)
        at = point(model, 0, *sigmas)
        for what in (expected_use, expected_live, expected_violation):
            assert torch.autograd.gradcheck(lambda mu, sigma, what=what, model=model: what(model, mu, sigma), at)


@pytest.mark.parametrize("ii", [None, 3])
def test_expectations_are_the_means_of_samples(ii):
    from eda.schedule.gaus.expectations import expected_live, expected_use

    model = model_of(small(np.arange(N) % 3 + 1, objective="memory"), ii=ii)
    mu, sigma = (x.detach()[:1] for x in point(model, 1, 0.5, 2.0))
    rng = np.random.default_rng(2)
    drawn = np.rint(mu.numpy() + sigma.numpy() * rng.standard_normal((3000, N)))
    drawn = np.clip(drawn, model.low, model.high).astype(np.int64)
    uses = np.array([use_of(model, start)[:, : model.steps] for start in drawn])
    use, _ = expected_use(model, mu, sigma)
    live, _ = expected_live(model, mu, sigma)
    assert np.abs(uses.mean(axis=0)[:2] - use[0, :2].numpy()).max() < 0.15
    assert np.abs(uses.mean(axis=0)[2] - live[0].numpy()).max() < 0.5


def test_the_printed_sum_misses_equal_steps():
    from eda.schedule.gaus.expectations import edges_of
    from eda.schedule.gaus.paper import broken_order

    model = model_of(small(objective="joint"))
    mu, sigma = point(model, 1, 1.0, 5.0)
    rng = np.random.default_rng(2)
    drawn = np.rint(mu.detach().numpy()[0] + sigma.detach().numpy()[0] * rng.standard_normal((50_000, N)))
    drawn = np.clip(drawn, model.low, model.high)
    source, target, lag = edges_of(model)
    truth = (drawn[:, target] < drawn[:, source] + lag).mean(axis=0)
    printed = broken_order(model, mu, sigma)[0].detach().numpy()
    corrected = broken_order(model, mu, sigma, corrected=True)[0].detach().numpy()
    assert np.abs(corrected - truth).max() < 0.02
    assert (printed <= corrected + 1e-9).all()
    assert (printed < truth - 0.02).any()
    assert torch.autograd.gradcheck(lambda a, b: broken_order(model, a, b), (mu, sigma))


def test_any_wish_becomes_legal():
    model = model_of(grid())
    rng = np.random.default_rng(5)
    for _ in range(5):
        wish = rng.uniform(model.low, model.high + 0.01)
        assert is_legal(model, legalise(model, wish))


def test_limits_of_units_are_kept():
    problem = small(capacity=(3, 3), objective="registers")
    model = model_of(problem, ii=6)
    start = legalise(model, (model.low + model.high) / 2.0)
    assert start is not None
    assert is_legal(model, start)
    assert (use_of(model, start)[:2] <= 3).all()


@pytest.mark.parametrize("objective", ["joint", "memory", "registers", "communication", "area"])
def test_annealing_gains_and_keeps_its_books(objective):
    problem = replace(grid(), objective=objective)
    model = model_of(problem)
    start = legalise(model, np.random.default_rng(8).uniform(model.low, model.high + 0.01))
    better = anneal(model, start, cooling=Cooling(rounds=20, passes=10.0, hot=2.0))
    assert is_legal(model, better)
    assert value_of(model, better) < value_of(model, start)
    assert value_of(model, better) == pytest.approx(objective_value(problem, Schedule(better)))


def test_a_batch_covers_many_weights():
    from eda.schedule.gaus.run import PAPER, Options, descend, values_of

    model = model_of(grid())
    weights = np.array([[1.0], [30.0], [300.0]])
    wishes = np.tile((model.low + model.high) / 2.0, (3, 1))
    late = values_of(model, weights, model.high)
    for options in (Options(steps=60), replace(PAPER, steps=60)):
        best = descend(model, wishes, weights=weights, options=options)
        assert all(is_legal(model, s) for s in best.start)
        assert (best.value < late).all()
        peaks = [int(use_of(model, s).max()) for s in best.start]
        assert peaks[0] >= peaks[2]


def test_the_same_seed_gives_the_same_descent():
    from eda.schedule.gaus.run import Options, descend

    model = model_of(grid())
    wishes = ((model.low + model.high) / 2.0)[None]
    first, second = (descend(model, wishes, options=Options(steps=40), seed=7) for _ in range(2))
    assert (first.start == second.start).all()


@pytest.mark.parametrize("method", ["gaus", "gumbel"])
def test_methods_give_legal_schedules(method):
    problem = grid()
    result = solve(problem, method, time_limit=3.0)
    assert result.verify(problem) == ()
    assert result.bound <= result.objective


def test_gumbel_says_what_it_does_not_know():
    with pytest.raises(UsageError, match="memory"):
        solve(replace(grid(), objective="memory"), "gumbel")

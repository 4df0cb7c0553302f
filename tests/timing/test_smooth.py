import numpy as np
import pytest
from mapped_random import random_netlist

from eda.errors import UsageError
from eda.timing.batch import analyze_batch, sizing
from eda.timing.constraints import Constraints

torch = pytest.importorskip("torch", reason="torch is not installed")

from eda.timing.smooth import smooth, twin  # noqa: E402 - after the check that torch is there

CONSTRAINTS = [
    Constraints(driver="BUF_X1", load_ff=5.0, period_ps=700.0),
    Constraints(input_slew_ps=30.0, load_ff=2.0, output_delay_ps=15.0),
]


def certain(prepared, choice):
    return torch.nn.functional.one_hot(torch.as_tensor(choice), prepared.choices.cells.shape[1]).double()


def mixture(prepared, batch, seed):
    """Random probabilities over the choices that exist."""
    generator = torch.Generator().manual_seed(seed)
    raw = torch.rand((batch, *prepared.choices.cells.shape), generator=generator, dtype=torch.float64)
    raw = raw * torch.as_tensor(prepared.choices.cells >= 0)
    return raw / raw.sum(dim=2, keepdim=True)


def close(own, exact, tolerance=1e-4):
    return np.allclose(own.detach().numpy(), exact, rtol=tolerance, atol=1e-6)


@pytest.mark.parametrize("constraints", CONSTRAINTS)
@pytest.mark.parametrize("registers", [False, True])
def test_certain_choices_and_a_small_gamma_are_the_exact_analysis(tiny, constraints, registers):
    netlist = random_netlist(tiny, 100, seed=11, registers=registers)
    prepared = sizing(netlist, tiny, constraints)
    choice = np.random.default_rng(1).integers(0, prepared.choices.count, size=(4, netlist.n_cells))
    exact = analyze_batch(prepared, choice)
    own = smooth(twin(prepared), certain(prepared, choice), gamma=1e-4)
    assert close(own.delay_ps, exact.delay_ps)
    assert close(own.area, exact.area)
    assert close(own.load, exact.load)
    assert close(own.slew, exact.slew)
    assert np.array_equal(np.isfinite(own.arrival.numpy()), np.isfinite(exact.arrival))
    arrives = np.isfinite(exact.arrival)
    assert close(own.arrival[torch.as_tensor(arrives)], exact.arrival[arrives])


def test_a_larger_gamma_gives_a_larger_delay(tiny):
    netlist = random_netlist(tiny, 60, seed=12)
    prepared = sizing(netlist, tiny, CONSTRAINTS[1])
    ready, p = twin(prepared), mixture(prepared, 1, seed=1)
    delays = [float(smooth(ready, p, gamma).delay_ps) for gamma in (0.1, 1.0, 10.0)]
    assert delays == sorted(delays)
    assert delays[0] < delays[2]


def test_gradients_are_those_of_finite_differences(tiny):
    netlist = random_netlist(tiny, 25, seed=13, inputs=4)
    prepared = sizing(netlist, tiny, CONSTRAINTS[0])
    ready = twin(prepared)
    p = mixture(prepared, 2, seed=2).requires_grad_()

    def measured(probability):
        result = smooth(ready, probability, gamma=5.0)
        return result.delay_ps, result.area, result.ends.sum(), result.load.sum()

    assert torch.autograd.gradcheck(measured, (p,), eps=1e-6, atol=1e-4, rtol=1e-4)


def test_descent_on_the_choices_finds_the_faster_inverter(tiny, circuit):
    a = circuit.input("a")
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.cell("BUF_X1", a)))
    prepared = sizing(netlist, tiny, Constraints(load_ff=50.0))
    ready = twin(prepared)
    logits = torch.zeros((1, *prepared.choices.cells.shape), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.3)
    for _ in range(40):
        optimizer.zero_grad()
        smooth(ready, torch.softmax(logits, dim=2), gamma=1.0).delay_ps.sum().backward()
        optimizer.step()
    best = logits[0, 1, :2].argmax()
    exact = analyze_batch(prepared, np.array([[0, 0], [0, 1]])).delay_ps
    assert int(best) == int(exact.argmin()) == 1


def test_single_precision_stays_near(tiny):
    netlist = random_netlist(tiny, 60, seed=14)
    prepared = sizing(netlist, tiny, CONSTRAINTS[1])
    p = mixture(prepared, 2, seed=3)
    single = smooth(twin(prepared, dtype="float32"), p.float(), gamma=1.0)
    double = smooth(twin(prepared), p, gamma=1.0)
    assert single.delay_ps.dtype == torch.float32
    assert torch.allclose(single.delay_ps.double(), double.delay_ps, rtol=1e-4)


def test_what_does_not_fit_is_refused(tiny):
    netlist = random_netlist(tiny, 10, seed=15)
    prepared = sizing(netlist, tiny)
    ready = twin(prepared)
    with pytest.raises(UsageError, match="gamma must be positive"):
        smooth(ready, mixture(prepared, 1, seed=1), gamma=0.0)
    with pytest.raises(UsageError, match=r"probability has shape \(1, 2, 3\), expected \(B, "):
        smooth(ready, torch.zeros((1, 2, 3)), gamma=1.0)
    with pytest.raises(UsageError, match="dtype must be"):
        twin(prepared, dtype="float16")

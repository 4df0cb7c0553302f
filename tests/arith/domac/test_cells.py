import numpy as np
import pytest

from eda.arith.domac.cells import cell_tables, evaluate, evaluate_tensors
from eda.arith.domac.characterise import composite_bank

torch = pytest.importorskip("torch")

N, T = 6, 18


@pytest.fixture(scope="module")
def case(pdk):
    """Tables, and arguments of the operation for three mixtures of six compressors."""
    bank = composite_bank(pdk)
    tables = cell_tables(bank, "cpu", "float64")
    g = torch.Generator().manual_seed(4)
    times = 300 + 60 * torch.rand((3, T, 2), generator=g, dtype=torch.float64)
    slews = 5 + 80 * torch.rand((3, T, 2), generator=g, dtype=torch.float64)
    kind = torch.tensor([1, 1, 0, 1, 0, 1])
    pins = torch.arange(T).reshape(N, 3).clone()
    pins[kind == 0, 2] = pins[kind == 0, 0]
    load = 1 + 9 * torch.rand((3, N, 2, 2), generator=g, dtype=torch.float64)
    logits = torch.randn((3, N, bank.area.shape[1]), generator=g, dtype=torch.float64)
    p = torch.softmax(logits.masked_fill(~tables.known[kind], -torch.inf), dim=2)
    return tables, torch.cat((times, slews), dim=2), pins, kind, load, p


def gradients(operation, case, gamma):
    tables, ports, pins, kind, load, p = case
    leaves = [t.clone().requires_grad_() for t in (ports, load, p)]
    out = operation(tables, leaves[0], pins, kind, leaves[1], leaves[2], gamma)
    weights = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).reshape(out.shape)
    return out.detach(), torch.autograd.grad((weights * out).sum(), leaves)


@pytest.mark.parametrize("gamma", [0.5, 10.0])
def test_compiled_loops_and_tensors_agree_with_their_gradients(case, gamma):
    out, grads = gradients(evaluate, case, gamma)
    expected, expected_grads = gradients(evaluate_tensors, case, gamma)
    assert torch.allclose(out, expected, atol=1e-8)
    for got, wanted in zip(grads, expected_grads, strict=True):
        assert torch.allclose(got, wanted, atol=1e-7, rtol=1e-6)


def test_gradients_are_differences(case):
    tables, ports, pins, kind, load, p = case

    def at(x, y):
        return evaluate(tables, x, pins, kind, y, p, 3.0)

    leaves = (ports.clone().requires_grad_(), load.clone().requires_grad_())
    assert torch.autograd.gradcheck(at, leaves, eps=1e-5, atol=1e-4, rtol=1e-3)


def test_half_adders_do_not_look_at_a_third_pin(case):
    tables, ports, pins, kind, load, p = case
    other = pins.clone()
    other[kind == 0, 2] = 17
    moved = ports.clone()
    moved[:, 17, :2] += 500
    half = np.flatnonzero(kind.numpy() == 0)
    before, after = evaluate(tables, ports, pins, kind, load, p, 1.0), evaluate(tables, moved, other, kind, load, p, 1.0)
    assert torch.equal(before[:, half], after[:, half])

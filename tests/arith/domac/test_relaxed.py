import numpy as np
import pytest

from eda.arith.domac.bank import library_bank
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.exact import TREE_ALONE, time_tree
from eda.arith.domac.layout import layout
from eda.arith.domac.relaxed import program, relaxed_timing
from eda.arith.domac.wiring import legal_tree, masked_logits, sinkhorn_wiring, softmax_wiring

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")


def prepared(plan, bank, *, net_gamma=6.0, dtype="float64"):
    width = plan.tree.heap.width
    return program(plan, bank, TREE_ALONE, np.zeros(width), net_gamma=net_gamma, device="cpu", dtype=dtype)


def one_hot(plan, wiring):
    """M of each bucket from the permutation of each block."""
    return [
        torch.as_tensor((np.arange(b.size) == w[:, :, None])[None], dtype=torch.float64)
        for b, w in zip(plan.buckets, wiring, strict=True)
    ]


def shuffled(plan, rng):
    """A random permutation of each block, the padding straight."""
    out = []
    for bucket in plan.buckets:
        wiring = np.tile(np.arange(bucket.size), (len(bucket.height), 1))
        for row, n in zip(wiring, bucket.height.tolist(), strict=True):
            row[:n] = rng.permutation(n)
        out.append(wiring)
    return out


def certain(plan, bank, rng):
    """One implementation of each compressor, and p [1, J, I]."""
    chosen = np.array([rng.integers(bank.counts[k]) for k in plan.kind])
    return chosen, torch.as_tensor(np.eye(bank.area.shape[1])[chosen][None])


@pytest.mark.parametrize("net_gamma", [None, 6.0])
@pytest.mark.parametrize("seed", range(3))
def test_at_permutations_the_relaxed_time_is_the_exact_one(pdk, tree_of, seed, net_gamma):
    """The permutations are random, so a wiring that is decoded transposed would time differently."""
    rng = np.random.default_rng(seed)
    bank = composite_bank(pdk)
    plan = layout(tree_of(8, "dadda").staged())
    wiring = shuffled(plan, rng)
    chosen, p = certain(plan, bank, rng)
    m = one_hot(plan, wiring)
    relaxed = relaxed_timing(prepared(plan, bank, net_gamma=net_gamma), m, p, 1e-3)
    tree = legal_tree(plan, [x[0].numpy() for x in m], bank.impl_table[plan.kind, chosen]).flat()
    exact = time_tree(tree, bank)
    assert float(relaxed.lateness.max()) == pytest.approx(exact.delay_ps, abs=0.05)
    assert float(relaxed.area[0]) == pytest.approx(exact.area)


def test_the_transposed_wiring_is_another_circuit(pdk, tree_of):
    rng = np.random.default_rng(5)
    bank = library_bank(pdk)
    plan = layout(tree_of(8, "dadda").staged())
    wiring = shuffled(plan, rng)
    ones = torch.ones((1, len(plan.kind), 1), dtype=torch.float64)
    m = one_hot(plan, wiring)
    right = relaxed_timing(prepared(plan, bank), m, ones, 1e-3).lateness.max()
    wrong = relaxed_timing(prepared(plan, bank), [x.mT.contiguous() for x in m], ones, 1e-3).lateness.max()
    assert abs(float(right - wrong)) > 1.0


def test_a_layout_of_a_tree_gives_that_tree_back(tree_of):
    for n, kind in ((5, "dadda"), (9, "tdm"), (20, "tdm")):
        staged = tree_of(n, kind).staged()
        plan = layout(staged)
        same = legal_tree(plan, [m[0].numpy() for m in one_hot(plan, [b.wiring for b in plan.buckets])], staged.impl)
        assert same.flat().digest == staged.flat().digest


def test_wide_trees_have_buckets_by_height(tree_of):
    plan = layout(tree_of(20).staged())
    assert len(plan.buckets) > 1
    assert all((b.height <= b.size).all() for b in plan.buckets)


def test_smooth_maxima_are_above_and_close_in(pdk, tree_of):
    bank = library_bank(pdk)
    tree = tree_of(8)
    plan = layout(tree.staged())
    ones = torch.ones((1, len(plan.kind), 1), dtype=torch.float64)
    m = one_hot(plan, [b.wiring for b in plan.buckets])
    times = [float(relaxed_timing(prepared(plan, bank), m, ones, g).lateness.max()) for g in (10.0, 1.0, 0.01)]
    exact = time_tree(tree, bank).delay_ps
    assert times[0] > times[1] > times[2] >= exact - 1e-6
    assert times[2] == pytest.approx(exact, abs=0.1)


def test_risk_averse_nets_do_not_hide_late_signals(pdk, tree_of):
    """A uniform mixture looks early to mean-field nets and late to risk-averse ones."""
    bank = library_bank(pdk)
    plan = layout(tree_of(8).staged())
    ones = torch.ones((1, len(plan.kind), 1), dtype=torch.float64)
    mixed = [softmax_wiring(masked_logits(torch.zeros((1, *b.live.shape), dtype=torch.float64), b), 1.0) for b in plan.buckets]
    mean, risk = (relaxed_timing(prepared(plan, bank, net_gamma=g), mixed, ones, 1.0).lateness.max() for g in (None, 6.0))
    assert mean < risk


# --- wirings -------------------------------------------------------------------------------------------------------


def logits_of(bucket, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return masked_logits(2 * torch.randn((3, *bucket.live.shape), generator=generator, dtype=torch.float64), bucket)


def test_a_softmax_spends_every_signal_once(tree_of):
    for bucket in layout(tree_of(12).staged()).buckets:
        m = softmax_wiring(logits_of(bucket), 0.7)
        assert torch.allclose(m.sum(dim=3), torch.ones_like(m.sum(dim=3)))
        assert float(m[:, ~torch.as_tensor(bucket.live | bucket.straight)].abs().max()) < 1e-12


def test_sinkhorn_fills_every_port_once_too(tree_of):
    for bucket in layout(tree_of(12).staged()).buckets:
        logits = logits_of(bucket)
        m = sinkhorn_wiring(logits, 2.0, torch.zeros_like(logits[:, :, :1]), 100)
        for dim in (2, 3):
            assert torch.allclose(m.sum(dim=dim), torch.ones_like(m.sum(dim=dim)), atol=1e-3)


def test_sinkhorn_goes_on_where_it_stopped(tree_of):
    bucket = layout(tree_of(8).staged()).buckets[0]
    logits = logits_of(bucket)
    duals = torch.zeros_like(logits[:, :, :1])
    gaps = [float((sinkhorn_wiring(logits, 0.5, duals, 2).sum(dim=3) - 1).abs().max()) for _ in range(40)]
    assert gaps[-1] < 0.05 * gaps[0]

from dataclasses import replace

import numpy as np
import pytest

from eda.arith.composites import composites
from eda.arith.delays import XOR_UNITS
from eda.arith.domac.bank import FULL, HALF, library_bank
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.exact import TREE_ALONE, Surroundings, time_tree
from eda.arith.domac.netlists import tree_netlist, tree_timing
from eda.arith.trees import compress
from eda.errors import UsageError
from eda.ir.simulate import run


def mixed(tree, bank, seed=3):
    """`tree` with random implementations of the bank."""
    rng = np.random.default_rng(seed)
    names = [np.array(of) for of in bank.impl]
    impl = [rng.choice(names[int(full)]) for full in tree.is_full]
    return replace(tree, impl=np.array(impl))


@pytest.mark.parametrize("n", [5, 8, 16])
@pytest.mark.parametrize("kind", ["dadda", "tdm"])
def test_the_tables_of_library_adders_time_a_tree_as_the_netlist(pdk, tree_of, n, kind):
    tree = tree_of(n, kind)
    exact, fast = tree_timing(tree, pdk), time_tree(tree, library_bank(pdk))
    assert fast.delay_ps == pytest.approx(exact.delay_ps, rel=1e-4)
    assert np.allclose(fast.arrival, exact.arrival, atol=0.05)
    assert np.allclose(fast.load, exact.load)
    assert fast.area == pytest.approx(exact.area)


@pytest.mark.parametrize("seed", range(4))
def test_composites_time_a_tree_within_two_per_cent_of_the_netlist(pdk, tree_of, seed):
    bank = composite_bank(pdk)
    tree = mixed(tree_of(8), bank, seed)
    exact, fast = tree_timing(tree, pdk), time_tree(tree, bank)
    assert fast.delay_ps == pytest.approx(exact.delay_ps, rel=0.02)
    assert fast.area == pytest.approx(exact.area)


def test_tables_with_the_worst_input_edge_would_be_pessimistic(pdk, tree_of):
    """Why a `Bank` keeps edges apart."""
    bank = composite_bank(pdk).restricted(1)
    seen = bank.moves[..., None, None]
    worst = [np.where(seen, t, 0.0).max(axis=4, keepdims=True) for t in (bank.delay, bank.slew)]
    merged = [np.ascontiguousarray(np.broadcast_to(t, bank.delay.shape)) for t in worst]
    moves = np.ascontiguousarray(np.broadcast_to(bank.moves.any(axis=4, keepdims=True), bank.moves.shape))
    tree = tree_of(8)
    apart = time_tree(tree, bank).delay_ps
    assert time_tree(tree, replace(bank, delay=merged[0], slew=merged[1], moves=moves)).delay_ps > 1.03 * apart


@pytest.mark.parametrize("seed", range(2))
def test_the_netlist_of_a_tree_adds(pdk, tree_of, seed):
    tree = mixed(tree_of(5), composite_bank(pdk), seed)
    netlist, _ = tree_netlist(tree, pdk)
    rng = np.random.default_rng(seed)
    words = [int.from_bytes(rng.bytes(4)) % (1 << 25) for _ in range(50)]
    final = [x for row in tree.rows for x in row]
    for word, out in zip(words, run(netlist, {"x": words})["y"], strict=True):
        value = sum((out >> k & 1) << int(tree.signal_column[x]) for k, x in enumerate(final))
        assert value % (1 << 10) == tree.heap.evaluate([word >> d & 1 for d in range(25)])


def test_complemented_pins_do_not_stand_alone(pdk, tree_of):
    tree = tree_of(4)
    number = next(k for k, c in enumerate(composites(pdk).full) if any(c.inverted))
    impl = np.where(tree.is_full, number, 0)
    with pytest.raises(UsageError, match="complemented pins"):
        tree_timing(replace(tree, impl=impl), pdk)


def test_free_polarity_offers_more(pdk):
    some, all_ = composite_bank(pdk), composite_bank(pdk, free_polarity=True)
    assert set(some.impl[FULL]) < set(all_.impl[FULL])
    assert set(some.impl[HALF]) < set(all_.impl[HALF])


def test_required_times_are_subtracted(pdk, tree_of):
    tree = tree_of(5)
    plain = tree_timing(tree, pdk)
    limit = np.where(np.isfinite(plain.profile), plain.profile, 0.0) - 3.0
    assert tree_timing(tree, pdk, required=limit).delay_ps == pytest.approx(3.0)


def test_later_dots_and_heavier_loads_count(pdk, and_array):
    tree = compress("dadda", and_array(5), XOR_UNITS)
    base = tree_timing(tree, pdk, Surroundings(50.0, 20.0, 1.6)).delay_ps
    assert tree_timing(tree, pdk, Surroundings(60.0, 20.0, 1.6)).delay_ps == pytest.approx(base + 10)
    assert tree_timing(tree, pdk, Surroundings(None, 20.0, 1.6)).delay_ps == pytest.approx(base)
    assert tree_timing(tree, pdk, Surroundings(50.0, 20.0, 5.0)).delay_ps > base
    assert TREE_ALONE == Surroundings(50.0, 20.0, 1.6)

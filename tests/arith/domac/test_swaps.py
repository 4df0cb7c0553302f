from dataclasses import replace

import numpy as np
import pytest

from eda.arith.domac.bank import library_bank
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.exact import TREE_ALONE, kernel_cells, kernel_state, kernel_tree, time_tree
from eda.arith.domac.swaps import improve


@pytest.mark.parametrize("n", [5, 8])
def test_swaps_alone_bring_a_bad_wiring_near_a_good_one(pdk, tree_of, n):
    bank = library_bank(pdk)
    before, good = (time_tree(tree_of(n, kind), bank).delay_ps for kind in ("dadda", "tdm"))
    after = time_tree(improve(tree_of(n, "dadda"), bank, TREE_ALONE, np.zeros(2 * n)), bank).delay_ps
    assert after < before
    assert after < good + 0.6 * (before - good)


def test_a_wiring_across_stages_stays_legal_and_keeps_its_counts(pdk, tree_of):
    bank = library_bank(pdk)
    tree = tree_of(8, "dadda")
    after = improve(tree, bank, TREE_ALONE, np.zeros(16))
    after.verify()
    assert (after.n_full, after.n_half) == (tree.n_full, tree.n_half)
    assert sorted(map(len, after.rows)) == sorted(map(len, tree.rows))


def test_a_local_optimum_is_left_alone(pdk, tree_of):
    bank = library_bank(pdk)
    once = improve(tree_of(6, "dadda"), bank, TREE_ALONE, np.zeros(12))
    first = time_tree(once, bank).delay_ps
    assert time_tree(improve(once, bank, TREE_ALONE, np.zeros(12)), bank).delay_ps <= first + 1e-6


def test_the_price_of_area_decides_between_implementations(pdk, tree_of):
    bank = composite_bank(pdk)
    areas, times = [], []
    for price in (0.0, 0.3, 3.0):
        timing = time_tree(improve(tree_of(8), bank, TREE_ALONE, np.zeros(16), per_area=price), bank)
        areas.append(timing.area)
        times.append(timing.delay_ps)
    assert areas[0] > areas[1] > areas[2]
    assert times[0] < times[2]


def test_without_choice_implementations_stay(pdk, tree_of):
    tree = tree_of(6)
    tree = replace(tree, impl=np.ones(tree.n_compressors))
    after = improve(tree, composite_bank(pdk), TREE_ALONE, np.zeros(12), choose=False)
    assert (after.impl == 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_incremental_times_are_those_from_scratch(pdk, tree_of, seed):
    """Random swaps and exchanges, taken or refused, leave arrivals, slews and loads as a full analysis has them."""
    from eda.arith.domac import kernels, swap_kernels

    rng = np.random.default_rng(seed)
    bank = composite_bank(pdk)
    tree = tree_of(8, "dadda")
    numbers, cells, state = kernel_tree(tree, bank), kernel_cells(bank), kernel_state(tree, TREE_ALONE)
    kernels.time_tree(numbers, cells, state, 1.6)
    column = tree.signal_column.astype(np.int64)
    goal = swap_kernels.Goal(16, np.zeros(tree.n_signals), 5.0, 0.1, 1.6)
    space = swap_kernels.scratch(tree.n_compressors)
    cost, taken = swap_kernels.worst(numbers, state, goal, column)[1], 0
    for _ in range(300):
        x = rng.integers(tree.n_signals)
        y = rng.choice(np.flatnonzero(column == column[x]))
        if x != y and column[x] < 16 and numbers.reader[x] != numbers.reader[y]:
            new = swap_kernels.try_swap(numbers, cells, state, space, goal, column, x, y, cost)
            taken += new != cost
            cost = new
        j = rng.integers(tree.n_compressors)
        impl = rng.integers(bank.counts[numbers.kind[j]])
        cost = swap_kernels.try_impl(numbers, cells, state, space, goal, column, j, impl, cost)
    assert taken > 5
    again = kernel_state(tree, TREE_ALONE)
    count = swap_kernels.walk(numbers, space, np.arange(tree.n_compressors))
    kernels.time_tree(numbers._replace(order=space.cone[:count][::-1].copy()), cells, again, 1.6)
    for kept, full in zip(state, again, strict=True):
        assert np.allclose(kept, full, atol=1e-9)
    assert cost == pytest.approx(swap_kernels.worst(numbers, again, goal, column)[1])

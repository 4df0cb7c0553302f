from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError
from eda.ir.heap import BitHeap
from eda.ir.tree import GATES, CompressorTree, StagedTree, stage_heights


def heap_of(heights):
    """A heap of the given column heights, with nets from 2."""
    columns = [c for c, height in enumerate(heights) for _ in range(height)]
    return BitHeap.empty(len(heights)).add_dots(columns, range(2, 2 + len(columns)))


def tree_of(heights, *compressors):
    """A tree from (column, inputs...) rows."""
    column = [c for c, *_ in compressors]
    inputs = [[*pins, -1][:3] for _, *pins in compressors]
    return CompressorTree(heap_of(heights), column, np.array(inputs).reshape(-1, 3), np.zeros(len(column)))


def value(tree, bits):
    """Weighted sum of the final rows for the values of the dots."""
    signals = list(bits)
    for pins in tree.inputs.tolist():
        total = sum(signals[p] for p in pins if p >= 0)
        signals += [total & 1, total >> 1]
    return sum(signals[x] << c for c, row in enumerate(tree.rows) for x in row) % (1 << tree.heap.width)


SMALL = tree_of([3, 2, 0], (0, 0, 1, 2), (1, 3, 4))


def test_signals_are_numbered_after_the_dots():
    assert SMALL.sums.tolist() == [5, 7]
    assert SMALL.signal_column.tolist() == [0, 0, 0, 1, 1, 0, 1, 1, 2]
    assert SMALL.rows == ((5,), (6, 7), (8,))
    assert (SMALL.n_full, SMALL.n_half, SMALL.depth, SMALL.n_signals) == (1, 1, 1, 9)


def test_text_has_one_line_for_each_compressor():
    assert SMALL.text().splitlines() == [
        "compressor tree of 3 columns: 1 fa, 1 ha, depth 1",
        "  column 0: s5 c6 = fa(d0, d1, d2)",
        "  column 1: s7 c8 = ha(d3, d4)",
    ]
    gates = replace(SMALL, impl=np.array([0, GATES]))
    assert repr(gates).endswith("ha(d3, d4) #1")


def test_level_follows_the_longest_path():
    chain = tree_of([5, 0, 0], (0, 0, 1, 2), (0, 5, 3, 4))
    assert chain.level.tolist() == [1, 2]
    chain.verify()


@pytest.mark.parametrize(
    ("heights", "compressors", "complaint"),
    [
        ([3, 3, 0], [(0, 0, 1, 2)], "C2: column 1 ends with 4 dots"),
        ([5, 0], [(0, 0, 1, 2), (0, 0, 3, 4)], "C3: signal 0 is used 2 times"),
        ([3, 2, 0], [(0, 0, 1, 3)], "C4: reads a signal of another column"),
        ([3, 2, 0], [(1, 0, 1, 2)], "C4: reads a signal of another column"),
        ([3, 0], [(0, 0, 1, 4)], "does not exist before it"),
        ([3, 0], [(0, 0, -1, 2)], "does not exist before it"),
        ([3, 0], [(2, 0, 1, 2)], "C5: lies outside the heap"),
    ],
)
def test_broken_invariants_are_named(heights, compressors, complaint):
    with pytest.raises(InputError, match=complaint):
        tree_of(heights, *compressors).verify()


def test_a_heap_with_a_constant_is_refused():
    with pytest.raises(InputError, match="constant of the heap"):
        CompressorTree(heap_of([1]).add_constant(1), np.zeros(0), np.zeros((0, 3)), np.zeros(0))


def test_swapped_columns_do_not_pass():
    swapped = replace(SMALL, inputs=np.array([[0, 1, 3], [2, 4, -1]]))
    with pytest.raises(InputError, match="C4"):
        swapped.verify()


def test_digest_ignores_the_order_of_compressors_and_of_the_pins_a_and_b():
    one = tree_of([3, 3, 0, 0], (0, 0, 1, 2), (1, 3, 4, 5))
    other = tree_of([3, 3, 0, 0], (1, 4, 3, 5), (0, 1, 0, 2))
    assert one.digest == other.digest
    assert one.digest != tree_of([3, 3, 0, 0], (0, 0, 2, 1), (1, 3, 4, 5)).digest, "the fast pin is another"
    assert one.digest != replace(one, impl=np.array([0, GATES])).digest
    assert one.digest != tree_of([3, 3, 0, 0], (0, 0, 1, 2), (1, 3, 4)).digest


def test_digest_follows_renumbered_sums():
    heights = [6, 0, 0, 0]
    one = tree_of(heights, (0, 0, 1, 2), (0, 3, 4, 5), (0, 6, 8), (1, 7, 9))
    other = tree_of(heights, (0, 3, 4, 5), (0, 0, 1, 2), (1, 9, 7), (0, 8, 6))
    assert one.digest == other.digest


def test_staged_view_of_a_small_tree():
    tree = tree_of([5, 1, 0], (0, 0, 2, 4), (0, 1, 3), (0, 6, 8), (1, 5, 7, 9))
    staged = tree.staged()
    assert staged.text().splitlines() == [
        "staged tree of 3 columns, 2 stages",
        "  0: 0:1+1",
        "  1: 0:0+1 1:1+0",
    ]
    assert staged.wiring[0].tolist() == [0, 3, 1, 4, 2]
    assert staged.heights.tolist() == [[5, 1, 0], [2, 3, 0], [1, 2, 1]]
    assert staged.flat().digest == tree.digest


@st.composite
def staged_trees(draw):
    """Random heaps, counts within C1, then full adders until two dots are left, and random wiring."""
    heights = np.array(draw(st.lists(st.integers(0, 7), min_size=1, max_size=6)))
    n, fulls, halves, wiring = heights.astype(np.int64), [], [], []
    random = draw(st.randoms(use_true_random=False))
    while not fulls or n.max() > 2:
        late = len(fulls) > 6
        full = n // 3 if late else np.array([random.randint(0, x // 3) for x in n.tolist()])
        half = np.array([0 if late else random.randint(0, (x - 3 * f) // 2) for x, f in zip(n, full, strict=True)])
        wiring += [np.array(random.sample(range(x), x), dtype=np.int32) for x in n.tolist()]
        fulls.append(full)
        halves.append(half)
        n = stage_heights(n, full[None], half[None])[-1]
    impl = np.array([random.randint(0, 1) for _ in range(int(np.sum(fulls) + np.sum(halves)))])
    return StagedTree(heap_of(heights.tolist()), np.array(fulls), np.array(halves), tuple(wiring), impl)


@given(staged_trees(), st.data())
def test_both_views_hold_the_same_circuit_and_keep_the_value(staged, data):
    tree = staged.flat()
    bits = data.draw(st.lists(st.integers(0, 1), min_size=tree.heap.n_dots, max_size=tree.heap.n_dots))
    assert value(tree, bits) == tree.heap.evaluate(bits)
    earliest = tree.staged()
    assert earliest.flat().digest == tree.digest
    again = earliest.flat().staged()
    assert again.text() == earliest.text()
    assert all(np.array_equal(a, b) for a, b in zip(again.wiring, earliest.wiring, strict=True))
    assert np.array_equal(again.impl, earliest.impl)


def staged_of(full, half, heights=(3, 0), wiring=((0, 1, 2), ())):
    arrays = tuple(np.array(w, dtype=np.int32) for w in wiring)
    return StagedTree(heap_of(heights), np.array([full]), np.array([half]), arrays, np.zeros(1))


@pytest.mark.parametrize(
    ("staged", "complaint"),
    [
        (staged_of([1, 0], [1, 0]), "C1: 1 full and 1 half adders for 3 dots at stage 0, column 0"),
        (staged_of([-1, 0], [1, 0]), "C1"),
        (staged_of([0, 0], [0, 0]), "C2: column 0 ends with 3 dots"),
        (staged_of([1, 0], [0, 0], wiring=((0, 1, 1), ())), "C3: no permutation of 3 signals at stage 0, column 0"),
        (staged_of([1, 0], [0, 0], wiring=((0, 1, 2),)), "1 permutations, expected 2"),
        (staged_of([1], [0]), "counts of shape"),
    ],
)
def test_broken_staged_trees_are_refused(staged, complaint):
    with pytest.raises(InputError, match=complaint):
        staged.flat()

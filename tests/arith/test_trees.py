import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.arith.counts import stage_bound
from eda.arith.delays import XOR_UNITS, tree_arrivals
from eda.arith.generate import generate
from eda.arith.trees import TREES, compress
from eda.errors import InputError, UsageError
from eda.ir.heap import BitHeap
from eda.ir.tree import ADDER_CELL, FOUR_TWO, CompressorTree


def and_array(n, arrival=0.5):
    heap = BitHeap.empty(2 * n)
    for j in range(n):
        heap = heap.add_dots(range(j, j + n), range(2 + j * n, 2 + (j + 1) * n), arrival)
    return heap


def counts(kind, n):
    tree = compress(kind, and_array(n), XOR_UNITS)
    return tree.n_full, tree.n_half


@pytest.mark.parametrize("kind", ["dadda", "tdm", "four-two", "ufo"])
@pytest.mark.parametrize("n", [2, 3, 4, 8, 16, 32, 64, 128])
def test_minimum_counts_of_square_arrays(kind, n):
    assert counts(kind, n) == (max(n * n - 4 * n + 3, 0), n - 1 if n > 2 else 0)


@pytest.mark.parametrize(("n", "expected"), [(8, (43, 5)), (16, (209, 24)), (32, (927, 79)), (64, (3905, 222))])
def test_wallace_counts(n, expected):
    assert counts("wallace", n) == expected


@pytest.mark.parametrize(("n", "stages"), [(4, 2), (8, 4), (16, 6), (32, 8), (64, 10), (128, 11)])
@pytest.mark.parametrize("kind", ["dadda", "ufo"])
def test_staged_trees_reach_the_least_number_of_stages(kind, n, stages):
    assert stage_bound(n) == stages
    assert compress(kind, and_array(n), XOR_UNITS).depth == stages


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_a_carry_save_array_has_one_level_for_each_row_after_the_second(n):
    assert compress("array", and_array(n), XOR_UNITS).depth == n - 2


@pytest.mark.parametrize(("n", "rows", "stages"), [(8, 5, 3), (16, 9, 4), (32, 17, 6), (64, 33, 8), (128, 65, 10)])
def test_booth_rows_and_stages(n, rows, stages):
    design = generate("multiplier", n, ppg="booth")
    assert design.tree.heap.heights.max() == rows
    assert design.tree.depth == stages == stage_bound(rows)


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_wiring_by_arrival_is_faster_than_first_in_first_out(n):
    latest = {kind: max(tree_arrivals(compress(kind, and_array(n), XOR_UNITS), XOR_UNITS)) for kind in TREES}
    assert latest["tdm"] <= latest["ufo"] < latest["dadda"] < min(latest["wallace"], latest["array"])


@pytest.mark.parametrize("kind", ["tdm", "ufo"])
def test_the_latest_of_three_dots_takes_the_fast_pin(kind):
    heap = BitHeap.empty(2).add_dots([0, 0, 0], [2, 3, 4], [5.0, 1.0, 3.0])
    tree = compress("tdm", heap.add_dots([0], [5], 9.0), XOR_UNITS)
    assert tree.inputs[0].tolist() == [1, 2, 0]
    odd = compress(kind, heap, XOR_UNITS)
    assert odd.inputs.tolist() == [[1, 2, -1]], "an odd column begins with a half adder on its two earliest dots"


@st.composite
def heaps(draw):
    heights = draw(st.lists(st.integers(0, 9), min_size=1, max_size=8))
    columns = [c for c, height in enumerate(heights) for _ in range(height)]
    order = draw(st.permutations(columns))
    arrivals = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 7.0]), min_size=len(columns), max_size=len(columns)))
    heap = BitHeap.empty(len(heights)).add_dots(order, range(2, 2 + len(columns)), arrivals)
    return heap.add_constant(draw(st.integers(0, (1 << len(heights)) - 1)))


@pytest.mark.parametrize("kind", TREES)
@given(heap=heaps(), data=st.data())
def test_any_heap_is_reduced_to_two_rows_of_the_same_value(kind, heap, data):
    tree = compress(kind, heap, XOR_UNITS)
    tree.verify()
    bits = data.draw(st.lists(st.integers(0, 1), min_size=heap.n_dots, max_size=heap.n_dots))
    signals = bits + [1] * (tree.heap.n_dots - heap.n_dots)
    for pins in tree.inputs.tolist():
        total = sum(signals[p] for p in pins if p >= 0)
        signals += [total & 1, total >> 1]
    rows = sum(signals[x] << c for c, row in enumerate(tree.rows) for x in row)
    assert rows % (1 << heap.width) == heap.evaluate(bits)
    assert tree.staged().flat().digest == tree.digest


def test_arrivals_of_signals_follow_the_pins():
    heap = BitHeap.empty(3).add_dots([0, 0, 0, 0], [2, 3, 4, 5], [0.0, 0.0, 4.0, 9.0])
    tree = compress("tdm", heap, XOR_UNITS)
    times = tree_arrivals(tree, XOR_UNITS)
    assert tree.n_compressors == 1
    assert times[4:] == [5.0, 5.0]
    assert np.isclose(max(times), 9.0)


def test_an_unknown_tree_is_refused():
    with pytest.raises(UsageError, match="no compressor tree 'walace' \\(did you mean 'wallace'\\?\\); expected array"):
        compress("walace", and_array(2), XOR_UNITS)


@pytest.mark.parametrize("n", [8, 16, 32, 64])
def test_four_two_compressors_never_make_a_tree_later(n):
    trees = {kind: compress(kind, and_array(n), XOR_UNITS) for kind in ("tdm", "four-two")}
    latest = {kind: max(tree_arrivals(tree, XOR_UNITS)) for kind, tree in trees.items()}
    assert trees["four-two"].is_four_two.any()
    assert latest["four-two"] <= latest["tdm"]


def test_a_late_bit_passes_one_xor_of_a_four_two_compressor():
    """Four bits at 0 and one at 2: three XORs, where two full adders in a row take four."""
    heap = BitHeap.empty(3).add_dots([0] * 6, range(2, 8), [0.0, 0.0, 0.0, 0.0, 2.0, 50.0])
    latest = {kind: max(tree_arrivals(compress(kind, heap, XOR_UNITS), XOR_UNITS)[6:]) for kind in ("tdm", "four-two")}
    assert latest == {"tdm": 4.0, "four-two": 3.0}
    tree = compress("four-two", heap, XOR_UNITS)
    assert tree.inputs.tolist() == [[0, 1, 2], [6, 3, 4]]
    assert tree.impl.tolist() == [ADDER_CELL, FOUR_TWO]


def test_half_a_four_two_compressor_is_refused():
    heap = BitHeap.empty(3).add_dots([0, 0, 0, 0], [2, 3, 4, 5])
    alone = CompressorTree(heap, np.array([0]), np.array([[0, 1, 2]]), np.array([FOUR_TWO]))
    with pytest.raises(InputError, match="its pin a is no sum of a full adder"):
        alone.verify()
    with pytest.raises(InputError, match="begins a 4:2 compressor"):
        CompressorTree(heap, np.array([0, 0]), np.array([[0, 1, -1], [4, 2, 3]]), np.array([0, FOUR_TWO])).verify()

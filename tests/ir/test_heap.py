import numpy as np
import pytest

from eda.errors import InputError
from eda.ir.heap import BitHeap


def test_dots_keep_their_order_and_stack_in_columns():
    heap = BitHeap.empty(3).add_dots([0, 1], [10, 11], 0.5).add_dots([1, 2], [20, 21], [1.0, 2.0], slew=0.2)
    assert heap.columns == ((0,), (1, 2), (3,))
    assert heap.heights.tolist() == [1, 2, 1]
    assert heap.net.tolist() == [10, 11, 20, 21]
    assert heap.latest.tolist() == [0.5, 0.5, 1.0, 2.0]
    assert heap.slew.tolist() == [0.0, 0.0, 0.2, 0.2]


def test_dots_above_the_last_column_vanish():
    assert BitHeap.empty(2).add_dots([1, 2], [5, 6]).net.tolist() == [5]


def test_constant_nets_fold_into_the_constant():
    heap = BitHeap.empty(4).add_dots([0, 1, 3, 3], [1, 0, 1, 7]).add_dots([3], [1])
    assert (heap.constant, heap.n_dots) == ((1 + 8 + 8) % 16, 1)


def test_negative_constants_are_reduced():
    assert BitHeap.empty(4).add_constant(-1).add_constant(3).constant == 2


def test_constant_dots_keep_the_value():
    heap = BitHeap.empty(5).add_dots([0, 2], [4, 5]).add_constant(0b10110)
    dots = heap.with_constant_dots()
    assert dots.constant == 0
    assert dots.net.tolist() == [4, 5, 1, 1, 1]
    assert dots.column.tolist() == [0, 2, 1, 2, 4]
    assert np.isneginf(dots.latest[2:]).all()
    for bits in ([0, 0], [1, 0], [1, 1]):
        assert dots.evaluate([*bits, 1, 1, 1]) == heap.evaluate(bits) == (bits[0] + 4 * bits[1] + 0b10110) % 32


def test_arrays_are_read_only():
    heap = BitHeap.empty(2).add_dots([0], [2])
    with pytest.raises(ValueError, match="read-only"):
        heap.column[0] = 1


def test_text_shows_columns_nets_and_arrivals():
    heap = BitHeap.empty(2).add_dots([0, 0], [4, 5], [0, 1.5]).add_constant(2)
    assert heap.text() == "heap of 2 columns, 2 dots, constant 2\n  0: n4@0 n5@1.5\n  1:"
    assert repr(heap) == heap.text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((2, [2], [5], [[0, 0]], [0]), r"outside the columns 0\.\.1"),
        ((2, [-1], [5], [[0, 0]], [0]), r"outside the columns"),
        ((2, [0], [5, 6], [[0, 0]], [0]), "1 columns but nets"),
        ((0, [], [], np.zeros((0, 2)), []), "width of at least 1, found 0"),
        ((2, [], [], np.zeros((0, 2)), [], 4), r"4 is not reduced modulo 2\*\*2"),
    ],
)
def test_malformed_heaps_are_refused(arguments, complaint):
    with pytest.raises(InputError, match=complaint):
        BitHeap(*arguments)

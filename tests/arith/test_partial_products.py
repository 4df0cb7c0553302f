import pytest

from eda.arith.delays import XOR_UNITS
from eda.arith.partial_products import Word, add_product, add_square, add_word, extended_word
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap


def words(b, *specs):
    return [Word(tuple(b.input(name, width)), signed) for name, width, signed in specs]


def heights(heap):
    return heap.heights.tolist()


@pytest.mark.parametrize("n", [1, 2, 4, 8])
def test_an_unsigned_array_has_every_product_of_bits_once(n):
    b = Builder("t")
    x, y = words(b, ("a", n, False), ("b", n, False))
    heap = add_product(b, BitHeap.empty(2 * n), x, y, XOR_UNITS)
    assert heights(heap) == [*(min(c + 1, 2 * n - 1 - c) for c in range(2 * n - 1)), 0]
    assert heap.constant == 0
    assert len(set(heap.net.tolist())) == n * n
    assert set(heap.latest.tolist()) == {XOR_UNITS.and2}


@pytest.mark.parametrize(("n", "m"), [(4, 4), (4, 6), (7, 3)])
def test_baugh_wooley_constants(n, m):
    b = Builder("t")
    x, y = words(b, ("a", n, True), ("b", m, True))
    heap = add_product(b, BitHeap.empty(n + m), x, y, XOR_UNITS)
    assert heap.constant == ((1 << n - 1) + (1 << m - 1) + (1 << n + m - 1)) % (1 << n + m)
    assert b.build(sweep=False).count_by_type()["$nand2"] == n + m - 2


@pytest.mark.parametrize(("n", "m"), [(4, 4), (4, 6)])
def test_one_signed_operand_has_two_constants(n, m):
    b = Builder("t")
    x, y = words(b, ("a", n, True), ("b", m, False))
    heap = add_product(b, BitHeap.empty(n + m), x, y, XOR_UNITS)
    assert heap.constant == (1 << n - 1) + (1 << n + m - 1)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_a_square_has_half_the_dots(n):
    b = Builder("t")
    (x,) = words(b, ("a", n, False))
    heap = add_square(b, BitHeap.empty(2 * n), x, XOR_UNITS)
    assert heap.n_dots == n * (n + 1) // 2
    assert heap.constant == 0


def test_a_signed_word_is_one_complemented_dot_and_a_constant():
    b = Builder("t")
    (x,) = words(b, ("c", 3, True))
    heap = add_word(b, BitHeap.empty(8), x, shift=2)
    assert heights(heap) == [0, 0, 1, 1, 1, 0, 0, 0]
    assert heap.constant == 256 - 16
    assert heap.net.tolist()[:2] == list(x.nets[:2])


def test_an_extended_word_repeats_its_sign():
    b = Builder("t")
    x, y = words(b, ("a", 2, True), ("b", 2, False))
    heap = extended_word(extended_word(BitHeap.empty(4), x), y)
    assert heights(heap) == [2, 2, 1, 1]
    assert heap.net.tolist()[:4] == [x.nets[0], x.nets[1], x.nets[1], x.nets[1]]
    assert heap.constant == 0

import itertools

import pytest

from eda.arith.booth import add_booth_product
from eda.arith.delays import XOR_UNITS
from eda.arith.partial_products import Word
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap
from eda.ir.simulate import run

SIGNS = list(itertools.product([False, True], repeat=2))


def booth_heap(n, m, signed_x, signed_y, width):
    b = Builder("t")
    x, y = Word(tuple(b.input("a", n)), signed_x), Word(tuple(b.input("b", m)), signed_y)
    heap = add_booth_product(b, BitHeap.empty(width), x, y, XOR_UNITS)
    b.output("dots", heap.net.tolist())
    return heap, b.build()


@pytest.mark.parametrize(("signed_x", "signed_y"), SIGNS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 2), (2, 1), (3, 3), (4, 4), (3, 6), (5, 2)])
@pytest.mark.parametrize("more", [-1, 0, 3])
def test_the_heap_is_the_product_for_all_operands_and_mixed_signs(n, m, signed_x, signed_y, more):
    width = n + m + more
    heap, netlist = booth_heap(n, m, signed_x, signed_y, width)
    pairs = list(itertools.product(range(1 << n), range(1 << m)))
    dots = run(netlist, {"a": [x for x, _ in pairs], "b": [y for _, y in pairs]})["dots"]
    for (x, y), values in zip(pairs, dots, strict=True):
        true_x = x - (1 << n) * (signed_x and x >> n - 1)
        true_y = y - (1 << m) * (signed_y and y >> m - 1)
        assert heap.evaluate([values >> d & 1 for d in range(heap.n_dots)]) == true_x * true_y % (1 << width)


@pytest.mark.parametrize("n", [4, 8, 16, 32])
def test_rows_are_half_of_the_multiplier_s_bits(n):
    unsigned, _ = booth_heap(n, n, False, False, 2 * n)
    signed, _ = booth_heap(n, n, True, True, 2 * n)
    assert unsigned.heights.max() == n // 2 + 1
    assert signed.heights.max() == n // 2 + 1, "n/2 rows and the one of the last negative row"
    assert n < 8 or unsigned.n_dots < n * n


def test_negative_rows_are_early_and_selected_bits_late():
    heap, _ = booth_heap(8, 8, False, False, 16)
    assert set(heap.latest.tolist()) == {0.0, 2 * XOR_UNITS.xor2 + 3 * XOR_UNITS.and2}

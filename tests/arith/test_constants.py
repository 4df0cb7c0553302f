import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.arith.constants import add_multiple, signed_digits
from eda.arith.delays import XOR_UNITS
from eda.arith.generate import generate
from eda.arith.partial_products import Word
from eda.arith.trees import TREES
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap
from eda.proof.check import check_spec

SIGNS = pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])


@given(number=st.integers(-(1 << 80), 1 << 80))
def test_signed_digits_are_as_few_as_in_the_canonical_form(number):
    digits = signed_digits(number)
    assert sum(digit << k if digit > 0 else -(1 << k) for k, digit in digits) == number
    canonical = abs(number) ^ 3 * abs(number)
    assert len(digits) == canonical.bit_count()
    assert [k for k, _ in digits] == sorted({k for k, _ in digits})


def test_no_negative_digit_without_need():
    assert signed_digits(3) == ((0, 1), (1, 1))
    assert signed_digits(7) == ((0, -1), (3, 1))
    assert signed_digits(-5) == ((0, -1), (2, -1))
    assert signed_digits(0) == ()


@pytest.mark.parametrize("constant", [93, -93, 255, -1, 64])
@SIGNS
def test_each_digit_is_one_row(constant, signed):
    b = Builder("t")
    word = Word(tuple(b.input("a", 8)), signed)
    heap = add_multiple(b, BitHeap.empty(20), word, constant, XOR_UNITS)
    assert heap.n_dots == 8 * len(signed_digits(constant))
    assert heap.heights.max() <= len(signed_digits(constant))


@SIGNS
@pytest.mark.parametrize("kind", ["multiplier", "mac"])
def test_every_small_multiple_is_right(wrong, kind, signed):
    width = 3 if kind == "mac" else 4
    for constant in (*range(-9, 0), *range(1, 10), 23, -27, 93, -93, 127, -128, 170):
        design = generate(kind, width, constant=constant, signed=signed, tree="tdm", adder="fitted")
        assert wrong(design.netlist, design.spec) is None, design.config


@pytest.mark.parametrize("tree", TREES)
def test_any_tree_sums_the_rows(wrong, tree):
    design = generate("multiplier", 9, constant=0b101101101, tree=tree)
    assert wrong(design.netlist, design.spec) is None


@pytest.mark.parametrize("constant", [0x9E3779B97F4A7C15, -0x123456789ABCDEF, 3])
@SIGNS
def test_wide_multiples_have_a_certificate(constant, signed):
    design = generate("multiplier", 32, constant=constant, signed=signed, tree="tdm", adder="fitted")
    verdict = check_spec(design.netlist, design.spec)
    assert verdict.status == "proven"
    assert verdict.method == "weight-conservation certificate"


@pytest.mark.parametrize(
    ("signed", "constant", "bits"), [(False, 1, 4), (False, 3, 6), (False, -1, 5), (True, -1, 5), (True, 1, 4), (True, 93, 11)]
)
def test_the_result_is_as_wide_as_its_range_needs(signed, constant, bits):
    assert generate("multiplier", 4, constant=constant, signed=signed).spec.width == bits


def test_a_power_of_two_costs_nothing():
    netlist = generate("multiplier", 8, constant=32).netlist
    assert netlist.n_cells == 0
    assert netlist.port("p").width == 13


def test_digits_that_come_again_are_added_once(wrong):
    """0b1001011 twice, and once negated: one row of full adders makes all three."""
    constant = 0b1001011 * (1 + (1 << 10) - (1 << 20))
    digits = signed_digits(constant)
    design = generate("multiplier", 24, constant=constant, tree="tdm")
    assert wrong(design.netlist, design.spec) is None
    rows = len(digits)
    plain = (rows - 2) * 24  # full adders that so many rows of 24 bits need at least, in the middle columns
    assert design.netlist.count_by_type()["$fa"] < plain


@pytest.mark.parametrize("width", [3, 4])
@SIGNS
def test_every_small_multiple_of_repeated_patterns_is_right(wrong, signed, width):
    for constant in (0x4B4B, 0b111001110011, 0x555, -0x555, 0b10101 | 0b10101 << 7, (0b1001011 << 12) - 0b1001011):
        for bits in ({}, {"drop_bits": 5}, {"result_bits": 9}):
            design = generate("multiplier", width, constant=constant, signed=signed, **bits)
            assert wrong(design.netlist, design.spec) is None, design.config

import numpy as np
import pytest

from eda.arith.generate import generate
from eda.ir.builder import Builder
from eda.ir.spec import ArithmeticSpec, Operand
from eda.ir.vectors import random_vectors, unpack
from eda.proof.pair import Pair


@pytest.mark.parametrize(("width", "signed"), [(5, False), (5, True), (31, True), (32, True), (33, True), (40, False)])
def test_a_specification_is_evaluated_by_integer_arithmetic(width, signed):
    d = generate("mac", width, signed=signed)
    values = random_vectors(d.netlist, 2, seed=3)
    words = Pair(d.netlist, d.spec).expected(values)
    numbers = {name: unpack(rows, 128) for name, rows in values.items()}
    for k, found in enumerate(unpack(words, 128)):
        assert found == d.spec.evaluate({name: v[k] for name, v in numbers.items()})


def test_both_sides_of_an_equal_pair_agree():
    d = generate("multiplier", 6, signed=True)
    values = random_vectors(d.netlist, 2)
    for pair in (Pair(d.netlist, d.spec), Pair(d.netlist, d.netlist)):
        assert np.array_equal(pair.actual(values), pair.expected(values))


def test_a_difference_is_told_in_the_numbers_of_the_operands():
    right, wrong = generate("multiplier", 4, signed=True), generate("multiplier", 4)
    verdict = Pair(wrong.netlist, right.spec).different("a test", {"a": 0b1111, "b": 0b0010})
    assert str(verdict.counterexample) == "a = -1, b = 2: p = 30 against -2"
    plain = Pair(wrong.netlist, right.netlist).different("a test", {"a": 0b1111, "b": 0b0010})
    assert str(plain.counterexample) == "a = 15, b = 2: p = 30 against 254"


def test_equal_sides_are_no_difference():
    d = generate("multiplier", 4)
    assert Pair(d.netlist, d.spec).different("a test", {"a": 3, "b": 5}) is None


def test_the_reference_has_the_ports_of_the_left_side():
    b = Builder("swapped")
    y, x = b.input("b", 2), b.input("a", 3)
    b.output("p", [*x, *y])
    spec = ArithmeticSpec((Operand("a", 3), Operand("b", 2)), (("a", "b"),), "p", 5)
    pair = Pair(b.build(), spec)
    assert [p.name for p in pair.right.inputs] == ["b", "a"]
    assert pair.graphs[0].input_names == pair.graphs[1].input_names == tuple(f"x[{i}]" for i in range(5))


def test_input_bits_by_port():
    d = generate("multiplier", 3)
    assert Pair(d.netlist, d.spec).by_port([1, 0, 1, 0, 1, 1]) == {"a": 5, "b": 6}


@pytest.mark.parametrize("width", [20, 40])
def test_expected_values_of_scaled_sums_without_low_bits(width):
    """Machine arithmetic up to 64 bits, integers beyond, by the same definition."""
    operands = (Operand("a", width, True), Operand("b", width))
    spec = ArithmeticSpec(operands, (("a", "b"), ("b",)), "p", 2 * width - 7, (-93, 5), 11)
    b = Builder("any")
    for o in operands:
        b.input(o.name, o.width)
    b.output("p", [0] * spec.width)
    values = random_vectors(b.build(), 2, 7)
    numbers = {o.name: unpack(values[o.name], 128) for o in operands}
    expected = unpack(Pair(b.build(), spec).expected(values), 128)
    assert expected == [spec.evaluate({"a": x, "b": y}) for x, y in zip(*numbers.values(), strict=True)]

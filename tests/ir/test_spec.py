import pytest

from eda.errors import UsageError
from eda.ir.spec import ArithmeticSpec, Operand


def test_a_signed_operand_reads_its_top_bit_as_negative():
    a = Operand("a", 4, signed=True)
    assert [a.value(b) for b in (0, 7, 8, 15)] == [0, 7, -8, -1]
    assert a.range == (-8, 7)
    assert Operand("a", 4).range == (0, 15)


def test_a_multiply_add_wraps_at_its_width():
    mac = ArithmeticSpec((Operand("a", 4), Operand("b", 4), Operand("c", 8)), (("a", "b"), ("c",)), "p", 8)
    assert mac.evaluate({"a": 15, "b": 15, "c": 255}) == (225 + 255) % 256
    assert mac.text == "p[7:0] = a*b + c"


def test_signed_products_come_out_in_twos_complement():
    spec = ArithmeticSpec((Operand("a", 4, True), Operand("b", 4, True)), (("a", "b"),), "p", 8)
    assert spec.evaluate({"a": 0b1000, "b": 0b0001}) == 256 - 8
    assert spec.text == "p[7:0] = a*b (a, b signed)"


def test_coefficients_scale_terms_and_low_bits_are_left_out():
    operands = (Operand("a", 4), Operand("b", 3, signed=True))
    spec = ArithmeticSpec(operands, (("a",), ("a", "b")), "p", 5, (93, -2), 3)
    assert spec.text == "p[4:0] = (93*a + -2*a*b)[7:3] (b signed)"
    assert (spec.span, spec.whole.width, spec.whole.low) == (8, 8, 0)
    assert spec.evaluate({"a": 7, "b": 0b101}) == (93 * 7 - 2 * 7 * -3) // 8 % 32
    assert spec.whole.evaluate({"a": 7, "b": 0b101}) == (93 * 7 - 2 * 7 * -3) % 256
    assert spec.is_signed
    assert not ArithmeticSpec(operands[:1], (("a",),), "p", 5, (3,)).is_signed
    assert ArithmeticSpec(operands[:1], (("a",),), "p", 5, (-3,)).is_signed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Operand("a", 0), "operand a has a width of 0"),
        (lambda: ArithmeticSpec((Operand("a", 1),), (("b",),), "p", 1), "names 'b', which is none of its operands a"),
        (lambda: ArithmeticSpec((Operand("a", 1), Operand("a", 2)), (("a",),), "p", 1), "two ports have one name: a, a, p"),
        (lambda: ArithmeticSpec((Operand("a", 1),), (("a",),), "a", 1), "two ports have one name: a, a"),
        (lambda: ArithmeticSpec((Operand("a", 1),), (("a",),), "p", 0), "the output p has a width of 0"),
        (lambda: ArithmeticSpec((Operand("a", 1),), (("a",),), "p", 1, (1, 2)), "2 coefficients for 1 terms"),
        (lambda: ArithmeticSpec((Operand("a", 1),), (("a",),), "p", 1, (), -1), "begins at bit -1 of the sum"),
    ],
)
def test_impossible_specifications_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()

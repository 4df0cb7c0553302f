from hypothesis import given
from hypothesis import strategies as st

from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.polynomial import MONOMIAL_LIMIT, add_function, moebius, of_spec, reduced

A, B, C = Operand("a", 2), Operand("b", 3, signed=True), Operand("c", 5)
NETS = {"a": [2, 3], "b": [4, 5, 6], "c": [7, 8, 9, 10, 11]}


def value_of(polynomial, bits):
    return sum(c for monomial, c in polynomial.items() if all(bits[n] for n in monomial))


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << (1 << n)) - 1))))
def test_the_polynomial_of_a_truth_table_has_its_values(case):
    n, table = case
    polynomial = dict(moebius(table, n))
    for m in range(1 << n):
        assert value_of(polynomial, [m >> i & 1 for i in range(n)]) == table >> m & 1


def test_known_polynomials():
    assert moebius(0b1000, 2) == (((0, 1), 1),)  # and
    assert moebius(0b0110, 2) == (((0,), 1), ((1,), 1), ((0, 1), -2))  # xor
    assert moebius(0b0111, 2) == (((), 1), ((0, 1), -1))  # nand


def test_functions_of_nets_add_up():
    total = {}
    add_function(total, 4, 0b0110, (10, 20))
    add_function(total, 8, 0b1000, (10, 20))
    assert reduced(total, 8) == {(10,): 4, (20,): 4}  # 4 (x ^ y) + 8 xy = 4x + 4y


@given(st.integers(0, 3), st.integers(0, 7), st.integers(0, 31), st.tuples(*[st.integers(-9, 9)] * 3), st.integers(0, 3))
def test_the_polynomial_of_a_specification_has_its_values(a, b, c, coefficients, low):
    spec = ArithmeticSpec((A, B, C), (("a", "b"), ("c",), ("b", "b")), "p", 7, coefficients, low)
    number = a | b << 2 | c << 5
    bits = {2 + i: number >> i & 1 for i in range(10)}
    expected = spec.evaluate({"a": a, "b": b, "c": c})
    assert (value_of(of_spec(spec, NETS), bits) >> low) % 128 == expected


def test_a_specification_with_too_many_products_is_not_expanded():
    wide = [Operand(n, 128) for n in "xyz"]
    spec = ArithmeticSpec(tuple(wide), (("x", "y", "z"),), "p", 384)
    assert 128**3 > MONOMIAL_LIMIT
    assert of_spec(spec, {n: list(range(2, 130)) for n in "xyz"}) is None

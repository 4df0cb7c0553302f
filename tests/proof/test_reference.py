from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.ir.simulate import run
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.reference import reference

OPERANDS = tuple(Operand(n, w, s) for n, w, s in (("a", 2, False), ("b", 3, True), ("c", 2, True)))
TERMS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), min_size=1, max_size=3)


@given(TERMS, st.integers(1, 9), st.lists(st.integers(-99, 99), min_size=3, max_size=3), st.integers(0, 6))
def test_the_reference_computes_the_specification(terms, width, coefficients, low):
    spec = ArithmeticSpec(OPERANDS, tuple(terms), "p", width, tuple(coefficients[: len(terms)]), low)
    rows = list(product(*(range(1 << o.width) for o in OPERANDS)))
    inputs = {o.name: [row[k] for row in rows] for k, o in enumerate(OPERANDS)}
    expected = [spec.evaluate(dict(zip("abc", row, strict=True))) for row in rows]
    assert run(reference(spec), inputs) == {"p": expected}


@pytest.mark.parametrize("signed", [False, True])
def test_wide_products(signed):
    spec = ArithmeticSpec((Operand("a", 70, signed), Operand("b", 70, signed)), (("a", "b"),), "p", 140)
    for bits in ({"a": (1 << 70) - 1, "b": 1 << 69}, {"a": 12345678901234567890, "b": (1 << 70) - 2}):
        assert run(reference(spec), {n: [v] for n, v in bits.items()}) == {"p": [spec.evaluate(bits)]}

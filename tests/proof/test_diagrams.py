import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import ProofError
from eda.ir import logic
from eda.proof.diagrams import SUPPORT_LIMIT, Diagrams

NAMES = ("a", "b", "c", "d")
EXPRESSIONS = st.recursive(
    st.sampled_from([logic.TRUE, logic.FALSE, *map(logic.var, NAMES)]),
    lambda e: st.tuples(st.just("not"), e) | st.tuples(st.sampled_from(["and", "or", "xor"]), e, e),
    max_leaves=12,
)


def of(expr, diagrams):
    return diagrams.evaluate(expr, {name: diagrams.node(i, 0, 1) for i, name in enumerate(NAMES)})


@given(EXPRESSIONS, EXPRESSIONS)
def test_equal_functions_are_equal_numbers(e, f):
    diagrams = Diagrams()
    assert (of(e, diagrams) == of(f, diagrams)) == (logic.truth_table(e, NAMES) == logic.truth_table(f, NAMES))


@given(EXPRESSIONS)
def test_polynomials_have_the_values_of_the_function(e):
    diagrams = Diagrams()
    polynomial = diagrams.polynomial(of(e, diagrams))
    table = logic.truth_table(e, NAMES)
    for m in range(16):
        assert sum(c for term, c in polynomial.items() if all(m >> v & 1 for v in term)) == table >> m & 1


def test_adding_three_bits():
    diagrams = Diagrams()
    x, y, z = (diagrams.node(i, 0, 1) for i in range(3))
    total, carry = diagrams.add(x, y, z)
    assert total == diagrams.xor(x, diagrams.xor(y, z))
    assert diagrams.polynomial(carry) == {
        frozenset({0, 1}): 1,
        frozenset({0, 2}): 1,
        frozenset({1, 2}): 1,
        frozenset({0, 1, 2}): -2,
    }


def test_long_carry_chains_need_no_recursion():
    diagrams = Diagrams()
    carry = 0
    for i in range(3000):
        _, carry = diagrams.add(diagrams.node(6000 - 2 * i, 0, 1), diagrams.node(6001 - 2 * i, 0, 1), carry)
    assert len(diagrams.nodes) < 60_000


def test_polynomials_of_many_inputs_are_refused():
    diagrams = Diagrams()
    f = 1
    for i in reversed(range(SUPPORT_LIMIT + 1)):
        f = diagrams.node(i, 0, f)
    with pytest.raises(ProofError, match="more than"):
        diagrams.polynomial(f)


def test_too_many_nodes_are_refused(monkeypatch):
    monkeypatch.setattr("eda.proof.diagrams.NODE_LIMIT", 10)
    diagrams = Diagrams()
    for i in range(9):
        diagrams.node(i, 0, 1)
    with pytest.raises(ProofError, match="more than 10 decision nodes"):
        diagrams.node(9, 0, 1)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError, UsageError
from eda.ir import logic
from eda.ir.logic import evaluate, input_pattern, land, lnot, lor, lxor, parse, to_text, truth_table, var, variables

NAMES = ("a", "b", "c", "d")


def expressions():
    leaves = st.sampled_from([logic.FALSE, logic.TRUE, *map(var, NAMES)])
    return st.recursive(
        leaves,
        lambda e: e.map(lnot) | st.tuples(st.sampled_from(["and", "or", "xor"]), e, e),
        max_leaves=12,
    )


def value(expr, minterm):
    return evaluate(expr, {n: minterm >> i & 1 for i, n in enumerate(NAMES)}, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", var("A")),
        ("!A", lnot(var("A"))),
        ("A'", lnot(var("A"))),
        ("A''", lnot(lnot(var("A")))),
        ("A B", land(var("A"), var("B"))),
        ("A*B + C", lor(land(var("A"), var("B")), var("C"))),
        ("A & B ^ C", land(var("A"), lxor(var("B"), var("C")))),  # Liberty: exclusive or binds tighter than and
        ("(A|B)&~C", land(lor(var("A"), var("B")), lnot(var("C")))),
        ('"D[3]" 1', land(var("D[3]"), logic.TRUE)),
        ("1'b0", logic.FALSE),
        ("!(A B)'", lnot(lnot(land(var("A"), var("B"))))),
    ],
)
def test_liberty_syntax(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a Boolean function, found an empty one"),
        ("A +", "ends where an operand was expected"),
        ("(A", "missing ')'"),
        ("A)", "expected the end of the Boolean function 'A)', found ')'"),
        ("A + * B", "expected an operand in the Boolean function 'A + * B', found '*'"),
        ("A % B", "unexpected character '%'"),
        ("1A", "unexpected character '1'"),
    ],
)
def test_malformed_functions_say_what_is_wrong(text, message):
    with pytest.raises(
        InputError, match=message.replace("(", r"\(").replace(")", r"\)").replace("*", r"\*").replace("+", r"\+")
    ):
        parse(text)


@given(expressions())
def test_text_is_read_back_as_it_was(expr):
    assert parse(to_text(expr)) == expr


@given(expressions())
def test_truth_table_lists_the_values(expr):
    table = truth_table(expr, NAMES)
    assert [table >> m & 1 for m in range(16)] == [value(expr, m) for m in range(16)]


@given(expressions())
def test_dependence_is_semantic_not_textual(expr):
    for i, name in enumerate(NAMES):
        changes = any(value(expr, m) != value(expr, m ^ 1 << i) for m in range(16))
        assert logic.depends_on(expr, NAMES, name) == changes


def test_variables_come_in_order_of_occurrence():
    assert variables(parse("c & (a | c) & !b")) == ("c", "a", "b")


def test_input_patterns_toggle_fastest_for_the_first_input():
    assert [input_pattern(i, 3) for i in range(3)] == [0b10101010, 0b11001100, 0b11110000]


def test_unknown_names_and_wide_functions_have_no_table():
    with pytest.raises(InputError, match="the function uses 'x', which is none of a, b"):
        truth_table(var("x"), ("a", "b"))
    with pytest.raises(UsageError, match="21 inputs is too wide"):
        truth_table(var("x0"), tuple(f"x{i}" for i in range(21)))


def test_a_wide_conjunction_is_a_shallow_tree():
    names = [f"x{i}" for i in range(3000)]
    wide = land(*map(var, names))
    assert evaluate(wide, dict.fromkeys(names, 1), 1) == 1
    assert evaluate(wide, {**dict.fromkeys(names, 1), "x1234": 0}, 1) == 0

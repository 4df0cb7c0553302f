import itertools

from hypothesis import given
from hypothesis import strategies as st

from eda.ir import logic
from eda.timing.bank import bank_of
from eda.timing.constants import constant_nets, live_arcs, sense, ternary

NAMES = ("a", "b", "c")
EXPRESSIONS = st.recursive(
    st.sampled_from([logic.var(n) for n in NAMES] + [logic.TRUE, logic.FALSE]),
    lambda inner: st.tuples(st.just("not"), inner) | st.tuples(st.sampled_from(["and", "or", "xor"]), inner, inner),
    max_leaves=8,
)


def values_under(expr, known):
    """All values that `expr` takes when the unknown names vary."""
    free = [n for n in NAMES if n not in known]
    return {
        logic.evaluate(expr, known | dict(zip(free, bits, strict=True)), 1)
        for bits in itertools.product((0, 1), repeat=len(free))
    }


@given(EXPRESSIONS, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 1)))
def test_a_decided_value_is_the_value_whatever_the_unknown_inputs(expr, known):
    value = ternary(expr, known)
    assert value is None or values_under(expr, known) == {value}


@given(EXPRESSIONS, st.dictionaries(st.sampled_from(NAMES[1:]), st.integers(0, 1)))
def test_the_sense_allows_every_move_that_can_happen(expr, known):
    mask = sense(expr, "a", known)
    for rest in itertools.product((0, 1), repeat=2):
        values = dict(zip(NAMES[1:], rest, strict=True)) | known
        before, after = (logic.evaluate(expr, values | {"a": a}, 1) for a in (0, 1))
        if (before, after) == (0, 1):
            assert mask & 0b0001
            assert mask & 0b1000
        if (before, after) == (1, 0):
            assert mask & 0b0100
            assert mask & 0b0010


def test_an_exclusive_or_with_one_inverts():
    expr = logic.lxor(logic.var("a"), logic.var("b"))
    assert sense(expr, "a", {}) == 0b1111
    assert sense(expr, "a", {"b": 0}) == 0b1001
    assert sense(expr, "a", {"b": 1}) == 0b0110


def test_constants_pass_through_tie_cells_and_logic(circuit):
    a = circuit.input("a")
    one = circuit.cell("TIE1_X1")
    zero = circuit.cell("NAND2_X1", one, 1)
    also = circuit.cell("AND2_X1", a, zero)
    free = circuit.cell("AND2_X1", a, one)
    netlist = circuit.build(y=also, z=free)
    assert constant_nets(netlist) == {0: 0, 1: 1, one: 1, zero: 0, also: 0}


def test_a_selected_multiplexer_has_one_live_input(tiny):
    cell, bank = tiny.cell("MUX2_X1"), bank_of(tiny)
    names = cell.type.inputs
    pattern = tuple(0 if n == "S" else None for n in names)
    live = live_arcs(tiny, cell, pattern, bank)
    assert {names[bank.source[at]] for at in live} == {"A"}
    assert set(live.values()) == {0b1001}

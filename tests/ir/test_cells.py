import pickle

import pytest

from eda.errors import UsageError
from eda.ir import cells, logic
from eda.ir.cells import CellType, State, flip_flop, gate, latch

PYTHON = {
    "and": all,
    "or": any,
    "xor": lambda bits: sum(bits) % 2 == 1,
    "nand": lambda bits: not all(bits),
    "nor": lambda bits: not any(bits),
    "xnor": lambda bits: sum(bits) % 2 == 0,
}


@pytest.mark.parametrize("op", PYTHON)
@pytest.mark.parametrize("arity", [2, 3, 4, 5])
def test_gates_compute_what_their_name_says(op, arity):
    (table,) = gate(op, arity).tables
    for m in range(1 << arity):
        assert table >> m & 1 == PYTHON[op]([m >> i & 1 for i in range(arity)])


@pytest.mark.parametrize("kind", [cells.FULL_ADDER, cells.HALF_ADDER])
def test_adders_keep_the_weight_of_their_inputs(kind):
    s, co = kind.tables
    for m in range(1 << len(kind.inputs)):
        assert (s >> m & 1) + 2 * (co >> m & 1) == m.bit_count()


def test_mux_selects_its_second_input_when_the_select_is_one():
    (table,) = cells.MUX.tables
    for m in range(8):
        a, b, s = m & 1, m >> 1 & 1, m >> 2
        assert table >> m & 1 == (b if s else a)


def test_gates_of_one_kind_are_one_object():
    assert gate("nand", 3) is gate("nand", 3)
    assert gate("and") is cells.AND


def test_wide_gates_have_numbered_inputs():
    assert gate("or", 30).inputs[:2] == ("a0", "a1")


@pytest.mark.parametrize(("op", "arity"), [("and", 1), ("nor", 0), ("imp", 2)])
def test_unknown_gates_are_refused(op, arity):
    with pytest.raises(UsageError, match="no generic gate"):
        gate(op, arity)


def test_reset_decides_between_clear_and_preset():
    low0 = flip_flop(reset="low", reset_value=0).state
    high1 = flip_flop(reset="high", reset_value=1).state
    assert (low0.clear, low0.preset) == (logic.lnot(logic.var("r")), None)
    assert (high1.clear, high1.preset) == (None, logic.var("r"))
    assert flip_flop(falling=True).state.clock == logic.lnot(logic.var("clk"))
    assert flip_flop(falling=True).state.clock_pin == "clk"


def test_generic_registers_have_distinct_names():
    kinds = [flip_flop(falling=f, reset=r, reset_value=v) for f in (0, 1) for r in ("high", "low") for v in (0, 1)]
    kinds += [flip_flop(), flip_flop(falling=True), latch(), latch(low=True)]
    assert len({k.name for k in kinds}) == len(kinds) == 12


def test_exchangeable_inputs_are_found():
    and_or = CellType("AO21", ("A1", "A2", "B"), ("Z",), (logic.parse("(A1 & A2) | B"),))
    assert and_or.symmetric_inputs == ((0, 1), (2,))
    assert cells.FULL_ADDER.symmetric_inputs == ((0, 1, 2),)
    assert cells.MUX.symmetric_inputs == ((0,), (1,), (2,))
    assert flip_flop().symmetric_inputs == ((0,), (1,))


def test_black_boxes_have_no_tables():
    box = CellType("RAM", ("a",), ("q",), (None,))
    assert not box.is_combinational
    with pytest.raises(UsageError, match="RAM is a black box: output q has no function"):
        _ = box.tables


def test_malformed_types_are_refused():
    with pytest.raises(UsageError, match="1 outputs but 0 functions"):
        CellType("X", ("a",), ("y",), ())
    with pytest.raises(UsageError, match="a pin name appears twice in a, a, y"):
        CellType("X", ("a", "a"), ("y",), (logic.var("a"),))
    with pytest.raises(UsageError, match="state kind must be 'ff' or 'latch', got 'flop'"):
        State("q", "flop", logic.var("c"), logic.var("d"))


def test_a_type_survives_pickling_with_its_hash():
    kind = flip_flop(reset="low")
    hash(kind)
    again = pickle.loads(pickle.dumps(kind))
    assert again == kind
    assert hash(again) == hash(kind)
    assert "_hash" not in kind.__getstate__()

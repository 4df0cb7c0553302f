"""Registers and black boxes are paired and cut; the two circuits become functions of inputs and states."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import netlists, reorder

from eda.errors import ProofError
from eda.ir import cells, logic
from eda.ir.builder import Builder
from eda.ir.cells import CellType, State
from eda.proof.check import check
from eda.proof.registers import cut_registers, is_combinational

DFF = cells.flip_flop()
BOX = CellType("ram", ("addr", "d"), ("q",), (None,))
ENABLED = CellType(
    "DFFE",
    ("CK", "D", "E"),
    ("Q", "QN"),
    (logic.var("IQ"), logic.lnot(logic.var("IQ"))),
    State("IQ", "ff", logic.var("CK"), logic.parse("(E & D) | (!E & IQ)")),
)


def counter(style="mux", names=True, kind=DFF, width=3, wrong=False):
    """A counter with enable; `style` is how the enable is built, `names` whether its registers have names."""
    b = Builder("counter")
    clk, enable = b.input("clk")[0], b.input("en")[0]
    q = [b.forward() for _ in range(width)]
    carry = 1 if style != "carry" else enable
    for i in range(width):
        step = b.xor(q[i], carry)
        carry = b.or_(q[i], carry) if wrong else b.and_(q[i], carry)
        if style == "cell":
            (out, _) = b.cell(ENABLED, (clk, step, enable))
        else:
            data = step if style == "carry" else b.mux(enable, q[i], step)
            (out,) = b.cell(kind, (clk, data))
        if names:
            b.name_net(out, f"count_{i}")
        b.connect(q[i], out)
    b.output("y", b.and_(*q))
    return b.build()


def test_registers_are_paired_by_name():
    cut = cut_registers(counter(), counter("carry"))
    assert (cut.by_name, cut.by_behaviour) == (3, 0)
    assert is_combinational(cut.left)
    assert [p.name for p in cut.left.inputs] == ["clk", "en", *(f"count_{i} (state)" for i in range(3))]
    assert [p.name for p in cut.right.outputs] == ["y", *(f"count_{i} (next)" for i in range(3))]


def test_the_rest_are_paired_by_what_they_do():
    cut = cut_registers(counter(), counter("carry", names=False))
    assert (cut.by_name, cut.by_behaviour) == (0, 3)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("style", ["carry", "cell"])
def test_equal_counters_are_proven_equal(style, names):
    """Enable by multiplexer, by the carry, or inside the register cell."""
    verdict = check(counter(), counter(style, names=names))
    assert verdict.status == "proven"
    assert "3 registers paired by name" in verdict.detail or "3 by behaviour" in verdict.detail


def test_a_wrong_counter_is_told_from_states():
    verdict = check(counter(), counter("carry", wrong=True))
    assert verdict.status == "different"
    assert "the state need not be reachable" in verdict.detail
    assert {"en", "count_0 (state)"} <= set(verdict.counterexample.inputs)


@pytest.mark.parametrize("other", [cells.flip_flop(falling=True), cells.latch(), cells.latch(low=True)])
def test_another_clock_edge_or_a_latch_is_not_equal(other):
    assert check(counter(), counter(kind=other)).status != "proven"


def test_resets_count():
    """Reset to 0, to 1, and not at all are three different things, whatever the next state."""

    def register(kind):
        b = Builder("r")
        clk, d, r = (b.input(n)[0] for n in ("clk", "d", "r"))
        (q,) = b.cell(kind, (clk, d, r) if "r" in kind.inputs else (clk, b.and_(d, b.not_(r))))
        b.name_net(q, "state")
        b.output("q", q)
        return b.build()

    kinds = [cells.flip_flop(reset=level, reset_value=v) for level in ("high", "low") for v in (0, 1)]
    sides = [register(k) for k in (*kinds, DFF)]
    for i, left in enumerate(sides):
        for j, right in enumerate(sides):
            assert (check(left, right).status == "proven") == (i == j), (kinds[i % 4].name, kinds[j % 4].name)


def test_a_register_without_partner_is_named():
    with pytest.raises(ProofError, match=r"register count_2 \(\$dff_p\) of counter has no partner in counter"):
        cut_registers(counter(), counter(width=2))
    verdict = check(counter(), counter(width=2))
    assert verdict.status == "unknown"
    assert "no partner" in verdict.detail or "no feed-forward" in verdict.detail


def test_registers_from_which_no_output_is_reached_do_not_matter():
    b = Builder("dead")
    clk, d = b.input("clk")[0], b.input("d")[0]
    (q,) = b.cell(DFF, (clk, d))
    (unread,) = b.cell(DFF, (clk, b.not_(q)))
    b.name_net(q, "kept")
    b.name_net(unread, "dead")
    b.output("q", q)
    with_dead, without = b.build(sweep=False), b.build()
    assert with_dead.n_cells > without.n_cells
    assert check(with_dead, without).status == "proven"


def boxed(swap=False, name="memory", kind=BOX):
    b = Builder("boxed")
    addr, d = b.input("addr")[0], b.input("d")[0]
    pins = (b.and_(addr, d), d)
    (q,) = b.cell(kind, pins[::-1] if swap else pins, name)
    b.output("q", b.xor(q, addr))
    return b.build()


def test_black_boxes_of_one_name_and_type_are_cut():
    verdict = check(boxed(), boxed())
    assert verdict.status == "proven"
    assert check(boxed(), boxed(swap=True)).status == "different"


def test_black_boxes_without_partner_are_unknown():
    verdict = check(boxed(), boxed(name="other"))
    assert (verdict.status, verdict.detail) == ("unknown", "black box memory (ram) of boxed has no partner in boxed")
    other = replace(BOX, name="rom")
    assert check(boxed(), boxed(kind=other)).status == "unknown"


@given(netlists(latches=True).flatmap(lambda n: st.tuples(st.just(n), st.permutations(range(n.n_cells)))))
@settings(max_examples=60, deadline=None)
def test_a_circuit_equals_itself_with_its_cells_in_another_order(case):
    """Nameless registers that always agree cannot be told apart: then there is no answer, but never a wrong one."""
    netlist, order = case
    verdict = check(netlist, reorder(netlist, order))
    assert verdict.status == "proven" or "no partner" in verdict.detail or "no feed-forward" in verdict.detail

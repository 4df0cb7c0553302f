"""Registers that store the complement of their input are paired with registers that store the bit."""

import pytest

from eda.ir import cells, logic
from eda.ir.builder import Builder
from eda.ir.cells import CellType, State
from eda.proof.check import check

IQN = logic.var("IQN")
SET_RESET = State("IQN", "ff", logic.var("CLK"), logic.parse("!D"), clear=logic.parse("!SETN"), preset=logic.parse("!RESETN"))
STORES_COMPLEMENT = CellType("DFFQN", ("CLK", "D", "RESETN", "SETN"), ("QN",), (IQN,), SET_RESET)


def delay_line(complement, *, wrong=False):
    """Two bits delayed and reset to 0; the last one inverted back, unless it is forgotten."""
    b = Builder("line")
    clk, rst, d = b.input("clk")[0], b.input("rst_n")[0], b.input("d", 2)
    for _ in range(2):
        if complement:
            d = [b.not_(b.cell(STORES_COMPLEMENT, (clk, x, rst, 1))[0]) for x in d]
        else:
            d = [b.cell(cells.flip_flop(reset="low"), (clk, x, rst))[0] for x in d]
    b.output("q", [d[0], b.not_(d[1]) if wrong else d[1]])
    return b.build()


def test_they_are_equal_to_registers_that_store_the_bit():
    assert check(delay_line(True), delay_line(False)).status == "proven"


@pytest.mark.parametrize("wrong", [True, False])
def test_a_forgotten_inverter_is_found(wrong):
    assert check(delay_line(True, wrong=wrong), delay_line(False, wrong=not wrong)).status == "different"


def test_a_reset_that_sets_is_found():
    b = Builder("line")
    clk, rst, d = b.input("clk")[0], b.input("rst_n")[0], b.input("d")[0]
    b.output("q", b.not_(b.cell(STORES_COMPLEMENT, (clk, d, 1, rst))[0]))
    other = Builder("line")
    clk, rst, d = other.input("clk")[0], other.input("rst_n")[0], other.input("d")[0]
    other.output("q", other.cell(cells.flip_flop(reset="low"), (clk, d, rst))[0])
    assert check(b.build(), other.build()).status != "proven"

import numpy as np
from hypothesis import given
from strategies import netlists

from eda.ir import cells, logic
from eda.ir.builder import Builder
from eda.ir.cells import CellType, State
from eda.ir.circuit import Circuit, shows_inputs

GATE = CellType("CG", ("CK", "E"), ("G",), (logic.parse("CK & m"),), State("m", "latch", logic.parse("!CK"), logic.var("E")))


def test_only_clock_gates_show_their_inputs():
    assert shows_inputs(GATE)
    assert not shows_inputs(cells.flip_flop(reset="low"))
    assert not shows_inputs(cells.latch())


@given(netlists(latches=True, types=[GATE]))
def test_the_reached_cells_are_those_of_a_search_without_registers(n):
    sources = [net for p in n.inputs for net in p.nets][:1]
    steps = Circuit(n).reached_from(np.array(sources, dtype=np.int64))
    reached = set(sources)
    while True:
        more = {
            net
            for c in range(n.n_cells)
            if n.is_combinational_cell[c] or n.type_of(c) == GATE
            if reached.intersection(n.fanin_of(c).tolist())
            for net in n.outputs_of(c)
        }
        if more <= reached:
            break
        reached |= more
    expected = {net for net in reached if n.driver[net] >= 0 and n.is_combinational_cell[n.driver[net]]}
    assert {net for s in steps for net in s.outs.ravel().tolist()} == expected


def test_chained_clock_gates_settle_whatever_their_order():
    b = Builder("chain")
    (clk,), forwards = b.input("clk"), [b.forward() for _ in range(3)]
    for i in (2, 1, 0):  # the last in the chain is the first cell
        (g,) = b.cell(GATE, (forwards[i - 1] if i else clk, 1))
        b.connect(forwards[i], g)
    b.output("g", forwards[2])
    n = b.build()
    nets = np.zeros((n.n_nets, 1), dtype=np.uint64)
    nets[1] = nets[2] = ~np.uint64(0)
    Circuit(n).settle(nets, np.full((3, 1), ~np.uint64(0)))
    assert nets[n.port("g").nets[0], 0] == ~np.uint64(0)

import pytest

from eda.errors import UsageError
from eda.tech.library import FALL, RISE
from eda.timing.clocks import find_clock, launching_pins
from eda.timing.graph import graph_of


@pytest.fixture
def flop(tiny, circuit):
    """`flop(clock, data)`: the output of a new register."""
    pins = tiny.cell("DFF_X1").type.inputs
    return lambda clock, data: circuit.cell("DFF_X1", *(clock if p == "CK" else data for p in pins))[0]


def clock_of(netlist, tiny, name=None):
    return find_clock(netlist, graph_of(netlist, tiny), name)


def test_the_clock_is_traced_through_inverters_and_gates(tiny, circuit, flop):
    clk, d, en = circuit.input("clk"), circuit.input("d"), circuit.input("en")
    gate = tiny.cell("CLKGATE_X1").type.inputs
    gated = circuit.cell("CLKGATE_X1", *(clk if p == "CK" else en for p in gate))
    inverse = circuit.cell("INV_X1", gated)
    netlist = circuit.build(q=flop(inverse, d))
    clock = clock_of(netlist, tiny)
    assert clock.nets == (clk,)
    assert clock.reach[gated] == 0b1001
    assert clock.reach[inverse] == 0b0110
    assert clock.reach[d] == 0
    assert clock.unclocked == 0


def test_a_register_that_another_register_clocks_is_counted_as_untimed(tiny, circuit, flop):
    clk, d = circuit.input("clk"), circuit.input("d")
    divided = flop(clk, d)
    netlist = circuit.build(q=flop(divided, d))
    clock = clock_of(netlist, tiny)
    assert clock.nets == (clk,)
    assert clock.unclocked == 1


def test_a_gate_of_two_unknown_inputs_asks_for_the_name(tiny, circuit, flop):
    a, b, d = circuit.input("a"), circuit.input("b"), circuit.input("d")
    netlist = circuit.build(q=flop(circuit.cell("AND2_X1", a, b), d))
    with pytest.raises(UsageError, match=r"cannot tell which input of .* is the clock"):
        clock_of(netlist, tiny)
    assert clock_of(netlist, tiny, "a").nets == (a,)


def test_a_gate_with_a_known_clock_needs_no_name(tiny, circuit, flop):
    clk, en, d = circuit.input("clk"), circuit.input("en"), circuit.input("d")
    netlist = circuit.build(q=flop(circuit.cell("AND2_X1", clk, en), d), r=flop(clk, d))
    assert clock_of(netlist, tiny).nets == (clk,)


def test_a_misspelt_clock_is_named_with_the_nearest(tiny, circuit, flop):
    netlist = circuit.build(q=flop(circuit.input("clk"), circuit.input("d")))
    with pytest.raises(UsageError, match=r"no input 'clock'.*did you mean 'clk'"):
        clock_of(netlist, tiny, "clock")


def test_a_combinational_circuit_has_no_clock(tiny, circuit):
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.input("a")))
    assert clock_of(netlist, tiny).nets == ()


def test_launching_pins_come_with_their_edges(tiny, circuit, flop):
    clk, d = circuit.input("clk"), circuit.input("d")
    netlist = circuit.build(q=flop(clk, d))
    pins, edges = launching_pins(netlist, graph_of(netlist, tiny))
    assert netlist.fanin[pins].tolist() == [clk]
    assert edges.tolist() == [RISE]
    assert FALL not in edges

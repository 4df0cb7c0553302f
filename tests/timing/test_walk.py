import numpy as np

from eda.timing.constraints import Constraints
from eda.timing.loads import net_loads
from eda.timing.walk import prepare


def test_paths_start_at_inputs_and_never_at_the_clock_or_constants(tiny, circuit):
    clk, d = circuit.input("clk"), circuit.input("d")
    pins = tiny.cell("DFF_X1").type.inputs
    q, _ = circuit.cell("DFF_X1", *(clk if p == "CK" else d for p in pins))
    netlist = circuit.build(q=q, one=circuit.cell("TIE1_X1"))
    walk = prepare(netlist, tiny, Constraints(input_delay_ps={"d": 9.0}, input_slew_ps=4.0))
    arrival, slew = walk.start(np.zeros((netlist.n_nets, 2)))
    assert np.isfinite(arrival).all(axis=1).nonzero()[0].tolist() == [d]
    assert arrival[d].tolist() == [9.0, 9.0]
    assert slew[clk].tolist() == [4.0, 4.0]


def test_the_early_pass_never_arrives_after_the_late_one(tiny, circuit):
    a, b = circuit.input("a"), circuit.input("b")
    netlist = circuit.build(y=circuit.cell("XOR2_X1", circuit.cell("INV_X1", a), b))
    walk = prepare(netlist, tiny, Constraints())
    load = net_loads(netlist, tiny, walk.graph.cell, walk.constraints)
    late, late_slew, _ = walk.run(load, late=True)
    early, early_slew, _ = walk.run(load, late=False)
    y = int(netlist.output_nets[0])
    assert (early[0, y] < late[0, y]).all()
    assert (early_slew[y] <= late_slew[y]).all()


def test_a_register_on_the_falling_clock_needs_a_second_pass(tiny, circuit):
    clk, d = circuit.input("clk"), circuit.input("d")
    pins = tiny.cell("DFF_X1").type.inputs
    q, _ = circuit.cell("DFF_X1", *(clk if p == "CK" else d for p in pins))
    assert prepare(circuit.build(q=q), tiny, Constraints()).launches == 1
    late, _ = circuit.cell("DFF_X1", *(circuit.cell("INV_X1", clk) if p == "CK" else d for p in pins))
    assert prepare(circuit.build(late=late), tiny, Constraints()).launches == 2

import numpy as np
import pytest

from eda.errors import UsageError
from eda.timing.activity import simulated


def test_inputs_change_as_often_as_asked(circuit):
    a = circuit.input("a", 8)
    netlist = circuit.build(y=[circuit.cell("INV_X1", net) for net in a])
    activity = simulated(netlist, cycles=4096, toggle=0.2)
    assert np.allclose(activity.toggles[a], 0.2, atol=0.04)
    assert np.allclose(activity.probability[a], 0.5, atol=0.1)
    assert np.array_equal(activity.toggles[a], activity.toggles[netlist.output_nets])
    assert activity.toggles[:2].tolist() == [0.0, 0.0]
    assert activity.probability[:2].tolist() == [0.0, 1.0]


def test_the_clock_changes_twice_in_a_cycle(tiny, circuit):
    clk, d = circuit.input("clk"), circuit.input("d")
    pins = tiny.cell("DFF_X1").type.inputs
    q, qn = circuit.cell("DFF_X1", *(clk if p == "CK" else d for p in pins))
    netlist = circuit.build(q=q, qn=qn)
    activity = simulated(netlist, cycles=640)
    assert activity.toggles[clk] == 2.0
    assert activity.probability[clk] == 0.5
    assert activity.toggles[q] == activity.toggles[qn] > 0
    assert activity.probability[q] + activity.probability[qn] == pytest.approx(1.0)


def test_a_port_may_be_held(circuit):
    a, b = circuit.input("a", 3), circuit.input("b")
    netlist = circuit.build(y=circuit.cell("NAND2_X1", a[1], b))
    activity = simulated(netlist, cycles=256, fixed={"a": 0b010})
    assert activity.probability[a].tolist() == [0.0, 1.0, 0.0]
    assert activity.toggles[a].tolist() == [0.0, 0.0, 0.0]
    assert activity.toggles[netlist.output_nets[0]] == activity.toggles[b] > 0


def test_what_cannot_be_held_is_refused(circuit):
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.input("a")))
    with pytest.raises(UsageError, match="cannot hold the input a, of 1 bits, at 2"):
        simulated(netlist, fixed={"a": 2})
    with pytest.raises(UsageError, match="cannot hold the output y"):
        simulated(netlist, fixed={"y": 0})


def test_equal_seeds_give_equal_activity(circuit):
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.input("a")))
    assert np.array_equal(simulated(netlist, seed=5).values, simulated(netlist, seed=5).values)
    assert not np.array_equal(simulated(netlist, seed=5).values, simulated(netlist, seed=6).values)

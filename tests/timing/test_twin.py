import numpy as np

from eda.timing.batch import sizing
from eda.timing.twin import levels_of


def test_every_choice_has_its_own_groups_and_all_meet_in_one_slot(tiny, circuit):
    a = circuit.input("a")
    x = circuit.cell("INV_X1", a)
    y = circuit.cell("INV_X1", x)
    prepared = sizing(circuit.build(y=y), tiny)
    levels, reached = levels_of(prepared)
    assert len(levels) == 2
    first = levels[0]
    assert first.slot.tolist() == [2 * x, 2 * x, 2 * x + 1, 2 * x + 1]
    assert first.weight.tolist() == [0, 1, 0, 1]
    assert np.array_equal(first.path_slot, first.slot)
    assert set(first.from_slew.tolist()) == {2 * a, 2 * a + 1}
    assert reached[[2 * a, 2 * x, 2 * y]].all()


def test_the_clock_stands_for_the_start_of_register_paths(tiny, circuit):
    clk, d = circuit.input("clk"), circuit.input("d")
    pins = tiny.cell("DFF_X1").type.inputs
    q, _ = circuit.cell("DFF_X1", *(clk if p == "CK" else d for p in pins))
    netlist = circuit.build(q=q)
    levels, reached = levels_of(sizing(netlist, tiny))
    assert set(levels[0].from_slew.tolist()) == {2 * netlist.n_nets}
    assert set(levels[0].from_arrival.tolist()) == {len(reached) - 1}
    assert not reached[2 * clk]

import numpy as np

from eda.timing import kernels
from eda.timing.bank import bank_of
from eda.timing.graph import graph_of, library_cells, wiring_of


def test_the_order_puts_every_source_first_even_if_cells_are_listed_backwards(tiny, circuit):
    a, b = circuit.input("a"), circuit.input("b")
    late = circuit.builder.forward()
    y = circuit.cell("INV_X1", late)
    circuit.builder.connect(late, circuit.cell("NAND2_X1", a, b))
    netlist = circuit.build(y=y)
    graph = graph_of(netlist, tiny)
    assert graph.order.tolist() == [5, 4]
    assert graph.level.tolist() == [0, 0, 0, 0, 2, 1]


def test_a_loop_is_returned_as_its_nets(tiny, circuit):
    a = circuit.input("a")
    back = circuit.builder.forward()
    x = circuit.cell("NAND2_X1", a, back)
    y = circuit.cell("INV_X1", x)
    circuit.builder.connect(back, circuit.cell("BUF_X1", y))
    netlist = circuit.build(y=y)
    bank = bank_of(tiny)
    wiring = wiring_of(netlist, np.zeros(0, dtype=np.int32))
    row = bank.first[library_cells(netlist, tiny)]
    order, _, loop = kernels.topological(wiring, netlist.first_cell_net, row, bank.start, bank.source)
    assert len(order) == 0
    assert sorted(loop.tolist()) == [3, 4, 5]


def test_pins_beyond_the_inputs_are_outputs(tiny, circuit):
    a, b = circuit.input("a"), circuit.input("b")
    s, co = circuit.cell("HA_X1", a, b)
    netlist = circuit.build(s=s, co=co)
    wiring = wiring_of(netlist, np.zeros(0, dtype=np.int32))
    assert [kernels._net_at(wiring, 0, position) for position in range(4)] == [a, b, s, co]

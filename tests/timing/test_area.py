from eda.timing.area import area


def test_the_areas_of_all_cells_add_up(tiny, circuit):
    a = circuit.input("a")
    netlist = circuit.build(y=circuit.cell("INV_X2", circuit.cell("INV_X1", circuit.cell("INV_X1", a))))
    assert area(netlist, tiny) == 1.0 + 1.0 + 1.5


def test_an_empty_netlist_has_no_area(tiny, circuit):
    assert area(circuit.build(y=circuit.input("a")), tiny) == 0.0

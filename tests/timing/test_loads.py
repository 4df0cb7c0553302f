import numpy as np

from eda.ir.builder import Builder
from eda.tech.liberty import parse_liberty
from eda.timing.constraints import Constraints
from eda.timing.graph import library_cells
from eda.timing.loads import net_loads


def test_pins_ports_and_wires_add_up_per_edge(tiny, circuit):
    a = circuit.input("a")
    x = circuit.cell("INV_X1", a)
    y = circuit.cell("INV_X2", x)
    netlist = circuit.build(y=y, also=x, again=y)
    wires = np.zeros(netlist.n_nets)
    wires[x] = 0.25
    load = net_loads(
        netlist, tiny, library_cells(netlist, tiny), Constraints(load_ff={"y": 4.0, "also": 1.0}, wire_cap_ff=wires)
    )
    assert np.allclose(load[a], [1.0, 0.9])  # INV_X1
    assert np.allclose(load[x], [2.0 + 1.0 + 0.25, 1.8 + 1.0 + 0.25])  # INV_X2, a port, the wire
    assert np.allclose(load[y], [4.0, 4.0])  # of two ports one has a load


def test_early_loads_take_the_small_end_of_a_range():
    library = parse_liberty(
        """library (l) { capacitive_load_unit (1, ff); nom_voltage : 1.0;
        cell (C) { area : 1; pin (A) { direction : input; capacitance : 2; rise_capacitance_range (1.5, 3.0); }
          pin (Y) { direction : output; function : "A"; } } }"""
    )
    b = Builder("t")
    (a,) = b.input("a")
    b.output("y", b.cell(library.cell("C").type, [a])[0])
    netlist = b.build()
    cells = library_cells(netlist, library)
    assert net_loads(netlist, library, cells, Constraints())[a].tolist() == [3.0, 2.0]
    assert net_loads(netlist, library, cells, Constraints(), least=True)[a].tolist() == [1.5, 2.0]

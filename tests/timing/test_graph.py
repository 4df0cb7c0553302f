import pytest

from eda.errors import InputError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.timing.graph import graph_of


def test_generic_gates_must_be_mapped_first(tiny):
    b = Builder("g")
    x, y = b.input("x"), b.input("y")
    b.output("z", b.and_(x[0], y[0]))
    with pytest.raises(InputError, match=r"has no cell '\$and2'; map the netlist to the library first"):
        graph_of(b.build(), tiny)


def test_an_unknown_cell_is_named_with_the_nearest(tiny):
    b = Builder("g")
    (x,) = b.input("x")
    b.output("z", b.cell(CellType("INV_X3", ("A",), ("Y",), (cells.NOT.functions[0],)), [x])[0])
    with pytest.raises(InputError, match=r"no cell 'INV_X3'.*did you mean 'INV_X"):
        graph_of(b.build(), tiny)


def test_a_cell_with_other_pins_is_refused(tiny):
    b = Builder("g")
    (x,) = b.input("x")
    b.output("z", b.cell(CellType("INV_X1", ("I",), ("O",), (("not", ("var", "I")),)), [x])[0])
    with pytest.raises(InputError, match="INV_X1 has pins I O, in tiny it has A Y"):
        graph_of(b.build(), tiny)


def test_a_combinational_loop_is_shown_by_its_nets(tiny, circuit):
    a = circuit.input("a")
    back = circuit.builder.forward()
    x = circuit.cell("NAND2_X1", a, back)
    circuit.builder.name_net(x, "ring")
    circuit.builder.connect(back, circuit.cell("BUF_X1", x))
    with pytest.raises(InputError, match=r"combinational loop through .*ring"):
        graph_of(circuit.build(y=x), tiny)


def test_feedback_through_a_register_is_no_loop(tiny, circuit):
    clk = circuit.input("clk")
    back = circuit.builder.forward()
    q, _ = circuit.cell("DFF_X1", *dff_pins(tiny, clk, circuit.cell("INV_X1", back)))
    circuit.builder.connect(back, q)
    graph = graph_of(circuit.build(q=q), tiny)
    assert len(graph.checks.pin) == 2
    assert graph.checks.late.sum() == 1


def test_the_graph_is_made_once_and_goes_with_its_netlist(tiny, circuit):
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.input("a")))
    assert graph_of(netlist, tiny) is graph_of(netlist, tiny)


def dff_pins(library, clk, d):
    return [clk if p == "CK" else d for p in library.cell("DFF_X1").type.inputs]

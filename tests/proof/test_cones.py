from hypothesis import assume, given, settings
from strategies import netlists

from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.simulate import run
from eda.proof.cones import compose, small_functions


def test_functions_are_over_the_inputs_that_matter():
    b = Builder("t")
    x, y = b.input("x")[0], b.input("y")[0]
    (masked,) = b.cell(cells.AND, (x, 0))
    (same,) = b.cell(cells.XOR, (y, y))
    (kept,) = b.cell(cells.OR, (masked, y))
    b.output("z", [kept, same])
    functions = small_functions(b.build(), 2)
    z = b.build().port("z").nets
    assert functions[z[0]] == ((y,), 0b10)
    assert functions[z[1]] == ((), 0)


def test_functions_of_too_many_inputs_are_unknown():
    x, y, z = ((n,) for n in (2, 3, 4))
    operands = [(x, 0b10), (y, 0b10), (z, 0b10)]
    kind = cells.gate("and", 3)
    assert compose(kind.functions[0], kind.inputs, operands, 2) is None
    assert compose(kind.functions[0], kind.inputs, operands, 3) == ((2, 3, 4), 0b10000000)


@given(netlists(registers=False))
@settings(max_examples=50)
def test_functions_agree_with_simulation(netlist):
    n = netlist.n_input_bits
    assume(0 < n <= 6)
    functions = small_functions(netlist, 6)
    numbers = range(1 << n)
    values, at = {}, 0
    for port in netlist.inputs:
        values[port.name] = [m >> at & (1 << port.width) - 1 for m in numbers]
        at += port.width
    outputs = run(netlist, values)
    for port in netlist.outputs:
        for i, net in enumerate(port.nets):
            support, table = functions[net]
            for m in numbers:
                row = sum((m >> s - 2 & 1) << k for k, s in enumerate(support))
                assert table >> row & 1 == outputs[port.name][m] >> i & 1

from hypothesis import given, settings
from strategies import netlists

from eda.arith.generate import generate
from eda.ir import logic
from eda.ir.builder import Builder
from eda.proof.program import AND, OR, XOR, lower


def outputs(program):
    """Truth tables of the outputs, by running the program on integers."""
    n = program.n_inputs
    ones = (1 << (1 << n)) - 1
    slots = [0, ones, *(logic.input_pattern(i, n) for i in range(n))]
    for code, a, b in program.operations:
        x, y = slots[a], slots[b]
        slots.append(x & y if code == AND else x | y if code == OR else x ^ y)
    return [[slots[s] for s in row] for row in program.outputs]


@given(netlists(registers=False, max_cells=8))
@settings(max_examples=50)
def test_a_program_computes_its_netlist(netlist):
    from mutants import _all_outputs

    if netlist.n_input_bits > 8:
        return
    expected = [t for tables in _all_outputs(netlist).values() for t in tables]
    assert outputs(lower([netlist])) == [expected]


def test_equal_netlists_share_everything():
    d = generate("multiplier", 4)
    one, two = lower([d.netlist]), lower([d.netlist, d.netlist])
    assert one.operations == two.operations
    assert two.outputs[0] == two.outputs[1]


def test_unused_operations_are_left_out():
    b = Builder("t")
    x = b.input("x", 3)
    b.and_(x[0], x[1])
    b.output("y", b.or_(x[1], x[2]))
    program = lower([b.build(sweep=False)])
    assert program.operations == ((OR, 3, 4),)
    assert program.outputs == ((5,),)


def test_constants_and_repeated_operands_fold():
    b = Builder("t")
    x = b.input("x")[0]
    from eda.ir import cells

    (zero,) = b.cell(cells.XOR, (x, x))
    (one,) = b.cell(cells.NAND, (x, zero))
    (same,) = b.cell(cells.AND, (x, one))
    (inverse,) = b.cell(cells.XOR, (x, 1))
    b.output("y", [zero, one, same, inverse])
    program = lower([b.build()])
    assert program.outputs == ((0, 1, 2, 3),)
    assert program.operations == ((XOR, 1, 2),)

from hypothesis import given, settings
from hypothesis import strategies as st
from mapped_random import random_netlist

from eda.ir.builder import Builder
from eda.ir.logic import truth_table, var
from eda.proof.check import check
from eda.sizing.cuts import complements, cuts_of
from eda.sizing.matches import matches_of, substitute
from eda.sizing.model import model_of
from eda.sizing.registers import name_registers
from eda.sizing.size import size
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

CONSTRAINTS = Constraints(driver="BUF_X1", load_ff=5.0)


def cell(library, inputs, table):
    """The smallest cell of that function."""
    fits = [c for c in library.cells if c.type.is_combinational and len(c.type.outputs) == 1 and len(c.type.inputs) == inputs]
    return min((c for c in fits if c.type.tables[0] == table), key=lambda c: c.area).type


def test_every_match_computes_what_it_says(doubled):
    for (n, table), matches in matches_of(doubled, None).items():
        ones = (1 << (1 << n)) - 1
        pins = [truth_table(var(f"x{i}"), tuple(f"x{k}" for k in range(n))) for i in range(n)]
        for m in matches:
            values = [pins[place] ^ (ones if m.inverted >> i & 1 else 0) for i, place in enumerate(m.order)]
            reached = substitute(doubled.cells[m.lib].type.tables[0], values, ones)
            assert reached == (table ^ ones if m.complement else table)


def test_cuts_and_complements_of_a_small_circuit(doubled):
    nand, inverter = cell(doubled, 2, 0b0111), cell(doubled, 1, 0b01)
    b = Builder("t")
    x, y = b.input("x", 2)
    (n,) = b.cell(nand, [x, y])
    (z,) = b.cell(inverter, [n])
    b.output("z", z)
    circuit = model_of(b.build(), doubled, CONSTRAINTS).circuit
    cuts = {(c.leaves, c.table) for c in cuts_of(circuit, doubled)[z]}
    assert cuts == {((n,), 0b01), ((x, y), 0b1000)}
    assert complements(circuit, doubled) == {n: z}


def test_a_gate_and_its_inverter_become_one_cell(doubled):
    """NAND2 and INV are an AND2; two inverters in a row are a wire."""
    nand, inverter = cell(doubled, 2, 0b0111), cell(doubled, 1, 0b01)
    b = Builder("t")
    x, y, w = b.input("x", 3)
    (n,) = b.cell(nand, [x, y])
    (z,) = b.cell(inverter, [n])
    (v,) = b.cell(inverter, [w])
    (u,) = b.cell(inverter, [v])
    b.output("z", z)
    b.output("u", u)
    netlist = b.build()
    sized = size(netlist, doubled, CONSTRAINTS, target_ps=1e6)
    assert sized.netlist.count_by_type() == {cell(doubled, 2, 0b1000).name: 1}
    assert check(sized.netlist, netlist).status == "proven"
    kept = size(netlist, doubled, CONSTRAINTS, target_ps=1e6, cells=False)
    assert sorted(kept.netlist.count_by_type().values()) == [1, 3]


def test_equal_gates_are_shared(doubled):
    nand = cell(doubled, 2, 0b0111)
    b = Builder("t")
    x, y = b.input("x", 2)
    b.output("z", [b.cell(nand, [x, y])[0], b.cell(nand, [y, x])[0]])
    sized = size(b.build(), doubled, CONSTRAINTS, target_ps=1e6)
    assert sized.netlist.n_cells == 1


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), registers=st.booleans())
def test_random_netlists_keep_their_function_and_never_grow(doubled, seed, registers):
    netlist = name_registers(random_netlist(doubled, 40, seed, registers=registers, inputs=6))
    delay = analyze(netlist, doubled, CONSTRAINTS).delay_ps
    if not delay:
        return
    sized = size(netlist, doubled, CONSTRAINTS, target_ps=0.95 * delay)
    assert analyze(sized.netlist, doubled, CONSTRAINTS).delay_ps == sized.delay_ps
    verdict = check(sized.netlist, netlist, time_limit=20.0)
    assert verdict.status == "proven", (seed, str(verdict))

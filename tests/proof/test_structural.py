from hypothesis import given
from hypothesis import strategies as st
from strategies import netlists, reorder

from eda.ir.builder import Builder
from eda.proof.pair import Pair
from eda.proof.structural import structural


@given(netlists(registers=False).flatmap(lambda n: st.tuples(st.just(n), st.permutations(range(n.n_cells)))))
def test_the_order_of_cells_does_not_matter(case):
    netlist, order = case
    assert structural(Pair(netlist, reorder(netlist, order))).status == "proven"


def test_constants_fold_and_operands_commute():
    sides = []
    for swap in (False, True):
        b = Builder("t")
        x, y = b.input("x")[0], b.input("y")[0]
        from eda.ir import cells

        (z,) = b.cell(cells.AND, (y, x) if swap else (x, y))
        (z,) = b.cell(cells.XOR, (z, 0)) if swap else (z,)
        b.output("z", z)
        sides.append(b.build())
    assert structural(Pair(*sides)).status == "proven"


def test_another_structure_is_no_answer_even_if_equal():
    sides = []
    for form in (False, True):
        b = Builder("t")
        x, y, z = (b.input(n)[0] for n in "xyz")
        b.output("o", b.and_(x, b.or_(y, z)) if form else b.or_(b.and_(x, y), b.and_(x, z)))
        sides.append(b.build())
    assert structural(Pair(*sides)) is None

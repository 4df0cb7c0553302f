import numpy as np
import pytest

from eda.errors import InputError
from eda.ir.builder import Builder
from eda.ir.simulate import run
from eda.proof.extract import INPUT, OUTPUT, cone, extract


@pytest.fixture
def chain():
    """Three adders in a row; the nets of sums and carries."""
    b = Builder("chain")
    x, y = b.input("x", 3), b.input("y", 3)
    carry, sums, carries = 0, [], []
    for p, q in zip(x, y, strict=True):
        s, carry = b.full_adder(p, q, carry)
        sums.append(s)
        carries.append(carry)
    b.output("z", [*sums, carry])
    return b.build(), x, y


def test_a_cone_stops_at_the_cut(chain):
    netlist, x, y = chain
    top = netlist.port("z").nets[2]
    carry = int(netlist.fanin_of(netlist.driver[top])[2])
    assert set(np.flatnonzero(cone(netlist, [top], [carry]))) == {top, carry, x[2], y[2]}
    assert cone(netlist, [top])[[x[0], y[1]]].all()


def test_a_part_computes_its_roots_from_its_inputs(chain):
    netlist, x, y = chain
    top = netlist.port("z").nets[2]
    carry = int(netlist.fanin_of(netlist.driver[top])[2])
    part = extract(netlist, [top], [carry, y[2], x[2]])
    assert [p.name for p in part.ports] == [INPUT, OUTPUT]
    assert part.n_cells == 1
    assert run(part, {INPUT: range(8)})[OUTPUT] == [m.bit_count() & 1 for m in range(8)]


def test_inputs_that_are_not_met_stay_and_unlisted_ones_are_refused(chain):
    netlist, x, y = chain
    low = netlist.port("z").nets[0]
    part = extract(netlist, [low], [x[2], x[0], y[0]])
    assert run(part, {INPUT: [0b001, 0b010, 0b110]})[OUTPUT] == [0, 1, 0]
    with pytest.raises(InputError):
        extract(netlist, [low], [x[0]])

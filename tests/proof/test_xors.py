from itertools import product

from hypothesis import given, settings
from strategies import netlists

from eda.ir.aig import AigBuilder
from eda.ir.convert import from_aig, to_aig
from eda.ir.netlist import Netlist
from eda.proof.check import check
from eda.proof.xors import normalised


def test_every_polarity_of_an_exclusive_or_becomes_one_graph():
    digests = set()
    for p, q in product((0, 1), repeat=2):
        b = AigBuilder("t", ["x", "y", "z"])
        x, y, z = b.inputs
        inner = b.and_(b.and_(x, y) ^ 1, b.and_(x ^ 1, y ^ 1) ^ 1)  # x xor y
        u, v = inner ^ p, z ^ q
        outer = b.and_(b.and_(u, v) ^ 1, b.and_(u ^ 1, v ^ 1) ^ 1) ^ p ^ q
        digests.add(normalised(b.build(["o"], [outer])).digest)
    assert len(digests) == 1


@given(netlists(registers=False))
@settings(max_examples=40, deadline=None)
def test_the_functions_stay(netlist: Netlist):
    if netlist.n_input_bits <= 10:
        graph = to_aig(netlist)
        assert check(from_aig(graph), from_aig(normalised(graph))).status == "proven"

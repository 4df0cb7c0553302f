"""Certificates are found for whatever has compressors, and for nothing that is wrong."""

import json

import numpy as np
import pytest
from mutants import brute_force_equal, mutant

from eda.arith.adders import ADDERS
from eda.arith.generate import generate
from eda.arith.trees import TREES
from eda.errors import ProofError
from eda.ir import cells, logic
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.certificate import certificate, conserved
from eda.proof.verify import verify

FULL, HALF = cells.FULL_ADDER, cells.HALF_ADDER
INVERTED = CellType("fa_n", FULL.inputs, ("sn", "con"), tuple(logic.lnot(f) for f in FULL.functions))


def certify(netlist, spec):
    claim = certificate(netlist, spec)
    verify(claim, netlist, spec)
    return claim


# --- one step -------------------------------------------------------------------------------------------------------------


def test_full_and_half_adders_conserve_weight():
    assert conserved(((FULL, (2, 3, 4)),), (4, 8), 8) == (0, 4, 4, 4)
    assert conserved(((HALF, (2, 3)),), (1, 2), 8) == (0, 1, 1)


def test_wrong_weights_are_not_conserved():
    assert conserved(((FULL, (2, 3, 4)),), (4, 4), 8) is None
    assert conserved(((FULL, (2, 3, 4)),), (8, 4), 8) is None


def test_a_carry_beyond_the_top_may_be_dropped_and_only_there():
    assert conserved(((FULL, (2, 3, 4)),), (128, 0), 8) == (0, 128, 128, 128)
    assert conserved(((cells.XOR, (2, 3)),), (128,), 8) == (0, 128, 128)
    assert conserved(((FULL, (2, 3, 4)),), (64, 0), 8) is None


def test_inverted_outputs_conserve_weight_with_their_sign():
    assert conserved(((INVERTED, (2, 3, 4)),), (-4, -8), 8) == (-12, 4, 4, 4)


def test_a_constant_and_a_repeated_input():
    assert conserved(((FULL, (2, 1, 3)),), (1, 2), 8) == (1, 1, 1)
    assert conserved(((FULL, (2, 2, 3)),), (1, 2), 8) == (0, 2, 1)


def test_gates_conserve_weight_as_a_pair():
    assert conserved(((cells.XOR, (2, 3)), (cells.AND, (2, 3))), (1, 2), 8) == (0, 1, 1)
    assert conserved(((cells.XNOR, (2, 3)), (cells.OR, (2, 3))), (1, 2), 8) == (1, 1, 1)
    assert conserved(((cells.XOR, (2, 3)), (cells.OR, (2, 3))), (1, 2), 8) is None


def test_registers_and_black_boxes_conserve_nothing():
    assert conserved(((cells.flip_flop(), (2, 3)),), (1,), 8) is None
    box = CellType("box", ("a",), ("y",), (None,))
    assert conserved(((box, (2,)),), (1,), 8) is None


# --- whole circuits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("kind", ["multiplier", "mac", "squarer", "dot"])
@pytest.mark.parametrize("signed", [False, True])
def test_every_tree_of_every_kind_is_certified(kind, tree, signed):
    for ppg in ("and",) if kind == "squarer" else ("and", "booth"):
        d = generate(kind, 7, ppg=ppg, tree=tree, signed=signed, adder="brent-kung")
        certify(d.netlist, d.spec)


@pytest.mark.parametrize("adder", ADDERS)
def test_every_adder_is_certified(adder):
    for d in (generate("adder", 24, adder=adder), generate("multiplier", 9, width_b=4, adder=adder)):
        certify(d.netlist, d.spec)


def test_wide_multipliers_are_certified():
    d = generate("multiplier", 32, signed=True, ppg="booth", tree="tdm", adder="kogge-stone")
    certify(d.netlist, d.spec)


def test_compressors_with_inverted_outputs_are_certified():
    """A sum of five words whose compressors give inverted sums and carries, as some libraries have them."""
    b = Builder("sum5")
    words = [b.input(n, 4) for n in "abcde"]
    columns = [[w[i] for w in words] if i < 4 else [] for i in range(7)]
    for i, column in enumerate(columns):
        while len(column) > 2:
            sn, con = b.cell(INVERTED, [column.pop(0) for _ in range(3)])
            column.append(b.not_(sn))
            if i + 1 < 7:
                columns[i + 1].append(b.not_(con))
    carry, sums = 0, []
    for column in columns:
        s, carry = b.full_adder(*[*column, 0, 0][:2], carry)
        sums.append(s)
    b.output("p", sums)
    spec = ArithmeticSpec(tuple(Operand(n, 4) for n in "abcde"), tuple((n,) for n in "abcde"), "p", 7)
    certify(b.build(), spec)


def test_modular_arithmetic_drops_carries():
    """The low half of a product: carries beyond the top are lost on purpose."""
    d = generate("multiplier", 6)
    b = Builder("low")
    x, y = b.input("a", 6), b.input("b", 6)
    columns = [[b.and_(x[i], y[k - i]) for i in range(k + 1)] for k in range(6)]
    sums, carry = [], 0
    for k, column in enumerate(columns):
        while len(column) > 2:
            s, c = b.full_adder(column.pop(0), column.pop(0), column.pop(0))
            column.append(s)
            if k + 1 < 6:
                columns[k + 1].append(c)
        s, carry = b.full_adder(*[*column, 0][:2], carry)
        sums.append(s)
    b.output("p", sums)
    spec = ArithmeticSpec(d.spec.operands, d.spec.terms, "p", 6)
    certify(b.build(), spec)


def test_a_certificate_is_plain_data():
    d = generate("mac", 6, signed=True)
    claim = certify(d.netlist, d.spec)
    assert json.loads(json.dumps(claim)) == claim
    verify(json.loads(json.dumps(claim)), d.netlist, d.spec)


# --- what must not be certified -----------------------------------------------------------------------------------------------


def test_another_specification_is_refused():
    d = generate("multiplier", 6)
    signed = generate("multiplier", 6, signed=True)
    with pytest.raises(ProofError):
        certify(d.netlist, signed.spec)
    with pytest.raises(ProofError):
        certify(signed.netlist, d.spec)


def test_a_tree_dissolved_into_gates_is_passed_on():
    b = Builder("t")
    x, y = b.input("a", 6), b.input("b", 6)
    total = [0] * 12
    for j in range(6):
        carry = 0
        for i in range(6):
            p, q = total[i + j], b.and_(x[i], y[j])
            h = b.xor(p, q)
            total[i + j], carry = b.xor(h, carry), b.or_(b.and_(p, q), b.and_(h, carry))
        total[j + 6] = carry
    b.output("p", total)
    with pytest.raises(ProofError):
        certificate(b.build(), generate("multiplier", 6).spec)


def test_black_boxes_are_refused():
    d = generate("multiplier", 4)
    box = CellType("box", FULL.inputs, FULL.outputs, (None, None))
    b = Builder("boxed")
    x, y = b.input("a", 4), b.input("b", 4)
    s, c = b.cell(box, (x[0], y[0], 0))
    b.output("p", [s, c, *[0] * 6])
    with pytest.raises(ProofError):
        certify(b.build(), d.spec)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("multiplier", {"tree": "wallace", "adder": "kogge-stone"}),
        ("multiplier", {"ppg": "booth", "signed": True}),
        ("mac", {"signed": True, "tree": "tdm", "adder": "han-carlson"}),
        ("squarer", {"adder": "ripple"}),
        ("dot", {"terms": 2, "tree": "ufo"}),
        ("adder", {"adder": "sklansky"}),
    ],
)
def test_no_mutant_that_differs_is_certified(kind, options):
    d = generate(kind, 2 if kind == "dot" else 3, **options)
    rng = np.random.default_rng(7)
    certified = 0
    for _ in range(60):
        what, wrong = mutant(d.netlist, rng)
        try:
            certify(wrong, d.spec)
        except ProofError:
            continue
        certified += 1
        assert brute_force_equal(wrong, d.netlist), what
    assert certified < 60

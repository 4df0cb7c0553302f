"""The verifier takes nothing on trust: every false claim about a right netlist, and every right claim about a false one."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from mutants import brute_force_equal, mutant

from eda.arith.generate import generate
from eda.errors import ProofError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.certificate import certificate
from eda.proof.verify import verify


@pytest.fixture(scope="module")
def design():
    return generate("multiplier", 5, tree="wallace")


@pytest.fixture
def claim(design):
    return copy.deepcopy(certificate(design.netlist, design.spec))


def refused(claim, design, match="certificate"):
    with pytest.raises(ProofError, match=match):
        verify(claim, design.netlist, design.spec)


def test_the_true_claim_is_accepted(claim, design):
    verify(claim, design.netlist, design.spec)


def test_a_claim_about_another_netlist(claim, design):
    claim["netlist"] = generate("multiplier", 5).netlist.digest
    refused(claim, design, "another netlist")


def test_a_wrong_weight_at_the_cut(claim, design):
    for k in range(len(claim["cut"])):
        wrong = copy.deepcopy(claim)
        wrong["cut"][k][1] = hex(2 * int(wrong["cut"][k][1], 16))
        refused(wrong, design)


def test_two_columns_exchanged(claim, design):
    cut = claim["cut"]
    a, b = next((i, j) for i in range(len(cut)) for j in range(i) if cut[i][1] != cut[j][1])
    cut[a][1], cut[b][1] = cut[b][1], cut[a][1]
    refused(claim, design)


def test_a_net_of_the_cut_left_out_or_twice(claim, design):
    for k in range(len(claim["cut"])):
        refused({**claim, "cut": claim["cut"][:k] + claim["cut"][k + 1 :]}, design)
        refused({**claim, "cut": [*claim["cut"], [claim["cut"][k][0], "0x1"]]}, design)


def test_an_input_that_is_not_free(claim, design):
    inputs = [n for n in claim["free"] if n < design.netlist.first_cell_net]
    for net in inputs:
        refused({**claim, "free": [n for n in claim["free"] if n != net]}, design, "no function of the free nets")


def test_a_product_left_out_or_twice_or_elsewhere(claim, design):
    products = claim["products"]
    assert products
    refused({**claim, "products": products[1:]}, design)
    refused({**claim, "products": [*products, products[0]]}, design)
    refused({**claim, "products": [[products[0][0], "0x40"], *products[1:]]}, design)


def test_a_product_of_nets_that_are_no_inputs(claim, design):
    net = claim["cut"][0][0]
    refused({**claim, "products": [*claim["products"], [[net], "0x0"]]}, design, "neither an input nor cut")


def test_a_wrong_constant(claim, design):
    refused({**claim, "constant": "0x1"}, design)


def test_a_step_left_out():
    d = generate("multiplier", 12)
    claim = certificate(d.netlist, d.spec)
    refused({**claim, "steps": claim["steps"][1:]}, d)


def test_steps_over_cells_that_are_no_compressors(claim, design):
    gate = next(c for c in range(design.netlist.n_cells) if design.netlist.type_of(c) == cells.XOR)
    extra = {**claim, "steps": [[gate], *claim["steps"]]}
    verify(extra, design.netlist, design.spec)  # it stands above the cut: nothing of it is in the sum
    all_cells = {**claim, "steps": [list(range(design.netlist.n_cells))]}
    refused(all_cells, design, "no compressor")


def test_a_rest_that_is_not_there(claim, design):
    refused({**claim, "residual": True}, design)


def test_a_rest_over_free_nets_that_are_not_cut(claim, design):
    inner = design.netlist.first_cell_net
    refused({**claim, "residual": True, "free": [*claim["free"], inner]}, design, "neither an input nor cut")


def test_a_register_is_no_compressor():
    """Its output has no meaning without its state, however the claim is worded."""
    b = Builder("r")
    clk, x = b.input("clk"), b.input("a", 1)
    (q,) = b.cell(cells.flip_flop(), (clk[0], x[0]))
    b.output("p", [q])
    netlist = b.build()
    spec = ArithmeticSpec((Operand("a", 1),), (("a",),), "p", 1)
    claim = {"netlist": netlist.digest, "free": [q], "cut": [[q, "0x1"]], "steps": [[0]]}
    claim |= {"products": [], "constant": "0x0", "residual": False}
    with pytest.raises(ProofError, match="no compressor"):
        verify(claim, netlist, spec)
    with pytest.raises(ProofError, match="no function of the free nets"):
        verify({**claim, "steps": []}, netlist, spec)


def test_operands_of_another_width(claim, design):
    narrow = ArithmeticSpec((Operand("a", 4), Operand("b", 5)), (("a", "b"),), "p", 10)
    with pytest.raises(ProofError, match="operand a has 5 bits, expected 4"):
        verify(claim, design.netlist, narrow)
    with pytest.raises(ProofError, match="10 outputs for a specification of 9 bits"):
        verify(claim, design.netlist, ArithmeticSpec(design.spec.operands, design.spec.terms, "p", 9))


@pytest.mark.parametrize("options", [{}, {"ppg": "booth", "signed": True, "tree": "tdm"}])
def test_the_claim_of_the_right_netlist_does_not_hold_for_its_mutants(options):
    d = generate("multiplier", 4, **options)
    claim = certificate(d.netlist, d.spec)
    rng = np.random.default_rng(3)
    accepted = 0
    for _ in range(100):
        what, wrong = mutant(d.netlist, rng)
        try:
            verify({**claim, "netlist": wrong.digest}, wrong, d.spec)
        except ProofError:
            continue
        accepted += 1
        assert brute_force_equal(wrong, d.netlist), what
    assert accepted < 50


def test_outputs_without_low_bits_are_no_sum(claim, design):
    high = replace(design.spec, width=7, low=3)
    with pytest.raises(ProofError, match="leaves low bits out"):
        verify(claim, design.netlist, high)
    with pytest.raises(ProofError, match="leaves low bits out"):
        certificate(design.netlist, high)


def test_coefficients_are_part_of_the_claim():
    scaled = generate("multiplier", 20, constant=93, tree="tdm")
    claim = certificate(scaled.netlist, scaled.spec)
    verify(claim, scaled.netlist, scaled.spec)
    with pytest.raises(ProofError, match="do not add up to the specification"):
        verify(claim, scaled.netlist, replace(scaled.spec, coefficients=(94,)))

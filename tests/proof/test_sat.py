import time

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mutants import brute_force_equal, mutant
from strategies import netlists

from eda.arith.generate import generate
from eda.ir.builder import Builder
from eda.proof.pair import Pair
from eda.proof.sat import miter, sat


def soon(seconds=60):
    return time.monotonic() + seconds


@given(netlists(registers=False), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_solver_agrees_with_brute_force(netlist, seed):
    assume(netlist.n_input_bits <= 10 and netlist.n_cells)
    _, other = mutant(netlist, np.random.default_rng(seed))
    verdict = sat(Pair(netlist, other), soon())
    assert verdict.status == ("proven" if brute_force_equal(netlist, other) else "different")


def test_different_architectures_of_a_small_product():
    pair = Pair(generate("multiplier", 5).netlist, generate("multiplier", 5, ppg="booth", tree="wallace").netlist)
    assert sat(pair, soon()).status == "proven"


def test_wide_adders():
    pair = Pair(generate("adder", 64, adder="ripple").netlist, generate("adder", 64, adder="kogge-stone").netlist)
    assert sat(pair, soon()).status == "proven"


def test_outputs_that_are_constant_on_one_side():
    b = Builder("t")
    x = b.input("x", 3)
    never = b.and_(b.and_(x[0], x[1]), b.and_(b.not_(x[1]), x[2]))
    b.output("y", [never, b.not_(never)])
    constants = Builder("c")
    constants.input("x", 3)
    constants.output("y", [0, 1])
    assert sat(Pair(b.build(), constants.build()), soon()).status == "proven"
    wrong = Builder("w")
    wrong.input("x", 3)
    wrong.output("y", [0, 0])
    assert sat(Pair(b.build(), wrong.build()), soon()).status == "different"


def test_out_of_time_leaves_a_partial_answer():
    pair = Pair(generate("multiplier", 24).netlist, generate("multiplier", 24, ppg="booth", tree="wallace").netlist)
    verdict = sat(pair, soon(1.0))
    assert verdict.status == "unknown"
    assert 0 < verdict.outputs_proven < verdict.outputs_total == 48


def test_the_miter_shares_equal_nodes():
    left, _ = Pair(generate("multiplier", 4).netlist, generate("multiplier", 4).netlist).graphs
    joint = miter(left, left)
    assert joint.n_ands <= left.n_ands
    half = len(left.outputs)
    assert joint.outputs[:half].tolist() == joint.outputs[half:].tolist()

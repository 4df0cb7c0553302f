"""Both compiled searches and the one by numpy, against each other and against brute force."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mutants import brute_force_equal, mutant
from strategies import netlists

from eda.arith.generate import generate
from eda.errors import ToolNotFound
from eda.ir.builder import Builder
from eda.proof import exhaustive as module
from eda.proof import kernel_c, kernel_numba
from eda.proof.exhaustive import by_output, exhaustive
from eda.proof.pair import Pair
from eda.proof.program import lower
from eda.tech import tools


def soon():
    return time.monotonic() + 100


@pytest.fixture
def compiler():
    try:
        tools.CC.find()
    except ToolNotFound:
        pytest.skip("there is no C compiler")


@pytest.fixture
def no_compiler(monkeypatch):
    absent = replace(tools.CC, places=(tools.on_path("no-such-compiler"),))
    monkeypatch.setattr(tools, "CC", absent)


@given(netlists(registers=False), st.integers(0, 99))
@settings(max_examples=60)
def test_the_answer_is_that_of_brute_force(netlist, seed):
    assume(netlist.n_input_bits <= 10 and netlist.n_cells)
    _, other = mutant(netlist, np.random.default_rng(seed))
    verdict = exhaustive(Pair(netlist, other), soon())
    assert verdict.status == ("proven" if brute_force_equal(netlist, other) else "different")


@pytest.mark.parametrize("signed", [False, True])
def test_a_product_is_proven_for_all_operands(signed):
    d = generate("multiplier", 8, signed=signed, ppg="booth")
    verdict = exhaustive(Pair(d.netlist, d.spec), soon())
    assert (verdict.status, verdict.detail, verdict.outputs_proven) == ("proven", "all 2^16 inputs", 16)


def one_wrong_vector(width_a, width_b, vector):
    """The constant 0, and a circuit that is 1 on a single pair of operands."""
    sides = []
    for wrong in (False, True):
        b = Builder("point")
        bits = b.input("a", width_a) + b.input("b", width_b)
        hit = b.and_(*(x if vector >> i & 1 else b.not_(x) for i, x in enumerate(bits)))
        b.output("y", hit if wrong else 0)
        sides.append(b.build())
    return Pair(*sides)


@pytest.mark.parametrize(("widths", "vector"), [((3, 2), 0b10110), ((7, 9), 54321), ((10, 8), 0), ((9, 9), (1 << 18) - 1)])
def test_a_single_wrong_vector_is_found(widths, vector):
    verdict = exhaustive(one_wrong_vector(*widths, vector), soon())
    assert verdict.counterexample.inputs == {"a": vector & (1 << widths[0]) - 1, "b": vector >> widths[0]}


@pytest.mark.parametrize("widths", [(12, 11), (1, 23), (8, 16)])
def test_the_compiled_search_finds_it_too(compiler, widths):
    vector = 0x5A5A5A & (1 << sum(widths)) - 1
    verdict = exhaustive(one_wrong_vector(*widths, vector), soon())
    assert verdict.counterexample.inputs == {"a": vector & (1 << widths[0]) - 1, "b": vector >> widths[0]}


@pytest.mark.parametrize("widths", [(12, 11), (1, 23)])
def test_and_the_one_without_a_compiler(no_compiler, widths):
    vector = 0x5A5A5A & (1 << sum(widths)) - 1
    verdict = exhaustive(one_wrong_vector(*widths, vector), soon())
    assert verdict.counterexample.inputs == {"a": vector & (1 << widths[0]) - 1, "b": vector >> widths[0]}


def test_without_a_compiler_the_verdict_says_so(no_compiler):
    d = generate("multiplier", 12, tree="wallace")
    assert exhaustive(Pair(d.netlist, d.spec), soon()).detail == "all 2^24 inputs, compiled by numba"


def test_with_a_compiler_too(compiler):
    d = generate("multiplier", 12, tree="wallace", adder="kogge-stone", signed=True)
    assert exhaustive(Pair(d.netlist, d.spec), soon()).detail == "all 2^24 inputs, compiled by the C compiler"


@pytest.mark.parametrize("n", [1, 5, 9, 10, 14])
def test_the_kernels_agree_at_every_size(compiler, n, tmp_path):
    rng = np.random.default_rng(n)
    b = Builder("t")
    x = b.input("x", n)
    b.output("y", b.xor(b.and_(*x), x[-1], x[0]))
    right = b.build()
    _, wrong = mutant(right, rng) if n > 1 else ("", right)
    program, order = lower([right, wrong]), list(reversed(range(n)))
    first = kernel_c.build(program, order, tmp_path, 60)
    second = kernel_numba.build(program, order)
    found = [k.search(0, k.blocks) for k in (first, second)]
    assert found[0] == found[1] >= 0 or found == [-1, -1]
    assert (found[0] < 0) == brute_force_equal(right, wrong)


def test_slow_inputs_stand_outside_the_inner_loop():
    d = generate("multiplier", 12)
    text = kernel_c.source(lower([d.netlist, d.netlist]), list(range(24)))
    outer, inner = text.split("for (uint64_t i = 0")
    assert "BIT(o, 0)" in outer
    assert "BIT(i, 0)" in inner
    assert outer.count(" & ") > 12


def test_a_compiler_that_fails_is_replaced(monkeypatch, tmp_path):
    """It exits with 0 and writes nothing."""
    silent = replace(tools.CC, places=(tools.on_path("true"),))
    monkeypatch.setattr(tools, "CC", silent)
    d = generate("multiplier", 12, tree="wallace")
    assert kernel_c.build(lower([d.netlist, d.netlist]), list(range(24)), tmp_path, 60) is None
    assert exhaustive(Pair(d.netlist, d.spec), soon()).detail.endswith("numba")


def test_too_many_inputs_are_passed_on():
    d = generate("multiplier", 17)
    assert exhaustive(Pair(d.netlist, d.spec), soon()) is None


def test_out_of_time_is_no_answer(monkeypatch):
    d = generate("multiplier", 10)
    assert exhaustive(Pair(d.netlist, d.spec), 0.0) is None
    monkeypatch.setattr(module, "NUMPY_INPUTS", 4)
    assert exhaustive(Pair(d.netlist, d.netlist), 0.0) is None


# --- output by output -----------------------------------------------------------------------------------------------------


def wide_logic(wrong=()):
    """32 outputs of 5 inputs each; those of `wrong` have another gate."""
    b = Builder("wide")
    x = b.input("x", 64)
    y = []
    for k in range(32):
        p, q, r = x[2 * k], x[2 * k + 1], x[(7 * k + 3) % 64]
        y.append(b.or_(b.and_(p, q), r) if k not in wrong else b.xor(b.and_(p, q), r))
    b.output("y", y)
    return b.build()


def same_logic():
    b = Builder("wide")
    x = b.input("x", 64)
    y = [b.not_(b.and_(b.nand(x[2 * k], x[2 * k + 1]), b.not_(x[(7 * k + 3) % 64]))) for k in range(32)]
    b.output("y", y)
    return b.build()


def test_outputs_of_few_inputs_are_proven_one_by_one():
    verdict = by_output(Pair(wide_logic(), same_logic()), soon())
    assert (verdict.status, verdict.outputs_proven) == ("proven", 32)


def test_a_difference_in_one_output_is_told_in_the_inputs_of_the_whole():
    verdict = by_output(Pair(wide_logic(wrong=[5]), wide_logic()), soon())
    (x,) = verdict.counterexample.inputs.values()
    assert x == 1 << 10 | 1 << 11 | 1 << 38


def test_low_outputs_of_a_wide_sum_are_a_partial_answer():
    a, b = generate("adder", 32, adder="ripple"), generate("adder", 32, adder="kogge-stone")
    verdict = by_output(Pair(a.netlist, b.netlist), soon())
    assert (verdict.status, verdict.outputs_proven) == ("unknown", 11)


def test_no_output_of_few_inputs_is_no_answer():
    b = Builder("t")
    b.output("y", b.and_(*b.input("x", 40)))
    netlist = b.build()
    assert by_output(Pair(netlist, netlist), soon()) is None

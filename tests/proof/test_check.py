"""The ladder as a whole: the right rung answers, and no answer is wrong."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mutants import brute_force_equal, mutant
from strategies import netlists

from eda.arith.generate import generate
from eda.arith.lower import lower
from eda.errors import InputError, UsageError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.netlist import Netlist
from eda.proof.check import check, check_spec
from eda.proof.verify import verify
from eda.tech import tools


@given(netlists(registers=False), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_verdict_is_that_of_brute_force(netlist, seed):
    assume(netlist.n_input_bits <= 10 and netlist.n_cells)
    _, other = mutant(netlist, np.random.default_rng(seed))
    verdict = check(netlist, other)
    assert verdict.status == ("proven" if brute_force_equal(netlist, other) else "different")


@pytest.mark.parametrize("kind", ["multiplier", "mac", "squarer", "dot", "adder"])
def test_mutants_of_small_circuits(kind):
    """Some hundred mutants against the specification and against the original, each verdict checked by brute force."""
    d = generate(kind, {"mac": 2, "dot": 2}.get(kind, 4), signed=kind == "mac", **({"terms": 2} if kind == "dot" else {}))
    rng = np.random.default_rng(11)
    for _ in range(60):
        what, wrong = mutant(d.netlist, rng)
        expected = "proven" if brute_force_equal(wrong, d.netlist) else "different"
        assert check_spec(wrong, d.spec).status == expected, what
        assert check(wrong, d.netlist).status == expected, what


def test_a_wide_product_is_certified_and_the_certificate_handed_over():
    d = generate("multiplier", 24, tree="wallace", adder="brent-kung")
    verdict = check_spec(d.netlist, d.spec)
    assert (verdict.status, verdict.method) == ("proven", "weight-conservation certificate")
    verify(json.loads(json.dumps(verdict.certificate)), d.netlist, d.spec)


def test_a_wide_product_with_one_wrong_gate_is_refuted_in_numbers():
    d = generate("multiplier", 64, signed=True)
    rng = np.random.default_rng(5)
    found = [check_spec(mutant(d.netlist, rng)[1], d.spec) for _ in range(5)]
    different = [v for v in found if v.status == "different"]
    assert len(different) >= 4
    for verdict in different:
        a, b = (verdict.counterexample.inputs[n] for n in "ab")
        assert verdict.counterexample.right == {"p": a * b}


def test_a_tree_lowered_to_gates_is_proven_through_the_one_with_cells():
    d = generate("multiplier", 20, signed=True, tree="tdm", adder="han-carlson")
    gates = lower(d.netlist, "gates")
    verdict = check_spec(gates, d.spec, via=d.netlist)
    assert (verdict.status, verdict.method) == ("proven", "composition")
    assert verdict.certificate["netlist"] == d.netlist.digest


def test_composition_does_not_prove_a_wrong_netlist():
    """One vector in 2**40 is wrong: not found by simulation, so that the composition must not vouch for it."""
    d = generate("multiplier", 20)
    wrong = with_one_wrong_vector(d.netlist, 0x12345_6789A)
    verdict = check_spec(wrong, d.spec, via=d.netlist, time_limit=20)
    assert verdict.status == "different"
    assert verdict.counterexample.inputs == {"a": 0x6789A, "b": 0x12345}


def test_without_low_bits_the_proof_goes_through_the_circuit_that_has_them():
    d = generate("multiplier", 20, tree="tdm", drop_bits=17)
    gates = lower(d.netlist, "gates")
    assert check_spec(gates, d.spec, via=d.via).method == "composition"
    with pytest.raises(UsageError, match="port p is an output of 23 bits, expected an output of 40 bits"):
        check_spec(gates, d.spec, via=d.netlist)


def test_composition_through_a_netlist_of_another_function_proves_nothing():
    d, other = generate("multiplier", 6), generate("multiplier", 6, signed=True)
    assert check_spec(lower(d.netlist, "gates"), d.spec, via=other.netlist).method != "composition"


def with_one_wrong_vector(netlist: Netlist, vector: int) -> Netlist:
    """`netlist` with its lowest output inverted for a single value of all inputs."""
    b = Builder(netlist.name)
    new = {0: 0, 1: 1}
    for port in netlist.inputs:
        new.update(zip(port.nets, b.input(port.name, port.width), strict=True))
    for kind, group in netlist.groups:
        for c in group.tolist():
            outs = b.cell(kind, [new[n] for n in netlist.fanin_of(c).tolist()])
            new.update(zip(netlist.outputs_of(c), outs, strict=True))
    bits = [new[2 + i] for i in range(netlist.n_input_bits)]
    hit = b.and_(*(x if vector >> i & 1 else b.not_(x) for i, x in enumerate(bits)))
    low, *rest = netlist.outputs[0].nets
    b.output(netlist.outputs[0].name, [b.xor(new[low], hit), *(new[n] for n in rest)])
    return b.build()


def test_different_architectures_of_a_wide_product_are_equal():
    a, b = generate("multiplier", 24, signed=True), generate("multiplier", 24, signed=True, ppg="booth", tree="tdm")
    assert check(a.netlist, b.netlist).method == "certificates of both sides"


def test_without_external_tools_there_still_is_an_answer(monkeypatch):
    for name in ("ABC", "CC"):
        monkeypatch.setattr(tools, name, replace(getattr(tools, name), places=(tools.on_path("no-such-tool"),)))
    d = generate("multiplier", 20)
    assert check_spec(d.netlist, d.spec).status == "proven"
    assert check(d.netlist, lower(d.netlist, "gates")).status == "proven"
    a, b = generate("adder", 40, adder="ripple"), generate("adder", 40, adder="sklansky")
    assert check(a.netlist, b.netlist).status == "proven"


def test_out_of_time_is_unknown_with_what_is_known():
    d = generate("multiplier", 24)
    a, b = lower(d.netlist, "gates"), lower(generate("multiplier", 24, ppg="booth").netlist, "gates")
    verdict = check(a, b, time_limit=0.5)
    assert verdict.status == "unknown"
    assert verdict.vectors == 1 << 14
    assert "unknown" in str(verdict)
    assert "proven by" not in str(verdict)


def test_ports_that_do_not_fit_are_a_usage_error():
    a, b = generate("multiplier", 4).netlist, generate("multiplier", 5).netlist
    with pytest.raises(UsageError, match="an input of 4 bits, meets"):
        check(a, b)
    with pytest.raises(UsageError, match="port a is an input of 4 bits, expected an input of 5 bits"):
        check_spec(a, generate("multiplier", 5).spec)


def test_a_port_map():
    a = generate("adder", 4).netlist
    b = Builder("other")
    x, y = b.input("x", 4), b.input("y", 4)
    carry, sums = 0, []
    for p, q in zip(x, y, strict=True):
        s, carry = b.full_adder(p, q, carry)
        sums.append(s)
    b.output("p", [*sums, carry])
    assert check(a, b.build(), port_map={"a": "x", "b": "y"}).status == "proven"


def test_a_combinational_loop_is_an_input_error():
    b = Builder("loop")
    x = b.input("x")[0]
    back = b.forward()
    (y,) = b.cell(cells.NAND, (x, back))
    b.connect(back, y)
    b.output("y", y)
    with pytest.raises(InputError, match="combinational loop"):
        check(b.build(), b.build())


def test_a_register_in_a_specified_circuit_that_is_no_pipeline_is_unknown():
    b = Builder("loop")
    clk, a = b.input("clk")[0], b.input("a", 1)
    q = b.forward()
    (out,) = b.cell(cells.flip_flop(), (clk, b.xor(q, a[0])))
    b.connect(q, out)
    b.output("p", [out])
    spec = generate("adder", 1).spec
    assert check_spec(b.build(), spec).status == "unknown"


def test_equal_seeds_give_equal_verdicts():
    d = generate("multiplier", 16)
    _, wrong = mutant(d.netlist, np.random.default_rng(2))
    first, second = (check_spec(wrong, d.spec, seed=4).to_dict() for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_importing_the_ladder_loads_no_heavy_library():
    code = "import sys, eda.proof.check; print([m for m in ('numba', 'pysat', 'torch', 'networkx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

import pytest

from eda.arith.generate import generate
from eda.proof.guess import by_common_spec, candidates
from eda.proof.pair import Pair


@pytest.mark.parametrize("kind", ["multiplier", "mac", "squarer", "dot", "adder"])
@pytest.mark.parametrize("signed", [False, True])
def test_two_architectures_are_equal_by_what_both_compute(kind, signed):
    a = generate(kind, 12, signed=signed)
    other = {} if kind == "adder" else {"tree": "wallace"}
    b = generate(kind, 12, signed=signed, adder="kogge-stone", **other)
    verdict = by_common_spec(Pair(a.netlist, b.netlist), seed=1)
    assert verdict.status == "proven"
    assert a.spec.terms[0][0] in verdict.detail


def test_different_functions_have_no_common_specification():
    a, b = generate("multiplier", 12), generate("multiplier", 12, signed=True)
    assert by_common_spec(Pair(a.netlist, b.netlist), seed=1) is None


def test_guesses_need_one_output():
    d = generate("multiplier", 4)
    texts = [s.text for s in candidates(d.netlist)]
    assert texts == [
        "p[7:0] = a + b",
        "p[7:0] = a + b (a, b signed)",
        "p[7:0] = a*b",
        "p[7:0] = a*b (a, b signed)",
    ]

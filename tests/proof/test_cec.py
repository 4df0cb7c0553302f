"""ABC is asked, and believed only as far as it can be checked; each way in which it may fail is played by a fake."""

import os
import sys
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
from eda.proof.cec import cec, sweeping_cec
from eda.proof.pair import Pair
from eda.tech import tools


def soon(seconds=60):
    return time.monotonic() + seconds


@pytest.fixture
def abc():
    try:
        tools.ABC.find()
    except ToolNotFound:
        pytest.skip("there is no ABC")


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """`fake(body)` puts a program that passes ABC's probe and then runs the Python `body` in ABC's place."""

    def make(body):
        path = tmp_path / "fake-abc"
        probe = "if 'probe.aig' in sys.argv[-1]:\n    print('Networks are equivalent.')\nelse:\n"
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{probe}{lines}")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(tools, "ABC", replace(tools.ABC, places=(tools.on_path("fake-abc"),)))

    return make


@pytest.fixture(scope="module")
def equal():
    return Pair(generate("multiplier", 4).netlist, generate("multiplier", 4, adder="kogge-stone").netlist)


@pytest.fixture(scope="module")
def unequal():
    return Pair(generate("multiplier", 4).netlist, generate("multiplier", 4, signed=True).netlist)


# --- the real one -----------------------------------------------------------------------------------------------------------


def test_equal_circuits(abc, equal):
    verdict = cec(equal, soon())
    assert (verdict.status, verdict.outputs_proven) == ("proven", 8)


def test_a_counterexample_is_decoded_made_small_and_replayed(abc, unequal):
    found = cec(unequal, soon()).counterexample
    a, b = found.inputs["a"], found.inputs["b"]
    assert found.left == {"p": a * b}
    assert found.left != found.right
    assert (a.bit_count(), b.bit_count()) == (1, 1)


@given(netlists(registers=False), st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_abc_agrees_with_brute_force(netlist, seed):
    assume(0 < netlist.n_input_bits <= 10 and netlist.n_cells)
    _, other = mutant(netlist, np.random.default_rng(seed))
    verdict = cec(Pair(netlist, other), soon())
    assert verdict.status == ("proven" if brute_force_equal(netlist, other) else "different")


@pytest.mark.parametrize("n", [1, 2, 130])
def test_inputs_of_any_number(abc, n):
    sides = []
    for gate in ("or_", "xor"):
        b = Builder("t")
        x = b.input("x", n)
        b.output("y", getattr(b, gate)(*x, 1 if n == 1 else 0))
        sides.append(b.build())
    verdict = cec(Pair(*sides), soon())
    x = verdict.counterexample.inputs["x"]
    assert x == 1 if n == 1 else x > 0 and x.bit_count() % 2 == 0


def test_nothing_to_compare_is_passed_on(abc):
    b = Builder("t")
    b.output("y", 1)
    assert cec(Pair(b.build(), b.build()), soon()) is None


def test_no_time_is_no_answer(abc, equal):
    assert cec(equal, time.monotonic() - 1) is None


def test_the_sweeping_checker_proves_and_leaves_differences_to_others(abc, equal, unequal):
    assert sweeping_cec(equal, soon()).method == "ABC cec"
    assert sweeping_cec(unequal, soon()) is None


# --- fakes --------------------------------------------------------------------------------------------------------------------

NOT = "print('Networks are NOT EQUIVALENT.  Time = 0.00 sec')"
YES = "print('Networks are equivalent.  Time = 0.00 sec')"


def test_a_fake_that_answers_as_abc_does(fake, equal):
    fake(f"{NOT}\nprint(\"INPUT: x = 8'h00.  OUTPUT: z = 8'h00 (a), z = 8'h01 (wrong).\")\n{YES}")
    assert cec(equal, soon()).status == "proven"


@pytest.mark.parametrize(
    "body",
    [
        f"{YES}\n{YES}",  # says yes to everything: also to a circuit with an inverted output
        YES,  # one answer only
        f"{NOT}\n{YES}\n{YES}",
        f"{NOT}\nprint('Networks are UNDECIDED.')",
        f"{NOT}\nprint('I think: Networks are equivalent')",
        f"{NOT}\nprint('networks are equivalent')",
        f"{NOT}\n{YES}\nprint('Error: something went wrong')",
        f"{NOT}\n{YES}\nprint('** cmd error: aborting')",
        f"{NOT}\n{YES}\nprint('abc: cec.c:7: Cec: Assertion `0\\' failed.')",
        f"{NOT}\n{YES}\nsys.exit(3)",
        f"{NOT}\n{YES}\nsys.stdout.flush()\nos.abort()",
        "print('Cannot open input file')",
        "pass",
        "sys.stdout.buffer.write(bytes(range(256)))",
    ],
)
def test_no_strange_answer_counts(fake, equal, body):
    fake(body)
    assert cec(equal, soon()) is None
    assert sweeping_cec(equal, soon()) is None


@pytest.mark.parametrize(
    "second",
    [
        NOT,  # without inputs
        f"{NOT}\nprint(\"INPUT: x = 8'h11.  OUTPUT: z = 8'h00 (a), z = 8'h01 (b).\")",  # on which they are equal
        f'{NOT}\nprint("INPUT: x = 9\'h11.")',  # of another width
        f'{NOT}\nprint("INPUT: q = 8\'h11.")',
        f'{NOT}\nprint("INPUT: x = 8\'hzz.")',
    ],
)
def test_a_counterexample_that_does_not_replay_does_not_count(fake, equal, second):
    fake(f"{NOT}\n{second}")
    assert cec(equal, soon()) is None


def test_a_counterexample_that_replays_counts_whoever_found_it(fake, unequal):
    fake(f'{NOT}\nprint("INPUT: x = 8\'h00.  OUTPUT")\n{NOT}\nprint("INPUT: x = 8\'hff.  OUTPUT")')
    assert cec(unequal, soon()).status == "different"


def test_a_fake_that_hangs_costs_no_more_than_the_limit(fake, equal):
    fake("time.sleep(60)")
    started = time.monotonic()
    assert cec(equal, soon(1.5)) is None
    assert time.monotonic() - started < 30


def test_no_abc_at_all(monkeypatch, equal):
    monkeypatch.setattr(tools, "ABC", replace(tools.ABC, places=(tools.on_path("no-such-abc"),)))
    assert cec(equal, soon()) is None

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mutants import brute_force_equal, mutant
from strategies import netlists

from eda.arith.generate import generate
from eda.ir.builder import Builder
from eda.proof.pair import Pair
from eda.proof.refute import VECTORS, differing, minimal, refute, stimuli


@given(netlists(registers=False), st.integers(0, 99))
@settings(max_examples=60)
def test_a_refutation_is_never_wrong(netlist, seed):
    assume(netlist.n_input_bits <= 10 and netlist.n_cells)
    _, other = mutant(netlist, np.random.default_rng(seed))
    verdict = refute(Pair(netlist, other))
    assert (verdict is None) == brute_force_equal(netlist, other)  # so few inputs are all among the vectors


def test_a_counterexample_is_minimal():
    """Clearing any single one of its bits hides the difference."""
    d = generate("multiplier", 6)
    rng = np.random.default_rng(1)
    for _ in range(20):
        _, wrong = mutant(d.netlist, rng)
        pair = Pair(wrong, d.spec)
        verdict = refute(pair)
        if verdict is None:
            continue
        inputs = verdict.counterexample.inputs
        for name, bits in inputs.items():
            for i in range(6):
                if bits >> i & 1:
                    assert pair.different("", {**inputs, name: bits ^ 1 << i}) is None


def test_large_vectors_shrink_in_few_trials():
    b = Builder("t")
    x = b.input("x", 200)
    b.output("y", b.and_(x[17], x[150]))
    zero = Builder("z")
    zero.input("x", 200)
    zero.output("y", 0)
    pair = Pair(b.build(), zero.build())
    assert np.flatnonzero(minimal(pair, np.ones(200, dtype=bool))).tolist() == [17, 150]


def test_a_difference_at_one_corner_is_found():
    """All ones on both of two wide ports: no random vector hits that."""
    b = Builder("corner")
    x, y = b.input("x", 40), b.input("y", 40)
    b.output("z", b.and_(*x, *y))
    zero = Builder("zero")
    zero.input("x", 40)
    zero.input("y", 40)
    zero.output("z", 0)
    verdict = refute(Pair(b.build(), zero.build()))
    ones = (1 << 40) - 1
    assert verdict.counterexample.inputs == {"x": ones, "y": ones}
    assert verdict.counterexample.left == {"z": 1}


def test_circuits_without_inputs():
    sides = []
    for value in (0, 1):
        b = Builder("constant")
        b.output("y", value)
        sides.append(b.build())
    assert refute(Pair(sides[0], sides[0])) is None
    assert str(refute(Pair(*sides)).counterexample) == "y = 0 against 1"


def test_vectors_follow_the_seed():
    ports = (("a", 7), ("b", 70))
    one, two = stimuli(ports, 1), stimuli(ports, 2)
    assert {rows.shape for rows in one.values()} == {(7, VECTORS // 64), (70, VECTORS // 64)}
    assert not np.array_equal(one["b"], two["b"])
    assert np.array_equal(one["b"], stimuli(ports, 1)["b"])


def test_which_vectors_differ():
    b = Builder("t")
    x = b.input("x", 2)
    b.output("y", b.and_(*x))
    other = Builder("t")
    x = other.input("x", 2)
    other.output("y", other.xor(*x))
    inputs = np.array([[0, 1, 0, 1], [0, 0, 1, 1]], dtype=bool)
    assert differing(Pair(b.build(), other.build()), inputs).tolist() == [False, True, True, True]

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import UsageError
from eda.ir.builder import Builder
from eda.ir.vectors import pack, random_streams, random_vectors, unpack


@given(st.integers(1, 200).flatmap(lambda w: st.tuples(st.just(w), st.lists(st.integers(0, 2**w - 1), max_size=150))))
def test_unpack_reverses_pack(case):
    width, values = case
    words = pack(values, width)
    assert words.shape == (width, -(-len(values) // 64))
    assert unpack(words, len(values)) == values


def test_bit_k_of_word_w_is_vector_64_w_plus_k():
    words = pack([0] * 70 + [2], 2)
    assert words.tolist() == [[0, 0], [0, 1 << 6]]


@pytest.mark.parametrize("wrong", [-1, 8, 2**70])
def test_values_must_fit(wrong):
    with pytest.raises(UsageError, match=f"the value {wrong} does not fit in 3 unsigned bits"):
        pack([1, wrong], 3)


def wires():
    b = Builder("wires")
    b.output("y", b.input("a", 3) + b.input("b"))
    return b.build()


def test_random_vectors_repeat_with_their_seed():
    first, again, other = (random_vectors(wires(), 5, seed) for seed in (1, 1, 2))
    assert {name: v.shape for name, v in first.items()} == {"a": (3, 5), "b": (1, 5)}
    assert np.array_equal(first["a"], again["a"])
    assert not np.array_equal(first["a"], other["a"])


def test_random_streams_toggle_as_often_as_asked():
    streams = random_streams(wires(), 65, words=8, seed=3, toggle=0.2)["a"]
    assert streams.shape == (65, 3, 8)
    changes = np.bitwise_count(streams[1:] ^ streams[:-1]).sum() / (64 * 3 * 8 * 64)
    assert changes == pytest.approx(0.2, abs=0.01)  # 98304 coins: a standard deviation of 0.0013
    assert np.bitwise_count(streams[0]).sum() / (3 * 8 * 64) == pytest.approx(0.5, abs=0.06)


def test_a_toggle_probability_of_zero_holds_the_inputs():
    streams = random_streams(wires(), 10, toggle=0.0)["a"]
    assert (streams == streams[0]).all()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.arith.delays import XOR_UNITS, prefix_arrivals
from eda.arith.prefix_model import carry_times, lateness, level_model, linear_model
from eda.errors import UsageError
from eda.ir.prefix import PrefixGraph


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 12))
    bits = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    return PrefixGraph.legalised(np.array(bits).reshape(n, n))


@given(graphs(), st.integers(0, 99))
def test_the_linear_model_is_that_of_the_generators(graph, seed):
    arrivals = np.random.default_rng(seed).uniform(0, 20, graph.n)
    expected = prefix_arrivals(graph, arrivals.tolist(), XOR_UNITS)
    assert carry_times(graph, arrivals, linear_model(XOR_UNITS)).tolist() == pytest.approx(expected)


@given(graphs())
def test_the_level_model_gives_depth(graph):
    assert lateness(graph, np.zeros(graph.n), level_model()) == graph.depth


def test_lateness_is_against_required_times():
    graph = PrefixGraph.legalised(np.eye(3, dtype=bool))
    assert carry_times(graph, [0.0] * 3, level_model()).tolist() == [0, 1, 2]
    assert lateness(graph, [0.0] * 3, level_model(), [5.0, 0.0, 9.0]) == 1.0


def test_arrivals_and_required_times_must_fit():
    model = level_model()
    with pytest.raises(UsageError, match=r"\[n, 2\], got \(3, 3\)"):
        model.timer(np.zeros((3, 3)))
    with pytest.raises(UsageError, match=r"\[3\], got \(2,\)"):
        model.timer(np.zeros(3), [0.0, 0.0])

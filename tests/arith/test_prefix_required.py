import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.arith.delays import XOR_UNITS
from eda.arith.prefix_model import PrefixModel, carry_times, level_model, linear_model
from eda.arith.prefix_required import required_times
from eda.ir.prefix import PrefixGraph

GATES = PrefixModel(
    pins=np.array([1.0, 3.0, 2.0, 0.5, 1.5, 0.0]),
    caps=np.array([1.0, 1.2, 0.9, 0.8, 1.1, 2.0]),
    drive=np.array([[8.0, 11.0, 13.0], [5.0, 7.0, 8.0], [0.0, 3.0, 5.0], [0.0, 4.0, 7.0]]),
    step=2.0,
    propagates=True,
)
"""All figures differ, so that none can stand in for another."""


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 10))
    bits = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    return PrefixGraph.legalised(np.array(bits).reshape(n, n))


@given(graphs(), st.sampled_from([GATES, linear_model(XOR_UNITS), level_model()]))
def test_bits_at_their_required_times_give_carries_in_time(graph, model):
    due = required_times(graph, 100.0, model)
    assert carry_times(graph, np.minimum(due, 100.0), model).max() <= 100.0 + 1e-9


@given(graphs(), st.data())
def test_a_bit_after_its_required_time_makes_a_carry_late(graph, data):
    due = required_times(graph, 100.0, GATES)
    i, which = data.draw(st.integers(0, graph.n - 1)), data.draw(st.sampled_from([0, 1]))
    late = np.full((graph.n, 2), -100.0)
    late[i, which] = due[i, which] + 1.0
    if np.isfinite(due[i, which]):
        assert carry_times(graph, late, GATES).max() == pytest.approx(101.0)
    else:
        assert which == 1


def test_carries_may_be_due_apart():
    ripple = PrefixGraph.legalised(np.eye(3, dtype=bool))
    assert required_times(ripple, 10.0, level_model(), [0.0, 5.0, 0.0])[:, 0].tolist() == [8.0, 8.0, 9.0]

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eda.arith.adders import CLASSICAL, prefix_graph
from eda.arith.delays import XOR_UNITS
from eda.arith.prefix_front import prefix_front
from eda.arith.prefix_model import lateness, linear_model

MODELS = [replace(XOR_UNITS, per_fanout=x) for x in (0.0, 0.15, 0.5)]
TIMES = st.lists(st.floats(0, 20), min_size=1, max_size=16)


def hill(n):
    """Early at both ends, as the columns of a product are."""
    return [min(i * 24 / n, 12, (n - i) * 28 / n) for i in range(n)]


@settings(max_examples=25)
@given(TIMES, st.sampled_from(MODELS))
def test_a_trade_off_that_no_classical_adder_beats(arrivals, delays):
    model = linear_model(delays)
    front = [(lateness(g, arrivals, model), g.size) for g in prefix_front(arrivals, delays, points=3, moves=200)]
    assert front[0][1] == len(arrivals) - 1
    for (slow, small), (fast, large) in pairwise(front):
        assert fast < slow
        assert small < large
    for kind in CLASSICAL:
        graph = prefix_graph(kind, arrivals, delays)
        assert any(late <= lateness(graph, arrivals, model) + 1e-6 and size <= graph.size for late, size in front)


@pytest.mark.parametrize("n", [14, 30, 62])
def test_a_product_s_profile_needs_far_fewer_nodes(n):
    model = linear_model(XOR_UNITS)
    fitted = prefix_graph("fitted", hill(n), XOR_UNITS)
    delay = lateness(fitted, hill(n), model)
    front = prefix_front(hill(n), XOR_UNITS, moves=4000)
    assert min(g.size for g in front if lateness(g, hill(n), model) <= delay + 1e-9) <= fitted.size
    assert lateness(front[-1], hill(n), model) < delay


def test_required_times_move_the_nodes():
    """Carries due late one after the other need no more than a ripple."""
    n = 12
    ripple = prefix_front([0.0] * n, XOR_UNITS, required=[float(i) for i in range(n)], moves=500)
    assert ripple[0].size == n - 1
    model = linear_model(XOR_UNITS)
    assert lateness(ripple[-1], [0.0] * n, model, [float(i) for i in range(n)]) <= 0.65
    assert ripple[-1].size == n - 1


def test_equal_arguments_give_equal_graphs():
    arrivals = np.array(hill(20))
    assert prefix_front(arrivals, XOR_UNITS, moves=500) == prefix_front(arrivals, XOR_UNITS, moves=500)

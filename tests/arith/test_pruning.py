import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eda.arith.adders import prefix_graph
from eda.arith.delays import XOR_UNITS, prefix_arrivals
from eda.arith.pruning import prune
from eda.ir.prefix import PrefixGraph


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 14))
    bits = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    arrivals = draw(st.lists(st.floats(0, 6), min_size=n, max_size=n))
    return PrefixGraph.legalised(np.array(bits).reshape(n, n)), arrivals


@settings(max_examples=150)
@given(graphs(), st.floats(0, 2))
def test_pruning_only_takes_nodes_away_and_keeps_the_limit(case, slack):
    graph, arrivals = case
    limit = max(prefix_arrivals(graph, arrivals, XOR_UNITS)) + slack
    pruned = prune(graph, arrivals, XOR_UNITS, limit)
    assert (pruned.bitmap <= graph.bitmap).all()
    assert max(prefix_arrivals(pruned, arrivals, XOR_UNITS)) <= limit + 1e-6
    assert prune(pruned, arrivals, XOR_UNITS, limit) == pruned


@pytest.mark.parametrize("kind", ["sklansky", "kogge-stone", "han-carlson", "brent-kung"])
def test_without_a_limit_only_the_ripple_is_left(kind):
    graph = prefix_graph(kind, [0.0] * 16, XOR_UNITS)
    assert prune(graph, [0.0] * 16, XOR_UNITS, 1e9).size == 15


def test_a_graph_that_is_late_already_comes_back():
    graph = prefix_graph("kogge-stone", [0.0] * 8, XOR_UNITS)
    assert prune(graph, [0.0] * 8, XOR_UNITS, 0.1) is graph

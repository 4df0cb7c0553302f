import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eda.arith.adders import CLASSICAL, prefix_graph
from eda.arith.delays import XOR_UNITS, prefix_arrivals

MODELS = [replace(XOR_UNITS, per_fanout=x) for x in (0.0, 0.15, 0.5)]
TIMES = st.lists(st.floats(0, 20), min_size=1, max_size=24)


def delay(graph, arrivals, delays):
    return max(prefix_arrivals(graph, arrivals, delays))


def hill(n):
    """Early at both ends, as the columns of a product are."""
    return [min(i * 24 / n, 12, (n - i) * 28 / n) for i in range(n)]


@settings(max_examples=60)
@given(TIMES, st.sampled_from(MODELS))
def test_never_slower_than_a_classical_adder(arrivals, delays):
    fitted = delay(prefix_graph("fitted", arrivals, delays), arrivals, delays)
    for kind in CLASSICAL:
        assert fitted <= delay(prefix_graph(kind, arrivals, delays), arrivals, delays) + 1e-6


@pytest.mark.parametrize("delays", MODELS, ids=lambda d: f"{d.per_fanout}")
@pytest.mark.parametrize("n", [31, 63, 127])
def test_smaller_than_the_fastest_classical_adder_on_a_product_s_profile(n, delays):
    arrivals = hill(n)
    rivals = [prefix_graph(kind, arrivals, delays) for kind in CLASSICAL]
    fastest = min(rivals, key=lambda g: (delay(g, arrivals, delays), g.size))
    fitted = prefix_graph("fitted", arrivals, delays)
    assert delay(fitted, arrivals, delays) <= delay(fastest, arrivals, delays) + 1e-6
    assert fitted.size < 0.85 * fastest.size


@pytest.mark.parametrize(("n", "size"), [(8, 12), (16, 31), (32, 74), (64, 168), (128, 369)])
def test_without_fan_out_cost_it_has_the_size_of_ladner_fischer_at_least_depth(n, size):
    graph = prefix_graph("fitted", [0.0] * n, MODELS[0])
    assert graph.depth == (n - 1).bit_length()
    assert graph.size <= size


def test_a_late_last_position_is_answered_by_a_short_way():
    graph = prefix_graph("fitted", [0.0] * 15 + [50.0], XOR_UNITS)
    nodes = graph.nodes
    last = (nodes.row == 15) & (nodes.column == 0)
    assert nodes.upper[last].tolist() == [-16], "the carry below is ready long before: one node on the late path"
    assert graph.size == 15


def test_early_low_positions_ripple():
    graph = prefix_graph("fitted", [4.0 * i for i in range(12)], XOR_UNITS)
    assert graph.size == 11


def test_equal_arrivals_give_equal_graphs():
    rng = random.Random(3)
    arrivals = [rng.random() * 9 for _ in range(40)]
    assert prefix_graph("fitted", arrivals, XOR_UNITS) == prefix_graph("fitted", list(arrivals), XOR_UNITS)

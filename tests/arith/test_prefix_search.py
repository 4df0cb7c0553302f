from itertools import product

import numpy as np
import pytest

from eda.arith.prefix_model import level_model
from eda.arith.prefix_search import search_depth, smallest
from eda.errors import UsageError
from eda.ir.prefix import PrefixGraph


def least_sizes(n):
    """By trying every legal bitmap: the least size for each depth up to n - 1."""
    places = [(i, j) for i in range(2, n) for j in range(1, i)]
    best = {}
    for choice in product((False, True), repeat=len(places)):
        bits = np.eye(n, dtype=bool)
        bits[:, 0] = True
        for place, on in zip(places, choice, strict=True):
            bits[place] = on
        graph = PrefixGraph.legalised(bits)
        if graph.depth not in best or graph.size < best[graph.depth]:
            best[graph.depth] = graph.size
    return {d: min(size for depth, size in best.items() if depth <= d) for d in range((n - 1).bit_length(), n)}


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_no_graph_of_that_depth_is_smaller(n):
    for depth, size in least_sizes(n).items():
        graph = search_depth(n, depth, moves=2000)
        assert (graph.depth <= depth, graph.size) == (True, size)


@pytest.mark.parametrize(("n", "depth", "size"), [(8, 3, 12), (16, 4, 31), (16, 5, 26), (32, 5, 74), (32, 6, 57), (64, 7, 130)])
def test_sizes_at_wider_adders(n, depth, size):
    graph = search_depth(n, depth, moves=20_000)
    assert graph.depth <= depth
    assert 2 * n - 2 - depth <= graph.size <= size


def test_a_depth_that_is_out_of_reach_is_refused():
    with pytest.raises(UsageError, match="depth 4"):
        search_depth(17, 4)


def test_a_limit_out_of_reach_gives_the_least_late():
    assert smallest([0.0] * 8, level_model(), 1.0, moves=2000).depth == 3


def test_starts_are_never_made_worse():
    best = search_depth(24, 5, moves=20_000)
    again = smallest([0.0] * 24, level_model(), 5.0, starts=[best], moves=10, seed=3)
    assert again.depth <= 5
    assert again.size <= best.size


def test_equal_arguments_give_equal_graphs():
    assert search_depth(20, 5, moves=3000) == search_depth(20, 5, moves=3000)

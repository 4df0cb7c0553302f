import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError
from eda.ir.prefix import PrefixGraph


def bitmaps(most=16):
    return st.integers(1, most).flatmap(
        lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=n, max_size=n).map(np.array)
    )


RIPPLE = PrefixGraph.of_groups(4, [])


def test_ripple_is_the_graph_without_further_groups():
    assert (RIPPLE.size, RIPPLE.depth, RIPPLE.max_fanout) == (3, 3, 1)
    assert RIPPLE.nodes.upper.tolist() == [-2, -3, -4]
    assert RIPPLE.nodes.lower.tolist() == [-1, 0, 1]


def test_text_draws_one_row_for_each_position():
    graph = PrefixGraph.of_groups(4, [(3, 2)])
    assert graph.text().splitlines() == [
        "prefix graph of 4 positions: 4 nodes, depth 2, fan-out 2",
        "  #",
        "  ##",
        "  #.#",
        "  #.##",
    ]
    assert repr(graph) == graph.text()


@given(bitmaps())
def test_legalising_is_idempotent_and_only_adds(bitmap):
    graph = PrefixGraph.legalised(bitmap)
    assert (graph.bitmap >= np.tril(bitmap)).all()
    assert PrefixGraph.legalised(graph.bitmap) == graph


@given(bitmaps())
def test_parents_cover_their_node_without_overlap(bitmap):
    graph = PrefixGraph.legalised(bitmap)
    nodes = graph.nodes

    def group(number):
        return (-1 - number, -1 - number) if number < 0 else (int(nodes.row[number]), int(nodes.column[number]))

    for m in range(graph.size):
        upper, lower = group(int(nodes.upper[m])), group(int(nodes.lower[m]))
        assert upper[0] == nodes.row[m]
        assert lower[1] == nodes.column[m]
        assert upper[1] == lower[0] + 1
        assert max(nodes.upper[m], nodes.lower[m]) < m
        levels = [graph.level[p] if p >= 0 else 0 for p in (nodes.upper[m], nodes.lower[m])]
        assert graph.level[m] == 1 + max(levels)
    assert graph.fanout.sum() + graph.input_fanout.sum() == 2 * graph.size
    assert graph.size + graph.depth >= 2 * graph.n - 2, "Snir's bound"


@given(bitmaps(8), st.data())
def test_toggling_gives_another_legal_graph(bitmap, data):
    graph = PrefixGraph.legalised(bitmap)
    if graph.n > 2:
        i = data.draw(st.integers(2, graph.n - 1))
        j = data.draw(st.integers(1, i - 1))
        toggled = graph.toggled(i, j)
        if not graph.bitmap[i, j]:
            assert toggled.bitmap[i, j]
            assert toggled != graph
            assert toggled.digest != graph.digest


def test_digest_and_equality_follow_the_bitmap():
    assert PrefixGraph.of_groups(3, [(2, 1)]) == PrefixGraph.legalised(np.ones((3, 3)))
    assert hash(PrefixGraph.of_groups(3, [])) == hash(PrefixGraph.of_groups(3, []))
    assert PrefixGraph.of_groups(3, []).digest != PrefixGraph.of_groups(3, [(2, 1)]).digest


@pytest.mark.parametrize(
    ("bitmap", "complaint"),
    [
        ([[1, 1], [1, 1]], r"node \(0:1\) lies above the diagonal"),
        ([[1, 0], [0, 1]], "must be set"),
        ([[1, 0, 0], [1, 0, 0], [1, 0, 1]], "must be set"),
        (np.zeros((2, 3)), "square bitmap"),
        (np.zeros((0, 0)), "square bitmap"),
    ],
)
def test_malformed_bitmaps_are_refused(bitmap, complaint):
    with pytest.raises(InputError, match=complaint):
        PrefixGraph(np.array(bitmap))


def test_a_missing_lower_parent_is_named():
    bits = np.eye(4)
    bits[:, 0] = 1
    bits[3, 1] = 1
    with pytest.raises(InputError, match=r"node \(3:1\) lacks its lower parent \(2:1\)"):
        PrefixGraph(bits)


@pytest.mark.parametrize("place", [(2, 0), (2, 2), (4, 1), (0, 0)])
def test_fixed_places_cannot_be_toggled(place):
    with pytest.raises(InputError, match="fixed or does not exist"):
        RIPPLE.toggled(*place)

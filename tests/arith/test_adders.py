import pytest

from eda.arith.adders import CLASSICAL, add_rows, prefix_graph
from eda.arith.delays import XOR_UNITS
from eda.errors import UsageError
from eda.ir.builder import Builder
from eda.ir.prefix import PrefixGraph
from eda.ir.simulate import run

# size / depth / most uses of one node by operator nodes
TABLE = {
    16: "15/15/1 32/4/8 49/4/4 26/6/4 32/5/4 31/4/8 27/5/5 26/6/4",
    32: "31/31/1 80/5/16 129/5/5 57/8/5 80/6/5 74/5/16 62/6/9 58/7/6",
    64: "63/63/1 192/6/32 321/6/6 120/10/6 192/7/6 168/6/32 137/7/17 125/8/10",
    128: "127/127/1 448/7/64 769/7/7 247/12/7 448/8/7 369/7/64 295/8/33 264/9/18",
}
ORDER = (*CLASSICAL, "ladner-fischer-1", "ladner-fischer-2")


def graph(kind, n):
    return prefix_graph(kind, [0.0] * n, XOR_UNITS)


@pytest.mark.parametrize("n", TABLE)
def test_sizes_depths_and_fan_outs_are_those_of_the_textbooks(n):
    found = [graph(kind, n) for kind in ORDER]
    assert " ".join(f"{g.size}/{g.depth}/{g.max_fanout}" for g in found) == TABLE[n]


@pytest.mark.parametrize("kind", ORDER)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 7, 11, 31])
def test_any_number_of_positions_gives_a_legal_graph(kind, n):
    g = graph(kind, n)
    g.verify()
    assert g.depth <= (n - 1 if kind == "ripple" else 2 * n.bit_length())


def test_least_depth_is_kept_at_odd_sizes():
    for n in (3, 9, 23, 100):
        for kind in ("sklansky", "kogge-stone", "ladner-fischer"):
            assert graph(kind, n).depth == (n - 1).bit_length()


def test_an_unknown_adder_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'brent-kung'"):
        graph("brentkung", 4)


@pytest.mark.parametrize("kind", [*ORDER, "fitted"])
@pytest.mark.parametrize("shape", [(2, 2, 2, 2), (1, 2, 1, 2, 0), (2, 1, 1, 0, 0), (1, 1), (0, 2), (2,), (2, 0, 2, 1)], ids=str)
def test_rows_of_any_shape_are_added_modulo_their_width(kind, shape):
    b = Builder("rows")
    nets = iter(b.input("x", sum(shape)))
    rows = [[next(nets) for _ in range(height)] for height in shape]
    final = add_rows(b, rows, [0.0] * len(rows), lambda times: prefix_graph(kind, times, XOR_UNITS))
    b.output("p", final.sums)
    words = list(range(1 << sum(shape)))
    weights = [c for c, height in enumerate(shape) for _ in range(height)]
    expected = [sum((w >> k & 1) << c for k, c in enumerate(weights)) % (1 << len(shape)) for w in words]
    assert run(b.build(), {"x": words})["p"] == expected


def test_rows_without_a_column_of_two_need_no_carry():
    b = Builder("rows")
    x = b.input("x", 3)
    final = add_rows(b, [[x[0]], [], [x[1]]], [0.0] * 3, lambda times: pytest.fail("no graph is needed"))
    assert final.graph is None
    assert final.sums == (x[0], 0, x[1])


def test_the_adder_begins_at_the_first_column_of_two():
    b = Builder("rows")
    x = b.input("x", 6)
    seen = []

    def choose(times):
        seen.extend(times)
        return graph("ripple", len(times))

    final = add_rows(b, [x[:1], x[1:2], x[2:4], x[4:6], []], [0.0, 1.0, 2.0, 3.0, 4.0], choose)
    assert seen == [2.0, 3.0]
    assert final.low == 2
    assert final.graph == PrefixGraph.of_groups(2, [])

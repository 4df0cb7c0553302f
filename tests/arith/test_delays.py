from dataclasses import replace

import pytest

from eda.arith.adders import prefix_graph
from eda.arith.delays import XOR_UNITS, prefix_arrivals
from eda.ir.prefix import PrefixGraph

PLAIN = replace(XOR_UNITS, prefix=1.0, per_fanout=0.0)


@pytest.mark.parametrize("kind", ["sklansky", "kogge-stone", "brent-kung"])
def test_with_unit_nodes_and_equal_arrivals_the_last_carry_is_the_depth(kind):
    graph = prefix_graph(kind, [0.0] * 16, PLAIN)
    assert max(prefix_arrivals(graph, [0.0] * 16, PLAIN)) == graph.depth


def test_every_reader_delays_a_node_and_an_input():
    delays = replace(XOR_UNITS, prefix=1.0, per_fanout=0.25)
    graph = PrefixGraph.of_groups(3, [(2, 0)])
    assert prefix_arrivals(graph, [0.0, 0.0, 0.0], delays) == [0.25, 1.5, 2.5]


def test_a_late_input_delays_the_carries_from_its_position_on():
    graph = prefix_graph("ripple", [0.0] * 4, PLAIN)
    assert prefix_arrivals(graph, [0.0, 0.0, 7.0, 0.0], PLAIN) == [0.0, 1.0, 8.0, 9.0]


def test_pins_are_ordered_by_their_delay_to_the_sum():
    assert XOR_UNITS.pins_by_speed[-1] == 2
    slow_ci = replace(XOR_UNITS, full_adder=((1.0, 1.0), (2.0, 1.0), (3.0, 1.0)))
    assert slow_ci.pins_by_speed == (2, 1, 0)

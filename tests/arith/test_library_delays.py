import numpy as np
import pytest

from eda.arith.delays import XOR_UNITS
from eda.arith.generate import add_tree
from eda.arith.library_delays import library_delays
from eda.arith.lower import lower
from eda.arith.trees import compress
from eda.errors import UsageError
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap
from eda.tech.pdk import find_pdk
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze


@pytest.fixture(scope="module")
def nangate45():
    return library_delays(find_pdk("nangate45"))


def test_nangate45_adders_are_slow_to_the_sum_on_every_pin(nangate45):
    """The asymmetry of the cell is sum against carry, not pin against pin."""
    sums, carries = np.array(nangate45.full_adder).T
    assert sums.max() < 1.1 * sums.min()
    assert carries.max() < 0.8 * sums.min()
    (sum_a, carry_a), _ = nangate45.half_adder
    assert carry_a < sum_a < 0.6 * sums.min()


def test_gates_cost_less_than_adders(nangate45):
    assert 0 < nangate45.per_fanout < nangate45.prefix < nangate45.xor2
    assert nangate45.and2 < nangate45.xor2 < nangate45.full_adder[0][0]


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_trees_wired_by_library_arcs_settle_earlier_in_exact_timing(nangate45, width):
    by_arcs = settled("tdm", nangate45, width)
    assert by_arcs < settled("tdm", XOR_UNITS, width)
    assert by_arcs < 0.9 * settled("dadda", XOR_UNITS, width)


def settled(kind, delays, width):
    """Latest arrival (ps) of the tree alone in FA_X1 and HA_X1, its bits at 50 ps."""
    b = Builder("tree")
    dots = b.input("x", width * width)
    heap = BitHeap.empty(2 * width)
    for j in range(width):
        heap = heap.add_dots(range(j, j + width), dots[j * width : (j + 1) * width])
    tree = compress(kind, heap, delays)
    nets = add_tree(b, tree)
    b.output("y", [nets[x] for row in tree.rows for x in row])
    pdk = find_pdk("nangate45")
    mapped = lower(b.build(), "cells", pdk)
    return analyze(mapped, pdk.library, Constraints(input_delay_ps=50.0, input_slew_ps=20.0, load_ff=1.6)).delay_ps


@pytest.mark.parametrize("kit", ["asap7", "sky130hd"])
def test_other_kits_have_delays_of_their_own(eda_data, nangate45, kit):
    delays = library_delays(find_pdk(kit, eda_data / "pdk"))
    assert delays != nangate45
    assert min(min(pair) for pair in (*delays.full_adder, *delays.half_adder)) > 0


def test_inverted_outputs_cost_an_inverter(eda_data):
    kit = find_pdk("asap7", eda_data / "pdk")
    assert kit.defaults.full_adder.sum_inverted
    with_inverter = library_delays(kit).full_adder[0][0]
    assert with_inverter > 1.1 * library_delays(kit).half_adder[0][1]


def test_a_kit_without_adders_is_refused(eda_data):
    with pytest.raises(UsageError, match="ihp-sg13g2 has no full- and half-adder cells"):
        library_delays(find_pdk("ihp-sg13g2", eda_data / "pdk"))

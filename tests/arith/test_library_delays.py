import numpy as np
import pytest

from eda.arith.delays import XOR_UNITS, tree_arrivals
from eda.arith.generate import generate
from eda.arith.library_delays import library_delays
from eda.errors import UsageError
from eda.tech.pdk import find_pdk


@pytest.fixture(scope="module")
def nangate45():
    return library_delays(find_pdk("nangate45"))


def test_nangate45_adders_are_slow_to_the_sum_on_every_pin(nangate45):
    """At 3.5 fF: sum in 117 to 132 ps, carry in 73 to 88 ps; the asymmetry is sum against carry, not pin against pin."""
    sums, carries = np.array(nangate45.full_adder).T
    assert (sums > 110).all()
    assert (sums < 135).all()
    assert (carries > 70).all()
    assert (carries < 90).all()
    (sum_a, carry_a), _ = nangate45.half_adder
    assert 35 < carry_a < sum_a < 70


def test_gates_cost_less_than_adders(nangate45):
    assert 0 < nangate45.per_fanout < nangate45.prefix < nangate45.xor2
    assert nangate45.and2 < nangate45.xor2 < nangate45.full_adder[0][0]


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_library_arcs_make_a_faster_tree_of_library_cells_than_units_do(nangate45, width):
    arcs = generate("multiplier", width, tree="tdm", delays=nangate45).tree
    units = generate("multiplier", width, tree="tdm", delays=XOR_UNITS).tree
    by_units = max(tree_arrivals(_timed(units, nangate45), nangate45))
    assert max(tree_arrivals(arcs, nangate45)) < by_units


def _timed(tree, delays):
    """`tree` with the dots of an AND array in the unit of `delays`."""
    from dataclasses import replace

    return replace(tree, heap=replace(tree.heap, arrival=np.full((tree.heap.n_dots, 2), delays.and2)))


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

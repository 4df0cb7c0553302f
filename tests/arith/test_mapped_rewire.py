"""Wiring and forms chosen together: the tree stays a tree of the same heap, and the netlist is proven through it."""

from __future__ import annotations

import numpy as np
import pytest

from eda.arith.composite_delays import composite_delays
from eda.arith.generate import generate
from eda.arith.mapped import map_design
from eda.arith.mapped_rewire import rewire
from eda.errors import UnsupportedError, UsageError
from eda.proof.check import check_spec
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze


@pytest.fixture(scope="module")
def pdk() -> Pdk:
    return find_pdk("nangate45")


@pytest.mark.parametrize(
    ("kind", "width", "signed", "ppg"),
    [("multiplier", 4, False, "and"), ("multiplier", 6, True, "booth"), ("mac", 4, True, "and"), ("squarer", 6, False, "and")],
)
def test_what_is_wired_anew_is_proven(pdk: Pdk, kind: str, width: int, signed: bool, ppg: str) -> None:
    design = generate(kind, width, signed=signed, ppg=ppg, tree="dadda")
    for seed in (1, 2, 3):
        rewired, netlist = rewire(design, pdk, target_ps=0.0, effort=60, seed=seed)
        assert check_spec(rewired.netlist, design.spec).status == "proven"
        verdict = check_spec(netlist, design.spec, via=rewired.netlist)
        assert verdict.status == "proven", str(verdict)


def test_the_heap_the_counts_and_the_final_adder_stay(pdk: Pdk) -> None:
    design = generate("multiplier", 8, tree="dadda", adder="brent-kung")
    rewired, _ = rewire(design, pdk, target_ps=0.0, effort=50)
    assert rewired.prefix == design.prefix
    assert rewired.tree.heap.columns == design.tree.heap.columns
    for tree in (rewired.tree, design.tree):
        assert np.array_equal(np.sort(tree.column), np.sort(design.tree.column))
    assert rewired.tree.digest != design.tree.digest


def test_a_badly_wired_tree_gets_faster(pdk: Pdk) -> None:
    design = generate("multiplier", 8, tree="dadda", adder="sklansky")
    around = Constraints(driver=pdk.defaults.driver, load_ff=pdk.defaults.load_ff)
    before = analyze(map_design(design, pdk, target_ps=0.0, effort=100), pdk.library, around).delay_ps
    _, netlist = rewire(design, pdk, target_ps=0.0, effort=500)
    assert analyze(netlist, pdk.library, around).delay_ps < 0.97 * before


def test_equal_seeds_give_equal_results(pdk: Pdk) -> None:
    design = generate("multiplier", 5)
    (a, first), (b, second) = (rewire(design, pdk, target_ps=0.0, effort=40, seed=7) for _ in range(2))
    assert first == second
    assert a.tree.digest == b.tree.digest


def test_a_design_without_its_low_bits_is_refused(pdk: Pdk) -> None:
    design = generate("multiplier", 6, drop_bits=3)
    with pytest.raises(UnsupportedError, match="without its low bits"):
        rewire(design, pdk, target_ps=0.0)


def test_delays_of_forms_know_the_fast_pin(pdk: Pdk) -> None:
    delays = composite_delays(pdk, "shared")
    a, _, ci = delays.full_adder
    assert ci[0] < 0.7 * a[0]
    assert delays.pins_by_speed[-1] == 2
    with pytest.raises(UsageError, match=r"has no form 'share'.*shared"):
        composite_delays(pdk, "share")

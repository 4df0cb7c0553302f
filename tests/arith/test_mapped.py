"""Direct mapping: every mapped netlist is proven, small ones over all operands; area falls and delay follows the limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eda.arith.composites import composites
from eda.arith.generate import Design, generate
from eda.arith.mapped import map_design, map_front
from eda.errors import EdaError, UnsupportedError, UsageError
from eda.ir.builder import Builder
from eda.ir.cells import flip_flop
from eda.ir.netlist import Netlist
from eda.proof.check import check_spec
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

KITS = ("nangate45", "osu018", "osu035", "sky130hd", "asap7", "ihp-sg13g2")
LIMITS = (None, 0.0)


@pytest.fixture(scope="module", params=KITS)
def pdk(request: pytest.FixtureRequest) -> Pdk:
    try:
        return find_pdk(request.param)
    except EdaError as e:
        pytest.skip(str(e))


@pytest.fixture(scope="module")
def nangate() -> Pdk:
    return find_pdk("nangate45")


def prove(netlist: Netlist, design: Design, pdk: Pdk) -> None:
    assert not [t.name for t in netlist.types if t.is_generic]
    assert all(pdk.is_usable(pdk.library.cell(t.name)) for t in netlist.types)
    verdict = check_spec(netlist, design.spec, via=design.netlist)
    assert verdict.status == "proven", str(verdict)


def around(pdk: Pdk) -> Constraints:
    return Constraints(driver=pdk.defaults.driver, load_ff=pdk.defaults.load_ff)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("options", [{}, {"signed": True}, {"ppg": "booth"}, {"ppg": "booth", "signed": True}])
@pytest.mark.parametrize("kind", ["multiplier", "mac", "dot"])
def test_products_are_proven_in_every_form(nangate: Pdk, kind: str, options: dict[str, Any], limit: float | None) -> None:
    for width, tree, adder in ((1, "dadda", "ripple"), (3, "tdm", "sklansky"), (5, "wallace", "brent-kung")):
        design = generate(kind, width, tree=tree, adder=adder, **options)
        prove(map_design(design, nangate, target_ps=limit), design, nangate)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(
    "adder", ["ripple", "sklansky", "kogge-stone", "brent-kung", "han-carlson", "ladner-fischer-1", "fitted"]
)
def test_every_final_adder_is_proven(nangate: Pdk, adder: str, limit: float | None) -> None:
    for kind, width in (("multiplier", 6), ("squarer", 5), ("adder", 9)):
        design = generate(kind, width, adder=adder, signed=width == 5)
        prove(map_design(design, nangate, target_ps=limit), design, nangate)


@pytest.mark.parametrize("limit", LIMITS)
def test_every_kit_is_proven(pdk: Pdk, limit: float | None) -> None:
    for options in ({"kind": "multiplier", "width": 6}, {"kind": "mac", "width": 4, "signed": True, "ppg": "booth"}):
        design = generate(**options, adder="brent-kung")
        prove(map_design(design, pdk, target_ps=limit), design, pdk)


def test_every_implementation_can_be_asked_for(nangate: Pdk) -> None:
    design = generate("multiplier", 5, tree="tdm")
    found = {}
    for number, composite in enumerate(composites(nangate).full):
        full = design.tree.is_full
        netlist = map_design(design, nangate, impl=np.where(full, number, -1).tolist(), target_ps=0.0)
        prove(netlist, design, nangate)
        found[composite.name] = netlist.count_by_type()
    assert found["cell"]["FA_X1"] == design.tree.n_full
    assert "FA_X1" not in found["aoi"]
    assert found["mux"]["MUX2_X1"] == design.tree.n_full


def test_all_products_of_six_bits(nangate: Pdk) -> None:
    design = generate("multiplier", 6, tree="tdm", adder="sklansky")
    for netlist in map_front(design, nangate, 4):
        prove(netlist, design, nangate)


@pytest.mark.parametrize("width", [8, 16])
def test_the_least_area_is_near_the_floor(nangate: Pdk, width: int) -> None:
    """A NOR or NAND for each product and a full-adder cell for each dot that must go (docs: bounds of an AND array)."""
    cell = {name: nangate.library.cell(name).area for name in ("NAND2_X1", "INV_X1", "FA_X1", "HA_X1")}
    floor = cell["NAND2_X1"] * width**2 + 2 * cell["INV_X1"] * width
    floor += cell["FA_X1"] * (width**2 - 2 * width) + cell["HA_X1"] * width
    design = generate("multiplier", width, tree="tdm", adder="ripple")
    netlist = map_design(design, nangate)
    prove(netlist, design, nangate)
    assert area(netlist, nangate.library) < floor


def test_a_tighter_limit_is_faster_and_larger(nangate: Pdk) -> None:
    design = generate("multiplier", 16, tree="tdm", adder="fitted")
    front = map_front(design, nangate, 5)
    delays = [analyze(netlist, nangate.library, around(nangate)).delay_ps for netlist in front]
    areas = [area(netlist, nangate.library) for netlist in front]
    assert areas == sorted(areas)
    assert delays[-1] < 0.8 * delays[0]


def test_late_inputs_and_early_outputs_count(nangate: Pdk) -> None:
    design = generate("adder", 16, adder="brent-kung")
    late = replace(around(nangate), input_delay_ps={f"a[{k}]": 500.0 for k in range(4)}, output_delay_ps={"p[16]": 100.0})
    fast, slow = (map_design(design, nangate, target_ps=800.0, constraints=c) for c in (late, None))
    assert area(fast, nangate.library) > area(slow, nangate.library)
    assert analyze(fast, nangate.library, late).delay_ps < analyze(slow, nangate.library, late).delay_ps


def test_effort_makes_the_fast_end_smaller(nangate: Pdk) -> None:
    design = generate("multiplier", 8, tree="tdm", adder="sklansky")
    plain, walked = (map_design(design, nangate, target_ps=0.0, effort=effort) for effort in (0, 100))
    prove(walked, design, nangate)
    assert area(walked, nangate.library) < area(plain, nangate.library)
    assert (
        analyze(walked, nangate.library, around(nangate)).delay_ps
        < 1.05 * analyze(plain, nangate.library, around(nangate)).delay_ps
    )


def test_ports_and_names_are_those_of_the_design(nangate: Pdk) -> None:
    design = generate("multiplier", 4)
    netlist = map_design(design, nangate)
    assert [(p.name, p.left, p.right) for p in netlist.ports] == [(p.name, p.left, p.right) for p in design.netlist.ports]
    assert netlist == map_design(design, nangate)
    assert "p[3]" in netlist.net_by_name


def test_what_does_not_fit_is_refused(nangate: Pdk) -> None:
    design = generate("multiplier", 4)
    with pytest.raises(UsageError, match="impl has 1 entries, the tree has"):
        map_design(design, nangate, impl=[0])
    with pytest.raises(UsageError, match=r"impl\[0\] is 99"):
        map_design(design, nangate, impl=[99] * design.tree.n_compressors)


def test_other_cells_are_refused(nangate: Pdk) -> None:
    from eda.arith.mapped_network import network_of

    b = Builder("register")
    b.output("q", b.cell(flip_flop(), [b.input("clk")[0], b.input("d")[0]])[0])
    with pytest.raises(UnsupportedError, match=r"found a cell \$dff_p"):
        network_of(b.build())

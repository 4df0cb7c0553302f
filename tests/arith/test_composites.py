"""Every implementation of an adder is one, at the polarity it states, and is characterised as the timer sees it."""

import numpy as np
import pytest

from eda.arith.composite_gates import FUNCTIONS, gate, gates_of
from eda.arith.composites import CARRY, FULL_FORMS, SUM, Composite, composites
from eda.errors import EdaError, UsageError
from eda.ir.builder import Builder
from eda.ir.netlist import Netlist
from eda.ir.simulate import run
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

KITS = ("nangate45", "osu018", "osu035", "sky130hd", "asap7", "ihp-sg13g2")


@pytest.fixture(scope="module", params=KITS)
def pdk(request: pytest.FixtureRequest) -> Pdk:
    try:
        return find_pdk(request.param)
    except EdaError as e:
        pytest.skip(str(e))


@pytest.fixture(scope="module")
def nangate() -> Pdk:
    return find_pdk("nangate45")


def alone(composite: Composite) -> Netlist:
    b = Builder("composite")
    pins = [b.input(pin)[0] for pin in composite.pins[: composite.n_inputs]]
    for name, net in zip(("s", "co"), composite.place(b, pins), strict=True):
        b.output(name, net)
    return b.build()


def test_every_implementation_adds_its_inputs_at_the_polarity_it_states(pdk: Pdk) -> None:
    offered = composites(pdk)
    for composite in (*offered.full, *offered.half):
        n = composite.n_inputs
        true = [[m >> k & 1 for m in range(1 << n)] for k in range(n)]
        given = {p: [v ^ inv for v in t] for p, t, inv in zip(composite.pins, true, composite.inverted, strict=False)}
        out = run(alone(composite), given)
        total = [m.bit_count() for m in range(1 << n)]
        assert [v ^ composite.inverted[n] for v in out["s"]] == [t & 1 for t in total], composite
        assert [v ^ composite.inverted[n + 1] for v in out["co"]] == [t >> 1 for t in total], composite


def test_number_one_is_the_plain_form_and_zero_the_cell_of_the_kit(pdk: Pdk) -> None:
    offered = composites(pdk)
    for adder, forms in ((pdk.defaults.full_adder, offered.full), (pdk.defaults.half_adder, offered.half)):
        assert forms[1].name == "gates"
        assert forms[0].cells == (forms[1].cells if adder is None else (adder.cell,))


def test_all_forms_are_offered_where_the_kit_has_their_gates(nangate: Pdk) -> None:
    names = composites(nangate).names(3)
    assert len(set(names)) == len(names)
    missing = set(FULL_FORMS) - set(names)
    assert missing == {"muxi", "majority", "majority-inv"}
    assert not gates_of(nangate, "MAJ")


def test_the_table_of_a_single_cell_is_that_of_the_timer(nangate: Pdk) -> None:
    offered = composites(nangate)
    cell = offered.full[0]
    netlist = alone(cell)
    for i, j in ((0, 0), (3, 2), (6, 6)):
        timing = analyze(netlist, nangate.library, Constraints(input_slew_ps=offered.slews[i], load_ff=offered.loads[j]))
        for output, port in ((SUM, "s"), (CARRY, "co")):
            net = netlist.net_by_name[port]
            assert timing.arrival[net] == pytest.approx(cell.delay[:, output, :, i, j].max(axis=0))
            assert timing.slew[net] == pytest.approx(cell.slew[:, output, :, i, j].max(axis=0))


def test_tables_of_several_cells_follow_the_timer(pdk: Pdk) -> None:
    """The timer merges the slews of all pins at inner nets, a table has those of one pin: a small difference."""
    offered = composites(pdk)
    i, j = len(offered.slews) // 3, len(offered.loads) // 3
    for composite in (*offered.full, *offered.half):
        netlist = alone(composite)
        loads = {"s": offered.loads[j], "co": 0.0}
        timing = analyze(netlist, pdk.library, Constraints(input_slew_ps=offered.slews[i], load_ff=loads))
        exact = timing.arrival[netlist.net_by_name["s"]].max()
        assert composite.delay[:, SUM, :, i, j].max() == pytest.approx(exact, rel=0.05), composite


def test_areas_and_capacitances_are_those_of_the_cells(nangate: Pdk) -> None:
    shared = next(c for c in composites(nangate).full if c.name == "shared")
    assert shared.area == pytest.approx(sum(nangate.library.cell(name).area for name in shared.cells))
    netlist = alone(shared)
    load = analyze(netlist, nangate.library, Constraints()).load
    assert load[[netlist.net_by_name[p] for p in ("a", "b", "ci")]] == pytest.approx(shared.cap)


def test_delays_grow_with_load(pdk: Pdk) -> None:
    for composite in composites(pdk).full:
        assert (np.diff(composite.delay, axis=-1) > -1e-9).all(), composite


def test_gates_compute_their_function_and_grow(pdk: Pdk) -> None:
    for function in FUNCTIONS:
        areas = [g.cell.area for g in gates_of(pdk, function)]
        assert areas == sorted(set(areas))
    aoi = gate(pdk, "AOI21")
    b = Builder("aoi")
    operands = [b.input(name)[0] for name in "abc"]
    b.output("y", b.cell(aoi.cell.type, [operands[k] for k in aoi.order])[0])
    values = {name: [m >> k & 1 for m in range(8)] for k, name in enumerate("abc")}
    expected = [1 - (a | b & c) for a, b, c in zip(*values.values(), strict=True)]
    assert run(b.build(), values)["y"] == expected


def test_a_missing_gate_is_named(nangate: Pdk) -> None:
    with pytest.raises(UsageError, match=r"nangate45 has no usable cell for a & b \| a & c \| b & c"):
        gate(nangate, "MAJ")


def test_a_larger_size_than_there_is_means_the_largest(nangate: Pdk) -> None:
    assert gate(nangate, "NAND", 99) == gates_of(nangate, "NAND")[-1]

"""The real process kits, where they are installed: counts, units, adders, every table against a second way to read it."""

import random

import numpy as np
import pytest

from eda.errors import ToolNotFound
from eda.ir import logic
from eda.ir.files import read_text
from eda.tech.liberty_syntax import Source, parse_library, split
from eda.tech.library import ArcKind
from eda.tech.pdk import find_pdk

# cells, cell_rise tables in the text, internal-power groups, LEF macros, ps per time unit, fF per capacitance unit
KITS = {
    "nangate45": (135, 1135, 2459, 135, 1000, 1),
    "sky130hd": (428, 1341, 2477, 441, 1000, 1000),
    "asap7": (202, 5137, 24302, 212, 1, 1),
    "ihp-sg13g2": (84, 256, 499, 84, 1000, 1000),
    "osu035": (39, 77, 85, 40, 1000, 1000),
    "osu018": (32, 71, 79, 33, 1000, 1000),
}
BLACK_BOXES = {
    "nangate45": {"CLKGATE": 8, "TBUF": 5, "TINV": 1, "TLAT": 1},
    "sky130hd": {"sky130_fd_sc_hd__dlclkp": 3, "sky130_fd_sc_hd__sdlclkp": 3, "sky130_fd_sc_hd__e": 13},
    "asap7": {"ICG": 10},
    "ihp-sg13g2": {"sg13g2_e": 6, "sg13g2_lgcp": 1, "sg13g2_slgcp": 1, "sg13g2_sighold": 1},
    "osu035": {"PADINOUT": 1, "TBUF": 2},
    "osu018": {"TBUF": 2},
}
OTHER_AREA = {
    "sky130hd": ["sky130_fd_sc_hd__dfsbp_2"],
    "ihp-sg13g2": ["sg13g2_a22oi_1", "sg13g2_sdfrbpq_2"],
    "osu018": ["LATCH", "NAND3X1", "OAI21X1"],
    "osu035": ["LATCH", "NAND3X1", "OAI21X1", "PADINC", "PADINOUT", "PADOUT", "PADFC"],
}
_kits = {}


@pytest.fixture(params=KITS)
def name(request):
    return request.param


@pytest.fixture
def kit(name, request):
    try:
        if name in ("asap7", "sky130hd", "ihp-sg13g2"):
            return _kept(name, request.getfixturevalue("eda_data") / "pdk")
        return _kept(name, None)
    except ToolNotFound as e:
        pytest.skip(str(e))


def _kept(name, root):
    if name not in _kits:
        _kits[name] = find_pdk(name, root=root)
    return _kits[name]


@pytest.fixture
def tree(kit):
    return parse_library(Source(read_text(kit.liberty_files[0]), kit.liberty_files[0]))


def test_cells_and_groups_are_complete(name, kit, tree):
    cells, rises, powers, macros, _, _ = KITS[name]
    assert len(kit.library.cells) == cells
    assert len(list(tree.each("cell"))) == cells
    assert sum(len(list(t.each("cell_rise"))) for _, _, t in timing_groups(tree)) == rises
    assert len(kit.library.powers.cell) == powers
    assert len(kit.lef.macros) == macros
    assert kit.changed_files() == []


def test_every_cell_has_an_outline_of_its_area(name, kit):
    """Liberty and LEF of some kits contradict each other; those cells are known."""
    cells = kit.library.cells
    assert {c.name for c in cells if c.area != pytest.approx(kit.lef.macro(c.name).area)} == set(OTHER_AREA.get(name, ()))


def test_pins_of_cells_and_outlines_agree(kit):
    for cell in kit.library.cells:
        pins = {p.name for p in kit.lef.macro(cell.name).pins}
        assert set(cell.type.inputs + cell.type.outputs) <= pins, cell.name


def test_only_cells_with_hidden_state_or_three_states_are_black_boxes(name, kit):
    boxes = [c.name for c in kit.library.cells if None in c.type.functions]
    counts = {prefix: sum(b.startswith(prefix) for b in boxes) for prefix in BLACK_BOXES[name]}
    assert counts == BLACK_BOXES[name]
    assert len(boxes) == sum(counts.values())


def test_combinational_outputs_depend_on_every_input_with_an_arc(kit):
    lib = kit.library
    for i in np.flatnonzero(lib.arcs.kind == ArcKind.COMBINATIONAL):
        kind = lib.cells[lib.arcs.cell[i]].type
        source, function = lib.arcs.source[i], kind.functions[lib.arcs.target[i]]
        if kind.is_combinational and source < len(kind.inputs):
            assert logic.depends_on(function, kind.inputs, kind.inputs[source]), kind.name


def test_every_arc_has_tables_and_axes_are_sensible(kit):
    lib = kit.library
    timed = np.isin(lib.arcs.kind, (ArcKind.COMBINATIONAL, ArcKind.EDGE))
    assert (lib.arcs.delay[timed].max(axis=1) >= 0).all()
    assert ((lib.arcs.delay >= 0) == (lib.arcs.slew >= 0))[timed].all()
    rows = lib.arcs.delay[timed]
    rows = rows[rows >= 0]
    largest_slew = np.where(np.isfinite(lib.tables.axis0[rows]), lib.tables.axis0[rows], 0).max()
    largest_load = np.where(np.isfinite(lib.tables.axis1[rows]), lib.tables.axis1[rows], 0).max()
    assert 100 < largest_slew < 10_000  # ps
    assert 10 < largest_load < 10_000  # fF


def test_the_supply_is_a_supply(kit):
    assert 0.6 < kit.library.voltage < 4.0
    assert 1e-3 < kit.signal_wire.c < 1.0
    assert 1e-5 < kit.signal_wire.r < 0.1


def timing_groups(tree):
    for cell in tree.each("cell"):
        for pin in cell.each("pin"):
            for group in pin.each("timing"):
                yield cell, pin, group


def test_tables_equal_a_plain_reading_of_the_text(name, kit, tree):
    """A sample of arcs, each found again by its pins, type and condition, and its tables read number by number."""
    lib, time_unit, cap_unit = kit.library, *KITS[name][4:]
    templates = {t.arguments()[0]: t for t in tree.each("lu_table_template")}
    groups = list(timing_groups(tree))
    checked = 0
    for cell, pin, group in random.Random(7).sample(groups, min(150, len(groups))):
        kind = lib.cell(cell.arguments()[0]).type
        rows = arcs_like(lib, kind, pin.arguments()[0], group)
        for table in group.each("cell_rise", "cell_fall", "rise_constraint", "fall_constraint"):
            if group.get("timing_type") in ("combinational_rise", "combinational_fall"):
                continue
            edge = int("fall" in table.name)
            expected = plain_table(table, templates, time_unit, cap_unit)
            assert any(same_table(lib.tables, lib.arcs.delay[i, edge], expected) for i in rows), (kind.name, pin.args)
            checked += 1
    assert checked > 50


def arcs_like(lib, kind, pin, group):
    pins = kind.inputs + kind.outputs
    related = {pins.index(r) for r in split(group.get("related_pin")) if r in pins}
    position = (kind.outputs if pin in kind.outputs else kind.inputs).index(pin)
    return [i for i in lib.cell(kind.name).arcs if lib.arcs.target[i] == position and lib.arcs.source[i] in related]


def plain_table(table, templates, time_unit, cap_unit):
    numbers = [float(w) for w in table.get("values").replace('"', " ").replace("\\", " ").replace(",", " ").split()]
    template = templates.get(table.arguments()[0])
    axes = {0: [0.0], 1: [0.0]}
    order = []
    for i in (1, 2):
        variable = template.get(f"variable_{i}") if template else ""
        if variable:
            unit = cap_unit if "capacitance" in variable else time_unit
            side = int("capacitance" in variable or variable.startswith("constrained"))
            text = table.get(f"index_{i}") or template.get(f"index_{i}")
            axes[side] = [float(w) * unit for w in text.replace('"', "").replace(",", " ").split()]
            order.append(side)
    values = {}
    for k, number in enumerate(numbers):
        if order == [1, 0]:
            values[k % len(axes[0]), k // len(axes[0])] = number * time_unit
        else:
            values[k // len(axes[1]), k % len(axes[1])] = number * time_unit
    return axes, values


def same_table(tables, row, expected):
    axes, values = expected
    if row < 0 or (tables.n0[row], tables.n1[row]) != (len(axes[0]), len(axes[1])):
        return False
    equal = np.allclose(tables.axis0[row, : len(axes[0])], axes[0]) and np.allclose(tables.axis1[row, : len(axes[1])], axes[1])
    return equal and all(np.isclose(tables.values[row][at], number) for at, number in values.items())

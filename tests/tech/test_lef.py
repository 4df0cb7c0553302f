"""LEF: layers, vias, sites, macros; and LEF files that are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError, UnsupportedError, UsageError
from eda.tech.lef import Shape, read_lef
from eda.tech.lef_reader import cut_polygon, parse_lef


@pytest.fixture(scope="session")
def tiny_lef(tiny_path):
    return read_lef(tiny_path.with_suffix(".lef"))


def test_every_cell_has_a_macro_of_its_area_with_its_pins(tiny, tiny_lef):
    assert tiny_lef.macros.keys() == tiny.index.keys()
    for cell in tiny.cells:
        macro = tiny_lef.macro(cell.name)
        assert macro.area == pytest.approx(cell.area)
        signals = [p.name for p in macro.pins if p.use in ("signal", "clock")]
        assert tuple(signals) == cell.type.inputs + cell.type.outputs


def test_units_of_layers(tiny_lef):
    layer = tiny_lef.layers["metal1"]
    assert (layer.kind, layer.direction, layer.pitch, layer.offset) == ("routing", "horizontal", (0.2, 0.2), (0.1, 0.1))
    assert (layer.width, layer.spacing, layer.thickness) == (0.1, 0.1, 0.15)
    r, c = layer.wire
    assert r == pytest.approx(4e-3)  # 0.4 Ohm per square, 0.1 um wide, in kOhm per um
    assert c == pytest.approx(0.08 * 0.1 + 2 * 0.03)  # fF per um


def test_a_spacing_table_gives_its_first_entry_and_a_pitch_may_differ_by_axis(tiny_lef):
    layer = tiny_lef.layers["metal2"]
    assert (layer.spacing, layer.pitch) == (0.12, (0.25, 0.2))


def test_layers_without_parasitics_have_no_wire(tiny_lef):
    assert tiny_lef.layers["via1"].wire is None
    assert tiny_lef.layers["via1"].cut_resistance == pytest.approx(5e-3)
    assert [layer.name for layer in tiny_lef.routing_layers] == ["metal1", "metal2"]


def test_vias_sites_and_header(tiny_lef):
    via = tiny_lef.vias["via1_0"]
    assert via.is_default
    assert via.resistance == pytest.approx(5e-3)
    assert via.shapes[1] == Shape("metal1", (-0.05, -0.08, 0.05, 0.08))
    assert tiny_lef.sites["core"].size == (0.25, 2.0)
    assert (tiny_lef.database_units, tiny_lef.grid) == (2000, 0.005)


def test_polygons_become_rectangles_and_pins_have_centres(tiny_lef):
    macro = tiny_lef.macro("BUF_X1")
    pin = macro.pin("Y")
    assert pin.direction == "output"
    assert [s.box for s in pin.shapes] == [(0.45, 0.4, 0.7, 0.5), (0.6, 0.5, 0.7, 1.6)]
    assert pin.center == pytest.approx((0.575, 1.0))
    assert macro.obstructions == (Shape("metal1", (0.1, 0.3, 0.65, 0.35)),)
    assert macro.symmetry == ("X", "Y")


def test_unknown_names_are_refused_with_the_nearest(tiny_lef):
    with pytest.raises(UsageError, match=r"no LEF macro 'INV_X4' \(did you mean 'INV_X"):
        tiny_lef.macro("INV_X4")
    with pytest.raises(UsageError, match=r"macro INV_X1 has no pin 'a'"):
        tiny_lef.macro("INV_X1").pin("a")


def test_keywords_may_be_small_and_names_may_be_keywords():
    text = """layer via type routing ; end via
              macro pin size 1 by 2 ; pin obs direction input ; port layer via ; rect 0 0 1 1 ; end end obs end pin"""
    lef = parse_lef(text)
    assert lef.layers["via"].kind == "routing"
    assert lef.macros["pin"].pins[0].shapes == (Shape("via", (0, 0, 1, 1)),)


def test_files_are_read_as_one(tiny_path, tmp_path):
    more = tmp_path / "more.lef"
    more.write_text("MACRO M SIZE 1 BY 1 ; END M\n")
    lef = read_lef([tiny_path.with_suffix(".lef"), more])
    assert len(lef.macros) == 19
    assert lef.database_units == 2000


def test_two_files_that_disagree_are_refused(tiny_path, tmp_path):
    more = tmp_path / "more.lef"
    more.write_text("MACRO INV_X1 SIZE 9 BY 1 ; END INV_X1\n")
    with pytest.raises(InputError, match=r"more.lef: expected each definition once, found another one of 'INV_X1'"):
        read_lef([tiny_path.with_suffix(".lef"), more])


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=6))
def test_a_staircase_is_covered_exactly(steps):
    """The outline of a staircase of given widths and heights, cut, has the staircase's area."""
    points, x, y = [(0.0, 0.0)], 0, 0
    total = sum(w for w, _ in steps)
    area = 0
    points.append((float(total), 0.0))
    for width, height in reversed(steps):
        y += height
        points += [(float(total - x), float(y)), (float(total - x - width), float(y))]
        area += width * y
        x += width
    boxes = cut_polygon(points)
    assert sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes) == pytest.approx(area)


def test_a_slanted_polygon_becomes_its_box():
    assert cut_polygon([(0, 0), (2, 0), (1, 3)]) == [(0, 0, 2, 3)]


CASES = {
    "no type": ("  TYPE ROUTING ;\n  DIRECTION H", "  DIRECTION H", "LAYER metal1", "expected a TYPE in the layer metal1"),
    "no size": ("  SIZE 0.5 BY 2.0 ;\n", "", "MACRO INV_X1", "expected a SIZE in the macro INV_X1"),
    "no size of a site": ("  SIZE 0.25 BY 2.0 ;\n", "", "SITE core", "expected a SIZE in the site core"),
    "a strange size": ("SIZE 0.5 BY 2.0 ;", "SIZE 0.5 2.0 ;", "SIZE 0.5 2.0", "expected 'SIZE width BY height ;'"),
    "a size that is no number": (
        "SIZE 0.5 BY 2.0",
        "SIZE 0.5 BY two",
        "BY two",
        "expected 2 numbers after SIZE, found '0.5 two'",
    ),
    "a bad width": ("WIDTH 0.1 ;", "WIDTH wide ;", "WIDTH wide", "expected 1 number after WIDTH, found 'wide'"),
    "no width": ("WIDTH 0.1 ;", "WIDTH ;", "WIDTH ;", "expected 1 number after WIDTH, found 'none'"),
    "a rectangle of three": ("RECT 0.075 0.9 0.175 1.1", "RECT 0.075 0.9 0.175", "RECT 0.075", "expected 4 numbers after RECT"),
    "a polygon of two": (
        "POLYGON 0.45 0.4 0.7 0.4 0.7 1.6 0.6 1.6 0.6 0.5 0.45 0.5",
        "POLYGON 0.45 0.4 0.7 0.4",
        "POLYGON",
        "expected three or more points after POLYGON",
    ),
    "a wrong end": ("END metal1\n", "END metal\n", "END metal", "expected 'END metal1', found 'END metal'"),
    "a second macro": ("MACRO INV_X2", "MACRO INV_X1", None, "found another one of 'INV_X1'"),
    "a second pin": ("PIN VSS", "PIN VDD", None, "found another one of 'VDD'"),
    "a shape without layer": ("      LAYER metal1 ;\n", "", "RECT 0.075", "expected a LAYER before the first shape"),
    "a path": ("RECT 0.075 0.9 0.175 1.1", "PATH 0.0 0.9 0.3 0.9", "PATH", "geometry PATH; only RECT and POLYGON"),
    "an array of shapes": (
        "RECT 0.075 0.9 0.175 1.1",
        "RECT ITERATE 0 0 1 1 DO 2 BY 2 STEP 3 3",
        "ITERATE",
        "geometry RECT ITERATE; only single shapes",
    ),
    "a stray number": ("MANUFACTURINGGRID 0.005 ;", "0.005 ;", "0.005 ;", "expected a LEF statement such as LAYER or MACRO"),
    "an open block": ("END PROPERTYDEFINITIONS", "", "PROPERTYDEFINITIONS", "to close 'PROPERTYDEFINITIONS', found the end"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_damaged_lef_is_refused(name, tiny_path):
    old, new, marker, message = CASES[name]
    text = tiny_path.with_suffix(".lef").read_text()
    assert old in text
    damaged = text.replace(old, new, 1)
    with pytest.raises(InputError, match=message) as e:
        parse_lef(damaged, "tiny.lef")
    assert str(e.value).startswith(f"tiny.lef:{e.value.line}: ")
    assert (marker or new) in damaged.splitlines()[e.value.line - 1]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_cut_lef_is_refused(tiny_path, share):
    text = tiny_path.with_suffix(".lef").read_text()
    with pytest.raises(InputError, match=r"tiny.lef:\d+: expected .* found the end of the file"):
        parse_lef(text[: int(len(text) * share)], "tiny.lef")


def test_an_empty_lef_is_refused():
    with pytest.raises(InputError, match=r"a.lef:1: expected LEF layers or macros, found none"):
        parse_lef("", "a.lef")


def test_geometry_that_is_not_read_is_told_apart():
    with pytest.raises(UnsupportedError):
        parse_lef("MACRO M SIZE 1 BY 1 ; OBS LAYER m ; PATH 0 0 1 1 ; END END M")

"""Process kits: where they are sought, what is said when they are missing, and wrong descriptions."""

import gzip
import os
import shutil

import pytest

from eda.errors import InputError, ToolNotFound, UsageError
from eda.tech import pdk
from eda.tech.pdk import DEFAULT_PDK, Wire, find_pdk, list_pdks, pdk_names
from eda.tech.pdk_file import read_description

TOML = """name = "tiny"
summary = "a library for tests"
licence = "Apache-2.0"
corner = "typical, 1.1 V, 25 C"
units = "ns, pF, nW"
get = "write it"

[[files]]
liberty = ["tiny.lib"]
lef = ["tiny.lef"]
verilog = ["tiny.v"]

[defaults]
driver = "BUF_X1"
load_ff = 4
dont_use = ["TBUF_*", "CLK*"]
tie_high = "TIE1_X1/Y"
tie_low = "TIE0_X1/Y"
full_adder = { cell = "FA_X1", a = "A", b = "B", c = "CI", sum = "S", carry = "CO" }
half_adder = { cell = "HA_X1", a = "A", b = "B", sum = "S", carry = "CO" }

[wires]
signal = "metal2"
clock = { r = 1e-3, c = 0.2 }

[wires.layers]
metal2 = { r = 2e-3, c = 0.1 }
"""


@pytest.fixture
def toml(tmp_path):
    """`toml(text)`: the path of a description of the tiny kit."""

    def write(text=TOML):
        path = tmp_path / "tiny.toml"
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def shelf(tmp_path, tiny_path):
    """A folder that holds the kit's folder ``tiny``."""
    folder = tmp_path / "shelf" / "tiny"
    folder.mkdir(parents=True)
    for suffix in (".lib", ".lef"):
        shutil.copy(tiny_path.with_suffix(suffix), folder)
    return folder.parent


# finding


def test_a_kit_is_found_in_a_given_folder_or_below_it(toml, shelf):
    for root in (shelf, shelf / "tiny"):
        kit = find_pdk(toml(), root=root)
        assert kit.folder == shelf / "tiny"
        assert len(kit.library.cells) == len(kit.lef.macros) == 18
        assert kit.verilog_files == ()


def test_the_search_path_is_a_list_of_folders(toml, shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("EDA_PDK_PATH", f"{tmp_path / 'nowhere'}{os.pathsep}{shelf}")
    assert find_pdk(toml()).folder == shelf / "tiny"


def test_files_may_be_packed_and_lie_in_the_usual_subfolders(toml, shelf, tiny_path):
    folder = shelf / "tiny"
    (folder / "lib").mkdir()
    (folder / "tiny.lib").unlink()
    (folder / "lib" / "tiny.lib.gz").write_bytes(gzip.compress(tiny_path.read_bytes()))
    kit = find_pdk(toml(), root=shelf)
    assert [p.name for p in kit.liberty_files] == ["tiny.lib.gz"]
    assert len(kit.library.cells) == 18


def test_a_given_folder_without_the_kit_is_bad_input(toml, tmp_path):
    with pytest.raises(InputError, match=r"expected tiny.lib of the kit tiny, found no such file"):
        find_pdk(toml(), root=tmp_path)


def test_a_missing_kit_says_where_it_was_sought_and_how_to_get_it(toml, tmp_path, monkeypatch):
    monkeypatch.setenv("EDA_PDK_PATH", str(tmp_path))
    with pytest.raises(ToolNotFound, match=r"the process kit tiny is missing: sought tiny.lib in .*tiny; write it") as e:
        find_pdk(toml())
    assert e.value.exit_code == 3


def test_an_installed_package_and_the_system_folder_are_sought(toml, shelf, tiny_path):
    system = TOML.replace('get = "write it"', f'get = "write it"\nsystem = "{tiny_path.parent}"')
    assert find_pdk(toml(system)).folder == tiny_path.parent
    absent = TOML.replace('get = "write it"', 'get = "write it"\npackage = "no-such-distribution/folder"')
    with pytest.raises(ToolNotFound, match="in no folder"):
        find_pdk(toml(absent))


def test_the_second_arrangement_serves_when_the_first_is_incomplete(toml, shelf):
    other = TOML.replace('[[files]]\nliberty = ["tiny.lib"]', '[[files]]\nliberty = ["tiny.lib", "more.lib"]')
    other = other.replace("[defaults]", '[[files]]\nliberty = ["tiny.lib"]\n\n[defaults]')
    kit = find_pdk(toml(other), root=shelf)
    assert len(kit.liberty_files) == 1
    assert kit.lef_files == ()
    with pytest.raises(InputError, match=r"expected the LEF files tiny.lef of the kit tiny, found none"):
        kit.lef  # noqa: B018


def test_several_liberty_files_are_one_library(toml, shelf):
    more = "library (m) { capacitive_load_unit (1, pf); nom_voltage : 1.1; cell (EXTRA) { area : 1; }"
    thresholds = " ".join(f"slew_{k}_threshold_pct_rise : {v};" for k, v in (("lower", 30), ("upper", 70)))
    (shelf / "tiny" / "more.lib").write_text(f"{more} {thresholds} }}")
    kit = find_pdk(toml(TOML.replace('["tiny.lib"]', '["tiny.lib", "more.lib"]')), root=shelf)
    assert len(kit.library.cells) == 19
    assert kit.library.name == "tiny"


def test_an_unknown_kit_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no process kit 'nangate' .did you mean 'nangate45'."):
        find_pdk("nangate")


# what a kit knows


def test_wires_come_from_the_description_then_from_the_lef(toml, shelf):
    kit = find_pdk(toml(), root=shelf)
    assert kit.signal_wire == Wire(2e-3, 0.1)
    assert kit.clock_wire == Wire(1e-3, 0.2)
    assert kit.layers["metal1"] == pytest.approx((4e-3, 0.068))


def test_a_wire_on_a_missing_layer_is_refused(toml, shelf):
    kit = find_pdk(toml(TOML.replace('signal = "metal2"', 'signal = "metal9"')), root=shelf)
    with pytest.raises(InputError, match=r"tiny.toml: the kit tiny has no parasitics for the layer 'metal9'"):
        kit.signal_wire  # noqa: B018


def test_cells_not_to_use(toml, shelf):
    kit = find_pdk(toml(), root=shelf)
    unusable = [c.name for c in kit.library.cells if not kit.is_usable(c)]
    assert unusable == ["TBUF_X1", "CLKGATE_X1"]


def test_files_that_differ_from_the_known_release_are_named(toml, shelf):
    kit = find_pdk(toml(TOML + f'\n[sha256]\n"tiny.lib" = "{"0" * 64}"\n'), root=shelf)
    assert [p.name for p in kit.changed_files()] == ["tiny.lib"]


def test_every_kit_reports_its_state(monkeypatch, tmp_path):
    monkeypatch.delenv("EDA_PDK_PATH", raising=False)
    states = {s.name: s for s in list_pdks()}
    assert next(iter(states)) == DEFAULT_PDK
    assert states.keys() == set(pdk_names())
    assert {"nangate45", "asap7", "sky130hd", "ihp-sg13g2", "osu018", "osu035"} <= states.keys()
    asap7 = states["asap7"]
    assert not asap7.found
    assert asap7.missing == ("asap7_RVT_TT_nldm_merged.lib",)
    assert "EDA_PDK_PATH" in asap7.get


# descriptions


@pytest.mark.parametrize("name", pdk_names())
def test_every_description_is_complete(name):
    path = pdk._descriptions_folder() / f"{name}.toml"
    description = read_description(path)
    assert description.name == name
    assert description.defaults.load_ff > 0
    assert all(len(d) == 64 for d in description.sha256.values())
    for files in description.arrangements[:1]:
        assert set(description.sha256) >= {*files.liberty, *files.lef}


CASES = {
    "no TOML": ("[defaults]", "[defaults", "[defaults", "expected TOML"),
    "an unknown key": ('corner = "t', 'corners = "t', "corners", "expected the key 'corner', found 'corners'"),
    "a key too many": ('units = "', 'colour = "red"\nunits = "', "colour", "unknown key 'colour'"),
    "a mistyped key": (
        'tie_low = "',
        'tie_lo = "',
        "tie_lo ",
        r"unknown key 'tie_lo' in \[defaults\] .*'tie_low'",
    ),
    "an adder without sum": (
        ', sum = "S", carry = "CO" }\nhalf',
        ', carry = "CO" }\nhalf',
        "full_adder",
        "expected the key 'sum'",
    ),
    "a key too many in an adder": ('cell = "HA_X1", ', 'cell = "HA_X1", c = "A", ', "HA_X1", "unknown key 'c' in"),
    "a text for a number": ("load_ff = 4", 'load_ff = "4"', "load_ff", "expected a number for 'load_ff', found '4'"),
    "a truth for a number": ("load_ff = 4", "load_ff = true", "load_ff", "expected a number for 'load_ff', found True"),
    "a number for a text": ('driver = "BUF_X1"', "driver = 4", "driver", "expected a text for 'driver', found 4"),
    "a text for a list": ('dont_use = ["TBUF_*", "CLK*"]', 'dont_use = "CLK*"', "dont_use", "expected a list of texts"),
    "numbers in a list": (
        'dont_use = ["TBUF_*", "CLK*"]',
        "dont_use = [1]",
        "dont_use",
        r"expected a list of texts, found \[1\]",
    ),
    "no files": (TOML[TOML.index("[[files]]") : TOML.index("[defaults]")], "", None, "expected the key 'files', found none"),
    "one table of files": ("[[files]]", "[files]", "[files]", "for 'files', found"),
    "a wire of one number": ("clock = { r = 1e-3, c = 0.2 }", "clock = 3", "clock", "expected a layer's name or"),
    "a wire without c": ("metal2 = { r = 2e-3, c = 0.1 }", "metal2 = { r = 2e-3 }", "metal2 =", "expected the key 'c' in"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_description_is_refused(case, toml):
    old, new, marker, message = CASES[case]
    assert old in TOML
    text = TOML.replace(old, new, 1)
    with pytest.raises(InputError, match=message) as e:
        read_description(toml(text))
    assert "tiny.toml:" in str(e.value)
    if marker is not None:
        assert marker in text.splitlines()[e.value.line - 1]


WRONG_CELLS = {
    "a driver that is not there": ('driver = "BUF_X1"', 'driver = "BUF_X9"', "the driver 'BUF_X9' is not in .*did you mean"),
    "a driver with two outputs": ('driver = "BUF_X1"', 'driver = "HA_X1"', "expected a driver with one output"),
    "ties exchanged": ("TIE1_X1/Y", "TIE0_X1/Y", "expected a constant 1 at TIE0_X1/Y"),
    "a tie pin that is not there": ("TIE1_X1/Y", "TIE1_X1/Z", "TIE1_X1 has no output 'Z'"),
    "sum and carry exchanged": (
        'c = "CI", sum = "S", carry = "CO"',
        'c = "CI", sum = "CO", carry = "S"',
        "at FA_X1/CO, found another",
    ),
    "an inversion that is none": ('c = "CI", sum', 'c = "CI", sum_inverted = true, sum', "at FA_X1/S, found another function"),
    "a carry-in that is not there": ('c = "CI"', 'c = "C"', "expected the inputs A B CI of FA_X1, found A B C"),
}


@pytest.mark.parametrize("case", WRONG_CELLS)
def test_cells_that_do_something_else_are_refused(case, toml, shelf):
    old, new, message = WRONG_CELLS[case]
    assert old in TOML
    kit = find_pdk(toml(TOML.replace(old, new, 1)), root=shelf)
    with pytest.raises(InputError, match=f"tiny.toml: .*{message}"):
        kit.library  # noqa: B018

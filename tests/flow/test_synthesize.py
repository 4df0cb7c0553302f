"""Synthesis with the real Yosys on Nangate45: what comes out, what is kept, and whose fault a failure is."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eda.errors import InputError, ToolFailed, ToolTimeout, UnsupportedError, UsageError
from eda.flow.recipes import load_recipe
from eda.flow.sources import Rtl
from eda.flow.store import Store
from eda.flow.synthesize import Mapped, prepare, synthesize
from eda.ir.builder import Builder
from eda.ir.simulate import run
from eda.proof.check import check
from eda.tech import tools
from eda.tech.pdk import find_pdk
from eda.tech.tools import YOSYS, on_path, run_yosys
from eda.timing.area import area
from eda.verilog.writer import to_verilog

PRODUCT = "module t(input [{n}:0] a, b, output [{m}:0] p); assign p = a * b; endmodule\n"
COUNTER = """module counter(input clk, rst_n, en, output reg [3:0] q);
  always @(posedge clk or negedge rst_n) if (!rst_n) q <= 0; else if (en) q <= q + 1;
endmodule
"""


@pytest.fixture
def rtl(tmp_path):
    def make(text, top="t", name="t.v", **options):
        (tmp_path / name).write_text(text)
        return Rtl((tmp_path / name,), top, **options)

    return make


def product(rtl, bits=4):
    return rtl(PRODUCT.format(n=bits - 1, m=2 * bits - 1))


def array_multiplier(bits=4):
    """Rows of generic full adders."""
    b = Builder("array")
    x, y = b.input("x", bits), b.input("y", bits)
    row, out = [b.and_(x[0], bit) for bit in y] + [0], []
    for i in range(1, bits):
        out.append(row[0])
        carry, sums = 0, []
        for j in range(bits):
            s, carry = b.full_adder(row[j + 1], b.and_(x[i], y[j]), carry)
            sums.append(s)
        row = [*sums, carry]
    b.output("p", out + row)
    return b.build()


def proven(mapped: Mapped) -> bool:
    assert all(not t.is_generic for t in mapped.netlist.types)
    return check(mapped.netlist, mapped.golden).status == "proven"


# --- results ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", ["area", "speed", "yosys-default", "abc-default", "deep"])
def test_every_recipe_maps_a_product_to_library_cells_that_compute_it(rtl, recipe):
    mapped = synthesize(product(rtl), "nangate45", recipe, cache=False)
    assert proven(mapped)
    assert mapped.netlist.name == "t"
    assert [p.declaration for p in mapped.netlist.ports] == ["a[3:0]", "b[3:0]", "p[7:0]"]
    assert mapped.recipe.name == recipe
    assert "Executed ABC" in mapped.log


@pytest.mark.parametrize(
    "changes",
    [
        {"multiplier": "booth"},
        {"final_adder": "kogge-stone"},
        {"front": "direct", "multiplier": "booth", "final_adder": "sklansky"},
    ],
    ids=["booth", "kogge-stone", "direct"],
)
def test_front_ends_change_the_structure_and_not_the_function(rtl, changes):
    plain = synthesize(product(rtl, 8), "nangate45", "area")
    other = synthesize(product(rtl, 8), "nangate45", load_recipe("area", **changes), cache=False)
    assert proven(other)
    assert other.netlist != plain.netlist


def test_area_is_that_of_yosys(rtl, tmp_path):
    mapped = synthesize(product(rtl), "nangate45", "area")
    (tmp_path / "mapped.v").write_text(to_verilog(mapped.netlist))
    tools.bring(mapped.pdk.liberty_files[0], tmp_path, "lib.lib")
    steps = [
        "read_liberty -lib -ignore_miss_func lib.lib",
        "read_verilog mapped.v",
        "tee -q -o stat.json stat -json -liberty lib.lib",
    ]
    run_yosys("\n".join([*steps, ""]), cwd=tmp_path, timeout=60, expect=["stat.json"])
    stat = json.loads((tmp_path / "stat.json").read_text())["modules"]["\\t"]["area"]
    assert area(mapped.netlist, mapped.pdk.library) == pytest.approx(stat, rel=1e-6)


def test_a_tighter_target_costs_area(rtl):
    loose, tight = (synthesize(product(rtl, 6), "nangate45", load_recipe("speed", target_ps=t)) for t in (2000, 1))
    library = loose.pdk.library
    assert area(loose.netlist, library) < 0.9 * area(tight.netlist, library)


def test_registers_keep_their_names_and_their_behaviour(rtl):
    mapped = synthesize(rtl(COUNTER, "counter"), "nangate45", "area", cache=False)
    assert proven(mapped)
    names = [mapped.netlist.cell_names[c] for c in mapped.netlist.state_cells]
    assert sorted(names) == [f"q_reg[{i}]" for i in range(4)]
    assert {mapped.netlist.type_of(c).name for c in mapped.netlist.state_cells} == {"DFFR_X1"}


def test_latches_are_mapped(rtl):
    text = "module t(input g, d, output reg q); always @* if (g) q = d; endmodule"
    mapped = synthesize(rtl(text), "nangate45", "area", cache=False)
    assert proven(mapped)
    assert mapped.netlist.count_by_type() == {"DLH_X1": 1}


def test_constants_come_from_tie_cells_and_wires_stay_wires(rtl):
    text = "module t(input a, output one, zero, same); assign one = 1, zero = 0, same = a; endmodule"
    mapped = synthesize(rtl(text), "nangate45", "area", cache=False)
    assert proven(mapped)
    assert set(mapped.netlist.count_by_type()) <= {"LOGIC0_X1", "LOGIC1_X1", "BUF_X1"}


def test_names_that_are_no_identifiers_survive():
    b = Builder("odd name.v2")
    x = b.input("x.y", 2)
    b.output("z[", b.and_(*x))
    mapped = synthesize(b.build(), "nangate45", "area", cache=False)
    assert proven(mapped)
    assert mapped.netlist.name == "odd name.v2"


# --- adder cells -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", ["area", "speed"])
def test_generic_adders_are_kept_as_adder_cells_or_dissolved(recipe):
    source = array_multiplier()
    adders = source.count_by_type()
    kept = synthesize(source, "nangate45", recipe, adders="keep", cache=False)
    assert proven(kept)
    assert kept.netlist.count_by_type()["FA_X1"] == adders["$fa"]
    assert kept.netlist.count_by_type()["HA_X1"] == adders["$ha"]
    dissolved = synthesize(source, "nangate45", recipe, adders="dissolve", cache=False)
    assert proven(dissolved)
    assert not {"FA_X1", "HA_X1"} & set(dissolved.netlist.count_by_type())


@pytest.mark.parametrize(("adders", "count"), [("keep", 1), ("dissolve", 0)])
def test_library_cells_in_rtl_are_kept_or_dissolved(rtl, adders, count):
    text = """module t(input a, b, c, d, output [1:0] y);
      wire s, co; FA_X1 u1 (.A(a), .B(b), .CI(c & d), .S(s), .CO(co)); assign y = {co, s ^ d}; endmodule"""
    mapped = synthesize(rtl(text), "nangate45", "area", adders=adders, cache=False)
    assert proven(mapped)
    assert mapped.netlist.count_by_type().get("FA_X1", 0) == count
    assert ("u1" in mapped.netlist.cell_names) == bool(count)


def test_a_mapped_netlist_can_be_mapped_anew(rtl):
    first = synthesize(product(rtl), "nangate45", "area")
    again = synthesize(first.netlist, "nangate45", "speed", adders="dissolve", cache=False)
    assert proven(again)
    assert check(again.netlist, first.golden).status == "proven"
    kept = synthesize(first.netlist, "nangate45", "speed", adders="keep", cache=False)
    assert kept.netlist.count_by_type() == first.netlist.count_by_type()


def test_inverted_adder_cells_get_inverters(eda_data):
    pdk = find_pdk("asap7", root=eda_data / "pdk" / "asap7")
    mapped = synthesize(array_multiplier(3), pdk, "area", adders="keep", cache=False)
    assert proven(mapped)
    assert pdk.defaults.full_adder.cell in mapped.netlist.count_by_type()


def test_registers_that_store_the_complement_are_proven_and_named(rtl, eda_data):
    pdk = find_pdk("asap7", root=eda_data / "pdk" / "asap7")
    mapped = synthesize(rtl(COUNTER, "counter"), pdk, "area", cache=False)
    assert proven(mapped)
    assert sorted(mapped.netlist.cell_names[c] for c in mapped.netlist.state_cells) == [f"q_reg[{i}]" for i in range(4)]


# --- the store ---------------------------------------------------------------------------------------------------------------


def test_a_result_from_the_store_equals_a_fresh_one(rtl, monkeypatch):
    source = rtl(COUNTER, "counter")
    fresh = synthesize(source, "nangate45", "speed")
    monkeypatch.setattr(tools, "run_yosys", None)
    stored = synthesize(source, "nangate45", "speed")
    assert (stored.netlist, stored.golden) == (fresh.netlist, fresh.golden)
    assert (stored.seconds, stored.log, stored.key) == (fresh.seconds, fresh.log, fresh.key)


def test_the_same_content_elsewhere_is_the_same_task(tmp_path):
    keys = []
    for folder in ("one", "two words"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.v").write_text(PRODUCT.format(n=3, m=7))
        keys.append(prepare(Rtl((tmp_path / folder / "t.v",), "t"), "nangate45", "area").key)
    assert keys[0] == keys[1]


def test_everything_that_matters_is_in_the_key(rtl, tmp_path):
    text = '`include "part.vh"\n' + PRODUCT.format(n=3, m=7)
    (tmp_path / "part.vh").write_text("// one")
    base = rtl(text)
    tasks = [
        (base, "nangate45", "area", "keep"),
        (base, "nangate45", "speed", "keep"),
        (base, "nangate45", load_recipe("area", target_ps=5), "keep"),
        (base, "nangate45", load_recipe("area", multiplier="booth"), "keep"),
        (replace(base, defines={"X": 1}), "nangate45", "area", "keep"),
        (replace(base, parameters={"X": 1}), "nangate45", "area", "keep"),
        (array_multiplier(4), "nangate45", "area", "keep"),
        (array_multiplier(4), "nangate45", "area", "dissolve"),
        (array_multiplier(3), "nangate45", "area", "keep"),
    ]
    keys = [prepare(*task).key for task in tasks]
    (tmp_path / "part.vh").write_text("// two")
    keys.append(prepare(base, "nangate45", "area").key)
    assert len(set(keys)) == len(keys)


def test_failures_are_not_kept(tmp_path, monkeypatch):
    fake = tmp_path / "yosys"
    fake.write_text(f"#!{sys.executable}\nprint('ERROR: the moon is full')\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    broken = replace(YOSYS, places=(on_path("yosys"),), probe=("-V",), shows="")
    monkeypatch.setattr("eda.tech.tools.YOSYS", broken)
    source = array_multiplier(2)
    with pytest.raises(ToolFailed, match="the moon is full") as caught:
        synthesize(source, "nangate45", "area")
    shutil.rmtree(Path(str(caught.value.log)).parent)
    assert Store().get(prepare(source, "nangate45", "area").key) is None


# --- whose fault it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("module t(input a,\n output y;\nendmodule", r"t\.v:2: .*syntax error"),
        ("module t(input a, output y);\n nosuch u(a, y);\nendmodule", r"nosuch"),
        ("module u(input a, output y); endmodule", r"Module `t' not found"),
        ('`include "absent.vh"\nmodule t; endmodule', r"absent\.vh"),
    ],
)
def test_mistakes_in_rtl_are_the_users(rtl, text, said):
    with pytest.raises(InputError, match=said):
        synthesize(rtl(text), "nangate45", "area", cache=False)


def test_what_the_library_has_no_cell_for_is_named(rtl):
    text = "module t(input a, en, output y); assign y = en ? a : 1'bz; endmodule"
    with pytest.raises(UnsupportedError, match=r"nangate45 has no cell for \$_TBUF_"):
        synthesize(rtl(text), "nangate45", "area", cache=False)


def test_a_bus_with_several_tristate_drivers_becomes_logic(rtl):
    text = """module t(input a, b, en, output y);
      wire w; assign w = en ? a : 1'bz; assign w = en ? 1'bz : b; assign y = ~w; endmodule"""
    mapped = synthesize(rtl(text), "nangate45", "area", cache=False)
    assert proven(mapped)
    seen = run(mapped.netlist, {"a": [1, 1, 0, 0], "b": [0, 1, 1, 0], "en": [1, 0, 1, 0]})
    assert list(seen["y"]) == [0, 0, 1, 1]


def test_a_failure_after_elaboration_is_not_blamed_on_the_source(rtl, tmp_path):
    recipe = tmp_path / "broken.toml"
    recipe.write_text("summary = 'broken'\ntarget_ps = 1\nabc = ['frobnicate']\n")
    with pytest.raises(ToolFailed, match="unknown command 'frobnicate'") as caught:
        synthesize(product(rtl, 2), "nangate45", str(recipe), cache=False)
    shutil.rmtree(Path(str(caught.value.log)).parent)


def test_a_time_limit_holds(rtl):
    with pytest.raises(ToolTimeout, match=r"limit of 0\.05 s") as caught:
        synthesize(product(rtl, 16), "nangate45", "deep", time_limit=0.05, cache=False)
    shutil.rmtree(Path(str(caught.value.log)).parent)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"recipe": "sped"}, "did you mean 'speed'"),
        ({"pdk": "nangate54"}, "did you mean 'nangate45'"),
        ({"adders": "kept"}, "did you mean 'keep'"),
    ],
)
def test_unknown_names_get_the_nearest_right_one(options, said):
    with pytest.raises(UsageError, match=said):
        synthesize(array_multiplier(2), **options)


def test_blanks_in_paths_defines_parameters_and_included_files(tmp_path):
    folder = tmp_path / "my design; really"
    (folder / "inc").mkdir(parents=True)
    (folder / "inc" / "width.vh").write_text("`define WIDTH (N + `EXTRA)\n")
    text = '`include "width.vh"\nmodule t #(parameter N = 1)(input [`WIDTH-1:0] a, output y); assign y = ^a; endmodule'
    (folder / "t.v").write_text(text)
    source = Rtl((folder / "t.v",), "t", defines={"EXTRA": 2}, parameters={"N": 3}, include_dirs=(folder / "inc",))
    mapped = synthesize(source, "nangate45", "area", cache=False)
    assert proven(mapped)
    assert mapped.netlist.port("a").width == 5
    assert np.array_equal(mapped.netlist.port("a").nets, mapped.golden.port("a").nets)

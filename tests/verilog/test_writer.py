"""The text that is written: what it looks like, and that other programs read it."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from eda.errors import UsageError
from eda.ir import cells, logic
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist, Port
from eda.tech.liberty import parse_liberty
from eda.verilog.reader import parse_verilog
from eda.verilog.writer import to_verilog, write_verilog

TINY = Path(__file__).parents[1] / "data" / "tiny.lib"


def odd_names() -> Netlist:
    """a -> INV -> NAND with a -> y, under names that are no identifiers."""
    library = parse_liberty(TINY.read_text()).types
    return Netlist(
        name="core.top",
        ports=(Port("a[0]", "input", (2,)), Port("wire", "input", (3,)), Port("y", "output", (5,))),
        types=(library["INV_X1"], library["NAND2_X1"]),
        cell_type=np.array([0, 1]),
        fanin_start=np.array([0, 1, 3]),
        fanin=np.array([2, 4, 3]),
        net_names=(None, None, "a[0]", "wire", "u1.n[3]", "u1/n 4"),
        cell_names=("u1.g", "u1_g"),
    )


def test_the_whole_text_of_a_small_circuit():
    b = Builder("tiny")
    a, s = b.input("a", 2), b.input("s")
    x = b.nand(a[0], a[1])
    b.name_net(x, "x")
    (g,) = b.cell(cells.gate("or", 3), [x, a[0], s[0]], "g1")
    b.output("y", [b.mux(s[0], x, g), x])
    b.output("k", 1)
    assert to_verilog(b.build(), comment="one\ntwo") == (
        "// tiny\n// one\n// two\n"
        "module tiny(a, s, y, k);\n  input [1:0] a;\n  input s;\n  output [1:0] y;\n  output k;\n"
        "  wire x, _n6_;\n"
        "  assign x = ~(a[0] & a[1]);\n  or g1 (_n6_, x, a[0], s);\n  assign y[0] = s ? _n6_ : x;\n"
        "  assign y[1] = x;\n  assign k = 1'b1;\nendmodule\n"
    )


def test_open_outputs_of_adders_are_left_out():
    b = Builder("t")
    a = b.input("a", 3)
    b.output("y", b.not_(b.cell(cells.FULL_ADDER, a)[0]))
    text = to_verilog(b.build())
    assert "  eda_full_adder _c0_ (.a(a[0]), .b(a[1]), .ci(a[2]), .s(_n5_));\n" in text
    assert "wire _n5_;" in text


def test_the_text_is_the_same_each_time():
    assert to_verilog(odd_names()) == to_verilog(odd_names())


def test_a_generic_cell_without_a_form_is_refused():
    strange = CellType("$maj", ("a", "b", "c"), ("y",), (logic.parse("a b | c (a | b)"),))
    b = Builder("t")
    b.output("y", b.cell(strange, b.input("a", 3))[0])
    with pytest.raises(UsageError, match=r"the generic cell \$maj has no form in Verilog"):
        to_verilog(b.build())


def test_nothing_is_written_when_writing_fails(tmp_path):
    path = tmp_path / "t.v"
    path.write_text("old")
    b = Builder("t")
    b.output("y", b.cell(CellType("$odd", ("a",), ("y",), (logic.var("a"),)), b.input("a"))[0])
    with pytest.raises(UsageError):
        write_verilog(b.build(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_names_that_cannot_be_written_are_in_the_map(tmp_path):
    assert write_verilog(odd_names(), tmp_path / "t.v") == {"u1/n_4": "u1/n 4"}


def test_plain_names_have_a_map_back(tmp_path):
    netlist = odd_names()
    renamed = write_verilog(netlist, tmp_path / "t.v", names="plain")
    assert "\\" not in (tmp_path / "t.v").read_text()
    assert renamed == {
        "core_top": "core.top",
        "a_0": "a[0]",
        "_wire": "wire",
        "u1_n": "u1.n",
        "u1_n_4": "u1/n 4",
        "u1_g": "u1.g",
        "u1_g_1": "u1_g",
    }
    again = parse_verilog((tmp_path / "t.v").read_text(), types=parse_liberty(TINY.read_text()).types)
    assert again.net_names[4] == "u1_n[3]"


def test_an_unknown_style_is_refused():
    with pytest.raises(UsageError, match="the style of names must be one of escaped, plain, got 'pretty'"):
        to_verilog(odd_names(), names="pretty")


@pytest.mark.parametrize("style", ["plain", "escaped"])
def test_opensta_reads_it(opensta, tmp_path, style):
    b = Builder("top")
    types = parse_liberty(TINY.read_text()).types
    a = b.input("a", 3)
    s, c = b.cell(types["FA_X1"], a, "u1.f" if style == "plain" else "f")
    (n,) = b.cell(types["NAND2_X1"], [s, c])
    b.name_net(n, "v[1]")
    b.output("y", [n, s, 1, a[0]])
    write_verilog(b.build(), tmp_path / "t.v", names=style)
    (tmp_path / "t.tcl").write_text(
        f"read_liberty {TINY}\nread_verilog t.v\nlink_design top\nreport_checks -unconstrained\nputs done\n"
    )
    out = subprocess.run([opensta, "-no_init", "-no_splash", "-exit", "t.tcl"], cwd=tmp_path, capture_output=True, text=True)
    assert "done" in out.stdout
    assert "data arrival time" in out.stdout
    assert "Error" not in out.stdout + out.stderr
    assert "Warning" not in out.stdout + out.stderr

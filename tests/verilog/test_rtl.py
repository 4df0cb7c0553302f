"""RTL through Yosys: the same function, the names of the source, and errors at their place."""

import sys

import numpy as np
import pytest

from eda.errors import InputError, ToolFailed, ToolNotFound, ToolTimeout, UnsupportedError, UsageError
from eda.ir.simulate import run, simulate_cycles
from eda.ir.vectors import unpack
from eda.tech import tools
from eda.verilog.reader import parse_verilog
from eda.verilog.rtl import read_rtl
from eda.verilog.writer import to_verilog

pytestmark = pytest.mark.skipif(tools.YOSYS.search()[0] is None, reason="Yosys is not installed (pip install pyosys)")

COUNTER = """module counter #(parameter W = 4) (input clk, rst_n, en, output reg [W-1:0] q);
  always @(posedge clk or negedge rst_n)
    if (!rst_n) q <= 0;
    else if (en) q <= q + `STEP;
endmodule
"""


@pytest.fixture
def rtl(tmp_path):
    """Writes a source file and elaborates its module `top`."""

    def read(text: str, **options):
        path = tmp_path / "a b.v"
        path.write_text(text)
        return read_rtl(path, options.pop("top", "top"), **options)

    return read


def test_arithmetic(rtl):
    n = rtl("module top(input [3:0] a, input signed [3:0] b, c, output [7:0] p, output signed [4:0] s);\n"
            "  assign p = a * b[2:0]; assign s = b - c;\nendmodule")  # fmt: skip
    a = np.arange(4096)
    got = run(n, {"a": a & 15, "b": a >> 4 & 15, "c": a >> 8})
    signed = np.where((a >> 4 & 15) > 7, (a >> 4 & 15) - 16, a >> 4 & 15)
    other = np.where(a >> 8 > 7, (a >> 8) - 16, a >> 8)
    assert got["p"] == ((a & 15) * (a >> 4 & 7)).tolist()
    assert got["s"] == ((signed - other) & 31).tolist()


def test_registers_parameters_and_macros(rtl):
    n = rtl(COUNTER, top="counter", parameters={"W": 3}, defines={"STEP": 3})
    assert [p.declaration for p in n.ports] == ["clk", "rst_n", "en", "q[2:0]"]
    assert n.count_by_type()["$dff_pl0"] == 3
    assert {"q_reg[0]", "q_reg[1]", "q_reg[2]"} <= set(n.cell_names)
    enable, reset = np.array([1, 1, 0, 1, 1], np.uint64), np.ones(5, np.uint64)
    trace = simulate_cycles(n, {"rst_n": reset.reshape(5, 1, 1), "en": enable.reshape(5, 1, 1)})
    values = [unpack(trace.cycle_ends[list(n.port("q").nets), t], 1)[0] for t in range(5)]
    assert values == [3, 6, 1, 1, 4]  # each edge takes the inputs of the cycle before; the first ones hold before it


def test_hierarchy_memories_and_latches_keep_names(rtl):
    n = rtl(
        "module cell(input x, output y); wire inner; assign inner = ~x; assign y = inner ^ x & 1; endmodule\n"
        "module top(input clk, we, g, input [1:0] ad, input d, output reg q, l, output z);\n"
        "  reg m [0:3]; always @(posedge clk) begin if (we) m[ad] <= d; q <= m[ad]; end\n"
        "  always @* if (g) l = d;\n  cell u1 (.x(d), .y(z));\nendmodule"
    )
    assert n.count_by_type()["$dff_p"] == 5
    assert n.count_by_type()["$dlatch_p"] == 1
    assert {"q_reg", "l_reg", "m_reg[0]", "m_reg[3]"} <= set(n.cell_names)
    assert {"u1.inner", "u1.x"} <= set(n.net_by_name)


def test_ports_of_any_range(rtl):
    n = rtl("module top(input [0:3] a, input [7:4] b, input c, output [5:5] y); assign y = a[0] ^ b[7] ^ c; endmodule")
    assert [p.declaration for p in n.ports] == ["a[0:3]", "b[7:4]", "c", "y[5:5]"]


def test_the_result_can_be_written_and_read(rtl):
    n = rtl(COUNTER, top="counter", defines={"STEP": 1})
    assert parse_verilog(to_verilog(n)) == n


def test_includes_and_several_files(tmp_path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "op.vh").write_text("`define OP ^\n")
    (tmp_path / "near.vh").write_text("`define INV ~\n")
    (tmp_path / "a.v").write_text(
        '`include "op.vh"\n`include "near.vh"\nmodule top(input x, y, output z); b u(x `OP y, z); endmodule'
    )
    (tmp_path / "b.v").write_text("module b(input i, output o); assign o = `INV i; endmodule")
    n = read_rtl([tmp_path / "a.v", tmp_path / "b.v"], "top", include_dirs=[tmp_path / "inc"])
    assert run(n, {"x": [0, 1, 0, 1], "y": [0, 0, 1, 1]}) == {"z": [1, 0, 0, 1]}


def test_words_of_system_verilog_are_names_in_verilog(rtl):
    text = "module top(input bit, output y); assign y = ~bit; endmodule"
    assert rtl(text, system_verilog=False).n_cells == 1
    with pytest.raises(InputError, match=r"a b\.v:1: Yosys: syntax error"):
        rtl(text)


def test_undefined_values_become_zero(rtl):
    n = rtl("module top(input a, output y); assign y = a ? 1'bx : 1'b1; endmodule")
    assert set(run(n, {"a": [0, 1]})["y"]) <= {0, 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module top(input a, output y);\n  assign y = a &;\nendmodule", r"a b\.v:2: Yosys: syntax error, unexpected ';'$"),
        ("module top(input a, output y);\n  assign y = `FOO;\nendmodule", r"a b\.v:2: Yosys: .*undefined macro `FOO"),
        (
            "module top(input a, output y);\n  foo u(a, y);\nendmodule",
            r"a b\.v: Yosys: Module `\\foo' referenced in module `\\top'",
        ),
        ("module other; endmodule", r"a b\.v: Yosys: Module `top' not found"),
        ('`include "none.vh"\nmodule top; endmodule', r"a b\.v: Yosys: Can't open include file `none\.vh'"),
        (
            "module top(input a, output y);\n  wire t;\n  assign y = a & t;\nendmodule",
            r"a b\.v:2: expected a driver of net t, found none$",
        ),
        (
            "module top(input a, output y);\n  assign y = a & typo;\nendmodule",
            r"a b\.v:2: expected a driver of net typo, found none$",
        ),
        (
            "module top(input c, d, output reg q);\n  always @(posedge c) q <= d;\n  always @(negedge c) q <= ~d;\nendmodule",
            r"a b\.v: expected one driver of net q, found port Q\[0\] of cell .* and port",
        ),
        (
            "module top(input a, output y);\n  wire n = y & a;\n  assign y = ~n;\nendmodule",
            r"a b\.v:1: netlist top: combinational loop through .*y.* -> ",
        ),
    ],
)
def test_wrong_sources_give_the_place(rtl, text, message):
    with pytest.raises(InputError, match=message):
        rtl(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module top(inout a, output y);\n  assign y = a;\nendmodule", r"a b\.v:1: port a is an inout$"),
        (
            "module top(input c, r, s, d, output reg [1:0] q);\n  always @(posedge c or posedge r or posedge s)\n"
            "    if (r) q <= 0; else if (s) q <= 3; else q <= d;\nendmodule",
            r"a b\.v:2: register q\[\d\] has no generic form \(dffs with async set and reset are not supported\)$",
        ),
    ],
)
def test_what_has_no_generic_form_is_refused_by_name(rtl, text, message):
    with pytest.raises(UnsupportedError, match=message):
        rtl(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": "to p"}, "expected a plain identifier as the name of the top module, got 'to p'"),
        ({"defines": {"A B": 1}}, "expected a plain identifier as the name of the macro"),
        ({"defines": {"A": "1; quit"}}, "expected a value without blanks"),
        ({"parameters": {"W": "x\ny"}}, "expected a value without blanks"),
    ],
)
def test_options_cannot_break_the_script(rtl, options, message):
    with pytest.raises(UsageError, match=message):
        rtl("module top; endmodule", **options)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match=r"none\.v: cannot be read"):
        read_rtl(tmp_path / "none.v", "top")
    (tmp_path / "a.v").write_text("module top; endmodule")
    with pytest.raises(InputError, match="expected a folder of files to include"):
        read_rtl(tmp_path / "a.v", "top", include_dirs=[tmp_path / "none"])
    with pytest.raises(UsageError, match="no Verilog file was given"):
        read_rtl([], "top")


def fake_yosys(monkeypatch, tmp_path, body: str) -> None:
    """Replace Yosys by a Python program."""
    (tmp_path / "fake.py").write_text(f"import sys, time\n{body}\n")
    place = tools.Place("fake", lambda: (sys.executable, str(tmp_path / "fake.py")))
    fake = tools.Tool("Yosys", (place,), ("-V",), "", (r"(^|: )ERROR: ",), "pip install pyosys", "all")
    monkeypatch.setattr(tools, "YOSYS", fake)


def test_a_yosys_that_crashes_is_no_error_of_the_input(rtl, monkeypatch, tmp_path):
    fake_yosys(monkeypatch, tmp_path, "if sys.argv[1] != '-V': sys.exit(3)")
    with pytest.raises(ToolFailed, match="exit code 3"):
        rtl("module top; endmodule")


def test_a_yosys_that_hangs_is_ended(rtl, monkeypatch, tmp_path):
    fake_yosys(monkeypatch, tmp_path, "if sys.argv[1] != '-V': time.sleep(60)")
    with pytest.raises(ToolTimeout, match=r"ran past its limit of 0\.5 s"):
        rtl("module top; endmodule", time_limit=0.5)


def test_no_yosys_at_all(rtl, monkeypatch, tmp_path):
    fake_yosys(monkeypatch, tmp_path, "sys.exit(1)")
    with pytest.raises(ToolNotFound, match="pip install pyosys"):
        rtl("module top; endmodule")

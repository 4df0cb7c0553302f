"""Bad input of every kind gives one message that says where and what was expected, the right exit code, and no damage."""

import gzip
import json
import re
from pathlib import Path

import pytest

from eda.cli import main

TINY = (Path(__file__).parents[1] / "data" / "tiny.lib").read_text()

GOOD = "module t(input a, input b, output y);\n  assign y = a & b;\nendmodule\n"

# name: (content, expected exit code, pattern of the message)
VERILOG = {
    "empty": ("", r"case\.v:1: .*module"),
    "only comments": ("// nothing\n/* here */\n", r"case\.v:\d+: .*module"),
    "binary": (b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe", r"case\.v:1: expected text"),
    "zero byte": ("module t(input a);\n\0endmodule", r"case\.v:2: expected text, found a zero byte"),
    "truncated header": ("module t(input a,", r"case\.v:1: .*(end|port)"),
    "truncated body": ("module t(input a, output y);\n  assign y = a;\n", r"case\.v:\d+: .*endmodule"),
    "truncated comment": (GOOD + "/* never closed", r"case\.v:4: .*comment"),
    "truncated instance": ("module t(input a, output y);\n  not g (y, a", r"case\.v:2: "),
    "missing semicolon": ("module t(input a, output y)\n  assign y = a;\nendmodule\n", r"case\.v:2: .*;"),
    "missing module": ("module t(input a, output y);\n  child c (.x(a), .y(y));\nendmodule\n", r"case\.v:2: .*child"),
    "unknown cell, nearly right": (
        "module t(input a, input b, output y);\n  NAND2_X11 g (.A1(a), .A2(b), .ZN(y));\nendmodule\n",
        r"case\.v:2: .*NAND2_X11.*did you mean",
    ),
    "unknown pin": (
        "module t(input a, input b, output y);\n  NAND2_X1 g (.A1(a), .A3(b), .ZN(y));\nendmodule\n",
        r"case\.v:2: .*no pin 'A3'; it has A1, A2, ZN",
    ),
    "pin twice": (
        "module t(input a, input b, output y);\n  NAND2_X1 g (.A1(a), .A1(b), .ZN(y));\nendmodule\n",
        r"case\.v:2: .*A1",
    ),
    "undriven net": (
        "module t(input a, output y);\n  wire n;\n  assign y = a & n;\nendmodule\n",
        r"case\.v:3: expected a driver of net n",
    ),
    "undriven output": ("module t(input a, output y);\nendmodule\n", r"case\.v:1: expected a driver of output y"),
    "two drivers": (
        "module t(input a, output y);\n  assign y = a;\n  assign y = ~a;\nendmodule\n",
        r"case\.v:3: expected one driver of net y",
    ),
    "driven input": ("module t(input a, output y);\n  assign a = 1'b0;\n  assign y = a;\nendmodule\n", r"case\.v:2: .*\ba\b"),
    "loop": (
        "module t(input a, output y);\n  wire n;\n  assign n = y & a;\n  assign y = ~n;\nendmodule\n",
        r"case\.v:\d: .*combinational loop through",
    ),
    "recursion": (
        "module t(input a, output y);\n  t u (.a(a), .y(y));\nendmodule\n",
        r"case\.v: .*every module is instantiated; name the top",
    ),
    "module twice": (GOOD + GOOD, r"case\.v:4: .*\bt\b"),
    "port twice": ("module t(input a, input a, output y);\n  assign y = a;\nendmodule\n", r"case\.v:1: .*\ba\b"),
    "wire twice": ("module t(input a, output y);\n  wire n;\n  wire n;\n  assign y = a;\nendmodule\n", r"case\.v:3: .*\bn\b"),
    "instance twice": (
        "module t(input a, output y, output z);\n  not g (y, a);\n  not g (z, a);\nendmodule\n",
        r"case\.v:3: .*\bg\b",
    ),
    "undeclared port": ("module t(a, y);\n  input a;\n  assign y = a;\nendmodule\n", r"case\.v:\d: .*\by\b"),
    "wrong width": (
        "module t(input [3:0] a, output [1:0] y);\n  wire [1:0] n;\n  child c (.x(a), .y(y));\nendmodule\n"
        "module child(input [1:0] x, output [1:0] y);\n  assign y = x;\nendmodule\n",
        r"case\.v:3: .*(width|bits)",
    ),
    "bit outside range": ("module t(input [3:0] a, output y);\n  assign y = a[4];\nendmodule\n", r"case\.v:2: .*\b4\b"),
    "inout": ("module t(inout a, output y);\n  assign y = a;\nendmodule\n", r"case\.v:1: .*inout"),
    "no operand": ("module t(input a, output y);\n  assign y = a & ;\nendmodule\n", r"case\.v:2: "),
    "unbalanced": ("module t(input a, output y);\n  assign y = (a;\nendmodule\n", r"case\.v:2: "),
    "unknown escape": ("module t(input a, output y);\n  assign y = \\n ;\nendmodule\n", r"case\.v:2: .*n"),
    "broken rtl": ("module t(input a, output y);\n  always @(posedge a) y <= ;\nendmodule\n", r"case\.v:2"),
}

LIBERTY = {
    "empty": ("", r"case\.lib:1: .*library"),
    "binary": (b"\x00\x01\x02", r"case\.lib:1: expected text"),
    "truncated": (TINY[: len(TINY) // 2], r"case\.lib:\d+: "),
    "not a library": ("cell (X) { }\n", r"case\.lib:1: .*library"),
    "unclosed string": ('library (x) {\n  time_unit : "1ns;\n}\n', r"case\.lib:\d: "),
    "bad number": (TINY.replace("area :", "area : x", 1), r"case\.lib:\d+: .*area"),
    "bad unit": (re.sub(r'time_unit\s*:\s*"\w+"', 'time_unit : "1parsec"', TINY), r"case\.lib:\d+: .*time_unit.*1parsec"),
    "bad function": (re.sub(r'function\s*:\s*"[^"]*"', 'function : "(A"', TINY, count=1), r"case\.lib:\d+: .*\(A"),
}

LEF = {
    "empty": ("", r"case\.lef:"),
    "binary": (b"\x89PNG\r\n\x1a\n\xff", r"case\.lef:1: expected text"),
    "truncated": ("VERSION 5.8 ;\nMACRO A\n  SIZE 1 BY", r"case\.lef:3: "),
    "bad number": ("VERSION 5.8 ;\nMACRO A\n  SIZE wide BY 2 ;\nEND A\nEND LIBRARY\n", r"case\.lef:3: .*wide"),
    "wrong end": ("VERSION 5.8 ;\nMACRO A\n  SIZE 1 BY 2 ;\nEND B\nEND LIBRARY\n", r"case\.lef:4: "),
}

NANGATE = (Path(__file__).parents[2] / "pdk" / "nangate45.toml").read_text()

KIT = {
    "not toml": ("name = \n", r"kit\.toml:1: expected TOML"),
    "empty": ("", r"kit\.toml: expected the key"),
    "unknown key": (
        NANGATE.replace("driver =", "drivr ="),
        r"kit\.toml:15: expected the key 'driver' in \[defaults\], found 'drivr'",
    ),
    "binary": (b"\xff\xfe\x00", r"kit\.toml:1: expected text"),
}

RECIPE = {
    "unknown key": ('summary = "x"\ntarget_ps = 1\ntarget = 2\n', r"r\.toml.*'target'.*did you mean 'target_ps'"),
    "not toml": ("summary = [\n", r"r\.toml.*TOML"),
    "bad value": ('summary = "x"\ntarget_ps = -1\n', r"r\.toml.*target_ps.*positive"),
    "missing key": ('summary = "x"\n', r"r\.toml.*target_ps"),
}

AIGER = {
    "empty": (b"", r"case\.aig"),
    "bad magic": (b"agi 1 1 0 0 0\n", r"case\.aig.*aig"),
    "truncated": (b"aig 5 2 0 1 3\n10\n\x02", r"case\.aig"),
    "bad counts": (b"aig 1 2 0 1 3\n", r"case\.aig"),
}

COMMANDS = {
    "unknown verb": (["chek", "a.v", "b.v"], r"chek"),
    "unknown option": (["show", "--tpo", "x", "good.v"], r"--tpo.*--top"),
    "missing argument": (["check", "good.v"], r"B\.v"),
    "not a number": (["arith", "generate", "multiplier", "--width", "eight", "-o", "x.v"], r"valid integer"),
    "width 0": (["arith", "generate", "multiplier", "--width", "0", "-o", "x.v"], r"width must be at least 1"),
    "unknown kind": (["arith", "generate", "multiplyer", "--width", "8", "-o", "x.v"], r"did you mean 'multiplier'"),
    "unknown tree": (
        ["arith", "generate", "multiplier", "--width", "8", "--tree", "dada", "-o", "x.v"],
        r"did you mean 'dadda'",
    ),
    "unknown adder": (
        ["arith", "generate", "multiplier", "--width", "8", "--adder", "koge-stone", "-o", "x.v"],
        r"did you mean 'kogge-stone'",
    ),
    "unknown style": (
        ["arith", "generate", "multiplier", "--width", "8", "--style", "cels", "-o", "x.v"],
        r"did you mean 'cells'",
    ),
    "arrival without a time": (
        ["arith", "generate", "multiplier", "--width", "8", "--arrival", "b", "-o", "x.v"],
        r"expected PORT=TIME, such as a=3",
    ),
    "arrival of no bit": (
        ["arith", "generate", "multiplier", "--width", "8", "--arrival", "b[9]=4", "-o", "x.v"],
        r"no port 'b\[9\]' to constrain \(did you mean",
    ),
    "unknown step": (
        ["arith", "optimize", "multiplier", "--width", "4", "--without", "boot", "-o", "x"],
        r"did you mean 'booth'",
    ),
    "unknown method": (
        ["arith", "optimize", "multiplier", "--width", "4", "--method", "domak", "-o", "x"],
        r"did you mean 'domac'",
    ),
    "one stage": (["arith", "generate", "multiplier", "--width", "8", "--stages", "1", "-o", "x.v"], r"at least 2 stages"),
    "unknown delays": (
        ["arith", "generate", "multiplier", "--width", "8", "--delays", "kits", "-o", "x.v"],
        r"did you mean 'kit'",
    ),
    "terms of a multiplier": (["arith", "generate", "multiplier", "--width", "8", "--terms", "3", "-o", "x.v"], r"dot product"),
    "unknown kit": (["show", "good.v", "--pdk", "nangate54"], r"nangate54.*did you mean 'nangate45'"),
    "unknown recipe": (["synth", "good.v", "--top", "t", "--recipe", "sped", "-o", "out"], r"sped.*did you mean 'speed'"),
    "unknown top": (["show", "good.v", "--top", "tt"], r"tt"),
    "unknown ending": (["show", "good.txt"], r"good\.txt.*expected"),
    "missing file": (["show", "absent.v"], r"absent\.v: cannot be read: No such file"),
    "a folder as file": (["show", "folder.v"], r"folder\.v: cannot be read: Is a directory"),
    "ports differ": (["check", "good.v", "other.v"], r"port"),
    "generic netlist to sta": (["sta", "good.v", "--clock", "100"], r"\$and2|and2|mapped|library"),
    "negative clock": (["sta", "good.v", "--clock", "-5"], r"clock"),
    "report of nothing": (["report", "folder.v"], r"results\.json: cannot be read"),
    "output in a file": (["arith", "generate", "adder", "--width", "4", "-o", "good.v/x.v"], r"cannot be written"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.v").write_text(GOOD)
    (tmp_path / "good.txt").write_text(GOOD)
    (tmp_path / "other.v").write_text(GOOD.replace("input b", "input c").replace("& b", "& c"))
    (tmp_path / "folder.v").mkdir()
    return tmp_path


def refuse(capsys, argv, pattern, code=2):
    """Run the command line; it must fail with one message that matches, on standard error, without a traceback."""
    assert main(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.startswith("eda: ")
    assert re.search(pattern, err), err


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("name", VERILOG)
def test_verilog(name, folder, capsys):
    content, pattern = VERILOG[name]
    write(folder / "case.v", content)
    refuse(capsys, ["show", "case.v"], pattern)


@pytest.mark.parametrize("name", LIBERTY)
def test_liberty(name, folder, capsys):
    content, pattern = LIBERTY[name]
    write(folder / "case.lib", content)
    refuse(capsys, ["show", "case.lib"], pattern)


@pytest.mark.parametrize("name", LEF)
def test_lef(name, folder, capsys):
    content, pattern = LEF[name]
    write(folder / "case.lef", content)
    refuse(capsys, ["show", "case.lef"], pattern)


@pytest.mark.parametrize("name", AIGER)
def test_aiger(name, folder, capsys):
    content, pattern = AIGER[name]
    write(folder / "case.aig", content)
    refuse(capsys, ["show", "case.aig"], pattern)


@pytest.mark.parametrize("name", KIT)
def test_kit_description(name, folder, capsys):
    content, pattern = KIT[name]
    write(folder / "kit.toml", content)
    refuse(capsys, ["show", "good.v", "--pdk", "kit.toml"], pattern)


@pytest.mark.parametrize("name", RECIPE)
def test_recipe(name, folder, capsys):
    content, pattern = RECIPE[name]
    write(folder / "r.toml", content)
    refuse(capsys, ["synth", "good.v", "--top", "t", "--recipe", "r.toml", "-o", "out"], pattern)
    assert not (folder / "out").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name, folder, capsys):
    argv, pattern = COMMANDS[name]
    refuse(capsys, argv, pattern)


def test_a_truncated_gzip_is_named(folder, capsys):
    whole = gzip.compress(GOOD.encode() * 50)
    (folder / "case.v.gz").write_bytes(whole[: len(whole) // 2])
    refuse(capsys, ["show", "case.v.gz"], r"case\.v\.gz: cannot be read")


def test_an_unreadable_file_is_named(folder, capsys):
    (folder / "loop.v").symlink_to("loop.v")
    refuse(capsys, ["show", "loop.v"], r"loop\.v: cannot be read")


def test_earlier_output_stays_when_a_later_run_fails(folder, capsys):
    assert main(["arith", "generate", "adder", "--width", "4", "-o", "out.v"]) == 0
    before = (folder / "out.v").read_bytes()
    capsys.readouterr()
    refuse(capsys, ["arith", "generate", "adder", "--width", "4", "--adder", "nothing", "-o", "out.v"], r"nothing")
    assert (folder / "out.v").read_bytes() == before
    assert not list(folder.glob(".out*"))


def test_errors_are_one_json_object_when_json_was_asked_for(folder, capsys):
    assert main(["show", "absent.v", "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out) == {"error": "absent.v: cannot be read: No such file or directory", "exit_code": 2}
    assert err.count("absent.v") == 1

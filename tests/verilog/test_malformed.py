"""Malformed and unsupported files: one message each, with file, line, what was expected and what was found."""

import random
import re
from pathlib import Path

import pytest

from eda.errors import InputError, UnsupportedError
from eda.ir import logic
from eda.ir.cells import CellType
from eda.verilog import fast
from eda.verilog.reader import parse_verilog, read_verilog

NAND = CellType("NAND2_X1", ("A1", "A2"), ("ZN",), (logic.parse("!(A1 & A2)"),))
HEAD = "module t(input a, b, output y);\n"
ADDER = CellType("FA_X1", ("A", "B", "CI"), ("CO", "S"), (logic.parse("A B | CI (A | B)"), logic.parse("A ^ B ^ CI")))

WRONG = {
    "": "f.v:1: expected a module, found none",
    "hello": "f.v:1: expected 'module', found 'hello'",
    "module": "f.v:1: expected the name of the module, found the end of the file",
    "module t(input a,\n": "f.v:2: expected the name of a port, found the end of the file",
    "module t(a, y)\nassign y = a;": "f.v:2: expected ';' after the header of the module, found 'assign'",
    "module t(a b);": "f.v:1: expected ')' or ',' in the list of ports, found 'b'",
    "module t(a, a);": "f.v:1: port 'a' appears twice in the header",
    "module t(a, y);\n input a;\n assign y = a;\nendmodule": "f.v:1: expected a declaration of port 'y' "
    "as input or output, found none",
    "module t(a);\n input a;\n output y;": "f.v:3: output 'y' is not in the header of module t",
    "module t(a);\n input a;\n input a;": "f.v:3: port 'a' is declared twice",
    HEAD + "assign y = a;": "f.v:2: expected 'endmodule' of module 't' (line 1), found the end of the file",
    HEAD + "assign y = a;\nmodule u;": "f.v:3: expected 'endmodule' of module 't' (line 1), found 'module'",
    HEAD + "assign y = a;\nendmodule\n" + HEAD: "f.v:4: module 't' is defined twice",
    HEAD + "/* open": "f.v:2: expected '*/', found the end of the file inside this comment",
    HEAD + "assign y = a é b;": "f.v:2: unexpected character 'é'",
    HEAD + "assign y = a & ;": "f.v:2: expected an operand, found ';'",
    HEAD + "assign y = (a & b;": "f.v:2: expected ')' after the expression, found ';'",
    HEAD + "assign y a;": "f.v:2: expected '=' after the target of the assignment, found 'a'",
    HEAD + "assign y = a": "f.v:2: expected ';' after the assignment, found the end of the file",
    HEAD + "assign y = 2;": "f.v:2: the constant 2 does not fit 1 bit",
    HEAD + "assign y = 2'd7;": 'f.v:2: expected a constant that fits its width, found "2\'d7"',
    HEAD + "assign y = 8'b012;": 'f.v:2: expected digits of base 2, found "8\'b012"',
    HEAD + "assign y = {1, a};": "f.v:2: expected an operand of known width, found an unsized constant",
    HEAD + "assign y = a & bb;": "f.v:2: 'bb' is not declared (did you mean 'b'?)",
    HEAD + "wire [3:0] v;\nassign y = v[4];": "f.v:3: v[4] lies outside the declared range [3:0]",
    HEAD + "wire [3:0] v;\nassign y = &v[0:1];": "f.v:3: v[0:1] runs against the declared range [3:0]",
    HEAD + "assign y = a[0];": "f.v:2: 'a' is a scalar and has no bit 0",
    HEAD + "wire n;\nwire n;": "f.v:3: 'n' is declared twice in module t",
    HEAD + "wire n,;": "f.v:2: expected a name to declare, found ';'",
    HEAD + "wire [3:0 v;": "f.v:2: expected ']' after the range, found 'v'",
    HEAD + "wire [99999999:0] v;": "f.v:2: vector 'v' has 100000000 bits, at most 16777216 expected",
    HEAD + "and g (y, a, b;": "f.v:2: expected ')' or ',' in the terminals of the gate, found ';'",
    HEAD + "and g (y);": "f.v:2: expected an output and an input of the and gate, found 1 terminal",
    HEAD + "and g (y, a, {a, b});": "f.v:2: expected 1 bit, found 2 bits",
    HEAD + "NAND2_X1 (.A1(a));": "f.v:2: expected the name of an instance of NAND2_X1, found '('",
    HEAD + "NAND2_X1 g (.A1(a), .A2(b), .ZZ(y));": "f.v:2: NAND2_X1 g has no pin 'ZZ'; it has A1, A2, ZN",
    HEAD + "NAND2_X1 g (.A1(a), .A1(b), .ZN(y));": "f.v:2: pin A1 of NAND2_X1 g is connected twice",
    HEAD + "NAND2_X1 g (.A1(a), .ZN(y));": "f.v:2: input pin A2 of NAND2_X1 g is not connected",
    HEAD + "NAND2_X1 g (.A1(a), .A2(), .ZN(y));": "f.v:2: input pin A2 of NAND2_X1 g is not connected",
    HEAD + "NAND2_X1 g (.A1({a, b}), .A2(b), .ZN(y));": "f.v:2: expected 1 bit, found 2 bits",
    HEAD + "NAND2_X1 g (a, b, y);": "f.v:2: expected the pins of library cell NAND2_X1 g connected by name",
    HEAD + "NAND2_X1 g (.A1(a), b);": "f.v:2: expected pins connected all by name or all by position, found ';'",
    HEAD + "NAND2_X1 g (.A1(a) .A2(b));": "f.v:2: expected ')' or ',' in the pins of the instance, found '.'",
    HEAD + "NAND3_X1 g (.A1(a), .ZN(y));\nendmodule": "f.v:2: expected a module of this file, a library cell or a gate, "
    "found 'NAND3_X1' (did you mean 'NAND2_X1'?)",
    HEAD + "wire n;\nassign y = n & a;\nendmodule": "f.v:3: expected a driver of net n, which is used here, found none",
    HEAD + "endmodule": "f.v:1: expected a driver of output y, found none",
    HEAD + "wire n;\nassign y = n;\nendmodule": "f.v:1: expected a driver of output y, found none (its driver would be n)",
    HEAD + "assign y = y;\nendmodule": "f.v:1: expected a driver of output y, found none",
    HEAD
    + "not (y, a);\nassign y = b;\nendmodule": "f.v:3: expected one driver of net y, found another: it is driven in line 2",
    HEAD + "assign a = b;\nassign y = a;\nendmodule": "f.v:2: expected one driver of net a, found another: it is an input port",
    HEAD + "not (1'b1, a);\nassign y = b;\nendmodule": "f.v:2: expected a net to drive, found the constant 1'b1",
    HEAD + "not g (y, a);\nnot g (n, a);\nendmodule": "f.v:3: expected a new instance name, found 'g' again (first in line 2)",
    HEAD + "wire n;\nand (n, a, y);\nbuf g (y, n);\nendmodule": "f.v:1: netlist t: combinational loop through n -> g -> n",
}

UNSUPPORTED = {
    HEAD + "assign y = {a, b};": "f.v:2: an assignment of 2 bits to 1 bit",
    HEAD + "wire [1:0] v;\nassign y = a & v;": "f.v:3: '&' between 1 bit and 2 bits",
    "`define X 1\n": "f.v:1: the directive `define",
    '// x\n`include "x.v"\n': "f.v:2: the directive `include",
    "primitive p(y, a);": "f.v:1: 'primitive'",
    "module t #(parameter W = 1) (input a);": "f.v:1: a parameter list",
    "module t(inout a);": "f.v:1: an inout port",
    "module t(.p(a));": "f.v:1: a port expression",
    HEAD + "inout z;": "f.v:2: an inout port",
    HEAD + "initial y = 0;": "f.v:2: 'initial'",
    HEAD + "parameter W = 3;": "f.v:2: 'parameter'",
    HEAD + "function f; endfunction": "f.v:2: 'function'",
    HEAD + "generate endgenerate": "f.v:2: 'generate'",
    HEAD + "bufif1 (y, a, b);": "f.v:2: 'bufif1'",
    HEAD + "always_comb y = a;": "f.v:2: 'always_comb'",
    HEAD + "$display(1);": "f.v:2: '$display'",
    HEAD + "reg [1:0] m [0:3];": "f.v:2: the array m",
    HEAD + "reg r = 0;": "f.v:2: an initial value of r",
    HEAD + "assign y = a + b;": "f.v:2: the operator '+'",
    HEAD + "assign y = a == b;": "f.v:2: the operator '=='",
    HEAD + "assign y = -a;": "f.v:2: the operator '-'",
    HEAD + "assign y = a / b;": "f.v:2: the operator '/'",
    HEAD + "assign y = 1'bx;": "f.v:2: the unknown or floating constant 1'bx",
    HEAD + "assign y = u.n;": "f.v:2: the hierarchical name that begins u.",
    HEAD + "assign y = f(a);": "f.v:2: the call of the function f",
    HEAD + "assign y = $signed(a);": "f.v:2: the system function $signed",
    HEAD + "wire [1:0] v;\nassign y = v[a];": "f.v:3: the index a, which is no number,",
    HEAD + "wire [1:0] v;\nassign y = v[0 +: 1];": "f.v:3: the indexed part-select '+:'",
    HEAD + "and g [1:0] (y, a, b);": "f.v:2: an array of gates",
    HEAD + "NAND2_X1 #(2) g (.A1(a));": "f.v:2: a parameter value of NAND2_X1",
    HEAD + "NAND2_X1 g (.*);": "f.v:2: the connection .*",
    HEAD + "assign y = " + "(" * 200 + "a": "f.v:2: an expression nested more than 100 deep",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_gives_exactly_this_message(text):
    with pytest.raises(InputError) as error:
        parse_verilog(text, types={"NAND2_X1": NAND}, file="f.v")
    assert str(error.value) == WRONG[text]
    assert not isinstance(error.value, UnsupportedError)


@pytest.mark.parametrize("text", UNSUPPORTED, ids=range(len(UNSUPPORTED)))
def test_an_unsupported_construct_is_named_with_the_way_out(text):
    with pytest.raises(UnsupportedError) as error:
        parse_verilog(text, types={"NAND2_X1": NAND}, file="f.v")
    assert str(error.value) == UNSUPPORTED[text] + " is not structural Verilog; RTL goes through `eda synth`"


def test_a_missing_top_is_suggested():
    with pytest.raises(
        InputError, match=re.escape("f.v: there is no module 'topp' (did you mean 'top'?); the file has sub, top")
    ):
        parse_verilog("module sub; endmodule module top; endmodule", top="topp", file="f.v")


def test_binary_and_missing_files_are_named(tmp_path):
    path = tmp_path / "t.v"
    path.write_bytes(b"module t;\n\xff\xfe")
    with pytest.raises(InputError, match=r"t\.v:2: expected text, found the byte 0xff"):
        read_verilog(path)
    with pytest.raises(InputError, match=r"nothing\.v: cannot be read: No such file"):
        read_verilog(tmp_path / "nothing.v")


def test_every_truncation_of_a_file_is_an_error_and_no_crash():
    text = (
        HEAD + "wire [3:0] v; assign v = {4{a & ~b}};\nNAND2_X1 \\g.1 (.A1(v[2]), .A2(1'b1), .ZN(n));\nbuf (y, n);\nendmodule"
    )
    parse_verilog(text, types={"NAND2_X1": NAND})
    for end in range(len(text)):
        with pytest.raises(InputError, match=r"^f\.v:\d+: |^f\.v: expected one module"):
            parse_verilog(text[:end], types={"NAND2_X1": NAND}, file="f.v")


def test_damage_gives_the_same_message_by_the_short_way_and_by_the_parser(monkeypatch):
    """Random damage to a file: no crash, and what the fast reader makes of it is what the parser makes of it."""
    text = (Path(__file__).parent / "damaged.v").read_text()
    chance, outcomes = random.Random(1), []
    cases = [_damaged(text, chance) for _ in range(1500)]
    outcomes.append([_outcome(case) for case in cases])
    monkeypatch.setattr(fast.FastReader, "run", lambda self: None)
    outcomes.append([_outcome(case) for case in cases])
    assert outcomes[0] == outcomes[1]
    assert 50 < sum(isinstance(o, str) for o in outcomes[0]) < 1500


def _damaged(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice([1, 1, 2, 3])):
        start = chance.randrange(len(text))
        length = chance.choice([1, 1, 10, 30])
        added = chance.choice(["", chance.choice(" ()[],;.\\~&|^=?:{}'01abn/*@#\n$"), text[start : start + length]])
        at = chance.randrange(len(text))
        text = text[:at] + added + text[at + length * chance.choice([0, 1]) :]
    return text


def _outcome(text: str) -> object:
    try:
        return parse_verilog(text, types={t.name: t for t in (NAND, ADDER)}, file="f.v")
    except InputError as e:
        return str(e)

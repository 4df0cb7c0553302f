"""What the structural reader understands, one construct per test; circuits are compared by their text."""

import gzip

import numpy as np
import pytest

from eda.errors import InputError
from eda.ir import cells, logic
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist
from eda.ir.simulate import run
from eda.verilog.reader import parse_verilog, read_verilog

NAND = CellType("NAND2_X1", ("A1", "A2"), ("ZN",), (logic.parse("!(A1 & A2)"),))
ADDER = CellType("FA_X1", ("A", "B", "CI"), ("CO", "S"), (logic.parse("(A & B) | (CI & (A | B))"), logic.parse("A ^ B ^ CI")))
LIBRARY = {t.name: t for t in (NAND, ADDER)}


def read(body: str, ports: str = "input a, b, c, output y", top: str | None = None) -> Netlist:
    return parse_verilog(f"module t({ports});\n{body}\nendmodule\n", types=LIBRARY, top=top)


def cell_lines(netlist: Netlist) -> list[str]:
    return [line.strip() for line in netlist.text().splitlines()[1 + len(netlist.ports) :]]


def table(netlist: Netlist) -> list[int]:
    """Output y for all values of the scalar inputs, the first input fastest."""
    names = [p.name for p in netlist.inputs]
    rows = range(1 << len(names))
    return run(netlist, {name: [row >> k & 1 for row in rows] for k, name in enumerate(names)})["y"]


# --- gates and expressions ------------------------------------------------------------------------------------------------


def test_primitive_gates_take_any_number_of_inputs_and_need_no_name():
    n = read("nand g (t1, a, b, c); xor (y, t1, a);")
    assert cell_lines(n) == ["t1 = $nand3(a, b, c)  # g", "y = $xor2(t1, a)"]


def test_a_buffer_may_have_several_outputs():
    n = read("not n1 (t1, t2, a); and (y, t1, t2);")
    assert cell_lines(n) == ["t1 = $not(a)  # n1", "t2 = $not(a)", "y = $and2(t1, t2)"]


def test_several_gates_in_one_statement_with_delays():
    n = read("and #2 g1 (t1, a, b), g2 (t2, b, c); or #(1, 2) (y, t1, t2);")
    assert cell_lines(n) == ["t1 = $and2(a, b)  # g1", "t2 = $and2(b, c)  # g2", "y = $or2(t1, t2)"]


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("a & b | c", lambda a, b, c: a & b | c),
        ("a | b & c", lambda a, b, c: a | b & c),
        ("a ^ b & c", lambda a, b, c: a ^ b & c),
        ("a | b ^ c", lambda a, b, c: a | b ^ c),
        ("(a | b) & c", lambda a, b, c: (a | b) & c),
        ("~a & b ~^ c", lambda a, b, c: 1 ^ (1 ^ a & 1) & b ^ c),
        ("a ^~ b", lambda a, b, c: 1 ^ a ^ b),
        ("~(a & b)", lambda a, b, c: 1 ^ a & b),
        ("~(a | b | c)", lambda a, b, c: 1 ^ (a | b | c)),
        ("a ? b : c", lambda a, b, c: b if a else c),
        ("a ? b : c ? a : 1'b1", lambda a, b, c: b if a else a if c else 1),
        ("!a && (b || c)", lambda a, b, c: (1 ^ a) & (b | c)),
        ("&{a, b, c}", lambda a, b, c: a & b & c),
        ("~|{a, b}", lambda a, b, c: 1 ^ (a | b)),
        ("^{a, 1'b1, {2{c}}}", lambda a, b, c: a ^ 1 ^ c ^ c),
        ("~~a", lambda a, b, c: a),
        ("a & 1", lambda a, b, c: a),
        ("{a, b} ? c : 1'b0", lambda a, b, c: (a | b) & c),
    ],
)
def test_operators_bind_and_compute_as_in_verilog(text, function):
    n = read(f"assign y = {text};")
    assert table(n) == [function(r & 1, r >> 1 & 1, r >> 2 & 1) & 1 for r in range(8)]


def test_one_operator_becomes_one_gate_per_bit_and_drives_the_target_itself():
    n = read("assign y = ~(a & b);", "input [1:0] a, b, output [1:0] y")
    assert cell_lines(n) == ["y[0] = $nand2(a[0], b[0])", "y[1] = $nand2(a[1], b[1])"]


def test_long_chains_need_no_recursion():
    n = read(f"assign y = {' ^ '.join(['a'] * 5001)};", "input a, output y")
    assert n.n_cells == 5000
    assert table(n) == [0, 1]


def test_unsized_constants_take_the_width_they_meet():
    n = read("assign y = 5;", "input a, output [3:0] y")
    assert n.port("y").nets == (1, 0, 1, 0)


@pytest.mark.parametrize("text", ["4'b1010", "4'hA", "4'd10", "4'o12", "4 'h a", "4'b10_10", "4'sb1010", "'hA", "10"])
def test_constants_of_every_base(text):
    n = read(f"assign y = {text};", "input a, output [3:0] y")
    assert n.port("y").nets == (0, 1, 0, 1)


# --- ports, wires, vectors ------------------------------------------------------------------------------------------------


def test_header_of_names_and_header_of_declarations_mean_the_same():
    old = parse_verilog("module t(a, y); input [3:0] a; output y; wire y; assign y = a[2]; endmodule")
    new = parse_verilog("module t(input wire [3:0] a, output y); assign y = a[2]; endmodule")
    assert old == new


def test_declarations_of_a_header_go_on_to_the_next_name():
    n = read("assign y = a[0] & b[1];", "input [1:0] a, b, output y")
    assert [p.declaration for p in n.ports] == ["a[1:0]", "b[1:0]", "y"]


@pytest.mark.parametrize("bounds", ["7:0", "0:7", "11:4", "4:11"])
def test_vectors_of_both_directions_keep_their_range(bounds):
    n = read("assign y = a;", f"input [{bounds}] a, output [7:0] y")
    left, right = map(int, bounds.split(":"))
    assert (n.port("a").left, n.port("a").right) == (left, right)
    assert n.port("a").bit_names[0] == f"a[{right}]"
    assert n.port("y").nets == n.port("a").nets


def test_part_selects_concatenations_and_replication():
    n = read("wire [0:3] v; assign v = {a[5:3], 1'b1}; assign y = {v[1:2], {2{a[0]}}};", "input [5:0] a, output [3:0] y")
    assert [n.net_label(net) for net in n.port("y").nets] == ["a[0]", "a[0]", "a[3]", "a[4]"]


def test_targets_may_be_concatenations():
    n = read("assign {y, z} = {a & b, a | b};", "input a, b, output y, output z")
    assert cell_lines(n) == ["z = $or2(a, b)", "y = $and2(a, b)"]


def test_wires_may_be_declared_with_their_value():
    n = read("wire t1 = a & b, t2 = ~c; supply1 vdd; supply0 vss; assign y = t1 ? t2 : vdd ^ vss;")
    assert cell_lines(n)[:2] == ["t1 = $and2(a, b)", "t2 = $not(c)"]
    assert n.aliases == {"vdd": 1, "vss": 0}


def test_escaped_names_are_names():
    n = read(
        "wire \\u1/n3[2] , \\wire , \\abc ; not (\\u1/n3[2] , a); not (\\wire , \\u1/n3[2] ); not (y, \\wire ); not (abc, a);"
    )
    assert [n.net_names[net] for net in range(n.first_cell_net, n.n_nets)] == ["u1/n3[2]", "wire", "y", "abc"]


def test_names_of_automatic_form_are_none():
    n = read("wire _n7_, \\_n8_ ; and _c3_ (_n7_, a, b); and \\_c4_ (\\_n8_ , a, b); or g (y, _n7_, \\_n8_ );")
    assert n.net_names[-3:] == (None, "_n8_", "y")
    assert n.cell_names == (None, "_c4_", "g")


def test_comments_attributes_and_harmless_directives_are_skipped():
    text = """`timescale 1ns / 1ps
`default_nettype none
(* top = "yes *)" *) module /* m */ t(input a, // the input
  output y); (* src = "x.v:3" *) wire (* keep *) n;
  (* keep *) not (* dont_touch = 1 *) g (n, a) ; not h (y, n); ;
endmodule : t
`celldefine `endcelldefine
"""
    assert parse_verilog(text).cell_names == ("g", "h")


def test_gzipped_files_are_read(tmp_path):
    path = tmp_path / "t.v.gz"
    path.write_bytes(gzip.compress(b"module t(input a, output y); assign y = ~a; endmodule"))
    assert read_verilog(path).n_cells == 1


# --- library cells --------------------------------------------------------------------------------------------------------


def test_library_cells_by_name_in_any_order_of_pins():
    n = read("NAND2_X1 g (.ZN(y), .A2(b), .A1(a));")
    assert cell_lines(n) == ["y = NAND2_X1(a, b)  # g"]


def test_open_outputs_get_a_net_of_their_own():
    n = read(
        "FA_X1 f (.A(a), .B(b), .CI(c), .CO(), .S(y)); FA_X1 g (.A(a), .B(b), .CI(c), .S(z));", "input a, b, c, output y, z"
    )
    assert cell_lines(n) == ["_n5_, y = FA_X1(a, b, c)  # f", "_n7_, z = FA_X1(a, b, c)  # g"]


def test_pins_take_constants_bits_and_expressions():
    n = read(
        "NAND2_X1 g (.A1(a[1]), .A2(1'b1), .ZN(t1)); NAND2_X1 h (.A1(~t1), .A2({b}), .ZN(y));",
        "input [1:0] a, input b, output y",
    )
    assert cell_lines(n) == ["t1 = NAND2_X1(a[1], 1'b1)  # g", "_n6_ = $not(t1)", "y = NAND2_X1(_n6_, b)  # h"]


def test_cells_by_position_follow_the_model_in_the_file():
    model = "module NAND2_X1 (ZN, A1, A2); output ZN; input A1, A2; initial $display; endmodule\n"
    n = parse_verilog(model + "module t(input a, b, output y); NAND2_X1 g (y, a, b); endmodule", types=LIBRARY)
    assert cell_lines(n) == ["y = NAND2_X1(a, b)  # g"]


def test_a_module_of_a_cells_name_is_its_model_and_not_read():
    text = (
        "module NAND2_X1 (ZN); specify garbage here endspecify endmodule module t(input a, output y); assign y = a; endmodule"
    )
    assert parse_verilog(text, types=LIBRARY).name == "t"


# --- top module -----------------------------------------------------------------------------------------------------------


def test_the_top_is_the_module_that_no_other_instantiates():
    text = "module a(input x, output y); assign y = x; endmodule module b(input x, output y); a u (x, y); endmodule"
    assert parse_verilog(text).name == "b"
    assert parse_verilog(text, top="a").name == "a"


def test_two_tops_need_a_choice():
    text = "module a(input x, output y); assign y = x; endmodule module b(input x, output y); assign y = x; endmodule"
    with pytest.raises(InputError, match=r"^f\.v: expected one module that no other instantiates, found 2: a, b; name the top"):
        parse_verilog(text, file="f.v")


def test_arrays_are_compact_and_read_only():
    n = read("and (t1, a, b); or (y, t1, c);")
    assert n.fanin.dtype == np.int32
    assert n.cell_type.dtype == np.int32
    assert not n.fanin.flags.writeable
    assert n.types == (cells.AND, cells.OR)

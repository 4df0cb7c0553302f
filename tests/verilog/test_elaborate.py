"""Hierarchy is flattened with names kept."""

import pytest

from eda.errors import InputError, UnsupportedError
from eda.ir import cells
from eda.verilog.reader import parse_verilog

HALF = """module half(input x, y, output s, c);
  wire inner;
  xor g (s, x, y); not n1 (inner, x); and g2 (c, x, y);
endmodule
"""
FULL = """module full(input a, b, ci, output s, co);
  wire p, g, h;
  half h1 (.x(a), .y(b), .s(p), .c(g));
  half h2 (p, ci, s, h);
  or o (co, g, h);
endmodule
"""


def test_inner_names_carry_the_path():
    n = parse_verilog(HALF + FULL)
    assert n.cell_names == ("h1.g", "h1.n1", "h1.g2", "h2.g", "h2.n1", "h2.g2", "o")
    assert n.net_names[-7:] == ("p", "h1.inner", "g", "s", "h2.inner", "h", "co")


def test_ports_of_inner_modules_are_further_names():
    n = parse_verilog(HALF + FULL)
    assert n.net_by_name["h2.x"] == n.net_by_name["h1.s"] == n.net_by_name["p"]
    assert n.aliases["h1.x"] == n.net_by_name["a"]
    assert "s" not in n.aliases


def test_two_levels_and_modules_in_any_order():
    top = "module top(input [1:0] a, b, output [2:0] s); wire c; full f0 (a[0], b[0], 1'b0, s[0], c);"
    top += " full f1 (.a(a[1]), .b(b[1]), .ci(c), .s(s[1]), .co(s[2])); endmodule\n"
    n = parse_verilog(top + FULL + HALF)
    assert n.name == "top"
    assert n.cell_names[:2] == ("f0.h1.g", "f0.h1.n1")
    assert n.aliases["f0.ci"] == 0


def test_cells_stay_in_the_order_of_the_file():
    n = parse_verilog("module l(input x, output y); not g (y, x); endmodule module t(input a, output y); "
                      "buf b1 (p, a); l u (p, q); buf b2 (y, q); endmodule")  # fmt: skip
    assert n.cell_names == ("b1", "u.g", "b2")


def test_vectors_pass_through_ports():
    n = parse_verilog("module l(input [3:0] x, output [0:3] y); assign y = ~x; endmodule "
                      "module t(input [3:0] a, output [3:0] z); l u (.x({a[1:0], a[3:2]}), .y(z)); endmodule")  # fmt: skip
    assert [n.net_label(int(net)) for net in n.fanin] == ["a[2]", "a[3]", "a[0]", "a[1]"]
    assert n.net_by_name["u.y[3]"] == n.net_by_name["z[0]"]


def test_the_name_nearest_to_the_driver_stays_at_one_level():
    n = parse_verilog(
        "module t(input a, output y, z); wire p, q; not (p, a); assign q = p; assign y = q; assign z = q; endmodule"
    )
    assert n.net_names[-1] == "p"
    assert n.aliases == {"q": n.n_nets - 1}


def test_unconnected_inner_ports():
    n = parse_verilog("module l(input x, w, output y, z); assign y = ~x; assign z = x; endmodule "
                      "module t(input a, output y); l u (.x(a), .y(y), .z()); endmodule")  # fmt: skip
    assert n.n_cells == 1


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        ("half u (.x(a), .q(a));", r"half u has no port 'q'; it has x, y, s, c"),
        ("half u (.x(a), .x(a));", r"port x of half u is connected twice"),
        ("half u (a, a, s, co, a);", r"half u connects 5 ports, the module has 4"),
        ("half u (.x({a, b}), .y(b));", r"port x of half u has 1 bits, 2 are connected"),
        (
            "hlaf u (.x(a));",
            r"expected a module of this file, a library cell or a gate, found 'hlaf' \(did you mean 'half'\?\)",
        ),
        ("half u (.y(b), .s(s), .c(co));", r"expected a driver of net u\.x, which is used here, found none"),
    ],
)
def test_wrong_connections_are_named(instance, message):
    text = HALF + f"module full(input a, b, output s, co);\n  {instance}\nendmodule\n"
    with pytest.raises(InputError, match=message):
        parse_verilog(text, top="full")


def test_recursion_is_refused_with_its_path():
    text = "module a(input x, output y); b u (x, y); endmodule module b(input x, output y); a u (x, y); endmodule"
    with pytest.raises(InputError, match=r"^f\.v:1: module 'a' instantiates itself: a -> b -> a$"):
        parse_verilog(text, top="a", file="f.v")


def test_bottomless_hierarchies_are_refused():
    levels = [f"module m{k}(input x, output y); m{k + 1} u (x, y); endmodule" for k in range(250)]
    with pytest.raises(UnsupportedError, match="a hierarchy more than 200 deep"):
        parse_verilog("\n".join([*levels, "module m250(input x, output y); assign y = x; endmodule"]))


def test_a_module_of_one_register_keeps_the_registers_name():
    text = "module dff(CK, Q, D); input CK, D; output Q; reg Q; always @ (posedge CK)\n Q <= D; endmodule "
    n = parse_verilog(text + "module t(input CK, d, output q); dff DFF_0(CK, q, d); endmodule")
    assert n.cell_names == ("DFF_0.Q_reg",)
    assert n.types == (cells.flip_flop(),)

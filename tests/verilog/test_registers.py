"""`always` blocks that are single registers, and switches that are latches."""

import pytest

from eda.errors import InputError, UnsupportedError
from eda.ir import cells
from eda.verilog.reader import parse_verilog


def register(block: str, ports: str = "input c, r, d, output reg q"):
    return parse_verilog(f"module t({ports});\n{block}\nendmodule")


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ("always @(posedge c) q <= d;", cells.flip_flop()),
        ("always @(negedge c) begin q <= #1 d; end", cells.flip_flop(falling=True)),
        ("always @(posedge c or posedge r) if (r) q <= 1'b0; else q <= d;", cells.flip_flop(reset="high")),
        (
            "always @(posedge r, negedge c) if (r) q <= 1; else q <= d;",
            cells.flip_flop(falling=True, reset="high", reset_value=1),
        ),
        (
            "always @(posedge c or negedge r) begin if (!r) begin q <= 0; end else begin q <= d; end end",
            cells.flip_flop(reset="low"),
        ),
        ("always @(posedge c or negedge r) if (~r) q <= 1'b1; else q <= d;", cells.flip_flop(reset="low", reset_value=1)),
        ("always @* if (c) q = d;", cells.latch()),
        ("always @(c or d) begin : b if (!c) q = d; end", cells.latch(low=True)),
    ],
)
def test_every_generic_register_has_its_block(block, kind):
    n = register(block)
    assert n.types == (kind,)
    assert n.cell_names == ("q_reg",)
    assert [n.net_label(int(net)) for net in n.fanin] == ["c", "d", "r"][: len(kind.inputs)]


def test_vectors_become_one_register_per_bit():
    n = register(
        "always @(posedge c or posedge r) if (r) q <= 2'b10; else q <= d ^ {2{r}};",
        "input c, r, input [1:0] d, output reg [1:0] q",
    )
    assert n.cell_names == (None, None, "q_reg[0]", "q_reg[1]")
    assert [t.name for t in n.types] == ["$xor2", "$dff_ph0", "$dff_ph1"]


@pytest.mark.parametrize(
    "block",
    [
        "always @(posedge c) begin q <= d; q <= r; end",
        "always @(posedge c) if (r) q <= 0; else q <= d;",
        "always @(posedge c or posedge r) q <= d;",
        "always @(posedge c or posedge r) if (!r) q <= 0; else q <= d;",
        "always @(posedge c or posedge r) if (r) q <= d; else q <= d;",
        "always @* q = d & r;",
        "always @* if (c) q = d; else q = r;",
        "always @(posedge c) case (r) 0: q <= d; endcase",
    ],
)
def test_other_blocks_are_refused_by_name(block):
    with pytest.raises(
        UnsupportedError, match=r":2: an 'always' block that is not a single flip-flop or latch is not structural"
    ):
        parse_verilog(f"module t(input c, r, d, output reg q);\n{block}\nendmodule", file="f.v")


def test_widths_must_agree():
    with pytest.raises(InputError, match=r"expected 1 bits on the right of '<=', found 2"):
        register("always @(posedge c) q <= {d, d};")


def test_a_switch_onto_a_charged_wire_is_a_latch():
    n = register(
        "trireg m; nmos n1 (m, d, c); pmos p1 (m2, d, c); trireg m3; pmos p2 (m3, m, c); not (q, m3);".replace(
            "pmos p1 (m2, d, c);", ""
        )
    )
    assert n.types == (cells.latch(), cells.latch(low=True), cells.NOT)
    assert n.cell_names == ("n1", "p2", None)


def test_a_switch_onto_a_plain_wire_is_refused():
    with pytest.raises(UnsupportedError, match="the switch nmos that drives a wire other than a trireg"):
        register("nmos n1 (q, d, c);")

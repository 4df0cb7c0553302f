"""A netlist written as Verilog and read again is the same netlist."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import netlists

from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist, Port
from eda.tech.liberty import parse_liberty
from eda.verilog import fast
from eda.verilog.reader import parse_verilog, read_verilog
from eda.verilog.writer import to_verilog, write_verilog

TINY = Path(__file__).parents[1] / "data" / "tiny.lib"
LIBRARY = parse_liberty(TINY.read_text()).types
MAPPED = [
    LIBRARY[name] for name in ("INV_X1", "NAND2_X1", "AOI21_X1", "HA_X1", "FA_X1", "DFF_X1", "DFFR_X1", "MUX2_X1", "TIE1_X1")
]


@settings(max_examples=2000, suppress_health_check=list(HealthCheck))
@given(netlists(types=MAPPED, latches=True))
def test_two_thousand_netlists_come_back(netlist):
    text = to_verilog(netlist)
    again = parse_verilog(text, types=LIBRARY)
    assert again == netlist
    assert to_verilog(again) == text


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(netlists(types=MAPPED, generic=False, max_cells=30))
def test_the_fast_reader_and_the_parser_agree(netlist):
    text = to_verilog(netlist)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast.FastReader, "run", lambda self: None)
        slow = parse_verilog(text, types=LIBRARY)
    assert slow == parse_verilog(text, types=LIBRARY) == netlist


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(netlists(types=MAPPED, latches=True), st.data())
def test_plain_names_change_names_only(netlist, data):
    again = parse_verilog(to_verilog(netlist, names="plain"), types=LIBRARY)
    assert np.array_equal(again.fanin, netlist.fanin)
    assert [again.type_of(c) for c in range(again.n_cells)] == [netlist.type_of(c) for c in range(netlist.n_cells)]
    assert [(p.direction, p.nets, p.left, p.right) for p in again.ports] == [
        (p.direction, p.nets, p.left, p.right) for p in netlist.ports
    ]
    assert [name is None for name in again.cell_names] == [name is None for name in netlist.cell_names]


def test_files_come_back(tmp_path):
    b = Builder("half")
    x, y = b.input("x"), b.input("y", 2)
    s, c = b.half_adder(x[0], y[1])
    b.name_net(c, "u1.carry")
    b.output("sum", [s, c, y[0], 1])
    netlist = b.build()
    assert write_verilog(netlist, tmp_path / "half.v") == {}
    assert read_verilog(tmp_path / "half.v") == netlist


def test_every_generic_cell_comes_back_named_and_unnamed():
    kinds: list[CellType] = [
        cells.BUF,
        cells.NOT,
        cells.MUX,
        cells.HALF_ADDER,
        cells.FULL_ADDER,
        cells.latch(),
        cells.latch(low=True),
    ]
    kinds += [cells.gate(op, n) for op in ("and", "or", "xor", "nand", "nor", "xnor") for n in (2, 3, 30)]
    kinds += [
        cells.flip_flop(falling=f, reset=r, reset_value=v) for f in (False, True) for r in ("high", "low") for v in (0, 1)
    ]
    kinds += [cells.flip_flop(), cells.flip_flop(falling=True)]
    b = Builder("all")
    nets = b.input("a", 30)
    outs = [net for k in kinds for name in (None, f"g{k.name}") for net in b.cell(k, nets[: len(k.inputs)], name)]
    b.output("y", outs)
    netlist = b.build(sweep=False)
    assert parse_verilog(to_verilog(netlist)) == netlist


def test_a_helper_module_that_was_changed_is_read_as_what_it_is():
    b = Builder("t")
    a = b.input("a", 3)
    b.output("y", list(b.cell(cells.FULL_ADDER, a, "f")))
    changed = to_verilog(b.build()).replace("a ^ b ^ ci", "a & b & ci")
    assert [t.name for t in parse_verilog(changed).types] == ["$and2", "$xor2", "$or2"]


def test_names_of_aliases_and_nets_share_a_vector():
    netlist = Netlist(
        name="t",
        ports=(Port("a", "input", (2,)), Port("y", "output", (3,))),
        types=(cells.NOT,),
        cell_type=np.array([0]),
        fanin_start=np.array([0, 1]),
        fanin=np.array([2]),
        net_names=(None, None, "a", "v[1]"),
        cell_names=(None,),
        aliases={"v[0]": 2, "v[2]": 1},
    )
    text = to_verilog(netlist)
    assert "  wire [2:0] v;\n" in text
    assert parse_verilog(text) == netlist

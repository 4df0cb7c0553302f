"""Generic adders as library cells: the rules for Yosys are checked by what they make of an adder."""

import pytest

from eda.flow.adders import adder_map
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.logic import parse
from eda.ir.simulate import run
from eda.tech.pdk import AdderCell, Defaults
from eda.tech.tools import run_yosys
from eda.verilog.reader import parse_verilog
from eda.verilog.writer import to_verilog

FULL = CellType("FULL", ("X", "Y", "Z"), ("C", "S"), (parse("X*Y + X*Z + Y*Z"), parse("X^Y^Z")))
FULL_INVERTED = CellType("FULLN", ("X", "Y", "Z"), ("CN", "SN"), (parse("!(X*Y + X*Z + Y*Z)"), parse("!(X^Y^Z)")))
HALF = CellType("HALF", ("X", "Y"), ("C", "S"), (parse("X*Y"), parse("X^Y")))

PLAIN = Defaults(
    "B", 1.0, full_adder=AdderCell("FULL", "X", "Y", "Z", "S", "C"), half_adder=AdderCell("HALF", "X", "Y", "", "S", "C")
)
INVERTED = Defaults("B", 1.0, full_adder=AdderCell("FULLN", "X", "Y", "Z", "SN", "CN", True, True))


def three_bits():
    b = Builder("t")
    x = b.input("x", 4)
    s, c = b.full_adder(x[0], x[1], x[2])
    t, d = b.half_adder(s, x[3])
    b.output("y", [t, d, c])
    return b.build()


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        (PLAIN, {"FULL": 1, "HALF": 1}),
        (INVERTED, {"FULLN": 1}),
        (Defaults("B", 1.0), {}),
    ],
    ids=["plain", "inverted", "none"],
)
def test_adders_become_the_kits_cells_and_compute_the_same(tmp_path, defaults, expected):
    netlist = three_bits()
    (tmp_path / "t.v").write_text(to_verilog(netlist))
    (tmp_path / "map.v").write_text(adder_map(defaults))
    steps = "read_verilog t.v\ntechmap -map map.v\nclean\nwrite_verilog -noattr out.v\n"
    run_yosys(steps, cwd=tmp_path, timeout=60, expect=["out.v"])
    types = {t.name: t for t in (FULL, FULL_INVERTED, HALF)}
    found = parse_verilog((tmp_path / "out.v").read_text(), types=types, top="t")
    assert {k: n for k, n in found.count_by_type().items() if k in types} == expected
    values = {"x": list(range(16))}
    assert run(found, values) == run(netlist, values)


def test_pins_keep_their_roles():
    text = adder_map(PLAIN)
    assert "FULL _TECHMAP_REPLACE_ (.X(a), .Y(b), .Z(ci), .S(s), .C(co));" in text
    assert "HALF _TECHMAP_REPLACE_ (.X(a), .Y(b), .S(s), .C(co));" in text

"""``eda size`` from the shell's point of view."""

import json

import pytest

from eda.cli import main

MAPPED = """module m(input a, input b, input c, output y, output z);
wire n, o;
NAND2_X1 g0 (.A1(a), .A2(b), .ZN(n));
XOR2_X1 g1 (.A(n), .B(c), .Z(o));
INV_X8 g2 (.A(o), .ZN(y));
AND2_X4 g3 (.A1(o), .A2(a), .ZN(z));
endmodule
"""


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.v").write_text(MAPPED)
    return tmp_path


def test_a_target_is_met_written_and_proven(mapped, capsys):
    assert main(["size", "m.v", "--target", "400", "-o", "out.v", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    (point,) = facts["points"]
    assert point["met"]
    assert point["proof"].startswith("proven")
    assert point["area_um2"] < facts["given"]["area_um2"]
    assert main(["sta", "out.v", "--json"]) == 0
    timed = json.loads(capsys.readouterr().out)
    assert timed["delay_ps"] == pytest.approx(point["delay_ps"])
    assert timed["area_um2"] == pytest.approx(point["area_um2"])
    assert main(["check", "m.v", "out.v"]) == 0


def test_a_front_writes_a_file_per_point(mapped, capsys):
    assert main(["size", "m.v", "--points", "3", "-o", "front/m.v", "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert len(points) == 3
    assert len({p["verilog"] for p in points}) == len(list((mapped / "front").glob("m_*ps.v"))) == 3


def test_a_target_out_of_reach_exits_with_1_and_gives_the_fastest(mapped, capsys):
    assert main(["size", "m.v", "--target", "1", "--target", "0", "--json"]) == 1
    out_of_reach, fastest = json.loads(capsys.readouterr().out)["points"]
    assert not out_of_reach["met"]
    assert out_of_reach["delay_ps"] == fastest["delay_ps"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["m.v"], "expected --target PS or --points N"),
        (["m.v", "--target", "5", "--points", "2"], "not both"),
        (["m.v", "--target", "-5"], "must not be negative"),
        (["n.v", "--target", "5"], "n.v"),
    ],
)
def test_bad_usage_is_one_message(mapped, capsys, argv, message):
    assert main(["size", *argv]) == 2
    assert message in capsys.readouterr().err


def test_help_shows_examples(capsys):
    assert main(["size", "--help"]) == 0
    assert "eda size mult16.v --target 950" in capsys.readouterr().out

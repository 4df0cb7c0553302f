"""What ``eda schedule`` writes besides the schedule."""

import json

import pytest

from eda.cli import main

FILTER = """module filter(input [3:0] a, b, c, output [8:0] y);
  wire [7:0] p = a * b;
  assign y = p + c;
endmodule
"""


@pytest.fixture
def design(tmp_path):
    path = tmp_path / "filter.v"
    path.write_text(FILTER)
    return path


def eda(capsys, *args):
    code = main([*map(str, args), "--time-limit", "5"])
    return code, *capsys.readouterr()


def test_a_pipeline_is_written_checked_and_told_step_by_step(design, tmp_path, capsys, iverilog):
    out = tmp_path / "p.sv"
    code, text, _ = eda(capsys, "schedule", design, "--ii", 1, "--verilog", out, "--check", "--steps", "--json")
    facts = json.loads(text)
    assert code == 0
    assert facts["verilog"]["proof"]["status"] == "proven"
    assert (facts["verilog"]["vectors"], facts["verilog"]["errors"]) == (10_000, 0)
    assert len(facts["steps"]) == facts["metrics"]["latency"] + 1
    assert facts["verilog"]["registers"]["waiting"] == facts["metrics"]["registers"]
    assert "module filter (" in out.read_text()
    assert "module tb;" in (tmp_path / "p_tb.sv").read_text()


def test_delays_of_a_kit_and_a_clock_say_where_registers_stand(design, tmp_path, capsys):
    args = ("schedule", design, "--ii", 1, "--delays-of", "nangate45", "--json")
    _, short, _ = eda(capsys, *args, "--clock", 500)
    _, long, _ = eda(capsys, *args, "--clock", 2000)
    assert json.loads(short)["metrics"]["latency"] == 1
    assert json.loads(long)["metrics"]["latency"] == 0
    assert 0 < json.loads(short)["metrics"]["max_chain"] < json.loads(long)["metrics"]["max_chain"] < 2000


def test_a_chart_is_written(design, tmp_path, capsys):
    assert eda(capsys, "schedule", design, "--plot", tmp_path / "g.svg")[0] == 0
    assert (tmp_path / "g.svg").stat().st_size > 1000


def test_checking_nothing_is_refused(design, capsys):
    code, _, err = eda(capsys, "schedule", design, "--check")
    assert code == 2
    assert "--check is about the datapath that --verilog writes" in err


SSP = """ssp.instance @loop of "ChainingCyclicProblem" {
  library { operator_type @op [latency<1>, incDelay<8.0>, outDelay<3.0>] }
  graph { operation<@op> @x(@x [dist<1>]) }
}
"""


def test_a_problem_of_circt_is_written_back_with_its_schedule(tmp_path, capsys):
    (tmp_path / "p.mlir").write_text(SSP)
    out = tmp_path / "out.mlir"
    assert eda(capsys, "schedule", tmp_path / "p.mlir", "--clock", 10, "--ii", "auto", "-o", out)[0] == 0
    assert 'of "ChainingCyclicProblem" [II<2>] {' in out.read_text()
    assert "@x(@x [dist<1>]) [t<0>, z<0.000000 : f32>]" in out.read_text()


def test_only_a_problem_of_circt_is_written_so(design, tmp_path, capsys):
    code, _, err = eda(capsys, "schedule", design, "-o", tmp_path / "out.mlir")
    assert code == 2
    assert "only a schedule of an .mlir file can be written as one" in err

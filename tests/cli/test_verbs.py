"""Every verb from the shell's point of view: files, JSON, exit codes."""

import json

import pytest

from eda import __version__
from eda.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDA_CACHE", str(tmp_path / "cache"))
    return tmp_path


def run(capsys, *argv, code=0):
    """Run a verb with --json; return its JSON object."""
    assert main([*argv, "--json"]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return json.loads(out)


def test_help_of_every_verb_shows_an_example(capsys):
    for verb in ("check", "show", "synth", "sta", "report", "size", "arith generate", "arith sweep", "arith optimize"):
        assert main([*verb.split(), "--help"]) == 0
        assert "Example" in capsys.readouterr().out, verb


def test_version_and_no_arguments(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"eda {__version__}\n"
    assert main([]) == 0
    assert "Commands" in capsys.readouterr().out


def test_doctor_names_a_line_for_everything_that_is_missing(folder, capsys):
    checks = run(capsys, "doctor")["checks"]
    assert {"Python", "numpy", "Yosys", "ABC", "OpenSTA", "kit nangate45"} <= {c["name"] for c in checks}
    assert all(c["hint"] for c in checks if not c["found"])


def test_generate_takes_constants_ranges_of_bits_times_and_stages(folder, capsys):
    made = run(capsys, "arith", "generate", "multiplier", "--width", "6", "--constant", "-93", "--drop-bits", "4", "-o", "a.v")
    assert made["specification"] == "p[9:0] = (-93*a)[13:4]"
    assert made["top"] == "multiplier_6_times_minus_93_drop4_dadda_sklansky"
    times = ["--arrival", "b[5]=4", "--required", "p[11]=20", "--delays", "kit", "--tree", "tdm", "--adder", "fitted"]
    made = run(capsys, "arith", "generate", "multiplier", "--width", "6", "--signed", "--unsigned-b", *times, "-o", "b.v")
    assert made["specification"] == "p[11:0] = a*b (a signed)"
    piped = run(capsys, "arith", "generate", "mac", "--width", "5", "--stages", "3", "-o", "c.v", "--testbench", "tb.v")
    assert piped["registers"] > 20
    assert piped["proof"]["latency"] == [2, 0]
    assert "past" in (folder / "tb.v").read_text()


def test_generate_check_and_find_a_difference(folder, capsys):
    made = run(capsys, "arith", "generate", "multiplier", "--width", "6", "--tree", "tdm", "-o", "a.v", "--testbench", "tb.v")
    assert made["proof"]["status"] == "proven"
    assert "errors" in (folder / "tb.v").read_text()
    run(capsys, "arith", "generate", "multiplier", "--width", "6", "--ppg", "booth", "--style", "gates", "-o", "b.v")
    tops = ["--top", "multiplier_6x6_and_tdm_sklansky", "--top-b", "multiplier_6x6_booth_dadda_sklansky"]
    assert run(capsys, "check", "a.v", "b.v", *tops)["status"] == "proven"
    wrong = (folder / "b.v").read_text()
    at = wrong.index(" & ", wrong.index("assign"))
    (folder / "wrong.v").write_text(wrong[:at] + " | " + wrong[at + 3 :])
    found = run(capsys, "check", "a.v", "wrong.v", *tops, code=1)
    assert found["status"] == "different"
    example = found["counterexample"]
    assert example["left"]["p"] == example["inputs"]["a"] * example["inputs"]["b"] != example["right"]["p"]


def test_synth_then_sta_agree(folder, capsys):
    (folder / "add.v").write_text("module add(input [3:0] a, input [3:0] b, output [4:0] s);\n  assign s = a + b;\nendmodule\n")
    metrics = run(capsys, "synth", "add.v", "-o", "out")
    assert metrics["proof"]["status"] == "proven"
    assert json.loads((folder / "out" / "metrics.json").read_text()) == metrics
    timing = run(capsys, "sta", "out/add.v")
    for key in ("delay_ps", "area_um2", "power_mw", "cells"):
        assert timing[key] == pytest.approx(metrics[key])
    assert run(capsys, "sta", "out/add.v", "--clock", "1", code=1)["slack_ps"] < 0
    assert run(capsys, "show", "out/add.v")["cells"] == metrics["cells"]


def test_a_missing_tool_is_exit_code_3_with_the_line_that_installs_it(folder, capsys, monkeypatch):
    (folder / "inv.v").write_text("module inv(input a, output y);\n  INV_X1 g (.A(a), .ZN(y));\nendmodule\n")
    monkeypatch.setenv("PATH", str(folder))
    answer = run(capsys, "sta", "inv.v", "--engine", "opensta", code=3)
    assert "apt install opensta" in answer["error"]


def test_sweep_and_report(folder, capsys):
    result = run(capsys, "arith", "sweep", "adder", "--width", "4", "--recipe", "area", "-o", "out")
    assert {p["proof"]["status"] for p in result["points"]} == {"proven"}
    assert {p["source"] for p in result["points"]} == {"eda", "yosys"}
    front = json.loads((folder / "out" / "pareto.json").read_text())
    assert [p["delay_ps"] for p in front] == sorted(p["delay_ps"] for p in front)
    for point in front:
        assert (folder / "out" / point["verilog"]).exists()
        assert run(capsys, "sta", f"out/{point['mapped']}")["delay_ps"] == pytest.approx(point["delay_ps"])
    (folder / "out" / "report.html").unlink()
    assert run(capsys, "report", "out")["report"] == "out/report.html"
    assert (folder / "out" / "report.html").read_text().startswith("<!doctype html>")

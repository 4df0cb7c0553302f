"""``eda arith optimize`` from the shell: a folder of proven circuits, gone on with by a second run."""

import json
from pathlib import Path

import pytest

from eda.cli import main

QUICK = [x for step in ("domac", "booth", "rewire", "buffers", "cells", "joint") for x in ("--without", step)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("optimized")


def run(capsys, *argv):
    assert main(["arith", "optimize", *argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_writes_a_folder_of_proven_circuits(folder, capsys):
    record = run(capsys, "multiplier", "--width", "3", "--points", "4", "-o", str(folder), *QUICK)
    assert record["finished"]
    assert 2 <= len(record["points"]) <= 4
    for point in record["points"]:
        assert point["proof"]["status"] == "proven"
        assert (folder / point["verilog"]).exists()
        netlist = folder / point["mapped"]
        assert main(["sta", str(netlist), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["delay_ps"] == pytest.approx(point["delay_ps"], abs=1e-3)
    for name in ("results.json", "pareto.json", "pareto.svg", "pareto.png", "report.html"):
        assert (folder / name).stat().st_size > 0
    assert Path(folder / "report.html").read_text().count("proven") >= len(record["points"])


def test_a_second_run_never_loses_a_point(folder, capsys):
    before = json.loads((folder / "results.json").read_text())["points"]
    record = run(capsys, "multiplier", "--width", "3", "--points", "4", "-o", str(folder), "--time-limit", "0", *QUICK)
    figures = {(p["delay_ps"], p["area_um2"]) for p in record["points"]}
    assert {(p["delay_ps"], p["area_um2"]) for p in before} <= figures


def test_another_goal_in_the_same_folder_begins_anew(folder, capsys):
    record = run(capsys, "adder", "--width", "3", "--points", "2", "-o", str(folder), *QUICK)
    assert {p["config"]["tree"] for p in record["points"]} == {"tdm by adder cells"}
    assert record["goal"]["kind"] == "adder"

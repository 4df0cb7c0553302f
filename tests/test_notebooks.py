"""The notebooks run from top to bottom."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "docs" / "notebooks").glob("*.ipynb"))


def code_cells(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    space = {}
    for cell in code_cells(path):
        exec(compile(cell, str(path), "exec"), space)
    assert space["circuits"]
    assert all(c.verdict.status == "proven" for c in space["circuits"])
    assert space["generic"].count("endmodule") >= 1


def test_multipliers_needs_under_twenty_lines():
    lines = [line for cell in code_cells(NOTEBOOKS[0]) for line in cell.splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith(("import ", "from "))]) < 20

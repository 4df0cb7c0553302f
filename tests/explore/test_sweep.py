"""Sweeps keep what was found, go on where they stopped, and emit nothing unproven."""

import json

import pytest

from eda.errors import ProofError, ToolTimeout
from eda.explore import sweep as sweeps
from eda.explore.sweep import Sweep, rtl, run_sweep
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.verdict import Verdict


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("EDA_CACHE", str(tmp_path / "cache"))


def small(**changes):
    return Sweep.of("adder", 3, recipes=("area",), **changes)


def test_a_second_run_measures_nothing_again(tmp_path, monkeypatch):
    first = run_sweep(small(), tmp_path / "out")
    monkeypatch.setattr(sweeps, "measure", lambda *a, **k: pytest.fail("measured again"))
    assert run_sweep(small(), tmp_path / "out")["points"] == first["points"]


def test_points_of_another_sweep_are_not_taken_over(tmp_path):
    run_sweep(small(), tmp_path / "out")
    again = run_sweep(small(seed=2), tmp_path / "out")
    assert again["sweep"]["seed"] == 2
    assert len(again["points"]) == small().size


def test_an_interrupt_keeps_what_was_found(tmp_path):
    done = []

    def stop_after_two(what):
        done.append(what)
        if len(done) == 2:
            raise KeyboardInterrupt

    record = run_sweep(small(), tmp_path / "out", jobs=1, progress=stop_after_two)
    assert record["interrupted"]
    assert len(record["points"]) >= 1
    assert json.loads((tmp_path / "out" / "results.json").read_text())["finished"] is False
    assert (tmp_path / "out" / "report.html").exists()


def test_a_program_that_fails_costs_one_point(tmp_path, monkeypatch):
    real = sweeps.synthesize

    def failing(source, *args, **kwargs):
        if getattr(source, "name", "").endswith("sklansky"):
            raise ToolTimeout("Yosys failed: ran past its limit")
        return real(source, *args, **kwargs)

    monkeypatch.setattr(sweeps, "synthesize", failing)
    record = run_sweep(small(), tmp_path / "out")
    assert list(record["failures"].values()) == ["Yosys failed: ran past its limit"]
    assert len(record["points"]) == small().size - 1


def test_an_unproven_design_is_not_emitted(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "check_spec", lambda *a, **k: Verdict("unknown", "", 4))
    with pytest.raises(ProofError, match="not proven"):
        run_sweep(small(), tmp_path / "out", jobs=1)
    assert not list((tmp_path / "out").glob("mapped/*"))


def test_behavioural_text_of_a_signed_specification():
    spec = ArithmeticSpec((Operand("a", 4, True), Operand("b", 4, True), Operand("c", 8, True)), (("a", "b"), ("c",)), "p", 9)
    assert "input signed [3:0] a" in rtl(spec, "mac")
    assert "assign p = a * b + c;" in rtl(spec, "mac")

"""Evaluation: measured, proven, kept; and never a wrong circuit."""

import json
from dataclasses import replace

import pytest

from eda.errors import ProofError, UsageError
from eda.flow import evaluate as room
from eda.flow import synthesize as mapping
from eda.flow.evaluate import Rtl, evaluate, measure, synthesize, verify
from eda.flow.recipes import load_recipe
from eda.flow.store import Store
from eda.ir.builder import Builder
from eda.timing.sta import analyze
from eda.verilog.reader import parse_verilog


def adder(bits=4, name="add"):
    b = Builder(name)
    x, y = b.input("x", bits), b.input("y", bits)
    carry, sums = 0, []
    for i in range(bits):
        s, carry = b.full_adder(x[i], y[i], carry)
        sums.append(s)
    b.output("s", [*sums, carry])
    return b.build()


@pytest.fixture
def accumulator(tmp_path):
    text = """module acc(input clk, input [3:0] d, output reg [5:0] q);
      always @(posedge clk) q <= q + d; endmodule"""
    (tmp_path / "acc.v").write_text(text)
    return Rtl((tmp_path / "acc.v",), "acc")


@pytest.fixture
def forbidden(monkeypatch):
    """Make every run of Yosys and every proof an error."""

    def refuse():
        monkeypatch.setattr(mapping.tools, "run_yosys", None)
        monkeypatch.setattr(room, "check", None)

    return refuse


def test_metrics_are_those_of_the_mapped_netlist_and_name_their_engine():
    found = evaluate(adder(), "nangate45", "area", cache=False)
    pdk = room.prepare(adder(), "nangate45", "area").pdk
    netlist = parse_verilog(found.verilog, types=pdk.library.types)
    timing = analyze(netlist, pdk.library, room.constraints_of(pdk))
    assert found.delay_ps == pytest.approx(timing.delay_ps)
    assert found.area_um2 == pytest.approx(sum(pdk.library.cell(k).area * n for k, n in netlist.count_by_type().items()))
    assert found.cells == netlist.n_cells
    assert found.engine.startswith("eda ")
    assert found.activity == "simulated, zero delay"
    assert found.power_mw > 0
    assert found.energy_pj == pytest.approx(found.power_mw * found.period_ps / 1000)
    assert (found.pdk, found.recipe, found.period_ps, found.slack_ps) == ("nangate45", "area", 1000.0, None)
    assert found.proof["status"] == "proven"


def test_metrics_can_be_written_as_json_without_the_netlist():
    found = evaluate(adder(), "nangate45", "area")
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert "verilog" not in found.to_dict()


def test_an_equal_evaluation_is_looked_up(forbidden):
    fresh = evaluate(adder(5), "nangate45", "speed")
    forbidden()
    assert evaluate(adder(5), "nangate45", "speed") == fresh
    with pytest.raises(TypeError):
        evaluate(adder(5), "nangate45", load_recipe("speed", target_ps=77))


def test_a_stored_result_does_not_outlive_the_code_that_made_it(forbidden, monkeypatch):
    evaluate(adder(3), "nangate45", "area")
    forbidden()
    monkeypatch.setattr("eda.flow.store.code_identity", lambda: "another engine")
    with pytest.raises(TypeError):
        evaluate(adder(3), "nangate45", "area")


def test_a_proof_that_ran_out_of_time_is_told_and_not_kept(monkeypatch):
    kept = []
    monkeypatch.setattr(Store, "put", lambda self, key, value: kept.append(value))
    monkeypatch.setattr(room, "check", lambda *a, **k: replace(room_check(*a, **k), status="unknown"))
    assert evaluate(adder(6), "nangate45", "area").proof["status"] == "unknown"
    assert [set(value) >= {"mapped", "log"} for value in kept] == [True]  # the mapping alone


room_check = room.check


def test_a_mapped_netlist_that_differs_is_refused_with_a_counterexample():
    mapped = synthesize(adder(), "nangate45", "area")
    n = mapped.netlist
    swapped = replace(n, ports=tuple(replace(p, nets=p.nets[::-1]) if p.name == "s" else p for p in n.ports))
    with pytest.raises(ProofError, match=r"differs from its source: different: x = ") as caught:
        verify(replace(mapped, netlist=swapped))
    assert caught.value.exit_code == 1


def test_registers_are_measured_at_their_smallest_period(accumulator):
    found = evaluate(accumulator, "nangate45", "area")
    assert found.registers == 6
    assert found.period_ps == pytest.approx(found.delay_ps)
    assert found.proof["status"] == "proven"


def test_a_given_period_gives_slack_and_its_power(accumulator):
    tight = evaluate(accumulator, "nangate45", "area")
    found = evaluate(accumulator, "nangate45", "area", clock="clk", period_ps=5000.0)
    assert found.delay_ps == pytest.approx(tight.delay_ps)
    assert found.slack_ps == pytest.approx(5000.0 - found.delay_ps)
    assert found.power_mw < tight.power_mw


def test_opensta_gives_a_second_opinion_that_agrees(opensta, accumulator):
    for source in (adder(), accumulator):
        found = evaluate(source, "nangate45", "speed", engine="opensta", cache=False)
        assert found.opensta["engine"].startswith("OpenSTA ")
        assert found.opensta["delay_ps"] == pytest.approx(found.delay_ps, rel=1e-4)


def test_an_unknown_engine_gets_the_nearest_right_one():
    with pytest.raises(UsageError, match="did you mean 'opensta'"):
        evaluate(adder(), engine="openstar")


def test_what_is_not_to_be_proven_is_not(forbidden):
    mapped = synthesize(adder(), "nangate45", "area")
    forbidden()
    assert measure(mapped).proof is None
    assert evaluate(adder(), "nangate45", "area", prove=False).proof is None

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from eda.arith.delays import XOR_UNITS
from eda.arith.generate import generate
from eda.arith.lower import lower
from eda.arith.pipeline import TOLERANCE, pipeline, pipeline_mapped
from eda.arith.pipeline_levels import cut_levels, shortest_period
from eda.arith.pipeline_model import generic_model
from eda.arith.registers import chain_lengths, find_register, generic_register, insert_registers
from eda.arith.testbench import bench, run_testbench
from eda.errors import UsageError
from eda.flow.evaluate import constraints_of, synthesize
from eda.flow.recipes import load_recipe
from eda.ir.builder import Builder
from eda.proof.check import check, check_spec
from eda.proof.pipeline import flattened
from eda.tech.pdk import find_pdk
from eda.timing.sta import analyze
from eda.verilog.writer import to_verilog


@pytest.fixture(scope="module")
def pdk():
    return find_pdk("nangate45")


@pytest.fixture(scope="module")
def mapped(pdk):
    """A design and its mapped netlist."""
    design = generate("multiplier", 8, tree="tdm", adder="fitted")
    return design, synthesize(design.netlist, pdk, load_recipe("area")).netlist


def stage_delays(netlist):
    """The longest stage of a generic netlist, its registers free of charge: to an output or to a register."""
    time = np.zeros(netlist.n_nets)
    gates = {"$xor2": XOR_UNITS.xor2, "$xnor2": XOR_UNITS.xor2, "$not": 0.0}
    for kind, members in netlist.groups:
        n = len(kind.inputs)
        simple = ((gates.get(kind.name, XOR_UNITS.and2),),) * n
        arcs = XOR_UNITS.arcs(n) if kind.name in ("$fa", "$ha") else simple
        for c in members.tolist():
            for k, out in enumerate(netlist.outputs_of(c)):
                time[out] = max(time[p] + arc[k] for p, arc in zip(netlist.fanin_of(c), arcs, strict=True))
    stored = [net for c in netlist.state_cells for net in netlist.fanin_of(c)]
    return time[[*netlist.output_nets, *stored]].max()


@pytest.mark.parametrize("stages", [2, 3, 4, 7])
@pytest.mark.parametrize("options", [{"kind": "mac", "signed": True, "ppg": "booth"}, {"kind": "squarer"}, {"kind": "adder"}])
def test_every_pipeline_is_the_same_function_later(options, stages):
    tree = {} if options["kind"] == "adder" else {"tree": "tdm"}
    design = generate(**options, width=5, adder="brent-kung", **tree)
    netlist = pipeline(design.netlist, stages)
    assert flattened(netlist).latency == stages - 1
    assert netlist.ports[len(netlist.inputs) - 1].name == "clk"
    assert check_spec(netlist, design.spec).status == "proven"
    assert check(netlist, design.netlist).status == "proven"


@pytest.mark.parametrize("stages", [2, 4])
def test_wide_pipelines_keep_their_certificate(stages):
    design = generate("multiplier", 32, signed=True, tree="tdm", adder="fitted")
    verdict = check_spec(pipeline(design.netlist, stages), design.spec)
    assert (verdict.status, verdict.method, verdict.latency) == ("proven", "weight-conservation certificate", (stages - 1, 0))


def test_a_missing_register_is_found(mapped):
    design, _ = mapped
    good = pipeline(design.netlist, 3)
    net = int(good.fanin_of(int(good.state_cells[5]))[1])
    fanin = good.fanin.copy()
    fanin[fanin == good.output_start[good.state_cells[5]]] = net
    verdict = check_spec(replace(good, fanin=fanin), design.spec)
    assert verdict.status == "unknown"
    assert "no feed-forward pipeline" in verdict.detail


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_stages_are_as_long_as_one_another(stages):
    design = generate("multiplier", 16, tree="tdm", adder="fitted")
    whole = stage_delays(design.netlist)
    longest = stage_delays(pipeline(design.netlist, stages))
    assert whole / stages <= longest <= whole / stages + 2.0, "one full adder more than an ideal division"


def random_netlist(seed, gates):
    rng, b = random.Random(seed), Builder("random")
    nets = b.input("x", 4)
    for _ in range(gates):
        kind = rng.choice(["and", "xor", "full"])
        if kind == "full":
            nets += b.full_adder(*rng.sample(nets, 3))
        else:
            nets.append((b.and_ if kind == "and" else b.xor)(*rng.sample(nets, 2)))
    b.output("y", nets[-3:])
    return b.build()


@pytest.mark.parametrize("seed", range(12))
def test_one_cut_needs_no_more_time_or_registers_than_the_best_of_all(seed):
    netlist = random_netlist(seed, 9)
    model = generic_model(netlist, XOR_UNITS, np.zeros(4))
    least = shortest_period(model, 1)
    period = least * (1 + TOLERANCE)
    count = int(chain_lengths(netlist, cut_levels(model, 1, period), 1).sum())
    best_period, best_count = np.inf, np.inf
    for levels in itertools.product((0, 1), repeat=netlist.n_cells):
        level = np.array(levels)
        before = netlist.driver[netlist.fanin]
        if (level[netlist.pin_cell] < np.where(before >= 0, level[before], 0)).any():
            continue
        placed = insert_registers(netlist, level, 1, generic_register())
        longest = stage_delays(placed.netlist)
        best_period = min(best_period, longest)
        if longest <= period + 1e-6:
            best_count = min(best_count, placed.count)
    assert least == pytest.approx(best_period, abs=1e-4)
    assert count == best_count


def test_late_inputs_move_the_cut():
    design = generate("adder", 12, adder="ripple")
    early = pipeline(design.netlist, 2)
    late = pipeline(design.netlist, 2, arrivals={"a": 6.0, "b": 6.0})
    assert early.digest != late.digest
    assert check(early, late).status == "proven"


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_mapped_pipelines_are_proven_and_run_nearly_as_fast_as_can_be(mapped, pdk, stages):
    design, netlist = mapped
    around = constraints_of(pdk)
    piped = pipeline_mapped(netlist, pdk, stages, around)
    verdict = check_spec(piped, design.spec, via=design.via)
    assert (verdict.status, verdict.latency) == ("proven", (stages - 1, 0))
    whole = analyze(netlist, pdk.library, around).delay_ps
    timing = analyze(piped, pdk.library, around)
    register = find_register(pdk)
    overhead = (
        register.launch(pdk.library, np.full((1, 2), 3.0)).max() + register.setup(pdk.library, np.full((1, 2), 20.0)).max()
    )
    assert timing.delay_ps < whole / stages + overhead + 40.0, "the slowest gate is some 40 ps"
    assert timing.hold_wns > 0


def test_time_spent_outside_moves_the_cut(mapped, pdk):
    """100 ps behind the outputs cost the clock far less when the cut knows of them."""
    _, netlist = mapped
    outside = replace(constraints_of(pdk), output_delay_ps=100.0)
    unaware = pipeline_mapped(netlist, pdk, 2, constraints_of(pdk))
    aware = pipeline_mapped(netlist, pdk, 2, outside)
    slow, fast = (analyze(n, pdk.library, outside).delay_ps for n in (unaware, aware))
    assert fast < slow - 20


def test_constants_are_not_stored():
    b = Builder("t")
    x = b.input("x", 2)
    b.output("y", [1, b.and_(b.xor(*x), x[0]), 0])
    netlist = pipeline(b.build(), 3)
    assert netlist.port("y").nets[0] == 1
    assert netlist.port("y").nets[2] == 0
    assert flattened(netlist).latency == 2


def test_icarus_runs_pipelines(iverilog, mapped):
    design, _ = mapped
    generic = pipeline(lower(design.netlist, "gates"), 4)
    result = run_testbench(to_verilog(generic), bench(generic, design.spec, vectors=100))
    assert (result.errors, result.vectors) == (0, 164)
    truncated = generate("mac", 5, signed=True, signed_b=False, drop_bits=4)
    piped = pipeline(truncated.netlist, 2)
    result = run_testbench(to_verilog(piped), bench(piped, truncated.spec, vectors=100))
    assert (result.errors, result.vectors) == (0, 612)


def test_icarus_sees_a_register_too_many(iverilog, mapped):
    design, _ = mapped
    text = bench(pipeline(design.netlist, 3), design.spec, vectors=50)
    assert run_testbench(to_verilog(pipeline(design.netlist, 4)), text).errors > 0


def test_what_cannot_become_a_pipeline_is_refused(mapped):
    design, netlist = mapped
    with pytest.raises(UsageError, match="at least 2 stages, got 1"):
        pipeline(design.netlist, 1)
    with pytest.raises(UsageError, match="has registers"):
        pipeline(pipeline(design.netlist, 2), 2)
    with pytest.raises(UsageError, match="is no generic gate"):
        pipeline(netlist, 2)
    b = Builder("t")
    b.output("y", b.not_(b.input("clk")[0]))
    with pytest.raises(UsageError, match="has a port 'clk' already"):
        pipeline(b.build(), 2)

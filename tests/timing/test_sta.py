"""The exact analysis: against hand calculation, against the definitions, against what OpenSTA recorded and says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mapped_random import random_netlist
from naive_timing import NaiveTiming
from opensta_pins import difference, reference
from strategies import netlists

from eda.errors import ToolNotFound
from eda.tech.liberty import read_liberty
from eda.tech.pdk import find_pdk
from eda.timing.constraints import Constraints
from eda.timing.paths import end_name
from eda.timing.sta import analyze
from eda.verilog.reader import read_verilog

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden" / "opensta.json").read_text())
GATES = ("INV_X1", "INV_X2", "BUF_X1", "NAND2_X1", "NOR2_X1", "AND2_X1", "XOR2_X1", "AOI21_X1", "MUX2_X1", "HA_X1", "FA_X1")
REGISTERS = ("DFF_X1", "DFFR_X1")


def test_two_inverters_by_hand(tiny, circuit):
    a = circuit.input("a")
    x = circuit.cell("INV_X1", a)
    y = circuit.cell("INV_X1", x)
    timing = analyze(circuit.build(y=y), tiny, Constraints(input_slew_ps=10.0, load_ff=4.0))
    # INV_X1: rise 5 + load + 0.2 slew, fall 1.1 times that; slew 8 + 1.5 load + 0.1 slew, fall 1.1 times that
    rise_x, fall_x = 5 + 1.0 + 2, 1.1 * (5 + 0.9 + 2)
    slew_rise, slew_fall = 8 + 1.5 + 1, 1.1 * (8 + 1.35 + 1)
    assert np.allclose(timing.arrival[x], [rise_x, fall_x])
    assert np.allclose(timing.slew[x], [slew_rise, slew_fall])
    assert np.allclose(timing.arrival[y], [fall_x + 9 + 0.2 * slew_fall, rise_x + 1.1 * (9 + 0.2 * slew_rise)])
    assert timing.delay_ps == timing.arrival[y].max()
    assert timing.wns == 0.0


@given(st.data(), st.floats(0, 400), st.floats(0, 200))
def test_any_combinational_netlist_follows_the_definitions(tiny, data, slew, load):
    drawn = data.draw(netlists(types=[tiny.cell(n).type for n in GATES], generic=False))
    assume(drawn.n_input_bits)
    netlist = replace(drawn, fanin=np.maximum(drawn.fanin, 2))  # the first input in place of constants
    timing = analyze(netlist, tiny, Constraints(input_slew_ps=slew, load_ff=load))
    naive = NaiveTiming(netlist, tiny, slew, load)
    for net in range(2, netlist.n_nets):
        arrival, slews = naive.at(net)
        assert np.allclose(timing.arrival[net], arrival)
        assert np.allclose(timing.slew[net], slews)
    ends = [naive.at(net)[0] for net in netlist.output_nets.tolist() if net > 1]
    assert timing.delay_ps == pytest.approx(max([0.0, *map(max, ends)]))


@given(st.data())
def test_slack_is_what_is_left_at_the_worst_end_of_each_net(tiny, data):
    netlist = data.draw(netlists(types=[tiny.cell(n).type for n in (*GATES, *REGISTERS)], generic=False))
    timing = analyze(netlist, tiny, Constraints(driver="BUF_X1", load_ff=3.0, period_ps=400.0))
    slack = timing.net_slack
    for i in range(len(timing.ends)):
        assert slack[timing.ends.net[i], timing.ends.edge[i]] <= timing.slack[i] + 1e-9
    assert slack.min(initial=np.inf) == pytest.approx(timing.wns)
    passed = np.isfinite(slack)
    assert np.allclose(timing.arrival[passed] + slack[passed], timing.required[passed])


@pytest.mark.parametrize("name", GOLDEN["designs"])
def test_what_opensta_recorded(tiny, name):
    golden = GOLDEN["designs"][name]
    netlist = read_verilog(HERE / "golden" / f"{name.split('/')[0]}.v", types=tiny.types)
    timing = analyze(netlist, tiny, Constraints(**golden["constraints"], period_ps=GOLDEN["period_ps"]))
    compared = 0
    for net in range(netlist.first_cell_net, netlist.n_nets):
        if timing.clock.reach[net]:
            continue
        cell = int(netlist.driver[net])
        pin = f"_c{cell}_/{netlist.type_of(cell).outputs[net - int(netlist.output_start[cell])]}"
        for launch, row in enumerate(golden["arrivals"][pin]):
            expected = np.array([-np.inf if x is None else x for x in row])
            own = timing.arrivals[launch, net] if launch < len(timing.arrivals) else [-np.inf, -np.inf]
            assert np.allclose(own, expected, rtol=1e-5, atol=1e-4)
        if not timing.graph.constant[net]:
            assert np.allclose(timing.slew[net], golden["slews"][pin], rtol=1e-5, atol=1e-4)
        compared += 1
    assert compared > 0
    assert_slacks(timing, timing.ends, timing.slack, golden["late_slack"])
    assert_slacks(timing, timing.hold, timing.hold_slack, golden["early_slack"])


def assert_slacks(timing, ends, slack, golden):
    for i in range(len(ends)):
        pin = int(ends.pin[i])
        if pin >= 0:
            cell = int(timing.netlist.pin_cell[pin])
            name = f"_c{cell}_/{end_name(timing.netlist, pin).rpartition('/')[2]}"
            assert slack[i] == pytest.approx(golden[name], abs=2e-3)


def test_the_golden_sequential_designs_have_both_kinds_of_check(tiny):
    netlist = read_verilog(HERE / "golden" / "counter.v", types=tiny.types)
    timing = analyze(netlist, tiny, Constraints(driver="BUF_X1", period_ps=1500.0))
    assert len(timing.arrivals) == 2
    assert {end_name(netlist, int(p)).rpartition("/")[2] for p in timing.ends.pin if p >= 0} == {"D", "RN"}
    assert len(timing.hold) > 0
    assert set(timing.ends.cycles.tolist()) == {0.5, 1.0}


def test_the_smallest_period_leaves_no_slack_and_violates_nothing(tiny):
    netlist = read_verilog(HERE / "golden" / "counter.v", types=tiny.types)
    free = analyze(netlist, tiny, Constraints(driver="BUF_X1"))
    assert free.wns == pytest.approx(0.0, abs=1e-9)
    assert free.period_ps == free.delay_ps
    tight = analyze(netlist, tiny, Constraints(driver="BUF_X1", period_ps=free.delay_ps - 10))
    assert tight.wns < 0
    assert tight.tns <= tight.wns


def test_delays_outside_take_their_part_of_the_period(tiny, circuit):
    y = circuit.cell("INV_X1", circuit.input("a"))
    netlist = circuit.build(y=y)
    plain = analyze(netlist, tiny, Constraints(period_ps=500.0))
    outside = analyze(netlist, tiny, Constraints(period_ps=500.0, input_delay_ps=30.0, output_delay_ps=12.0))
    assert outside.wns == pytest.approx(plain.wns - 42.0)
    assert outside.delay_ps == pytest.approx(plain.delay_ps + 42.0)


def test_a_circuit_of_wires_has_no_delay(tiny, circuit):
    timing = analyze(circuit.build(y=circuit.input("a"), z=1), tiny)
    assert timing.delay_ps == 0.0
    assert timing.critical_path().points[0].pin == "a"


def test_live_opensta_agrees_on_odd_cells_of_our_library(opensta, tiny, tiny_path):
    netlist = random_netlist(tiny, 120, seed=3)
    constraints = Constraints(driver="BUF_X1", load_ff=5.0, period_ps=5000.0)
    timing = analyze(netlist, tiny, constraints)
    found = difference(timing, reference(netlist, [tiny_path], constraints, period_ps=5000.0, clock="clk"))
    assert len(found.relative) > 400
    assert found.relative[-1] < 1e-4
    assert found.only_one == ()
    assert found.late_slack_ps < 0.05
    assert found.early_slack_ps < 0.05


@pytest.mark.parametrize("name", ["nangate45", "osu035"])
def test_live_opensta_agrees_on_real_libraries(opensta, name):
    try:
        pdk = find_pdk(name)
    except ToolNotFound as missing:
        pytest.skip(str(missing))
    netlist = random_netlist(pdk.library, 200, seed=4)
    constraints = Constraints(driver=pdk.defaults.driver, load_ff=pdk.defaults.load_ff, period_ps=20000.0)
    timing = analyze(netlist, pdk.library, constraints)
    found = difference(timing, reference(netlist, pdk.liberty_files, constraints, period_ps=20000.0, clock="clk"))
    assert len(found.relative) > 800
    assert found.relative[-1] < 1e-4
    assert found.only_one == ()
    assert found.late_slack_ps < 20.0 * 1e-3
    assert found.early_slack_ps < 20.0 * 1e-3


def test_the_same_content_read_twice_gives_the_same_result(tiny, tiny_path):
    netlist = random_netlist(tiny, 60, seed=5)
    other = read_liberty(tiny_path)
    one, two = analyze(netlist, tiny), analyze(netlist, other)
    assert np.array_equal(one.arrival, two.arrival)
    assert one.delay_ps == two.delay_ps

import numpy as np
import pytest
from mapped_random import random_netlist
from naive_power import NaivePower

from eda.ir.builder import Builder
from eda.timing.activity import Activity, simulated
from eda.timing.constraints import Constraints
from eda.timing.power import power
from eda.timing.sta import analyze

ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def bits_of(activity):
    """[N][moment] of the samples that count."""
    rows = np.unpackbits(activity.values.view(np.uint8), axis=1, bitorder="little")
    counted = np.unpackbits(activity.mask.view(np.uint8), bitorder="little").astype(bool)
    return rows[:, counted].tolist()


@pytest.mark.parametrize("registers", [False, True])
def test_every_part_follows_the_definitions(tiny, registers):
    netlist = random_netlist(tiny, 60, seed=8, registers=registers)
    constraints = Constraints(driver="BUF_X1", load_ff=5.0, period_ps=2000.0)
    timing = analyze(netlist, tiny, constraints)
    activity = simulated(netlist, cycles=128, seed=3)
    found = power(netlist, tiny, constraints, activity=activity)
    switching, internal, leakage = NaivePower(timing, bits_of(activity), activity.toggles).parts()
    assert found.switching_mw == pytest.approx(switching / 2000.0)
    assert found.internal_mw == pytest.approx(internal / 2000.0)
    assert found.leakage_mw == pytest.approx(leakage * 1e-6)
    assert min(found.switching_mw, found.internal_mw, found.leakage_mw) > 0


def test_one_inverter_by_hand(tiny, circuit):
    a = circuit.input("a")
    y = circuit.cell("INV_X1", a)
    netlist = circuit.build(y=y)
    # a is 1 half of the time; two transitions per period of 500 ps
    values = np.zeros((netlist.n_nets, 1), dtype=np.uint64)
    values[1], values[a] = ALL, np.uint64(0xAAAA_AAAA_AAAA_AAAA)
    values[y] = ~values[a]
    toggles = np.array([0.0, 0.0, 2.0, 2.0])
    given = Activity(values, np.array([ALL]), toggles, "by hand")
    found = power(netlist, tiny, Constraints(input_slew_ps=10.0, load_ff=4.0, period_ps=500.0), activity=given)
    assert found.switching_mw == pytest.approx(0.5 * 1.1**2 * 4.0 * 2.0 / 500.0)
    rise, fall = 0.5 + 2e-3 * 10, 0.25 + 2e-3 * 10  # fJ: e = 0.5, and 0.002 pJ per ns of slew
    assert found.internal_mw == pytest.approx((rise + fall) / 2 * 2.0 / 500.0)
    assert found.leakage_mw == pytest.approx((8 + 12) / 2 * 1e-6)
    assert found.energy_pj == pytest.approx(found.total_mw * 0.5)
    assert "activity: by hand" in str(found)


def test_nothing_moves_nothing_switches(tiny, circuit):
    netlist = circuit.build(y=circuit.cell("XOR2_X1", circuit.input("a"), circuit.input("b")))
    still = simulated(netlist, toggle=0.0)
    found = power(netlist, tiny, activity=still)
    assert found.switching_mw == found.internal_mw == 0.0
    assert found.leakage_mw > 0


def test_the_model_is_named_and_its_period_is_stated(tiny, circuit):
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.input("a")))
    found = power(netlist, tiny)
    assert found.activity == "simulated, zero delay"
    assert found.period_ps == 1000.0
    assert power(netlist, tiny, Constraints(period_ps=250.0)).switching_mw == pytest.approx(4 * found.switching_mw)


def test_registers_take_power_from_the_clock_alone(tiny, circuit):
    clk, d = circuit.input("clk"), circuit.input("d")
    pins = tiny.cell("DFF_X1").type.inputs
    q, _ = circuit.cell("DFF_X1", *(clk if p == "CK" else d for p in pins))
    netlist = circuit.build(q=q)
    idle = power(netlist, tiny, Constraints(period_ps=1000.0), activity=simulated(netlist, fixed={"d": 0}))
    assert idle.switching_mw == 0.0
    assert idle.internal_mw > 0.0


def test_a_register_takes_the_same_power_however_many_share_its_clock(tiny):
    def per_register(count):
        circuit = Builder("bank")
        clk, d = circuit.input("clk")[0], circuit.input("d")[0]
        pins = tiny.cell("DFF_X1").type.inputs
        for k in range(count):
            circuit.output(f"q{k}", circuit.cell(tiny.cell("DFF_X1").type, [clk if p == "CK" else d for p in pins])[0])
        netlist = circuit.build()
        surroundings = Constraints(period_ps=1000.0, driver="BUF_X1")
        idle = simulated(netlist, fixed={"d": 0})
        return power(netlist, tiny, surroundings, activity=idle).internal_mw / count

    assert per_register(200) == pytest.approx(per_register(1))


def test_power_by_instance_adds_up_to_the_whole(tiny):
    netlist = random_netlist(tiny, 50, seed=9)
    found = power(netlist, tiny, Constraints(period_ps=1500.0))
    assert found.cell_switching.shape == found.cell_internal.shape == found.cell_leakage.shape == (netlist.n_cells,)
    whole = found.cell_switching.sum() + found.cell_internal.sum() + found.cell_leakage.sum()
    assert whole == pytest.approx(found.total_mw)


def test_equal_seeds_give_equal_power(tiny):
    netlist = random_netlist(tiny, 50, seed=10)
    assert power(netlist, tiny).total_mw == power(netlist, tiny).total_mw

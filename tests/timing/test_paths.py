import numpy as np
import pytest
from mapped_random import random_netlist

from eda.timing.constraints import Constraints
from eda.timing.paths import critical_paths, end_name
from eda.timing.sta import analyze


def test_the_critical_path_names_ports_and_pins(tiny, circuit):
    a, b = circuit.input("a", 2)
    x = circuit.cell("INV_X1", a, label="u1")
    s, co = circuit.cell("FA_X1", x, b, b, label="u2")
    timing = analyze(circuit.build(s=s, co=co), tiny, Constraints(period_ps=300.0))
    path = timing.critical_path()
    assert path.start == "a[0]"
    assert [p.pin for p in path.points][:2] == ["a[0]", "u1/Y"]
    assert path.points[-1].cell == "FA_X1"
    assert path.arrival == timing.delay_ps == path.points[-1].arrival
    assert path.slack == pytest.approx(300.0 - path.arrival)
    assert path.points[1].fanout == 1


def test_a_register_path_starts_at_its_clock_pin_and_ends_at_a_data_pin(tiny, circuit):
    clk = circuit.input("clk")
    pins = tiny.cell("DFF_X1").type.inputs
    back = circuit.builder.forward()
    q, _ = circuit.cell("DFF_X1", *(clk if p == "CK" else back for p in pins), label="r")
    circuit.builder.connect(back, circuit.cell("INV_X1", q))
    path = analyze(circuit.build(), tiny).critical_path()
    assert (path.start, path.end, path.launched) == ("r/CK", "r/D", "rise")
    assert path.margin != 0.0


def test_arrivals_rise_along_every_path_and_edges_match_the_analysis(tiny):
    netlist = random_netlist(tiny, 150, seed=1)
    timing = analyze(netlist, tiny, Constraints(driver="BUF_X1", load_ff=5.0, period_ps=900.0))
    paths = critical_paths(timing, 40)
    assert len(paths) == 40
    assert [p.slack for p in paths] == sorted(p.slack for p in paths)
    for path in paths:
        arrivals = [p.arrival for p in path.points]
        assert arrivals == sorted(arrivals)
        assert path.points[-1].arrival == pytest.approx(path.arrival)


def test_end_points_are_named(tiny, circuit):
    a = circuit.input("a")
    y = circuit.cell("INV_X1", a, label="u")
    netlist = circuit.build(y=[y, a])
    assert [end_name(netlist, pin) for pin in (-1, -2, 0)] == ["y[0]", "y[1]", "u/A"]


def test_nothing_to_time_has_no_path(tiny, circuit):
    assert analyze(circuit.build(y=0), tiny).critical_path() is None
    assert np.isinf(analyze(circuit.build(), tiny).wns)

import numpy as np
import pytest

from eda.errors import UsageError
from eda.timing.constraints import Constraints, per_bit


def test_one_number_holds_for_every_bit(circuit):
    circuit.input("a", 3), circuit.input("b")
    assert per_bit(circuit.build().inputs, 2.5).tolist() == [2.5] * 4


def test_a_bit_wins_over_its_port_and_ports_without_entry_get_nothing(circuit):
    circuit.input("a", 3), circuit.input("b")
    ports = circuit.build().inputs
    assert per_bit(ports, {"a": 5.0, "a[1]": 7.0}).tolist() == [5.0, 7.0, 5.0, 0.0]


def test_a_misspelt_port_is_named_with_the_nearest_one(circuit):
    circuit.input("data", 2)
    with pytest.raises(UsageError, match=r"no port 'dat' .*did you mean 'data'"):
        per_bit(circuit.build().inputs, {"dat": 1.0})


def test_a_period_must_be_positive(circuit):
    with pytest.raises(UsageError, match="must be positive, got 0"):
        Constraints(period_ps=0.0).check(circuit.build())


def test_wire_capacitances_must_fit_the_netlist(circuit):
    circuit.input("a")
    with pytest.raises(UsageError, match=r"has shape \(5,\), expected \(3,\)"):
        Constraints(wire_cap_ff=np.zeros(5)).check(circuit.build())

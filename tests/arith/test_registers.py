import numpy as np
import pytest

from eda.arith.registers import chain_lengths, find_register, generic_register, insert_registers
from eda.errors import UsageError
from eda.ir.builder import Builder
from eda.proof.pipeline import flattened
from eda.tech.liberty import read_liberty
from eda.tech.pdk import find_pdk
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze


def test_the_register_of_a_kit_is_its_smallest_plain_flip_flop():
    register = find_register(find_pdk("nangate45"))
    assert (register.kind.name, register.data, register.clock, register.output) == ("DFF_X1", "D", "CK", "Q")
    assert register.inverter is None


def test_times_of_a_register_are_those_of_the_timer():
    pdk = find_pdk("nangate45")
    register = find_register(pdk)
    b = Builder("t")
    (clk,), (d,) = b.input("clk"), b.input("d")
    outs = b.cell(register.kind, [{"D": d, "CK": clk}[pin] for pin in register.kind.inputs])
    (again, _) = b.cell(register.kind, [{"D": outs[0], "CK": clk}[pin] for pin in register.kind.inputs])
    b.output("q", again)
    netlist = b.build()
    timing = analyze(netlist, pdk.library, Constraints(load_ff=3.0))
    net = netlist.port("q").nets[0]
    assert register.launch(pdk.library, np.array([[3.0, 3.0]]))[0] == pytest.approx(timing.arrival[net])
    first = netlist.fanin[netlist.fanin_start[1] + register.kind.inputs.index("D")]
    setup = register.setup(pdk.library, timing.slew[[first]])[0]
    assert (timing.arrival[first] + setup).max() == pytest.approx(timing.delay_ps)


INVERTING = """
library (t) {
  time_unit : "1ps"; capacitive_load_unit (1, ff); voltage_unit : "1V"; leakage_power_unit : "1nW"; current_unit : "1mA";
  nom_voltage : 1; nom_temperature : 25;
  cell (DFFN) { area : 4; ff (IQ, IQN) { clocked_on : "CLK"; next_state : "!D"; }
    pin (CLK) { direction : input; clock : true; capacitance : 1; }
    pin (D) { direction : input; capacitance : 1;
      timing () { related_pin : "CLK"; timing_type : setup_rising;
        rise_constraint (scalar) { values ("7"); } fall_constraint (scalar) { values ("9"); } } }
    pin (QN) { direction : output; function : "IQ";
      timing () { related_pin : "CLK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (scalar) { values ("20"); } cell_fall (scalar) { values ("30"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); } } } }
  cell (INV) { area : 1;
    pin (A) { direction : input; capacitance : 1; }
    pin (Y) { direction : output; function : "!A";
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_rise (scalar) { values ("5"); } cell_fall (scalar) { values ("4"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); } } } }
}
"""


@pytest.fixture
def inverting(tmp_path):
    """A kit whose only flip-flop shows the complement of what it stores."""
    (tmp_path / "t.lib").write_text(INVERTING)

    class Kit:
        name = "t"
        library = read_liberty(tmp_path / "t.lib")

        def is_usable(self, cell):
            return True

    return Kit()


def test_a_kit_that_stores_complements_gets_inverters(inverting):
    register = find_register(inverting)
    assert (register.kind.name, register.output, register.inverter.name) == ("DFFN", "QN", "INV")
    assert register.launch(inverting.library, np.ones((1, 2)))[0].tolist() == [35.0, 24.0]
    assert register.setup(inverting.library, np.ones((1, 2)))[0].tolist() == [7.0, 9.0]
    b = Builder("t")
    x = b.input("x")[0]
    b.output("y", b.cell(register.inverter, [x])[0])
    netlist = b.build()
    placed = insert_registers(netlist, np.array([1]), 3, register)
    assert placed.count == 3
    assert placed.netlist.count_by_type() == {"INV": 4, "DFFN": 3}
    assert flattened(placed.netlist).latency == 3
    timing = analyze(placed.netlist, inverting.library)
    assert timing.delay_ps == 35.0 + 4.0 + 9.0


def test_without_a_flip_flop_there_is_no_pipeline(inverting):
    inverting.is_usable = lambda cell: cell.name == "INV"
    with pytest.raises(UsageError, match="no flip-flop with data and rising clock alone"):
        find_register(inverting)


def test_registers_behind_one_net_form_one_chain():
    b = Builder("t")
    x, y = b.input("x")[0], b.input("y")[0]
    z = b.xor(x, y)
    b.output("p", [b.and_(z, x), z])
    netlist = b.build()
    level = np.array([1, 2])
    assert chain_lengths(netlist, level, 2).tolist() == [0, 0, 2, 1, 1, 0]
    placed = insert_registers(netlist, level, 2, generic_register())
    assert placed.count == 4
    assert {"x_q1", "x_q2", "y_q1"} <= set(placed.netlist.net_by_name)
    assert placed.netlist.type_of(0) == netlist.type_of(0)

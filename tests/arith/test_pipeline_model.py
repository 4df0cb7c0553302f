import numpy as np
import pytest

from eda.arith.delays import XOR_UNITS
from eda.arith.generate import generate
from eda.arith.pipeline import pipeline_mapped
from eda.arith.pipeline_kernels import arrivals
from eda.arith.pipeline_model import generic_model, mapped_model
from eda.arith.registers import find_register
from eda.errors import UsageError
from eda.flow.evaluate import constraints_of, synthesize
from eda.flow.recipes import load_recipe
from eda.ir.builder import Builder
from eda.ir.cells import flip_flop
from eda.tech.liberty import read_liberty
from eda.tech.pdk import find_pdk
from eda.timing.sta import analyze


def settled(model):
    """[N, 2]: the arrivals that follow from a model, nothing cut."""
    g = model.circuit()
    time = g.begin.copy()
    arrivals(g, np.zeros(model.netlist.n_cells, dtype=np.int64), 0, 0, time)
    return time


def test_a_mapped_model_has_the_arrivals_of_the_timer():
    pdk = find_pdk("nangate45")
    netlist = synthesize(generate("mac", 6).netlist, pdk, load_recipe("area")).netlist
    timing = analyze(netlist, pdk.library, constraints_of(pdk))
    model = mapped_model(netlist, timing, find_register(pdk))
    assert settled(model) == pytest.approx(timing.arrival)
    assert (model.setup > 0).all()
    assert model.outside[netlist.output_nets].tolist() == [0.0] * 13
    heavy = timing.load.sum(axis=1).argmax()
    assert model.launch[heavy].max() == model.launch.max()


def test_a_pipeline_gives_the_model_its_own_slews_and_loads():
    """The stage that a cut ends is as long in the model of the pipeline as in its exact timing."""
    pdk = find_pdk("nangate45")
    netlist = synthesize(generate("multiplier", 6).netlist, pdk, load_recipe("area")).netlist
    piped = pipeline_mapped(netlist, pdk, 2, constraints_of(pdk))
    timing = analyze(piped, pdk.library, constraints_of(pdk))
    model = mapped_model(netlist, timing, find_register(pdk))
    first = settled(model)
    moved = np.arange(netlist.n_nets) + (np.arange(netlist.n_nets) >= netlist.first_cell_net)
    stored = {int(piped.fanin_of(c)[piped.type_of(c).inputs.index("D")]) for c in piped.state_cells}
    ends = [n for n in range(netlist.n_nets) if moved[n] in stored]
    assert len(ends) == len(piped.state_cells)
    assert first[ends] == pytest.approx(timing.arrival[moved[ends]])


def test_a_generic_model_counts_in_the_unit_of_its_delays():
    b = Builder("t")
    x, y, z = b.input("x", 3)
    s, co = b.full_adder(x, y, z)
    b.output("p", [b.not_(s), b.and_(co, x)])
    model = generic_model(b.build(), XOR_UNITS, np.array([0.0, 0.0, 3.0]))
    assert settled(model)[model.netlist.port("p").nets[0]].tolist() == [4.0, 4.0]
    assert settled(model)[model.netlist.port("p").nets[1]].tolist() == [4.5, 4.5]


def test_registers_have_no_place_in_a_generic_model():
    b = Builder("t")
    clk, x = b.input("clk")[0], b.input("x")[0]
    b.output("q", b.cell(flip_flop(), [clk, x])[0])
    with pytest.raises(UsageError, match=r"\$dff_p is no generic gate"):
        generic_model(b.build(), XOR_UNITS, np.zeros(2))


TWO_STEPS = """
library (t) {
  time_unit : "1ps"; capacitive_load_unit (1, ff); voltage_unit : "1V"; leakage_power_unit : "1nW"; current_unit : "1mA";
  nom_voltage : 1; nom_temperature : 25;
  cell (DFF) { area : 4; ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin (CK) { direction : input; clock : true; capacitance : 1; }
    pin (D) { direction : input; capacitance : 1;
      timing () { related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (scalar) { values ("1"); } fall_constraint (scalar) { values ("1"); } } }
    pin (Q) { direction : output; function : "IQ";
      timing () { related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (scalar) { values ("2"); } cell_fall (scalar) { values ("2"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); } } } }
  cell (CHAIN) { area : 2;
    pin (A) { direction : input; capacitance : 1; }
    pin (Y) { direction : output; function : "!A";
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_rise (scalar) { values ("5"); } cell_fall (scalar) { values ("7"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); } } }
    pin (Z) { direction : output; function : "A";
      timing () { related_pin : "Y"; timing_sense : negative_unate;
        cell_rise (scalar) { values ("20"); } cell_fall (scalar) { values ("30"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); } } } }
}
"""


def test_arcs_between_outputs_of_a_cell_are_joined(tmp_path):
    """A rises, Y falls after 7, Z rises after 20 more; A falls, Y rises after 5, Z falls after 30 more."""
    (tmp_path / "t.lib").write_text(TWO_STEPS)

    class Kit:
        name = "t"
        library = read_liberty(tmp_path / "t.lib")

        def is_usable(self, cell):
            return True

    b = Builder("t")
    x = b.input("x")[0]
    b.output("z", b.cell(Kit.library.cell("CHAIN").type, [x])[1])
    netlist = b.build()
    timing = analyze(netlist, Kit.library)
    model = mapped_model(netlist, timing, find_register(Kit()))
    assert settled(model)[netlist.port("z").nets[0]].tolist() == [27.0, 35.0]
    assert settled(model) == pytest.approx(timing.arrival)

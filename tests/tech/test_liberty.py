"""Liberty libraries into arrays: units, functions, state, tables, arcs, power, leakage."""

import gzip
import math

import numpy as np
import pytest

from eda.errors import InputError, UsageError
from eda.ir import logic
from eda.tech.liberty import read_liberty
from eda.tech.library import FALL, RISE, ArcKind, Sense

TABLE = 'values ("1, 2, 3", "4, 5, 6");'


def arcs_of(library, name):
    return list(library.cell(name).arcs)


def at(tables, row, slew, load):
    """The tables of tiny.lib lie on planes, so their corners give every value."""
    x, y, v = tables.axis0[row], tables.axis1[row], tables.values[row]
    p, q = (slew - x[0]) / (x[1] - x[0]), (load - y[0]) / (y[1] - y[0])
    return v[0, 0] + p * (v[1, 0] - v[0, 0]) + q * (v[0, 1] - v[0, 0])


def output(body):
    return f"pin (A) {{ direction : input; }} pin (B) {{ direction : input; }} pin (Y) {{ direction : output; {body} }}"


# the library as a whole


def test_tiny_has_its_cells_in_order(tiny):
    names = "INV_X1 INV_X2 BUF_X1 NAND2_X1 NOR2_X1 AND2_X1 XOR2_X1 AOI21_X1 MUX2_X1 HA_X1 FA_X1 DFF_X1 DFFR_X1 DLATCH_X1"
    assert [c.name for c in tiny.cells] == [*names.split(), "TIE0_X1", "TIE1_X1", "TBUF_X1", "CLKGATE_X1"]
    assert (tiny.name, tiny.voltage, tiny.temperature) == ("tiny", 1.1, 25.0)
    assert (tiny.slew_lower, tiny.slew_upper, tiny.slew_derate) == (0.3, 0.7, 1.0)


def test_units_become_ps_ff_and_nw(tiny):
    cell = tiny.cell("INV_X1")
    assert cell.cap_rise == pytest.approx((1.0,))
    assert cell.cap_fall == pytest.approx((0.9,))
    assert cell.max_load == pytest.approx((60.0,))
    assert (cell.area, cell.leakage) == (1.0, 10.0)


def test_other_units_are_converted_too(library):
    header = """library (odd) { time_unit : "10ps"; capacitive_load_unit (2, ff); leakage_power_unit : "1uW";
      voltage_unit : "100mV"; nom_voltage : 12;
      power_lut_template (e) { variable_1 : input_transition_time; index_1 ("1, 2"); }"""
    pin = 'pin (A) { direction : input; capacitance : 3; internal_power () { rise_power (e) { values ("5, 6"); } } }'
    lib = library(f"cell (C) {{ cell_leakage_power : 4; {pin} }}", header)
    assert lib.voltage == pytest.approx(1.2)
    assert lib.cells[0].cap_rise == pytest.approx((6.0,))
    assert lib.cells[0].leakage == pytest.approx(4000.0)
    row = lib.powers.table[0, RISE]
    assert lib.tables.axis0[row] == pytest.approx([10.0, 20.0])
    assert lib.tables.values[row, :, 0] == pytest.approx([5 * 0.01 * 2, 6 * 0.01 * 2])  # V^2 times the capacitance unit, in fJ


def test_energy_of_ns_pf_libraries_is_in_pj(tiny):
    powers = tiny.powers
    row = powers.table[tiny.cell("INV_X1").powers.start, RISE]
    assert at(tiny.tables, row, 10.0, 1.0) == pytest.approx(0.52)  # 0.00052 pJ


# tables


def test_delays_follow_the_planes_of_the_file(tiny):
    arc = tiny.cell("INV_X1").arcs.start
    for slew, load in ((10.0, 1.0), (210.0, 101.0), (70.0, 33.0)):
        rise = 5.0 + load + 0.2 * slew
        assert at(tiny.tables, tiny.arcs.delay[arc, RISE], slew, load) == pytest.approx(rise)
        assert at(tiny.tables, tiny.arcs.delay[arc, FALL], slew, load) == pytest.approx(1.1 * rise)
        assert at(tiny.tables, tiny.arcs.slew[arc, RISE], slew, load) == pytest.approx(8.0 + 1.5 * load + 0.1 * slew)


def test_tables_with_the_load_first_are_turned(tiny):
    arc = tiny.cell("NOR2_X1").arcs.start
    assert at(tiny.tables, tiny.arcs.delay[arc, RISE], 50.0, 20.0) == pytest.approx(9.0 + 1.4 * 20.0 + 0.2 * 50.0)


@pytest.mark.parametrize(("name", "base"), [("DFF_X1", 30.0), ("DFFR_X1", 32.0)])
def test_constraints_are_over_clock_slew_then_data_slew(tiny, name, base):
    setup = next(i for i in arcs_of(tiny, name) if tiny.arcs.kind[i] == ArcKind.SETUP)
    assert at(tiny.tables, tiny.arcs.delay[setup, RISE], 100.0, 40.0) == pytest.approx(base + 0.1 * 40.0 - 0.05 * 100.0)


def test_swapped_axes_of_an_oblong_table(library):
    body = output('timing () { related_pin : "A"; cell_rise (load_slew) { values ("1, 2", "3, 4", "5, 6"); } }')
    tables = library(f"cell (C) {{ {body} }}").tables
    assert tables.values[0] == pytest.approx(1000 * np.array([[1, 3, 5], [2, 4, 6]]))
    assert (tables.n0[0], tables.n1[0]) == (2, 3)


def test_a_table_may_override_the_axes_of_its_template(library):
    text = f'cell_rise (slew_load) {{ index_2 ("7, 8, 9"); {TABLE} }}'
    tables = library(f"cell (C) {{ {output(f'timing () {{ related_pin : A; {text} }}')} }}").tables
    assert tables.axis0[0] == pytest.approx([1000, 2000])
    assert tables.axis1[0] == pytest.approx([7000, 8000, 9000])


def test_one_row_tables_and_scalars_do_not_vary(library):
    tables = """cell_rise (only_slew) { values ("1, 2"); } cell_fall (only_load) { values ("3, 4, 5"); }
                rise_transition (scalar) { values ("6"); } fall_transition (slew_load) { values ("1, 2, 3", "4, 5, 6"); }"""
    lib = library(f"cell (C) {{ {output(f'timing () {{ related_pin : A; {tables} }}')} }}")
    (rise, fall), (scalar, full) = lib.arcs.delay[0], lib.arcs.slew[0]
    t = lib.tables
    assert [(t.n0[i], t.n1[i]) for i in (rise, fall, scalar, full)] == [(2, 1), (1, 3), (1, 1), (2, 3)]
    assert t.values[rise, :, 0] == pytest.approx([1000, 2000])
    assert t.values[fall, 0] == pytest.approx([3000, 4000, 5000])
    assert t.values[scalar, 0, 0] == pytest.approx(6000)


def test_padding_repeats_the_last_value_and_axes_end_in_infinity(library):
    tables = f'cell_rise (only_slew) {{ values ("1, 2"); }} cell_fall (slew_load) {{ {TABLE} }}'
    t = library(f"cell (C) {{ {output(f'timing () {{ related_pin : A; {tables} }}')} }}").tables
    assert t.values[0] == pytest.approx(1000 * np.array([[1, 1, 1], [2, 2, 2]]))
    assert t.axis1[0].tolist() == [0.0, math.inf, math.inf]


def test_equal_tables_are_kept_once(library):
    tables = f"cell_rise (slew_load) {{ {TABLE} }} cell_fall (slew_load) {{ {TABLE} }}"
    lib = library(f"cell (C) {{ {output(f'timing () {{ related_pin : A; {tables} }}')} }}")
    assert len(lib.tables.n0) == 1
    assert lib.arcs.delay[0].tolist() == [0, 0]


def test_a_library_cannot_be_written_to(tiny):
    with pytest.raises(ValueError, match=r"read-only"):
        tiny.tables.values[0, 0, 0] = 0.0
    with pytest.raises(ValueError, match=r"read-only"):
        tiny.arcs.source[0] = 0


# functions and state


def test_functions_of_the_adders(tiny):
    half, full = tiny.cell("HA_X1").type, tiny.cell("FA_X1").type
    assert half.tables == (0b1000, 0b0110)
    assert full.tables == (0b11101000, 0b10010110)
    assert full.inputs == ("A", "B", "CI")
    assert full.outputs == ("CO", "S")


@pytest.mark.parametrize("text", ["A B", "A * B", "A & B", "(A) (B)", "!(!A | B')", "A & (B + 0)"])
def test_every_way_to_write_and(cell, text):
    assert cell(output(f'function : "{text}";')).type.tables == (0b1000,)


def test_tie_cells_are_constants(tiny):
    assert tiny.cell("TIE0_X1").type.functions == (logic.FALSE,)
    assert tiny.cell("TIE1_X1").type.functions == (logic.TRUE,)


def test_flip_flop_outputs_are_the_state_and_its_complement(tiny):
    cell = tiny.cell("DFF_X1").type
    iq = logic.var("IQ")
    assert cell.functions == (iq, logic.lnot(iq))
    assert (cell.state.kind, cell.state.clock, cell.state.next_state) == ("ff", logic.var("CK"), logic.var("D"))
    assert tiny.cell("DFF_X1").clock_pins == (1,)
    assert tiny.cell("DFFR_X1").type.state.clear == logic.lnot(logic.var("RN"))


def test_latches_have_state(tiny):
    state = tiny.cell("DLATCH_X1").type.state
    assert (state.kind, state.clock_pin, state.next_state) == ("latch", "G", logic.var("D"))


def ff(extra="", outputs="IQ IQN"):
    names = ", ".join(["IQ", "IQN"])
    pins = "".join(f'pin (Q{i}) {{ direction : output; function : "{f}"; }}' for i, f in enumerate(outputs.split()))
    inputs = "".join(f"pin ({p}) {{ direction : input; }}" for p in ("CK", "D", "E", "R", "S"))
    return f'ff ({names}) {{ clocked_on : "!CK"; next_state : "(E D) + (E\' IQ)"; {extra} }} {inputs} {pins}'


def test_next_state_may_use_the_state(cell):
    state = cell(ff()).type.state
    assert logic.truth_table(state.next_state, ("E", "D", "IQ")) == 0b11011000
    assert state.clock == logic.lnot(logic.var("CK"))


@pytest.mark.parametrize(
    ("var1", "var2", "outputs", "both"),
    [("L", "L", "IQ", 0), ("H", "L", "IQ IQN", 1), ("L", "L", "IQ IQN", None), ("X", "X", "IQ", None), ("N", "N", "IQ", None)],
)
def test_clear_and_preset_together(cell, var1, var2, outputs, both):
    extra = f'clear : "R"; preset : "S"; clear_preset_var1 : {var1}; clear_preset_var2 : {var2};'
    assert cell(ff(extra, outputs)).type.state.both == both


def test_an_internal_pin_stands_for_its_function(cell):
    inner = 'pin (N) { direction : internal; function : "A ^ B"; }'
    c = cell(inner + output('function : "!N";'))
    assert c.type.inputs == ("A", "B")
    assert c.type.tables == (0b1001,)


def test_an_output_may_use_another_output(cell):
    assert cell(output('function : "A B"; ') + 'pin (Z) { direction : output; function : "Y\'"; }').type.tables == (
        0b1000,
        0b0111,
    )


@pytest.mark.parametrize(
    "state",
    [
        'statetable ("A B", "IQ") { table : "L L : - : L"; }',
        'ff (IQ, IQN) { clocked_on : "A"; next_state : "B"; } latch (IP, IPN) { enable : "A"; data_in : "B"; }',
        'latch (IQ, IQN) { clear : "A"; preset : "B"; }',
        'ff (IQ, IQN) { clocked_on : "A"; clocked_on_also : "B"; next_state : "B"; }',
        'ff_bank (IQ, IQN, 2) { clocked_on : "A"; next_state : "B"; }',
    ],
)
def test_state_that_one_flip_flop_cannot_express_is_a_black_box(cell, state):
    c = cell(state + output('function : "IQ"; timing () { related_pin : A; timing_type : rising_edge; }'))
    assert c.type.functions == (None,)
    assert c.type.state is None
    assert len(c.arcs) == 1


def test_three_state_outputs_and_clock_gates_are_black_boxes_with_timing(tiny):
    for name in ("TBUF_X1", "CLKGATE_X1"):
        assert tiny.cell(name).type.functions == (None,)
        assert len(tiny.cell(name).arcs) >= 1
    assert tiny.cell("CLKGATE_X1").type.inputs == ("E", "CK")


def test_a_bidirectional_pin_is_an_output_without_function(cell):
    c = cell("pin (P) { direction : inout; function : A; }" + output('function : "P";'))
    assert c.type.outputs == ("P", "Y")
    assert c.type.functions == (None, None)


def test_several_pins_may_share_a_group(cell):
    c = cell("pin (A, B) { direction : input; capacitance : 2; } pin (Y) { direction : output; function : A; }")
    assert c.type.inputs == ("A", "B")
    assert c.cap_rise == pytest.approx((2000.0, 2000.0))


def test_supply_pins_are_no_pins(cell):
    assert cell("pg_pin (VDD) { pg_type : primary_power; }" + output("function : A;")).type.inputs == ("A", "B")


# arcs


def test_arcs_keep_the_order_of_the_file(tiny):
    rows = arcs_of(tiny, "FA_X1")
    assert tiny.arcs.source[rows].tolist() == [0, 1, 2, 0, 1, 2]  # "A B" is two related pins
    assert tiny.arcs.target[rows].tolist() == [0, 0, 0, 1, 1, 1]
    assert {tiny.cells[c].name for c in tiny.arcs.cell[rows]} == {"FA_X1"}


def test_missing_senses_follow_from_the_function(tiny):
    assert tiny.arcs.sense[arcs_of(tiny, "AOI21_X1")].tolist() == [Sense.NEGATIVE] * 3
    select = arcs_of(tiny, "MUX2_X1")[-1]
    assert tiny.arcs.sense[select] == Sense.NON_UNATE


def test_conditional_arcs_keep_their_condition(tiny):
    rows = arcs_of(tiny, "XOR2_X1")
    assert [tiny.arcs.when[i] for i in rows[:2]] == [logic.lnot(logic.var("B")), logic.var("B")]
    assert tiny.arcs.sense[rows].tolist() == [Sense.POSITIVE, Sense.NEGATIVE] * 2


def test_register_arcs_have_kind_and_edge(tiny):
    rows = arcs_of(tiny, "DFFR_X1")
    kinds = [(ArcKind(tiny.arcs.kind[i]).name, int(tiny.arcs.edge[i])) for i in rows]
    assert kinds == [
        ("SETUP", RISE),
        ("HOLD", RISE),
        ("RECOVERY", RISE),
        ("REMOVAL", RISE),
        ("EDGE", RISE),
        ("CLEAR_PRESET", -1),
    ]
    assert tiny.arcs.target[rows].tolist() == [0, 0, 1, 1, 0, 0]  # inputs D and RN, then the output Q
    clear = rows[-1]
    assert tiny.arcs.delay[clear, RISE] == -1
    assert tiny.arcs.delay[clear, FALL] >= 0


def test_one_edge_only(library):
    tables = f"cell_rise (slew_load) {{ {TABLE} }} cell_fall (slew_load) {{ {TABLE} }}"
    body = output(f"timing () {{ related_pin : A; timing_type : combinational_fall; {tables} }}")
    arcs = library(f"cell (C) {{ {body} }}").arcs
    assert arcs.kind[0] == ArcKind.COMBINATIONAL
    assert arcs.delay[0].tolist() == [-1, 0]


def test_an_arc_may_start_at_another_output(library):
    first = "pin (Z) { direction : output; function : A; }"
    arcs = library(f"cell (C) {{ {first} {output('function : B; timing () { related_pin : Z; }')} }}").arcs
    assert (arcs.source[0], arcs.target[0]) == (2, 1)  # inputs A B, outputs Z Y


def test_arcs_from_internal_pins_are_left_out(library):
    inner = "pin (N) { direction : internal; }"
    body = output("function : A; timing () { related_pin : N; } timing () { related_pin : A; }")
    assert library(f"cell (C) {{ {inner} {body} }}").arcs.source.tolist() == [0]


def test_pulse_width_checks_may_lack_a_related_pin(library):
    timing = 'timing () { timing_type : min_pulse_width; rise_constraint (only_slew) { values ("1, 2"); } }'
    arcs = library(f"cell (C) {{ pin (CK) {{ direction : input; {timing} }} }}").arcs
    assert (arcs.kind[0], arcs.source[0], arcs.target[0]) == (ArcKind.OTHER, 0, 0)


# capacitance, power, leakage


def test_both_ends_of_a_range_of_capacitances_are_kept(cell):
    caps = "capacitance : 1; rise_capacitance : 2; rise_capacitance_range (1.5, 2.5); fall_capacitance : 3;"
    c = cell(f"pin (A) {{ direction : input; {caps} }}")
    assert (c.least_rise, c.cap_rise) == (pytest.approx((1500.0,)), pytest.approx((2500.0,)))
    assert c.least_fall == c.cap_fall == pytest.approx((3000.0,))


def test_defaults_of_the_library_apply(library):
    header = """library (l) { capacitive_load_unit (1, ff); nom_voltage : 1; default_input_pin_cap : 7;
                default_max_capacitance : 9; default_cell_leakage_power : 3;"""
    c = library(f"cell (C) {{ {output('')} }}", header).cells[0]
    assert (c.cap_rise, c.max_load, c.leakage) == ((7.0, 7.0), (9.0,), 3.0)


def test_without_any_default_a_load_is_unlimited(cell):
    assert cell(output("")).max_load == (math.inf,)


def test_power_groups_of_inputs_and_outputs(tiny):
    rows = list(tiny.cell("DFF_X1").powers)
    p = tiny.powers
    assert p.is_input[rows].tolist() == [True, True, False, False]
    assert p.related[rows].tolist() == [-1, -1, 1, 1]
    assert p.pin[rows].tolist() == [0, 1, 0, 1]
    assert p.when[rows[0]] == logic.lnot(logic.var("CK"))


def test_a_power_table_for_both_edges_and_a_supply(library):
    group = 'internal_power () { related_pin : "A"; related_pg_pin : VDD; power (slew_load) { values ("1,2,3", "4,5,6"); } }'
    powers = library(f"cell (C) {{ {output(group)} }}").powers
    assert powers.table[0].tolist() == [0, 0]
    assert powers.supply == ("VDD",)


def test_leakage_of_supplies_adds_up_per_condition(cell):
    def group(value, rest):
        return f"leakage_power () {{ value : {value}; {rest} }}"

    groups = [group(1, 'when : "A"; related_pg_pin : VDD;'), group(2, 'when : "A"; related_pg_pin : VSS;')]
    groups += [group(4, "related_pg_pin : VDD;"), group(8, "related_pg_pin : VSS;")]
    c = cell(" ".join(groups) + output("function : A;"))
    assert c.leakage == pytest.approx(12.0)
    assert c.leakage_when == ((logic.var("A"), pytest.approx(3.0)),)


def test_a_condition_on_a_hidden_state_counts_as_none(library):
    state = 'statetable ("A", "IQ") { table : "L : - : L"; }'
    body = state + output('timing () { related_pin : A; when : "IQ"; }')
    assert library(f"cell (C) {{ {body} }}").arcs.when == (None,)


def test_cells_say_whether_to_use_them(cell):
    assert cell(f"dont_use : true; {output('')}").dont_use
    assert not cell(output("")).dont_use


def test_current_source_data_and_test_cells_are_ignored(cell):
    ccs = 'output_current_rise () { vector (t) { values ("1"); } }'
    c = cell(f"test_cell () {{ pin (X) {{ direction : input; }} }} {output(f'timing () {{ related_pin : A; {ccs} }}')}")
    assert c.type.inputs == ("A", "B")


def test_a_gzipped_library_is_the_same(tiny, tiny_path, tmp_path):
    packed = tmp_path / "tiny.lib.gz"
    packed.write_bytes(gzip.compress(tiny_path.read_bytes()))
    again = read_liberty(packed)
    assert again.cells == tiny.cells
    assert np.array_equal(again.tables.values, tiny.tables.values)
    assert again.path == packed
    assert again.digest != tiny.digest


def test_an_unknown_cell_is_named_with_its_nearest(tiny):
    with pytest.raises(UsageError, match=r"NAND2_X2.*did you mean 'NAND2_X1'"):
        tiny.cell("NAND2_X2")


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.lib: cannot be read"):
        read_liberty(tmp_path / "none.lib")
    with pytest.raises(InputError, match=r"cannot be read"):
        read_liberty(tmp_path)

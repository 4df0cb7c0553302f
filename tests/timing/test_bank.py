import numpy as np

from eda.tech.liberty import parse_liberty
from eda.timing.bank import bank_of


def rows(library, cell, output=0):
    bank = bank_of(library)
    group = int(bank.first[library.index[cell]]) + output
    return slice(int(bank.start[group]), int(bank.start[group + 1]))


def test_the_moves_follow_unateness(tiny):
    bank = bank_of(tiny)
    assert bank.moves[rows(tiny, "INV_X1")].tolist() == [0b0110]
    assert bank.moves[rows(tiny, "BUF_X1")].tolist() == [0b1001]
    assert set(bank.moves[rows(tiny, "MUX2_X1")].tolist()) <= {0b1001, 0b0110, 0b1111}


def test_a_register_launches_at_its_active_edge_only(tiny):
    bank = bank_of(tiny)
    at = rows(tiny, "DFFR_X1")
    assert bank.launch[at].tolist() == [True]
    assert bank.moves[at].tolist() == [0b0101]


def test_latches_are_opaque_and_three_state_arcs_carry_nothing(tiny):
    kinds = tiny.cell("DLATCH_X1").type
    bank = bank_of(tiny)
    sources = bank.source[rows(tiny, "DLATCH_X1")]
    assert {kinds.inputs[s] for s in sources} == {"G"}
    tbuf = tiny.cell("TBUF_X1").type
    assert {tbuf.inputs[s] for s in bank.source[rows(tiny, "TBUF_X1")]} == {"A"}


def test_an_arc_for_one_edge_moves_that_edge_only():
    library = parse_liberty(
        """library (l) { capacitive_load_unit (1, pf); nom_voltage : 1.0;
        cell (C) { area : 1; pin (A) { direction : input; capacitance : 1; }
          pin (Y) { direction : output; function : "A";
            timing () { related_pin : "A"; timing_sense : positive_unate; timing_type : combinational_rise;
              cell_rise (scalar) { values ("1.0"); } rise_transition (scalar) { values ("0.5"); } } } } }"""
    )
    assert bank_of(library).moves.tolist() == [0b0001]


def test_the_bank_of_a_library_is_made_once(tiny):
    assert bank_of(tiny) is bank_of(tiny)
    assert bank_of(tiny).start[-1] == len(bank_of(tiny).row) == np.count_nonzero(bank_of(tiny).moves)

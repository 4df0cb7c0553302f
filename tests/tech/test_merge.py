"""Several libraries as one."""

import numpy as np
import pytest

from eda.errors import InputError, UsageError
from eda.tech.liberty import parse_liberty
from eda.tech.merge import merge_libraries

MORE = """library (more) {
  capacitive_load_unit (1, ff); time_unit : "1ps"; nom_voltage : 1.1;
  slew_lower_threshold_pct_rise : 30.0; slew_upper_threshold_pct_rise : 70.0;
  lu_table_template (t) {
    variable_1 : total_output_net_capacitance; variable_2 : input_net_transition; index_1 ("1, 2, 3"); index_2 ("5, 6, 7");
  }
  cell (EXTRA) {
    pin (A) { direction : input; internal_power () { rise_power (scalar) { values ("3"); } } }
    pin (Y) { direction : output; function : "A";
      timing () { related_pin : A; cell_rise (t) { values ("1,2,3", "4,5,6", "7,8,9"); } } }
  }
}"""


@pytest.fixture
def more():
    return parse_liberty(MORE, "more.lib")


def test_one_library_stays_as_it_is(tiny):
    assert merge_libraries([tiny], "x") is tiny


def test_cells_and_rows_of_both_are_there(tiny, more):
    both = merge_libraries([tiny, more], "both")
    assert (both.name, len(both.cells)) == ("both", 19)
    extra = both.cell("EXTRA")
    (arc,), (power,) = extra.arcs, extra.powers
    assert both.arcs.cell[arc] == both.powers.cell[power] == 18
    rise, fall = both.arcs.delay[arc]
    assert fall == -1
    assert np.array_equal(both.tables.values[rise], [[1, 4, 7], [2, 5, 8], [3, 6, 9]])
    assert both.tables.values[both.powers.table[power, 0], 0, 0] == pytest.approx(3.0)


def test_rows_of_the_first_library_keep_their_values(tiny, more):
    both = merge_libraries([tiny, more], "both")
    for name in ("INV_X1", "FA_X1", "DFFR_X1"):
        for i, j in zip(tiny.cell(name).arcs, both.cell(name).arcs, strict=True):
            row, moved = tiny.arcs.delay[i, 1], both.arcs.delay[j, 1]
            if row >= 0:
                assert np.array_equal(both.tables.values[moved, :2, :2], tiny.tables.values[row])
                assert np.array_equal(both.tables.axis0[moved], [*tiny.tables.axis0[row], np.inf])
    assert both.digest not in (tiny.digest, more.digest)


def test_a_cell_in_both_is_refused(tiny):
    with pytest.raises(InputError, match=r"a second cell 'INV_X1'; the first is in .*tiny.lib"):
        merge_libraries([tiny, tiny], "x")


def test_another_corner_is_refused(tiny):
    cold = parse_liberty(MORE.replace("nom_voltage : 1.1", "nom_voltage : 0.9"), "cold.lib")
    with pytest.raises(InputError, match=r"cold.lib: expected voltage 1.1 as in .*tiny.lib, found 0.9"):
        merge_libraries([tiny, cold], "x")


def test_nothing_to_merge_is_refused():
    with pytest.raises(UsageError, match=r"expected at least one library"):
        merge_libraries([], "x")

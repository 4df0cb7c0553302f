"""Damaged Liberty files: each is refused with one message that names file, line and what was expected."""

import pytest

from eda.errors import InputError, UnsupportedError
from eda.tech.liberty import parse_liberty, read_liberty

CASES = {
    # what is changed: (text, its replacement, text in the line that the error must name, the message)
    "no capacitance unit": ("  capacitive_load_unit (1, pf);\n", "", "library (tiny)", "expected 'capacitive_load_unit"),
    "a time unit of no size": ('"1ns"', '"one"', "time_unit", "expected a unit such as '1ns' for time_unit, found 'one'"),
    "a time in volts": ('"1ns"', '"1V"', "time_unit", "expected a unit such as '1ns'"),
    "another delay model": ("table_lookup", "polynomial", "delay_model", "expected the delay_model table_lookup"),
    "no voltage": ("  nom_voltage : 1.1;\n", "", "library (tiny)", "expected a number for 'nom_voltage'.*found none"),
    "a voltage that is no number": ("nom_voltage : 1.1", "nom_voltage : high", "nom_voltage", "found 'high'"),
    "an area that is no number": ("area : 1;", "area : 1,5;", "area : 1,5", "expected a number for 'area'.*'1,5'"),
    "an infinite area": ("area : 1;", "area : inf;", "area : inf", "expected a number for 'area'"),
    "a bad capacitance": ("capacitance : 0.001;", "capacitance : ;", "capacitance : ;", "expected a number for 'capacitance'"),
    "a bad range": (
        "      capacitance : 0.001;",
        "      rise_capacitance_range (a, b);",
        "rise_capacitance_range",
        "expected two numbers in rise_capacitance_range",
    ),
    "a bad leakage": ("value : 8;", "value : lots;", "value : lots", "expected a number for 'value'"),
    "a second cell": ("cell (INV_X2)", "cell (INV_X1)", None, "a second cell 'INV_X1'; the first is in line"),
    "a cell without a name": ("cell (INV_X1)", "cell ()", "cell ()", "expected 'cell .NAME. {'"),
    "a second pin": ("pin (B)", "pin (A)", None, "has a second pin 'A'; the first is in line"),
    "a pin without direction": ("      direction : input;\n", "", "pin (A) {", "expected a direction.*found none"),
    "a mistyped direction": ("direction : input", "direction : imput", "imput", "found 'imput' .did you mean 'input'"),
    "a bus": ("pin (A) {", "bus (A) {", "bus (A)", "cell INV_X1 has a bus .A.; only single pins are read"),
    "an unknown template": (
        "cell_rise (delay) {",
        "cell_rise (delai) {",
        "delai",
        "the template 'delai'.*mean 'delay'",
    ),
    "an axis of another kind": (
        "variable_1 : input_net_transition",
        "variable_1 : input_noise_height",
        "input_noise_height",
        "the template 'delay' has the axis 'input_noise_height'",
    ),
    "two axes of one kind": (
        "variable_2 : total_output_net_capacitance",
        "variable_2 : related_pin_transition",
        "lu_table_template (delay)",
        "at most one slew and one load",
    ),
    "three axes": (
        "    index_1",
        "    variable_3 : related_out_total_output_net_capacitance;\n    index_1",
        "variable_3",
        "has the axis 'related_out",
    ),
    "too few values": ('"0.008, 0.108", ', "", '"0.048, 0.148"', r"expected 4 values \(2 x 2\) in cell_rise.*found 2"),
    "no values": ('{ values ("0.008, 0.108", "0.048, 0.148"); }', "{ }", "cell_rise (delay) { }", "expected numbers in values"),
    "a value that is no number": ("0.108", "0.1O8", "0.1O8", "expected numbers in values of cell_rise.*found '0.1O8'"),
    "a value that is not finite": ("0.108", "nan", '"0.008, nan"', "expected numbers in values.*found 'nan'"),
    "an axis that descends": (
        'cell_rise (delay) { values ("0.008',
        'cell_rise (delay) { index_1 ("0.2, 0.1"); values ("0.008',
        'index_1 ("0.2',
        "expected ascending numbers in index_1",
    ),
    "an axis without numbers": (
        'cell_rise (delay) { values ("0.008',
        'cell_rise (delay) { index_1 (""); values ("0.008',
        'index_1 ("")',
        "expected numbers in index_1 of cell_rise",
    ),
    "no related pin": ('        related_pin : "A";\n', "", "timing () {", "expected a related_pin in this timing group"),
    "a wrong related pin": ('related_pin : "A"', 'related_pin : "a"', 'related_pin : "a"', "the related_pin 'a' is not a pin"),
    "a mistyped timing type": (
        "setup_rising",
        "setup_risng",
        "setup_risng",
        "unknown timing_type.*mean 'setup_rising'",
    ),
    "a mistyped sense": ("negative_unate", "negative", "negative;", "unknown timing_sense 'negative'.*'negative_unate'"),
    "a setup check of an output": (
        '        related_pin : "A";\n',
        '        related_pin : "A"; timing_type : setup_rising;\n',
        "timing () {",
        "'setup_rising' does not fit the output Y",
    ),
    "a function of a missing pin": ('function : "!A"', 'function : "!AA"', '"!AA"', "'AA' is neither a pin nor a state"),
    "an unfinished function": ('function : "!A"', 'function : "!(A"', '"!(A"', r"missing '\)' in the Boolean function"),
    "an empty function": (
        'function : "!A"',
        'function : ""',
        'function : ""',
        "expected a Boolean function",
    ),
    "a bad condition": ('when : "A";', 'when : "A &";', 'when : "A &"', "ends where an operand was expected"),
    "a condition on a missing pin": ('when : "A";', 'when : "Z";', 'when : "Z"', "'Z' is neither a pin nor a state"),
    "a clock that is no input": (
        'clocked_on : "CK"',
        'clocked_on : "1"',
        "ff (IQ, IQN)",
        "expected a clock and data made of",
    ),
    "a state named like a pin": ("ff (IQ, IQN)", "ff (D, IQN)", "ff (D, IQN)", "'D' names both a pin and a state"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_damaged_library_is_refused(name, tiny_path):
    old, new, marker, message = CASES[name]
    text = tiny_path.read_text()
    assert old in text
    at = text.index(old)
    damaged = text.replace(old, new, 1)
    with pytest.raises(InputError, match=message) as e:
        parse_liberty(damaged, "tiny.lib")
    assert str(e.value).startswith(f"tiny.lib:{e.value.line}: ")
    line = damaged.splitlines()[e.value.line - 1]
    assert (marker or new) in line
    assert marker is not None or damaged.count("\n", 0, at) + 1 == e.value.line


def test_what_is_valid_but_not_read_is_told_apart(tiny_path):
    with pytest.raises(UnsupportedError):
        parse_liberty(tiny_path.read_text().replace("pin (A) {", "bus (A) {", 1))


@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.75, 0.99])
def test_a_cut_file_is_refused_at_its_end(tiny_path, share):
    text = tiny_path.read_text()
    cut = text[: int(len(text) * share)]
    with pytest.raises(InputError, match=r"tiny.lib:\d+: expected ") as e:
        parse_liberty(cut, "tiny.lib")
    assert e.value.line >= cut.count("\n") - 1


def test_a_binary_file_is_refused(tmp_path):
    path = tmp_path / "noise.lib"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InputError, match=r"noise.lib:\d+: expected text, found"):
        read_liberty(path)


def test_a_broken_archive_is_refused(tmp_path):
    path = tmp_path / "broken.lib.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00" + b"x" * 40)
    with pytest.raises(InputError, match=r"broken.lib.gz: cannot be read"):
        read_liberty(path)

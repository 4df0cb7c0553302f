import re

import pytest

from eda.arith.generate import KINDS, generate
from eda.arith.lower import lower
from eda.arith.testbench import CORNERS, bench, corners, run_testbench
from eda.errors import ToolFailed
from eda.verilog.writer import to_verilog

SIGNS = pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])


@SIGNS
@pytest.mark.parametrize(
    ("kind", "width", "width_b"),
    [
        *((kind, width, None) for kind in KINDS for width in (1, 7)),
        *((kind, 4, 9) for kind in KINDS if kind != "squarer"),
        ("multiplier", 34, None),
        ("adder", 65, None),
    ],
)
def test_icarus_finds_no_error_in_any_kind(iverilog, kind, width, width_b, signed):
    ppg = "booth" if kind in ("multiplier", "dot") else "and"
    design = generate(kind, width, width_b=width_b, signed=signed, ppg=ppg, adder="fitted")
    text = bench(design.netlist, design.spec, vectors=200, seed=3)
    result = run_testbench(to_verilog(design.netlist), text)
    assert result.errors == 0, result.output
    assert result.vectors == CORNERS ** {1: 1, 2: 2, 3: 3}.get(len(design.spec.operands), 2) + 200
    assert result.output.startswith(f"{design.netlist.name}, seed 3\n")
    assert result.output.endswith("\nerrors 0\n")


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("multiplier", {"constant": 93}),
        ("multiplier", {"constant": -8, "drop_bits": 2}),
        ("mac", {"constant": -0x9E3779B97F4A7C15}),
        ("mac", {"signed_b": True, "ppg": "booth"}),
        ("dot", {"signed_b": False, "drop_bits": 5}),
        ("adder", {"signed_b": True, "width_b": 3}),
        ("multiplier", {"signed_b": False, "result_bits": 9, "drop_bits": 3}),
        ("squarer", {"result_bits": 3}),
    ],
)
def test_icarus_agrees_on_constants_mixed_signs_and_ranges_of_bits(iverilog, kind, signed, options):
    design = generate(kind, 7, signed=signed, **options)
    result = run_testbench(to_verilog(design.netlist), bench(design.netlist, design.spec, vectors=200))
    assert result.errors == 0, result.output


def test_lowered_gates_mean_the_same_to_icarus(iverilog):
    design = generate("mac", 6, signed=True, tree="tdm", ppg="booth")
    text = bench(design.netlist, design.spec, vectors=100)
    assert run_testbench(to_verilog(lower(design.netlist, "gates")), text).errors == 0


def test_one_wrong_gate_is_found_and_shown(iverilog):
    design = generate("multiplier", 5, adder="ripple")
    text = to_verilog(design.netlist)
    broken = re.sub(r"assign pp_2_3 = (.*) & (.*);", r"assign pp_2_3 = \1 | \2;", text)
    assert broken != text
    result = run_testbench(broken, bench(design.netlist, design.spec))
    assert result.errors > 0
    assert result.output.splitlines()[1].startswith("wrong: a=")
    assert result.output.count("wrong:") == 10


def test_verilog_that_does_not_compile_is_a_failure_of_the_tool(iverilog):
    design = generate("adder", 3)
    with pytest.raises(ToolFailed, match="Icarus"):
        run_testbench("module adder_3x3_sklansky(; endmodule", bench(design.netlist, design.spec))


def test_a_bench_that_ends_early_is_not_believed(iverilog):
    design = generate("adder", 3)
    text = bench(design.netlist, design.spec).replace('$display("vectors', '$finish; $display("vectors')
    with pytest.raises(ToolFailed, match="did not end with its count of errors"):
        run_testbench(to_verilog(design.netlist), text)


def test_corners_are_the_edges_of_a_word():
    assert corners(4) == (0, 1, 2, 15, 8, 7, 5, 10)
    assert corners(1) == (0, 1, 0, 1, 1, 0, 0, 1)


@SIGNS
def test_the_reference_is_plain_arithmetic_on_declared_words(signed):
    design = generate("mac", 4, signed=signed)
    text = bench(design.netlist, design.spec, vectors=5, seed=9)
    assert "exact = a * b + c;" in text
    assert ("reg signed [3:0] a;" in text) == signed
    assert "seed = 9;" in text
    assert text == bench(design.netlist, design.spec, vectors=5, seed=9)

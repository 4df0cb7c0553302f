import numpy as np
import pytest

from eda.errors import InputError
from eda.timing.constraints import Constraints
from eda.timing.power import power
from eda.timing.vcd import read_vcd, vcd_activity

HEADER = """$date today $end
$timescale 10ps $end
$scope module tb $end
$var reg 1 # clk $end
$scope module dut $end
$var wire 2 ! a [1:0] $end
$var wire 1 " y $end
$upscope $end
$upscope $end
$enddefinitions $end
"""
CHANGES = """#0
$dumpvars
b00 !
x"
$end
#1
1"
#10
b01 !
#12
0"
#15
1"
#20
b11 !
#21
0"
#40
"""


@pytest.fixture
def dump(tmp_path):
    def write(text):
        path = tmp_path / "dump.vcd"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def netlist(circuit):
    a = circuit.input("a", 2)
    y = circuit.cell("NAND2_X1", a[0], a[1])
    circuit.builder.name_net(y, "y")
    return circuit.build(y=y)


def test_vectors_are_split_into_bits_and_times_kept(dump):
    vcd = read_vcd(dump(HEADER + CHANGES))
    assert vcd.unit_ps == 10.0
    assert vcd.end == 40
    times, values = vcd.waves["tb.dut.a[1]"]
    assert times.tolist() == [0, 10, 20]
    assert values.tolist() == [0, 0, 1]
    assert vcd.waves["tb.dut.y"][1].tolist() == [2, 1, 0, 1, 0]


def test_short_values_are_extended(dump):
    vcd = read_vcd(dump(HEADER + "#0\nb1 !\n#5\nbx !\n"))
    assert vcd.waves["tb.dut.a[1]"][1].tolist() == [0, 2]
    assert vcd.waves["tb.dut.a[0]"][1].tolist() == [1, 2]


def test_glitches_count_and_unknown_values_do_not(dump, netlist):
    activity = vcd_activity(dump(HEADER + CHANGES), netlist, period_ps=100.0)
    y = int(netlist.output_nets[0])
    assert activity.toggles[y] == 3 / 4  # 1 0 1 0 in four periods; the change from x is none
    assert activity.toggles[2:4].tolist() == [1 / 4, 1 / 4]
    # sampled just before each half period: at 50, 100 ... 400 ps
    assert activity.probability[y] == 3 / 8
    assert activity.probability[2] == 6 / 8
    assert activity.probability[:2].tolist() == [0.0, 1.0]


def test_power_takes_a_dump(dump, netlist, tiny):
    activity = vcd_activity(dump(HEADER + CHANGES), netlist, period_ps=100.0, scope="tb.dut")
    found = power(netlist, tiny, Constraints(load_ff=2.0, period_ps=100.0), activity=activity)
    y = int(netlist.output_nets[0])
    assert found.switching_mw == pytest.approx(0.5 * 1.1**2 * 2.0 * activity.toggles[y] / 100.0)
    assert "dump of a simulation, 4 periods" in str(found)


def test_a_missing_net_is_named(dump, netlist):
    text = HEADER.replace('1 " y $end', '1 " z $end')
    with pytest.raises(InputError, match="1 are missing, such as 'y'"):
        vcd_activity(dump(text + CHANGES), netlist, period_ps=100.0)


def test_a_dump_shorter_than_a_period_is_refused(dump, netlist):
    with pytest.raises(InputError, match=r"ends after 400 ps, before one period of 500 ps"):
        vcd_activity(dump(HEADER + CHANGES), netlist, period_ps=500.0)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (HEADER + "#zero\n", 11, "expected a time, found '#zero'"),
        (HEADER + "#0\nhello\n", 12, "expected a time or a change of value"),
        (HEADER + "#0\nb102 !\n", 12, "expected a value of 0, 1, x, z"),
        (HEADER.replace("10ps", "ten"), 2, r"expected a \$timescale"),
        (HEADER.replace("wire 2", "wire two"), 6, "expected '\\$var type size"),
        ("$timescale 1ns $end\n", 1, "found the end of the file"),
    ],
)
def test_damage_is_named_with_its_line(dump, text, line, message):
    with pytest.raises(InputError, match=message) as caught:
        read_vcd(dump(text))
    assert caught.value.line == line


def test_a_dump_of_icarus_is_read(iverilog, tmp_path, netlist, tiny):
    import subprocess

    from eda.verilog.writer import write_verilog

    write_verilog(netlist, tmp_path / "dut.v")
    (tmp_path / "nand.v").write_text("module NAND2_X1(input A, B, output Y); assign #3 Y = ~(A & B); endmodule\n")
    (tmp_path / "tb.v").write_text(
        "`timescale 1ps/1ps\nmodule tb; reg [1:0] a; wire y; integer i; t dut(.a(a), .y(y));\n"
        'initial begin $dumpfile("out.vcd"); $dumpvars(0, tb); a = 0;\n'
        "for (i = 0; i < 64; i = i + 1) begin #100 a = i; end #100 $finish; end endmodule\n"
    )
    subprocess.run([iverilog, "-o", "sim", "tb.v", "dut.v", "nand.v"], cwd=tmp_path, check=True)
    subprocess.run(["vvp", "sim"], cwd=tmp_path, check=True, capture_output=True)
    activity = vcd_activity(tmp_path / "out.vcd", netlist, period_ps=100.0)
    assert np.allclose(activity.toggles[2:5], [63 / 65, 31 / 65, 31 / 65], atol=0.02)
    assert np.allclose(activity.probability[2:5], [0.5, 0.5, 0.75], atol=0.03)

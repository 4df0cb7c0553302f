from pathlib import Path

from eda.timing.constraints import Constraints
from eda.timing.report import report
from eda.timing.sta import analyze
from eda.verilog.reader import read_verilog

GOLDEN = Path(__file__).parent / "golden"


def test_the_report_says_what_was_assumed_and_where_the_worst_path_runs(tiny):
    netlist = read_verilog(GOLDEN / "counter.v", types=tiny.types)
    text = report(analyze(netlist, tiny, Constraints(driver="BUF_X1", period_ps=200.0)), paths=2)
    assert "counter: 8 cells" in text
    assert "wires: none" in text
    assert "clock     clk, ideal" in text
    assert "at a period of 200 ps" in text
    assert "hold      worst slack" in text
    assert text.count("from ") == 2
    assert "engine    eda " in text


def test_a_combinational_report_speaks_of_no_clock(tiny):
    netlist = read_verilog(GOLDEN / "ripple.v", types=tiny.types)
    text = report(analyze(netlist, tiny))
    assert "clock" not in text
    assert "smallest period" not in text
    assert "from b[" in text or "from a[" in text

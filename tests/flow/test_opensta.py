"""OpenSTA as a second opinion: played by a fake, with its recorded output and its lies."""

import sys
from dataclasses import replace

import pytest

from eda.errors import ToolFailed, ToolNotFound
from eda.flow import opensta
from eda.flow.opensta import second_opinion
from eda.tech.tools import on_path
from eda.timing.constraints import Constraints

LIBERTY = """library (tiny) {
  default_wire_load : "5K_hvratio_1_1" ;
  default_wire_load_mode : "top" ;
}
"""

REPORT = """Startpoint: rst (input port clocked by clock)
Endpoint: q_reg (recovery check against rising-edge clock clock)
Path Group: **async_default**
Path Type: max
            630.66675   slack (MET)


Startpoint: b[7] (input port clocked by clock)
Endpoint: p[14] (output port clocked by clock)
Path Group: clock
Path Type: max

     Delay       Time   Description
---------------------------------------------------------------
   0.00000  891.50610 ^ p[14] (out)
            891.50610   data arrival time
1000.00000 1000.00000   clock clock (rise edge)
---------------------------------------------------------------
            108.49390   slack (MET)
"""


@pytest.fixture
def sta(tmp_path, monkeypatch):
    """A maker of fakes that run a Python body where OpenSTA would time; they leave their inputs in `tmp_path`."""

    def make(body):
        path = tmp_path / "bin" / "sta"
        path.parent.mkdir()
        path.write_text(
            f"#!{sys.executable}\nimport shutil, sys\nreport = {REPORT!r}\n"
            "if '-version' in sys.argv:\n    print('9.8.7')\nelif 'probe.tcl' in sys.argv:\n    print('capable')\nelse:\n"
            f"    [shutil.copy(n, {str(tmp_path)!r}) for n in ('lib_0.lib', 'netlist.v', 'time.tcl')]\n"
            f"    done = open('time.tcl').read().split('puts \"')[1].split('\"')[0]\n    {body}\n"
        )
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(path.parent))
        monkeypatch.setattr(opensta, "OPENSTA", replace(opensta.OPENSTA, places=(on_path("sta"),)))

    return make


@pytest.fixture
def ask(tmp_path):
    path = tmp_path / "my kit.lib"
    path.write_text(LIBERTY)
    constraints = Constraints(driver="BUF_X1", load_ff=10.0)
    return lambda **options: second_opinion("module t; endmodule", "t", [path], constraints, period_ps=1000.0, **options)


def test_the_delay_is_the_period_less_the_slack_of_the_clocked_paths(sta, ask):
    sta("print(report); print(done)")
    found = ask()
    assert found.delay_ps == pytest.approx(891.5061)
    assert found.engine == "OpenSTA 9.8.7"
    assert found.path.startswith("Startpoint: b[7]")
    assert "p[14] (out)" in found.path


def test_the_hidden_wire_load_is_taken_out_of_the_copy_only(sta, ask, tmp_path):
    sta("print(report); print(done)")
    ask()
    assert "default_wire_load :" not in (tmp_path / "lib_0.lib").read_text()
    assert "default_wire_load_mode" in (tmp_path / "lib_0.lib").read_text()
    assert (tmp_path / "my kit.lib").read_text() == LIBERTY


def test_the_script_says_units_before_numbers_and_constrains_data_inputs_only(sta, ask, tmp_path):
    sta("print(report); print(done)")
    ask(clock="clk")
    text = (tmp_path / "time.tcl").read_text()
    assert text.index("set_cmd_units -time ps -capacitance fF") < text.index("set_load 10.0")
    assert "create_clock -name clock -period 1000.000000 [get_ports {clk}]" in text
    assert "[get_full_name $p] ne {clk}" in text
    assert "set_input_delay 0.0 -clock clock $data" in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('Error: cannot read file lib_0.lib.'); print(done)", "cannot read file"),
        ("print(report)", "stopped early"),
        ("print('No paths found.'); print(done)", "no path was found"),
        ("sys.exit(139)", "exit code 139"),
    ],
)
def test_a_lie_or_a_crash_is_a_failure(sta, ask, body, said):
    sta(body)
    with pytest.raises(ToolFailed, match=said):
        ask()


def test_its_absence_is_told_with_the_line_that_installs_it(ask, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolNotFound, match="apt install opensta"):
        ask()

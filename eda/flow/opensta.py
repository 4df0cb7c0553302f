"""A second opinion on timing, from OpenSTA."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eda.errors import ToolFailed
from eda.ir.files import read_text
from eda.tech.tools import OPENSTA, run, scratch
from eda.timing.constraints import Constraints

_DONE = "eda: every command was reached"
_DEFAULT_WIRE_LOAD = re.compile(r"^\s*default_wire_load\s*:.*$", re.MULTILINE)


@dataclass(frozen=True)
class SecondOpinion:
    """What OpenSTA found: `delay_ps` as in `eda.timing.sta.Timing`, and the worst path as it prints it."""

    delay_ps: float
    path: str
    engine: str
    seconds: float


def second_opinion(
    verilog: str,
    top: str,
    liberty: Sequence[Path],
    constraints: Constraints,
    *,
    clock: str | None = None,
    period_ps: float,
    timeout: float = 600.0,
) -> SecondOpinion:
    """Time mapped Verilog with OpenSTA.

    The wire-load model that a Liberty file asks for by default is taken out of a copy: older versions apply it unasked.
    `clock` is the input that carries the clock; None for a combinational circuit. The delay is `period_ps` less the
    worst slack, so give the period that our own analysis found.
    Raises `ToolNotFound`, `ToolFailed`, `ToolTimeout`.
    """
    with scratch() as folder:
        names = [f"lib_{i}.lib" for i in range(len(liberty))]
        for path, name in zip(liberty, names, strict=True):
            (folder / name).write_text(_DEFAULT_WIRE_LOAD.sub("", read_text(path)))
        (folder / "netlist.v").write_text(verilog)
        (folder / "time.tcl").write_text(_script(names, top, constraints, clock, period_ps))
        done = run(OPENSTA, ["-no_init", "-no_splash", "-exit", "time.tcl"], cwd=folder, timeout=timeout)
        worst = next((block for block in done.output.split("Startpoint:") if "Path Group: clock\n" in block), "")
        slack = re.search(r"(-?\d+\.\d+)\s+slack \(", worst)
        if _DONE not in done.output or slack is None:
            reason = "no path was found" if _DONE in done.output else "it stopped early"
            raise ToolFailed(f"OpenSTA failed: {reason}\n{done.output[-2000:]}", tool=OPENSTA.name, returncode=0)
        version = run(OPENSTA, ["-version"], cwd=folder, timeout=timeout).output.strip()
    report = f"Startpoint:{worst[: slack.end() - 2]}"
    return SecondOpinion(period_ps - float(slack.group(1)), report, f"OpenSTA {version}", done.seconds)


def _script(names: Sequence[str], top: str, constraints: Constraints, clock: str | None, period_ps: float) -> str:
    lines = [f"read_liberty {name}" for name in names]
    lines += ["read_verilog netlist.v", f"link_design {top}", "set_cmd_units -time ps -capacitance fF"]
    port = "" if clock is None else f" [get_ports {{{clock}}}]"
    # `all_inputs -no_clocks` is unknown to old versions
    lines += ["set data {}", f"foreach p [all_inputs] {{if {{[get_full_name $p] ne {{{clock or ''}}}}} {{lappend data $p}}}}"]
    lines += [f"create_clock -name clock -period {period_ps:.6f}{port}"]
    lines += [f"set_input_delay {constraints.input_delay_ps} -clock clock $data"]
    lines += [f"set_output_delay {constraints.output_delay_ps} -clock clock [all_outputs]"]
    if constraints.driver:
        lines += [f"set_driving_cell -lib_cell {constraints.driver} [all_inputs]"]
    lines += [f"set_load {constraints.load_ff} [all_outputs]"]
    return "\n".join([*lines, "report_checks -path_delay max -digits 5", f'puts "{_DONE}"', ""])

"""Every pin of a mapped netlist as OpenSTA times it: the reference for our own analysis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from eda.ir.files import read_text
from eda.ir.netlist import Netlist
from eda.tech.tools import OPENSTA, run, scratch
from eda.timing.constraints import Constraints
from eda.timing.sta import Timing
from eda.verilog.writer import to_verilog

_DONE = "every pin was reported"
_DEFAULT_WIRE_LOAD = re.compile(r"default_wire_load[ \t]*:[^;]*;")
_NEVER = 1e29

# Values come through the internal interface, in seconds and with all digits. The second of two analysis points is the
# late one. Credit for clock reconvergence is switched off: this version gives it even to ideal clocks.
_REPORT = """
set sta_crpr_enabled 0
report_checks
namespace eval sta {
  set clk [get_clocks clk]
  foreach pin [get_pins */*] {
    set vertex [lindex [$pin vertices] 0]
    if { $vertex != "NULL" } {
      set row [list [get_full_name $pin]]
      foreach launch {rise fall} {
        foreach edge {rise fall} { lappend row [lindex [$vertex arrivals_clk $edge $clk $launch] 1] }
      }
      foreach edge {rise fall} { lappend row [lindex [$vertex slews $edge] 1] }
      foreach edge {max_rise max_fall min_rise min_fall} { lappend row [get_property $pin ${edge}_slack] }
      puts "@ $row"
    }
  }
}
"""


@dataclass(frozen=True)
class Reference:
    """For each pin, by ``cell/pin``: arrivals [launch, edge] after the launching edge (-inf: none), slews [edge], and the
    smaller of the two slacks, late and early; all in ps. Cells are called ``_c0_``, ``_c1_`` ... in the netlist's order."""

    arrivals: dict[str, np.ndarray]
    slews: dict[str, np.ndarray]
    late_slack: dict[str, float]
    early_slack: dict[str, float]
    version: str
    seconds: float


def reference(
    netlist: Netlist, liberty: Sequence[Path], constraints: Constraints, *, period_ps: float, clock: str | None = None
) -> Reference:
    """Time `netlist` with OpenSTA; `constraints` may not differ between ports. Slacks are printed with 6 digits."""
    names = [f"lib_{i}.lib" for i in range(len(liberty))]
    with scratch() as folder:
        for path, name in zip(liberty, names, strict=True):
            (folder / name).write_text(_without_wire_load(path))
        (folder / "netlist.v").write_text(to_verilog(_anonymous(netlist)))
        (folder / "time.tcl").write_text(_script(netlist, names, constraints, period_ps, clock))
        done = run(OPENSTA, ["-no_init", "-no_splash", "-exit", "time.tcl"], cwd=folder, timeout=600)
    assert _DONE in done.output, done.output[-2000:]
    rows = [line[2:].split() for line in done.output.splitlines() if line.startswith("@ ")]
    values = {row[0]: np.array(row[1:], dtype=float) for row in rows}
    return Reference(
        {pin: _after_launch(v[:4].reshape(2, 2), period_ps) for pin, v in values.items()},
        {pin: v[4:6] * 1e12 for pin, v in values.items()},
        {pin: float(v[6:8].min()) for pin, v in values.items()},
        {pin: float(v[8:10].min()) for pin, v in values.items()},
        _version(),
        done.seconds,
    )


@cache
def _without_wire_load(path: Path) -> str:
    return _DEFAULT_WIRE_LOAD.sub("", read_text(path))


@cache
def _version() -> str:
    with scratch() as folder:
        return run(OPENSTA, ["-version"], cwd=folder, timeout=60).output.strip()


def _after_launch(seconds: np.ndarray, period_ps: float) -> np.ndarray:
    shifted = seconds * 1e12 - np.array([[0.0], [period_ps / 2]])
    return np.where(np.abs(seconds) > _NEVER, -np.inf, shifted)


def _anonymous(netlist: Netlist) -> Netlist:
    """`netlist` with automatic names only, but for its ports, so that pins can be found by number."""
    ports = {net: name for p in netlist.inputs for net, name in zip(p.nets, p.bit_names, strict=True)}
    nets = tuple(ports.get(n) for n in range(netlist.n_nets))
    return replace(netlist, name="top", net_names=nets, cell_names=(None,) * netlist.n_cells, aliases={})


def _script(netlist: Netlist, names: Sequence[str], constraints: Constraints, period_ps: float, clock: str | None) -> str:
    lines = [f"read_liberty {name}" for name in names]
    lines += ["read_verilog netlist.v", "link_design top", "set_cmd_units -time ps -capacitance fF"]
    lines += [f"create_clock -name clk -period {period_ps:.10g}" + (f" [get_ports {{{clock}}}]" if clock else "")]
    lines += [f"set_input_delay {constraints.input_delay_ps} -clock clk [all_inputs]"]
    lines += [f"set_output_delay {constraints.output_delay_ps} -clock clk [all_outputs]"]
    if constraints.driver:
        lines += [f"set_driving_cell -lib_cell {constraints.driver} [all_inputs]"]
    else:
        lines += [f"set_input_transition {constraints.input_slew_ps} [all_inputs]"]
    lines += [f"set_load {constraints.load_ff} [all_outputs]"]
    return "\n".join(lines) + _REPORT + f'puts "{_DONE}"\n'


@dataclass(frozen=True)
class Difference:
    """Largest differences: relative for arrivals and slews of all output pins, ps for slacks of register pins.

    only_one  pins with an arrival in one analysis alone;  compared: numbers compared;  relative: all of them, sorted
    unchecked register pins that OpenSTA does not check
    """

    relative: np.ndarray
    worst: str
    only_one: tuple[str, ...]
    late_slack_ps: float
    early_slack_ps: float
    unchecked: int


def difference(timing: Timing, reference: Reference) -> Difference:
    """Our analysis against OpenSTA's. Clock nets are left out: their arrivals are not data."""
    found: list[tuple[float, str]] = []
    only_one: list[str] = []
    netlist = timing.netlist
    for net in range(netlist.first_cell_net, netlist.n_nets):
        cell = int(netlist.driver[net])
        pin = f"_c{cell}_/{netlist.type_of(cell).outputs[net - int(netlist.output_start[cell])]}"
        if timing.clock.reach[net]:
            continue
        for launch, arrival in enumerate(reference.arrivals[pin]):
            own = timing.arrivals[launch, net] if launch < len(timing.arrivals) else np.full(2, -np.inf)
            only_one += [pin] * int((np.isfinite(own) != np.isfinite(arrival)).sum())
            found += [(r, f"{pin} arrival") for r in _relative(own, arrival)]
        if not timing.graph.constant[net]:
            found += [(r, f"{pin} slew") for r in _relative(timing.slew[net], reference.slews[pin])]
    late, unchecked = _slack_difference(timing, timing.ends.pin, timing.slack, reference.late_slack)
    early, _ = _slack_difference(timing, timing.hold.pin, timing.hold_slack, reference.early_slack)
    worst = max(found, default=(0.0, ""))
    return Difference(np.sort([r for r, _ in found]), worst[1], tuple(only_one), late, early, unchecked)


def _relative(own: np.ndarray, other: np.ndarray) -> list[float]:
    both = np.isfinite(own) & np.isfinite(other)
    return (np.abs(own[both] - other[both]) / np.maximum(np.abs(other[both]), 1e-3)).tolist()


def _slack_difference(timing: Timing, pins: np.ndarray, slack: np.ndarray, other: dict[str, float]) -> tuple[float, int]:
    netlist = timing.netlist
    worst, unchecked = 0.0, 0
    for pin, own in zip(pins.tolist(), slack.tolist(), strict=True):
        if pin >= 0:
            cell = int(netlist.pin_cell[pin])
            theirs = other[f"_c{cell}_/{netlist.type_of(cell).inputs[pin - int(netlist.fanin_start[cell])]}"]
            if np.isfinite(theirs):
                worst = max(worst, abs(own - theirs))
            else:
                unchecked += 1
    return worst, unchecked

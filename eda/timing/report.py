"""The timing report as text."""

from __future__ import annotations

from eda.timing.area import area
from eda.timing.paths import critical_paths, end_name
from eda.timing.sta import Timing


def report(timing: Timing, paths: int = 1) -> str:
    """Summary and the `paths` most critical paths of an analysis."""
    lines = [*_summary(timing), ""]
    for path in critical_paths(timing, paths):
        lines += [str(path), ""]
    return "\n".join(lines)


def _summary(timing: Timing) -> list[str]:
    netlist, library, constraints = timing.netlist, timing.library, timing.constraints
    wires = "none" if constraints.wire_cap_ff is None else "capacitance per net"
    lines = [
        f"netlist   {netlist.name}: {netlist.n_cells} cells, {area(netlist, library):.3f} um2",
        f"library   {library.name}, {library.voltage:g} V, {library.temperature:g} C; wires: {wires}",
        f"engine    {timing.engine}",
        f"delay     {timing.delay_ps:.3f} ps" + (" (smallest period)" if timing.clock.nets else ""),
    ]
    if timing.clock.nets:
        lines.append(f"clock     {' '.join(netlist.net_label(n) for n in timing.clock.nets)}, ideal")
    if constraints.period_ps is not None:
        lines.append(
            f"slack     worst {timing.wns:.3f} ps, sum {timing.tns:.3f} ps at a period of {constraints.period_ps:g} ps"
        )
    if len(timing.hold):
        worst = end_name(netlist, int(timing.hold.pin[0]))
        lines.append(f"hold      worst slack {timing.hold_wns:.3f} ps at {worst}")
    if timing.clock.unclocked:
        lines.append(f"untimed   {timing.clock.unclocked} registers that the clock does not reach")
    return lines

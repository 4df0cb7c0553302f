"""What surrounds a circuit while it is timed: clock, drivers, loads, and when inputs change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError, suggest
from eda.ir.netlist import Netlist, Port

FloatArray = npt.NDArray[np.float64]
PerPort = float | Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Constraints:
    """The surroundings of a netlist. Values per port are one number, or a mapping from names of ports or of their bits
    (``{"a": 5.0, "b[3]": 7.0}``; a bit's own entry wins, ports without an entry get 0).

    clock         input port (or bit) of the clock; None: found from the clock pins of the registers, several as if one
    period_ps     clock period, half of it high; None: slacks are measured against the smallest period that works
    input_slew_ps slew of the input ports where there is no `driver`
    input_delay_ps, output_delay_ps   time spent outside, after and before the rising clock
    driver        cell that drives every input, as ``CELL`` or ``CELL/OUTPUT``; its own input changes with slew 0 and its
                  load-independent delay is not counted, as `set_driving_cell` has it
    load_ff       capacitance at the output ports
    wire_cap_ff   float [N]: capacitance of the wire of each net; None: no wires
    """

    clock: str | None = None
    period_ps: float | None = None
    input_slew_ps: PerPort = 0.0
    input_delay_ps: PerPort = 0.0
    output_delay_ps: PerPort = 0.0
    driver: str | None = None
    load_ff: PerPort = 0.0
    wire_cap_ff: FloatArray | None = None

    def check(self, netlist: Netlist) -> None:
        """Raise `UsageError` for a period that is not positive or wire capacitances that do not fit `netlist`."""
        if self.period_ps is not None and not self.period_ps > 0:
            raise UsageError(f"the clock period must be positive, got {self.period_ps} ps")
        if self.wire_cap_ff is not None and np.shape(self.wire_cap_ff) != (netlist.n_nets,):
            raise UsageError(f"wire_cap_ff has shape {np.shape(self.wire_cap_ff)}, expected ({netlist.n_nets},)")


def per_bit(ports: tuple[Port, ...], value: PerPort) -> FloatArray:
    """`value` for each bit of `ports`, in port order, least significant first.

    Raises `UsageError`, with the nearest name, if a mapping names something else.
    """
    if not isinstance(value, Mapping):
        return np.full(sum(p.width for p in ports), float(value))
    known = {p.name for p in ports} | {bit for p in ports for bit in p.bit_names}
    for name in value:
        if name not in known:
            raise UsageError(f"no port {name!r} to constrain{suggest(name, known)}")
    return np.array([float(value.get(bit, value.get(p.name, 0.0))) for p in ports for bit in p.bit_names])

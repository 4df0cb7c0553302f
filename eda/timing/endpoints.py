"""Where paths end: output ports, and the pins of registers with their setup, hold, recovery and removal times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.tech.library import FALL, RISE, IntArray, TableSet
from eda.timing.graph import Checks
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ends:
    """Ends of paths: E of them, one for each end point, edge, and edge of the clock that launched the path.

    pin     int64 [E]  data pin, as a position in ``Netlist.fanin``; for bit k of the output ports ``-1 - k``
    net     int64 [E]
    edge    int8 [E]   edge of the data
    launch  int8 [E]   edge of the clock that started the path
    cycles  float [E]  periods from launch to capture: 1 or 0.5 for late checks and outputs, 0 or -0.5 for early checks
    arrival float [E]  ps after the launch
    margin  float [E]  the time that the check demands, or the output delay
    check   int64 [E]  which of the checks it is; -1 at outputs
    """

    pin: IntArray
    net: IntArray
    edge: IntArray
    launch: IntArray
    cycles: FloatArray
    arrival: FloatArray
    margin: FloatArray
    check: IntArray

    def __len__(self) -> int:
        return len(self.pin)

    def take(self, rows: IntArray) -> Ends:
        return Ends(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def no_ends() -> Ends:
    """No path ends at all."""
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    small = np.zeros(0, dtype=np.int8)
    return Ends(whole, whole, small, small, real, real, real, whole)


def concatenate(parts: Sequence[Ends]) -> Ends:
    """All ends of `parts`, in order."""
    return Ends(*(np.concatenate([getattr(p, name) for p in parts]) for name in Ends.__dataclass_fields__))


def output_ends(nets: IntArray, pins: IntArray, arrivals: Sequence[FloatArray], delay: FloatArray) -> Ends:
    """Ends at output ports: captured by the rising clock, `delay` ps before it.

    `nets`, `pins` and `delay` have one entry per output bit; `arrivals` [N, 2] are given per launching clock edge.
    """
    parts = [no_ends()]
    for launch, arrival in enumerate(arrivals):
        for edge in (RISE, FALL):
            k = np.flatnonzero(np.isfinite(arrival[nets, edge]))
            parts.append(_ends(pins[k], nets[k], edge, launch, 1.0 if launch == RISE else 0.5, arrival, delay[k], None))
    return concatenate(parts)


def check_ends(
    tables: TableSet, checks: Checks, nets: IntArray, reach: IntArray, arrivals: Sequence[FloatArray], slew: FloatArray
) -> Ends:
    """Ends at `checks`, which are all late or all early, where the clock reaches their clock pin.

    nets      [K]     net at the data pin of each check
    reach     [K]     edges of the clock at its clock pin; see `eda.timing.clocks.Clock`
    arrivals  [N, 2]  per launching clock edge; slew [N, 2]
    """
    parts = [no_ends()]
    for edge in (RISE, FALL):
        margin = lookup(tables, checks.table[:, edge], np.zeros(len(nets)), slew[nets, edge])
        for capture in (RISE, FALL):
            caught = (reach >> (2 * checks.edge + capture) & 1).astype(bool) & (checks.table[:, edge] >= 0)
            for launch, arrival in enumerate(arrivals):
                k = np.flatnonzero(caught & np.isfinite(arrival[nets, edge]))
                cycles = (1.0 if launch == capture else 0.5) - (~checks.late[k]).astype(float)
                parts.append(_ends(checks.pin[k], nets[k], edge, launch, cycles, arrival, margin[k], k))
    return concatenate(parts)


def _ends(
    pin: IntArray,
    net: IntArray,
    edge: int,
    launch: int,
    cycles: float | FloatArray,
    arrival: FloatArray,
    margin: FloatArray,
    check: IntArray | None,
) -> Ends:
    n = len(pin)
    of_edge = np.full(n, edge, dtype=np.int8), np.full(n, launch, dtype=np.int8)
    check = np.full(n, -1) if check is None else check
    return Ends(pin.astype(np.int64), net, *of_edge, np.broadcast_to(cycles, n), arrival[net, edge], margin, check)


def worst_per_pin(ends: Ends, slack: FloatArray) -> tuple[Ends, FloatArray]:
    """The end with the smallest slack at each pin, most critical pin first; ties by pin."""
    order = np.lexsort((slack, ends.pin))
    pins = ends.pin[order]
    first = order[np.flatnonzero(np.r_[True, pins[1:] != pins[:-1]])] if len(order) else order
    first = first[np.lexsort((ends.pin[first], slack[first]))]
    return ends.take(first), slack[first]

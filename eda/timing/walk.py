"""Passes over a netlist that carry arrivals and slews from the start of all paths to their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import Netlist
from eda.tech.library import FALL, RISE, IntArray, Library
from eda.timing.clocks import Clock, arc_rows, find_clock, launching_pins
from eda.timing.constraints import Constraints, per_bit
from eda.timing.driver import drive
from eda.timing.endpoints import Ends, check_ends, concatenate, output_ends
from eda.timing.graph import Graph, graph_of, wiring_of
from eda.timing.tables import kernel_tables

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Walk:
    """A netlist in its surroundings, ready to be walked; everything here is independent of the cells' sizes.

    launches  1 if every path is launched by the rising clock (or an input), 2 if some register starts at the falling one
    """

    netlist: Netlist
    library: Library
    constraints: Constraints
    graph: Graph
    clock: Clock
    launches: int

    def start(self, load: FloatArray) -> tuple[FloatArray, FloatArray]:
        """``(arrival, slew)`` [N, 2] where paths begin: -inf and 0 at all other nets."""
        netlist, constraints = self.netlist, self.constraints
        arrival = np.where(self.graph.start_nets[:, None], 0.0, -np.inf).repeat(2, axis=1)
        slew = np.zeros_like(load)
        inputs = slice(netlist.first_cell_net - netlist.n_input_bits, netlist.first_cell_net)
        arrival[inputs] = per_bit(netlist.inputs, constraints.input_delay_ps)[:, None]
        if constraints.driver is None:
            slew[inputs] = per_bit(netlist.inputs, constraints.input_slew_ps)[:, None]
        else:
            extra, slew[inputs] = drive(self.library, constraints.driver, load[inputs])
            arrival[inputs] += extra
        arrival[list(self.clock.nets)] = -np.inf
        return arrival, slew

    def run(self, load: FloatArray, *, late: bool) -> tuple[FloatArray, FloatArray, IntArray]:
        """``(arrivals [L, N, 2], slew [N, 2], causes [L, N, 2])`` under `load` [N, 2]; see `eda.timing.sta.Timing`."""
        passes = [self._pass(load, source, late) for source in range(self.launches)]
        return np.stack([p[0] for p in passes]), passes[0][1], np.stack([p[2] for p in passes])

    def _pass(self, load: FloatArray, source: int, late: bool) -> tuple[FloatArray, FloatArray, IntArray]:
        from eda.timing import kernels

        none = -np.inf if late else np.inf
        begins, slew = self.start(load)
        arrival = np.where(np.isfinite(begins), begins, none) if source == RISE else np.full_like(begins, none)
        cause = np.full(begins.shape, -1, dtype=np.int32)
        kernels.propagate(
            wiring_of(self.netlist, self.graph.order),
            arc_rows(self.graph),
            kernel_tables(self.library.tables),
            self.graph.row,
            load,
            self.clock.launch(source),
            self.clock.reach != 0,
            late,
            arrival,
            slew,
            cause,
        )
        return arrival, slew, cause

    def late_ends(self, arrivals: FloatArray, slew: FloatArray) -> Ends:
        """Ends of paths at outputs and at setup and recovery checks."""
        delay = per_bit(self.netlist.outputs, self.constraints.output_delay_ps)
        checks = check_ends(self.netlist, self.library, self.graph, self.clock, True, list(arrivals), slew)
        return concatenate([output_ends(self.netlist, list(arrivals), delay), checks])

    def early_ends(self, load: FloatArray) -> Ends:
        """Ends of paths at hold and removal checks, after a pass for the earliest arrivals."""
        arrivals, slew, _ = self.run(load, late=False)
        return check_ends(self.netlist, self.library, self.graph, self.clock, False, list(arrivals), slew)


def prepare(netlist: Netlist, library: Library, constraints: Constraints) -> Walk:
    """Check the constraints, join netlist and library, find the clock. Raises as `eda.timing.sta.analyze`."""
    constraints.check(netlist)
    graph = graph_of(netlist, library)
    clock = find_clock(netlist, graph, constraints.clock)
    pins, edges = launching_pins(netlist, graph)
    falling = (clock.reach[netlist.fanin[pins]] >> (2 * edges + FALL) & 1).any()
    return Walk(netlist, library, constraints, graph, clock, 1 + bool(falling))

"""Passes over a netlist that carry arrivals and slews from the start of all paths to their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import Netlist
from eda.tech.library import FALL, RISE, IntArray, Library
from eda.timing.bank import arc_rows
from eda.timing.clocks import Clock, find_clock, launching_pins
from eda.timing.constraints import Constraints, per_bit
from eda.timing.driver import drive
from eda.timing.endpoints import Ends, check_ends, concatenate, output_ends
from eda.timing.graph import Graph, graph_of, wiring_of
from eda.timing.loads import net_loads
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
        """``(arrival, slew)`` [..., N, 2] where paths begin, under `load` [..., N, 2]: -inf and 0 at all other nets."""
        netlist, constraints = self.netlist, self.constraints
        arrival = np.where(self.graph.start_nets[:, None], np.zeros_like(load), -np.inf)
        slew = np.zeros_like(load)
        inputs = (..., slice(netlist.first_cell_net - netlist.n_input_bits, netlist.first_cell_net), slice(None))
        arrival[inputs] = per_bit(netlist.inputs, constraints.input_delay_ps)[:, None]
        if constraints.driver is None:
            slew[inputs] = per_bit(netlist.inputs, constraints.input_slew_ps)[:, None]
        else:
            extra, slew[inputs] = drive(self.library, constraints.driver, load[inputs])
            arrival[inputs] += extra
        arrival[..., list(self.clock.nets), :] = -np.inf
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
            arc_rows(self.graph.bank),
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
        nets = self.netlist.output_nets
        delay = per_bit(self.netlist.outputs, self.constraints.output_delay_ps)
        outputs = output_ends(nets, -1 - np.arange(len(nets)), list(arrivals), delay)
        return concatenate([outputs, self._check_ends(True, arrivals, slew)])

    def early_ends(self) -> Ends:
        """Ends of paths at hold and removal checks, after a pass for the earliest arrivals under the smallest loads."""
        load = net_loads(self.netlist, self.library, self.graph.cell, self.constraints, least=True)
        arrivals, slew, _ = self.run(load, late=False)
        return self._check_ends(False, arrivals, slew)

    def _check_ends(self, late: bool, arrivals: FloatArray, slew: FloatArray) -> Ends:
        checks = self.graph.checks.take(self.graph.checks.late == late)
        nets = self.netlist.fanin[checks.pin].astype(np.int64)
        reach = self.clock.reach[self.netlist.fanin[checks.clock_pin]]
        return check_ends(self.library.tables, checks, nets, reach, list(arrivals), slew)


def prepare(netlist: Netlist, library: Library, constraints: Constraints) -> Walk:
    """Check the constraints, join netlist and library, find the clock. Raises as `eda.timing.sta.analyze`."""
    constraints.check(netlist)
    graph = graph_of(netlist, library)
    clock = find_clock(netlist, graph, constraints.clock)
    pins, edges = launching_pins(netlist, graph)
    falling = (clock.reach[netlist.fanin[pins]] >> (2 * edges + FALL) & 1).any()
    return Walk(netlist, library, constraints, graph, clock, 1 + bool(falling))

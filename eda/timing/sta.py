"""Exact static timing analysis with non-linear delay tables, to the conventions of OpenSTA.

Delays and slews are looked up at the slew of each input edge and the load of each output edge; every timing group counts
and the worst result wins; arrival and slew are kept as the largest of their own. The clock is ideal. Beside the late
analysis runs an early one, with smallest arrivals and slews, for hold times. What is not modelled: clear, preset and
three-state arcs, recovery and removal, time borrowed by latches, gating checks, the clock as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

import eda
from eda.ir.netlist import Netlist
from eda.tech.library import FALL, RISE, ArcKind, IntArray, Library
from eda.timing.clocks import Clock, arc_rows, find_clock, launching_pins
from eda.timing.constraints import Constraints, per_bit
from eda.timing.driver import drive
from eda.timing.endpoints import Ends, check_ends, concatenate, no_ends, output_ends, worst_per_pin
from eda.timing.graph import Graph, graph_of, wiring_of
from eda.timing.tables import kernel_tables

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Timing:
    """Result of `analyze`. N nets; edges are rise, fall; times in ps, loads in fF.

    arrivals  float [L, N, 2]  latest arrival, counted from the clock edge that launched it, for paths launched by the
              rising clock (and by the inputs) and, where there are such registers, by the falling clock; -inf: no path
    slew      float [N, 2]     largest slew
    load      float [N, 2]     capacitance that the net's driver sees
    causes    int [L, N, 2]    ``4*pin + 2*launch + edge``: the input pin and edge that decided the arrival; -1: none
    ends      worst end of path per output bit and register pin, most critical first, with `slack` float [E]
    hold      the same for hold checks, with `hold_slack`
    delay_ps  the smallest period that meets every setup check and output delay; for a combinational circuit without
              delays outside the latest arrival at an output; 0 if nothing arrives anywhere
    period_ps the period that slacks refer to: the given one, else `delay_ps`
    """

    netlist: Netlist
    library: Library
    constraints: Constraints
    graph: Graph
    clock: Clock
    arrivals: FloatArray
    slew: FloatArray
    load: FloatArray
    causes: IntArray
    ends: Ends
    slack: FloatArray
    hold: Ends
    hold_slack: FloatArray
    delay_ps: float
    period_ps: float
    engine: str

    @cached_property
    def arrival(self) -> FloatArray:
        """float [N, 2]: latest arrival after the launching clock edge, whichever that is; -inf: no path."""
        return self.arrivals.max(axis=0)

    @property
    def wns(self) -> float:
        """Worst slack of all setup checks and outputs (ps), inf if there is none."""
        return float(self.slack[0]) if len(self.slack) else float("inf")

    @property
    def tns(self) -> float:
        """Sum of the negative slacks over end points (ps)."""
        return float(np.minimum(self.slack, 0.0).sum())

    @property
    def hold_wns(self) -> float:
        """Worst hold slack (ps), inf if there is no hold check."""
        return float(self.hold_slack[0]) if len(self.hold_slack) else float("inf")

    @cached_property
    def net_slack(self) -> FloatArray:
        """float [N, 2]: slack of the worst path through each net and edge; inf where no constrained path passes."""
        from eda.timing import kernels

        out = np.full_like(self.slew, np.inf)
        arguments = (wiring_of(self.netlist, self.graph.order), arc_rows(self.graph), kernel_tables(self.library.tables))
        for launch, arrival in enumerate(self.arrivals):
            required = self._required_at_ends(launch)
            kernels.require(*arguments, self.graph.row, self.load, self.slew, required)
            with np.errstate(invalid="ignore"):
                out = np.fmin(out, np.where(np.isfinite(arrival), required - arrival, np.inf))
        return out

    @cached_property
    def required(self) -> FloatArray:
        """float [N, 2]: the arrival at which `net_slack` would be 0; inf where no constrained path passes."""
        return np.where(np.isfinite(self.net_slack), self.arrival + self.net_slack, np.inf)

    def _required_at_ends(self, launch: int) -> FloatArray:
        required = np.full_like(self.slew, np.inf)
        e = self._all_ends
        rows = e.launch == launch
        limit = e.cycles * self.period_ps - e.margin
        np.minimum.at(required, (e.net[rows], e.edge[rows]), limit[rows])
        return required

    @cached_property
    def _all_ends(self) -> Ends:
        return _late_ends(self.netlist, self.library, self.graph, self.clock, self.constraints, self.arrivals, self.slew)

    def end_name(self, ends: Ends, index: int) -> str:
        """Name of an end of path: a bit of an output port, or ``cell/pin``."""
        return end_name(self.netlist, int(ends.pin[index]))

    def __repr__(self) -> str:
        slack = f", slack {self.wns:.4g} ps at {self.period_ps:.4g} ps" if self.constraints.period_ps else ""
        return f"Timing({self.netlist.name} in {self.library.name}: {self.delay_ps:.6g} ps{slack}, {len(self.ends)} end points)"


def end_name(netlist: Netlist, pin: int) -> str:
    """Name of the end point `pin` of `Ends`."""
    if pin < 0:
        return [bit for port in netlist.outputs for bit in port.bit_names][-1 - pin]
    cell = int(netlist.pin_cell[pin])
    return f"{netlist.cell_label(cell)}/{netlist.type_of(cell).inputs[pin - int(netlist.fanin_start[cell])]}"


def analyze(netlist: Netlist, library: Library, constraints: Constraints | None = None) -> Timing:
    """Time a netlist of library cells.

    Raises `InputError` for cells that the library lacks and for combinational loops, `UsageError` for constraints that
    do not fit the netlist.
    """
    constraints = constraints or Constraints()
    constraints.check(netlist)
    graph = graph_of(netlist, library)
    clock = find_clock(netlist, graph, constraints.clock)
    load = net_loads(netlist, library, graph.cell, constraints)
    start = start_values(netlist, library, graph, constraints, load)
    launches = launch_edges(netlist, graph, clock)
    walk = _Walk(netlist, library, graph, clock, load, start)
    arrivals, slew, causes = walk.run(launches, late=True)
    late = _late_ends(netlist, library, graph, clock, constraints, arrivals, slew)
    delay = float(((late.arrival + late.margin) / late.cycles).max(initial=-np.inf))
    delay = delay if np.isfinite(delay) else 0.0
    period = constraints.period_ps or delay
    ends, slack = worst_per_pin(late, late.cycles * period - late.margin - late.arrival)
    hold, hold_slack = _hold(walk, launches, period)
    return Timing(
        netlist, library, constraints, graph, clock, arrivals, slew, load, causes, ends, slack, hold, hold_slack,
        delay, period, f"eda {eda.__version__}",
    )  # fmt: skip


def net_loads(netlist: Netlist, library: Library, cell: IntArray, constraints: Constraints) -> FloatArray:
    """float [N, 2]: load of each net for rise and fall (fF): pins it drives, output ports, wire."""
    from eda.timing import kernels

    load = outside_loads(netlist, constraints)
    kernels.add_pin_loads(wiring_of(netlist, _NO_ORDER), cell, *pin_caps(library), load)
    return load


_NO_ORDER = np.zeros(0, dtype=np.int32)


def outside_loads(netlist: Netlist, constraints: Constraints) -> FloatArray:
    """float [N, 2]: the part of the loads that does not depend on the cells (fF)."""
    ports = np.bincount(netlist.output_nets, per_bit(netlist.outputs, constraints.load_ff), minlength=netlist.n_nets)
    wire = 0.0 if constraints.wire_cap_ff is None else constraints.wire_cap_ff
    return np.repeat((ports + wire)[:, None], 2, axis=1)


def pin_caps(library: Library) -> tuple[IntArray, FloatArray]:
    """``(start int64 [cells], cap float [pins, 2])``: input capacitances of all library cells, cell after cell (fF)."""
    counts = [len(c.type.inputs) for c in library.cells]
    start = np.concatenate(([0], np.cumsum(counts)))[:-1].astype(np.int64)
    pairs = [pair for c in library.cells for pair in zip(c.cap_rise, c.cap_fall, strict=True)]
    return start, np.array(pairs, dtype=np.float64).reshape(-1, 2)


def start_values(
    netlist: Netlist, library: Library, graph: Graph, constraints: Constraints, load: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """``(arrival, slew)`` [N, 2] where paths begin: -inf and 0 at all other nets."""
    arrival = np.where(graph.start_nets[:, None], 0.0, -np.inf).repeat(2, axis=1)
    slew = np.zeros_like(load)
    inputs = slice(netlist.first_cell_net - netlist.n_input_bits, netlist.first_cell_net)
    arrival[inputs] = per_bit(netlist.inputs, constraints.input_delay_ps)[:, None]
    if constraints.driver is None:
        slew[inputs] = per_bit(netlist.inputs, constraints.input_slew_ps)[:, None]
    else:
        extra, slew[inputs] = drive(library, constraints.driver, load[inputs])
        arrival[inputs] += extra
    return arrival, slew


def launch_edges(netlist: Netlist, graph: Graph, clock: Clock) -> int:
    """1 if every path is launched by the rising clock (or an input), 2 if some register starts at the falling one."""
    pins, edges = launching_pins(netlist, graph)
    return 1 + bool((clock.reach[netlist.fanin[pins]] >> (2 * edges + FALL) & 1).any())


@dataclass(frozen=True, eq=False)
class _Walk:
    """Everything a pass over the netlist reads."""

    netlist: Netlist
    library: Library
    graph: Graph
    clock: Clock
    load: FloatArray
    start: tuple[FloatArray, FloatArray]

    def run(self, launches: int, *, late: bool) -> tuple[FloatArray, FloatArray, IntArray]:
        """``(arrivals [L, N, 2], slew [N, 2], causes [L, N, 2])``."""
        passes = [self._pass(source, late) for source in range(launches)]
        return np.stack([p[0] for p in passes]), passes[0][1], np.stack([p[2] for p in passes])

    def _pass(self, source: int, late: bool) -> tuple[FloatArray, FloatArray, IntArray]:
        from eda.timing import kernels

        none = -np.inf if late else np.inf
        begins, slew = self.start
        arrival = np.where(np.isfinite(begins), begins, none) if source == RISE else np.full_like(begins, none)
        arrival[list(self.clock.nets)] = none
        slew, cause = slew.copy(), np.full(begins.shape, -1, dtype=np.int32)
        kernels.propagate(
            wiring_of(self.netlist, self.graph.order),
            arc_rows(self.graph),
            kernel_tables(self.library.tables),
            self.graph.row,
            self.load,
            self.clock.launch(source),
            self.clock.reach != 0,
            late,
            arrival,
            slew,
            cause,
        )
        return arrival, slew, cause


def _late_ends(
    netlist: Netlist,
    library: Library,
    graph: Graph,
    clock: Clock,
    constraints: Constraints,
    arrivals: FloatArray,
    slew: FloatArray,
) -> Ends:
    outputs = output_ends(netlist, list(arrivals), per_bit(netlist.outputs, constraints.output_delay_ps))
    setups = check_ends(netlist, library, graph, clock, ArcKind.SETUP, list(arrivals), slew)
    return concatenate([outputs, setups])


def _hold(walk: _Walk, launches: int, period: float) -> tuple[Ends, FloatArray]:
    if not (walk.graph.checks.kind == ArcKind.HOLD).any():
        return no_ends(), np.zeros(0)
    arrivals, slew, _ = walk.run(launches, late=False)
    ends = check_ends(walk.netlist, walk.library, walk.graph, walk.clock, ArcKind.HOLD, list(arrivals), slew)
    return worst_per_pin(ends, ends.arrival - ends.margin - ends.cycles * period)

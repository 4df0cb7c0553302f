"""Exact static timing analysis with non-linear delay tables, to the conventions of OpenSTA.

Delays and slews are looked up at the slew of each input edge and the load of each output edge; every timing group counts
and the worst result wins; arrival and slew are kept as the largest of their own. The clock is ideal. Beside the late
analysis runs an early one, with smallest arrivals, slews and loads, for hold times. What is not modelled:
clear, preset and three-state arcs, time borrowed by latches, gating checks, the clock as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

import eda
from eda.ir.netlist import Netlist
from eda.tech.library import IntArray, Library
from eda.timing.bank import arc_rows
from eda.timing.clocks import Clock
from eda.timing.constraints import Constraints
from eda.timing.endpoints import Ends, no_ends, worst_per_pin
from eda.timing.graph import Graph, wiring_of
from eda.timing.loads import net_loads
from eda.timing.paths import Path, critical_paths
from eda.timing.tables import kernel_tables
from eda.timing.walk import Walk, prepare

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Timing:
    """Result of `analyze`. N nets; edges are rise, fall; times in ps, loads in fF.

    arrivals  float [L, N, 2]  latest arrival, counted from the clock edge that launched it, for paths launched by the
              rising clock (and by the inputs) and, where there are such registers, by the falling clock; -inf: no path
    slew      float [N, 2]     largest slew
    load      float [N, 2]     capacitance that the net's driver sees
    causes    int [L, N, 2]    ``2*arc + edge``: the row of ``graph.bank`` and the edge at its source that decided the arrival;
              -1: none
    all_ends  every end of a path
    ends      worst end of path per output bit and register pin, most critical first, with `slack` float [E]
    hold      the same for hold checks, with `hold_slack`
    delay_ps  the smallest period that meets every setup check and output delay; for a combinational circuit without
              delays outside the latest arrival at an output; 0 if nothing arrives anywhere
    period_ps the period that slacks refer to: the given one, else `delay_ps`
    """

    walk: Walk
    arrivals: FloatArray
    slew: FloatArray
    load: FloatArray
    causes: IntArray
    all_ends: Ends
    ends: Ends
    slack: FloatArray
    hold: Ends
    hold_slack: FloatArray
    delay_ps: float
    period_ps: float
    engine: str

    @property
    def netlist(self) -> Netlist:
        return self.walk.netlist

    @property
    def library(self) -> Library:
        return self.walk.library

    @property
    def constraints(self) -> Constraints:
        return self.walk.constraints

    @property
    def graph(self) -> Graph:
        return self.walk.graph

    @property
    def clock(self) -> Clock:
        return self.walk.clock

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
        arguments = (wiring_of(self.netlist, self.graph.order), arc_rows(self.graph.bank), kernel_tables(self.library.tables))
        for launch, arrival in enumerate(self.arrivals):
            required = self._required_at_ends(launch)
            kernels.require(*arguments, self.graph.row, self.load, self.slew, required)
            with np.errstate(invalid="ignore"):
                out = np.fmin(out, np.where(np.isfinite(arrival), required - arrival, np.inf))
        return out

    @cached_property
    def required(self) -> FloatArray:
        """float [N, 2]: the arrival at which `net_slack` would be 0; inf where no constrained path passes."""
        return np.add(self.arrival, self.net_slack, where=np.isfinite(self.net_slack), out=np.full_like(self.slew, np.inf))

    def _required_at_ends(self, launch: int) -> FloatArray:
        required = np.full_like(self.slew, np.inf)
        e = self.all_ends
        rows = e.launch == launch
        limit = e.cycles * self.period_ps - e.margin
        np.minimum.at(required, (e.net[rows], e.edge[rows]), limit[rows])
        return required

    def critical_path(self) -> Path | None:
        """The worst path, or None if nothing arrives anywhere."""
        return next(iter(critical_paths(self)), None)

    def __repr__(self) -> str:
        slack = f", slack {self.wns:.4g} ps at {self.period_ps:.4g} ps" if self.constraints.period_ps else ""
        return f"Timing({self.netlist.name} in {self.library.name}: {self.delay_ps:.6g} ps{slack}, {len(self.ends)} end points)"


def analyze(netlist: Netlist, library: Library, constraints: Constraints | None = None) -> Timing:
    """Time a netlist of library cells.

    Raises `InputError` for cells that the library lacks and for combinational loops, `UsageError` for constraints that
    do not fit the netlist.
    """
    walk = prepare(netlist, library, constraints or Constraints())
    load = net_loads(netlist, library, walk.graph.cell, walk.constraints)
    arrivals, slew, causes = walk.run(load, late=True)
    late = walk.late_ends(arrivals, slew)
    delay = smallest_period(late)
    period = walk.constraints.period_ps or delay
    ends, slack = worst_per_pin(late, late.cycles * period - late.margin - late.arrival)
    early = no_ends() if walk.graph.checks.late.all() else walk.early_ends()
    hold, hold_slack = worst_per_pin(early, early.arrival - early.margin - early.cycles * period)
    engine = f"eda {eda.__version__}"
    return Timing(walk, arrivals, slew, load, causes, late, ends, slack, hold, hold_slack, delay, period, engine)


def smallest_period(ends: Ends) -> float:
    """The smallest period that all late `ends` allow (ps); 0 if there are none."""
    return float(((ends.arrival + ends.margin) / ends.cycles).max(initial=0.0))

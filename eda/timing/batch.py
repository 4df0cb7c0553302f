"""Many sizings of one netlist timed in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import Netlist
from eda.tech.library import RISE, IntArray, Library
from eda.timing.bank import Bank, arc_rows
from eda.timing.constants import Pattern, specialise
from eda.timing.constraints import Constraints, per_bit
from eda.timing.endpoints import Ends, check_ends, concatenate, output_ends, worst_per_pin
from eda.timing.graph import Checks, Graph, is_check, wiring_of
from eda.timing.loads import outside_loads, pin_caps
from eda.timing.tables import kernel_tables
from eda.timing.variants import Choices, choices_of
from eda.timing.walk import Walk, prepare

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sizing:
    """A netlist whose cells may be exchanged, prepared for timing.

    bank  the arcs of all choices, those of cells with constant inputs included
    rows  int32 [C, K]  first group in `bank` of each choice of each cell; 0 beyond the last choice
    """

    walk: Walk
    choices: Choices
    bank: Bank
    rows: IntArray

    @property
    def netlist(self) -> Netlist:
        return self.walk.netlist

    @property
    def library(self) -> Library:
        return self.walk.library


@dataclass(frozen=True, eq=False)
class BatchTiming:
    """Timing of B sizings, equal to `eda.timing.sta.analyze` of each. N nets; ps, fF, um2.

    delay_ps float [B]        see `eda.timing.sta.Timing`
    area     float [B]
    wns, tns float [B]        against the period of the constraints; without one against each sizing's own `delay_ps`
    arrival, slew, load float [B, N, 2]
    """

    delay_ps: FloatArray
    area: FloatArray
    wns: FloatArray
    tns: FloatArray
    arrival: FloatArray
    slew: FloatArray
    load: FloatArray


def sizing(
    netlist: Netlist,
    library: Library,
    constraints: Constraints | None = None,
    groups: tuple[tuple[int, ...], ...] | None = None,
) -> Sizing:
    """Prepare a netlist for timing under many choices of cells; `groups` as from `eda.timing.variants.variants`.

    Raises as `eda.timing.sta.analyze`.
    """
    walk = prepare(netlist, library, constraints or Constraints())
    choices = choices_of(netlist, library, groups)
    bank, rows = _rows(library, walk.graph, choices)
    return Sizing(walk, choices, bank, rows)


def _rows(library: Library, graph: Graph, choices: Choices) -> tuple[Bank, IntArray]:
    rows = np.where(choices.cells >= 0, graph.bank.first[choices.cells], 0)
    wanted: list[tuple[int, Pattern]] = []
    places: list[tuple[int, int]] = []
    for c, pattern in graph.patterns.items():
        for k in range(int(choices.count[c])):
            wanted.append((int(choices.cells[c, k]), pattern))
            places.append((c, k))
    unique = sorted(set(wanted), key=repr)
    bank, first = specialise(library, graph.bank, unique)
    at = dict(zip(unique, first.tolist(), strict=True))
    for place, key in zip(places, wanted, strict=True):
        rows[place] = at[key]
    return bank, rows.astype(np.int32)


def analyze_batch(sizing: Sizing, choice: IntArray) -> BatchTiming:
    """Time the sizings ``choice`` int [B, C], indices into each cell's choices. Raises `UsageError` for bad indices."""
    choice = np.asarray(choice)
    sizing.choices.check(choice)
    cells = sizing.choices.library_cells(choice)
    load = batch_loads(sizing, cells)
    arrivals, slew = _propagate(sizing, choice, load)
    ends = _ends(sizing, cells, arrivals, slew)
    sizings, nets = len(choice), sizing.netlist.n_nets
    delay = np.zeros(sizings)
    np.maximum.at(delay, ends.net // nets, (ends.arrival + ends.margin) / ends.cycles)
    period = delay if sizing.walk.constraints.period_ps is None else np.full(sizings, sizing.walk.constraints.period_ps)
    wns, tns = _slacks(ends, period, nets)
    areas = np.array([c.area for c in sizing.library.cells])
    return BatchTiming(delay, areas[cells].sum(axis=1), wns, tns, np.max(arrivals, axis=0), slew, load)


def batch_loads(sizing: Sizing, cells: IntArray) -> FloatArray:
    """float [B, N, 2]: loads of the nets when the instances are the library cells ``cells`` [B, C]."""
    from eda.timing import kernels

    load = np.repeat(outside_loads(sizing.netlist, sizing.walk.constraints)[None], len(cells), axis=0)
    wiring = wiring_of(sizing.netlist, sizing.walk.graph.order)
    kernels.add_pin_loads_batch(wiring, np.ascontiguousarray(cells), *pin_caps(sizing.library), load)
    return load


def _propagate(sizing: Sizing, choice: IntArray, load: FloatArray) -> tuple[list[FloatArray], FloatArray]:
    """Arrivals [B, N, 2] per launching edge, and slews [B, N, 2]."""
    from eda.timing import kernels

    walk = sizing.walk
    rows = sizing.rows[np.arange(sizing.netlist.n_cells), choice]
    begins, begin_slew = walk.start(load)
    arrivals = []
    for source in range(walk.launches):
        arrival = begins.copy() if source == RISE else np.full_like(begins, -np.inf)
        slew = begin_slew.copy()
        kernels.propagate_batch(
            wiring_of(sizing.netlist, walk.graph.order),
            arc_rows(sizing.bank),
            kernel_tables(sizing.library.tables),
            rows,
            load,
            walk.clock.launch(source),
            walk.clock.reach != 0,
            arrival,
            slew,
        )
        arrivals.append(arrival)
    return arrivals, slew


def _ends(sizing: Sizing, cells: IntArray, arrivals: list[FloatArray], slew: FloatArray) -> Ends:
    """Late ends of all sizings, as if they were one netlist: sizing b has the nets from ``b * N`` and the pins likewise."""
    netlist, walk = sizing.netlist, sizing.walk
    count = len(cells)
    flat = [a.reshape(-1, 2) for a in arrivals]
    nets = _offset(netlist.output_nets, count, netlist.n_nets)
    pins = -1 - _offset(np.arange(len(netlist.output_nets)), count, len(netlist.output_nets))
    delay = np.tile(per_bit(netlist.outputs, walk.constraints.output_delay_ps), count)
    checks = walk.graph.checks.take(walk.graph.checks.late)
    data = netlist.fanin[checks.pin].astype(np.int64)
    reach = np.tile(walk.clock.reach[netlist.fanin[checks.clock_pin]], count)
    tiled = Checks(
        _offset(checks.pin, count, len(netlist.fanin)),
        _offset(checks.clock_pin, count, len(netlist.fanin)),
        np.tile(checks.late, count),
        np.tile(checks.edge, count),
        np.tile(checks.row, count),
        check_tables(sizing, checks, cells).reshape(-1, 2),
    )
    at_checks = check_ends(sizing.library.tables, tiled, _offset(data, count, netlist.n_nets), reach, flat, slew.reshape(-1, 2))
    return concatenate([output_ends(nets, pins, flat, delay), at_checks])


def _offset(values: IntArray, count: int, step: int) -> IntArray:
    """`values` repeated `count` times, each time `step` higher."""
    return (np.arange(count, dtype=np.int64)[:, None] * step + values).ravel()


def check_tables(sizing: Sizing, checks: Checks, cells: IntArray) -> IntArray:
    """int [B, K, 2]: the tables of each check when the instances are the library cells ``cells`` [B, C].

    The cells of one group have equal checks in equal order, so each check keeps its rank among those of its cell.
    """
    arcs = sizing.library.arcs
    rows = np.flatnonzero(is_check(arcs))
    first = np.searchsorted(arcs.cell[rows], np.arange(len(sizing.library.cells)))
    rank = np.searchsorted(rows, checks.row) - first[arcs.cell[checks.row]]
    owner = sizing.netlist.pin_cell[checks.pin]
    return arcs.delay[rows[first[cells[:, owner]] + rank]]


def _slacks(ends: Ends, period: FloatArray, nets: int) -> tuple[FloatArray, FloatArray]:
    slack = ends.cycles * period[ends.net // nets] - ends.margin - ends.arrival
    worst, slack = worst_per_pin(ends, slack)
    wns, tns = np.full(len(period), np.inf), np.zeros(len(period))
    np.minimum.at(wns, worst.net // nets, slack)
    np.add.at(tns, worst.net // nets, np.minimum(slack, 0.0))
    return wns, tns

"""What pipelines are cut by: the delay of every arc of a netlist, and what a register costs at each net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eda.arith.delays import Delays
from eda.arith.registers import Register
from eda.errors import UsageError
from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist, join_ranges
from eda.timing.constraints import per_bit
from eda.timing.sta import Timing
from eda.timing.tables import lookup

if TYPE_CHECKING:
    from eda.arith.pipeline_kernels import Circuit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class StageModel:
    """Delays of a combinational netlist in one unit. A arcs from input pins to outputs of cells; edges are rise, fall.

    pin     int64 [A]         position in ``Netlist.fanin``
    out     int64 [A]         net; arcs of one net follow one another, in the order of nets
    delay   float [A, 2, 2]   from an edge at the pin to an edge of the output; -inf: that does not happen
    begin   float [N, 2]      when each input port changes; -inf at other nets
    outside float [N]         how long before the end of the last stage an output port is due; -inf at other nets
    launch  float [N, 2]      clock edge to the output of a register that stands behind the net
    setup   float [N, 2]      how long before the clock edge the net must settle for that register
    """

    netlist: Netlist
    pin: IntArray
    out: IntArray
    delay: FloatArray
    begin: FloatArray
    outside: FloatArray
    launch: FloatArray
    setup: FloatArray

    def circuit(self) -> Circuit:
        """The arrays as the compiled loops take them."""
        from eda.arith.pipeline_kernels import Circuit

        n = self.netlist
        reader = np.argsort(n.fanin, kind="stable")
        reader_start = np.concatenate(([0], np.cumsum(np.bincount(n.fanin, minlength=n.n_nets))))
        counts = np.bincount(n.driver[self.out], minlength=n.n_cells)
        return Circuit(
            np.argsort(n.level, kind="stable"),
            n.output_start,
            n.fanin_start,
            n.fanin,
            n.pin_cell,
            reader_start,
            reader,
            self.outside,
            np.concatenate(([0], np.cumsum(counts))),
            self.pin,
            self.out,
            self.delay,
            self.begin,
            self.launch,
            self.setup,
        )


# --- from a library's tables -------------------------------------------------------------------------------------------


def mapped_model(netlist: Netlist, timing: Timing, register: Register, shown: IntArray | None = None) -> StageModel:
    """The model (ps) of a mapped netlist under the slews and loads of `timing`.

    That is the timing of `netlist` itself, or of the same with registers behind its cells; `shown` is then the net there
    whose load a register behind each net of `netlist` has.
    """
    placed, graph, tables = timing.netlist, timing.graph, timing.library.tables
    there = np.arange(netlist.n_nets)
    there[netlist.first_cell_net :] += placed.first_cell_net - netlist.first_cell_net
    rows, pin, out, inner = _library_arcs(netlist, timing)
    slew, load = timing.slew[placed.fanin[pin]], timing.load[there[out]]
    slew[inner >= 0] = timing.slew[there[inner[inner >= 0]]]
    delay = np.full((len(rows), 2, 2), -np.inf)
    for e in (0, 1):
        for edge in (0, 1):
            k = np.flatnonzero(graph.bank.paths[rows] >> (2 * edge + e) & 1)
            delay[k, e, edge] = lookup(tables, graph.bank.delay[rows[k], edge], slew[k, e], load[k, edge])
    pin, out, delay = _without_inner(netlist, pin, out, inner, delay)
    begin = np.full((netlist.n_nets, 2), -np.inf)
    begin[: netlist.first_cell_net] = timing.arrival[: netlist.first_cell_net]
    launch = register.launch(timing.library, timing.load[there if shown is None else shown])
    launch[graph.constant[there]] = -np.inf
    outside = _outside(netlist, per_bit(placed.outputs, timing.constraints.output_delay_ps))
    setup = register.setup(timing.library, timing.slew[there])
    return StageModel(netlist, pin, out, delay, begin, outside, launch, setup)


def _outside(netlist: Netlist, delay: FloatArray) -> FloatArray:
    """float [N]: the largest `delay` among the output bits that show each net; -inf where none does."""
    out = np.full(netlist.n_nets, -np.inf)
    np.maximum.at(out, netlist.output_nets, delay)
    return out


def _library_arcs(netlist: Netlist, timing: Timing) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """``(rows of the bank, pin, output net, inner)``; `inner` is the net of the cell at which an arc begins, -1: at its pin."""
    bank = timing.graph.bank
    outs = np.arange(netlist.first_cell_net, netlist.n_nets)
    cell = netlist.driver[outs]
    group = timing.graph.row[cell] + outs - netlist.output_start[cell]
    first, last = bank.start[group], bank.start[group + 1]
    rows, cell, out = join_ranges(first, last), np.repeat(cell, last - first), np.repeat(outs, last - first)
    inputs = np.diff(netlist.fanin_start)[cell]
    inside = bank.source[rows] >= inputs
    pin = netlist.fanin_start[cell] + np.where(inside, 0, bank.source[rows])
    inner = np.where(inside, netlist.output_start[cell] + bank.source[rows] - inputs, -1)
    return rows, pin, out, inner


def _without_inner(
    netlist: Netlist, pin: IntArray, out: IntArray, inner: IntArray, delay: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Arcs that begin at another output of their cell (as ASAP7's adders have them) joined with those that end there."""
    while (inner >= 0).any():
        a = int(np.flatnonzero(inner >= 0)[0])
        before = np.flatnonzero((out == inner[a]) & (inner < 0))
        joined = (delay[before][:, :, :, None] + delay[a][None, None]).max(axis=2)
        at = [a] * len(before)
        pin, out = (np.insert(np.delete(x, a), at, y) for x, y in ((pin, pin[before]), (out, np.full(len(before), out[a]))))
        inner = np.insert(np.delete(inner, a), at, -1)
        delay = np.insert(np.delete(delay, a, axis=0), at, joined, axis=0)
    return pin, out, delay


# --- from a table of delays --------------------------------------------------------------------------------------------


def generic_model(netlist: Netlist, delays: Delays, begin: FloatArray) -> StageModel:
    """The model of a netlist of generic gates in the unit of `delays`, inputs changing at `begin` [input bits].

    Registers take no time. Raises `UsageError` for cells that are no generic gates.
    """
    parts = [_generic_arcs(netlist, kind, delays) for kind in netlist.types]
    rows = [(c, *arc) for c in range(netlist.n_cells) for arc in parts[netlist.cell_type[c]]]
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    cell = table[:, 0].astype(np.int64)
    pin = netlist.fanin_start[cell] + table[:, 1].astype(np.int64)
    out = netlist.output_start[cell] + table[:, 2].astype(np.int64)
    none, zero = np.full((netlist.n_nets, 2), -np.inf), np.zeros((netlist.n_nets, 2))
    none[2 : netlist.first_cell_net] = begin[:, None]
    outside = _outside(netlist, np.zeros(len(netlist.output_nets)))
    return StageModel(netlist, pin, out, np.repeat(table[:, 3], 4).reshape(-1, 2, 2), none, outside, zero, zero)


def _generic_arcs(netlist: Netlist, kind: CellType, delays: Delays) -> list[tuple[int, int, float]]:
    """``(input, output, delay)`` of a generic gate."""
    ins, outs = range(len(kind.inputs)), range(len(kind.outputs))
    if kind in (cells.FULL_ADDER, cells.HALF_ADDER):
        table = delays.arcs(len(kind.inputs))
        return [(i, o, table[i][o]) for o in outs for i in ins]
    if not kind.is_generic or not kind.is_combinational:
        raise UsageError(f"netlist {netlist.name}: {kind.name} is no generic gate; pipeline mapped netlists with their kit")
    delay = {cells.NOT: 0.0, cells.BUF: 0.0, cells.XOR: delays.xor2, cells.XNOR: delays.xor2}.get(kind, delays.and2)
    return [(i, o, delay) for o in outs for i in ins]

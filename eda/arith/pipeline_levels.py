"""The stages of a pipeline: a level for every cell, so that stages are equally long and few registers stand between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eda.arith.pipeline_model import StageModel
from eda.arith.registers import chain_lengths, net_levels, tied_nets
from eda.ir.netlist import Netlist

if TYPE_CHECKING:
    from eda.arith.pipeline_kernels import Circuit

IntArray = npt.NDArray[np.integer[Any]]

_BISECTIONS = 24
_SWEEPS = 4
_UNCUT = 1 << 20


def shortest_period(model: StageModel, cuts: int) -> float:
    """The least period for which every path of the model can be cut by `cuts` registers, to about a part in 10**6."""
    g = model.circuit()
    low, high = 0.0, 1.0
    while latest_levels(g, high, cuts) is None:
        high *= 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if latest_levels(g, middle, cuts) is None else (low, middle)
    return high


def latest_levels(g: Circuit, period: float, cuts: int) -> IntArray | None:
    """int64 [C]: every cell in the latest stage that leaves enough registers for what follows; None if there is no way."""
    from eda.arith.pipeline_kernels import registers_after

    after = np.zeros(len(g.order), dtype=np.int64)
    tail = np.full((len(g.fanin), 2), -np.inf)
    return cuts - after if registers_after(g, period, cuts, after, tail) else None


def cut_levels(model: StageModel, cuts: int, period: float) -> IntArray | None:
    """int64 [C]: the registers before each cell, `cuts` on every path, no stage longer than `period`; None if that cannot be.

    From the latest levels, one cut after the other is moved to where fewest nets cross it, the others held, until no move
    saves a register: each is a minimum cut between the cells that must come before and those that must come after it.
    """
    g = model.circuit()
    level = latest_levels(g, period, cuts)
    if level is None:
        return None
    count = int(chain_lengths(model.netlist, level, cuts).sum())
    for _ in range(_SWEEPS):
        for cut in range(1, cuts + 1):
            level = _moved(model, g, level, cut, cuts, period)
        before, count = count, int(chain_lengths(model.netlist, level, cuts).sum())
        if count == before:
            break
    return level


def _moved(model: StageModel, g: Circuit, level: IntArray, cut: int, cuts: int, period: float) -> IntArray:
    """`level` with the cells between the neighbouring cuts divided anew by `cut`."""
    from eda.arith.pipeline_kernels import EPSILON, arrivals, source_side, tails

    n = model.netlist
    time = g.launch.copy()
    if cut == 1:
        time[: n.first_cell_net] = g.begin[: n.first_cell_net]
    arrivals(g, level, cut - 1, cut, time)
    tail = np.full((len(g.fanin), 2), -np.inf)
    tails(g, level, cut - 1, cut, cuts, tail)
    late_net = ((time + g.setup).max(axis=1) > period + EPSILON) & (n.fanout > 0)
    late_pin = (g.launch[n.fanin] + tail).max(axis=1) > period + EPSILON
    inside = (level == cut - 1) | (level == cut)
    after, before = np.zeros(n.n_cells, dtype=bool), np.zeros(n.n_cells, dtype=bool)
    after[n.driver[np.flatnonzero(late_net[n.first_cell_net :]) + n.first_cell_net]] = True
    before[n.pin_cell[late_pin]] = True
    graph, source, sink = _network(n, level, cut, cuts, before & inside, after & inside)
    first = (source_side(*graph, source, sink)[: n.n_cells] | before) & ~after
    return np.where(inside, np.where(first, cut - 1, cut), level)


def _network(
    n: Netlist, level: IntArray, cut: int, cuts: int, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]
) -> tuple[tuple[IntArray, IntArray, IntArray, IntArray], int, int]:
    """The flow network whose minimum cuts are the fewest nets to store; nodes are cells, nets, the source and the sink.

    A net costs one register if its driver comes before the cut and some reader after it. No reader may come before its
    driver, which an arc without limit from reader to driver forbids.
    """
    source, sink = n.n_cells + n.n_nets, n.n_cells + n.n_nets + 1
    live = ~tied_nets(n) & (net_levels(n, level, cuts) <= cut)
    nets = np.flatnonzero(live)
    cell = np.arange(n.n_cells)
    place = np.where(level < cut - 1, source, np.where(level > cut, sink, cell))
    place = np.where(before, source, np.where(after, sink, place))
    driver = np.full(n.n_nets, source)
    driver[n.first_cell_net :] = place[n.driver[n.first_cell_net :]]
    pins = np.flatnonzero(live[n.fanin])
    outputs = np.unique(n.output_nets[live[n.output_nets]])
    reads = (np.concatenate((n.fanin[pins], outputs)), np.concatenate((place[n.pin_cell[pins]], np.full(len(outputs), sink))))
    back = np.flatnonzero(reads[1] != sink)
    tails = np.concatenate((driver[nets], n.n_cells + reads[0], reads[1][back]))
    heads = np.concatenate((n.n_cells + nets, reads[1], driver[reads[0][back]]))
    limit = np.concatenate((np.ones(len(nets)), np.full(len(reads[0]) + len(back), _UNCUT))).astype(np.int64)
    return _with_reverses(tails, heads, limit, sink + 1), source, sink


def _with_reverses(
    tails: IntArray, heads: IntArray, limit: IntArray, nodes: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """``(start, to, capacity, back)`` of the arcs and their reverses, by the node that they leave."""
    m = len(tails)
    leaves, enters = np.concatenate((tails, heads)), np.concatenate((heads, tails))
    order = np.argsort(leaves, kind="stable")
    place = np.empty(2 * m, dtype=np.int64)
    place[order] = np.arange(2 * m)
    start = np.concatenate(([0], np.cumsum(np.bincount(leaves, minlength=nodes))))
    capacity = np.concatenate((limit, np.zeros(m, dtype=np.int64)))[order]
    return start, enters[order], capacity, place[(order + m) % (2 * m)]

"""The arrays of the differentiable twin: every move of every choice of every cell, in levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import join_ranges
from eda.tech.library import IntArray
from eda.timing.batch import Sizing

Index = Any
"""An integer array, or the same as a tensor."""


@dataclass(frozen=True, eq=False)
class Level:
    """Nets whose sources lie in earlier levels. E moves, Q slew groups, P path moves, R arrival groups.

    A slot of slews is ``2*net + edge``; a slot of arrivals is ``(2*net + edge) * L + launch``. One slot behind the last
    net stands for the clock: slew 0, arrival 0. A group gathers the moves of one choice of a cell into one slot; the
    choices of a cell are mixed afterwards.

      from_slew, load, delay, slew [E]  slots of the source's slew and of the net's load, tables
      group [E]                         slew group of each move
      move, from_arrival, path_group [P]
      slot, weight [Q]                  slew slot of a group, and the choice ``cell * K + k`` that weighs it
      path_slot, path_weight [R]        the same for arrivals
    """

    from_slew: Index
    load: Index
    delay: Index
    slew: Index
    group: Index
    slot: Index
    weight: Index
    move: Index
    from_arrival: Index
    path_group: Index
    path_slot: Index
    path_weight: Index


@dataclass(frozen=True, eq=False)
class _Moves:
    """Every move of every choice, sorted by level, net, edge and choice."""

    level: IntArray
    net: IntArray
    out: IntArray
    weight: IntArray
    source: IntArray
    edge: IntArray
    launch: IntArray
    path: IntArray
    delay: IntArray
    slew: IntArray

    def take(self, rows: IntArray) -> _Moves:
        return _Moves(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def levels_of(sizing: Sizing) -> tuple[tuple[Level, ...], npt.NDArray[np.bool_]]:
    """The levels, and bool [arrival slots]: where an arrival exists."""
    walk = sizing.walk
    moves = _all_moves(sizing)
    launches = walk.launches
    ideal = walk.clock.reach != 0
    begins = np.stack([walk.clock.launch(s) for s in range(launches)], axis=-1) == 0  # [N, 2, L]
    reached = _starts(sizing)
    out = []
    cuts = np.searchsorted(moves.level, np.arange(1, int(moves.level.max(initial=0)) + 2))
    for low, high in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        part = moves.take(np.arange(low, high))
        out.append(_level(part, ideal, begins, reached, launches))
    return tuple(out), reached


def _all_moves(sizing: Sizing) -> _Moves:
    """The moves of the bank's arcs, once for each choice of each instance."""
    netlist, bank, choices = sizing.netlist, sizing.bank, sizing.choices
    nets = np.arange(netlist.first_cell_net, netlist.n_nets)
    cell = netlist.driver[nets].astype(np.int64)
    nets = np.repeat(nets, choices.count[cell])
    k = np.arange(len(nets)) - np.repeat(np.cumsum(choices.count[cell]) - choices.count[cell], choices.count[cell])
    cell = netlist.driver[nets].astype(np.int64)
    group = sizing.rows[cell, k] + nets - netlist.output_start[cell]
    length = bank.start[group + 1] - bank.start[group]
    arc = join_ranges(bank.start[group], bank.start[group + 1])
    nets, cell, k = (np.repeat(a, length) for a in (nets, cell, k))
    which, move = np.nonzero(bank.moves[arc][:, None] >> np.arange(4) & 1)
    arc, nets, cell, k = arc[which], nets[which], cell[which], k[which]
    out, edge = move >> 1, move & 1
    moves = _Moves(
        sizing.walk.graph.level[nets],
        nets,
        out,
        cell * choices.cells.shape[1] + k,
        _source_nets(sizing, cell, bank.source[arc]),
        edge,
        bank.launch[arc],
        (bank.paths[arc] >> move & 1).astype(bool),
        bank.delay[arc, out],
        bank.slew[arc, out],
    )
    return moves.take(np.lexsort((moves.weight, moves.out, moves.net, moves.level)))


def _source_nets(sizing: Sizing, cell: IntArray, position: IntArray) -> IntArray:
    """Net at the pin `position` (inputs, then outputs) of each instance."""
    netlist = sizing.netlist
    inputs = np.diff(netlist.fanin_start)[cell]
    from_input = position < inputs
    pin = netlist.fanin_start[cell] + np.where(from_input, position, 0)
    return np.where(from_input, netlist.fanin[pin], netlist.output_start[cell] + position - inputs)


def _starts(sizing: Sizing) -> npt.NDArray[np.bool_]:
    walk = sizing.walk
    begins, _ = walk.start(np.zeros((sizing.netlist.n_nets, 2)))
    reached = np.zeros((2 * sizing.netlist.n_nets, walk.launches), dtype=bool)
    reached[:, 0] = np.isfinite(begins).ravel()
    return np.append(reached.ravel(), True)


def _level(
    moves: _Moves,
    ideal: npt.NDArray[np.bool_],
    begins: npt.NDArray[np.bool_],
    reached: npt.NDArray[np.bool_],
    launches: int,
) -> Level:
    """One level; marks in `reached` the slots of arrivals that it adds."""
    clock = (len(reached) - 1) // launches
    slot = 2 * moves.net + moves.out
    source = 2 * moves.source + moves.edge
    group, slots, weights = _groups(slot, moves.weight)
    from_slew = np.where(moves.launch & ideal[moves.source], clock, source)
    move, start, target = [], [], []
    for launch in range(launches):
        from_clock = moves.launch & begins[moves.source, moves.edge, launch]
        from_net = ~moves.launch & reached[source * launches + launch]
        kept = np.flatnonzero(moves.path & (from_clock | from_net))
        move.append(kept)
        start.append(np.where(moves.launch[kept], len(reached) - 1, source[kept] * launches + launch))
        target.append(slot[kept] * launches + launch)
    at, begin, end = (np.concatenate(parts) for parts in (move, start, target))
    path_group, path_slots, path_weights = _groups(end, moves.weight[at])
    reached[path_slots] = True
    return Level(
        from_slew, slot, moves.delay, moves.slew, group, slots, weights,
        at, begin, path_group, path_slots, path_weights,
    )  # fmt: skip


def _groups(slot: IntArray, weight: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """``(group of each move, slot of each group, weight of each group)`` for the pairs of slot and weight."""
    span = int(weight.max(initial=0)) + 1
    keys, group = np.unique(slot.astype(np.int64) * span + weight, return_inverse=True)
    return group, keys // span, keys % span

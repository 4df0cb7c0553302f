"""Cuts of a circuit: functions of few nets that a net computes, found from the inputs up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from eda.ir.logic import input_pattern
from eda.sizing.matches import MOST_INPUTS, substitute
from eda.tech.library import Library

if TYPE_CHECKING:
    from eda.sizing.arrays import Circuit

KEPT = 8
"""Cuts kept per net, those of most cells first."""


@dataclass(frozen=True)
class Cut:
    """A net as function `table` of the nets `leaves` (ascending); `depth` cells lie between."""

    leaves: tuple[int, ...]
    table: int
    depth: int


def cuts_of(circuit: Circuit, library: Library) -> dict[int, list[Cut]]:
    """Cuts of every net that a plain gate drives, without the one that is the net itself."""
    found: dict[int, list[Cut]] = {}
    gates = [
        c.type.is_combinational and len(c.type.outputs) == 1 and 1 <= len(c.type.inputs) <= MOST_INPUTS for c in library.cells
    ]
    count = int(circuit.used[1] - circuit.first[0])
    for net in circuit.order[:count].tolist():
        c = int(circuit.driver[net])
        if circuit.alive[c] and not circuit.fixed[c] and circuit.pattern[c] == 0 and gates[circuit.lib[c]]:
            fanin = circuit.fanin[circuit.fanin_start[c] : circuit.fanin_start[c + 1]].tolist()
            found[net] = _cuts(library.cells[circuit.lib[c]].type.tables[0], fanin, found)
    return found


def _cuts(table: int, fanin: list[int], found: dict[int, list[Cut]]) -> list[Cut]:
    """Cuts of a cell with these inputs."""
    partial: list[tuple[tuple[int, ...], list[Cut]]] = [((), [])]
    for net in fanin:
        choices = [Cut((net,), 0b10, 0), *found.get(net, [])]
        grown = []
        for leaves, parts in partial:
            for cut in choices:
                union = tuple(sorted({*leaves, *cut.leaves}))
                if len(union) <= MOST_INPUTS:
                    grown.append((union, [*parts, cut]))
        partial = grown
    cuts: dict[tuple[int, ...], Cut] = {}
    for leaves, parts in partial:
        depth = 1 + sum(cut.depth for cut in parts)
        if leaves not in cuts or cuts[leaves].depth < depth:
            ones = (1 << (1 << len(leaves))) - 1
            values = [_spread(cut.table, tuple(leaves.index(n) for n in cut.leaves), len(leaves)) for cut in parts]
            cuts[leaves] = Cut(leaves, substitute(table, values, ones), depth)
    return sorted(cuts.values(), key=lambda cut: (-cut.depth, cut.leaves))[:KEPT]


@cache
def _spread(table: int, places: tuple[int, ...], n: int) -> int:
    """A table over inputs at `places` as a table over n inputs."""
    return substitute(table, [input_pattern(place, n) for place in places], (1 << (1 << n)) - 1)


def complements(circuit: Circuit, library: Library) -> dict[int, int]:
    """For each net that an inverter reads: the output of the first such inverter."""
    inverter = [
        c.type.is_combinational and len(c.type.inputs) == len(c.type.outputs) == 1 and c.type.tables[0] == 1
        for c in library.cells
    ]
    found: dict[int, int] = {}
    for c in np.flatnonzero(circuit.alive[: int(circuit.used[0])]).tolist():
        if inverter[circuit.lib[c]] and circuit.pattern[c] == 0:
            found.setdefault(int(circuit.fanin[circuit.fanin_start[c]]), int(circuit.output_start[c]))
    return found

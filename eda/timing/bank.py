"""The propagating arcs of a library, laid out for the compiled loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from eda.ir import logic
from eda.tech.library import FALL, RISE, ArcKind, Arcs, IntArray, LibCell, Library, Sense

if TYPE_CHECKING:
    from eda.timing.kernels import ArcRows

_COMBINATIONAL = {Sense.POSITIVE: 0b1001, Sense.NEGATIVE: 0b0110, Sense.NON_UNATE: 0b1111}
_LAUNCHING = {RISE: 0b0101, FALL: 0b1010}
_OUT = (0b0011, 0b1100)  # the moves that end in a rising, falling output


@dataclass(frozen=True, eq=False)
class Bank:
    """Arcs that carry arrivals, in groups: one group for each output of each library cell.

    first  int32 [cells]  group of the cell's first output; its output k has group ``first + k``
    start  int64 [G+1]    rows of each group in the arrays below
    row    int32 [A]      the arc in ``Library.arcs``
    source int32 [A]      input pin of the cell
    launch bool  [A]      the arc starts at an active clock edge
    moves  uint8 [A]      input edge `i` may cause output edge `o`: bit ``2*o + i``; decides slews
    paths  uint8 [A]      the moves that arrivals take; fewer than `moves` where constants fix the function's sense
    delay, slew int32 [A, 2]   tables for a rising, falling output; -1: none
    """

    first: IntArray
    start: IntArray
    row: IntArray
    source: IntArray
    launch: IntArray
    moves: IntArray
    paths: IntArray
    delay: IntArray
    slew: IntArray


_BANKS: WeakKeyDictionary[Library, Bank] = WeakKeyDictionary()


def bank_of(library: Library) -> Bank:
    """The `Bank` of a library, made once.

    Clear, preset, three-state and constraint arcs carry no arrivals. Latches are opaque: they launch at the opening edge
    of their clock, and their data inputs end paths at the closing edge.
    """
    if library not in _BANKS:
        _BANKS[library] = _build(library)
    return _BANKS[library]


def _build(library: Library) -> Bank:
    arcs = library.arcs
    outputs = np.array([len(c.type.outputs) for c in library.cells] or [0])
    first = np.concatenate(([0], np.cumsum(outputs)))[:-1].astype(np.int32)
    moves = _moves(arcs)
    moves[_latch_arcs(library)] = 0
    rows = np.flatnonzero(moves)
    group = first[arcs.cell[rows]] + arcs.target[rows]
    rows = rows[np.argsort(group, kind="stable")]
    return Bank(first=first, **rows_of(arcs, rows, moves[rows]), start=_starts(group, int(outputs.sum())))


def rows_of(arcs: Arcs, rows: IntArray, moves: IntArray) -> dict[str, IntArray]:
    """The arrays of a `Bank` for arcs `rows` of a library, but for `first` and `start`."""
    return {
        "row": rows.astype(np.int32),
        "source": arcs.source[rows].astype(np.int32),
        "launch": arcs.kind[rows] == ArcKind.EDGE,
        "moves": moves.astype(np.uint8),
        "paths": moves.astype(np.uint8),
        "delay": np.ascontiguousarray(arcs.delay[rows], dtype=np.int32),
        "slew": np.ascontiguousarray(arcs.slew[rows], dtype=np.int32),
    }


def _starts(group: IntArray, groups: int) -> IntArray:
    return np.concatenate(([0], np.cumsum(np.bincount(group, minlength=groups)))).astype(np.int64)


def _moves(arcs: Arcs) -> IntArray:
    """uint8 [A]: the moves of each arc of a library; 0 for arcs that carry no arrivals."""
    moves = np.zeros(len(arcs.cell), dtype=np.uint8)
    for sense, mask in _COMBINATIONAL.items():
        moves[(arcs.kind == ArcKind.COMBINATIONAL) & (arcs.sense == sense)] = mask
    for edge, mask in _LAUNCHING.items():
        moves[(arcs.kind == ArcKind.EDGE) & (arcs.edge == edge)] = mask
    for out in (RISE, FALL):
        moves[arcs.delay[:, out] < 0] &= _OUT[1 - out]
    return moves


def _latch_arcs(library: Library) -> IntArray:
    """Rows of the arcs from the data inputs of latches to their outputs."""
    return np.array([row for cell in library.cells for row in _latch_data_arcs(library, cell)], dtype=np.int64)


def _latch_data_arcs(library: Library, cell: LibCell) -> list[int]:
    state = cell.type.state
    if state is None or state.kind != "latch":
        return []
    data = {cell.type.inputs.index(name) for name in logic.variables(state.next_state)}
    return [r for r in cell.arcs if library.arcs.kind[r] == ArcKind.COMBINATIONAL and int(library.arcs.source[r]) in data]


def arc_rows(bank: Bank) -> ArcRows:
    """The arrays of a bank as the compiled loops take them."""
    from eda.timing.kernels import ArcRows

    return ArcRows(bank.start, bank.source, bank.launch, bank.moves, bank.paths, bank.delay, bank.slew)

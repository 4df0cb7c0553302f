"""Cells that may take each other's place: equal functions on equal pins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eda.errors import UsageError
from eda.ir.netlist import Netlist
from eda.tech.library import IntArray, LibCell, Library
from eda.timing.graph import is_check, library_cells


def variants(library: Library, usable: Callable[[LibCell], bool] | None = None) -> tuple[tuple[int, ...], ...]:
    """Groups of interchangeable cells, as positions in ``library.cells``, each from small to large area.

    The cells of a group agree in pins and their order, functions, state, in the pins that their arcs join, and in their
    checks. `usable` says which cells may be put in (None: those that the library does not mark `dont_use`); every other
    cell is a group of its own.
    """
    groups: dict[Any, list[int]] = {}
    for i, cell in enumerate(library.cells):
        allowed = not cell.dont_use if usable is None else usable(cell)
        groups.setdefault(_behaviour(library, cell) if allowed else i, []).append(i)
    return tuple(tuple(sorted(g, key=lambda i: (library.cells[i].area, i))) for g in groups.values())


def _behaviour(library: Library, cell: LibCell) -> tuple[Any, ...]:
    arcs, kind, rows = library.arcs, cell.type, np.array(cell.arcs, dtype=np.int64)
    pins = np.stack((arcs.source, arcs.target, arcs.kind, arcs.edge), axis=1)[rows].tolist()
    checks = is_check(arcs)[rows].tolist()
    joined = frozenset(tuple(p[:3]) for p, c in zip(pins, checks, strict=True) if not c)
    checked = tuple((*p, arcs.when[r]) for p, r, c in zip(pins, rows, checks, strict=True) if c)
    functions = kind.functions if None in kind.functions else kind.tables
    return kind.inputs, kind.outputs, functions, kind.state, joined, checked


@dataclass(frozen=True, eq=False)
class Choices:
    """The cells that each instance of a netlist may be. C instances, at most K cells each:

    cells   int32 [C, K]  positions in ``library.cells``, from small to large; -1 beyond the last
    count   int32 [C]     how many there are
    initial int32 [C]     the index of the netlist's own cell
    """

    cells: IntArray
    count: IntArray
    initial: IntArray

    def check(self, choice: IntArray) -> None:
        """Raise `UsageError` unless `choice` [..., C] holds an index of a cell for every instance."""
        if choice.shape[-1] != len(self.count):
            raise UsageError(f"a choice of cells has {choice.shape[-1]} entries, the netlist has {len(self.count)} cells")
        wrong = np.argwhere((choice < 0) | (choice >= self.count))
        if len(wrong):
            at = tuple(int(i) for i in wrong[0])
            raise UsageError(f"choice{list(at)} is {choice[at]}, but that cell has {self.count[at[-1]]} variants, from 0")

    def library_cells(self, choice: IntArray) -> IntArray:
        """int32 [..., C]: the library cells that `choice` [..., C] names."""
        return self.cells[np.arange(len(self.count)), choice]


def choices_of(netlist: Netlist, library: Library, groups: tuple[tuple[int, ...], ...] | None = None) -> Choices:
    """The choices of every cell of a mapped netlist; `groups` as from `variants`. Raises `InputError` for unknown cells."""
    groups = variants(library) if groups is None else groups
    width = max((len(g) for g in groups), default=1)
    table = np.full((len(library.cells), width), -1, dtype=np.int32)
    position = np.zeros(len(library.cells), dtype=np.int32)
    for group in groups:
        for k, index in enumerate(group):
            table[index, : len(group)] = group
            position[index] = k
    own = library_cells(netlist, library)
    cells = table[own]
    count = (cells >= 0).sum(axis=1).astype(np.int32)
    return Choices(np.ascontiguousarray(cells[:, : max(int(count.max(initial=1)), 1)]), count, position[own])


def resize(netlist: Netlist, library: Library, choices: Choices, choice: IntArray) -> Netlist:
    """The netlist with the cells that `choice` [C] names; everything else is kept. Raises `UsageError`."""
    choice = np.asarray(choice)
    choices.check(choice)
    used, index = np.unique(choices.library_cells(choice), return_inverse=True)
    types = tuple(library.cells[i].type for i in used)
    return Netlist(
        netlist.name,
        netlist.ports,
        types,
        index,
        netlist.fanin_start,
        netlist.fanin,
        netlist.net_names,
        netlist.cell_names,
        netlist.aliases,
    )

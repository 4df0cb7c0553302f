"""A netlist joined with a library: the arrays that every timing engine here walks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from eda.errors import InputError, suggest
from eda.ir.netlist import Netlist, join_ranges
from eda.tech.library import ArcKind, Arcs, IntArray, Library
from eda.timing.bank import Bank, bank_of
from eda.timing.constants import Pattern, constant_nets, constants_of, is_off, specialise

if TYPE_CHECKING:
    from eda.timing.kernels import Wiring

_LATE = (ArcKind.SETUP, ArcKind.RECOVERY)
_EARLY = (ArcKind.HOLD, ArcKind.REMOVAL)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Checks:
    """Setup, hold, recovery and removal checks of the instances. K checks:

    pin, clock_pin int64 [K]  input pins (positions in ``Netlist.fanin``) of data and clock
    late   bool [K]           setup and recovery, which bound the latest arrival; hold and removal the earliest
    edge   int8 [K]           the active edge of the clock pin
    row    int64 [K]          the check in ``Library.arcs``
    table  int32 [K, 2]       constraint of rising, falling data; -1: none
    """

    pin: IntArray
    clock_pin: IntArray
    late: npt.NDArray[np.bool_]
    edge: IntArray
    row: IntArray
    table: IntArray

    def take(self, rows: npt.NDArray[np.bool_]) -> Checks:
        return Checks(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Graph:
    """What timing needs to know of a netlist in a library. It holds neither of them.

    bank     the arcs, those of cells with constant inputs included
    cell     int32 [C]   library cell of each instance
    row      int32 [C]   first group of each instance in `bank`
    order    int32 [..]  the nets that cells drive, sources of arcs first
    level    int32 [N]   0 for nets without arcs, else one more than the largest level among the sources of its arcs
    constant bool [N]    nets that never change
    patterns {instance: constants at its inputs}, where there are any
    """

    bank: Bank
    cell: IntArray
    row: IntArray
    order: IntArray
    level: IntArray
    constant: npt.NDArray[np.bool_]
    patterns: dict[int, Pattern]
    checks: Checks

    @cached_property
    def start_nets(self) -> npt.NDArray[np.bool_]:
        """bool [N]: nets that begin paths because no arc leads to them, constants excepted."""
        return (self.level == 0) & ~self.constant


_GRAPHS: WeakKeyDictionary[Library, WeakKeyDictionary[Netlist, Graph]] = WeakKeyDictionary()


def graph_of(netlist: Netlist, library: Library) -> Graph:
    """The `Graph` of a mapped netlist, made once.

    Raises `InputError` if a cell is not in the library (with the nearest name) or if there is a combinational loop.
    """
    graphs = _GRAPHS.setdefault(library, WeakKeyDictionary())
    if netlist not in graphs:
        graphs[netlist] = _build(netlist, library)
    return graphs[netlist]


def _build(netlist: Netlist, library: Library) -> Graph:
    from eda.timing import kernels

    cell = library_cells(netlist, library)
    constant = np.zeros(netlist.n_nets, dtype=bool)
    known = constant_nets(netlist)
    constant[list(known)] = True
    patterns = _patterns(netlist, known, constant)
    wanted = sorted({(int(cell[c]), p) for c, p in patterns.items()}, key=repr)
    bank, first = specialise(library, bank_of(library), wanted)
    place = dict(zip(wanted, first.tolist(), strict=True))
    row = bank.first[cell]
    for c, pattern in patterns.items():
        row[c] = place[int(cell[c]), pattern]
    wiring = wiring_of(netlist, np.zeros(0, dtype=np.int32))
    order, level, loop = kernels.topological(wiring, netlist.first_cell_net, row, bank.start, bank.source)
    if len(loop):
        raise InputError(f"netlist {netlist.name}: combinational loop through {_loop_text(netlist, loop)}")
    return Graph(bank, cell, row, order, level, constant, patterns, _checks(netlist, library, cell, patterns))


def wiring_of(netlist: Netlist, order: IntArray) -> Wiring:
    """The netlist's arrays as the compiled loops take them (`kernels.Wiring`)."""
    from eda.timing.kernels import Wiring

    return Wiring(order, netlist.driver, netlist.output_start, netlist.fanin_start, netlist.fanin)


def library_cells(netlist: Netlist, library: Library) -> IntArray:
    """int32 [C]: position in ``library.cells`` of each instance's cell.

    Raises `InputError` if a cell, or one of its pins, is not in the library.
    """
    index = np.zeros(len(netlist.types), dtype=np.int32)
    used = np.bincount(netlist.cell_type, minlength=len(netlist.types))
    for i in np.flatnonzero(used):
        kind = netlist.types[i]
        if kind.name not in library.index:
            hint = "; map the netlist to the library first" if kind.is_generic else suggest(kind.name, library.index)
            raise InputError(f"netlist {netlist.name}: library {library.name} has no cell {kind.name!r}{hint}")
        own = library.by_name[kind.name].type
        if (kind.inputs, kind.outputs) != (own.inputs, own.outputs):
            found, expected = " ".join(kind.inputs + kind.outputs), " ".join(own.inputs + own.outputs)
            raise InputError(f"netlist {netlist.name}: cell {kind.name} has pins {found}, in {library.name} it has {expected}")
        index[i] = library.index[kind.name]
    return index[netlist.cell_type]


def _patterns(netlist: Netlist, known: dict[int, int], constant: npt.NDArray[np.bool_]) -> dict[int, Pattern]:
    cells = np.unique(netlist.pin_cell[constant[netlist.fanin]])
    return {c: tuple(known.get(net) for net in netlist.fanin_of(c).tolist()) for c in cells.tolist()}


def _loop_text(netlist: Netlist, loop: IntArray) -> str:
    names = [netlist.net_label(int(net)) for net in loop]
    return " -> ".join([*names[:8], *(["..."] if len(names) > 8 else []), names[0]])


def is_check(arcs: Arcs) -> npt.NDArray[np.bool_]:
    """bool [A]: the setup, hold, recovery and removal checks among the arcs of a library."""
    return np.isin(arcs.kind, _LATE + _EARLY)


def _checks(netlist: Netlist, library: Library, cell: IntArray, patterns: dict[int, Pattern]) -> Checks:
    """Checks of every instance, those that constants exclude left out."""
    arcs = library.arcs
    rows = np.flatnonzero(is_check(arcs))
    first = np.searchsorted(arcs.cell[rows], np.arange(len(library.cells) + 1))
    row = rows[join_ranges(first[cell], first[cell + 1])]
    owner = np.repeat(np.arange(netlist.n_cells), first[cell + 1] - first[cell])
    fixed = np.isin(owner, list(patterns))
    for k in np.flatnonzero(fixed).tolist():
        fixed[k] = _excluded(library, int(row[k]), patterns[int(owner[k])])
    row, base = row[~fixed], netlist.fanin_start[owner[~fixed]]
    late = np.isin(arcs.kind[row], _LATE)
    return Checks(base + arcs.target[row], base + arcs.source[row], late, arcs.edge[row], row, arcs.delay[row])


def _excluded(library: Library, row: int, pattern: Pattern) -> bool:
    """True if the data or the clock of the check is constant or its condition cannot hold."""
    arcs = library.arcs
    known = constants_of(library.cells[arcs.cell[row]].type, pattern)
    return pattern[arcs.source[row]] is not None or pattern[arcs.target[row]] is not None or is_off(library, row, known)

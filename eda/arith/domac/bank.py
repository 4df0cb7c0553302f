"""The implementations of full and half adders as arrays: areas, pin capacitances, delay and slew tables on common axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.tech.library import FALL, RISE
from eda.tech.pdk import AdderCell, Pdk
from eda.timing.bank import bank_of
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]

SUM, CARRY = 0, 1
HALF, FULL = 0, 1
PINS = 3

_LARGEST_LOAD = 32.0
_SAME = 0.01


@dataclass(frozen=True, eq=False)
class Bank:
    """Adders of kind k (`HALF`, `FULL`), I implementations of each; ps, fF, um2.

    impl   the number in `CompressorTree.impl` that each implementation has, per kind; absent ones fill up to I
    area   float [2, I]
    cap    float [2, I, 3, 2]   capacitance of pins a, b, ci for a rising, falling input
    slews, loads                the axes of all tables
    delay, slew  float [2, I, 3, 2, 2, 2, X, Y]   from a pin to an output (`SUM`, `CARRY`), by input edge and output edge
    moves  bool [2, I, 3, 2, 2, 2]   False: that input edge never causes that output edge
    """

    impl: tuple[tuple[int, ...], tuple[int, ...]]
    area: FloatArray
    cap: FloatArray
    slews: FloatArray
    loads: FloatArray
    delay: FloatArray
    slew: FloatArray
    moves: npt.NDArray[np.bool_]

    @property
    def counts(self) -> tuple[int, int]:
        """Implementations of half and of full adders."""
        return len(self.impl[HALF]), len(self.impl[FULL])

    @property
    def impl_table(self) -> npt.NDArray[np.integer[Any]]:
        """int [2, I]: `impl`, filled up with 0."""
        out = np.zeros(self.area.shape, dtype=np.int64)
        for kind, names in enumerate(self.impl):
            out[kind, : len(names)] = names
        return out

    def restricted(self, count: int) -> Bank:
        """Only the first `count` implementations of each kind."""
        names = tuple(n[:count] for n in self.impl)
        size = max(map(len, names))
        arrays = (a[:, :size] for a in (self.area, self.cap))
        area, cap = arrays
        tables = (self.delay[:, :size], self.slew[:, :size], self.moves[:, :size])
        return Bank((names[0], names[1]), area, cap, self.slews, self.loads, *tables)


@dataclass(frozen=True, eq=False)
class Adder:
    """One implementation: `table(out, pin, edge_in, edge_out, slews, loads)` gives (delay, slew) or None without an arc."""

    impl: int
    area: float
    cap: FloatArray
    table: Callable[[int, int, int, int, FloatArray, FloatArray], tuple[FloatArray, FloatArray] | None]


def assemble(half: Sequence[Adder], full: Sequence[Adder], slews: FloatArray, loads: FloatArray) -> Bank:
    """The `Bank` of these implementations on these axes."""
    size = max(len(half), len(full))
    shape = (2, size, PINS, 2, 2, 2)
    area, cap = np.zeros((2, size)), np.zeros((2, size, PINS, 2))
    delay, slew = np.zeros((*shape, len(slews), len(loads))), np.zeros((*shape, len(slews), len(loads)))
    moves = np.zeros(shape, dtype=bool)
    x, y = np.meshgrid(slews, loads, indexing="ij")
    for kind, adders in enumerate((half, full)):
        for k, adder in enumerate(adders):
            area[kind, k] = adder.area
            cap[kind, k, : 2 + kind] = adder.cap
            for pin, out, first, last in np.ndindex(2 + kind, 2, 2, 2):
                found = adder.table(out, pin, first, last, x, y)
                if found is not None:
                    delay[kind, k, pin, out, first, last], slew[kind, k, pin, out, first, last] = found
                    moves[kind, k, pin, out, first, last] = True
    names = tuple(a.impl for a in half), tuple(a.impl for a in full)
    return Bank(names, area, cap, slews, loads, delay, slew, moves)


def library_bank(pdk: Pdk) -> Bank:
    """The kit's own adder cells alone, as implementation 0.

    Where several conditions share a move, the worst of them holds at every point of the axes, which are the library's
    own. Raises `UsageError` for a kit without adder cells or with inverted outputs.
    """
    full, half = pdk.defaults.full_adder, pdk.defaults.half_adder
    if full is None or half is None:
        raise UsageError(f"the kit {pdk.name} has no full- and half-adder cells")
    return assemble([_library_adder(pdk, half)], [_library_adder(pdk, full)], *_axes(pdk, (half, full)))


def _library_adder(pdk: Pdk, adder: AdderCell) -> Adder:
    if adder.sum_inverted or adder.carry_inverted:
        raise UsageError(f"the adder {adder.cell} of the kit {pdk.name} has inverted outputs")
    library, cell = pdk.library, pdk.library.cell(adder.cell)
    bank, pins = bank_of(pdk.library), [p for p in (adder.a, adder.b, adder.c) if p]
    sources = [cell.type.inputs.index(p) for p in pins]
    groups = [int(bank.first[library.index[cell.name]]) + cell.type.outputs.index(o) for o in (adder.sum, adder.carry)]

    def table(out: int, pin: int, first: int, last: int, x: FloatArray, y: FloatArray) -> Any:
        rows = np.arange(bank.start[groups[out]], bank.start[groups[out] + 1])
        rows = rows[(bank.source[rows] == sources[pin]) & (bank.moves[rows] >> (2 * last + first) & 1 == 1)]
        if not len(rows):
            return None
        read = (lookup(library.tables, t[rows, last][:, None, None], x, y) for t in (bank.delay, bank.slew))
        return tuple(values.max(axis=0) for values in read)

    return Adder(0, cell.area, np.array([(cell.cap_rise[s], cell.cap_fall[s]) for s in sources]), table)


def _axes(pdk: Pdk, adders: Sequence[AdderCell]) -> tuple[FloatArray, FloatArray]:
    """All slews and loads of the adders' tables; bilinear tables read on them lose nothing."""
    bank, tables = bank_of(pdk.library), pdk.library.tables
    slews: list[float] = []
    loads: list[float] = []
    for adder in adders:
        group = int(bank.first[pdk.library.index[adder.cell]])
        for t in bank.delay[bank.start[group] : bank.start[group + 2], (RISE, FALL)].ravel():
            slews += tables.axis0[t, : tables.n0[t]].tolist()
            loads += tables.axis1[t, : tables.n1[t]].tolist()
    return _distinct(slews), _distinct([y for y in loads if y < _LARGEST_LOAD])


def _distinct(values: list[float]) -> FloatArray:
    """Sorted, without those within 1 % of the one before."""
    out: list[float] = []
    for value in sorted(values):
        if not out or value > (1 + _SAME) * out[-1]:
            out.append(value)
    return np.array(out)

"""What a standard-cell library costs: areas, capacitances, delay, constraint and power tables, as arrays.

Every number is in the units of this file whatever the Liberty file used; conversion happens once, at reading:
time ps, capacitance fF, energy fJ, power nW, voltage V, area um2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError, suggest
from eda.ir.cells import CellType
from eda.ir.logic import Expr

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]

RISE, FALL = 0, 1


class ArcKind(IntEnum):
    """What a timing arc means; only the first two propagate arrivals."""

    COMBINATIONAL = 0
    EDGE = 1  # clock to output of a register: rising_edge, falling_edge
    SETUP = 2
    HOLD = 3
    CLEAR_PRESET = 4
    RECOVERY = 5
    REMOVAL = 6
    THREE_STATE = 7
    OTHER = 8  # further constraints of an input pin: minimum pulse width, period, skew, non-sequential setup


class Sense(IntEnum):
    """How an output edge follows the edge of the related pin: the same, the opposite, or either."""

    POSITIVE = 0
    NEGATIVE = 1
    NON_UNATE = 2


@dataclass(frozen=True)
class TableSet:
    """T two-dimensional look-up tables, padded to one shape.

    Axis 0 is the slew of the related pin (ps). Axis 1 is the load (fF) in delay, slew and power tables, and the slew
    of the constrained pin (ps) in constraint tables, whatever order the file used. A table that does not vary along an
    axis has length 1 there.
      values  float64 [T, R, C]   (padding: repeated last entry)
      axis0   float64 [T, R], axis1 float64 [T, C]   ascending (padding: +inf)
      n0, n1  int32 [T]           used lengths
    """

    values: FloatArray
    axis0: FloatArray
    axis1: FloatArray
    n0: IntArray
    n1: IntArray


@dataclass(frozen=True)
class LibCell:
    """One library cell. Pin indices are positions in ``type.inputs`` and ``type.outputs``.

    Bidirectional pins count as outputs without a function. Conditions (``when``) are over inputs, outputs and the state.

    cap_rise, cap_fall  fF [inputs]: the largest capacitance the file states for each edge; `least_rise`, `least_fall` the
                        smallest, which differs only where the file states a range
    max_load            fF [outputs]; inf where the file has none
    leakage             nW, the unconditional value; leakage_when: (condition, nW) groups, which replace it where they hold
    arcs, powers        rows of this cell in ``Library.arcs`` and ``Library.powers``
    """

    type: CellType
    area: float
    leakage: float
    leakage_when: tuple[tuple[Expr, float], ...]
    cap_rise: tuple[float, ...]
    cap_fall: tuple[float, ...]
    least_rise: tuple[float, ...]
    least_fall: tuple[float, ...]
    max_load: tuple[float, ...]
    clock_pins: tuple[int, ...]
    dont_use: bool
    arcs: range
    powers: range

    @property
    def name(self) -> str:
        return self.type.name


@dataclass(frozen=True)
class Arcs:
    """Timing arcs of all cells, grouped by cell. A arcs:

    cell   int32 [A]     index into ``Library.cells``
    source int32 [A]     related pin: its position in ``type.inputs + type.outputs`` (ASAP7 adders have arcs that start at
                         another output)
    target int32 [A]     output pin; for constraint kinds (setup, hold, recovery, removal, other) the constrained input pin
    kind   int8  [A]     `ArcKind`
    sense  int8  [A]     `Sense`
    edge   int8  [A]     for EDGE and constraint kinds the active edge of the related pin: RISE or FALL; else -1
    delay  int32 [A, 2]  table of rise / fall delay of the output, or of the rise / fall constraint of the data pin; -1: none
    slew   int32 [A, 2]  table of rise / fall output slew; -1: none
    when   [A]           condition under which the arc holds, or None
    """

    cell: IntArray
    source: IntArray
    target: IntArray
    kind: IntArray
    sense: IntArray
    edge: IntArray
    delay: IntArray
    slew: IntArray
    when: tuple[Expr | None, ...]


@dataclass(frozen=True)
class Powers:
    """Internal-power groups of all cells, grouped by cell. P groups:

    cell    int32 [P]     index into ``Library.cells``
    pin     int32 [P]     the switching pin: an input pin if `is_input`, else an output pin
    is_input bool [P]
    related int32 [P]     related pin of an output's group, by position in ``type.inputs + type.outputs``, or -1
    table   int32 [P, 2]  energy per rise / fall (fJ) over (slew of the related or of the pin itself, load); -1: none
    when    [P]           condition, or None
    supply  [P]           ``related_pg_pin``, or "": groups of different supplies add up
    """

    cell: IntArray
    pin: IntArray
    is_input: npt.NDArray[np.bool_]
    related: IntArray
    table: IntArray
    when: tuple[Expr | None, ...]
    supply: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Library:
    """A characterised standard-cell library at one corner.

    slew_lower, slew_upper  thresholds between which slews are measured (fractions of the supply)
    slew_derate             ``slew_derate_from_library``
    default_wire_load       name of the wire-load model that the file asks for by default (never applied here), or ""
    digest                  SHA-256 of the file's bytes
    """

    name: str
    path: Path
    digest: str
    voltage: float
    temperature: float
    slew_lower: float
    slew_upper: float
    slew_derate: float
    default_wire_load: str
    cells: tuple[LibCell, ...]
    tables: TableSet
    arcs: Arcs
    powers: Powers

    @cached_property
    def by_name(self) -> Mapping[str, LibCell]:
        return MappingProxyType({c.name: c for c in self.cells})

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position in `cells` of each cell name."""
        return MappingProxyType({c.name: i for i, c in enumerate(self.cells)})

    @cached_property
    def types(self) -> Mapping[str, CellType]:
        """The `CellType` of each cell, by name: what a Verilog reader needs."""
        return MappingProxyType({c.name: c.type for c in self.cells})

    def cell(self, name: str) -> LibCell:
        """The cell of that name; raises `UsageError`, with the nearest name, if there is none."""
        try:
            return self.by_name[name]
        except KeyError:
            raise UsageError(f"library {self.name} has no cell {name!r}{suggest(name, self.by_name)}") from None

    def __getstate__(self) -> dict[str, object]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # without the indices, which are made again

    def __repr__(self) -> str:
        size = f"{len(self.cells)} cells, {len(self.arcs.cell)} arcs"
        return f"Library({self.name}: {size}, {self.voltage:g} V, {self.temperature:g} C)"

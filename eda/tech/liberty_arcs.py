"""Timing and internal-power groups of Liberty cells, as rows of `Arcs` and `Powers`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from eda.errors import suggest
from eda.ir import logic
from eda.ir.logic import Expr
from eda.tech.liberty_cells import Cell, Pin
from eda.tech.liberty_syntax import Group, Source, split
from eda.tech.liberty_tables import TableBuilder, read_only
from eda.tech.library import FALL, RISE, ArcKind, Arcs, Powers, Sense

_TYPES: dict[str, tuple[ArcKind, int]] = {
    "": (ArcKind.COMBINATIONAL, -1),
    "combinational": (ArcKind.COMBINATIONAL, -1),
    "combinational_rise": (ArcKind.COMBINATIONAL, -1),
    "combinational_fall": (ArcKind.COMBINATIONAL, -1),
    "rising_edge": (ArcKind.EDGE, RISE),
    "falling_edge": (ArcKind.EDGE, FALL),
    "clear": (ArcKind.CLEAR_PRESET, -1),
    "preset": (ArcKind.CLEAR_PRESET, -1),
    "min_pulse_width": (ArcKind.OTHER, -1),
    "minimum_period": (ArcKind.OTHER, -1),
    "min_clock_tree_path": (ArcKind.OTHER, -1),
    "max_clock_tree_path": (ArcKind.OTHER, -1),
}
for _name in ("three_state_enable", "three_state_disable"):
    _TYPES.update(dict.fromkeys((_name, f"{_name}_rise", f"{_name}_fall"), (ArcKind.THREE_STATE, -1)))
for _name, _kind in {
    "setup": ArcKind.SETUP,
    "hold": ArcKind.HOLD,
    "recovery": ArcKind.RECOVERY,
    "removal": ArcKind.REMOVAL,
    "skew": ArcKind.OTHER,
    "non_seq_setup": ArcKind.OTHER,
    "non_seq_hold": ArcKind.OTHER,
}.items():
    _TYPES.update({f"{_name}_rising": (_kind, RISE), f"{_name}_falling": (_kind, FALL)})
_TYPES.update({f"nochange_{a}_{b}": (ArcKind.OTHER, -1) for a in ("high", "low") for b in ("high", "low")})

_SENSES = {"positive_unate": Sense.POSITIVE, "negative_unate": Sense.NEGATIVE, "non_unate": Sense.NON_UNATE}
_CONSTRAINTS = {ArcKind.SETUP, ArcKind.HOLD, ArcKind.RECOVERY, ArcKind.REMOVAL, ArcKind.OTHER}
_SELF_RELATED = ("min_pulse_width", "minimum_period")
_DELAY = (("cell_rise", "cell_fall"), ("rise_transition", "fall_transition"))
_CONSTRAINT = (("rise_constraint", "fall_constraint"), ())


class ArcBuilder:
    """Collects the timing arcs and internal-power groups of a library, cell by cell."""

    def __init__(self, source: Source, tables: TableBuilder) -> None:
        self._source, self._tables = source, tables
        self._arcs: list[tuple[int, ...]] = []
        self._arc_when: list[Expr | None] = []
        self._powers: list[tuple[int, ...]] = []
        self._power_when: list[Expr | None] = []
        self._supplies: list[str] = []

    def add(self, index: int, cell: Cell) -> tuple[range, range]:
        """Add the groups of `cell`, the library's cell number `index`; returns its rows of `Arcs` and `Powers`."""
        arcs, powers = len(self._arcs), len(self._powers)
        for i, pin in enumerate(cell.inputs):
            self._add_pin(index, cell, pin, i)
        for i, pin in enumerate(cell.outputs):
            self._add_pin(index, cell, pin, i)
        return range(arcs, len(self._arcs)), range(powers, len(self._powers))

    def _add_pin(self, index: int, cell: Cell, pin: Pin, position: int) -> None:
        for group in pin.group.each("timing"):
            self._add_timing(index, cell, pin, position, group)
        for group in pin.group.each("internal_power"):
            self._add_power(index, cell, pin, position, group)

    def _add_timing(self, index: int, cell: Cell, pin: Pin, position: int, group: Group) -> None:
        name = group.get("timing_type")
        if name not in _TYPES:
            message = f"cell {cell.name}, pin {pin.name}: unknown timing_type {name!r}{suggest(name, _TYPES)}"
            self._source.fail(message, group.at_attr("timing_type"))
        kind, edge = _TYPES[name]
        if (kind in _CONSTRAINTS) != (pin.direction == "input"):
            message = (
                f"cell {cell.name}: the timing_type {name or 'combinational'!r} does not fit the {pin.direction} {pin.name}"
            )
            self._source.fail(message, group.at)
        delays, slews = _CONSTRAINT if kind in _CONSTRAINTS else _DELAY
        skipped = {"combinational_rise": FALL, "combinational_fall": RISE}.get(name, -1)
        rows = (*self._table_pair(group, delays, "time", skipped), *self._table_pair(group, slews, "time", skipped))
        when = cell.condition(group)
        for related in self._related(cell, pin, group, required=name not in _SELF_RELATED):
            sense = self._sense(cell, position, related, kind, group)
            self._arcs.append((index, cell.position[related], position, kind, sense, edge, *rows))
            self._arc_when.append(when)

    def _add_power(self, index: int, cell: Cell, pin: Pin, position: int, group: Group) -> None:
        is_input = pin.direction == "input"
        pair = ("power", "power") if any(group.each("power")) else ("rise_power", "fall_power")
        rows = self._table_pair(group, pair, "energy", -1)
        when = cell.condition(group)
        supply = group.get("related_pg_pin")
        others = [] if is_input or "related_pin" not in group.attrs else self._related(cell, pin, group, required=True)
        for related in [cell.position[r] for r in others] or [-1]:
            self._powers.append((index, position, is_input, related, *rows))
            self._power_when.append(when)
            self._supplies.append(supply)

    def _table_pair(self, group: Group, names: tuple[str, ...], quantity: str, skipped: int) -> tuple[int, int]:
        found = {table.name: table for table in group.groups}
        rows = [-1, -1]
        for edge, name in enumerate(names):
            if name in found and edge != skipped:
                rows[edge] = self._tables.add(found[name], quantity)
        return rows[RISE], rows[FALL]

    def _related(self, cell: Cell, pin: Pin, group: Group, *, required: bool) -> Iterator[str]:
        """Names of the related pins; of internal ones, which nothing outside can see, none."""
        names = split(group.get("related_pin"))
        where = f"cell {cell.name}, pin {pin.name}"
        if not names:
            if required:
                self._source.fail(f"{where}: expected a related_pin in this {group.name} group, found none", group.at)
            names = [pin.name]
        for name in names:
            if name not in cell.pins:
                message = f"{where}: the related_pin {name!r} is not a pin of this cell{suggest(name, cell.pins)}"
                self._source.fail(message, group.at_attr("related_pin"))
            if name in cell.position:
                yield name

    def _sense(self, cell: Cell, position: int, related: str, kind: ArcKind, group: Group) -> Sense:
        name = group.get("timing_sense")
        if name:
            if name not in _SENSES:
                message = f"cell {cell.name}: unknown timing_sense {name!r}{suggest(name, _SENSES)}"
                self._source.fail(message, group.at_attr("timing_sense"))
            return _SENSES[name]
        if kind in _CONSTRAINTS or kind == ArcKind.EDGE:
            return Sense.NON_UNATE
        return _unateness(cell.type.functions[position], related)

    def arcs(self) -> Arcs:
        """All timing arcs added so far."""
        table = np.array(self._arcs, dtype=np.int32).reshape(-1, 10)
        cell, source, target = table[:, :3].T
        kind, sense, edge = table[:, 3:6].T.astype(np.int8)
        columns = (cell, source, target, kind, sense, edge, table[:, 6:8], table[:, 8:10])
        fields: list[Any] = [*(read_only(c.copy()) for c in columns), tuple(self._arc_when)]
        return Arcs(*fields)

    def powers(self) -> Powers:
        """All internal-power groups added so far."""
        table = np.array(self._powers, dtype=np.int32).reshape(-1, 6)
        cell, pin, is_input, related = table[:, :4].T
        columns = (cell, pin, is_input.astype(bool), related, table[:, 4:6])
        arrays = (read_only(c.copy()) for c in columns)
        fields: list[Any] = [*arrays, tuple(self._power_when), tuple(self._supplies)]
        return Powers(*fields)


def _unateness(function: Expr | None, name: str) -> Sense:
    """Whether `function` can only rise (or only fall) when `name` rises."""
    if function is None or name not in logic.variables(function):
        return Sense.NON_UNATE
    names = logic.variables(function)
    table, high = logic.truth_table(function, names), logic.input_pattern(names.index(name), len(names))
    step = 1 << names.index(name)
    one, zero = (table & high) >> step, table & (high >> step)
    return Sense.POSITIVE if not zero & ~one else Sense.NEGATIVE if not one & ~zero else Sense.NON_UNATE

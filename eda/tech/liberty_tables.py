"""Units and look-up tables of Liberty files, converted to the units of `eda.tech.library`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from eda.errors import suggest
from eda.tech.liberty_syntax import Group, Source, split
from eda.tech.library import TableSet

_PREFIX = {"": 0, "k": 3, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18}
_UNIT = re.compile(r"([\d.]+(?:e[+-]?\d+)?)?\s*([kmunpfa]?)(s|v|w|f)", re.IGNORECASE)

_RELATED, _OTHER = 0, 1  # the two axes of a `TableSet`
_AXES = {
    "input_net_transition": (_RELATED, "time"),
    "input_transition_time": (_RELATED, "time"),
    "related_pin_transition": (_RELATED, "time"),
    "total_output_net_capacitance": (_OTHER, "capacitance"),
    "constrained_pin_transition": (_OTHER, "time"),
}
_SEPARATORS = str.maketrans('",\\', "   ")

Axis = tuple[float, ...]


@dataclass(frozen=True)
class Units:
    """The library's units in ours: ps, fF, nW, V; internal energy is in fJ, from V^2 times the capacitance unit."""

    time: float
    capacitance: float
    leakage: float
    voltage: float

    @property
    def energy(self) -> float:
        return self.voltage**2 * self.capacitance


def read_units(library: Group, source: Source) -> Units:
    """The units of a library group; without a line of its own, time is in ns, voltage in V and leakage in nW."""
    if "capacitive_load_unit" not in library.attrs:
        source.fail("expected 'capacitive_load_unit (1, pf);' in the library, found none", library.at)
    return Units(
        time=_unit(library, source, "time_unit", "1ns", "s", -12),
        capacitance=_unit(library, source, "capacitive_load_unit", "", "f", -15),
        leakage=_unit(library, source, "leakage_power_unit", "1nW", "w", -9),
        voltage=_unit(library, source, "voltage_unit", "1V", "v", 0),
    )


def _unit(library: Group, source: Source, name: str, default: str, symbol: str, ours: int) -> float:
    text = "".join(split(library.get(name, default)))
    m = _UNIT.fullmatch(text)
    if m is None or m[3].lower() != symbol:
        source.fail(f"expected a unit such as '1n{symbol}' for {name}, found {text!r}", library.at_attr(name))
    return float(m[1] or 1) * 10.0 ** (_PREFIX[m[2].lower()] - ours)


def number(group: Group, name: str, source: Source, default: float | None = None) -> float:
    """The number that the attribute `name` holds; `default` (if not None) where the group has no such attribute."""
    text = group.get(name)
    if not text and default is not None and name not in group.attrs:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        found = repr(text) if name in group.attrs else "none"
        source.fail(f"expected a number for {name!r} in {group.name} ({group.args}), found {found}", group.at_attr(name))
    return value


@dataclass(frozen=True)
class _Template:
    """Axes of a table: side (`_RELATED` or `_OTHER`), unit of measure, and the default values as text."""

    sides: tuple[int, ...]
    quantities: tuple[str, ...]
    defaults: tuple[str, ...]


class TableBuilder:
    """Collects the tables of a library into one `TableSet`; equal tables are kept once."""

    def __init__(self, library: Group, source: Source, units: Units) -> None:
        self._source, self._units = source, units
        names = ("lu_table_template", "power_lut_template")
        self._groups = {t.arguments()[0]: t for t in library.each(*names) if t.arguments()}
        self._templates: dict[str, _Template] = {"scalar": _Template((), (), ())}
        self._axes: dict[tuple[str, str], Axis] = {}
        self._rows: dict[tuple[str, ...], int] = {}
        self._layout: list[tuple[tuple[int, ...], Axis, Axis]] = []  # per table: sides in file order, axis 0, axis 1
        self._values: list[list[float]] = []

    def add(self, table: Group, quantity: str) -> int:
        """Row of the table group `table`, whose entries are of `quantity` ("time" or "energy")."""
        key = (quantity, table.args, table.get("index_1"), table.get("index_2"), table.get("values"))
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = len(self._values)
            self._append(table, quantity)
        return row

    def _append(self, table: Group, quantity: str) -> None:
        template = self._template(table)
        axes: list[Axis] = [(0.0,), (0.0,)]
        for i, (side, measure) in enumerate(zip(template.sides, template.quantities, strict=True)):
            axes[side] = self._axis(table, f"index_{i + 1}", template.defaults[i], measure)
        values = self._numbers(table, "values", table.get("values"), quantity)
        expected = len(axes[0]) * len(axes[1])
        if len(values) != expected:
            shape = " x ".join(str(len(axes[s])) for s in template.sides) or "scalar"
            message = f"expected {expected} values ({shape}) in {table.name} ({table.args}), found {len(values)}"
            self._source.fail(message, table.at_attr("values"))
        self._values.append(values)
        self._layout.append((template.sides, axes[0], axes[1]))

    def _template(self, table: Group) -> _Template:
        name = (table.arguments() or ["scalar"])[0]
        if name not in self._templates:
            if name not in self._groups:
                known = suggest(name, self._groups)
                self._source.fail(f"{table.name} uses the template {name!r}, which the library lacks{known}", table.at)
            self._templates[name] = self._read_template(name, self._groups[name])
        return self._templates[name]

    def _read_template(self, name: str, group: Group) -> _Template:
        variables = [group.get(f"variable_{i}") for i in (1, 2, 3) if f"variable_{i}" in group.attrs]
        for i, v in enumerate(variables, 1):
            if v not in _AXES:
                message = f"the template {name!r} has the axis {v!r}; supported are {', '.join(_AXES)}"
                self._source.unsupported(message, group.at_attr(f"variable_{i}"))
        sides = tuple(_AXES[v][0] for v in variables)
        if len(set(sides)) != len(sides):
            message = f"the template {name!r} has the axes {', '.join(variables)}; at most one slew and one load is supported"
            self._source.unsupported(message, group.at)
        defaults = tuple(group.get(f"index_{i + 1}") for i in range(len(sides)))
        return _Template(sides, tuple(_AXES[v][1] for v in variables), defaults)

    def _axis(self, table: Group, index: str, default: str, measure: str) -> Axis:
        text = table.get(index, default)
        axis = self._axes.get((text, measure))
        if axis is None:
            axis = tuple(self._numbers(table, index, text, measure))
            if any(b <= a for a, b in pairwise(axis)):
                self._source.fail(f"expected ascending numbers in {index} of {table.name}, found {text}", table.at_attr(index))
            self._axes[text, measure] = axis
        return axis

    def _numbers(self, table: Group, name: str, text: str, measure: str) -> list[float]:
        words = text.translate(_SEPARATORS).split()
        scale = getattr(self._units, measure)
        try:
            numbers = [float(w) * scale for w in words]
        except ValueError:
            numbers = [math.nan]
        if not numbers or not math.isfinite(sum(numbers)):
            bad = next((w for w in words if not _is_finite(w)), "none")
            self._source.fail(f"expected numbers in {name} of {table.name} ({table.args}), found {bad!r}", table.at_attr(name))
        return numbers

    def build(self) -> TableSet:
        """All tables added so far, padded to one shape."""
        n0 = np.array([len(a0) for _, a0, _ in self._layout], dtype=np.int32)
        n1 = np.array([len(a1) for _, _, a1 in self._layout], dtype=np.int32)
        rows, columns = int(n0.max(initial=1)), int(n1.max(initial=1))
        values = np.zeros((len(n0), rows, columns))
        shapes: dict[tuple[bool, int, int], list[int]] = {}
        for i, (sides, a0, a1) in enumerate(self._layout):
            shapes.setdefault((sides == (_OTHER, _RELATED), len(a0), len(a1)), []).append(i)
        for (swapped, r, c), members in shapes.items():
            block = np.array([self._values[i] for i in members])
            block = block.reshape(-1, c, r).transpose(0, 2, 1) if swapped else block.reshape(-1, r, c)
            values[members] = np.pad(block, ((0, 0), (0, rows - r), (0, columns - c)), mode="edge")
        axis0 = _padded([a0 for _, a0, _ in self._layout], rows)
        axis1 = _padded([a1 for _, _, a1 in self._layout], columns)
        return TableSet(*map(read_only, (values, axis0, axis1, n0, n1)))


def read_only(array: np.ndarray) -> np.ndarray:
    """`array` itself, which can no longer be written: a library is shared by all who read it."""
    array.flags.writeable = False
    return array


def _padded(axes: list[Axis], width: int) -> np.ndarray:
    filler = {n: (math.inf,) * (width - n) for n in range(width + 1)}
    return np.array([a + filler[len(a)] for a in axes]).reshape(len(axes), width)


def _is_finite(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False

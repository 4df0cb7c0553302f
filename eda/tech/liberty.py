"""Liberty files (NLDM) into a `Library`, read once and kept parsed in the user's cache folder."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

from eda.errors import InputError
from eda.ir import logic
from eda.ir.files import read_text
from eda.ir.logic import Expr
from eda.tech import liberty_cache
from eda.tech.liberty_arcs import ArcBuilder
from eda.tech.liberty_cells import Cell, Expressions, Pin
from eda.tech.liberty_syntax import Group, Source, parse_library, split
from eda.tech.liberty_tables import TableBuilder, Units, number, read_units
from eda.tech.library import LibCell, Library


def read_liberty(path: str | Path) -> Library:
    """The library of a Liberty file (plain or gzipped), from the cache if this very content has been read before.

    Raises `InputError` naming file, line and expectation; `UnsupportedError` for buses and for table axes other than
    slew and load. Composite current source data are ignored.
    """
    path = Path(path)
    digest = _digest(path)
    library = liberty_cache.load(digest)
    if library is None:
        with liberty_cache.uncollected():
            library = parse_liberty(read_text(path), path, digest)
        liberty_cache.store(library, digest)
    return dataclasses.replace(library, path=path)


def parse_liberty(text: str, path: str | Path = "<text>", digest: str = "") -> Library:
    """The library that `text` describes; `path` is what errors name. See `read_liberty`."""
    source = Source(text, path)
    group = parse_library(source)
    if group.get("delay_model", "table_lookup") != "table_lookup":
        found = group.get("delay_model")
        source.unsupported(f"expected the delay_model table_lookup, found {found!r}", group.at_attr("delay_model"))
    units = read_units(group, source)
    tables = TableBuilder(group, source, units)
    arcs = ArcBuilder(source, tables)
    cells = tuple(_read_cells(group, source, units, arcs))
    return Library(
        name=" ".join(group.arguments()),
        path=Path(path),
        digest=digest,
        voltage=number(group, "nom_voltage", source) * units.voltage,
        temperature=number(group, "nom_temperature", source, 25.0),
        slew_lower=number(group, "slew_lower_threshold_pct_rise", source, 20.0) / 100,
        slew_upper=number(group, "slew_upper_threshold_pct_rise", source, 80.0) / 100,
        slew_derate=number(group, "slew_derate_from_library", source, 1.0),
        default_wire_load=group.get("default_wire_load"),
        cells=cells,
        tables=tables.build(),
        arcs=arcs.arcs(),
        powers=arcs.powers(),
    )


def _read_cells(library: Group, source: Source, units: Units, arcs: ArcBuilder) -> Iterator[LibCell]:
    expressions = Expressions(source)
    seen: dict[str, int] = {}
    for index, group in enumerate(library.each("cell")):
        cell = Cell(group, source, expressions)
        if cell.name in seen:
            first = source.line(seen[cell.name])
            source.fail(f"a second cell {cell.name!r}; the first is in line {first}", group.at)
        seen[cell.name] = group.at
        yield _lib_cell(library, source, units, cell, *arcs.add(index, cell))


def _lib_cell(library: Group, source: Source, units: Units, cell: Cell, arcs: range, powers: range) -> LibCell:
    leakage, leakage_when = _leakage(library, source, units, cell)
    default = number(library, "default_input_pin_cap", source, 0.0)
    caps = {e: [_capacitance(p, e, source, default) for p in cell.inputs] for e in ("rise", "fall")}
    max_load = number(library, "default_max_capacitance", source, math.inf)
    return LibCell(
        type=cell.type,
        area=number(cell.group, "area", source, 0.0),
        leakage=leakage,
        leakage_when=leakage_when,
        cap_rise=tuple(most * units.capacitance for _, most in caps["rise"]),
        cap_fall=tuple(most * units.capacitance for _, most in caps["fall"]),
        least_rise=tuple(least * units.capacitance for least, _ in caps["rise"]),
        least_fall=tuple(least * units.capacitance for least, _ in caps["fall"]),
        max_load=tuple(number(p.group, "max_capacitance", source, max_load) * units.capacitance for p in cell.outputs),
        clock_pins=_clock_pins(cell),
        dont_use=cell.group.get("dont_use").lower() == "true",
        arcs=arcs,
        powers=powers,
    )


def _capacitance(pin: Pin, edge: str, source: Source, default: float) -> tuple[float, float]:
    """Smallest and largest capacitance that the file states for `edge` ("rise" or "fall"), in the file's unit."""
    range_name = f"{edge}_capacitance_range"
    if range_name not in pin.group.attrs:
        only = number(pin.group, f"{edge}_capacitance", source, number(pin.group, "capacitance", source, default))
        return only, only
    text = pin.group.get(range_name)
    try:
        values = [float(w) for w in split(text)]
        return min(values), max(values)
    except ValueError:
        source.fail(f"expected two numbers in {range_name}, found {text!r}", pin.group.at_attr(range_name))


def _clock_pins(cell: Cell) -> tuple[int, ...]:
    clocks = logic.variables(cell.type.state.clock) if cell.type.state and cell.type.state.kind == "ff" else ()
    is_clock = (p.name in clocks or p.group.get("clock").lower() == "true" for p in cell.inputs)
    return tuple(i for i, yes in enumerate(is_clock) if yes)


def _leakage(library: Group, source: Source, units: Units, cell: Cell) -> tuple[float, tuple[tuple[Expr, float], ...]]:
    """Unconditional and conditional leakage in nW; groups of different supplies add up."""
    by_condition: dict[Expr | None, float] = {}
    for group in cell.group.each("leakage_power"):
        value = number(group, "value", source) * units.leakage
        condition = cell.condition(group)
        by_condition[condition] = by_condition.get(condition, 0.0) + value
    default = number(library, "default_cell_leakage_power", source, 0.0)
    plain = number(cell.group, "cell_leakage_power", source, default) * units.leakage
    leakage = by_condition.pop(None, plain)
    return leakage, tuple((c, v) for c, v in by_condition.items() if c is not None)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    except OSError as e:
        raise InputError(f"cannot be read: {e.strerror or e}", file=path) from e

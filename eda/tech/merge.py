"""Several libraries of one kit as one: ASAP7 comes as five files."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Sequence

import numpy as np

from eda.errors import InputError, UsageError
from eda.tech.library import Arcs, LibCell, Library, Powers, TableSet

_SHARED = ("voltage", "temperature", "slew_lower", "slew_upper", "slew_derate")


def merge_libraries(libraries: Sequence[Library], name: str) -> Library:
    """One library with the cells of all, in order; the one itself if there is only one.

    Raises `InputError` if they differ in corner or slew thresholds, or if two of them have a cell of the same name.
    """
    if not libraries:
        raise UsageError("expected at least one library to merge, found none")
    first = libraries[0]
    if len(libraries) == 1:
        return first
    for other in libraries[1:]:
        for field in _SHARED:
            ours, theirs = getattr(first, field), getattr(other, field)
            if ours != theirs:
                raise InputError(f"expected {field} {ours:g} as in {first.path}, found {theirs:g}", file=other.path)
    _check_names(libraries)
    return dataclasses.replace(
        first,
        name=name,
        digest=hashlib.sha256("".join(lib.digest for lib in libraries).encode()).hexdigest(),
        cells=_cells(libraries),
        tables=_tables([lib.tables for lib in libraries]),
        arcs=_arcs(libraries),
        powers=_powers(libraries),
    )


def _check_names(libraries: Sequence[Library]) -> None:
    seen: dict[str, Library] = {}
    for library in libraries:
        for name in library.index:
            if name in seen:
                raise InputError(f"a second cell {name!r}; the first is in {seen[name].path}", file=library.path)
            seen[name] = library


def _cells(libraries: Sequence[Library]) -> tuple[LibCell, ...]:
    out = []
    arcs = powers = 0
    for library in libraries:
        for cell in library.cells:
            moved_arcs = range(cell.arcs.start + arcs, cell.arcs.stop + arcs)
            moved_powers = range(cell.powers.start + powers, cell.powers.stop + powers)
            out.append(dataclasses.replace(cell, arcs=moved_arcs, powers=moved_powers))
        arcs += len(library.arcs.cell)
        powers += len(library.powers.cell)
    return tuple(out)


def _tables(parts: Sequence[TableSet]) -> TableSet:
    shape = tuple(max(t.values.shape[k] for t in parts) for k in (1, 2))
    values = [_padded(t.values, (0, *(n - have for n, have in zip(shape, t.values.shape[1:], strict=True)))) for t in parts]
    axis0 = [_padded(t.axis0, (0, shape[0] - t.axis0.shape[1]), math.inf) for t in parts]
    axis1 = [_padded(t.axis1, (0, shape[1] - t.axis1.shape[1]), math.inf) for t in parts]
    n0, n1 = [t.n0 for t in parts], [t.n1 for t in parts]
    return TableSet(*(_joined(part) for part in (values, axis0, axis1, n0, n1)))


def _padded(array: np.ndarray, by: tuple[int, ...], value: float | None = None) -> np.ndarray:
    """`array` longer by `by` along each axis, filled with `value`, or with its last entries where that is None."""
    widths = [(0, n) for n in by]
    return np.pad(array, widths, "edge") if value is None else np.pad(array, widths, constant_values=value)


def _arcs(libraries: Sequence[Library]) -> Arcs:
    parts = [lib.arcs for lib in libraries]
    first_cells, first_tables = _offsets(libraries)
    return Arcs(
        cell=_joined([a.cell + k for a, k in zip(parts, first_cells, strict=True)]),
        source=_joined([a.source for a in parts]),
        target=_joined([a.target for a in parts]),
        kind=_joined([a.kind for a in parts]),
        sense=_joined([a.sense for a in parts]),
        edge=_joined([a.edge for a in parts]),
        delay=_joined([_moved(a.delay, k) for a, k in zip(parts, first_tables, strict=True)]),
        slew=_joined([_moved(a.slew, k) for a, k in zip(parts, first_tables, strict=True)]),
        when=tuple(w for a in parts for w in a.when),
    )


def _powers(libraries: Sequence[Library]) -> Powers:
    parts = [lib.powers for lib in libraries]
    first_cells, first_tables = _offsets(libraries)
    return Powers(
        cell=_joined([p.cell + k for p, k in zip(parts, first_cells, strict=True)]),
        pin=_joined([p.pin for p in parts]),
        is_input=_joined([p.is_input for p in parts]),
        related=_joined([p.related for p in parts]),
        table=_joined([_moved(p.table, k) for p, k in zip(parts, first_tables, strict=True)]),
        when=tuple(w for p in parts for w in p.when),
        supply=tuple(s for p in parts for s in p.supply),
    )


def _offsets(libraries: Sequence[Library]) -> tuple[list[np.int32], list[np.int32]]:
    """The number that the first cell and the first table of each library get."""
    cells = np.cumsum([0, *(len(lib.cells) for lib in libraries)], dtype=np.int32)
    tables = np.cumsum([0, *(len(lib.tables.n0) for lib in libraries)], dtype=np.int32)
    return list(cells[:-1]), list(tables[:-1])


def _moved(rows: np.ndarray, by: np.int32) -> np.ndarray:
    return np.where(rows < 0, rows, rows + by)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    out = np.concatenate(parts)
    out.flags.writeable = False
    return out

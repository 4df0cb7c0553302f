"""LEF files as one: the plain data of `eda.tech.lef_data`, read by `eda.tech.lef_reader`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from eda.errors import InputError
from eda.ir.files import read_text
from eda.tech.lef_data import Box, Layer, Lef, Macro, MacroPin, Shape, Site, Via
from eda.tech.lef_reader import parse_lef

__all__ = ["Box", "Layer", "Lef", "Macro", "MacroPin", "Shape", "Site", "Via", "read_lef"]

_Item = TypeVar("_Item")


def read_lef(paths: str | Path | Iterable[str | Path]) -> Lef:
    """The LEF files `paths` (plain or gzipped) as one: usually the technology's, then the cells'.

    Raises `InputError` naming file, line and expectation, also where two files define the same macro or layer;
    `UnsupportedError` for geometry other than rectangles and polygons.
    """
    names = [Path(paths)] if isinstance(paths, str | Path) else [Path(p) for p in paths]
    parts = [parse_lef(read_text(path), path) for path in names]
    return Lef(
        paths=tuple(names),
        database_units=next((p.database_units for p in parts if p.database_units), None),
        grid=next((p.grid for p in parts if p.grid), None),
        layers=_union(names, [p.layers for p in parts]),
        vias=_union(names, [p.vias for p in parts]),
        sites=_union(names, [p.sites for p in parts]),
        macros=_union(names, [p.macros for p in parts]),
    )


def _union(paths: list[Path], parts: list[Mapping[str, _Item]]) -> dict[str, _Item]:
    out: dict[str, _Item] = {}
    for path, part in zip(paths, parts, strict=True):
        again = next((name for name in part if name in out and part[name] != out[name]), None)
        if again is not None:
            raise InputError(f"expected each definition once, found another one of {again!r}", file=path)
        out.update(part)
    return out

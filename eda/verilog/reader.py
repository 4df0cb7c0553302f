"""Structural Verilog to a flat `Netlist`: library cells, gates, assignments of gate expressions, hierarchy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eda.ir.cells import CellType
from eda.ir.files import read_text
from eda.ir.netlist import Netlist
from eda.verilog.elaborate import find_top, flatten
from eda.verilog.generic import present
from eda.verilog.lexer import Source
from eda.verilog.modules import read_modules
from eda.verilog.resolve import resolve

_NO_TYPES: Mapping[str, CellType] = {}


def read_verilog(path: str | Path, *, types: Mapping[str, CellType] = _NO_TYPES, top: str | None = None) -> Netlist:
    """Read a plain or gzipped file of structural Verilog.

    `types` are the library cells by name (``library.types``); a module of the same name is taken as a model of the
    cell and not read. `top` may be left out if one module is instantiated by no other. Names of the forms ``_n12_``
    (nets) and ``_c12_`` (cells) are automatic. Raises `InputError` or `UnsupportedError` naming file, line, and what
    was expected or is not supported.
    """
    return parse_verilog(read_text(path), types=types, top=top, file=path)


def parse_verilog(
    text: str, *, types: Mapping[str, CellType] = _NO_TYPES, top: str | None = None, file: object = None
) -> Netlist:
    """Read `text` as `read_verilog` does; `file` is the name to show in errors."""
    types = {**types, **present(text)}
    design = read_modules(Source(text, file), types)
    return resolve(flatten(design, find_top(design, top), types))

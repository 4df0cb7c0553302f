"""Any design file to a netlist, whatever its language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from eda.errors import UnsupportedError, UsageError
from eda.ir.cells import CellType
from eda.ir.files import read_text
from eda.ir.netlist import Netlist

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_MODULE = re.compile(r"\bmodule\s+(?:automatic\s+)?(\w+)")

AIGER = (".aig", ".aag")
VERILOG = (".v", ".sv", ".vg")


def suffix(path: Path) -> str:
    """The file's ending without ``.gz``, in lower case."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def load_design(
    path: Path, *, top: str | None = None, pdk: str = "nangate45", pdk_root: str | None = None, time_limit: float = 600.0
) -> Netlist:
    """The netlist in an AIGER file, in structural Verilog over the cells of `pdk`, or in RTL elaborated by Yosys.

    Raises `UsageError` for another kind of file, `InputError` for a malformed one.
    """
    ending = suffix(path)
    if ending in AIGER:
        from eda.ir.aiger import read_aiger
        from eda.ir.convert import from_aig

        return from_aig(read_aiger(path), name=path.name.split(".")[0])
    if ending not in VERILOG:
        raise UsageError(f"{path}: expected a design that ends in {' '.join(VERILOG + AIGER)} (or these with .gz)")
    from eda.verilog.reader import read_verilog

    try:
        return read_verilog(path, types=library_types(pdk, pdk_root), top=top)
    except UnsupportedError:
        from eda.verilog.rtl import read_rtl

        return read_rtl([path], top or only_module([path]), time_limit=time_limit)


def only_module(paths: Sequence[Path]) -> str:
    """The one module of some RTL that no other text in it names; raises `UsageError` if there is not exactly one."""
    text = "\n".join(_COMMENT.sub(" ", read_text(path)) for path in paths)
    names = _MODULE.findall(text)
    tops = [name for name in names if len(re.findall(rf"\b{re.escape(name)}\b", text)) == 1]
    if len(tops) != 1:
        found = ", ".join(tops or names) or "no module"
        raise UsageError(f"{', '.join(map(str, paths))}: name the top module with --top; found {found}")
    return tops[0]


def library_types(pdk: str, pdk_root: str | None = None) -> Mapping[str, CellType]:
    """Cell types of a kit, for a reader; none where the default kit is not installed."""
    from eda.tech.pdk import find_pdk

    return find_pdk(pdk, root=pdk_root).library.types

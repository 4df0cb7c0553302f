"""What is synthesized: a netlist, or RTL with its options; each knows how Yosys is to read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from eda.errors import ToolFailed
from eda.flow.adders import adder_map
from eda.ir.files import read_text
from eda.ir.netlist import Netlist
from eda.tech.pdk import Pdk
from eda.verilog.lexer import is_simple
from eda.verilog.rtl import FINISH, Staged, finished, raise_input_error, stage
from eda.verilog.writer import to_verilog

_INCLUDE = re.compile(r'^[ \t]*`include\s+"([^"]+)"', re.MULTILINE)
_HIGH_IMPEDANCE = re.compile(r"'[sS]?[bBoOhHdD][\w?]*[zZ]")
_TRISTATE = ["proc", "flatten", "tribuf -logic"]
"""Without these, Yosys takes an undriven value for one that does not matter."""


@dataclass(frozen=True)
class Rtl:
    """Verilog files and what `eda.verilog.rtl.read_rtl` takes with them."""

    paths: tuple[Path, ...]
    top: str
    defines: Mapping[str, int | str] = field(default_factory=dict)
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    include_dirs: tuple[Path, ...] = ()
    system_verilog: bool = True


class Source(Protocol):
    """A design on its way into Yosys.

    top        its module
    has_cells  library cells stand in it
    """

    @property
    def top(self) -> str: ...

    @property
    def has_cells(self) -> bool: ...

    def identity(self) -> object:
        """All content that the result depends on, as JSON can express it."""

    def stage(self, folder: Path) -> list[str]:
        """Write the files into `folder`; return the commands that read them."""

    def finish(self) -> list[str]:
        """Commands that write the elaborated design; none if the source is itself what the mapped design must equal."""

    def golden(self, folder: Path, output: str) -> Netlist:
        """The design that the mapped one must equal, after a run in `folder` that printed `output`."""

    def explain(self, folder: Path, failed: ToolFailed) -> None:
        """Raise what the user should read instead of `failed`, if the source is to blame."""


@dataclass(frozen=True)
class NetlistSource:
    """A netlist of generic or library cells; generic adders become adder cells of `pdk` if `keep_adders`."""

    netlist: Netlist
    pdk: Pdk
    keep_adders: bool

    @property
    def top(self) -> str:
        return self.netlist.name if is_simple(self.netlist.name) else "top"

    @property
    def has_cells(self) -> bool:
        return not all(t.is_generic for t in self.netlist.types)

    @property
    def _rules(self) -> str:
        return adder_map(self.pdk.defaults) if self.keep_adders else ""

    def identity(self) -> object:
        return {"netlist": self.netlist.digest, "adders": self._rules}

    def stage(self, folder: Path) -> list[str]:
        (folder / "source.v").write_text(to_verilog(replace(self.netlist, name=self.top)))
        (folder / "adders.v").write_text(self._rules)
        return ["read_verilog source.v", *(["techmap -map adders.v"] if self._rules else [])]

    def finish(self) -> list[str]:
        return []

    def golden(self, folder: Path, output: str) -> Netlist:
        return self.netlist

    def explain(self, folder: Path, failed: ToolFailed) -> None:
        return


@dataclass(frozen=True)
class RtlSource:
    """RTL for the kit `pdk`, whose cells it may instantiate."""

    rtl: Rtl
    pdk: Pdk

    @property
    def top(self) -> str:
        return self.rtl.top

    @cached_property
    def texts(self) -> dict[Path, str]:
        """Every source file, and every file that these include, directly or not, where it is found."""
        found: dict[Path, str] = {}
        todo = list(self.rtl.paths)
        while todo:
            path = todo.pop()
            if path not in found:
                found[path] = read_text(path)
                todo += self._included(path, found[path])
        return found

    def _included(self, path: Path, text: str) -> Iterator[Path]:
        folders = [path.parent, *self.rtl.include_dirs, *(p.parent for p in self.rtl.paths)]
        for name in _INCLUDE.findall(text):
            yield from ((folder / name).resolve() for folder in folders if (folder / name).is_file())

    @cached_property
    def has_cells(self) -> bool:
        cells = set(self.pdk.library.types)
        return any(cells.intersection(re.findall(r"\w+", text)) for text in self.texts.values())

    def identity(self) -> object:
        r = self.rtl
        texts = [self.texts[p] for p in r.paths], sorted(self.texts.values())
        return {
            "texts": texts,
            "top": r.top,
            "defines": dict(r.defines),
            "parameters": dict(r.parameters),
            "sv": r.system_verilog,
        }

    def stage(self, folder: Path) -> list[str]:
        commands = [command.strip() for command in self._staged(folder).commands]
        return [*commands, *(_TRISTATE if any(map(_HIGH_IMPEDANCE.search, self.texts.values())) else [])]

    def _staged(self, folder: Path) -> Staged:
        r = self.rtl
        return stage(
            folder,
            r.paths,
            r.top,
            defines=r.defines,
            parameters=r.parameters,
            include_dirs=r.include_dirs,
            system_verilog=r.system_verilog,
        )

    def finish(self) -> list[str]:
        """Library cells become gates, and so do the two sorts of gates that only Yosys's own mapping makes."""
        functions = [f"read_liberty -ignore_miss_func -overwrite lib_{i}.lib" for i in range(len(self.pdk.liberty_files))]
        return [
            *([*functions, "flatten -noscopeinfo"] if self.has_cells else []),
            "aigmap t:$_ANDNOT_ t:$_ORNOT_",
            *FINISH.splitlines(),
        ]

    def golden(self, folder: Path, output: str) -> Netlist:
        return finished(folder, output, self._staged(folder))

    def explain(self, folder: Path, failed: ToolFailed) -> None:
        raise_input_error(folder, failed, self._staged(folder))

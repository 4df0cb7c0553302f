"""The TOML file that describes a process kit: which files it has, and what a flow must know about its cells."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from eda.errors import InputError, suggest
from eda.ir.files import read_text


class Wire(NamedTuple):
    """Wire parasitics per um: `r` in kOhm, `c` in fF."""

    r: float
    c: float


@dataclass(frozen=True)
class AdderCell:
    """A full-adder cell (pins a, b, c -> sum, carry) or a half-adder cell (`c` is "").

    `sum_inverted` and `carry_inverted`: the pin gives the complement, as in ASAP7.
    """

    cell: str
    a: str
    b: str
    c: str
    sum: str
    carry: str
    sum_inverted: bool = False
    carry_inverted: bool = False


@dataclass(frozen=True)
class Defaults:
    """How a flow uses the kit unless told otherwise.

    driver     cell that drives every input
    load_ff    load of every output, fF
    dont_use   shell patterns of cells that mapping leaves alone
    tie_high, tie_low   ``CELL/PIN``, or "" where the kit has none
    """

    driver: str
    load_ff: float
    dont_use: tuple[str, ...] = ()
    tie_high: str = ""
    tie_low: str = ""
    full_adder: AdderCell | None = None
    half_adder: AdderCell | None = None


@dataclass(frozen=True)
class Arrangement:
    """One way in which the kit's files come: plain names, each sought with and without ``.gz``."""

    liberty: tuple[str, ...]
    lef: tuple[str, ...]
    verilog: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """A kit's TOML file.

    package    folder inside an installed Python distribution, ``DISTRIBUTION/FOLDER``, or ""
    system     folder where a system package puts the files, or ""
    get        the line that gets the kit
    signal, clock   wires of signal and clock nets: parasitics, or the name of a layer
    layers, vias    wires per layer and kOhm per cut, for layers where the LEF says nothing or something else
    sha256     of known files, by name
    """

    path: Path
    name: str
    summary: str
    licence: str
    corner: str
    units: str
    get: str
    package: str
    system: str
    arrangements: tuple[Arrangement, ...]
    defaults: Defaults
    signal: Wire | str
    clock: Wire | str
    layers: Mapping[str, Wire] = field(default_factory=dict)
    vias: Mapping[str, float] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)


def read_description(path: str | Path) -> Description:
    """The description in a TOML file; raises `InputError` naming file, line and, for an unknown key, the nearest one."""
    path = Path(path)
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        m = re.search(r"\(at line (\d+)", str(e))
        raise InputError(f"expected TOML: {e}", file=path, line=int(m[1]) if m else None) from e
    top = _Table(content, "", text, path)
    wires = top.table("wires")
    description = Description(
        path=path,
        name=top.text("name"),
        summary=top.text("summary"),
        licence=top.text("licence"),
        corner=top.text("corner"),
        units=top.text("units"),
        get=top.text("get"),
        package=top.text("package", ""),
        system=top.text("system", ""),
        arrangements=tuple(_arrangement(t) for t in top.tables("files")),
        defaults=_defaults(top.table("defaults")),
        signal=wires.wire_or_layer("signal"),
        clock=wires.wire_or_layer("clock"),
        layers=wires.table("layers", optional=True).wires(),
        vias=wires.table("vias", optional=True).numbers(),
        sha256=top.table("sha256", optional=True).texts(),
    )
    wires.finish()
    top.finish()
    return description


def _arrangement(t: _Table) -> Arrangement:
    files = Arrangement(t.names("liberty"), t.names("lef", ()), t.names("verilog", ()))
    t.finish()
    return files


def _defaults(t: _Table) -> Defaults:
    defaults = Defaults(
        driver=t.text("driver"),
        load_ff=t.number("load_ff"),
        dont_use=t.names("dont_use", ()),
        tie_high=t.text("tie_high", ""),
        tie_low=t.text("tie_low", ""),
        full_adder=_adder(t.table("full_adder"), "c") if "full_adder" in t else None,
        half_adder=_adder(t.table("half_adder"), "") if "half_adder" in t else None,
    )
    t.finish()
    return defaults


def _adder(t: _Table, carry_in: str) -> AdderCell:
    adder = AdderCell(
        cell=t.text("cell"),
        a=t.text("a"),
        b=t.text("b"),
        c=t.text(carry_in) if carry_in else "",
        sum=t.text("sum"),
        carry=t.text("carry"),
        sum_inverted=t.flag("sum_inverted"),
        carry_inverted=t.flag("carry_inverted"),
    )
    t.finish()
    return adder


class _Table:
    """A TOML table that remembers which keys were asked for, so that `finish` can refuse the others."""

    def __init__(self, content: dict[str, Any], name: str, text: str, path: Path, start: int | None = None) -> None:
        self._content, self._name, self._text, self._path = content, name, text, path
        self._start = start
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._known.add(key)
        return key in self._content

    def text(self, key: str, default: str | None = None) -> str:
        return self._get(key, str, "a text", default)

    def number(self, key: str) -> float:
        return float(self._get(key, (int, float), "a number"))

    def flag(self, key: str) -> bool:
        return self._get(key, bool, "true or false", False)

    def names(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        value = self._get(key, list, "a list of texts", default)
        if not all(isinstance(v, str) for v in value):
            self._fail(f"expected a list of texts, found {value!r}", self._place(key))
        return tuple(value)

    def table(self, key: str, *, optional: bool = False) -> _Table:
        return self._inner(key, self._get(key, dict, "a table", {} if optional else None))

    def tables(self, key: str) -> list[_Table]:
        value = self._get(key, list, f"one or more tables [[{key}]]")
        if not value or not all(isinstance(v, dict) for v in value):
            self._fail(f"expected one or more tables [[{key}]], found {value!r}", self._place(key))
        starts = [m.start() for m in re.finditer(rf"^[ \t]*\[\[{re.escape(key)}\]\]", self._text, re.MULTILINE)]
        places = [*starts, *[self._start] * len(value)]
        return [_Table(v, key, self._text, self._path, places[i]) for i, v in enumerate(value)]

    def wire_or_layer(self, key: str) -> Wire | str:
        value = self._get(key, (str, dict), "a layer's name or { r = .., c = .. }")
        return value if isinstance(value, str) else self._wire(key, value)

    def wires(self) -> dict[str, Wire]:
        return {key: self._wire(key, self._get(key, dict, "{ r = .., c = .. }")) for key in self._content}

    def numbers(self) -> dict[str, float]:
        return {key: self.number(key) for key in self._content}

    def texts(self) -> dict[str, str]:
        return {key: self.text(key) for key in self._content}

    def finish(self) -> None:
        """Refuse keys that nothing has asked for."""
        for key in self._content:
            if key not in self._known:
                where = f" in [{self._name}]" if self._name else ""
                self._fail(f"unknown key {key!r}{where}{suggest(key, self._known)}", self._place(key))

    def _wire(self, key: str, value: dict[str, Any]) -> Wire:
        table = self._inner(key, value)
        wire = Wire(table.number("r"), table.number("c"))
        table.finish()
        return wire

    def _inner(self, key: str, value: dict[str, Any]) -> _Table:
        return _Table(value, f"{self._name}.{key}" if self._name else key, self._text, self._path, self._place(key))

    def _get(self, key: str, kind: type | tuple[type, ...], expected: str, default: Any = None) -> Any:
        self._known.add(key)
        if key not in self._content:
            if default is not None:
                return default
            where = f" in [{self._name}]" if self._name else ""
            near = get_close_matches(key, [k for k in self._content if k not in self._known], n=1)
            found, at = (repr(near[0]), self._place(near[0])) if near else ("none", self._start)
            self._fail(f"expected the key {key!r}{where}, found {found}", at)
        value = self._content[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._fail(f"expected {expected} for {key!r}, found {value!r}", self._place(key))
        return value

    def _place(self, key: str) -> int | None:
        """Where `key` stands in the text, at or after the table's own start; None if it is spelled in another way."""
        before = r"(?:^[ \t]*\[{0,2}(?:[\w-]+\.)*|[{,][ \t]*)"
        pattern = re.compile(rf"{before}([\"']?{re.escape(key)}[\"']?)[ \t]*[=\]]", re.MULTILINE)
        m = pattern.search(self._text, self._start or 0)
        return m.start(1) if m else self._start

    def _fail(self, message: str, at: int | None) -> NoReturn:
        line = None if at is None else self._text.count("\n", 0, at) + 1
        raise InputError(message, file=self._path, line=line)

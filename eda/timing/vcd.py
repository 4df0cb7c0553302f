"""Activity from a value change dump (VCD) of a simulation at gate level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.files import read_text
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.ir.vectors import WORD, Words
from eda.timing.activity import Activity

_UNIT_PS = {"s": 1e12, "ms": 1e9, "us": 1e6, "ns": 1e3, "ps": 1.0, "fs": 1e-3}
_UNKNOWN = 2
_LEVELS = {"0": 0, "1": 1, "x": _UNKNOWN, "z": _UNKNOWN}


@dataclass(frozen=True, eq=False)
class Vcd:
    """Waveforms of single bits by hierarchical name (``tb.dut.sum[3]``): times in units, and values 0, 1, 2 (unknown).

    end: the last time; unit_ps: what one unit of time is.
    """

    waves: Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]
    end: int
    unit_ps: float


def read_vcd(path: str | Path) -> Vcd:
    """Read a plain or gzipped VCD file. Raises `InputError` naming file and line."""
    reader = _Reader(path)
    for number, line in enumerate(read_text(Path(path)).splitlines(), 1):
        reader.line = number
        reader.read(line.split())
    return reader.result()


class _Reader:
    """State of reading: declarations first, then changes."""

    def __init__(self, path: str | Path) -> None:
        self.path, self.line = path, 0
        self.unit_ps, self.time = 0.0, 0
        self.declaring, self.open = True, list[str]()
        self.scopes: list[str] = []
        self.bits: dict[str, list[list[str]]] = {}  # identifier -> names of each bit, most significant first
        self.changes: dict[str, tuple[list[int], list[str]]] = {}

    def fail(self, message: str) -> InputError:
        return InputError(message, file=self.path, line=self.line)

    def read(self, words: list[str]) -> None:
        if self.declaring:
            self._declare(words)
        else:
            self._change(words)

    def _declare(self, words: list[str]) -> None:
        """Collect the words of a section up to its ``$end``."""
        for word in words:
            if word != "$end":
                self.open.append(word)
                continue
            keyword, rest = (self.open[0], self.open[1:]) if self.open else ("", [])
            self.open = []
            if keyword == "$timescale":
                self._timescale("".join(rest))
            elif keyword == "$scope" and len(rest) == 2:
                self.scopes.append(rest[1])
            elif keyword == "$upscope" and self.scopes:
                self.scopes.pop()
            elif keyword == "$var":
                self._variable(rest)
            elif keyword == "$enddefinitions":
                self.declaring = False

    def _timescale(self, text: str) -> None:
        match = re.fullmatch(r"(\d+)\s*([munpf]?s)", text)
        if match is None:
            raise self.fail(f"expected a $timescale such as '1 ps', found {text!r}")
        self.unit_ps = int(match[1]) * _UNIT_PS[match[2]]

    def _variable(self, words: list[str]) -> None:
        if len(words) < 4 or not words[1].isdigit():
            raise self.fail(f"expected '$var type size identifier name', found {' '.join(words)!r}")
        size, identifier, name = int(words[1]), words[2], "".join(words[3:]).removeprefix("\\")
        match = re.fullmatch(r"(.*)\[(\d+):(\d+)\]", name)
        names = [name]
        if match is not None:
            left, right = int(match[2]), int(match[3])
            step = 1 if right >= left else -1
            names = [f"{match[1]}[{i}]" for i in range(left, right + step, step)]
        if words[0] != "real" and len(names) == size:
            path = ".".join(self.scopes)
            self.bits.setdefault(identifier, []).append([f"{path}.{n}" for n in names])

    def _change(self, words: list[str]) -> None:
        at = iter(words)
        for word in at:
            if word[0] == "#":
                if not word[1:].isdigit():
                    raise self.fail(f"expected a time, found {word!r}")
                self.time = int(word[1:])
            elif word[0] in "bB":
                self._record(next(at, ""), word[1:].lower())
            elif word[0] in "rR":
                next(at, "")
            elif word[0].lower() in _LEVELS:
                self._record(word[1:], word[0].lower())
            elif word[0] != "$":
                raise self.fail(f"expected a time or a change of value, found {word!r}")

    def _record(self, identifier: str, value: str) -> None:
        if not identifier or not set(value) <= set(_LEVELS):
            raise self.fail(f"expected a value of 0, 1, x, z and an identifier, found {value!r} {identifier!r}")
        times, values = self.changes.setdefault(identifier, ([], []))
        times.append(self.time)
        values.append(value)

    def result(self) -> Vcd:
        if self.declaring or not self.unit_ps:
            raise self.fail("expected a $timescale and $enddefinitions, found the end of the file")
        waves = dict(wave for identifier in self.changes for wave in self._waves(identifier))
        return Vcd(waves, self.time, self.unit_ps)

    def _waves(self, identifier: str) -> Iterator[tuple[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]]:
        times, values = self.changes[identifier]
        for names in self.bits.get(identifier, []):
            # a value shorter than the variable is extended with its leading bit where that is x or z, else with 0
            rows = [v.rjust(len(names), v[0] if v[0] in "xz" else "0") for v in values]
            for i, name in enumerate(names):
                yield name, (np.array(times), np.array([_LEVELS[row[i]] for row in rows], dtype=np.uint8))


def vcd_activity(path: str | Path, netlist: Netlist, *, period_ps: float, scope: str = "") -> Activity:
    """Activity of `netlist` as a simulation dumped it; glitches count.

    The dump must show all input ports and all nets that cells drive, by their names in the netlist, in one `scope`
    (such as ``tb.dut``; empty: the scope that shows most of them). Unknown values count as 0 and their changes not at all.
    Raises `InputError` if nets are missing or the dump is shorter than one period.
    """
    vcd = read_vcd(path)
    names = {netlist.net_label(n): n for n in range(FIRST_INPUT_NET, netlist.n_nets)} | dict(netlist.net_by_name)
    found = _in_scope(vcd, names, scope)
    missing = set(range(FIRST_INPUT_NET, netlist.n_nets)) - set(found.values())
    if missing:
        first = netlist.net_label(min(missing))
        message = f"expected every net of {netlist.name} in one scope; {len(missing)} are missing, such as {first!r}"
        raise InputError(message, file=path)
    periods = int(vcd.end * vcd.unit_ps / period_ps)
    if periods < 1:
        raise InputError(f"the dump ends after {vcd.end * vcd.unit_ps:g} ps, before one period of {period_ps:g} ps", file=path)
    moments = np.arange(1, 2 * periods + 1) * (period_ps / 2 / vcd.unit_ps)
    bits = np.zeros((netlist.n_nets, -(-len(moments) // WORD) * WORD), dtype=np.uint8)
    toggles = np.zeros(netlist.n_nets)
    bits[1] = 1
    for name, net in found.items():
        times, values = vcd.waves[name]
        at = np.searchsorted(times, moments, side="left") - 1
        bits[net, : len(moments)] = np.where(at >= 0, values[np.maximum(at, 0)] == 1, 0)
        known = values[values != _UNKNOWN]
        toggles[net] = np.count_nonzero(known[1:] != known[:-1]) / periods
    counted = np.arange(bits.shape[1]) < len(moments)
    return Activity(_words(bits), _words(counted), toggles, f"dump of a simulation, {periods} periods")


def _words(bits: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]) -> Words:
    return np.packbits(bits, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def _in_scope(vcd: Vcd, names: Mapping[str, int], scope: str) -> dict[str, int]:
    """``{hierarchical name: net}`` for the names of one scope."""
    by_scope: dict[str, dict[str, int]] = {}
    for path in vcd.waves:
        place, _, name = path.rpartition(".")
        if name in names:
            by_scope.setdefault(place, {})[path] = names[name]
    if scope:
        return by_scope.get(scope, {})
    return max(by_scope.values(), key=lambda found: len(set(found.values())), default={})

"""AIGER files (version 1.9 without properties): binary and ASCII, with symbols, latches and reset values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eda.errors import InputError, UnsupportedError, UsageError
from eda.ir.aig import UNKNOWN, Aig
from eda.ir.files import read_bytes, write_atomic
from eda.ir.netlist import IntArray

_MAX_VARIABLES = 2**30 - 1
_PROPERTIES = ("bad states", "constraints", "justice properties", "fairness constraints")


def read_aiger(path: str | Path) -> Aig:
    """Read an ``.aig`` or ``.aag`` file, plain or gzipped; the first word of the file tells which it is.

    Raises `InputError` with the line (in the binary part: the byte) of what is malformed, and `UnsupportedError` for
    safety and liveness properties.
    """
    stem = Path(path).name.removesuffix(".gz")
    return parse_aiger(read_bytes(path), name=stem.removesuffix(".aig").removesuffix(".aag"), file=path)


def parse_aiger(raw: bytes, *, name: str = "aig", file: object = None) -> Aig:
    """The graph in the bytes of an AIGER file; `file` is named in errors."""
    lines = _Lines(raw, file)
    header = lines.words("the header 'aig M I L O A' or 'aag M I L O A'")
    if header[0] not in ("aig", "aag"):
        raise lines.error(f"expected 'aig' or 'aag' at the start of the file, found {header[0][:20]!r}")
    counts = [lines.number(w, _MAX_VARIABLES) for w in header[1:]]
    if not 5 <= len(counts) <= 9:
        raise lines.error(f"expected 5 to 9 numbers in the header, found {len(counts)}")
    for what, count in zip(_PROPERTIES, counts[5:], strict=False):
        if count:
            raise UnsupportedError(f"{what} are not supported", file=file, line=1)
    read = _read_binary if header[0] == "aig" else _read_ascii
    fanin, outputs, next_state, reset = read(lines, *counts[:5])
    _, n_inputs, n_latches, n_outputs, _ = counts[:5]
    names = _read_symbols(lines, {"i": n_inputs, "l": n_latches, "o": n_outputs})
    return Aig(name, names["i"], names["l"], names["o"], fanin, outputs, next_state, reset)


class _Lines:
    """A cursor over the lines of a file that may have binary parts."""

    def __init__(self, raw: bytes, file: object) -> None:
        self.raw, self.file = raw, file
        self.at, self.line = 0, 0
        self.binary_from: int | None = None

    def words(self, expected: str) -> list[str]:
        """The words of the next line; there must be one."""
        text = self.next()
        words = text.split() if text is not None else []
        if not words:
            raise self.error(f"expected {expected}, found {'the end of the file' if text is None else 'an empty line'}")
        return words

    def next(self) -> str | None:
        """The next line, or None at the end of the file."""
        if self.at >= len(self.raw):
            return None
        end = self.raw.find(b"\n", self.at)
        end = len(self.raw) if end < 0 else end
        line, self.start, self.at, self.line = self.raw[self.at : end], self.at, end + 1, self.line + 1
        try:
            return line.decode()
        except UnicodeDecodeError as e:
            raise self.error("expected text") from e

    def number(self, word: str, limit: int) -> int:
        """A decimal number of 0..limit."""
        if not (word.isascii() and word.isdigit() and len(word) <= 12 and int(word) <= limit):
            raise self.error(f"expected a number from 0 to {limit}, found {word[:20]!r}")
        return int(word)

    def numbers(self, expected: str, count: Sequence[int], limit: int) -> list[int]:
        """The numbers of the next line, as many as one of `count`."""
        words = self.words(expected)
        if len(words) not in count:
            raise self.error(f"expected {expected}, found {' '.join(words)[:60]!r}")
        return [self.number(w, limit) for w in words]

    def error(self, message: str) -> InputError:
        """An error at the current line, or at its first byte after a binary part."""
        if self.binary_from is not None:
            return InputError(f"{message} (at byte {self.start})", file=self.file)
        return InputError(message, file=self.file, line=max(self.line, 1))


Arrays = tuple[IntArray, IntArray, IntArray, IntArray]


# --- reading ----------------------------------------------------------------------------------------------------------------


def _read_binary(lines: _Lines, n_max: int, n_inputs: int, n_latches: int, n_outputs: int, n_ands: int) -> Arrays:
    first = 1 + n_inputs + n_latches
    if n_max != first - 1 + n_ands:
        raise lines.error(f"the largest variable is {n_max}, expected I + L + A = {first - 1 + n_ands}")
    top = 2 * n_max + 1
    _expect_bytes(lines, 2 * (n_latches + n_outputs + n_ands))
    next_state, reset = [], []
    for i in range(n_latches):
        literal, *start = lines.numbers("a next state and at most a reset value", (1, 2), top)
        next_state.append(literal)
        reset.append(_reset(lines, start, 2 * (1 + n_inputs + i)))
    outputs = [lines.numbers("an output literal", (1,), top)[0] for _ in range(n_outputs)]
    fanin = _read_deltas(lines, first, n_ands)
    return fanin, np.array(outputs, dtype=np.int32), np.array(next_state, dtype=np.int32), np.array(reset, dtype=np.int8)


def _read_deltas(lines: _Lines, first: int, n_ands: int) -> IntArray:
    """Fan-ins of the binary AND section: two differences each, seven bits a byte, the lowest first."""
    lines.start = lines.binary_from = lines.at
    data = np.frombuffer(lines.raw, np.uint8, offset=min(lines.at, len(lines.raw)), count=-1)
    ends = np.flatnonzero(data < 128)[: 2 * n_ands]
    if len(ends) < 2 * n_ands:
        lines.start = len(lines.raw)
        raise lines.error(f"the file ends within the AND nodes: {len(ends) // 2} of {n_ands} are complete")
    starts = np.concatenate(([0], ends[:-1] + 1)) if n_ands else ends
    lengths = ends - starts + 1
    if n_ands and lengths.max() > 5:
        lines.start += int(starts[lengths.argmax()])
        raise lines.error("a difference of more than five bytes in the AND nodes")
    deltas = np.zeros(2 * n_ands, dtype=np.int64)
    for k in range(int(lengths.max(initial=0))):
        has = lengths > k
        deltas[has] |= (data[starts[has] + k] & 127).astype(np.int64) << 7 * k
    own = 2 * (first + np.arange(n_ands))
    high = own - deltas[0::2]
    low = high - deltas[1::2]
    wrong = np.flatnonzero((deltas[0::2] == 0) | (low < 0))
    if len(wrong):
        lines.start += int(starts[2 * wrong[0]])
        raise lines.error(f"the AND node {own[wrong[0]]} does not come after its fan-ins")
    lines.at += int(ends[-1]) + 1 if n_ands else 0
    return np.stack([high, low], axis=1)


def _read_ascii(lines: _Lines, n_max: int, n_inputs: int, n_latches: int, n_outputs: int, n_ands: int) -> Arrays:
    if n_max < n_inputs + n_latches + n_ands:
        raise lines.error(f"the largest variable is {n_max}, expected at least {n_inputs + n_latches + n_ands}")
    top = 2 * n_max + 1
    _expect_bytes(lines, 2 * (n_inputs + n_latches + n_outputs + n_ands))
    variable = {0: 0}  # of the file -> of the graph
    for _ in range(n_inputs):
        _define(lines, variable, lines.numbers("an input literal", (1,), top)[0])
    next_state, reset = [], []
    for _ in range(n_latches):
        own, literal, *start = lines.numbers("a latch literal, its next state and at most a reset value", (2, 3), top)
        _define(lines, variable, own)
        next_state.append((literal, lines.line))
        reset.append(_reset(lines, start, own))
    outputs = [(lines.numbers("an output literal", (1,), top)[0], lines.line) for _ in range(n_outputs)]
    nodes: dict[int, tuple[int, int, int]] = {}
    for _ in range(n_ands):
        own, a, b = lines.numbers("an AND literal and its two fan-ins", (3,), top)
        if own >> 1 in nodes:
            raise lines.error(f"the literal {own} is defined twice")
        _define(lines, variable, own)
        nodes[own >> 1] = (a, b, lines.line)
    _number(nodes, variable, 1 + n_inputs + n_latches, lines)

    def literal_of(entry: tuple[int, int]) -> int:
        return _known(variable, *entry, lines)

    fanin = [sorted((literal_of((a, at)), literal_of((b, at))), reverse=True) for a, b, at in _in_order(nodes, variable)]
    return (
        np.array(fanin, dtype=np.int32).reshape(-1, 2),
        np.array([literal_of(o) for o in outputs], dtype=np.int32),
        np.array([literal_of(n) for n in next_state], dtype=np.int32),
        np.array(reset, dtype=np.int8),
    )


def _define(lines: _Lines, variable: dict[int, int], literal: int) -> None:
    if literal & 1 or literal == 0:
        raise lines.error(f"expected an even literal above 0 for a definition, found {literal}")
    if literal >> 1 in variable:
        raise lines.error(f"the literal {literal} is defined twice")
    variable[literal >> 1] = len(variable)


def _known(variable: dict[int, int], literal: int, line: int, lines: _Lines) -> int:
    if literal >> 1 not in variable:
        raise InputError(f"the literal {literal} is used but never defined", file=lines.file, line=line)
    return 2 * variable[literal >> 1] + (literal & 1)


def _number(nodes: dict[int, tuple[int, int, int]], variable: dict[int, int], first: int, lines: _Lines) -> None:
    """Number the AND nodes from `first`, each after its fan-ins (files need not list them so)."""
    done: set[int] = set()
    for root in nodes:
        todo, open_nodes = [root], set()
        while todo:
            node = todo[-1]
            waiting = [f >> 1 for f in nodes[node][:2] if f >> 1 in nodes and f >> 1 not in done] if node not in done else []
            if not waiting:
                todo.pop()
                if node not in done:
                    variable[node] = first + len(done)
                    done.add(node)
                continue
            open_nodes.add(node)
            if open_nodes.intersection(waiting):
                raise InputError(f"the AND node {2 * node} depends on itself", file=lines.file, line=nodes[node][2])
            todo += waiting


def _in_order(nodes: dict[int, tuple[int, int, int]], variable: dict[int, int]) -> list[tuple[int, int, int]]:
    return [nodes[node] for node in sorted(nodes, key=variable.__getitem__)]


def _reset(lines: _Lines, words: list[int], own: int) -> int:
    value = words[0] if words else 0
    if value not in (0, 1, own):
        raise lines.error(f"expected the reset value 0, 1 or {own} (unknown), found {value}")
    return UNKNOWN if value == own else value


def _expect_bytes(lines: _Lines, least: int) -> None:
    """Refuse a header that promises more than the file can hold, before memory is taken for it."""
    if len(lines.raw) - lines.at < least:
        raise lines.error(f"the header announces more than the file holds: at least {least} bytes must follow it")


def _read_symbols(lines: _Lines, counts: dict[str, int]) -> dict[str, tuple[str, ...]]:
    names: dict[str, list[str | None]] = {kind: [None] * n for kind, n in counts.items()}
    while (text := lines.next()) is not None and text.rstrip("\r") != "c":
        key, _, name = text.rstrip("\r").partition(" ")
        kind, index = key[:1], key[1:]
        if kind not in names or not (index.isascii() and index.isdigit() and len(index) <= 12 and name):
            raise lines.error(f"expected a symbol such as 'i0 name', found {text[:40]!r}")
        if int(index) >= counts[kind]:
            raise lines.error(f"the symbol {key} names an entry beyond the last, {kind}{counts[kind] - 1}")
        if names[kind][int(index)] is not None:
            raise lines.error(f"the symbol {key} appears twice")
        names[kind][int(index)] = name
    return {kind: tuple(n if n is not None else f"{kind}{i}" for i, n in enumerate(v)) for kind, v in names.items()}


# --- writing ----------------------------------------------------------------------------------------------------------------


def write_aiger(aig: Aig, path: str | Path) -> None:
    """Write `aig` with its names: as text if the path ends in ``.aag``, else binary."""
    write_atomic(path, to_aiger(aig, ascii=str(path).endswith(".aag")))


def to_aiger(aig: Aig, *, ascii: bool = False) -> bytes:
    """The AIGER file of `aig`, binary or ASCII. Raises `UsageError` for a name that a symbol line cannot hold."""
    counts = f"{aig.n_variables - 1} {aig.n_inputs} {aig.n_latches} {len(aig.outputs)} {aig.n_ands}"
    lines = [f"{'aag' if ascii else 'aig'} {counts}"]
    if ascii:
        lines += [str(2 * v) for v in range(1, 1 + aig.n_inputs)]
    for i, (literal, reset) in enumerate(zip(aig.next_state.tolist(), aig.reset.tolist(), strict=True)):
        own = 2 * (1 + aig.n_inputs + i)
        words = [own] * ascii + [literal] + ([own if reset == UNKNOWN else reset] if reset else [])
        lines.append(" ".join(map(str, words)))
    lines += map(str, aig.outputs.tolist())
    body = b""
    if ascii:
        lines += [f"{2 * (aig.first_and + i)} {a} {b}" for i, (a, b) in enumerate(aig.fanin.tolist())]
    else:
        body = _deltas(aig)
    return "".join(f"{line}\n" for line in lines).encode() + body + _symbols(aig).encode()


def _deltas(aig: Aig) -> bytes:
    own = 2 * (aig.first_and + np.arange(aig.n_ands))
    values = np.stack([own - aig.fanin[:, 0], aig.fanin[:, 0] - aig.fanin[:, 1]], axis=1).ravel()
    lengths = np.ones(len(values), dtype=np.int64)
    for k in range(1, 5):
        lengths += values >> 7 * k > 0
    starts = np.cumsum(lengths) - lengths
    out = np.zeros(int(lengths.sum()), dtype=np.uint8)
    for k in range(int(lengths.max(initial=0))):
        has = lengths > k
        out[starts[has] + k] = (values[has] >> 7 * k & 127) | np.where(lengths[has] > k + 1, 128, 0)
    return out.tobytes()


def _symbols(aig: Aig) -> str:
    kinds = (("i", aig.input_names), ("l", aig.latch_names), ("o", aig.output_names))
    lines = []
    for kind, names in kinds:
        for i, name in enumerate(names):
            if not name or "\n" in name:
                raise UsageError(f"AIG {aig.name}: the name {name!r} cannot be written as an AIGER symbol")
            lines.append(f"{kind}{i} {name}\n")
    return "".join(lines)

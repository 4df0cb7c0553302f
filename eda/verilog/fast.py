"""The short way through the statements that make up large netlists; whatever it does not know is left to the parser.

A library cell is recognised by a regular expression made from an earlier instance with the same pins in the same
order. A statement that matches none, or that names a wire not declared yet, is read by the general parser with its
checks and messages; so this file has to be right only where it accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from eda.ir import cells
from eda.ir.cells import CellType
from eda.verilog.body import Body
from eda.verilog.lexer import BLANK, KEYWORDS, Cursor, normal, public

_NET = r"([^\s(),;\\]++|\\[^\s(),;]++(?:\ \[\d++\]|(?=\s)))"
_NAME = r"(?:[A-Za-z_][\w$]*+|\\[!-~]++)"
_WORD = re.compile(BLANK + r"([A-Za-z_][\w$]*+)", re.ASCII | re.VERBOSE)
_WIRES = re.compile(rf"wire\s++((?:{_NAME}\s*+,\s*+)*{_NAME})\s*+;", re.ASCII)
_NAMES = re.compile(_NAME, re.ASCII)
_INSTANCE = re.compile(rf"\S++\s++{_NAME}\s*+\(([^;]*)\)\s*+;", re.ASCII)
_PIN = re.compile(rf"\s*+\.([A-Za-z_][\w$]*+)\s*+\(\s*+{_NET}\s*+\)\s*+(?:,|\Z)", re.ASCII)
_ASSIGN = re.compile(
    rf"assign\s++{_NET}\s*+=\s*+(~?+)\s*+(\(?+)\s*+(~?+)\s*+{_NET}"
    rf"(?:\s*+([&|^])\s*+(~?+)\s*+{_NET})?\s*+(\)?+)\s*+;",
    re.ASCII,
)
_PLAIN = {"&": cells.AND, "|": cells.OR, "^": cells.XOR}
_INVERTED = {"&": cells.NAND, "|": cells.NOR, "^": cells.XNOR}
_MOST_SHAPES = 8


@dataclass(frozen=True)
class _Shape:
    """How instances of a library cell are written: `order` has the groups of `pattern` with the nets at the inputs,
    then at the outputs; `open` the positions among the outputs that are not connected; `index` the type in the body."""

    pattern: re.Pattern[str]
    index: int
    n_in: int
    order: tuple[int, ...]
    open: tuple[int, ...]


class FastReader:
    """Reads runs of simple statements of one module from a cursor."""

    def __init__(self, cursor: Cursor, body: Body, types: Mapping[str, CellType]) -> None:
        self._cursor, self._body, self._types = cursor, body, types
        self._shapes: dict[str, list[_Shape]] = {}
        self._others = {"wire": self._wires, "assign": self._assign}

    def run(self) -> None:
        """Read statements until one is left to the parser; the cursor then stands at its first word."""
        text, shapes, others = self._cursor.source.text, self._shapes, self._others
        word, at = _WORD.match, self._cursor.at
        while (m := word(text, at)) is not None:
            first, at = m[1], m.start(1)
            if first in shapes:
                end = self._cells(at, first)
            elif first in others:
                end = others[first](at)
            else:
                break
            if end == at:
                break
            at = end
        if at != self._cursor.at:
            self._cursor.jump(at)

    # --- library cells -----------------------------------------------------------------------------------------------

    def learn(self) -> None:
        """Remember how the instance at the cursor is written, if it is of a library cell and simple enough."""
        text, at = self._cursor.source.text, self._cursor.at
        kind = self._types.get(self._cursor.word)
        known = self._shapes.get(self._cursor.word, [])
        m = _INSTANCE.match(text, at)
        if kind is None or m is None or len(known) == _MOST_SHAPES:
            return
        pins, start = [], 0
        while (pin := _PIN.match(m[1], start)) is not None:
            pins.append(pin[1])
            start = pin.end()
        outs = [pin for pin in kind.outputs if pin in pins]
        order = (*kind.inputs, *outs)
        if start == len(m[1]) and sorted(pins) == sorted(order) and len(order) > 1:
            self._shapes.setdefault(kind.name, []).append(self._shape(kind, pins, order))

    def _shape(self, kind: CellType, pins: list[str], order: tuple[str, ...]) -> _Shape:
        connections = r"\s*+,\s*+".join(rf"\.{pin}\s*+\(\s*+{_NET}\s*+\)" for pin in pins)
        pattern = rf"{re.escape(kind.name)}\s++({_NAME})\s*+\(\s*+{connections}\s*+\)\s*+;"
        return _Shape(
            re.compile(pattern, re.ASCII),
            self._body.types.setdefault(kind, len(self._body.types)),
            len(kind.inputs),
            tuple(2 + pins.index(pin) for pin in order),
            tuple(k for k, pin in enumerate(kind.outputs) if pin not in pins),
        )

    def _cells(self, at: int, first: str) -> int:
        """Read instances of any known type from `at`; returns the offset behind the last one."""
        body, text, shapes, word = self._body, self._cursor.source.text, self._shapes, _WORD.match
        wire, fanin, outs = body.wires.__getitem__, body.fanin, body.outs
        cell_type, names, places = body.cell_type, body.cell_names, body.cell_at
        while True:
            for shape in shapes[first]:
                if (m := shape.pattern.match(text, at)) is not None:
                    break
            else:
                return at
            try:
                row = list(map(wire, m.group(*shape.order)))
            except KeyError:
                return at
            n_in = shape.n_in
            name = m[1]
            cell_type.append(shape.index)
            names.append(name if name[0] not in "_\\" else public(normal(name)))
            places.append(m.start(1))
            fanin += row[:n_in]
            outs += row[n_in:] if not shape.open else self._with_open(row[n_in:], shape.open)
            at = m.end()
            following = word(text, at)
            if following is None or (first := following[1]) not in shapes:
                return at
            at = following.start(1)

    def _with_open(self, outs: list[int], left_open: tuple[int, ...]) -> list[int]:
        for k in left_open:
            outs.insert(k, self._body.new_wire())
        return outs

    # --- wires and assignments -----------------------------------------------------------------------------------------

    def _wires(self, at: int) -> int:
        m = _WIRES.match(self._cursor.source.text, at)
        if m is None:
            return at
        names, body = _NAMES.findall(m[1]), self._body
        if "\\" in m[1]:
            names = [normal(name) for name in names]
        fresh = set(names)
        taken = (body.wires.keys(), body.vectors.keys(), body.ports.keys(), KEYWORDS)
        if len(fresh) < len(names) or not all(t.isdisjoint(fresh) for t in taken):
            return at
        body.declare_scalars(names)
        return m.end()

    def _assign(self, at: int) -> int:
        m = _ASSIGN.match(self._cursor.source.text, at)
        if m is None:
            return at
        target, outer, opened, not_a, a, op, not_b, b, closed = m.groups()
        wires = self._body.wires
        known = target in wires and a in wires and (op is None or b in wires) and wires[target] >= 2
        if not known or len(opened) != len(closed) or (outer and not_a) or (opened and op is None):
            return at
        start = m.start(1)
        if op is None:
            self._unary(wires[target], wires[a], bool(outer or not_a), start)
        else:
            left = self._literal(wires[a], bool(not_a or (outer and not opened)), start)
            right = self._literal(wires[b], bool(not_b), start)
            kind = (_INVERTED if outer and opened else _PLAIN)[op]
            self._body.cell(kind, (left, right), (wires[target],), start)
        return m.end()

    def _unary(self, target: int, source: int, inverted: bool, at: int) -> None:
        if inverted:
            self._body.cell(cells.NOT, (source,), (target,), at)
        else:
            self._body.edges.append((target, source, at))

    def _literal(self, wire: int, inverted: bool, at: int) -> int:
        return self._body.gate(cells.NOT, (wire,), at) if inverted else wire

"""Module headers, ports, and declarations of wires."""

from __future__ import annotations

from dataclasses import dataclass

from eda.errors import suggest
from eda.verilog.body import Body, PortDeclaration, Vector
from eda.verilog.expressions import expression, index
from eda.verilog.lexer import Cursor, plain
from eda.verilog.lower import assign

DIRECTIONS = ("input", "output")
NET_KINDS = ("wire", "tri", "reg", "logic", "supply0", "supply1", "trireg")
_SUPPLY = {"supply0": 0, "supply1": 1}

Bounds = tuple[int, int] | None


@dataclass(frozen=True)
class _Kind:
    """What stands before the names of a declaration."""

    direction: str = ""
    net: str = ""
    bounds: Bounds = None


def header(cursor: Cursor, body: Body) -> None:
    """Parse from behind the module's name to the ``;`` of its header."""
    if cursor.word == "#":
        raise cursor.source.unsupported(cursor.at, "a parameter list")
    if cursor.accept("(") and not cursor.accept(")"):
        kind = _Kind()
        while True:
            if cursor.word in DIRECTIONS or cursor.word == "inout":
                kind = _kind(cursor)
            _header_port(cursor, body, kind)
            if not cursor.accept(","):
                break
        cursor.expect(")", " or ',' in the list of ports")
    cursor.expect(";", " after the header of the module")


def _header_port(cursor: Cursor, body: Body, kind: _Kind) -> None:
    at = cursor.at
    if cursor.word in ("{", "."):
        raise cursor.source.unsupported(at, "a port expression")
    name = cursor.name("the name of a port")
    if name in body.ports:
        raise cursor.source.error(at, f"port {plain(name)!r} appears twice in the header")
    port = body.ports[name] = PortDeclaration(plain(name), at)
    if kind.direction:
        port.direction, port.wires = kind.direction, body.declare(name, kind.bounds, at)


def _kind(cursor: Cursor) -> _Kind:
    direction, net = "", ""
    if cursor.word == "inout":
        raise cursor.source.unsupported(cursor.at, "an inout port")
    if cursor.word in DIRECTIONS:
        direction = cursor.word
        cursor.advance()
    if cursor.word in NET_KINDS:
        net = cursor.word
        cursor.advance()
    while cursor.word in ("signed", "unsigned", "scalared", "vectored"):
        cursor.advance()
    return _Kind(direction, net, _range(cursor))


def _range(cursor: Cursor) -> Bounds:
    if not cursor.accept("["):
        return None
    left = index(cursor)
    cursor.expect(":", " of the range")
    right = index(cursor)
    cursor.expect("]", " after the range")
    return left, right


def declaration(cursor: Cursor, body: Body) -> None:
    """Parse ``input ... ;``, ``output ... ;``, ``wire ... ;`` and the like, with assignments to what is declared."""
    kind = _kind(cursor)
    if cursor.word == "#":
        raise cursor.source.unsupported(cursor.at, "a delay in a declaration")
    while True:
        _declared(cursor, body, kind)
        if not cursor.accept(","):
            break
    cursor.expect(";", " or ',' after the declaration")


def _declared(cursor: Cursor, body: Body, kind: _Kind) -> None:
    at = cursor.at
    name = cursor.name("a name to declare")
    if cursor.word == "[":
        raise cursor.source.unsupported(at, f"the array {plain(name)}")
    wires = _port(body, name, kind, at) if kind.direction else _net(body, name, kind, at)
    if kind.net == "trireg":
        body.charged.update(wires)
    elif kind.net in _SUPPLY:
        body.edges.extend((wire, _SUPPLY[kind.net], at) for wire in wires)
    if cursor.accept("="):
        if kind.net in ("reg", "trireg") or kind.direction == "input":
            raise cursor.source.unsupported(at, f"an initial value of {plain(name)}")
        assign(body, wires, expression(cursor, body), at)


def _port(body: Body, name: str, kind: _Kind, at: int) -> range | tuple[int, ...]:
    port = body.ports.get(name)
    if port is None:
        hint = suggest(name, body.ports)
        raise body.source.error(at, f"{kind.direction} {plain(name)!r} is not in the header of module {plain(body.name)}{hint}")
    if port.direction:
        raise body.source.error(at, f"port {plain(name)!r} is declared twice")
    again = _redeclared(body, name, kind.bounds)
    port.direction, port.wires = kind.direction, body.declare(name, kind.bounds, at) if again is None else again
    return tuple(port.wires)


def _net(body: Body, name: str, kind: _Kind, at: int) -> tuple[int, ...]:
    """A port may be declared once more as a net of the same range."""
    again = _redeclared(body, name, kind.bounds) if name in body.ports else None
    return tuple(body.declare(name, kind.bounds, at) if again is None else again)


def _redeclared(body: Body, name: str, bounds: Bounds) -> tuple[int, ...] | None:
    """Wires that `name` already has if it was declared with the same range."""
    vector = body.vectors.get(name)
    if isinstance(vector, Vector) and bounds == (vector.left, vector.right):
        return tuple(vector.wires)
    return (body.wires[name],) if bounds is None and name in body.wires else None


def check_ports(body: Body) -> None:
    """Raise `InputError` for a port of the header that was never declared."""
    for port in body.ports.values():
        if not port.direction:
            raise body.source.error(port.at, f"expected a declaration of port {port.name!r} as input or output, found none")

"""A source file to modules: dispatch on the first word of each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eda.ir.cells import CellType
from eda.verilog.body import Body
from eda.verilog.declarations import DIRECTIONS, NET_KINDS, check_ports, declaration, header
from eda.verilog.fast import FastReader
from eda.verilog.instances import FORWARDS, GATES, SWITCHES, assignments, instances, primitive
from eda.verilog.lexer import KEYWORDS, Cursor, Source, plain
from eda.verilog.registers import register

_DECLARED = frozenset((*DIRECTIONS, *NET_KINDS))
_PRIMITIVES = frozenset((*GATES, *FORWARDS, *SWITCHES))


@dataclass
class Design:
    """The modules of a file by name, and the port order of modules that stand for library cells."""

    source: Source
    modules: dict[str, Body] = field(default_factory=dict)
    pin_order: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_modules(source: Source, types: Mapping[str, CellType]) -> Design:
    """Parse every module of the file; of a module that `types` names only the order of its ports is taken."""
    cursor, design = Cursor(source), Design(source)
    while cursor.kind != "end":
        if cursor.word not in ("module", "macromodule"):
            raise _stray(cursor)
        _module(cursor, design, types)
    if not design.modules:
        raise source.error(len(source.text), "expected a module, found none")
    return design


def _stray(cursor: Cursor) -> Exception:
    if cursor.kind == "name" and cursor.word in KEYWORDS:
        return cursor.source.unsupported(cursor.at, f"{cursor.word!r}")
    return cursor.error("'module'")


def _module(cursor: Cursor, design: Design, types: Mapping[str, CellType]) -> None:
    at = cursor.at
    cursor.advance()
    name = plain(cursor.name("the name of the module"))
    if name in design.modules or name in design.pin_order:
        raise cursor.source.error(at, f"module {name!r} is defined twice")
    body = Body(cursor.source, name, at)
    header(cursor, body)
    if name in types:
        design.pin_order[name] = tuple(port.name for port in body.ports.values())
        _skip(cursor, body)
    else:
        design.modules[name] = body
        _items(cursor, body, types, design)
        check_ports(body)
    if cursor.accept(":"):
        cursor.name("the name of the module")


def _skip(cursor: Cursor, body: Body) -> None:
    while cursor.word != "endmodule":
        _refuse_end(cursor, body)
        cursor.advance()
    cursor.advance()


def _refuse_end(cursor: Cursor, body: Body) -> None:
    if cursor.kind == "end" or cursor.word == "module":
        raise cursor.error(f"'endmodule' of module {body.name!r} (line {cursor.source.line(body.at)})")


def _items(cursor: Cursor, body: Body, types: Mapping[str, CellType], design: Design) -> None:
    fast = FastReader(cursor, body, types)
    while True:
        fast.run()
        if cursor.accept("endmodule"):
            return
        _refuse_end(cursor, body)
        if not _item(cursor, body):
            fast.learn()
            instances(cursor, body, types, design.pin_order)


def _item(cursor: Cursor, body: Body) -> bool:
    """Parse one item; False if it must be an instance."""
    word = cursor.word
    if word in _DECLARED:
        declaration(cursor, body)
    elif word == "assign":
        assignments(cursor, body)
    elif word in _PRIMITIVES:
        primitive(cursor, body)
    elif word == "always":
        register(cursor, body)
    elif word == "inout":
        raise cursor.source.unsupported(cursor.at, "an inout port")
    elif word in KEYWORDS or cursor.kind == "system":
        raise cursor.source.unsupported(cursor.at, f"{word!r}")
    else:
        return cursor.accept(";")
    return True

"""Instances: of Verilog's primitive gates, of library cells, and of other modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eda.errors import suggest
from eda.ir import cells
from eda.ir.cells import CellType
from eda.verilog.body import Body, Instance
from eda.verilog.expressions import Node, expression, target
from eda.verilog.lexer import Cursor, plain, public
from eda.verilog.lower import assign, lower, single, width_of

GATES = ("and", "nand", "or", "nor", "xor", "xnor")
FORWARDS = {"buf": cells.BUF, "not": cells.NOT}
SWITCHES = {"nmos": False, "pmos": True}

Pins = tuple[tuple[str | None, Node | None], ...]


def primitive(cursor: Cursor, body: Body) -> None:
    """Parse ``and g1 (y, a, b), ... ;`` and the like."""
    word = cursor.word
    cursor.advance()
    cursor.skip_delay()
    while True:
        at, name = cursor.at, None
        if cursor.kind == "name":
            name = public(cursor.name("the name of a gate"))
            _refuse_array(cursor, "gate")
        terminals = _positional(cursor, body)
        _gate(body, word, terminals, at, name)
        if not cursor.accept(","):
            break
    cursor.expect(";", f" after the {word} gate")


def _refuse_array(cursor: Cursor, what: str) -> None:
    if cursor.word == "[":
        raise cursor.source.unsupported(cursor.at, f"an array of {what}s")


def _positional(cursor: Cursor, body: Body) -> list[Node]:
    cursor.expect("(", " before the terminals of the gate")
    terminals = [_terminal(cursor, body)]
    while cursor.accept(","):
        terminals.append(_terminal(cursor, body))
    cursor.expect(")", " or ',' in the terminals of the gate")
    return terminals


def _gate(body: Body, word: str, terminals: list[Node], at: int, name: str | None) -> None:
    wires = [single(body, t) for t in terminals]
    if word in GATES:
        _expect_terminals(body, word, wires, 2, at)
        kind = cells.gate(word, len(wires) - 1) if len(wires) > 2 else _degenerate(word)
        body.cell(kind, wires[1:], wires[:1], at, name)
    elif word in FORWARDS:
        _expect_terminals(body, word, wires, 2, at)
        for k, out in enumerate(wires[:-1]):
            body.cell(FORWARDS[word], wires[-1:], (out,), at, name if k == 0 else None)
    else:
        _switch(body, word, wires, at, name)


def _degenerate(word: str) -> CellType:
    """A gate of one input."""
    return cells.NOT if word in ("nand", "nor", "xnor") else cells.BUF


def _expect_terminals(body: Body, word: str, wires: Sequence[int], least: int, at: int) -> None:
    if len(wires) < least:
        raise body.source.error(at, f"expected an output and an input of the {word} gate, found {len(wires)} terminal")


def _switch(body: Body, word: str, wires: Sequence[int], at: int, name: str | None) -> None:
    """A pass transistor onto a wire that keeps its charge is a latch; any other use is no gate-level Verilog."""
    if len(wires) != 3:
        raise body.source.error(at, f"expected three terminals of the {word} switch, found {len(wires)}")
    out, data, control = wires
    if out not in body.charged:
        raise body.source.unsupported(at, f"the switch {word} that drives a wire other than a trireg")
    body.cell(cells.latch(low=SWITCHES[word]), (control, data), (out,), at, name)


def _terminal(cursor: Cursor, body: Body) -> Node:
    """An operand, or a name not declared before (a wire of its own)."""
    if cursor.kind == "name" and cursor.word not in body.wires and cursor.word not in body.vectors:
        at = cursor.at
        return ("bits", at, target(cursor, body))
    return expression(cursor, body)


# --- library cells and modules ------------------------------------------------------------------------------------------


def instances(cursor: Cursor, body: Body, types: Mapping[str, CellType], pin_order: Mapping[str, tuple[str, ...]]) -> None:
    """Parse ``KIND name (pins), ... ;`` where KIND is a library cell or a module.

    `pin_order` has the ports of the library cells that the file has models of: theirs may be connected by position.
    """
    kind = plain(cursor.name("a module item"))
    if cursor.word == "#":
        raise cursor.source.unsupported(cursor.at, f"a parameter value of {kind}")
    if cursor.kind != "name":
        raise cursor.error(f"the name of an instance of {kind}")
    while True:
        at = cursor.at
        name = cursor.name(f"the name of an instance of {kind}")
        _refuse_array(cursor, "instance")
        pins = _pins(cursor, body)
        if kind in types:
            _library_cell(body, types[kind], _by_name(body, kind, pins, pin_order.get(kind), at, name), at, name)
        else:
            _module(body, kind, pins, at, name)
        if not cursor.accept(","):
            break
    cursor.expect(";", f" after the instance {plain(name)}")


def _by_name(body: Body, kind: str, pins: Pins, order: tuple[str, ...] | None, at: int, name: str) -> Pins:
    """Pins connected by position to a library cell, with their names."""
    if not pins or pins[0][0] is not None:
        return pins
    if order is None:
        raise body.source.error(at, f"expected the pins of library cell {kind} {plain(name)} connected by name")
    if len(pins) > len(order):
        raise body.source.error(at, f"{kind} {plain(name)} connects {len(pins)} pins, it has {len(order)}")
    return tuple((pin, value) for pin, (_, value) in zip(order, pins, strict=False))


def _pins(cursor: Cursor, body: Body) -> Pins:
    cursor.expect("(", " before the pins of the instance")
    if cursor.accept(")"):
        return ()
    pins = [_pin(cursor, body)]
    while cursor.accept(","):
        pins.append(_pin(cursor, body))
    cursor.expect(")", " or ',' in the pins of the instance")
    if len({pin is None for pin, _ in pins}) > 1:
        raise cursor.error("pins connected all by name or all by position")
    return tuple(pins)


def _pin(cursor: Cursor, body: Body) -> tuple[str | None, Node | None]:
    if not cursor.accept("."):
        return None, None if cursor.word in (",", ")") else _terminal(cursor, body)
    if cursor.word == "*":
        raise cursor.source.unsupported(cursor.at, "the connection .*")
    pin = cursor.name("the name of a pin")
    cursor.expect("(", f" after .{plain(pin)}")
    value = None if cursor.word == ")" else _terminal(cursor, body)
    cursor.expect(")", f" after the connection of .{plain(pin)}")
    return plain(pin), value


def _library_cell(body: Body, kind: CellType, pins: Pins, at: int, name: str) -> None:
    """Add a cell; an output that is left open gets a wire of its own, an open input is an error."""
    given: dict[str, int] = {}
    seen: set[str | None] = set()
    known = kind.inputs + kind.outputs
    for pin, value in pins:
        if pin not in known:
            hint = f"{suggest(pin or '', known)}; it has {', '.join(known)}"
            raise body.source.error(at, f"{kind.name} {plain(name)} has no pin {pin!r}{hint}")
        if pin in seen:
            raise body.source.error(at, f"pin {pin} of {kind.name} {plain(name)} is connected twice")
        seen.add(pin)
        if value is not None:
            given[pin] = single(body, value)
    for pin in kind.inputs:
        if pin not in given:
            raise body.source.error(at, f"input pin {pin} of {kind.name} {plain(name)} is not connected")
    outs = [given[pin] if pin in given else body.new_wire() for pin in kind.outputs]
    body.cell(kind, [given[pin] for pin in kind.inputs], outs, at, public(name))


def _module(body: Body, module: str, pins: Pins, at: int, name: str) -> None:
    connected = []
    for pin, value in pins:
        wires = None if value is None else lower(body, value, width_of(body, value) or 1)
        connected.append((pin, wires))
    body.instances.append(Instance(module, plain(name), tuple(connected), len(body.cell_type), at))


def assignments(cursor: Cursor, body: Body) -> None:
    """Parse ``assign y = ..., z = ... ;``."""
    cursor.advance()
    cursor.skip_delay()
    while True:
        at = cursor.at
        wires = target(cursor, body)
        cursor.expect("=", " after the target of the assignment")
        assign(body, wires, expression(cursor, body), at)
        if not cursor.accept(","):
            break
    cursor.expect(";", " after the assignment")

"""The one use of `always` in a netlist: a block that is a single flip-flop or latch.

always @(posedge c) q <= d;
always @(posedge c or negedge r) if (!r) q <= 1'b0; else q <= d;
always @* if (en) q = d;
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eda.errors import UnsupportedError
from eda.ir import cells
from eda.ir.cells import CellType
from eda.verilog.body import Body
from eda.verilog.expressions import Node, expression, target
from eda.verilog.lexer import Cursor
from eda.verilog.lower import lower, single, width_of


@dataclass(frozen=True)
class _Assigned:
    """``q <= d`` within the block."""

    q: Sequence[int]
    d: Node
    at: int


def register(cursor: Cursor, body: Body) -> None:
    """Parse an `always` block; anything but a single register is refused."""
    start = cursor.at
    cursor.advance()
    events = _events(cursor, body)
    begun = _begin(cursor)
    tested, test = cursor.word == "if", None
    if tested:
        test = _test(cursor, body)
    first = _assignment(cursor, body, start)
    second = _assignment(cursor, body, start) if tested and cursor.accept("else") else None
    if begun and not cursor.accept("end"):
        raise _refused(cursor, start)
    clocked = [e for e in events if e[0] != "level"]
    if len(clocked) == 1 and len(events) == 1 and test is None:
        _flip_flop(body, clocked[0], first)
    elif len(clocked) == 2 and len(events) == 2 and test is not None and second is not None:
        _flip_flop_with_reset(body, clocked, test, first, second, start)
    elif not clocked and test is not None and second is None:
        _latch(body, test, first)
    else:
        raise _refused(cursor, start)


def _refused(cursor: Cursor, at: int) -> UnsupportedError:
    return cursor.source.unsupported(at, "an 'always' block that is not a single flip-flop or latch")


def _events(cursor: Cursor, body: Body) -> list[tuple[str, int]]:
    """The sensitivity list as (posedge, negedge or level, wire)."""
    cursor.expect("@", " after 'always'")
    if cursor.accept("*"):
        return []
    cursor.expect("(", " after '@'")
    if cursor.accept("*"):
        cursor.expect(")", " after '*'")
        return []
    events = [_event(cursor, body)]
    while cursor.accept("or") or cursor.accept(","):
        events.append(_event(cursor, body))
    cursor.expect(")", " after the sensitivity list")
    return events


def _event(cursor: Cursor, body: Body) -> tuple[str, int]:
    edge = cursor.word if cursor.word in ("posedge", "negedge") else "level"
    if edge == "level":
        expression(cursor, body)
        return edge, 0
    cursor.advance()
    return edge, single(body, expression(cursor, body))


def _begin(cursor: Cursor) -> bool:
    if not cursor.accept("begin"):
        return False
    if cursor.accept(":"):
        cursor.name("the name of the block")
    return True


def _test(cursor: Cursor, body: Body) -> tuple[bool, int]:
    """``if (r)`` or ``if (!r)``: whether it is inverted, and the wire."""
    cursor.advance()
    cursor.expect("(", " after 'if'")
    inverted = cursor.accept("!") or cursor.accept("~")
    wire = single(body, expression(cursor, body))
    cursor.expect(")", " after the condition")
    return inverted, wire


def _assignment(cursor: Cursor, body: Body, start: int) -> _Assigned:
    begun = _begin(cursor)
    if cursor.kind != "name" or cursor.word in ("if", "case", "casez", "casex", "for"):
        raise _refused(cursor, start)
    at = cursor.at
    q = target(cursor, body)
    if not (cursor.accept("<=") or cursor.accept("=")):
        raise cursor.error("'<=' after the target of the assignment")
    cursor.skip_delay()
    d = expression(cursor, body)
    cursor.expect(";", " after the assignment")
    if begun and not cursor.accept("end"):
        raise _refused(cursor, start)
    return _Assigned(q, d, at)


def _flip_flop(body: Body, clock: tuple[str, int], assigned: _Assigned) -> None:
    kind = cells.flip_flop(falling=clock[0] == "negedge")
    _registers(body, assigned, (clock[1],), [kind] * len(assigned.q), ())


def _flip_flop_with_reset(
    body: Body, events: list[tuple[str, int]], test: tuple[bool, int], reset: _Assigned, assigned: _Assigned, start: int
) -> None:
    inverted, wire = test
    clocks = [e for e in events if e[1] != wire]
    expected = ("negedge" if inverted else "posedge", wire)
    values = lower(body, reset.d, len(reset.q)) if width_of(body, reset.d) in (None, len(reset.q)) else ()
    constant = len(values) > 0 and set(values) <= {0, 1}
    if len(clocks) != 1 or expected not in events or list(reset.q) != list(assigned.q) or not constant:
        raise body.source.unsupported(start, "an 'always' block that is not a single flip-flop or latch")
    level, falling = "low" if inverted else "high", clocks[0][0] == "negedge"
    kinds = [cells.flip_flop(falling=falling, reset=level, reset_value=v) for v in values]
    _registers(body, assigned, (clocks[0][1],), kinds, (wire,))


def _latch(body: Body, test: tuple[bool, int], assigned: _Assigned) -> None:
    kind = cells.latch(low=test[0])
    _registers(body, assigned, (test[1],), [kind] * len(assigned.q), ())


def _registers(
    body: Body, assigned: _Assigned, before: tuple[int, ...], kinds: Sequence[CellType], after: tuple[int, ...]
) -> None:
    """One cell per bit, with fan-in ``(*before, d, *after)``, named after its output as synthesis tools do."""
    found = width_of(body, assigned.d)
    if found not in (None, len(assigned.q)):
        raise body.source.error(assigned.at, f"expected {len(assigned.q)} bits on the right of '<=', found {found}")
    data = lower(body, assigned.d, len(assigned.q))
    for kind, q, d in zip(kinds, assigned.q, data, strict=True):
        net = body.wire_names[q]
        body.cell(kind, (*before, d, *after), (q,), assigned.at, None if net is None else register_name(net))


def register_name(net: str) -> str:
    """The usual name of the register that drives a net: ``q_reg[3]`` for ``q[3]``."""
    base, bracket, bit = net.partition("[")
    return f"{base}_reg{bracket}{bit}"

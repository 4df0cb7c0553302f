"""Gate expressions: parsed to small tuples ``(operator, offset in the text, ...)``.

Operators and what follows them:
  bits    wires, least significant first          int     value of an unsized constant
  ~ !     operand                                 cat     parts, least significant first
  & | ^   operands (two or more)                  && ||   operands (two or more)
  ~^      operands                                reduce  operator, operand
  ?       ((condition, value), ...), last value
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eda.verilog.body import Body
from eda.verilog.lexer import Cursor, number

Node = tuple[Any, ...]

_TIGHTNESS = {"||": 1, "&&": 2, "|": 3, "^": 4, "~^": 4, "^~": 4, "&": 5}
_REDUCTIONS = ("&", "|", "^", "~&", "~|", "~^", "^~")
_ARITHMETIC = frozenset("+ - * / % ** << >> <<< >>> < > <= >= == != === !==".split())
_DEEPEST = 100


def expression(cursor: Cursor, body: Body, depth: int = 0) -> Node:
    """Parse one expression; names must be declared."""
    at, pairs = cursor.at, []
    value = _binary(cursor, body, 1, depth)
    while cursor.accept("?"):
        then = expression(cursor, body, _deeper(cursor, depth))
        cursor.expect(":", " of the conditional operator")
        pairs.append((value, then))
        value = _binary(cursor, body, 1, depth)
    return ("?", at, tuple(pairs), value) if pairs else value


def target(cursor: Cursor, body: Body, depth: int = 0) -> Sequence[int]:
    """Parse what an assignment drives (a name, a select or a concatenation of such); returns its wires."""
    if cursor.accept("{"):
        parts = [target(cursor, body, _deeper(cursor, depth))]
        while cursor.accept(","):
            parts.append(target(cursor, body, _deeper(cursor, depth)))
        cursor.expect("}", " after the concatenation")
        return [wire for part in reversed(parts) for wire in part]
    return _named(cursor, body, implicit=True)


def _deeper(cursor: Cursor, depth: int) -> int:
    if depth == _DEEPEST:
        raise cursor.source.unsupported(cursor.at, f"an expression nested more than {_DEEPEST} deep")
    return depth + 1


def _binary(cursor: Cursor, body: Body, least: int, depth: int) -> Node:
    left = _unary(cursor, body, depth)
    while (tightness := _TIGHTNESS.get(cursor.word, 0)) >= least:
        op, at, operands = _operator(cursor), cursor.at, [left]
        while cursor.kind == "op" and _operator(cursor) == op:  # one node per chain: long ones need no recursion
            cursor.advance()
            operands.append(_binary(cursor, body, tightness + 1, depth))
        left = (op, at, tuple(operands))
    if cursor.word in _ARITHMETIC and cursor.kind == "op":
        raise cursor.source.unsupported(cursor.at, f"the operator {cursor.word!r}")
    return left


def _operator(cursor: Cursor) -> str:
    return "~^" if cursor.word == "^~" else cursor.word


def _unary(cursor: Cursor, body: Body, depth: int) -> Node:
    word, at = cursor.word, cursor.at
    if cursor.kind == "op":
        if word in ("~", "!"):
            cursor.advance()
            return (word, at, _unary(cursor, body, _deeper(cursor, depth)))
        if word in _REDUCTIONS:
            cursor.advance()
            return ("reduce", at, "~^" if word == "^~" else word, _unary(cursor, body, _deeper(cursor, depth)))
        if word in _ARITHMETIC:
            raise cursor.source.unsupported(at, f"the operator {word!r}")
    return _primary(cursor, body, depth)


def _primary(cursor: Cursor, body: Body, depth: int) -> Node:
    at = cursor.at
    if cursor.kind == "name":
        return ("bits", at, _named(cursor, body))
    if cursor.kind == "number":
        return _constant(cursor)
    if cursor.accept("("):
        inner = expression(cursor, body, _deeper(cursor, depth))
        cursor.expect(")", " after the expression")
        return inner
    if cursor.accept("{"):
        return _concatenation(cursor, body, depth, at)
    if cursor.kind == "system":
        raise cursor.source.unsupported(at, f"the system function {cursor.word}")
    if cursor.kind == "text":
        raise cursor.source.unsupported(at, "a string")
    raise cursor.error("an operand")


def _constant(cursor: Cursor) -> Node:
    at = cursor.at
    value, width = number(cursor)
    return ("int", at, value) if width is None else ("bits", at, constant_wires(value, width))


def constant_wires(value: int, width: int) -> list[int]:
    """The constant wires of the bits of `value`, least significant first."""
    return [value >> k & 1 for k in range(width)]


def _concatenation(cursor: Cursor, body: Body, depth: int, at: int) -> Node:
    parts = [expression(cursor, body, _deeper(cursor, depth))]
    if cursor.word == "{" and parts[0][0] == "int":
        times = parts[0][2]
        cursor.advance()
        inner = _concatenation(cursor, body, _deeper(cursor, depth), at)
        cursor.expect("}", " after the replication")
        return ("cat", at, (inner,) * times)
    while cursor.accept(","):
        parts.append(expression(cursor, body, _deeper(cursor, depth)))
    cursor.expect("}", " after the concatenation")
    return ("cat", at, tuple(reversed(parts)))


def _named(cursor: Cursor, body: Body, *, implicit: bool = False) -> Sequence[int]:
    at = cursor.at
    name = cursor.name("a name")
    if cursor.word == "[":
        left, right = _bounds(cursor)
        return body.select(name, left, right, at)
    if cursor.word == "." and not implicit:
        raise cursor.source.unsupported(at, f"the hierarchical name that begins {name}.")
    if cursor.word == "(" and not implicit:
        raise cursor.source.unsupported(at, f"the call of the function {name}")
    return body.lookup(name, at, implicit=implicit)


def _bounds(cursor: Cursor) -> tuple[int, int]:
    """``[i]`` or ``[left:right]`` behind a name."""
    cursor.advance()
    left = right = index(cursor)
    if cursor.word in ("+:", "-:"):
        raise cursor.source.unsupported(cursor.at, f"the indexed part-select {cursor.word!r}")
    if cursor.accept(":"):
        right = index(cursor)
    cursor.expect("]", " after the index")
    if cursor.word == "[":
        raise cursor.source.unsupported(cursor.at, "a second index")
    return left, right


def index(cursor: Cursor) -> int:
    """A constant index or bound."""
    if cursor.kind == "name":
        raise cursor.source.unsupported(cursor.at, f"the index {cursor.word}, which is no number,")
    sign = -1 if cursor.accept("-") else 1
    if cursor.kind != "number":
        raise cursor.error("a number")
    return sign * number(cursor)[0]

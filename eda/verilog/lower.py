"""Expressions to gates: each operator of an expression becomes one generic gate per bit, nothing is simplified."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eda.ir import cells
from eda.verilog.body import Body
from eda.verilog.expressions import Node, constant_wires

_BITWISE = {"&": cells.AND, "|": cells.OR, "^": cells.XOR, "~^": cells.XNOR}
_INVERTED = {"&": cells.NAND, "|": cells.NOR, "^": cells.XNOR, "~^": cells.XOR}
_REDUCED = {"&": "and", "|": "or", "^": "xor", "~&": "nand", "~|": "nor", "~^": "xnor"}

Wires = Sequence[int]


def assign(body: Body, out: Wires, value: Node, at: int) -> None:
    """Let the wires `out` be driven by `value`, which must have their width."""
    found = width_of(body, value)
    if found is not None and found != len(out):
        raise body.source.unsupported(at, f"an assignment of {_bits(found)} to {_bits(len(out))}")
    lower(body, value, len(out), out)


def width_of(body: Body, e: Node) -> int | None:
    """Number of bits of an expression; None if it holds unsized constants only."""
    op = e[0]
    if op == "bits":
        return len(e[2])
    if op == "int":
        return None
    if op in ("!", "&&", "||", "reduce"):
        return 1
    if op == "~":
        return width_of(body, e[2])
    if op == "cat":
        return sum(_sized(body, part) for part in e[2])
    operands = [*(then for _, then in e[2]), e[3]] if op == "?" else e[2]
    return _common_width(body, operands, op, e[1])


def _common_width(body: Body, operands: Sequence[Node], op: str, at: int) -> int | None:
    widths = {w for w in (width_of(body, x) for x in operands) if w is not None}
    if len(widths) > 1:
        low, high = min(widths), max(widths)
        raise body.source.unsupported(at, f"{op!r} between {_bits(low)} and {_bits(high)}")
    return widths.pop() if widths else None


def _sized(body: Body, e: Node) -> int:
    width = width_of(body, e)
    if width is None:
        raise body.source.error(e[1], "expected an operand of known width, found an unsized constant")
    return width


def lower(body: Body, e: Node, width: int, out: Wires | None = None) -> Wires:
    """Wires of `e`, which has `width` bits; the wires `out`, made to carry it, if they are given."""
    if e[0] == "bits":
        return _join(body, out, e[2], e[1])
    if e[0] == "int":
        if e[2] >> width:
            raise body.source.error(e[1], f"the constant {e[2]} does not fit {_bits(width)}")
        return _join(body, out, constant_wires(e[2], width), e[1])
    return _OPERATORS[e[0]](body, e, width, out)


def single(body: Body, e: Node) -> int:
    """The wire of a one-bit expression."""
    width = width_of(body, e)
    if width not in (1, None):
        raise body.source.error(e[1], f"expected 1 bit, found {_bits(width or 0)}")
    return lower(body, e, 1)[0]


def _bits(n: int) -> str:
    return f"{n} bit{'s' if n != 1 else ''}"


def _join(body: Body, out: Wires | None, wires: Wires, at: int) -> Wires:
    if out is None:
        return wires
    body.edges.extend((target, source, at) for target, source in zip(out, wires, strict=True))
    return out


def _slots(out: Wires | None, width: int) -> Sequence[int | None]:
    return [None] * width if out is None else out


def _chain(body: Body, e: Node, width: int, out: Wires | None, *, inverted: bool = False) -> Wires:
    op, at, operands = e
    kind, last = _BITWISE[op], (_INVERTED if inverted else _BITWISE)[op]
    value = lower(body, operands[0], width)
    for x in operands[1:-1]:
        right = lower(body, x, width)
        value = [body.gate(kind, pair, at) for pair in zip(value, right, strict=True)]
    right = lower(body, operands[-1], width)
    return [body.gate(last, (a, b), at, o) for a, b, o in zip(value, right, _slots(out, width), strict=True)]


def _not(body: Body, e: Node, width: int, out: Wires | None) -> Wires:
    _, at, operand = e
    if operand[0] in _INVERTED:
        return _chain(body, operand, width, out, inverted=True)
    value = lower(body, operand, width)
    return [body.gate(cells.NOT, (a,), at, o) for a, o in zip(value, _slots(out, width), strict=True)]


def _concatenate(body: Body, e: Node, width: int, out: Wires | None) -> Wires:
    wires: list[int] = []
    for part in e[2]:
        low, size = len(wires), _sized(body, part)
        wires += lower(body, part, size, None if out is None else out[low : low + size])
    return wires


def _choose(body: Body, e: Node, width: int, out: Wires | None) -> Wires:
    _, at, pairs, last = e
    tests = [_truth(body, condition) for condition, _ in pairs]
    value = lower(body, last, width)
    for k, (_, then) in reversed(list(enumerate(pairs))):
        one = lower(body, then, width)
        slots = _slots(out if k == 0 else None, width)
        value = [body.gate(cells.MUX, (a, b, tests[k]), at, o) for a, b, o in zip(value, one, slots, strict=True)]
    return value


def _truth(body: Body, e: Node) -> int:
    """One wire: true if any bit of `e` is."""
    return _reduction(body, "|", e, e[1], None)


def _reduction(body: Body, op: str, operand: Node, at: int, out: int | None) -> int:
    wires = lower(body, operand, _sized(body, operand))
    if len(wires) > 1:
        return body.gate(cells.gate(_REDUCED[op], len(wires)), wires, at, out)
    if op in ("~&", "~|", "~^"):
        return body.gate(cells.NOT, wires, at, out)
    return _join(body, None if out is None else (out,), wires, at)[0]


def _reduce(body: Body, e: Node, width: int, out: Wires | None) -> Wires:
    _, at, op, operand = e
    return [_reduction(body, op, operand, at, out[0] if out else None)]


def _logical_not(body: Body, e: Node, width: int, out: Wires | None) -> Wires:
    return [_reduction(body, "~|", e[2], e[1], out[0] if out else None)]


def _logical(body: Body, e: Node, width: int, out: Wires | None) -> Wires:
    op, at, operands = e
    truths = tuple(("bits", at, (_truth(body, x),)) for x in operands)
    return _chain(body, (op[0], at, truths), 1, out)


_OPERATORS: dict[str, Callable[[Body, Node, int, Wires | None], Wires]] = {
    "~": _not,
    "!": _logical_not,
    "&": _chain,
    "|": _chain,
    "^": _chain,
    "~^": _chain,
    "&&": _logical,
    "||": _logical,
    "?": _choose,
    "cat": _concatenate,
    "reduce": _reduce,
}

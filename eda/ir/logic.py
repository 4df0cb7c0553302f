"""Boolean expressions of single-output functions: parsed, evaluated on any operand type, and tabulated.

An `Expr` is a nested tuple: ``("const", 0 | 1)``, ``("var", name)``, ``("not", e)``, and ``("and" | "or" | "xor", e, f)``.
Tuples are immutable, hash by value and print as they are, so equal functions written alike are equal objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from eda.errors import InputError, UsageError

Expr = tuple[Any, ...]

FALSE: Expr = ("const", 0)
TRUE: Expr = ("const", 1)

MAX_TABLE_INPUTS = 20

_TOKEN = re.compile(r"\s*(?:([A-Za-z_$][\w$]*(?:\[\d+\])?|\"[^\"]*\")|(1'b[01]|[01])(?![\w$])|([()!~'*&+|^]))")


def var(name: str) -> Expr:
    """The variable `name`."""
    return ("var", name)


def lnot(e: Expr) -> Expr:
    """Negation."""
    return ("not", e)


def land(*args: Expr) -> Expr:
    """Conjunction of one or more expressions, as a balanced tree."""
    return _tree("and", args)


def lor(*args: Expr) -> Expr:
    """Disjunction of one or more expressions, as a balanced tree."""
    return _tree("or", args)


def lxor(*args: Expr) -> Expr:
    """Exclusive or of one or more expressions, as a balanced tree."""
    return _tree("xor", args)


def _tree(op: str, args: Sequence[Expr]) -> Expr:
    row = list(args)
    while len(row) > 1:
        row = [(op, *row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0]


def parse(text: str) -> Expr:
    """Parse a Boolean function in Liberty syntax (``! ~ ' * & blank + | ^``).

    Precedence, tightest first: negation, exclusive or, and, or, as Liberty has it (Verilog's differs).
    Raises `InputError` naming the offending text.
    """
    tokens = _tokens(text)
    expr, rest = _parse_or(tokens, 0, text)
    if rest != len(tokens):
        raise InputError(f"expected the end of the Boolean function {text!r}, found {tokens[rest]!r}")
    return expr


def _tokens(text: str) -> list[str]:
    out, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        m = _TOKEN.match(stripped, at)
        if m is None:
            raise InputError(f"unexpected character {stripped[at:].strip()[:1]!r} in the Boolean function {text!r}")
        out.append(m.group(1).strip('"') if m.group(1) else m.group(2) or m.group(3))
        at = m.end()
    if not out:
        raise InputError("expected a Boolean function, found an empty one")
    return out


def _parse_or(t: list[str], i: int, text: str) -> tuple[Expr, int]:
    left, i = _parse_and(t, i, text)
    while i < len(t) and t[i] in "+|":
        right, i = _parse_and(t, i + 1, text)
        left = ("or", left, right)
    return left, i


def _parse_and(t: list[str], i: int, text: str) -> tuple[Expr, int]:
    left, i = _parse_xor(t, i, text)
    while i < len(t) and t[i] not in ("+", "|", ")", "^", "'"):
        right, i = _parse_xor(t, i + 1 if t[i] in "*&" else i, text)
        left = ("and", left, right)
    return left, i


def _parse_xor(t: list[str], i: int, text: str) -> tuple[Expr, int]:
    left, i = _parse_unary(t, i, text)
    while i < len(t) and t[i] == "^":
        right, i = _parse_unary(t, i + 1, text)
        left = ("xor", left, right)
    return left, i


def _parse_unary(t: list[str], i: int, text: str) -> tuple[Expr, int]:
    if i >= len(t):
        raise InputError(f"the Boolean function {text!r} ends where an operand was expected")
    token = t[i]
    if token in ("!", "~"):
        e, i = _parse_unary(t, i + 1, text)
        return ("not", e), i
    if token == "(":
        e, i = _parse_or(t, i + 1, text)
        if i >= len(t) or t[i] != ")":
            raise InputError(f"missing ')' in the Boolean function {text!r}")
        i += 1
    elif token in ("0", "1", "1'b0", "1'b1"):
        e, i = ("const", int(token[-1])), i + 1
    elif token in ")*&+|^'":
        raise InputError(f"expected an operand in the Boolean function {text!r}, found {token!r}")
    else:
        e, i = ("var", token), i + 1
    while i < len(t) and t[i] == "'":
        e, i = ("not", e), i + 1
    return e, i


def evaluate(expr: Expr, values: Mapping[str, Any], ones: Any) -> Any:
    """Evaluate `expr` where `values` maps names to operands that know ``& | ^``; `ones` is the all-true operand."""
    op = expr[0]
    if op == "var":
        return values[expr[1]]
    if op == "const":
        return ones if expr[1] else ones ^ ones
    if op == "not":
        return evaluate(expr[1], values, ones) ^ ones
    left, right = evaluate(expr[1], values, ones), evaluate(expr[2], values, ones)
    return left & right if op == "and" else left | right if op == "or" else left ^ right


@cache
def variables(expr: Expr) -> tuple[str, ...]:
    """Names that occur in `expr`, in order of first occurrence."""
    if expr[0] == "var":
        return (expr[1],)
    seen: dict[str, None] = {}
    for child in expr[1:] if expr[0] != "const" else ():
        seen.update(dict.fromkeys(variables(child)))
    return tuple(seen)


@cache
def input_pattern(index: int, n: int) -> int:
    """Truth table (2**n bits, bit m = value at minterm m) of input `index` among `n`; input 0 toggles fastest."""
    block = (1 << (1 << index)) - 1 << (1 << index)
    period = 2 << index
    out = 0
    for start in range(0, 1 << n, period):
        out |= block << start
    return out


@cache
def truth_table(expr: Expr, inputs: tuple[str, ...]) -> int:
    """Truth table of `expr` over `inputs` as an integer of 2**len(inputs) bits; input 0 toggles fastest.

    Raises `InputError` if `expr` uses a name that is not in `inputs`, `UsageError` above `MAX_TABLE_INPUTS` inputs.
    """
    n = len(inputs)
    if n > MAX_TABLE_INPUTS:
        raise UsageError(f"a function of {n} inputs is too wide for a truth table, expected at most {MAX_TABLE_INPUTS}")
    unknown = [v for v in variables(expr) if v not in inputs]
    if unknown:
        raise InputError(f"the function uses {unknown[0]!r}, which is none of {', '.join(inputs) or '(no inputs)'}")
    values = {name: input_pattern(i, n) for i, name in enumerate(inputs)}
    return int(evaluate(expr, values, (1 << (1 << n)) - 1))


@cache
def depends_on(expr: Expr, inputs: tuple[str, ...], name: str) -> bool:
    """True if the value of `expr` over `inputs` really changes with `name`."""
    i = inputs.index(name)
    table, high = truth_table(expr, inputs), input_pattern(i, len(inputs))
    return (table & high) >> (1 << i) != table & (high >> (1 << i))


def to_text(expr: Expr, *, negate: str = "!", symbols: Mapping[str, str] | None = None, top: bool = True) -> str:
    """Text of `expr`, fully parenthesised; `symbols` maps ``and or xor`` to operator text (default ``& | ^``)."""
    ops = symbols or {"and": "&", "or": "|", "xor": "^"}
    op = expr[0]
    if op == "const":
        return str(expr[1])
    if op == "var":
        return str(expr[1])
    if op == "not":
        return negate + to_text(expr[1], negate=negate, symbols=ops, top=False)
    body = f" {ops[op]} ".join(to_text(e, negate=negate, symbols=ops, top=False) for e in expr[1:])
    return body if top else f"({body})"

"""What operations compute: each kind as a Verilog expression, so that a schedule can be emitted and simulated.

Kinds that `eda.verilog.behaviour` gives have Verilog's unsigned meaning. Graphs that only name operator types get the
obvious function of the name (``plus_expr_FU_64_64_64`` adds, ``Product`` multiplies); a kind whose name says nothing, such
as a memory or a floating-point operator, is an opaque function: a sum of its rotated operands and a number of its own,
which depends on every operand bit. What the graph leaves open is settled so:

  an operand too few     the first operand rotated by one bit (complemented where it is a single bit)
  an operand too many    further terms of sums, products and bitwise operators; xored into the last operand otherwise
  no operand at all      the operation reads an input port
  no width               see `named_widths`
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eda.errors import UnsupportedError
from eda.ir.dataflow import Dataflow

WIRING = ("input", "output", "const", "slice", "concat", "repeat")
"""Kinds that compute nothing and are never shared."""

DEFAULT_WIDTH = 32
"""Bits of a result where neither the graph nor the name of the kind says it."""

_SUMS = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^"}
_PAIRS = {"shl": "<<", "shr": ">>", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_LOGIC = {"land": "&&", "lor": "||"}
_ALONE = {"neg": "-", "not": "~", "lnot": "!"}
_REDUCTIONS = {"redand": "&", "rednand": "~&", "redor": "|", "rednor": "~|", "redxor": "^", "redxnor": "~^"}
_PASSES = ("input", "output", "pass")
_KNOWN = (*_SUMS, *_PAIRS, *_LOGIC, *_ALONE, *_REDUCTIONS, *_PASSES, *WIRING, "xnor", "ashr", "div", "mod", "mux")
_BIT = ("eq", "ne", "lt", "le", "gt", "ge", "land", "lor", "lnot", *_REDUCTIONS)
_NAMES = (
    (r"fp_|float|mem_|load|store", "opaque"),
    (r"truth_and", "land"),
    (r"truth_or", "lor"),
    (r"truth_not", "lnot"),
    (r"bit_and|^and", "and"),
    (r"bit_ior|bit_or|^or", "or"),
    (r"bit_xor|^xor", "xor"),
    (r"bit_not|^not|^inv", "not"),
    (r"lshift|^shl", "shl"),
    (r"rshift|^shr", "shr"),
    (r"^mux|^select|^sel$", "mux"),
    (r"mul|product|prod$", "mul"),
    (r"plus|add", "add"),
    (r"minus|sub", "sub"),
    (r"mod|rem", "mod"),
    (r"div", "div"),
    (r"^eq", "eq"),
    (r"^ne(_|$)", "ne"),
    (r"^le(_|$)", "le"),
    (r"^(lt|les|less)", "lt"),
    (r"^ge(_|$)", "ge"),
    (r"^gt", "gt"),
    (r"virtual|special|nop|copy|relay|imp$|exp$", "pass"),
)
_FU_WIDTHS = re.compile(r"(?:_FU|MUX_N_to_1)_(\d+)")
_LITERAL = re.compile(r"\d+'d\d+")
_BOUNDS = re.compile(r"\[(\d+):(\d+)\]$")


def family(kind: str) -> str:
    """The function that a kind stands for: ``add``, ``mux``, ..., or ``opaque``."""
    if kind in _KNOWN:
        return kind
    return next((name for pattern, name in _NAMES if re.search(pattern, kind.lower())), "opaque")


def is_opaque(kind: str) -> bool:
    """Whether the name of a kind says nothing about its function."""
    return family(kind) == "opaque"


def named_widths(flow: Dataflow, most: int | None = None) -> Dataflow:
    """`flow` with the widths that names of kinds give, for graphs that have none of their own.

    Comparisons and logical operators give 1 bit, ``plus_expr_FU_64_64_64`` gives 64, and others the widest of their operands
    of the same iteration, or `DEFAULT_WIDTH` where they have none. No width exceeds `most`.
    """
    width = np.array([_named_width(kind) for kind in flow.kinds], dtype=np.int64)
    order = np.argsort(_levels(flow), kind="stable")
    data = (flow.edge_operand >= 0) & (flow.edge_distance == 0)
    incoming: list[list[int]] = [[] for _ in flow.names]
    for u, v in zip(flow.edge_source[data].tolist(), flow.edge_target[data].tolist(), strict=True):
        incoming[v].append(u)
    for v in order.tolist():
        if width[v] == 0:
            width[v] = max((int(width[u]) for u in incoming[v]), default=DEFAULT_WIDTH)
    return replace(flow, width=width if most is None else np.minimum(width, most))


def _named_width(kind: str) -> int:
    if family(kind) in _BIT:
        return 1
    found = _FU_WIDTHS.search(kind)
    return int(found[1]) if found else 0


def _levels(flow: Dataflow) -> np.ndarray:
    """int64 [V]: longest path to each operation over data edges of distance 0."""
    level = np.zeros(flow.n_operations, dtype=np.int64)
    edges = np.flatnonzero((flow.edge_distance == 0) & (flow.edge_operand >= 0))
    source, target = flow.edge_source[edges], flow.edge_target[edges]
    for _ in range(flow.n_operations):
        before = level.copy()
        np.maximum.at(level, target, level[source] + 1)
        if (level == before).all():
            return level
    raise UnsupportedError(f"dataflow {flow.name}: values depend on each other within one iteration")


def topological(flow: Dataflow) -> list[int]:
    """Operations, each after those whose values of the same iteration it reads.

    Raises `UnsupportedError` for a loop of data without distance, which is no function.
    """
    return [int(v) for v in np.argsort(_levels(flow), kind="stable")]


def salt(flow: Dataflow, operation: int) -> int:
    """The number in an opaque function: of the kind where its units are limited, of the operation where they are not.

    Operations that may have to share a unit must compute the same; others are kept apart, for what is equal would be merged.
    """
    limited = flow.capacity[flow.demand_resource[flow.demand_operation == operation]] >= 0
    text = flow.kinds[operation] if limited.any() else f"{flow.kinds[operation]} {flow.names[operation]}"
    return zlib.crc32(text.encode())


def expression(kind: str, name: str, width: int, operands: Sequence[tuple[str, int]], number: int = 0) -> str:
    """Verilog of the function of an operation that gives `width` bits and has at least one operand, or is constant.

    `operands` are plain identifiers with their widths; `number` is the `salt`. All is unsigned. Division by zero gives
    ones, its remainder the dividend. Raises `UnsupportedError` for a constant or a slice whose name does not say its value.
    """
    what = family(kind)
    if what in WIRING:
        return _wiring(what, name, width, operands)
    if what == "opaque":
        return _opaque(width, operands, number)
    names = [ident for ident, _ in operands]
    if what == "pass":
        return " ^ ".join(names)
    if what == "mux":
        return _mux(names)
    if what in _ALONE or what in _REDUCTIONS:
        return f"{_ALONE.get(what) or _REDUCTIONS[what]}{_joined(names)}"
    if len(names) == 1:
        names.append(_rotated(*operands[0], 1) if operands[0][1] > 1 else f"~{names[0]}")
    if what in _SUMS:
        return f" {_SUMS[what]} ".join(names)
    return _pair(what, names[0], _joined(names[1:]), width)


def _pair(what: str, a: str, b: str, width: int) -> str:
    if what == "xnor":
        return f"{a} ~^ {b}"
    if what == "ashr":
        return f"$unsigned($signed({a}) >>> {b})"
    if what == "div":
        return f"{b} == 0 ? {{{width}{{1'b1}}}} : {a} / {b}"
    if what == "mod":
        return f"{b} == 0 ? {a} : {a} % {b}"
    return f"{a} {({**_PAIRS, **_LOGIC})[what]} {b}"


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"({' ^ '.join(names)})"


def _mux(names: Sequence[str]) -> str:
    """Select, one, zero; with other numbers of operands, each replaces those before it where it has an odd number of ones."""
    if len(names) == 3:
        return f"|{names[0]} ? {names[1]} : {names[2]}"
    text = names[0]
    for name in names[1:]:
        text = f"(^{name} ? {name} : {text})"
    return text


def _opaque(width: int, operands: Sequence[tuple[str, int]], number: int) -> str:
    text = f"{width}'h{number % (1 << width):x}"
    for k, (name, bits) in enumerate(operands):
        text = f"({text} + ({_folded(name, bits, width, k + 1)}))"
    return text


def _folded(name: str, bits: int, width: int, turn: int) -> str:
    """An operand rotated by `turn` bits; one that is too wide in pieces that are xored."""
    if bits <= width:
        return _rotated(name, bits, turn)
    return " ^ ".join(f"{name}[{min(low + width, bits) - 1}:{low}]" for low in range(0, bits, width))


def _rotated(name: str, bits: int, turn: int) -> str:
    turn %= bits
    return f"{{{name}[{turn - 1}:0], {name}[{bits - 1}:{turn}]}}" if turn else name


def _wiring(what: str, name: str, width: int, operands: Sequence[tuple[str, int]]) -> str:
    if what == "const":
        if not _LITERAL.fullmatch(name):
            raise UnsupportedError(f"constant {name}: expected a name such as 8'd5, which says its value")
        return name
    if what == "slice":
        bounds = _BOUNDS.search(name)
        if bounds is None:
            raise UnsupportedError(f"slice {name}: expected bounds such as [7:4] at the end of its name")
        return f"{operands[0][0]} >> {bounds[2]}"
    if what == "concat":
        return f"{{{', '.join(ident for ident, _ in operands)}}}"
    if what == "repeat":
        return f"{{{width // operands[0][1]}{{{operands[0][0]}}}}}"
    return operands[0][0]

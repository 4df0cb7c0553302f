"""Expressions of pyverilog's syntax tree to operations of a `Dataflow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from eda.ir.dataflow import Dataflow
from eda.verilog.lexer import Source, constant

Node = Any

WIRING = ("input", "output", "const", "slice", "concat", "repeat")
"""Kinds that compute nothing."""

_OF_CONTEXT = {
    "Plus": "add",
    "Minus": "sub",
    "Times": "mul",
    "Divide": "div",
    "Mod": "mod",
    "And": "and",
    "Or": "or",
    "Xor": "xor",
    "Xnor": "xnor",
}
_SHIFTS = {"Sll": "shl", "Sla": "shl", "Srl": "shr", "Sra": "ashr"}
_COMPARISONS = {"Eq": "eq", "NotEq": "ne", "LessThan": "lt", "LessEq": "le", "GreaterThan": "gt", "GreaterEq": "ge"}
_LOGICAL = {"Land": "land", "Lor": "lor"}
_UNARY = {"Uminus": "neg", "Unot": "not"}
_REDUCTIONS = {
    "Ulnot": "lnot",
    "Uand": "redand",
    "Unand": "rednand",
    "Uor": "redor",
    "Unor": "rednor",
    "Uxor": "redxor",
    "Uxnor": "redxnor",
}
_FOLDED: dict[str, Callable[[int, int], int]] = {
    "Plus": lambda a, b: a + b,
    "Minus": lambda a, b: a - b,
    "Times": lambda a, b: a * b,
    "Divide": lambda a, b: a // b,
    "Mod": lambda a, b: a % b,
    "Power": lambda a, b: a**b,
    "Sll": lambda a, b: a << b,
    "Srl": lambda a, b: a >> b,
}
_REFUSED = {"Power": "the operator **", "Eql": "the operator ===", "NotEql": "the operator !==", "StringConst": "a string"}


class Ref(NamedTuple):
    """A value: operation number, or the name of a register whose value of the iteration before is meant."""

    source: int | str


def kind_of(node: Node) -> str:
    """Name of a node's class, such as ``Plus``."""
    return type(node).__name__


def place(source: Source, node: Node) -> int:
    """Offset of the start of the line that `node` stands in."""
    at = 0
    for _ in range(node.lineno - 1):
        at = source.text.find("\n", at) + 1
    return at


class Operations:
    """Collects operations and edges.

    read       called with a name and a node: the value of a variable of the module
    widths     bits of each variable; lowest: number of its last bit; constants: values of parameters
    """

    def __init__(self, source: Source, read: Callable[[str, Node], Ref]) -> None:
        self.source, self.read = source, read
        self.widths: dict[str, int] = {}
        self.lowest: dict[str, int] = {}
        self.constants: dict[str, int] = {}
        self._names: list[str] = []
        self._kinds: list[str] = []
        self._bits: list[int] = []
        self._edges: list[tuple[Ref, int, int]] = []
        self._inputs: dict[str, Ref] = {}
        self._literals: dict[tuple[int, int], Ref] = {}
        self._count: dict[str, int] = {}

    # --- operations --------------------------------------------------------------------------------------------------

    def add(self, kind: str, width: int, operands: Sequence[Ref], name: str | None = None) -> Ref:
        """A new operation, called like its kind with a number if no name is given."""
        if name is None:
            number = self._count[kind] = self._count.get(kind, 0) + 1
            name = f"{kind}${number}"
        self._names.append(name)
        self._kinds.append(kind)
        self._bits.append(width)
        self._edges.extend((ref, len(self._names) - 1, k) for k, ref in enumerate(operands))
        return Ref(len(self._names) - 1)

    def input(self, name: str) -> Ref:
        if name not in self._inputs:
            self._inputs[name] = self.add("input", self.widths[name], (), name)
        return self._inputs[name]

    def used_inputs(self) -> set[str]:
        return set(self._inputs)

    def output(self, name: str, ref: Ref) -> None:
        self.add("output", self.widths[name], (ref,), name)

    def _literal(self, value: int, width: int) -> Ref:
        if (value, width) not in self._literals:
            self._literals[value, width] = self.add("const", width, (), f"{width}'d{value}")
        return self._literals[value, width]

    # --- constants ---------------------------------------------------------------------------------------------------

    def constant(self, node: Node) -> int:
        """Value of a constant expression."""
        value = self._fold(node)
        if value is None:
            raise self.source.unsupported(place(self.source, node), "a value that is not constant, where one must be,")
        return value

    def declared_width(self, width: Node | None) -> int:
        return 1 if width is None else abs(self.constant(width.msb) - self.constant(width.lsb)) + 1

    def lowest_bit(self, width: Node) -> int:
        return min(self.constant(width.msb), self.constant(width.lsb))

    def _fold(self, node: Node) -> int | None:
        name = kind_of(node)
        if name == "IntConst":
            return constant(node.value, self.source, place(self.source, node))[0]
        if name == "Identifier":
            return self.constants.get(node.name)
        if name == "Uminus":
            inner = self._fold(node.right)
            return None if inner is None else -inner
        if name not in _FOLDED:
            return None
        left, right = self._fold(node.left), self._fold(node.right)
        if left is None or right is None:
            return None
        if right == 0 and name in ("Divide", "Mod"):
            raise self.source.error(place(self.source, node), "division of a constant by zero")
        return _FOLDED[name](left, right)

    # --- widths ------------------------------------------------------------------------------------------------------

    def width(self, node: Node) -> int:
        """Bits of an expression on its own."""
        name = kind_of(node)
        folded = self._fold(node)
        if folded is not None:
            sized = constant(node.value, self.source, place(self.source, node))[1] if name == "IntConst" else None
            return sized or max(1, folded.bit_length())
        if name == "Identifier":
            return self._variable_width(node)
        if name in _OF_CONTEXT:
            return max(self.width(node.left), self.width(node.right))
        if name == "Cond":
            return max(self.width(node.true_value), self.width(node.false_value))
        if name in _SHIFTS:
            return self.width(node.left)
        if name in _UNARY or name == "Uplus":
            return self.width(node.right)
        if name == "Concat":
            return sum(self.width(part) for part in node.list)
        if name == "Repeat":
            return self.constant(node.times) * self.width(node.value)
        if name == "Partselect":
            return abs(self.constant(node.msb) - self.constant(node.lsb)) + 1
        if name == "SystemCall" and node.syscall in ("signed", "unsigned"):
            return self.width(node.args[0])
        return 1

    def _variable_width(self, node: Node) -> int:
        if node.name not in self.widths:
            self.read(node.name, node)  # says that it is not declared
        return self.widths[node.name]

    # --- expressions -------------------------------------------------------------------------------------------------

    def value(self, node: Node, width: int, seen: Mapping[str, Ref | None]) -> Ref:
        """The value of an expression that is assigned to `width` bits.

        `seen` holds variables that the same block has assigned before; None there: not yet.
        """
        return self._value(node, max(width, self.width(node)), seen)

    def assigned(self, node: Node, width: int, seen: Mapping[str, Ref | None]) -> Ref:
        """The value of a variable of `width` bits that an expression is assigned to."""
        ref = self.value(node, width, seen)
        wide = isinstance(ref.source, int) and self._bits[ref.source] > width
        return self._cut(ref, width - 1, 0) if wide else ref

    def _value(self, node: Node, width: int, seen: Mapping[str, Ref | None]) -> Ref:
        name = kind_of(node)
        folded = self._fold(node)
        if folded is not None:
            bits = self.width(node)
            return self._literal(folded % (1 << width), width if folded < 0 else bits)
        if name == "Identifier":
            return self._variable(node, seen)
        if name in _OF_CONTEXT:
            return self.add(_OF_CONTEXT[name], width, [self._value(x, width, seen) for x in (node.left, node.right)])
        if name in _SHIFTS:
            operands = [self._value(node.left, width, seen), self._alone(node.right, seen)]
            return self.add(_SHIFTS[name], width, operands)
        if name in _COMPARISONS:
            common = max(self.width(node.left), self.width(node.right))
            return self.add(_COMPARISONS[name], 1, [self._value(x, common, seen) for x in (node.left, node.right)])
        if name in _LOGICAL:
            return self.add(_LOGICAL[name], 1, [self._alone(x, seen) for x in (node.left, node.right)])
        if name in _UNARY:
            return self.add(_UNARY[name], width, [self._value(node.right, width, seen)])
        if name in _REDUCTIONS:
            return self.add(_REDUCTIONS[name], 1, [self._alone(node.right, seen)])
        return self._structure(node, name, width, seen)

    def _structure(self, node: Node, name: str, width: int, seen: Mapping[str, Ref | None]) -> Ref:
        if name == "Cond":
            values = [self._value(x, width, seen) for x in (node.true_value, node.false_value)]
            return self.add("mux", width, [self._alone(node.cond, seen), *values])
        if name == "Uplus":
            return self._value(node.right, width, seen)
        if name == "Concat" and len(node.list) == 1:
            return self._alone(node.list[0], seen)
        if name == "Concat":
            return self.add("concat", self.width(node), [self._alone(part, seen) for part in node.list])
        if name == "Repeat":
            return self.add("repeat", self.width(node), [self._alone(node.value, seen)])
        if name in ("Partselect", "Pointer"):
            return self._slice(node, name, seen)
        if name == "SystemCall" and node.syscall in ("signed", "unsigned"):
            return self._alone(node.args[0], seen)
        what = _REFUSED.get(name, f"the construct {name}" if name != "SystemCall" else f"the system function ${node.syscall}")
        raise self.source.unsupported(place(self.source, node), f"{what} in behavioural arithmetic")

    def _slice(self, node: Node, name: str, seen: Mapping[str, Ref | None]) -> Ref:
        """A constant select; its name ends with the bits it takes, counted from the last of its operand."""
        bounds = [self.constant(x) for x in ((node.msb, node.lsb) if name == "Partselect" else (node.ptr, node.ptr))]
        if bounds[0] < bounds[1]:
            raise self.source.unsupported(place(self.source, node), "a select of a range that counts upwards")
        lowest = self.lowest.get(getattr(node.var, "name", ""), 0)
        return self._cut(self._alone(node.var, seen), bounds[0] - lowest, bounds[1] - lowest)

    def _cut(self, ref: Ref, high: int, low: int) -> Ref:
        number = self._count["slice"] = self._count.get("slice", 0) + 1
        return self.add("slice", high - low + 1, [ref], f"slice${number}[{high}:{low}]")

    def _alone(self, node: Node, seen: Mapping[str, Ref | None]) -> Ref:
        return self._value(node, self.width(node), seen)

    def _variable(self, node: Node, seen: Mapping[str, Ref | None]) -> Ref:
        if node.name not in seen:
            return self.read(node.name, node)
        ref = seen[node.name]
        if ref is None:
            raise self.source.unsupported(place(self.source, node), f"{node.name}, read before the block assigns it,")
        return ref

    # --- result ------------------------------------------------------------------------------------------------------

    def dataflow(self, name: str, registers: Mapping[str, Ref]) -> Dataflow:
        """The graph; `registers` are the values that registers take at the end of an iteration."""
        edges = [(*self._origin(ref, registers), target, operand) for ref, target, operand in self._edges]
        source, distance, target, operand = np.array(edges, dtype=np.int64).reshape(-1, 4).T
        computing = [v for v, kind in enumerate(self._kinds) if kind not in WIRING]
        resources = tuple(dict.fromkeys(self._kinds[v] for v in computing))
        return Dataflow(
            names=tuple(self._names),
            kinds=tuple(self._kinds),
            latency=np.array([kind not in WIRING for kind in self._kinds], dtype=np.int64),
            width=np.array(self._bits, dtype=np.int64),
            edge_source=source,
            edge_target=target,
            edge_operand=operand,
            edge_distance=distance,
            edge_delay=np.zeros(len(edges), dtype=np.int64),
            resources=resources,
            capacity=np.full(len(resources), -1),
            demand_operation=np.array(computing, dtype=np.int64),
            demand_resource=np.array([resources.index(self._kinds[v]) for v in computing], dtype=np.int64),
            demand_amount=np.ones(len(computing), dtype=np.int64),
            demand_occupancy=np.ones(len(computing), dtype=np.int64),
            name=name,
        )

    def _origin(self, ref: Ref, registers: Mapping[str, Ref]) -> tuple[int, int]:
        """The operation behind a value and how many iterations ago it ran."""
        distance = 0
        while isinstance(ref.source, str):
            distance += 1
            if distance > len(registers):
                raise self.source.error(0, f"register {ref.source} never takes a value that is computed")
            ref = registers[ref.source]
        return ref.source, distance

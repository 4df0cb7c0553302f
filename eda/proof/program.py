"""Combinational netlists as one straight line of two-operand word operations, shared between them.

What exhaustive simulation compiles. Slots are numbers: 0 and 1 hold the constants, then come the inputs, then one slot
for each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eda.ir.logic import Expr
from eda.ir.netlist import FIRST_INPUT_NET, Netlist

AND, OR, XOR = range(3)
_OPERATIONS = {"and": AND, "or": OR, "xor": XOR}


@dataclass(frozen=True)
class Program:
    """`operations` are ``(code, slot, slot)``; `outputs` names the slots of each netlist's output bits."""

    n_inputs: int
    operations: tuple[tuple[int, int, int], ...]
    outputs: tuple[tuple[int, ...], ...]

    @property
    def first_slot(self) -> int:
        """Slot of the first operation."""
        return FIRST_INPUT_NET + self.n_inputs


@dataclass(frozen=True)
class Kernel:
    """A compiled search: ``search(start, stop)`` is the first differing vector of blocks start..stop-1 of `blocks`, or -1."""

    search: Callable[[int, int], int]
    blocks: int


def lower(netlists: Sequence[Netlist]) -> Program:
    """The program of netlists with equal input ports; operations that no output needs are left out."""
    lowering = _Lowering(netlists[0].n_input_bits)
    roots = [lowering.netlist(n) for n in netlists]
    return lowering.program(roots)


class _Lowering:
    """Operations found so far, each made once: operands are ordered, constants and equal operands fold."""

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self.first = FIRST_INPUT_NET + n_inputs
        self.operations: list[tuple[int, int, int]] = []
        self.slots: dict[tuple[int, int, int], int] = {}

    def netlist(self, netlist: Netlist) -> list[int]:
        slot = list(range(self.first)) + [0] * (netlist.n_nets - self.first)
        fanin, start, out = netlist.fanin.tolist(), netlist.fanin_start.tolist(), netlist.output_start.tolist()
        for kind, cells in netlist.groups:
            for c in cells.tolist():
                values = {p: slot[n] for p, n in zip(kind.inputs, fanin[start[c] : start[c + 1]], strict=True)}
                for k, function in enumerate(kind.functions):
                    slot[out[c] + k] = self.expression(function or (), values)
        return [slot[n] for n in netlist.output_nets.tolist()]

    def expression(self, expr: Expr, values: dict[str, int]) -> int:
        if expr[0] == "var":
            return values[expr[1]]
        if expr[0] == "const":
            return int(expr[1])
        if expr[0] == "not":
            return self.operation(XOR, self.expression(expr[1], values), 1)
        return self.operation(_OPERATIONS[expr[0]], self.expression(expr[1], values), self.expression(expr[2], values))

    def operation(self, code: int, a: int, b: int) -> int:
        if a > b:
            a, b = b, a
        if a == b:
            return 0 if code == XOR else a
        if a == 0:
            return 0 if code == AND else b
        if a == 1 and code != XOR:
            return b if code == AND else 1
        key = (code, a, b)
        if key not in self.slots:
            self.slots[key] = self.first + len(self.operations)
            self.operations.append(key)
        return self.slots[key]

    def program(self, roots: Sequence[Sequence[int]]) -> Program:
        needed = {s for row in roots for s in row}
        for i in range(len(self.operations) - 1, -1, -1):
            if self.first + i in needed:
                needed.update(self.operations[i][1:])
        number = {s: s for s in range(self.first)}
        kept: list[tuple[int, int, int]] = []
        for i, (code, a, b) in enumerate(self.operations):
            if self.first + i in needed:
                number[self.first + i] = self.first + len(kept)
                kept.append((code, number[a], number[b]))
        return Program(self.n_inputs, tuple(kept), tuple(tuple(number[s] for s in row) for row in roots))

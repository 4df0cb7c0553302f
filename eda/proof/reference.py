"""The plainest circuit of a specification: rows of partial products added one by one with ripple carries."""

from __future__ import annotations

from collections.abc import Sequence

from eda.ir.builder import Builder
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec, Operand


def reference(spec: ArithmeticSpec) -> Netlist:
    """A netlist of `spec`, with its operands as input ports in their order."""
    b = Builder("reference")
    nets = {o.name: b.input(o.name, o.width) for o in spec.operands}
    operands = {o.name: o for o in spec.operands}
    total = [0] * spec.span
    for coefficient, (first, *others) in spec.weighted_terms:
        word = _extended(operands[first], nets[first], spec.span)
        for name in others:
            word = _product(b, word, operands[name], nets[name])
        total = _sum(b, total, _multiple(b, word, coefficient), 0)
    b.output(spec.output, total[spec.low :])
    return b.build()


def _extended(operand: Operand, nets: Sequence[int], width: int) -> list[int]:
    fill = nets[-1] if operand.signed else 0
    return [*nets, *[fill] * (width - len(nets))][:width]


def _product(b: Builder, word: list[int], operand: Operand, nets: Sequence[int]) -> list[int]:
    """``word * operand`` modulo ``2**len(word)``: a row for each bit of the operand, the row of a sign bit subtracted."""
    width = len(word)
    total = [0] * width
    for j, net in enumerate(nets[:width]):
        row = [0] * j + [b.and_(net, x) for x in word[: width - j]]
        if operand.signed and j == len(nets) - 1:
            total = _sum(b, total, [b.not_(x) for x in row], 1)
        else:
            total = _sum(b, total, row, 0)
    return total


def _multiple(b: Builder, word: list[int], coefficient: int) -> list[int]:
    """``coefficient * word`` modulo ``2**len(word)``: a row for each bit of the coefficient's absolute value."""
    width = len(word)
    total = [0] * width
    for j in range(width):
        if abs(coefficient) >> j & 1:
            total = _sum(b, total, [0] * j + word[: width - j], 0)
    return total if coefficient >= 0 else _sum(b, [0] * width, [b.not_(x) for x in total], 1)


def _sum(b: Builder, x: Sequence[int], y: Sequence[int], carry: int) -> list[int]:
    out = []
    for p, q in zip(x, y, strict=True):
        s, carry = b.full_adder(p, q, carry)
        out.append(s)
    return out

"""What an arithmetic circuit must compute, as data: a sum of products of its operands, modulo a power of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from eda.errors import UsageError


@dataclass(frozen=True)
class Operand:
    """An input port and how its bits are read."""

    name: str
    width: int
    signed: bool = False

    def __post_init__(self) -> None:
        if self.width < 1:
            raise UsageError(f"operand {self.name} has a width of {self.width}, expected at least 1")

    def value(self, bits: int) -> int:
        """The integer that the bit pattern `bits` stands for."""
        return bits - (1 << self.width) if self.signed and bits >> (self.width - 1) & 1 else bits

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest value."""
        return (-(1 << self.width - 1), (1 << self.width - 1) - 1) if self.signed else (0, (1 << self.width) - 1)


@dataclass(frozen=True)
class ArithmeticSpec:
    """``output = sum of products of operands  (mod 2**width)``.

    Each term is a tuple of operand names: ``("a", "b")`` is a product, ``("c",)`` an addend, ``("a", "a")`` a square.
    """

    operands: tuple[Operand, ...]
    terms: tuple[tuple[str, ...], ...]
    output: str
    width: int

    def __post_init__(self) -> None:
        names = {o.name for o in self.operands}
        if len(names | {self.output}) != len(self.operands) + 1:
            raise UsageError(f"two ports have one name: {', '.join([*(o.name for o in self.operands), self.output])}")
        if self.width < 1:
            raise UsageError(f"the output {self.output} has a width of {self.width}, expected at least 1")
        for name in (n for term in self.terms for n in term):
            if name not in names:
                raise UsageError(f"the specification names {name!r}, which is none of its operands {', '.join(sorted(names))}")

    def evaluate(self, bits: Mapping[str, int]) -> int:
        """Bit pattern of the output for the bit patterns of the operands."""
        values = {o.name: o.value(bits[o.name]) for o in self.operands}
        return sum(prod(values[n] for n in term) for term in self.terms) % (1 << self.width)

    @property
    def text(self) -> str:
        """Such as ``p[15:0] = a*b + c``, with signed operands named."""
        signed = [o.name for o in self.operands if o.signed]
        note = f" ({', '.join(signed)} signed)" if signed else ""
        return f"{self.output}[{self.width - 1}:0] = {' + '.join('*'.join(t) for t in self.terms)}{note}"

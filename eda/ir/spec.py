"""What an arithmetic circuit must compute, as data: a range of bits of a sum of products of its operands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """``output = floor(sum of coefficient * product of operands / 2**low)  (mod 2**width)``.

    Each term is a tuple of operand names: ``("a", "b")`` is a product, ``("c",)`` an addend, ``("a", "a")`` a square.
    coefficients  one integer for each term; empty: all 1
    low           so many of the lowest bits of the exact sum are left out
    """

    operands: tuple[Operand, ...]
    terms: tuple[tuple[str, ...], ...]
    output: str
    width: int
    coefficients: tuple[int, ...] = ()
    low: int = 0

    def __post_init__(self) -> None:
        names = {o.name for o in self.operands}
        if len(names | {self.output}) != len(self.operands) + 1:
            raise UsageError(f"two ports have one name: {', '.join([*(o.name for o in self.operands), self.output])}")
        if self.width < 1:
            raise UsageError(f"the output {self.output} has a width of {self.width}, expected at least 1")
        if self.low < 0:
            raise UsageError(f"the output {self.output} begins at bit {self.low} of the sum, expected at least 0")
        if self.coefficients and len(self.coefficients) != len(self.terms):
            raise UsageError(f"the specification has {len(self.coefficients)} coefficients for {len(self.terms)} terms")
        for name in (n for term in self.terms for n in term):
            if name not in names:
                raise UsageError(f"the specification names {name!r}, which is none of its operands {', '.join(sorted(names))}")

    @property
    def weighted_terms(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Each term with its coefficient."""
        return tuple(zip(self.coefficients or (1,) * len(self.terms), self.terms, strict=True))

    @property
    def span(self) -> int:
        """The bits of the exact sum that matter: the output ends below bit `span`."""
        return self.low + self.width

    @property
    def is_signed(self) -> bool:
        """Can the sum be negative?"""
        return any(o.signed for o in self.operands) or any(c < 0 for c in self.coefficients)

    @property
    def whole(self) -> ArithmeticSpec:
        """The same with the lowest bits."""
        return replace(self, width=self.span, low=0)

    def evaluate(self, bits: Mapping[str, int]) -> int:
        """Bit pattern of the output for the bit patterns of the operands."""
        values = {o.name: o.value(bits[o.name]) for o in self.operands}
        total = sum(c * prod(values[n] for n in term) for c, term in self.weighted_terms)
        return (total >> self.low) % (1 << self.width)

    @property
    def text(self) -> str:
        """Such as ``p[15:0] = a*b + c`` or ``p[7:0] = (93*a)[14:7]``, with signed operands named."""
        signed = [o.name for o in self.operands if o.signed]
        note = f" ({', '.join(signed)} signed)" if signed else ""
        terms = " + ".join("*".join(t if c == 1 else (str(c), *t)) for c, t in self.weighted_terms)
        bits = f"({terms})[{self.span - 1}:{self.low}]" if self.low else terms
        return f"{self.output}[{self.width - 1}:0] = {bits}{note}"

"""Words, products and squares as dots of a bit heap; signed operands by complemented dots and constants (Baugh-Wooley)."""

from __future__ import annotations

from dataclasses import dataclass

from eda.arith.delays import Delays
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap


@dataclass(frozen=True)
class Word:
    """An operand: its nets in a `Builder`, least significant first, how they are read, and when each settles (() : at 0)."""

    nets: tuple[int, ...]
    signed: bool = False
    arrivals: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        return len(self.nets)

    @property
    def times(self) -> tuple[float, ...]:
        """When each bit settles."""
        return self.arrivals or (0.0,) * self.width

    def is_negative(self, bit: int) -> bool:
        """True for the bit whose weight is negative."""
        return self.signed and bit == self.width - 1


def add_word(b: Builder, heap: BitHeap, word: Word, shift: int = 0) -> BitHeap:
    """`heap` plus ``word * 2**shift``."""
    inside = word.nets[: max(heap.width - shift, 0)]
    nets = [b.not_(net) if word.is_negative(i) else net for i, net in enumerate(inside)]
    heap = heap.add_dots(range(shift, shift + len(inside)), nets, word.times[: len(inside)])
    return heap.add_constant(-1 << shift + word.width - 1) if word.signed else heap


def extended_word(heap: BitHeap, word: Word) -> BitHeap:
    """`heap` plus `word` with its sign bit repeated up to the last column: no complement, no constant."""
    missing = heap.width - word.width if word.signed else 0
    repeated, times = ((*bits, *bits[-1:] * missing) for bits in (word.nets, word.times))
    return heap.add_dots(range(len(repeated)), repeated, times)


def add_product(b: Builder, heap: BitHeap, x: Word, y: Word, delays: Delays, prefix: str = "pp") -> BitHeap:
    """`heap` plus ``x * y`` by an AND array, one row for each bit of `y`; dot ``x_i y_j`` is named ``<prefix>_i_j``.

    A dot with exactly one sign bit has negative weight: ``-d 2**k = (not d) 2**k - 2**k``.
    """
    constant = 0
    for j, (y_net, y_time) in enumerate(zip(y.nets[: heap.width], y.times, strict=False)):
        row = []
        for i, x_net in enumerate(x.nets[: heap.width - j]):
            negative = x.is_negative(i) != y.is_negative(j)
            net = b.nand(x_net, y_net) if negative else b.and_(x_net, y_net)
            b.name_net(net, f"{prefix}_{i}_{j}")
            row.append(net)
            constant -= negative << i + j
        times = [max(x_time, y_time) + delays.and2 for x_time in x.times[: len(row)]]
        heap = heap.add_dots(range(j, j + len(row)), row, times)
    return heap.add_constant(constant)


def add_square(b: Builder, heap: BitHeap, x: Word, delays: Delays, prefix: str = "pp") -> BitHeap:
    """`heap` plus ``x * x``: the bits themselves at even columns, ``x_i x_j`` (i < j) once at column i + j + 1."""
    heap = heap.add_dots(range(0, 2 * x.width, 2), x.nets, x.times)
    constant = 0
    for j in range(1, x.width):
        negative = x.is_negative(j)
        gate = b.nand if negative else b.and_
        row = [gate(x.nets[i], x.nets[j]) for i in range(min(j, heap.width - j - 1))]
        for i, net in enumerate(row):
            b.name_net(net, f"{prefix}_{i}_{j}")
            constant -= negative << i + j + 1
        times = [max(x_time, x.times[j]) + delays.and2 for x_time in x.times[: len(row)]]
        heap = heap.add_dots(range(j + 1, j + 1 + len(row)), row, times)
    return heap.add_constant(constant)

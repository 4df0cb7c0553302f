"""Words, products and squares as dots of a bit heap; signed operands by complemented dots and constants (Baugh-Wooley)."""

from __future__ import annotations

from dataclasses import dataclass

from eda.arith.delays import Delays
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap


@dataclass(frozen=True)
class Word:
    """An operand: its nets in a `Builder`, least significant first, and how they are read."""

    nets: tuple[int, ...]
    signed: bool = False

    @property
    def width(self) -> int:
        return len(self.nets)

    def is_negative(self, bit: int) -> bool:
        """True for the bit whose weight is negative."""
        return self.signed and bit == self.width - 1


def add_word(b: Builder, heap: BitHeap, word: Word, shift: int = 0) -> BitHeap:
    """`heap` plus ``word * 2**shift``."""
    nets = [b.not_(net) if word.is_negative(i) else net for i, net in enumerate(word.nets)]
    heap = heap.add_dots(range(shift, shift + word.width), nets)
    return heap.add_constant(-1 << shift + word.width - 1) if word.signed else heap


def extended_word(heap: BitHeap, word: Word) -> BitHeap:
    """`heap` plus `word` with its sign bit repeated up to the last column: no complement, no constant."""
    repeated = word.nets + (word.nets[-1],) * (heap.width - word.width if word.signed else 0)
    return heap.add_dots(range(len(repeated)), repeated)


def add_product(b: Builder, heap: BitHeap, x: Word, y: Word, delays: Delays, prefix: str = "pp") -> BitHeap:
    """`heap` plus ``x * y`` by an AND array, one row for each bit of `y`; dot ``x_i y_j`` is named ``<prefix>_i_j``.

    A dot with exactly one sign bit has negative weight: ``-d 2**k = (not d) 2**k - 2**k``.
    """
    constant = 0
    for j, y_net in enumerate(y.nets):
        row = []
        for i, x_net in enumerate(x.nets):
            negative = x.is_negative(i) != y.is_negative(j)
            net = b.nand(x_net, y_net) if negative else b.and_(x_net, y_net)
            b.name_net(net, f"{prefix}_{i}_{j}")
            row.append(net)
            constant -= negative << i + j
        heap = heap.add_dots(range(j, j + x.width), row, delays.and2)
    return heap.add_constant(constant)


def add_square(b: Builder, heap: BitHeap, x: Word, delays: Delays, prefix: str = "pp") -> BitHeap:
    """`heap` plus ``x * x``: the bits themselves at even columns, ``x_i x_j`` (i < j) once at column i + j + 1."""
    heap = heap.add_dots(range(0, 2 * x.width, 2), x.nets)
    constant = 0
    for j in range(1, x.width):
        negative = x.is_negative(j)
        gate = b.nand if negative else b.and_
        row = [gate(x.nets[i], x.nets[j]) for i in range(j)]
        for i, net in enumerate(row):
            b.name_net(net, f"{prefix}_{i}_{j}")
            constant -= negative << i + j + 1
        heap = heap.add_dots(range(j + 1, 2 * j + 1), row, delays.and2)
    return heap.add_constant(constant)

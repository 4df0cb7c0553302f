"""The gates of a library as a table: which cell computes a truth table, its inputs permuted and inverted, or its complement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eda.egraph.egraph import FloatArray, IntArray
from eda.errors import UnsupportedError
from eda.ir.logic import input_pattern
from eda.tech.library import LibCell
from eda.tech.pdk import Pdk

WIDTH = 6
"""Most inputs of a gate that is used."""

INVERTER = (1, 0b01)
_WORD = 1 << WIDTH


@dataclass(frozen=True, eq=False)
class CellTable:
    """T truth tables over up to six leaves, E ways to make them. Tables are 64-bit words, see `cut_kernels`.

    keys   uint64 [T]  ascending
    area   float64 [T] um2, the cheapest way
    first  int32 [T+1] ways of table t are first[t] .. first[t+1]
    cell   int32 [E]   position in ``library.cells``
    pins   int32 [E, 7] for each input pin ``2 * leaf + inverted`` (-1 beyond the last); last 1 if the way gives the complement
    smallest           position of the smallest usable gate by number of inputs and truth table over its pins
    """

    keys: IntArray
    area: FloatArray
    first: IntArray
    cell: IntArray
    pins: IntArray
    smallest: Mapping[tuple[int, int], int]

    @property
    def inverter(self) -> int:
        """Position of the smallest inverter."""
        return self.smallest[INVERTER]


def cell_table(pdk: Pdk) -> CellTable:
    """The table of the smallest usable gate of each function with 2 to 6 inputs and one output.

    Raises `UnsupportedError` if the kit has no inverter or no gate of two inputs.
    """
    library = pdk.library
    ways: list[tuple[int, int, tuple[int, ...]]] = []
    smallest: dict[tuple[int, int], int] = {}
    for index in sorted(range(len(library.cells)), key=lambda i: (library.cells[i].area, i)):
        function = _function(library.cells[index], pdk)
        if function is not None and function not in smallest:
            smallest[function] = index
    for (n, table), index in smallest.items():
        ways += [(word, index, pins) for word, pins in _ways(n, table)] if n > 1 else []
    if INVERTER not in smallest or not ways:
        raise UnsupportedError(f"the kit {pdk.name} has no inverter or no gate of two inputs")
    ways.sort()
    words = np.array([w for w, _, _ in ways], dtype=np.uint64)
    keys, first = np.unique(words, return_index=True)
    cell = np.array([c for _, c, _ in ways], dtype=np.int32)
    areas = np.array([library.cells[c].area for c in cell])
    first = np.append(first, len(ways)).astype(np.int32)
    least = np.minimum.reduceat(areas, first[:-1])
    pins = np.array([p for _, _, p in ways], dtype=np.int32)
    return CellTable(keys, least, first, cell, pins, smallest)


def _function(cell: LibCell, pdk: Pdk) -> tuple[int, int] | None:
    """Number of inputs and truth table of a plain gate that may be used and depends on every input."""
    kind, n = cell.type, len(cell.type.inputs)
    if not pdk.is_usable(cell) or not kind.is_combinational or len(kind.outputs) != 1 or not 1 <= n <= WIDTH or cell.clock_pins:
        return None
    table = kind.tables[0]
    high = [input_pattern(i, n) for i in range(n)]
    full = all((table & h) >> (1 << i) != table & (h >> (1 << i)) for i, h in enumerate(high))
    return (n, table) if full else None


def _ways(n: int, table: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Every function that the gate gives with inputs permuted and inverted, or complemented, and how."""
    ones = (1 << _WORD) - 1
    for permuted, order in _permutations(n, sum(table << k for k in range(0, _WORD, 1 << n))):
        for inverted in range(1 << n):
            word = permuted
            for leaf in range(n):
                word = _flipped(word, leaf) if inverted >> leaf & 1 else word
            pins = [2 * leaf + (inverted >> leaf & 1) for leaf in order] + [-1] * (WIDTH - n)
            yield word, (*pins, 0)
            yield word ^ ones, (*pins, 1)


def _permutations(n: int, word: int) -> list[tuple[int, list[int]]]:
    """Different words of a gate under exchanges of leaves, each with the leaf of every pin."""
    found = {word: list(range(n))}
    todo = [word]
    while todo:
        at = todo.pop()
        for i in range(n - 1):
            swapped = _exchanged(at, i)
            if swapped not in found:
                found[swapped] = [{i: i + 1, i + 1: i}.get(leaf, leaf) for leaf in found[at]]
                todo.append(swapped)
    return list(found.items())


def _exchanged(word: int, i: int) -> int:
    """The word with the leaves i and i + 1 exchanged."""
    a, b, shift = input_pattern(i, WIDTH), input_pattern(i + 1, WIDTH), 1 << i
    return word & ~(a ^ b) | (word & a & ~b) << shift | (word & b & ~a) >> shift


def _flipped(word: int, leaf: int) -> int:
    """The word with a leaf inverted."""
    high, shift = input_pattern(leaf, WIDTH), 1 << leaf
    return (word & high) >> shift | (word << shift) & high

"""Which library cells compute a function of few inputs, by truth table, with inputs exchanged and inverted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from eda.ir.logic import input_pattern
from eda.tech.library import LibCell, Library

MOST_INPUTS = 4


@dataclass(frozen=True)
class Match:
    """A library cell whose pin i reads input ``order[i]`` of a function, inverted where bit i of `inverted` is set.

    The cell gives the function, or with `complement` its complement.
    """

    lib: int
    order: tuple[int, ...]
    inverted: int
    complement: bool

    @property
    def inverters(self) -> int:
        """Inverters needed where no complement of an input exists."""
        return self.inverted.bit_count() + self.complement


Matches = dict[tuple[int, int], list[Match]]
"""By number of inputs and truth table; fewest inverters and smallest cells first."""


@lru_cache(maxsize=8)
def matches_of(library: Library, usable: Callable[[LibCell], bool] | None) -> Matches:
    """Every match of the smallest usable cell of each function; cells whose output depends on all inputs only."""
    found: Matches = {}
    seen: set[tuple[int, int]] = set()
    for lib in sorted(range(len(library.cells)), key=lambda i: (library.cells[i].area, i)):
        cell = library.cells[lib]
        key = _function(cell, usable)
        if key is None or key in seen:
            continue
        seen.add(key)
        _add(found, lib, *key)
    for entries in found.values():
        entries.sort(key=lambda m: (m.inverters, library.cells[m.lib].area, m.lib, m.order))
    return found


def _function(cell: LibCell, usable: Callable[[LibCell], bool] | None) -> tuple[int, int] | None:
    """Number of inputs and truth table of a plain gate that may be used."""
    kind, allowed = cell.type, not cell.dont_use if usable is None else usable(cell)
    n = len(kind.inputs)
    if not allowed or not kind.is_combinational or len(kind.outputs) != 1 or not 1 <= n <= MOST_INPUTS or cell.clock_pins:
        return None
    table = kind.tables[0]
    return (n, table) if all(_depends(table, i, n) for i in range(n)) else None


def _depends(table: int, i: int, n: int) -> bool:
    high = input_pattern(i, n)
    return (table & high) >> (1 << i) != table & (high >> (1 << i))


def _add(found: Matches, lib: int, n: int, table: int) -> None:
    """All exchanges and inversions of a cell's inputs that give different connections."""
    ones = (1 << (1 << n)) - 1
    given: dict[tuple[int, bool], set[tuple[tuple[int, int], ...]]] = {}
    for order in permutations(range(n)):
        for inverted in range(1 << n):
            reached = substitute(table, [_pin(order[i], inverted >> i & 1, n) for i in range(n)], ones)
            signature = tuple(sorted((order[i], inverted >> i & 1) for i in range(n)))
            for complement in (False, True):
                value = reached ^ ones if complement else reached
                known = given.setdefault((value, complement), set())
                if signature not in known:
                    known.add(signature)
                    found.setdefault((n, value), []).append(Match(lib, order, inverted, complement))


def _pin(variable: int, inverted: int, n: int) -> int:
    pattern = input_pattern(variable, n)
    return pattern ^ ((1 << (1 << n)) - 1) if inverted else pattern


def substitute(table: int, values: list[int], ones: int) -> int:
    """The function `table` of the functions `values`, all as truth tables over the same inputs."""
    out = 0
    for minterm in range(1 << len(values)):
        if table >> minterm & 1:
            term = ones
            for i, value in enumerate(values):
                term &= value if minterm >> i & 1 else value ^ ones
            out |= term
    return out

"""The gates that a kit offers, found by what they compute, whatever its cells are called."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from weakref import WeakKeyDictionary

from eda.errors import UsageError
from eda.ir import logic
from eda.tech.library import LibCell, Library
from eda.tech.pdk import Pdk

FUNCTIONS = {
    "INV": "!a",
    "BUF": "a",
    "AND": "a & b",
    "OR": "a | b",
    "NAND": "!(a & b)",
    "NOR": "!(a | b)",
    "XOR": "a ^ b",
    "XNOR": "!(a ^ b)",
    "AOI21": "!(a | b & c)",
    "OAI21": "!(a & (b | c))",
    "AOI22": "!(a & b | c & d)",
    "OAI22": "!((a | b) & (c | d))",
    "NAND3": "!(a & b & c)",
    "NOR3": "!(a | b | c)",
    "MUX": "a & !c | b & c",
    "MUXI": "!(a & !c | b & c)",
    "MAJ": "a & b | a & c | b & c",
    "MAJI": "!(a & b | a & c | b & c)",
}
"""The functions that composites and mapping are made of, over operands a, b, c, d."""


@dataclass(frozen=True)
class Gate:
    """A library cell for one of `FUNCTIONS`; operand ``order[k]`` of the function is on input pin k of the cell."""

    cell: LibCell
    order: tuple[int, ...]


_FOUND: WeakKeyDictionary[Library, dict[tuple[str, ...], tuple[Gate, ...]]] = WeakKeyDictionary()


def gates_of(pdk: Pdk, function: str) -> tuple[Gate, ...]:
    """The usable single-output cells for the named function, one of each area, from small to large; empty if the kit has
    none."""
    known = _FOUND.setdefault(pdk.library, {})
    key = (function, *pdk.defaults.dont_use)
    if key not in known:
        known[key] = _search(pdk, function)
    return known[key]


def gate(pdk: Pdk, function: str, drive: int = 0) -> Gate:
    """The smallest cell for the named function, or one `drive` sizes larger if there is one.

    Raises `UsageError` if the kit has none.
    """
    found = gates_of(pdk, function)
    if not found:
        raise UsageError(f"the kit {pdk.name} has no usable cell for {FUNCTIONS[function]}")
    return found[min(drive, len(found) - 1)]


def _search(pdk: Pdk, function: str) -> tuple[Gate, ...]:
    expr = logic.parse(FUNCTIONS[function])
    names = tuple(sorted(logic.variables(expr)))
    orders: dict[int, tuple[int, ...]] = {}
    for order in permutations(range(len(names))):
        orders.setdefault(logic.truth_table(expr, tuple(names[k] for k in order)), order)
    fitting = []
    for cell in pdk.library.cells:
        kind = cell.type
        single = len(kind.inputs) == len(names) and len(kind.outputs) == 1 and kind.is_combinational
        if single and pdk.is_usable(cell) and kind.tables[0] in orders:
            fitting.append(Gate(cell, orders[kind.tables[0]]))
    fitting.sort(key=lambda g: (g.cell.area, sum(g.cell.cap_rise), g.cell.name))
    return tuple({g.cell.area: g for g in reversed(fitting)}.values())[::-1]

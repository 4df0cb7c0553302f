"""Constants in a netlist: which nets never change, and which arcs of the cells they feed still matter.

The rules are those of OpenSTA: constants pass through functions by three-valued logic; a conditional arc whose condition
is false is dropped, and so is an unconditional one beside a conditional arc whose condition is true; arrivals pass in the
sense that the function has under the constants, while slews still merge over all edges of the remaining arcs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from eda.ir.cells import CellType
from eda.ir.logic import Expr, variables
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.tech.library import IntArray, LibCell, Library
from eda.timing.bank import Bank, rows_of

Pattern = tuple[int | None, ...]
"""The constant, or None, at each input of a cell."""

_POSITIVE, _NEGATIVE, _BOTH, _NONE = 0b1001, 0b0110, 0b1111, 0


def ternary(expr: Expr, known: Mapping[str, int]) -> int | None:
    """Value of `expr` when only the names in `known` have one; None if that does not decide it."""
    op = expr[0]
    if op == "const":
        return int(expr[1])
    if op == "var":
        return known.get(expr[1])
    left = ternary(expr[1], known)
    if op == "not":
        return None if left is None else 1 - left
    right = ternary(expr[2], known)
    if op == "xor":
        return None if left is None or right is None else left ^ right
    decisive = 0 if op == "and" else 1
    if decisive in (left, right):
        return decisive
    return None if left is None or right is None else 1 - decisive


def sense(expr: Expr, name: str, known: Mapping[str, int]) -> int:
    """Mask of moves from the input `name` through `expr` under the constants `known`, read off the expression's form."""
    op = expr[0]
    if ternary(expr, known) is not None:
        return _NONE
    if op == "var":
        return _POSITIVE if expr[1] == name else _NONE
    left = sense(expr[1], name, known)
    if op == "not":
        return _inverse(left)
    right = sense(expr[2], name, known)
    if op != "xor":
        return left | right
    return _xor(left, ternary(expr[1], known), right, ternary(expr[2], known))


def _xor(left: int, left_value: int | None, right: int, right_value: int | None) -> int:
    if left_value is not None:
        return _inverse(right) if left_value else right
    if right_value is not None:
        return _inverse(left) if right_value else left
    return _BOTH if left or right else _NONE


def _inverse(mask: int) -> int:
    """The moves of the complement: rise and fall of the output exchanged."""
    return (mask & 0b0011) << 2 | mask >> 2


def constant_nets(netlist: Netlist) -> dict[int, int]:
    """Value of each net that is constant: the two constants, tie cells, and what follows from them."""
    known = {0: 0, 1: 1}
    ties = [i for i, t in enumerate(netlist.types) if not t.inputs]
    todo = np.flatnonzero(np.isin(netlist.cell_type, ties)).tolist() if ties else []
    todo += netlist.pin_cell[netlist.fanin < FIRST_INPUT_NET].tolist()
    while todo:
        cell = todo.pop()
        kind = netlist.type_of(cell)
        values = {
            name: known[net] for name, net in zip(kind.inputs, netlist.fanin_of(cell).tolist(), strict=True) if net in known
        }
        for net, function in zip(netlist.outputs_of(cell), kind.functions, strict=True):
            value = None if function is None or net in known else ternary(function, values)
            if value is not None:
                known[net] = value
                start, sinks = netlist.sinks
                todo += netlist.pin_cell[sinks[start[net] : start[net + 1]]].tolist()
    return known


def live_arcs(library: Library, cell: LibCell, pattern: Pattern, bank: Bank) -> dict[int, int]:
    """``{bank row: paths}`` of the arcs of `cell` that still carry arrivals when its inputs have the constants `pattern`."""
    kind = cell.type
    known = constants_of(kind, pattern)
    pins = kind.inputs + kind.outputs
    first = int(bank.first[library.index[cell.name]])
    out = {}
    for k, function in enumerate(kind.functions):
        for at in range(int(bank.start[first + k]), int(bank.start[first + k + 1])):
            source = pins[bank.source[at]]
            if source in known or is_off(library, int(bank.row[at]), known):
                continue
            paths = int(bank.paths[at])
            if function is not None and source in variables(function):
                allowed = sense(function, source, known)
                if not allowed:
                    continue
                paths &= allowed
            out[at] = paths
    return out


def constants_of(kind: CellType, pattern: Pattern) -> dict[str, int]:
    """Value of each constant pin of a cell whose inputs have the constants `pattern`."""
    known = {name: value for name, value in zip(kind.inputs, pattern, strict=True) if value is not None}
    results = [(name, None if f is None else ternary(f, known)) for name, f in zip(kind.outputs, kind.functions, strict=True)]
    return known | {name: value for name, value in results if value is not None}


def is_off(library: Library, row: int, known: Mapping[str, int]) -> bool:
    """True if constants exclude an arc: its condition is false, or that of one between the same pins is true."""
    arcs = library.arcs
    when = arcs.when[row]
    if when is not None:
        return ternary(when, known) == 0
    for other in library.cells[arcs.cell[row]].arcs:
        condition = arcs.when[other]
        same = all(getattr(arcs, key)[other] == getattr(arcs, key)[row] for key in ("source", "target", "kind"))
        if same and condition is not None and ternary(condition, known) == 1:
            return True
    return False


def specialise(library: Library, bank: Bank, wanted: list[tuple[int, Pattern]]) -> tuple[Bank, IntArray]:
    """`bank` with groups added for each (library cell, pattern), and int32 [wanted]: the first group of each."""
    rows: list[int] = []
    paths: list[int] = []
    start = bank.start.tolist()
    first = []
    for index, pattern in wanted:
        cell = library.cells[index]
        first.append(len(start) - 1)
        live = live_arcs(library, cell, pattern, bank)
        group = int(bank.first[index])
        for k in range(len(cell.type.outputs)):
            kept = [at for at in range(int(bank.start[group + k]), int(bank.start[group + k + 1])) if at in live]
            rows += kept
            paths += [live[at] for at in kept]
            start.append(start[-1] + len(kept))
    at = np.array(rows, dtype=np.int64)
    extra = rows_of(library.arcs, bank.row[at], bank.moves[at])
    extra["paths"] = np.array(paths, dtype=np.uint8)
    joined = {name: np.concatenate((getattr(bank, name), part)) for name, part in extra.items()}
    return Bank(first=bank.first, start=np.array(start, dtype=np.int64), **joined), np.array(first, dtype=np.int32)

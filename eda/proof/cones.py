"""Functions of nets that depend on few inputs: truth tables over exactly the inputs that matter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from eda.ir import logic
from eda.ir.logic import Expr
from eda.ir.netlist import Netlist

Function = tuple[tuple[int, ...], int]
"""Ascending input nets, and the truth table over them (the first toggles fastest); every one of them matters."""

_CONSTANTS: tuple[Function, Function] = (((), 0), ((), 1))


def small_functions(netlist: Netlist, limit: int) -> list[Function | None]:
    """The function of each net over the input ports, for a combinational netlist; None: of more than `limit` inputs."""
    out: list[Function | None] = [None] * netlist.n_nets
    out[:2] = _CONSTANTS
    for net in range(2, netlist.first_cell_net):
        out[net] = ((net,), 0b10)
    fanin, start, first = netlist.fanin.tolist(), netlist.fanin_start.tolist(), netlist.output_start.tolist()
    for kind, cells in netlist.groups:
        for c in cells.tolist():
            operands = [out[n] for n in fanin[start[c] : start[c + 1]]]
            known = [f for f in operands if f is not None]
            if len(known) == len(operands):
                for k, function in enumerate(kind.functions):
                    out[first[c] + k] = compose(function, kind.inputs, known, limit)
    return out


def compose(function: Expr | None, inputs: tuple[str, ...], operands: Sequence[Function], limit: int) -> Function | None:
    """`function` of `operands`, in the order of `inputs`; None where it depends on more than `limit` inputs."""
    support = sorted({net for nets, _ in operands for net in nets})
    if function is None or len(support) > limit:
        return None
    place = {net: i for i, net in enumerate(support)}
    shapes = tuple((tuple(place[n] for n in nets), table) for nets, table in operands)
    kept, table = _composed(function, inputs, shapes, len(support))
    return tuple(support[i] for i in kept), table


@cache
def _composed(
    function: Expr, inputs: tuple[str, ...], shapes: tuple[tuple[tuple[int, ...], int], ...], n: int
) -> tuple[tuple[int, ...], int]:
    ones = (1 << (1 << n)) - 1
    tables = (_widened(table, places, n) for places, table in shapes)
    table = logic.evaluate(function, dict(zip(inputs, tables, strict=True)), ones)
    kept = list(range(n))
    for i in reversed(range(n)):
        low, high = _cofactors(table, i, len(kept))
        if low == high:
            table = low
            kept.remove(i)
    return tuple(kept), table


@cache
def _widened(table: int, places: tuple[int, ...], n: int) -> int:
    """`table` over ``len(places)`` inputs as a table over n inputs, its input k being input ``places[k]``."""
    out = 0
    for m in range(1 << n):
        index = sum((m >> p & 1) << k for k, p in enumerate(places))
        out |= (table >> index & 1) << m
    return out


def _cofactors(table: int, i: int, n: int) -> tuple[int, int]:
    """Tables over the other n-1 inputs where input i is 0 and where it is 1."""
    low = high = 0
    for m in range(1 << n - 1):
        at = m & (1 << i) - 1 | m >> i << i + 1
        low |= (table >> at & 1) << m
        high |= (table >> (at | 1 << i) & 1) << m
    return low, high

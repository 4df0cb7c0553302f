"""The delays of a library's own adders and gates, read from its tables at a typical slew and load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from eda.arith.delays import Delays, Pair
from eda.errors import UsageError
from eda.ir import logic
from eda.ir.logic import Expr
from eda.tech.library import ArcKind, LibCell
from eda.tech.pdk import AdderCell, Pdk
from eda.timing.tables import lookup

_SETTLING_ROUNDS = 8


@dataclass(frozen=True)
class _Point:
    """Where tables are read: input slew (ps) and output load (fF)."""

    slew: float
    load: float


def library_delays(pdk: Pdk) -> Delays:
    """Delays (ps) of the kit's full adder, half adder and smallest gates.

    The load is one input of the full adder, or of the gate itself; the slew is that which a full adder then drives.
    Raises `UsageError` for a kit without adder cells or without a gate that is needed.
    """
    full, half = pdk.defaults.full_adder, pdk.defaults.half_adder
    if full is None or half is None:
        raise UsageError(f"the kit {pdk.name} has no full- and half-adder cells: leave the delays in XOR units")
    cell = pdk.library.cell(full.cell)
    point = _settled(pdk, cell, float(np.mean(cell.cap_rise)))
    a, b, ci = (_pair(pdk, full, pin, point) for pin in (full.a, full.b, full.c))
    x, y = (_pair(pdk, half, pin, point) for pin in (half.a, half.b))
    alone, shared = (_prefix_node(pdk, point.slew, readers) for readers in (1, 2))
    return Delays(
        full_adder=(a, b, ci),
        half_adder=(x, y),
        and2=_gate(pdk, ("a & b",), point.slew),
        xor2=_gate(pdk, ("a ^ b",), point.slew),
        prefix=2 * alone - shared,
        per_fanout=shared - alone,
    )


def _settled(pdk: Pdk, cell: LibCell, load: float) -> _Point:
    """The slew that a chain of `cell` under `load` settles to."""
    slew = 0.0
    for _ in range(_SETTLING_ROUNDS):
        slew = max(_typical(pdk, cell, pin, out, _Point(slew, load))[1] for pin in (0, 1) for out in (0, 1))
    return _Point(slew, load)


def _pair(pdk: Pdk, adder: AdderCell, pin: str, point: _Point) -> Pair:
    """Delay from `pin` to the true sum and carry: behind an inverter where the cell gives the complement."""
    cell = pdk.library.cell(adder.cell)
    source = cell.type.inputs.index(pin)

    def delay(output: str, inverted: bool) -> float:
        behind = _gate(pdk, ("!a",), point.slew) if inverted else 0.0
        return _typical(pdk, cell, source, cell.type.outputs.index(output), point)[0] + behind

    return delay(adder.sum, adder.sum_inverted), delay(adder.carry, adder.carry_inverted)


def _typical(pdk: Pdk, cell: LibCell, source: int, target: int, point: _Point) -> tuple[float, float]:
    """Delay and output slew (ps) from one input to one output pin: the mean over edges and conditions.

    A path meets some of each; trees wired by the mean settle earlier in exact timing than those wired by the worst.
    """
    arcs = pdk.library.arcs
    rows = np.array(cell.arcs)
    rows = rows[(arcs.source[rows] == source) & (arcs.target[rows] == target) & (arcs.kind[rows] == ArcKind.COMBINATIONAL)]
    tables = pdk.library.tables
    delay = lookup(tables, arcs.delay[rows], point.slew, point.load)
    slew = lookup(tables, arcs.slew[rows], point.slew, point.load)
    return float(np.nanmean(delay)), float(np.nanmean(slew))


def _prefix_node(pdk: Pdk, slew: float, readers: int) -> float:
    """One level of AND-OR: the mean of the two inverting forms that alternate."""
    return _gate(pdk, ("!(a & b | c)", "!((a | b) & c)"), slew, readers)


def _gate(pdk: Pdk, functions: Sequence[str], slew: float, readers: int = 1) -> float:
    """Mean over `functions` of the delay of the smallest cell of that function under `readers` of its own inputs."""
    times = []
    for text in functions:
        cell = _smallest(pdk, logic.parse(text), text)
        point = _Point(slew, readers * float(np.mean(cell.cap_rise)))
        times.append(max(_typical(pdk, cell, pin, 0, point)[0] for pin in range(len(cell.type.inputs))))
    return float(np.mean(times))


def _smallest(pdk: Pdk, function: Expr, text: str) -> LibCell:
    """The usable cell of least area that computes `function` for some order of its inputs."""
    names = tuple(sorted(logic.variables(function)))
    wanted = {logic.truth_table(function, order) for order in permutations(names)}
    fitting = [
        c for c in pdk.library.cells if len(c.type.inputs) == len(names) and len(c.type.outputs) == 1 and pdk.is_usable(c)
    ]
    fitting = [c for c in fitting if c.type.is_combinational and c.type.tables[0] in wanted]
    if not fitting:
        raise UsageError(f"the kit {pdk.name} has no gate {text}: leave the delays in XOR units")
    return min(fitting, key=lambda c: (c.area, c.name))

"""The timing model of prefix nodes from a library's tables: AND-OR gates of alternating polarity, sized by their load."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eda.arith.composite_gates import Gate, gate, gates_of
from eda.arith.prefix_model import FloatArray, PrefixModel
from eda.tech.library import ArcKind
from eda.tech.pdk import Pdk
from eda.timing.tables import lookup

_AND_OR = ("AOI21", "OAI21")
_AND = ("NAND", "NOR")
_XOR = ("XOR",)
_POINTS = 65
_ROUNDS = 8
_SIZES = 3


def library_model(pdk: Pdk) -> PrefixModel:
    """Delays (ps) and loads (fF) of the gates of a node, the mean over both polarities and edges.

    Slews are charged where they arise: what the readers of a driver take longer because of its load counts as delay of
    the driver. A driver has the size that is best for its load, where what a larger one costs its own driver is charged
    to it. An arrival is that of a position whose bits have one reader. Raises `UsageError` if the kit lacks a gate.
    """
    upper, propagate, lower = (_cap(pdk, _AND_OR, k) for k in range(3))
    a, b = (_cap(pdk, _AND, k) for k in range(2))
    slew = _settled(pdk, upper)
    step = upper / 2
    loads: FloatArray = step * np.arange(_POINTS, dtype=np.float64)
    node, other, source = (_drive(pdk, kinds, slew, loads, upper) for kinds in (_AND_OR, _AND, _XOR))
    pins = [_at(pdk, _AND_OR, k, slew, upper) for k in (0, 2, 1)] + [_at(pdk, _AND, k, slew, upper) for k in (0, 1)]
    off = np.array([np.mean(pins[:3])] * 3 + [np.mean(pins[3:])] * 2 + [0.0])
    drive = np.stack([node, other, other - np.interp(upper, loads, other), source - np.interp(upper, loads, source)])
    caps = np.array([upper, lower, propagate, a, b, _cap(pdk, _XOR, 0)])
    return PrefixModel(np.array([*pins, 0.0]) - off, caps, drive, step, propagates=True)


def _cap(pdk: Pdk, kinds: Sequence[str], operand: int) -> float:
    """Mean capacitance of an operand of the smallest gates."""
    return float(np.mean([_pin_cap(gate(pdk, kind), operand) for kind in kinds]))


def _pin_cap(g: Gate, operand: int) -> float:
    pin = g.order.index(operand)
    return float(g.cell.cap_rise[pin] + g.cell.cap_fall[pin]) / 2


def _settled(pdk: Pdk, load: float) -> float:
    """The slew of a chain of AND-OR gates with one reader each."""
    slew = 0.0
    for _ in range(_ROUNDS):
        slew = float(np.mean([_table(pdk, gate(pdk, k), pin, slew, load)[1] for k in _AND_OR for pin in range(3)]))
    return slew


def _at(pdk: Pdk, kinds: Sequence[str], operand: int, slew: float, load: float) -> float:
    """Mean delay from an operand of the smallest gates."""
    return float(np.mean([_table(pdk, gate(pdk, kind), operand, slew, load)[0] for kind in kinds]))


def _drive(pdk: Pdk, kinds: Sequence[str], slew: float, loads: FloatArray, typical: float) -> FloatArray:
    """Delay of a gate of the best size under each of `loads`, with what its slew and its size cost others."""
    sensitive = (_at(pdk, _AND_OR, 0, slew + 5.0, typical) - _at(pdk, _AND_OR, 0, slew, typical)) / 5.0
    slope = (_at(pdk, _AND_OR, 0, slew, 2 * typical) - _at(pdk, _AND_OR, 0, slew, typical)) / typical
    best = np.full(len(loads), np.inf)
    for size in range(_SIZES):
        rows = []
        for kind in kinds:
            g = gate(pdk, kind, min(size, len(gates_of(pdk, kind)) - 1))
            operands = range(len(g.order))
            heavier = np.mean([_pin_cap(g, k) - _pin_cap(gate(pdk, kind), k) for k in operands])
            read = np.array([[_table(pdk, g, k, slew, float(load)) for load in loads] for k in operands]).mean(axis=0)
            rows.append(read[:, 0] + sensitive * (read[:, 1] - slew) + slope * heavier)
        best = np.minimum(best, np.mean(rows, axis=0))
    return best


def _table(pdk: Pdk, g: Gate, operand: int, slew: float, load: float) -> tuple[float, float]:
    """Delay and slew (ps) from an operand of a gate, the mean over edges and conditions."""
    arcs = pdk.library.arcs
    rows = np.array(g.cell.arcs)
    rows = rows[(arcs.source[rows] == g.order.index(operand)) & (arcs.kind[rows] == ArcKind.COMBINATIONAL)]
    delay = lookup(pdk.library.tables, arcs.delay[rows], slew, load)
    out = lookup(pdk.library.tables, arcs.slew[rows], slew, load)
    return float(np.nanmean(delay)), float(np.nanmean(out))

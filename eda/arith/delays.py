"""The delays that generators order wires by: numbers per pin, in units of an XOR gate or from a library's tables.

They guide the order of wires and the shape of the final adder; a netlist is judged by `eda.timing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.prefix import PrefixGraph
from eda.ir.tree import NO_INPUT, CompressorTree

FloatArray = npt.NDArray[np.float64]
Pair = tuple[float, float]


@dataclass(frozen=True)
class Delays:
    """Pin-to-output delays in one unit.

    full_adder  (sum, carry) from each of the pins a, b, ci
    half_adder  (sum, carry) from each of the pins a, b
    and2, xor2  of a two-input gate
    prefix, per_fanout  a prefix node that feeds u others takes ``prefix + per_fanout * u`` (UFO-MAC's linear model)
    """

    full_adder: tuple[Pair, Pair, Pair]
    half_adder: tuple[Pair, Pair]
    and2: float
    xor2: float
    prefix: float
    per_fanout: float

    def arcs(self, n_inputs: int) -> tuple[Pair, ...]:
        """(sum, carry) from each pin of the adder of that many inputs."""
        return self.full_adder if n_inputs == 3 else self.half_adder

    @property
    def four_two(self) -> tuple[Pair, Pair]:
        """(sum, carry) of the second adder of a 4:2 compressor in gates, from any of its four inputs and from its pin ci.

        Three XORs in a row make the sum; the carry is chosen, by an AND and an OR, by the second of them.
        """
        choose = 2 * self.and2
        return (3 * self.xor2, 2 * self.xor2 + choose), (self.xor2, choose)

    @property
    def pins_by_speed(self) -> tuple[int, ...]:
        """Full-adder pins, the slowest to the sum first: the order in which sorted arrivals are wired."""
        return tuple(sorted(range(3), key=lambda pin: self.full_adder[pin], reverse=True))


XOR_UNITS = Delays(
    full_adder=((2.0, 1.5), (2.0, 1.5), (1.0, 1.0)),
    half_adder=((1.0, 0.5), (1.0, 0.5)),
    and2=0.5,
    xor2=1.0,
    prefix=0.5,
    per_fanout=0.15,
)
"""Delays of gate-level adders in units of one XOR (Oklobdzija, Villeger, Liu 1996); the last two are round figures
between those that `eda.arith.library_delays` finds in the open kits."""


def tree_arrivals(tree: CompressorTree, delays: Delays) -> list[float]:
    """When every signal of `tree` has settled, from the arrivals of its heap."""
    times: list[float] = tree.heap.latest.tolist()
    (a, b, ci), (x, y) = delays.full_adder, delays.half_adder
    four, last = delays.four_two
    inputs, dots = tree.inputs.tolist(), tree.heap.n_dots
    for (p, q, r), second in zip(inputs, tree.is_four_two.tolist(), strict=True):
        if second:
            ready = max(times[x] for x in (*inputs[(p - dots) // 2], q))
            times += [max(ready + four[k], times[r] + last[k]) for k in (0, 1)]
        elif r == NO_INPUT:
            times += [max(times[p] + x[k], times[q] + y[k]) for k in (0, 1)]
        else:
            times += [max(times[p] + a[k], times[q] + b[k], times[r] + ci[k]) for k in (0, 1)]
    return times


def prefix_arrivals(graph: PrefixGraph, arrivals: Sequence[float], delays: Delays) -> list[float]:
    """When the carry out of each position has settled, from the arrival of the generate and propagate bits of each."""
    nodes = graph.nodes
    cost = (delays.prefix + delays.per_fanout * graph.fanout).tolist()
    inputs = (np.asarray(arrivals) + delays.per_fanout * graph.input_fanout).tolist()
    times: list[float] = []
    for up, low, delay in zip(nodes.upper.tolist(), nodes.lower.tolist(), cost, strict=True):
        upper = times[up] if up >= 0 else inputs[-1 - up]
        lower = times[low] if low >= 0 else inputs[-1 - low]
        times.append(max(upper, lower) + delay)
    return [inputs[0]] + [t for t, column in zip(times, nodes.column.tolist(), strict=True) if column == 0]

"""Tables of composite adders with both edges apart, for a `Bank`.

`eda.arith.composites` keeps, for each output edge, the worst input edge. A tree is timed 5 to 6 % too slow that way, so here
each input edge is carried through the parts of a composite on its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eda.arith.composite_template import Composite, Part
from eda.arith.composites import composites
from eda.arith.domac.bank import Adder, Bank, assemble
from eda.tech.library import FALL, RISE, Library
from eda.tech.pdk import Pdk
from eda.timing.bank import bank_of
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]

_LARGEST_LOAD = 32.0


def composite_bank(pdk: Pdk, *, free_polarity: bool = False) -> Bank:
    """The implementations of `eda.arith.composites.composites`, with its numbers.

    Without `free_polarity` only those with no complemented pin, which fit together as they are; with it all, edges
    counted for the uncomplemented signal, as if every reader could have the polarity that it wants.
    """
    known = composites(pdk)
    half, full = ([(k, c) for k, c in enumerate(of) if free_polarity or not any(c.inverted)] for of in (known.half, known.full))
    loads = known.loads[known.loads < _LARGEST_LOAD]
    slews, loads = _denser(known.slews), _denser(loads)
    halves, fulls = ([_adder(pdk.library, k, c) for k, c in of] for of in (half, full))
    return assemble(halves, fulls, slews, loads)


def _denser(axis: FloatArray) -> FloatArray:
    """The points and their middles."""
    return np.sort(np.concatenate((axis, (axis[1:] + axis[:-1]) / 2)))


def _adder(library: Library, impl: int, composite: Composite) -> Adder:
    n, flips = composite.n_inputs, [int(flag) for flag in composite.inverted]
    cap = np.array([composite.cap[pin][::-1] if flips[pin] else composite.cap[pin] for pin in range(n)])
    done: dict[tuple[int, int, int], tuple[FloatArray, FloatArray]] = {}

    def table(out: int, pin: int, first: int, last: int, x: FloatArray, y: FloatArray) -> Any:
        key = pin, out, first ^ flips[pin]
        if key not in done:
            done[key] = _walk(library, composite, *key, x, y)
        delay, slew = (values[last ^ flips[n + out]] for values in done[key])
        return (delay, slew) if np.isfinite(delay).all() else None

    return Adder(impl, composite.area, cap, table)


def _walk(
    library: Library, composite: Composite, pin: int, out: int, edge: int, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Delay and slew [2, ...] at output `out` under load y when `edge` alone comes to `pin`; -inf: never.

    All pins have slew x: inside, as in the exact analysis, the largest slew holds for every path, whichever pin it is from.
    """
    target, nets = composite.outputs[out], _fanins(composite)
    n_nets = composite.n_inputs + sum(len(part.cell.type.outputs) for part in composite.parts)
    load = np.zeros((n_nets, 2, *x.shape))
    for part in composite.parts:
        for k, net in enumerate(part.fanin):
            load[net] += np.reshape((part.cell.cap_rise[k], part.cell.cap_fall[k]), (2,) + (1,) * x.ndim)
    load[target] += y
    arrival, slew = np.full(load.shape, -np.inf), np.zeros(load.shape)
    arrival[pin, edge], slew[: composite.n_inputs] = 0.0, x
    for part, first in zip(composite.parts, nets, strict=True):
        _through(library, part, first, load, arrival, slew)
    return arrival[target], slew[target]


def _fanins(composite: Composite) -> list[int]:
    """The first output net of each part."""
    counts = [len(part.cell.type.outputs) for part in composite.parts]
    return [composite.n_inputs + sum(counts[:k]) for k in range(len(counts))]


def _through(library: Library, part: Part, first: int, load: FloatArray, arrival: FloatArray, slew: FloatArray) -> None:
    """Carry arrivals and slews at the pins of a part to its outputs, nets from `first` on."""
    bank, tables = bank_of(library), library.tables
    group = int(bank.first[library.index[part.cell.name]])
    for out in range(len(part.cell.type.outputs)):
        net = first + out
        for row in range(bank.start[group + out], bank.start[group + out + 1]):
            source = (*part.fanin, *range(first, net))[bank.source[row]]
            for last in (RISE, FALL):
                for begin in (RISE, FALL):
                    if not bank.moves[row] >> (2 * last + begin) & 1:
                        continue
                    point = slew[source, begin], load[net, last]
                    late = arrival[source, begin] + lookup(tables, bank.delay[row, last], *point)
                    steep = lookup(tables, bank.slew[row, last], *point)
                    arrival[net, last] = np.maximum(arrival[net, last], late)
                    slew[net, last] = np.maximum(slew[net, last], steep)

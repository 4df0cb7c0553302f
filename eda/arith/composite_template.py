"""Small circuits of library cells, written as text, placed as one and characterised like one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from eda.arith.composite_gates import gate, gates_of
from eda.ir.builder import Builder
from eda.tech.library import FALL, RISE, ArcKind, LibCell, Library, Sense
from eda.tech.pdk import Pdk
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axes:
    """Where tables are sampled: input slews [S] (ps) and output loads [L] (fF)."""

    slews: FloatArray
    loads: FloatArray


@dataclass(frozen=True)
class Part:
    """One cell of a composite: nets 0..n-1 are the pins, then come the outputs of the parts in order."""

    cell: LibCell
    fanin: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Composite:
    """Cells that act as one.

    pins      names of the inputs, then of the outputs
    n_inputs  how many of them are inputs
    cells     names of the library cells
    inverted  which pins carry the complement of what their name says
    parts     how the cells are joined
    outputs   the net of each output
    area      um2
    cap       float [n, 2]  capacitance of each input pin for its rise and fall (fF)
    arc_delay float [n, O, 2, 2, S, L]  pin, output, edge at the pin, edge at the output (0 rise, 1 fall), input slew, output
              load: ps; -inf where the one edge does not cause the other
    arc_slew  likewise: slew of the output; 0 where there is no arc
    """

    name: str
    pins: tuple[str, ...]
    n_inputs: int
    cells: tuple[str, ...]
    inverted: tuple[bool, ...]
    parts: tuple[Part, ...]
    outputs: tuple[int, ...]
    area: float
    cap: FloatArray
    arc_delay: FloatArray
    arc_slew: FloatArray

    @cached_property
    def delay(self) -> FloatArray:
        """float [n, O, 2, S, L]: the worst over the edges at the pin."""
        return self.arc_delay.max(axis=2)

    @cached_property
    def slew(self) -> FloatArray:
        """float [n, O, 2, S, L]: the worst over the edges at the pin."""
        return self.arc_slew.max(axis=2)

    def place(self, b: Builder, pins: Sequence[int]) -> tuple[int, ...]:
        """Add the cells on the nets `pins`, complemented where `inverted` says so; return the outputs, likewise."""
        nets = list(pins)
        for part in self.parts:
            nets += b.cell(part.cell.type, [nets[k] for k in part.fanin])
        return tuple(nets[k] for k in self.outputs)

    def __repr__(self) -> str:
        flags = " ".join(p for p, flag in zip(self.pins, self.inverted, strict=True) if flag)
        return f"Composite({self.name}: {self.area:.4g} um2, {' '.join(self.cells)}{', inverted ' + flags if flags else ''})"


def is_offered(pdk: Pdk, text: str) -> bool:
    """Has the kit all gates that `text` (see `form`) needs?"""
    return all(gates_of(pdk, function) for _, function, _ in _statements(text))


def form(
    pdk: Pdk, name: str, text: str, inputs: Sequence[str], outputs: Sequence[str], axes: Axes, drive: int = 0
) -> Composite:
    """The composite that `text` describes: statements ``net = FUNCTION operands`` between semicolons.

    An input or output that is written with ``_n`` behind its name is the complement. The cells of outputs are `drive`
    sizes above the smallest. Raises `UsageError` for a gate that the kit lacks.
    """
    statements = _statements(text)
    used = {net for result, _, operands in statements for net in (result, *operands)}
    written = [pin if pin in used else pin + "_n" for pin in (*inputs, *outputs)]
    n = len(inputs)
    number = {pin: k for k, pin in enumerate(written[:n])}
    parts = []
    for net, function, operands in statements:
        found = gate(pdk, function, drive if net in written else 0)
        parts.append(Part(found.cell, tuple(number[operands[k]] for k in found.order)))
        number[net] = n + len(parts) - 1
    inverted = tuple(pin.endswith("_n") for pin in written)
    targets = tuple(number[pin] for pin in written[n:])
    return measured(pdk.library, name, (*inputs, *outputs), inverted, tuple(parts), targets, axes)


def _statements(text: str) -> list[tuple[str, str, list[str]]]:
    """``(net, function, operands)`` of each statement."""
    split = [statement.split() for statement in text.split(";")]
    return [(words[0], words[2], words[3:]) for words in split]


# --- characterisation --------------------------------------------------------------------------------------------------


def typical_axes(pdk: Pdk) -> Axes:
    """Those of the tables of the smallest NAND."""
    tables, arcs = pdk.library.tables, pdk.library.arcs
    table = int(arcs.delay[gate(pdk, "NAND").cell.arcs.start, FALL])
    return Axes(tables.axis0[table, : tables.n0[table]], tables.axis1[table, : tables.n1[table]])


def measured(
    library: Library,
    name: str,
    pins: tuple[str, ...],
    inverted: tuple[bool, ...],
    parts: tuple[Part, ...],
    outputs: tuple[int, ...],
    axes: Axes,
) -> Composite:
    """The composite of `parts`, with its tables."""
    n = len(pins) - len(outputs)
    pin_load = _pin_loads(parts, n)
    shape = (n, len(outputs), 2, 2, len(axes.slews), len(axes.loads))
    delay, slew = np.empty(shape), np.empty(shape)
    for pin, edge in product(range(n), (RISE, FALL)):
        for output, net in enumerate(outputs):
            delay[pin, output, edge], slew[pin, output, edge] = _walk(library, parts, pin_load, (pin, edge), net, axes)
    cells = tuple(part.cell.name for part in parts)
    area = sum(part.cell.area for part in parts)
    return Composite(name, pins, n, cells, inverted, parts, outputs, area, pin_load[:n], delay, slew)


def _pin_loads(parts: Sequence[Part], n: int) -> FloatArray:
    """float [nets, 2]: what the cells of a composite load its own nets with (fF)."""
    load = np.zeros((n + sum(len(part.cell.type.outputs) for part in parts), 2))
    for part in parts:
        for k, net in enumerate(part.fanin):
            load[net] += part.cell.cap_rise[k], part.cell.cap_fall[k]
    return load


def _walk(
    library: Library, parts: Sequence[Part], pin_load: FloatArray, cause: tuple[int, int], target: int, axes: Axes
) -> tuple[FloatArray, FloatArray]:
    """Delay and slew [2, S, L] at net `target`, loaded by the second axis, after the edge `cause` (pin, edge) alone, with
    the slew of the first: the timing propagation of `eda.timing` over one composite for all points at once."""
    shape = (len(pin_load), 2, len(axes.slews), len(axes.loads))
    arrival, slew = np.full(shape, -np.inf), np.zeros(shape)
    arrival[cause], slew[cause] = 0.0, axes.slews[:, None]
    load = np.broadcast_to(pin_load[:, :, None, None], shape).copy()
    load[target] += axes.loads
    first = len(pin_load) - sum(len(part.cell.type.outputs) for part in parts)
    for part in parts:
        nets = (*part.fanin, *range(first, first + len(part.cell.type.outputs)))
        first += len(part.cell.type.outputs)
        _through(library, part.cell, nets, load, arrival, slew)
    return arrival[target], slew[target]


def _through(
    library: Library, cell: LibCell, nets: Sequence[int], load: FloatArray, arrival: FloatArray, slew: FloatArray
) -> None:
    """Carry arrivals and slews through the arcs of one cell; those that start at another output come last."""
    arcs = library.arcs
    for row in sorted(cell.arcs, key=lambda r: int(arcs.source[r])):
        if arcs.kind[row] != ArcKind.COMBINATIONAL:
            continue
        source, target = nets[arcs.source[row]], nets[len(cell.type.inputs) + arcs.target[row]]
        for edge in (RISE, FALL):
            for cause in _causes(int(arcs.sense[row]), edge):
                if not np.isfinite(arrival[source, cause]).all() or arcs.delay[row, edge] < 0:
                    continue
                point = (slew[source, cause], load[target, edge])
                time = arrival[source, cause] + lookup(library.tables, arcs.delay[row, edge], *point)
                arrival[target, edge] = np.maximum(arrival[target, edge], time)
                transition = lookup(library.tables, arcs.slew[row, edge], *point)
                slew[target, edge] = np.maximum(slew[target, edge], transition)


def _causes(sense: int, edge: int) -> tuple[int, ...]:
    """Edges of the input that can cause `edge` at the output."""
    return {Sense.POSITIVE: (edge,), Sense.NEGATIVE: (1 - edge,)}.get(Sense(sense), (RISE, FALL))

"""The ways to build a full or a half adder from the cells of a kit, each characterised like one library cell.

``composites(pdk).full[k]`` and ``.half[k]`` are the implementations that number k of `eda.ir.tree.CompressorTree.impl`
means: 0 the adder cell of the kit (the plain gates where it has none), 1 the plain gates, the others as `names` of
`Composites` tell. Cells are found by what they compute; a form that needs a gate which the kit lacks is left out.

Layout of the numbers, for a composite of n inputs (pins a, b and, of a full adder, ci; outputs 0 = sum, 1 = carry):

  cap    float [n, 2]           capacitance of each pin for its rise and fall (fF)
  delay  float [n, 2, 2, S, L]  pin, output, edge of the *output* (0 rise, 1 fall), input slew, output load: ps
  slew   float [n, 2, 2, S, L]  slew of the output, likewise

over the common axes ``slews`` [S] (ps) and ``loads`` [L] (fF) of `Composites`; the worst edge of the input and the worst
condition count, and the load stands at the output in question, none at the other. Between points tables are bilinear.

Polarity. ``inverted`` tells which pins (a, b, ci, sum, carry) carry the complement: a form is cheap and fast because it
need not restore the polarity of what it passes on. A full adder is self-dual, so a form also works with all its pins
complemented; a half adder is not. `eda.arith.mapped` chooses polarities so that few inverters are needed; a choice among
composites may take them as free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from eda.arith.composite_gates import gate, gates_of
from eda.ir.builder import Builder
from eda.tech.library import FALL, RISE, ArcKind, LibCell, Library, Sense
from eda.tech.pdk import AdderCell, Pdk
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]

SUM, CARRY = 0, 1

_INPUTS = ("a", "b", "ci")
_OUTPUTS = ("s", "co")

FULL_FORMS: dict[str, str] = {
    "gates": "x = XOR a b; s = XOR x ci; n = NAND a b; m = NAND x ci; co = NAND n m",
    "aoi": "x = XOR a b; s_n = XNOR x ci; co_n = AOI22 a b x ci",
    "oai": "x_n = XNOR a_n b_n; s_n = XNOR x_n ci_n; co = OAI22 a_n b_n x_n ci_n",
    "nand-oai": "n = NAND a b; x_n = OAI21 n a b; s_n = XNOR x_n ci_n; co = OAI21 n x_n ci_n",
    "nor-aoi": "m = NOR a_n b_n; x = AOI21 m a_n b_n; s_n = XNOR x ci; co_n = AOI21 m x ci",
    "shared": "n = NAND a b; x_n = OAI21 n a b; s = XNOR x_n ci; m = OAI21 ci a b; co = NAND n m",
    "shared-dual": "n = NOR a_n b_n; x = AOI21 n a_n b_n; s = XNOR x ci_n; m = AOI21 ci_n a_n b_n; co_n = NOR n m",
    "mux": "x_n = XNOR a b; s = XNOR x_n ci; co = MUX ci a x_n",
    "muxi": "x_n = XNOR a b; s = XNOR x_n ci; co_n = MUXI ci a x_n",
    "compact": "n = NAND a b; x_n = OAI21 n a b; m = NOR x_n ci_n; s = AOI21 m x_n ci_n; co_n = AOI21 m a b",
    "compact-dual": "n = NOR a_n b_n; x = AOI21 n a_n b_n; m = NAND x ci; s_n = OAI21 m x ci; co = OAI21 m a_n b_n",
    "majority": "x_n = XNOR a b; s = XNOR x_n ci; co = MAJ a b ci",
    "majority-inv": "x_n = XNOR a b; s = XNOR x_n ci; co_n = MAJI a b ci",
}
"""Full adders as ``net = FUNCTION operands``; an operand or output that ends in ``_n`` is the complement of that pin."""

HALF_FORMS: dict[str, str] = {
    "gates": "s = XOR a b; co = AND a b",
    "nand": "s_n = XNOR a b; co_n = NAND a b",
    "nor": "s_n = XNOR a_n b_n; co = NOR a_n b_n",
    "or": "s_n = XNOR a_n b_n; co_n = OR a_n b_n",
    "nand-oai": "co_n = NAND a b; s_n = OAI21 co_n a b",
    "nor-aoi": "co = NOR a_n b_n; s = AOI21 co a_n b_n",
}
"""Half adders, likewise."""


@dataclass(frozen=True)
class Part:
    """One cell of a composite: nets 0..n-1 are the pins, then come the outputs of the parts in order."""

    cell: LibCell
    fanin: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Composite:
    """One implementation of an adder; see the module for `inverted`, `cap`, `delay` and `slew`.

    cells    names of its library cells
    parts    how they are joined
    outputs  the nets of sum and carry
    area     um2
    """

    name: str
    n_inputs: int
    cells: tuple[str, ...]
    inverted: tuple[bool, ...]
    parts: tuple[Part, ...]
    outputs: tuple[int, int]
    area: float
    cap: FloatArray
    delay: FloatArray
    slew: FloatArray

    def place(self, b: Builder, pins: Sequence[int]) -> tuple[int, int]:
        """Add the cells on the nets `pins`, complemented where `inverted` says so; return sum and carry, likewise."""
        nets = list(pins)
        for part in self.parts:
            nets += b.cell(part.cell.type, [nets[k] for k in part.fanin])
        return nets[self.outputs[SUM]], nets[self.outputs[CARRY]]

    def __repr__(self) -> str:
        flags = " ".join(p for p, flag in zip(self.pins, self.inverted, strict=True) if flag)
        return f"Composite({self.name}: {self.area:.4g} um2, {' '.join(self.cells)}{', inverted ' + flags if flags else ''})"

    @property
    def pins(self) -> tuple[str, ...]:
        """Names of inputs and outputs, in the order of `inverted`."""
        return _INPUTS[: self.n_inputs] + _OUTPUTS


@dataclass(frozen=True, eq=False)
class Composites:
    """All implementations of a kit, over common axes `slews` (ps) and `loads` (fF)."""

    full: tuple[Composite, ...]
    half: tuple[Composite, ...]
    slews: FloatArray
    loads: FloatArray

    def of(self, n_inputs: int) -> tuple[Composite, ...]:
        """Those of the adder of that many inputs."""
        return self.full if n_inputs == len(_INPUTS) else self.half

    def names(self, n_inputs: int) -> tuple[str, ...]:
        """What each number means: ``cell``, ``gates`` and the keys of `FULL_FORMS` or `HALF_FORMS`; ``.2`` marks the next
        larger cells at the outputs."""
        return tuple(c.name for c in self.of(n_inputs))


_KNOWN: WeakKeyDictionary[Library, dict[str, Composites]] = WeakKeyDictionary()


def composites(pdk: Pdk) -> Composites:
    """The implementations that the kit offers, characterised once per library.

    Raises `UsageError` if it lacks the gates of the plain form: XOR, NAND and AND of two inputs.
    """
    known = _KNOWN.setdefault(pdk.library, {})
    if pdk.name not in known:
        known[pdk.name] = _characterised(pdk)
    return known[pdk.name]


def _characterised(pdk: Pdk) -> Composites:
    axes = _axes(pdk)
    full = _implementations(pdk, pdk.defaults.full_adder, FULL_FORMS, 3, axes)
    half = _implementations(pdk, pdk.defaults.half_adder, HALF_FORMS, 2, axes)
    return Composites(full, half, *axes)


def _axes(pdk: Pdk) -> tuple[FloatArray, FloatArray]:
    """Those of the tables of the smallest NAND."""
    tables, arcs = pdk.library.tables, pdk.library.arcs
    table = int(arcs.delay[gate(pdk, "NAND").cell.arcs.start, FALL])
    return tables.axis0[table, : tables.n0[table]], tables.axis1[table, : tables.n1[table]]


def _implementations(
    pdk: Pdk, adder: AdderCell | None, forms: Mapping[str, str], n: int, axes: tuple[FloatArray, FloatArray]
) -> tuple[Composite, ...]:
    plain = _form(pdk, "gates", forms["gates"], n, axes)
    made = [plain if adder is None else _of_cell(pdk, adder, n, axes), plain]
    rest = [(name, text) for name, text in forms.items() if name != "gates" and _is_offered(pdk, text)]
    made += [_form(pdk, name, text, n, axes) for name, text in rest]
    larger = [_form(pdk, name, text, n, axes, drive=1) for name, text in forms.items() if _is_offered(pdk, text)]
    made += [c for c in larger if c.cells not in {m.cells for m in made}]
    return tuple(made)


def _statements(text: str) -> list[tuple[str, str, list[str]]]:
    """``(net, function, operands)`` of each statement."""
    split = [statement.split() for statement in text.split(";")]
    return [(words[0], words[2], words[3:]) for words in split]


def _is_offered(pdk: Pdk, text: str) -> bool:
    return all(gates_of(pdk, function) for _, function, _ in _statements(text))


def _form(pdk: Pdk, name: str, text: str, n: int, axes: tuple[FloatArray, FloatArray], drive: int = 0) -> Composite:
    """The composite that `text` describes; its output cells are `drive` sizes above the smallest."""
    statements = _statements(text)
    used = {net for result, _, operands in statements for net in (result, *operands)}
    pins = [pin if pin in used else pin + "_n" for pin in (*_INPUTS[:n], *_OUTPUTS)]
    number = {pin: k for k, pin in enumerate(pins[:n])}
    parts = []
    for net, function, operands in statements:
        found = gate(pdk, function, drive if net in pins else 0)
        parts.append(Part(found.cell, tuple(number[operands[k]] for k in found.order)))
        number[net] = n + len(parts) - 1
    inverted = tuple(pin.endswith("_n") for pin in pins)
    outputs = (number[pins[-2]], number[pins[-1]])
    return _measured(pdk.library, name + (".2" if drive else ""), inverted, tuple(parts), outputs, axes)


def _of_cell(pdk: Pdk, adder: AdderCell, n: int, axes: tuple[FloatArray, FloatArray]) -> Composite:
    cell = pdk.library.cell(adder.cell)
    pins = (adder.a, adder.b, adder.c)[:n]
    part = Part(cell, tuple(pins.index(pin) for pin in cell.type.inputs))
    outputs = (n + cell.type.outputs.index(adder.sum), n + cell.type.outputs.index(adder.carry))
    inverted = (False,) * n + (adder.sum_inverted, adder.carry_inverted)
    return _measured(pdk.library, "cell", inverted, (part,), outputs, axes)


# --- characterisation --------------------------------------------------------------------------------------------------


def _measured(
    library: Library,
    name: str,
    inverted: tuple[bool, ...],
    parts: tuple[Part, ...],
    outputs: tuple[int, int],
    axes: tuple[FloatArray, FloatArray],
) -> Composite:
    n = len(inverted) - len(outputs)
    pin_load = _pin_loads(parts, n)
    shape = (n, len(outputs), 2, len(axes[0]), len(axes[1]))
    delay, slew = np.empty(shape), np.empty(shape)
    for pin in range(n):
        for output, net in enumerate(outputs):
            delay[pin, output], slew[pin, output] = _walk(library, parts, pin_load, pin, net, axes)
    cells = tuple(part.cell.name for part in parts)
    area = sum(part.cell.area for part in parts)
    return Composite(name, n, cells, inverted, parts, outputs, area, pin_load[:n], delay, slew)


def _pin_loads(parts: Sequence[Part], n: int) -> FloatArray:
    """float [nets, 2]: what the cells of a composite load its own nets with (fF)."""
    load = np.zeros((n + sum(len(part.cell.type.outputs) for part in parts), 2))
    for part in parts:
        for k, net in enumerate(part.fanin):
            load[net] += part.cell.cap_rise[k], part.cell.cap_fall[k]
    return load


def _walk(
    library: Library, parts: Sequence[Part], pin_load: FloatArray, pin: int, target: int, axes: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Delay and slew [2, S, L] at net `target`, loaded by the second axis, when `pin` alone changes with the slew of the
    first: the timing propagation of `eda.timing` over one composite for all points at once."""
    slews, loads = axes
    shape = (len(pin_load), 2, len(slews), len(loads))
    arrival, slew = np.full(shape, -np.inf), np.zeros(shape)
    arrival[pin], slew[pin] = 0.0, slews[:, None]
    load = np.broadcast_to(pin_load[:, :, None, None], shape).copy()
    load[target] += loads
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

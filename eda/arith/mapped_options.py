"""The forms that each kind of node can take in a kit, as tables for the choice among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from eda.arith.composite_template import Axes, Composite, form, is_offered, typical_axes
from eda.arith.composites import FULL_FORMS, HALF_FORMS, INPUTS, OUTPUTS, of_cell
from eda.arith.mapped_network import AND, AO, AOAO, FULL, HALF, XOR
from eda.tech.library import FALL, RISE, Library
from eda.tech.pdk import Pdk
from eda.timing.driver import drive

if TYPE_CHECKING:
    from eda.arith.mapped_kernels import Table

FloatArray = npt.NDArray[np.float64]

_PINS = {
    FULL: (INPUTS, OUTPUTS),
    HALF: (INPUTS[:2], OUTPUTS),
    AND: (("a", "b"), ("y",)),
    XOR: (("a", "b"), ("y",)),
    AO: (("a", "p", "q"), ("y",)),
    AOAO: (("p", "q", "r", "t"), ("y",)),
}

_GATES: dict[int, tuple[str, ...]] = {
    AND: ("y_n = NAND a b", "y = NOR a_n b_n", "y = AND a b", "y_n = OR a_n b_n"),
    XOR: ("y = XOR a b", "y_n = XNOR a b"),
    AO: ("y = AOI21 a_n p q", "y_n = OAI21 a p_n q_n", "m = NAND p q; y_n = NAND a m", "m = NOR p_n q_n; y = NOR a_n m"),
    AOAO: (
        "y = AOI22 p q r t",
        "y_n = OAI22 p_n q_n r_n t_n",
        "m = NAND p q; n = NAND r t; y_n = NAND m n",
        "m = NOR p_n q_n; n = NOR r_n t_n; y = NOR m n",
    ),
}

_SWAPPED = {"s = XOR": "s_n = XNOR", "s_n = XNOR": "s = XOR", "s = XNOR": "s_n = XOR", "s_n = XOR": "s = XNOR"}
_SETTLING_ROUNDS = 8
_FAN_OUT = 1.5
"""Inputs of inverters that the slope of a delay over the load begins at; it ends at four times as many."""
_KNEE = 3.0
"""Inputs of inverters beyond which a net is taken to be buffered."""
_SIZED = 0.7
"""How much of what a load costs the smallest cells is left when critical ones are enlarged."""

_REFERENCES = {"INV": ("a",), "NAND": ("a", "b")}
"""The gates whose capacitance and slew are typical of a kit."""

NEVER = 1e30


@dataclass(frozen=True, eq=False)
class Option:
    """A form of a node: operand ``order[k]`` of the node is on input pin k of the composite; `flipped` means that all
    pins carry the complement of what the composite says (a full adder is self-dual)."""

    composite: Composite
    order: tuple[int, ...]
    flipped: bool

    def polarity(self) -> tuple[list[int], list[int]]:
        """For each operand and each result of the node: is the complement meant?"""
        flags = [int(inv != self.flipped) for inv in self.composite.inverted]
        n = len(self.order)
        needs = [0] * n
        for pin, operand in enumerate(self.order):
            needs[operand] = flags[pin]
        return needs, flags[n:]


@dataclass(frozen=True, eq=False)
class Point:
    """Where tables are read: a typical slew (ps), the loads that the slope is taken between (fF), and what a ps of slew more
    costs the next gate (ps)."""

    slew: float
    loads: tuple[float, float]
    per_slew: float


@dataclass(frozen=True, eq=False)
class Options:
    """All options of a kit, kind after kind, and `table` for the compiled loops (`eda.arith.mapped_kernels.Table`)."""

    library: Library
    options: tuple[Option, ...]
    inverter: Composite
    forms: tuple[str, ...]
    point: Point
    table: Table

    def driver_slope(self, driver: str) -> float:
        """ps for each fF that the cell `driver` drives at an input port, with what its slew costs the gates behind."""
        delay, slew = drive(self.library, driver, np.repeat(np.array(self.point.loads)[:, None], 2, axis=1))
        near, far = (delay + self.point.per_slew * slew).max(axis=1)
        return float(far - near) / (self.point.loads[1] - self.point.loads[0])


_KNOWN: WeakKeyDictionary[Library, dict[str, Options]] = WeakKeyDictionary()


def options_of(pdk: Pdk) -> Options:
    """The options of a kit, made once. Raises `UsageError` if it lacks XOR, NAND or an inverter."""
    known = _KNOWN.setdefault(pdk.library, {})
    if pdk.name not in known:
        known[pdk.name] = _options(pdk)
    return known[pdk.name]


def _options(pdk: Pdk) -> Options:
    axes = typical_axes(pdk)
    inverter = form(pdk, "inverter", "y_n = INV a", ("a",), ("y",), axes)
    per_kind = [list(_of_kind(pdk, kind, axes)) for kind in _PINS]
    point = _point(inverter, per_kind[AND][0].composite, axes)
    rows = [[_row(option, axes, point) for option in kind] for kind in per_kind]
    kept = [[k for k in range(len(r)) if not _is_dominated(r, k)] for r in rows]
    options = tuple(per_kind[kind][k] for kind, ks in enumerate(kept) for k in ks)
    flat = [rows[kind][k] for kind, ks in enumerate(kept) for k in ks]
    forms = tuple(dict.fromkeys(option.composite.name for option in options))
    number = np.array([forms.index(option.composite.name) for option in options])
    first = np.cumsum([0, *map(len, kept)])
    table = _table(flat, first, number, _row(Option(inverter, (0,), False), axes, point))
    return Options(pdk.library, options, inverter, forms, point, table)


def _of_kind(pdk: Pdk, kind: int, axes: Axes) -> Iterator[Option]:
    inputs, outputs = _PINS[kind]
    n = len(inputs)
    if kind == FULL:
        made = [form(pdk, name, t, inputs, outputs, axes) for name, text in FULL_FORMS.items() for t in _offered(pdk, text)]
        if pdk.defaults.full_adder is not None:
            made.append(of_cell(pdk, pdk.defaults.full_adder, n, axes))
        for composite in made:
            for order in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
                yield from (Option(composite, order, flipped) for flipped in (False, True))
    elif kind == HALF:
        made = [form(pdk, name, t, inputs, outputs, axes) for name, text in HALF_FORMS.items() for t in _offered(pdk, text)]
        if pdk.defaults.half_adder is not None:
            made.append(of_cell(pdk, pdk.defaults.half_adder, n, axes))
        yield from (Option(composite, (0, 1), False) for composite in made)
    elif kind == XOR:
        for text in filter(lambda t: is_offered(pdk, t), _GATES[XOR]):
            for flips in ("", "a", "b", "ab"):
                yield Option(form(pdk, text, _complemented(text, flips), inputs, outputs, axes), (0, 1), False)
    else:
        for text in filter(lambda t: is_offered(pdk, t), _GATES[kind]):
            yield Option(form(pdk, text, text, inputs, outputs, axes), tuple(range(n)), False)


def _offered(pdk: Pdk, text: str) -> list[str]:
    """`text` with either polarity of the sum where that is an XOR or XNOR, as far as the kit has the gates."""
    swapped = [text.replace(old, new) for old, new in _SWAPPED.items() if f"{old} " in text]
    return [t for t in (text, *swapped) if is_offered(pdk, t)]


def _complemented(text: str, pins: str) -> str:
    """The gate ``y = XOR a b`` (or XNOR) with `pins` complemented: the result is then called by its other polarity."""
    left, function, *operands = text.replace("=", " ").split()
    if len(pins) % 2:
        left = "y" if left == "y_n" else "y_n"
    return f"{left} = {function} " + " ".join(f"{p}_n" if p in pins else p for p in operands)


# --- numbers ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Row:
    """An option in numbers, as in `eda.arith.mapped_kernels.Table`."""

    area: float
    needs: list[int]
    gives: list[int]
    base: FloatArray
    slope: FloatArray
    cap: FloatArray


def _point(inverter: Composite, nand: Composite, axes: Axes) -> Point:
    """The slew is that to which a chain of NAND gates settles where each is loaded by `_FAN_OUT` inputs."""
    load = float(inverter.cap.mean())
    loads = (_FAN_OUT * load, 4 * _FAN_OUT * load)
    slew = float(axes.slews[0])
    for _ in range(_SETTLING_ROUNDS):
        slew = float(_at(nand.slew, axes, slew, loads[0]).mean())
    near, far = (float(_at(nand.delay, axes, at, loads[0]).mean()) for at in (slew, 2 * slew))
    return Point(slew, loads, (far - near) / slew)


def typical_delays(pdk: Pdk, composite: Composite) -> FloatArray:
    """float [pins, outputs, 2, 2] (ps): delay from each edge of a pin to each edge of an output at the typical slew and load
    of the kit; -inf where there is no arc."""
    axes = typical_axes(pdk)
    inverter, nand = (form(pdk, f, f"y_n = {f} {' '.join(pins)}", pins, ("y",), axes) for f, pins in _REFERENCES.items())
    point = _point(inverter, nand, axes)
    return _at(composite.arc_delay, axes, point.slew, point.loads[0])


def _at(table: FloatArray, axes: Axes, slew: float, load: float) -> FloatArray:
    """Tables [..., S, L] at one point."""
    over_load = _between(axes.loads, load, table)
    return _between(axes.slews, slew, over_load)


def _between(axis: FloatArray, x: float, table: FloatArray) -> FloatArray:
    """Linear between the points of the last axis; arcs that are not there stay at -inf."""
    i = int(np.clip(np.searchsorted(axis, x), 1, len(axis) - 1))
    w = (x - axis[i - 1]) / (axis[i] - axis[i - 1])
    low, high = table[..., i - 1], table[..., i]
    there = np.isfinite(low)
    return np.where(there, (1 - w) * np.where(there, low, 0.0) + w * np.where(there, high, 0.0), -np.inf)


def _row(option: Option, axes: Axes, point: Point) -> _Row:
    """Delays with what the slew of the result costs the gate behind."""
    composite = option.composite

    def times(load: float) -> FloatArray:
        slew = _at(composite.arc_slew, axes, point.slew, load)
        return _at(composite.arc_delay, axes, point.slew, load) + point.per_slew * (slew - point.slew)

    near, far = times(point.loads[0]), times(point.loads[1])
    there = np.isfinite(near)
    with np.errstate(invalid="ignore"):
        slope = np.where(there, far - near, 0.0).max(axis=(0, 2)) / (point.loads[1] - point.loads[0])
    base = np.where(there, near - slope[:, None, :] * point.loads[0], -NEVER)
    back = np.argsort(option.order)
    needs, gives = option.polarity()
    return _Row(composite.area, needs, gives, base[back], slope, composite.cap.mean(axis=1)[back])


def _is_dominated(rows: list[_Row], k: int) -> bool:
    """Is another row of the same polarities no worse in any number (an equal one only if it comes earlier)?"""
    mine = rows[k]
    numbers = _numbers(mine)
    for i, other in enumerate(rows):
        if i == k or (other.needs, other.gives) != (mine.needs, mine.gives):
            continue
        theirs = _numbers(other)
        if (theirs <= numbers + 1e-9).all() and (i < k or (theirs < numbers - 1e-9).any()):
            return True
    return False


def _numbers(row: _Row) -> FloatArray:
    return np.concatenate(([row.area], row.base.ravel(), row.slope.ravel(), row.cap))


def _table(rows: list[_Row], first: npt.NDArray[np.int64], form_number: npt.NDArray[np.int64], inverter: _Row) -> Table:
    from eda.arith.mapped_kernels import MAX_INPUTS, MAX_OUTPUTS, Table

    n = len(rows)
    need, give = np.zeros((n, MAX_INPUTS), np.int8), np.zeros((n, MAX_OUTPUTS), np.int8)
    base, slope = np.full((n, MAX_INPUTS, MAX_OUTPUTS, 2, 2), -NEVER), np.zeros((n, MAX_OUTPUTS, 2))
    cap = np.zeros((n, MAX_INPUTS))
    for k, row in enumerate(rows):
        i, o = row.base.shape[:2]
        need[k, :i], give[k, :o], base[k, :i, :o], slope[k, :o], cap[k, :i] = row.needs, row.gives, row.base, row.slope, row.cap
    counts = [(len(a), len(b)) for a, b in _PINS.values()]
    return Table(
        first=first,
        n_in=np.array([a for a, _ in counts]),
        n_out=np.array([b for _, b in counts]),
        area=np.array([row.area for row in rows]),
        need=need,
        give=give,
        base=base,
        slope=_SIZED * slope,
        cap=cap,
        form=form_number,
        inv_area=inverter.area,
        inv_base=np.array([inverter.base[0, 0, 1 - edge, edge] for edge in (RISE, FALL)]),
        inv_slope=_SIZED * inverter.slope[0],
        inv_cap=float(inverter.cap[0]),
        knee=_KNEE * float(inverter.cap[0]),
    )

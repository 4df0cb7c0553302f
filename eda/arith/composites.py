"""The ways to build a full or a half adder from the cells of a kit, each characterised like one library cell.

``composites(pdk).full[k]`` and ``.half[k]`` are the implementations that number k of `eda.ir.tree.CompressorTree.impl`
means: 0 the adder cell of the kit (the plain gates where it has none), 1 the plain gates, the others as `names` of
`Composites` tell. Cells are found by what they compute; a form that needs a gate which the kit lacks is left out.

Layout of the numbers, for a composite of n inputs (pins a, b and, of a full adder, ci; outputs 0 = sum, 1 = carry):

  cap    float [n, 2]           capacitance of each pin for its rise and fall (fF)
  delay  float [n, 2, 2, S, L]  pin, output, edge of the *output* (0 rise, 1 fall), input slew, output load: ps
  slew   float [n, 2, 2, S, L]  slew of the output, likewise

in each `Composite` (see `eda.arith.composite_template`), over the common axes ``slews`` [S] (ps) and ``loads`` [L] (fF)
of `Composites`; the worst edge of the input (``arc_delay`` and ``arc_slew`` tell them apart) and the worst condition count,
and the load stands at the output in question, none at the other. Between points tables are bilinear.

Polarity. ``inverted`` tells which pins (a, b, ci, sum, carry) carry the complement: a form is cheap and fast because it
need not restore the polarity of what it passes on. A full adder is self-dual, so a form also works with all its pins
complemented; a half adder is not. `eda.arith.mapped` chooses polarities so that few inverters are needed; a choice among
composites may take them as free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from eda.arith.composite_template import Axes, Composite, FloatArray, Part, form, is_offered, measured, typical_axes
from eda.tech.library import Library
from eda.tech.pdk import AdderCell, Pdk

__all__ = ["CARRY", "FULL_FORMS", "HALF_FORMS", "INPUTS", "OUTPUTS", "SUM", "Composite", "Composites", "composites"]

SUM, CARRY = 0, 1

INPUTS = ("a", "b", "ci")
OUTPUTS = ("s", "co")

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


@dataclass(frozen=True, eq=False)
class Composites:
    """All implementations of a kit, over common axes `slews` (ps) and `loads` (fF)."""

    full: tuple[Composite, ...]
    half: tuple[Composite, ...]
    slews: FloatArray
    loads: FloatArray

    def of(self, n_inputs: int) -> tuple[Composite, ...]:
        """Those of the adder of that many inputs."""
        return self.full if n_inputs == len(INPUTS) else self.half

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
        axes = typical_axes(pdk)
        full = _implementations(pdk, pdk.defaults.full_adder, FULL_FORMS, 3, axes)
        half = _implementations(pdk, pdk.defaults.half_adder, HALF_FORMS, 2, axes)
        known[pdk.name] = Composites(full, half, axes.slews, axes.loads)
    return known[pdk.name]


def _implementations(pdk: Pdk, adder: AdderCell | None, forms: Mapping[str, str], n: int, axes: Axes) -> tuple[Composite, ...]:
    def build(name: str, drive: int = 0) -> Composite:
        return form(pdk, name + ".2" * drive, forms[name], INPUTS[:n], OUTPUTS, axes, drive)

    plain = build("gates")
    offered = [name for name in forms if is_offered(pdk, forms[name])]
    made = [plain if adder is None else of_cell(pdk, adder, n, axes), plain]
    made += [build(name) for name in offered if name != "gates"]
    larger = [build(name, drive=1) for name in offered]
    return (*made, *(c for c in larger if c.cells not in {m.cells for m in made}))


def of_cell(pdk: Pdk, adder: AdderCell, n: int, axes: Axes) -> Composite:
    """The adder cell of a kit as a composite of n inputs."""
    cell = pdk.library.cell(adder.cell)
    pins = (adder.a, adder.b, adder.c)[:n]
    part = Part(cell, tuple(pins.index(pin) for pin in cell.type.inputs))
    outputs = (n + cell.type.outputs.index(adder.sum), n + cell.type.outputs.index(adder.carry))
    inverted = (False,) * n + (adder.sum_inverted, adder.carry_inverted)
    return measured(pdk.library, "cell", (*INPUTS[:n], *OUTPUTS), inverted, (part,), outputs, axes)

"""Internal energy and leakage of instances of one library cell, from their tables and the values of their pins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.ir import logic
from eda.ir.logic import Expr
from eda.ir.vectors import ONES, Words
from eda.tech.library import FALL, RISE, IntArray, LibCell, Library
from eda.timing.activity import Activity
from eda.timing.sta import Timing
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InstanceGroup:
    """Instances of one library cell: n of them."""

    library: Library
    cell: LibCell
    instances: IntArray
    timing: Timing
    activity: Activity

    @cached_property
    def nets(self) -> dict[str, IntArray]:
        """Net [n] at each pin."""
        netlist, kind = self.timing.netlist, self.cell.type
        inputs = {p: netlist.fanin[netlist.fanin_start[self.instances] + i] for i, p in enumerate(kind.inputs)}
        outputs = {p: netlist.output_start[self.instances] + i for i, p in enumerate(kind.outputs)}
        return inputs | outputs

    @cached_property
    def values(self) -> dict[str, Words]:
        """Samples [n, M] of each pin."""
        return {pin: self.activity.values[nets] for pin, nets in self.nets.items()}

    def holds(self, condition: Expr) -> Words:
        """Samples [n, M] of a condition over the pins."""
        words: Words = logic.evaluate(condition, self.values, ONES)
        return np.broadcast_to(words, (len(self.instances), self.activity.values.shape[1]))

    def toggles(self, pin: str) -> FloatArray:
        return self.activity.toggles[self.nets[pin]]

    def slew(self, pin: str) -> FloatArray:
        """ps [n, 2] at a pin; 0 on nets of the clock, which is ideal: no single driver moves the pins of all registers."""
        nets = self.nets[pin]
        return np.where((self.timing.clock.reach[nets] != 0)[:, None], 0.0, self.timing.slew[nets])

    def energy(self, row: int, slew_pin: str | None, load_pin: str | None) -> FloatArray:
        """fJ [n] per transition by the power group `row`: mean of rise and fall."""
        tables, none = self.library.powers.table[row], np.zeros((len(self.instances), 2))
        slew = none if slew_pin is None else self.slew(slew_pin)
        load = none[:, 0] if load_pin is None else self.timing.load[self.nets[load_pin]].max(axis=1)
        edges = [lookup(self.library.tables, tables[e], slew[:, e], load) for e in (RISE, FALL) if tables[e] >= 0]
        return np.sum(edges, axis=0) / 2 if edges else none[:, 0]


def internal_energy(group: InstanceGroup) -> FloatArray:
    """fJ [n] per period, over all pins and supplies."""
    powers, kind = group.library.powers, group.cell.type
    total = np.zeros(len(group.instances))
    rows: dict[tuple[bool, int, str], list[int]] = {}
    for r in group.cell.powers:
        rows.setdefault((bool(powers.is_input[r]), int(powers.pin[r]), powers.supply[r]), []).append(r)
    for (is_input, pin, _), members in rows.items():
        total += _input_energy(group, kind.inputs[pin], members) if is_input else _output_energy(group, pin, members)
    return total


def _input_energy(group: InstanceGroup, pin: str, rows: list[int]) -> FloatArray:
    """fJ [n] per period that transitions of an input cost, whatever the outputs do."""
    energy = np.zeros(len(group.instances))
    for row, words in _conditions(group, rows):
        energy += group.activity.share(words) * group.energy(row, pin, None)
    return group.toggles(pin) * energy


def _output_energy(group: InstanceGroup, output: int, rows: list[int]) -> FloatArray:
    """fJ [n] per period that transitions of an output cost: a mean over the inputs that may have caused them.

    Each group weighs as much as its input changes while its condition holds and the output depends on that input.
    """
    powers, kind = group.library.powers, group.cell.type
    pin = kind.outputs[output]
    weights, energies = [], []
    by_cause: dict[int, list[int]] = {}
    for r in rows:
        by_cause.setdefault(int(powers.related[r]), []).append(r)
    for related, members in by_cause.items():
        cause = None if related < 0 else (kind.inputs + kind.outputs)[related]
        sensitive = _sensitive(group, output, cause)
        for row, words in _conditions(group, members):
            weights.append(group.toggles(cause or pin) * group.activity.share(words & sensitive))
            energies.append(group.energy(row, cause, pin))
    weight, energy = np.array(weights), np.array(energies)
    weight = np.where(weight.sum(axis=0) > 0, weight, 1.0)
    return group.toggles(pin) * (weight * energy).sum(axis=0) / weight.sum(axis=0)


def _sensitive(group: InstanceGroup, output: int, cause: str | None) -> Words:
    """Samples [n, M] in which the output would change with the pin `cause`; all of them where that is not known."""
    function = group.cell.type.functions[output]
    always = np.full((1, group.activity.values.shape[1]), ONES)
    if function is None or cause is None:
        return always
    names = logic.variables(function)
    if cause not in names or not set(names) <= set(group.values):
        return always
    low, high = (logic.evaluate(function, group.values | {cause: v}, ONES) for v in (always ^ ONES, always))
    return low ^ high


def _conditions(group: InstanceGroup, rows: list[int]) -> Iterable[tuple[int, Words]]:
    """Each group with the samples in which it holds; one without a condition holds where none of the others does."""
    whens = group.library.powers.when
    others = _none_of(group, [whens[r] for r in rows])
    for r in rows:
        when = whens[r]
        yield r, others if when is None else group.holds(when)


def _none_of(group: InstanceGroup, conditions: Iterable[Expr | None]) -> Words:
    """Samples [n, M] in which none of the conditions holds."""
    rest = np.full((len(group.instances), group.activity.values.shape[1]), ONES)
    for condition in conditions:
        if condition is not None:
            rest &= ~group.holds(condition)
    return rest


def leakage_power(group: InstanceGroup) -> FloatArray:
    """nW [n]: of each conditional group while it holds, and the unconditional value the rest of the time."""
    cell = group.cell
    rest = _none_of(group, [condition for condition, _ in cell.leakage_when])
    total = cell.leakage * group.activity.share(rest)
    for condition, value in cell.leakage_when:
        total = total + value * group.activity.share(group.holds(condition))
    return total

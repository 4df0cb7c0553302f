"""From generic designs to mapped netlists, and from those to sized circuits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eda.arith.mapped import map_front
from eda.arith.optimize.goal import Goal
from eda.arith.optimize.points import Point
from eda.arith.optimize.structures import Structure
from eda.arith.pipeline import pipeline_mapped
from eda.arith.registers import CLOCK
from eda.flow.recipes import load_recipe
from eda.flow.synthesize import synthesize
from eda.ir.netlist import Netlist
from eda.ir.tree import ADDER_CELL
from eda.sizing.size import size_front
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

MAPPINGS = 6
"""Netlists of one design, from the smallest to the fastest."""


@dataclass(frozen=True, eq=False)
class Mapped:
    """A mapped netlist before sizing, with its exact delay (ps) and area (um2)."""

    netlist: Netlist
    structure: Structure
    mapping: str
    delay_ps: float
    area: float

    @property
    def origin(self) -> Mapping[str, Any]:
        s = self.structure
        return {"ppg": s.ppg, "tree": s.tree, "adder": s.adder, "mapping": self.mapping}


def surroundings(goal: Goal) -> Constraints:
    """What circuits are timed in; a pipeline has a clock."""
    return goal.constraints if goal.stages == 1 else replace(goal.constraints, clock=CLOCK)


def mapped(goal: Goal, structure: Structure) -> Iterator[Mapped]:
    """The netlists that are made of a structure."""
    for name, netlist in _netlists(goal, structure):
        if goal.stages > 1:
            netlist = pipeline_mapped(netlist, goal.pdk, goal.stages, goal.constraints)
        delay = analyze(netlist, goal.pdk.library, surroundings(goal)).delay_ps
        yield Mapped(netlist, structure, name, delay, area(netlist, goal.pdk.library))


def _netlists(goal: Goal, structure: Structure) -> Iterator[tuple[str, Netlist]]:
    design, pdk = structure.design, goal.pdk
    if goal.has("mapping"):
        impl = None if goal.has("forms") else [ADDER_CELL] * design.tree.n_compressors
        for k, netlist in enumerate(map_front(design, pdk, MAPPINGS, impl=impl, constraints=goal.constraints)):
            yield f"direct {k}", netlist
        return
    for recipe in ("area", "speed"):
        for adders in ("keep", "dissolve") if pdk.defaults.full_adder else ("dissolve",):
            yield f"{recipe}, {adders}", synthesize(design.netlist, pdk, load_recipe(recipe), adders=adders).netlist


def sized(goal: Goal, start: Mapped, points: int) -> Iterator[Point]:
    """Circuits of `start` under the targets of the goal, else from the fastest to the smallest."""
    if not goal.has("sizing"):
        yield Point(start.delay_ps, start.area, start.netlist, start.structure.design, start.origin)
        return
    found = size_front(
        start.netlist,
        goal.pdk.library,
        surroundings(goal),
        targets=goal.targets,
        points=points,
        usable=goal.pdk.is_usable,
        pins=goal.has("pins"),
        buffers=goal.has("buffers"),
    )
    for s in found:
        yield Point(s.delay_ps, s.area, s.netlist, start.structure.design, {**start.origin, "target_ps": s.target_ps})

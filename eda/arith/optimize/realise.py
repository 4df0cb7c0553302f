"""From generic designs to mapped netlists, and from those to sized circuits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eda.arith.mapped import map_front
from eda.arith.mapped_rewire import rewire
from eda.arith.optimize.goal import Goal
from eda.arith.optimize.points import Point
from eda.arith.optimize.structures import Structure
from eda.arith.pipeline import pipeline_mapped
from eda.arith.registers import CLOCK
from eda.flow.recipes import load_recipe
from eda.flow.synthesize import synthesize
from eda.ir.netlist import Netlist
from eda.ir.tree import ADDER_CELL
from eda.sizing.size import FASTEST, Sized, size_front
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

MAPPINGS = 6
"""Netlists of one design, from the smallest to the fastest."""
HASTENED = 4
"""Circuits from the fastest that a point can become to the point itself."""
EFFORT = 35
"""Annealing steps per node of a mapping."""


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
        yield _timed(goal, structure, name, netlist)


def rewired(goal: Goal, point: Point, factor: float) -> Mapped:
    """The design of `point` wired and mapped anew for `factor` times its delay."""
    design, netlist = rewire(
        point.design, goal.pdk, target_ps=point.delay_ps * factor, constraints=goal.constraints, seed=goal.seed
    )
    words = {k: str(point.origin[k]) for k in ("ppg", "tree", "adder")}
    return _timed(goal, Structure(design, **words), f"rewired for {factor:.0%}", netlist)


def _timed(goal: Goal, structure: Structure, name: str, netlist: Netlist) -> Mapped:
    if goal.stages > 1:
        netlist = pipeline_mapped(netlist, goal.pdk, goal.stages, goal.constraints)
    delay = analyze(netlist, goal.pdk.library, surroundings(goal)).delay_ps
    return Mapped(netlist, structure, name, delay, area(netlist, goal.pdk.library))


def _netlists(goal: Goal, structure: Structure) -> Iterator[tuple[str, Netlist]]:
    design, pdk = structure.design, goal.pdk
    if goal.has("mapping"):
        impl = None if goal.has("forms") else [ADDER_CELL] * design.tree.n_compressors
        for k, netlist in enumerate(map_front(design, pdk, MAPPINGS, impl=impl, constraints=goal.constraints, effort=EFFORT)):
            yield f"direct {k}", netlist
        return
    for recipe in ("area", "speed"):
        for adders in ("keep", "dissolve") if pdk.defaults.full_adder else ("dissolve",):
            yield f"{recipe}, {adders}", synthesize(design.netlist, pdk, load_recipe(recipe), adders=adders).netlist


def sized(goal: Goal, start: Mapped, points: int) -> Iterator[Point]:
    """Circuits of `start` under the targets of the goal, else from the fastest to the smallest; quickly, by sizes alone."""
    if not goal.has("sizing"):
        yield Point(start.delay_ps, start.area, start.netlist, start.structure.design, start.origin)
        return
    for s in _sizes(goal, start.netlist, goal.targets, points, thorough=False):
        yield Point(s.delay_ps, s.area, s.netlist, start.structure.design, {**start.origin, "target_ps": s.target_ps})


def polished(goal: Goal, point: Point) -> Iterator[Point]:
    """`point` sized again toward its own delay, now with other cells of equal function and with buffers."""
    yield from _resized(goal, point, goal.targets or (point.delay_ps,))


def hastened(goal: Goal, point: Point) -> Iterator[Point]:
    """`point` as fast as it can be made, and somewhat slower."""
    (fastest,) = _resized(goal, point, (FASTEST,))
    steps = np.geomspace(fastest.delay_ps, max(point.delay_ps, fastest.delay_ps), HASTENED)
    yield fastest
    yield from _resized(goal, fastest, tuple(steps[1:].tolist()))


def _resized(goal: Goal, point: Point, targets: tuple[float, ...]) -> Iterator[Point]:
    for s in _sizes(goal, point.netlist, targets, len(targets), thorough=True):
        yield replace(point, delay_ps=s.delay_ps, area=s.area, netlist=s.netlist)


def _sizes(goal: Goal, netlist: Netlist, targets: tuple[float, ...], points: int, *, thorough: bool) -> list[Sized]:
    return size_front(
        netlist,
        goal.pdk.library,
        surroundings(goal),
        targets=targets,
        points=points,
        usable=goal.pdk.is_usable,
        pins=goal.has("pins"),
        buffers=thorough and goal.has("buffers"),
        cells=thorough and goal.has("cells"),
    )

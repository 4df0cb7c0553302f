"""The search: many structures are mapped and timed, the promising ones sized, and those that no other dominates kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from eda.arith.optimize.goal import Goal
from eda.arith.optimize.points import Archive, Point
from eda.arith.optimize.realise import Mapped, hastened, mapped, polished, rewired, sized
from eda.arith.optimize.structures import makers
from eda.errors import ProofError
from eda.pareto import spread
from eda.proof.check import check_spec

SIZED_POINTS = 5
SIZED = 7
"""Netlists of a group of structures that are sized, times the effort."""
REWIRING_ROUNDS = 1
REWIRED = 5
"""Points whose designs are wired anew in each of so many rounds, times the effort."""
REWIRING_TARGETS = (0.9, 1.0)
"""Parts of their delay that the wiring aims at."""
HASTENED = 1
"""Fastest points that are made as fast as they can be, times the effort."""
PROMISING = 0.02
"""A netlist is sized if no other is, before sizing, faster and smaller by this part."""
REACH = 0.92
"""Sizing seldom brings a netlist below this part of its delay: it is left alone if there is a smaller circuit that fast."""
PROOF_SECONDS = 300.0

Progress = Callable[[str, Archive], None]


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found: the archive, and whether it was interrupted or ran out of time before its end."""

    archive: Archive
    complete: bool


def optimize(
    goal: Goal, *, archive: Archive | None = None, time_limit: float = float("inf"), progress: Progress | None = None
) -> Found:
    """Search for circuits of `goal`; they are not proven yet (see `proven`).

    `archive` may hold points of an earlier search, and is added to. After a KeyboardInterrupt, or `time_limit` seconds,
    it holds what was found so far. `progress` is called after every step with what was done.
    """
    kept = archive or Archive()
    tell = progress or (lambda what, archive: None)
    deadline = monotonic() + time_limit
    try:
        for what in _steps(goal, kept):
            tell(what, kept)
            if monotonic() > deadline:
                return Found(kept, False)
    except KeyboardInterrupt:
        return Found(kept, False)
    return Found(kept, True)


def _steps(goal: Goal, archive: Archive) -> Iterator[str]:
    """Structures, group by group; then the best of them wired anew; then all of the front sized thoroughly."""
    for name, make in makers(goal):
        pool: list[Mapped] = []
        for structure in make():
            pool += mapped(goal, structure)
            yield f"{name}: {structure.adder} mapped"
        for start in _promising(pool, goal.effort):
            if archive.least_area(start.delay_ps * REACH) <= start.area:
                continue
            _keep(goal, archive, sized(goal, start, SIZED_POINTS))
            yield f"{name}: {start.structure.adder}, {start.mapping} sized"
    if goal.method == "eda" and goal.has("rewire") and goal.has("mapping"):
        yield from _rewire(goal, archive)
    if goal.has("sizing") and (goal.has("cells") or goal.has("buffers")):
        yield from _polish(goal, archive)


def _polish(goal: Goal, archive: Archive) -> Iterator[str]:
    if not goal.targets:
        for point in archive.points[: HASTENED * goal.effort]:
            _keep(goal, archive, hastened(goal, point))
            yield f"hastened: {point.name}"
    for point in archive.points:
        _keep(goal, archive, polished(goal, point))
        yield f"polished: {point.name}"


def _rewire(goal: Goal, archive: Archive) -> Iterator[str]:
    for _ in range(REWIRING_ROUNDS * goal.effort):
        for point in _some(archive, REWIRED):
            if point.design.netlist is not point.design.via or goal.config.kind == "adder":
                return
            for factor in REWIRING_TARGETS:
                start = rewired(goal, point, factor)
                _keep(goal, archive, sized(goal, start, SIZED_POINTS))
                yield f"{start.mapping}: {point.name}"


def _keep(goal: Goal, archive: Archive, points: Iterable[Point]) -> None:
    for point in points:
        if goal.max_area is None or point.area <= goal.max_area:
            archive.add(point)


def _some(archive: Archive, count: int) -> list[Point]:
    """At most `count` points that stand for the whole front."""
    points = archive.points
    return [points[i] for i in spread([(p.delay_ps, p.area) for p in points], count)]


def _promising(pool: Sequence[Mapped], effort: int) -> list[Mapped]:
    """Those of `pool` to size: first some that stand for its front, then others that no other clearly beats.

    The first of them already cover all delays, so that a search that is ended early leaves no gap.
    """
    figures = [(m.delay_ps, m.area) for m in pool]
    factor = 1.0 - PROMISING
    close = [i for i, (d, a) in enumerate(figures) if not any(x <= d * factor and y <= a * factor for x, y in figures)]
    chosen: list[int] = []
    for _ in range(effort):
        rest = [i for i in close if i not in chosen]
        chosen += [rest[k] for k in spread([figures[i] for i in rest], SIZED)]
    return [pool[i] for i in chosen]


def proven(goal: Goal, points: Sequence[Point], progress: Callable[[Point], None] | None = None) -> list[Point]:
    """`points` with the proof that each computes the specification.

    Raises `ProofError` with the counterexample for a circuit that does not; those that time does not suffice for are left out.
    """
    out = []
    for point in points:
        verdict = check_spec(point.netlist, goal.spec, via=point.design.via, time_limit=PROOF_SECONDS, seed=goal.seed)
        if verdict.status == "different":
            raise ProofError(f"{point.name}: the circuit found is not {goal.spec.text}: {verdict}")
        if verdict.status == "proven":
            out.append(replace(point, verdict=verdict))
        if progress is not None:
            progress(point)
    return out

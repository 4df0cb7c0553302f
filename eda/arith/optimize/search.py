"""The search: many structures are mapped and timed, the promising ones sized, and those that no other dominates kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from eda.arith.optimize.goal import Goal
from eda.arith.optimize.points import Archive, Point
from eda.arith.optimize.realise import Mapped, mapped, sized
from eda.arith.optimize.structures import makers
from eda.errors import ProofError
from eda.proof.check import check_spec

SIZED_POINTS = 6
PROMISING = 0.03
"""A netlist is sized if no other is, before sizing, faster and smaller by this part."""
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
    """Group by group of structures: map all, size those that may lead to a better point."""
    for name, make in makers(goal):
        pool: list[Mapped] = []
        for structure in make():
            pool += mapped(goal, structure)
            yield f"{name}: {structure.adder} mapped"
        for start in _promising(pool, archive):
            for point in sized(goal, start, SIZED_POINTS):
                if goal.max_area is None or point.area <= goal.max_area:
                    archive.add(point)
            yield f"{name}: {start.structure.adder}, {start.mapping} sized"


def _promising(pool: Sequence[Mapped], archive: Archive) -> list[Mapped]:
    """Those of `pool` that no other one, nor a sized point, beats by `PROMISING` in delay and area; fastest first."""
    factor = 1.0 - PROMISING
    rivals = [(m.delay_ps, m.area) for m in pool]

    def beaten(m: Mapped) -> bool:
        return any(d <= m.delay_ps * factor and a <= m.area * factor for d, a in rivals)

    return sorted((m for m in pool if not beaten(m)), key=lambda m: (m.delay_ps, m.area))


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

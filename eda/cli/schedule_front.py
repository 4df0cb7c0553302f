"""``eda schedule --front``: trade-offs of area and communication."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from eda.cli.output import console, emit, table
from eda.cli.searching import searching

if TYPE_CHECKING:
    from eda.schedule.front import Front
    from eda.schedule.problem import Problem


def run_front(
    problem: Problem, count: int, *, out: Path | None, plot_file: Path | None, seed: int, time_limit: float, as_json: bool
) -> None:
    """Search, print the points, and write them as JSON and as a picture where asked for."""
    from eda.ir.files import write_atomic
    from eda.schedule.front import trade_offs, weights_around
    from eda.schedule.plot import plot_front
    from eda.schedule.portfolio import with_deadline

    with searching(time_limit) as (shown, stopped):
        problem = with_deadline(problem, seed=seed, time_limit=0.2 * time_limit)

        def told(what: str, points: int) -> bool:
            return shown(f"{what}: {points} points")

        found = trade_offs(problem, weights_around(problem, count), seed=seed, time_limit=time_limit, progress=told)
    facts = _facts(problem, found)
    if out is not None:
        write_atomic(out, json.dumps(facts, indent=1) + "\n")
        console(as_json).print(f"wrote {out}")
    if plot_file is not None:
        plot_front([(p.area, p.communication) for p in found.points], plot_file)
    table(as_json, ("area", "communication"), [(f"{p.area:,.10g}", f"{p.communication:,.10g}") for p in found.points])
    emit(facts, as_json)
    if stopped:
        raise typer.Exit(130)


def _facts(problem: Problem, found: Front) -> dict[str, Any]:
    names = problem.flow.names
    points = [
        {"area": p.area, "communication": p.communication, "start": dict(zip(names, p.start.tolist(), strict=True))}
        for p in found.points
    ]
    return {"latency": problem.deadline, "alphas": found.alphas, "front": points, "seconds": round(found.seconds, 3)}

"""A folder of optimized circuits: what `eda arith optimize` writes, and goes on from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eda.arith.optimize.goal import Goal
from eda.arith.optimize.points import Archive, Point
from eda.arith.optimize.realise import surroundings as constraints_of
from eda.arith.optimize.search import optimize, proven
from eda.explore.record import cpu_seconds, surroundings, write_front, write_record
from eda.explore.report import RESULTS, read_results
from eda.flow.evaluate import measure_netlist
from eda.ir.files import write_atomic
from eda.pareto import spread
from eda.verilog.writer import to_verilog

Told = Callable[[str, Archive], None]


@dataclass(frozen=True)
class Request:
    """A goal, how many points of the front to keep, the seconds to search, and where to write."""

    goal: Goal
    points: int
    time_limit: float
    folder: Path


def run(request: Request, progress: Told | None = None) -> dict[str, Any]:
    """Optimize, prove the points that are kept, measure and write them; return the record.

    Points that are in the folder from an earlier run of the same goal compete with the new ones. A keyboard interrupt
    ends the search with what was found; the record then says ``finished: false``. Raises `ProofError` for a circuit that
    is not what was asked for: nothing of it is written.
    """
    before, goal = cpu_seconds(), request.goal
    earlier = _earlier(request)
    found = optimize(goal, time_limit=request.time_limit, progress=progress)
    rivals = [(p["delay_ps"], p["area_um2"]) for p in earlier]
    rivals += [(p.delay_ps, p.area) for p in found.archive.points]
    chosen = spread(rivals, request.points)
    fresh = [found.archive.points[i - len(earlier)] for i in chosen if i >= len(earlier)]
    tell = (lambda p: progress(f"proven: {p.name}", found.archive)) if progress else None
    points = [earlier[i] for i in chosen if i < len(earlier)] + [_written(request, p) for p in proven(goal, fresh, tell)]
    record = write_record(
        request.folder,
        sorted(points, key=lambda p: p["delay_ps"]),
        title=_title(goal),
        note=f"{goal.spec.text}; {surroundings(goal.pdk)}",
        identity=("goal", identity(goal)),
        finished=found.complete,
        cpu_seconds=cpu_seconds() - before,
        seed=goal.seed,
        failures={},
    )
    write_front(record, request.folder)
    return record


def identity(goal: Goal) -> dict[str, Any]:
    """What makes points of two runs comparable."""
    c = goal.config
    return {
        "specification": goal.spec.text,
        "kind": c.kind,
        "widths": list(c.widths),
        "terms": c.n_terms if c.kind == "dot" else None,
        "stages": goal.stages,
        "pdk": goal.pdk.name,
        "library": goal.pdk.library.digest,
        "driver": goal.constraints.driver,
        "load_ff": goal.constraints.load_ff,
        "arrivals": dict(c.arrivals),
        "required": dict(c.required),
    }


def _title(goal: Goal) -> str:
    c = goal.config
    size = "x".join(map(str, c.widths)) if c.kind not in ("squarer",) and c.constant is None else f"{c.width}"
    stages = f", {goal.stages} stages" if goal.stages > 1 else ""
    return f"{size} {c.kind} on {goal.pdk.name}{stages}"


def _earlier(request: Request) -> list[dict[str, Any]]:
    """Proven points of the same goal that are in the folder with their files."""
    folder = request.folder
    if not (folder / RESULTS).exists():
        return []
    record = read_results(folder)
    if record.get("goal") != identity(request.goal):
        return []
    return [p for p in record["points"] if (folder / p["mapped"]).exists() and (folder / p["verilog"]).exists()]


def _written(request: Request, point: Point) -> dict[str, Any]:
    """The entry of a proven point, whose files are then in the folder."""
    goal, folder = request.goal, request.folder
    name = _file_name(point)
    generic, mapped = Path("verilog") / f"{name}.v", Path("mapped") / f"{name}.v"
    write_atomic(folder / generic, to_verilog(point.design.netlist, comment=f"{goal.spec.text}\n{point.name}"))
    metrics = measure_netlist(point.netlist, goal.pdk, constraints_of(goal), point.verdict, seed=goal.seed)
    write_atomic(folder / mapped, metrics.verilog)
    known = metrics.to_dict()
    keys = ("delay_ps", "area_um2", "power_mw", "energy_pj", "cells", "registers", "engine", "activity", "proof")
    entry: dict[str, Any] = {"key": name, "name": point.name, "source": "eda", "recipe": "optimized"}
    entry |= {"config": dict(point.origin), "verilog": str(generic), "mapped": str(mapped)}
    return entry | {k: known[k] for k in keys}


def _file_name(point: Point) -> str:
    """Equal circuits have equal names, and different ones of a front different names."""
    words = f"{point.design.config.kind} {point.delay_ps:.0f}ps {point.area:.0f}um2"
    return words.replace(" ", "_")

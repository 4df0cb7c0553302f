"""Fronts of area and communication of EPFL circuits within the critical path, 12 weights in one run.

    python benchmarks/schedule_front.py --data FOLDER

Up to 700 operations beside the exact front: the integer program of least communication for every number of units up to the
reference; where one ends without a proof its bound tells which hypervolume no front exceeds. From 5,000 operations on beside
CP-SAT at the same weights, with the same time in all. The reference point is the largest area and the largest communication
of as soon as possible, as late as possible, and a list schedule.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import cpu_seconds, default_data, print_table, write_results

from eda.errors import EdaError
from eda.ir.dataflow import Schedule
from eda.pareto import hypervolume
from eda.schedule.bounds import lower_bound
from eda.schedule.formats import read_problem
from eda.schedule.front import trade_offs, weights_around
from eda.schedule.lists import list_schedule
from eda.schedule.metrics import metrics
from eda.schedule.portfolio import solve
from eda.schedule.problem import Problem, windows
from eda.schedule.result import violations

GRAPHS = ("ctrl", "router", "cavlc", "sin", "voter")
EXACT_UP_TO = 710
Point = tuple[float, float]


def reference_of(problem: Problem) -> Point:
    """The largest area and the largest communication of three simple schedules: as soon and as late as possible, list."""
    early, late = windows(problem)
    listed = list_schedule(problem, time_limit=20.0).schedule.start
    found = [metrics(problem, Schedule(start)) for start in (early, late, listed)]
    return max(float(m.resource_sum) for m in found), max(float(m.communication) for m in found)


def exact(problem: Problem, reference: Point, seconds: float) -> tuple[list[Point], list[Point]]:
    """(units, least communication found) and (units, its bound) for every number of units below the reference."""
    least = int(lower_bound(replace(problem, objective="area")).value)
    most = int(reference[0])
    found, bounds = [], []
    for units in range(least, most):
        flow = replace(problem.flow, capacity=np.full(len(problem.flow.capacity), units))
        one = replace(problem, flow=flow, objective="communication")
        try:
            result = solve(one, "step", time_limit=seconds / (most - least))
        except EdaError as error:
            print(f"{problem.flow.name}, {units} units: {error}")
            bounds.append((float(units), lower_bound(one).value))
            continue
        found.append((float(units), result.objective))
        bounds.append((float(units), result.bound))
    return found, bounds


def rival(problem: Problem, alphas: Sequence[float], seconds: float, seed: int) -> list[Point]:
    """Points of CP-SAT at each weight."""
    found = []
    for alpha in alphas:
        one = replace(problem, objective="joint", alpha=alpha)
        try:
            result = solve(one, "cpsat", seed=seed, time_limit=seconds / len(alphas))
        except EdaError as error:
            print(f"{problem.flow.name} CP-SAT at weight {alpha:.4g}: {error}")
            continue
        measured = metrics(one, result.schedule)
        found.append((float(measured.resource_sum), float(measured.communication)))
    return found


def row(path: Path, seconds: float, exact_seconds: float, seed: int) -> dict[str, object]:
    """One graph."""
    problem = read_problem(path)
    problem = replace(problem, objective="joint", latency=problem.critical_path)
    small = problem.flow.n_operations <= EXACT_UP_TO
    reference, alphas = reference_of(problem), weights_around(problem)
    begin = cpu_seconds()
    ours = trade_offs(problem, alphas, seed=seed, time_limit=seconds)
    spent = cpu_seconds() - begin
    assert all(not faults(problem, p.start) for p in ours.points)
    points = [(p.area, p.communication) for p in ours.points]
    begin, bounds = cpu_seconds(), []
    if small:
        theirs, bounds = exact(problem, reference, exact_seconds)
    else:
        theirs = rival(problem, alphas, seconds, seed)
    volume, their_volume = hypervolume(points, reference), hypervolume(theirs, reference)
    return {
        "graph": path.stem,
        "operations": problem.flow.n_operations,
        "steps": problem.latency,
        "points": len(points),
        "hypervolume": volume,
        "cpu s": spent,
        "rival": "integer programs" if small else "CP-SAT",
        "its hypervolume": their_volume,
        "its cpu s": cpu_seconds() - begin,
        "ratio": volume / their_volume if their_volume else None,
        "no front exceeds": hypervolume(bounds, reference) if small else None,
    }


def faults(problem: Problem, start: object) -> tuple[str, ...]:
    """What is wrong with a schedule."""
    return violations(problem, Schedule(np.asarray(start)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--graphs", nargs="*", default=list(GRAPHS))
    parser.add_argument("--time-limit", type=float, default=60.0, help="CPU seconds of a front, and of CP-SAT's")
    parser.add_argument("--exact-seconds", type=float, default=240.0, help="for all integer programs of a small graph")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rows = []
    for graph in args.graphs:
        path = next((args.data / "aig" / "epfl").rglob(f"{graph}.aig"))
        rows.append(row(path, args.time_limit, args.exact_seconds, args.seed))
        print_table(rows[-1:])
    print_table(rows)
    write_results("schedule_front", rows, seed=args.seed, time_limit=args.time_limit)


if __name__ == "__main__":
    main()

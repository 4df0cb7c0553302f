"""EPFL circuits as data flow: peak and communication at the balanced weight, and peak of live values, within the critical path.

Each row has the schedule of `solve`, its bound, the best of three simple schedules (as late as possible, list, least
communication), and the part of the gap between that and the bound that is closed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import cpu_seconds, default_data, peak_memory_gb, print_table, write_results

from eda.errors import EdaError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.balance import balanced_alpha
from eda.schedule.formats import read_problem
from eda.schedule.lists import list_schedule
from eda.schedule.metrics import objective_value
from eda.schedule.portfolio import solve
from eda.schedule.problem import Problem, windows
from eda.schedule.sdc import sdc

GRAPHS = ("ctrl", "router", "cavlc", "priority", "adder", "i2c", "bar", "sin", "voter")


def simple(problem: Problem) -> dict[str, float]:
    """Objective of each simple schedule that is legal in time."""

    def listed() -> IntArray:
        return list_schedule(problem, time_limit=20.0).schedule.start

    def wires() -> IntArray:
        return sdc(replace(problem, objective="communication"), time_limit=60.0).schedule.start

    found = {"alap": objective_value(problem, Schedule(windows(problem)[1]))}
    for name, make in (("list", listed), ("lp", wires)):
        try:
            found[name] = objective_value(problem, Schedule(make()))
        except EdaError as error:
            print(f"{problem.flow.name} {name}: {error}")
    return found


def row(path: Path, objective: str, time_limit: float, seed: int) -> dict[str, object]:
    """One problem solved."""
    problem = read_problem(path)
    problem = replace(problem, objective=objective, latency=problem.critical_path)
    if objective == "joint":
        problem = replace(problem, alpha=round(balanced_alpha(problem), 1))
    peers = simple(problem)
    best = min(peers.values())
    begin = cpu_seconds()
    result = solve(problem, time_limit=time_limit, seed=seed)
    spent = cpu_seconds() - begin
    assert not result.verify(problem)
    return {
        "graph": path.stem,
        "operations": problem.flow.n_operations,
        "steps": problem.latency,
        "objective": objective,
        "alpha": problem.alpha if objective == "joint" else None,
        "value": result.objective,
        "bound": result.bound,
        "gap %": 100 * (result.objective / max(result.bound, 1e-9) - 1),
        **peers,
        "closed %": 100 * (best - result.objective) / max(best - result.bound, 1e-9),
        "cpu s": spent,
        "peak GB": peak_memory_gb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--graphs", nargs="*", default=list(GRAPHS))
    parser.add_argument("--objectives", nargs="*", default=["joint", "memory"])
    parser.add_argument("--time-limit", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="schedule_epfl")
    args = parser.parse_args()
    rows = []
    for graph in args.graphs:
        path = next((args.data / "aig" / "epfl").rglob(f"{graph}.aig"))
        for objective in args.objectives:
            rows.append(row(path, objective, args.time_limit, args.seed))
            print_table(rows[-1:])
    ratios = [float(r["value"]) / min(float(r[k]) for k in ("alap", "list", "lp") if k in r) for r in rows]  # type: ignore[arg-type]
    mean = {
        o: float(np.exp(np.mean([np.log(x) for x, r in zip(ratios, rows, strict=True) if r["objective"] == o])))
        for o in args.objectives
    }
    print_table(rows)
    print("value by the best simple schedule, geometric mean:", mean, time.strftime("%H:%M"))
    write_results(args.name, rows, seed=args.seed, time_limit=args.time_limit, mean_ratio=mean)


if __name__ == "__main__":
    main()

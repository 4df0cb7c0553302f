"""GauS beside the Gumbel scheduler of ICML 2024 (vectorised here): the same problems, time and starts, several seeds.

EPFL circuits within the critical path at the balanced weight, and random weighted graphs on ten stages at weights between
load and crossings. ``auto`` is the whole portfolio. `equal` is the CPU time after which a method is as good as the Gumbel
scheduler is in the end, `ratio` the time of the Gumbel scheduler by that.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import cpu_seconds, default_data, print_table, write_results

from eda.schedule.balance import balanced_alpha
from eda.schedule.formats import read_problem
from eda.schedule.metrics import metrics
from eda.schedule.portfolio import solve
from eda.schedule.problem import Problem

CIRCUITS = ("ctrl", "cavlc", "i2c")
RANDOM = (
    ("rand_graph_sparse_1000_1.gml", 0.003),
    ("rand_graph_1000_1.gml", 0.02),
    ("rand_graph_5000_1.gml.gz", 0.02),
    ("rand_graph_10000_2.gml.gz", 0.02),
)
LARGE = 4_000
"""Operations from which on a method has six times as long."""


def problems(data: Path) -> list[Problem]:
    """What both methods solve."""
    found = []
    for name in CIRCUITS:
        problem = read_problem(next((data / "aig" / "epfl").rglob(f"{name}.aig")))
        problem = replace(problem, objective="joint", latency=problem.critical_path)
        found.append(replace(problem, alpha=round(balanced_alpha(problem), 1)))
    return found + [replace(read_problem(data / "schedule" / "icml24" / name), alpha=alpha) for name, alpha in RANDOM]


def run(problem: Problem, method: str, seed: int, time_limit: float, goal: float) -> tuple[dict[str, object], float, float]:
    """One method with one seed; its value and CPU seconds. `goal` is the value whose time is kept."""
    begin, equal = cpu_seconds(), []

    def told(what: str, objective: float, bound: float) -> bool:
        if objective <= goal and not equal:
            equal.append(cpu_seconds() - begin)
        return False

    limit = time_limit * (6 if problem.flow.n_operations >= LARGE else 1)
    result = solve(problem, method, seed=seed, time_limit=limit, progress=told)
    spent = cpu_seconds() - begin
    assert not result.verify(problem)
    found = metrics(problem, result.schedule)
    row = {
        "graph": problem.flow.name,
        "operations": problem.flow.n_operations,
        "alpha": problem.alpha,
        "method": method,
        "seed": seed,
        "value": result.objective,
        "peak": found.resource_sum,
        "communication": found.communication,
        "cpu s": spent,
        "equal": equal[0] if equal else None,
    }
    return row, result.objective, spent


def rows_of(problem: Problem, seed: int, time_limit: float) -> list[dict[str, object]]:
    """The Gumbel scheduler, then the others against its value."""
    rival, value, spent = run(problem, "gumbel", seed, time_limit, -np.inf)
    rows = [rival]
    for method in ("gaus", "auto"):
        row, own, _ = run(problem, method, seed, time_limit, value)
        row["by gumbel"] = own / value
        row["ratio"] = None if row["equal"] is None else spent / float(str(row["equal"]))
        rows.append(row)
    return rows


def mean(values: list[float]) -> float:
    """Geometric mean."""
    return float(np.exp(np.mean(np.log(values))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--time-limit", type=float, default=5.0)
    args = parser.parse_args()
    rows, facts = [], {}
    for problem in problems(args.data):
        for method in ("gumbel", "auto"):
            run(problem, method, 1, 0.5, 0.0)  # compiles
        for seed in range(1, args.seeds + 1):
            rows += rows_of(problem, seed, args.time_limit)
            print_table(rows[-3:])
    for method in ("gaus", "auto"):
        own = [r for r in rows if r["method"] == method]
        facts[f"{method}_by_gumbel"] = mean([float(str(r["by gumbel"])) for r in own])
        facts[f"{method}_times_faster_to_equal"] = mean([float(str(r["ratio"])) for r in own if r["ratio"]])
        facts[f"{method}_never_equal"] = sum(r["ratio"] is None for r in own)
    print(facts)
    write_results("schedule_gumbel", rows, seeds=args.seeds, time_limit=args.time_limit, **facts)


if __name__ == "__main__":
    main()

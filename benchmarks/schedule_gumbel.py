"""GauS beside the Gumbel scheduler of ICML 2024 (vectorised here): the same problems, time and starts, several seeds.

EPFL circuits within the critical path at the balanced weight, and random weighted graphs on ten stages at weights between
load and crossings.
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
RANDOM = (("rand_graph_sparse_1000_1.gml", 0.003), ("rand_graph_1000_1.gml", 0.02))


def problems(data: Path) -> list[Problem]:
    """What both methods solve."""
    found = []
    for name in CIRCUITS:
        problem = read_problem(next((data / "aig" / "epfl").rglob(f"{name}.aig")))
        problem = replace(problem, objective="joint", latency=problem.critical_path)
        found.append(replace(problem, alpha=round(balanced_alpha(problem), 1)))
    return found + [replace(read_problem(data / "schedule" / "icml24" / name), alpha=alpha) for name, alpha in RANDOM]


def row(problem: Problem, method: str, seed: int, time_limit: float) -> dict[str, object]:
    """One method with one seed."""
    begin = cpu_seconds()
    result = solve(problem, method, seed=seed, time_limit=time_limit)
    spent = cpu_seconds() - begin
    assert not result.verify(problem)
    found = metrics(problem, result.schedule)
    return {
        "graph": problem.flow.name,
        "operations": problem.flow.n_operations,
        "alpha": problem.alpha,
        "method": method,
        "seed": seed,
        "value": result.objective,
        "peak": found.resource_sum,
        "communication": found.communication,
        "cpu s": spent,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--time-limit", type=float, default=5.0)
    args = parser.parse_args()
    rows = [
        row(problem, method, seed, args.time_limit)
        for problem in problems(args.data)
        for method in ("gaus", "gumbel")
        for seed in range(1, args.seeds + 1)
    ]
    print_table(rows)
    values = {m: np.array([float(str(r["value"])) for r in rows if r["method"] == m]) for m in ("gaus", "gumbel")}
    ratio = float(np.exp(np.log(values["gaus"] / values["gumbel"]).mean()))
    print(f"GauS by Gumbel, geometric mean: {ratio:.3f}")
    write_results("schedule_gumbel", rows, seeds=args.seeds, time_limit=args.time_limit, ratio=ratio)


if __name__ == "__main__":
    main()

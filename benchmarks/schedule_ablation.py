"""What each choice of GauS gains, and what its iterations cost.

    python benchmarks/schedule_ablation.py --data FOLDER

The same problems and number of iterations for every variant, mean of 5 seeds: the joint objective at the balanced weight, and
its geometric mean relative to the default's. Times are CPU seconds per iteration at about 1,000, 10,000 and 57,000 operations.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from common import cpu_seconds, default_data, print_table, write_results

from eda.schedule.balance import balanced_alpha
from eda.schedule.formats import read_problem
from eda.schedule.gaus.legalise import legalise
from eda.schedule.gaus.model import Model, from_graph
from eda.schedule.gaus.run import PAPER, Options, descend
from eda.schedule.lists import list_schedule
from eda.schedule.problem import Problem, windows
from eda.schedule.sdc import differences, least_cost
from eda.schedule.step_graph import step_graph

GRAPHS = ("ctrl", "cavlc", "i2c")
TIMED = ("i2c", "voter", "div")
DEFAULT = Options()
VARIANTS: dict[str, tuple[Options, str]] = {
    "default": (DEFAULT, "middle"),
    "as printed (equation 8b, mean peak, one multiplier)": (PAPER, "middle"),
    "violation as printed (8b)": (replace(DEFAULT, violation="printed"), "middle"),
    "violation by both probabilities": (replace(DEFAULT, violation="corrected"), "middle"),
    "peak without variance": (replace(DEFAULT, variance=False), "middle"),
    "one multiplier for all edges": (replace(DEFAULT, shared=True), "middle"),
    "absolute positions": (replace(DEFAULT, relative=False), "middle"),
    "without restarts": (replace(DEFAULT, restarts=0), "middle"),
    "without polish by moves": (replace(DEFAULT, polish=False), "middle"),
    "start from a list schedule": (DEFAULT, "list"),
    "start from the linear program": (DEFAULT, "lp"),
}


def joint(path: Path, alpha: float | None = None) -> tuple[Problem, Model]:
    """The problem at the balanced weight within its critical path."""
    problem = read_problem(path)
    problem = replace(problem, objective="joint", latency=problem.critical_path)
    problem = replace(problem, alpha=round(balanced_alpha(problem), 1) if alpha is None else alpha)
    return problem, from_graph(problem, step_graph(problem, *windows(problem)))


def wish(problem: Problem, model: Model, start: str) -> np.ndarray[Any, Any]:
    """Where the descent begins, float64 [1, V]."""
    if start == "list":
        return list_schedule(problem, time_limit=20.0).schedule.start.astype(np.float64)[None]
    if start == "lp":
        wires = step_graph(replace(problem, objective="communication"), *windows(problem))
        items = least_cost(differences(wires), time_limit=60.0)
        assert items is not None
        legal = legalise(model, items[: problem.flow.n_operations].astype(np.float64))
        assert legal is not None
        return legal.astype(np.float64)[None]
    return ((model.low + model.high) / 2.0)[None]


def variant(cases: list[tuple[Problem, Model]], name: str, seeds: int) -> dict[str, object]:
    """Value on each graph (mean over seeds) and CPU seconds of all runs."""
    options, start = VARIANTS[name]
    begin, row = cpu_seconds(), {"variant": name}
    for problem, model in cases:
        wishes = wish(problem, model, start)
        found = [descend(model, wishes, options=options, seed=1 + s).value[0] for s in range(seeds)]
        row[problem.flow.name] = float(np.mean(found)) if np.isfinite(found).all() else None  # type: ignore[assignment]
    return {**row, "cpu s": cpu_seconds() - begin}


def iteration(path: Path, steps: int) -> dict[str, object]:
    """CPU seconds of one iteration of the descent without making schedules legal."""
    problem, model = joint(path, alpha=100.0)
    wishes = ((model.low + model.high) / 2.0)[None]
    spent = []
    for count in (2, 1, steps + 1):  # the first compiles
        begin = cpu_seconds()
        descend(model, wishes, options=replace(DEFAULT, steps=count, polish=False), report=lambda i, v: False)
        spent.append(cpu_seconds() - begin)
    return {
        "graph": problem.flow.name,
        "operations": problem.flow.n_operations,
        "steps of the schedule": problem.latency,
        "cpu s per iteration": (spent[2] - spent[1]) / steps,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=20, help="timed iterations of each size")
    args = parser.parse_args()

    def path(name: str) -> Path:
        return next((args.data / "aig" / "epfl").rglob(f"{name}.aig"))

    times = [iteration(path(name), args.iterations) for name in TIMED]
    print_table(times)
    cases = [joint(path(name)) for name in GRAPHS]
    rows = []
    for name in VARIANTS:
        rows.append(variant(cases, name, args.seeds))
        print_table(rows[-1:])
    for row in rows:
        ratios = [row[p.flow.name] / rows[0][p.flow.name] for p, _ in cases if row[p.flow.name] is not None]  # type: ignore[operator]
        row["relative"] = float(np.exp(np.mean(np.log(ratios)))) if len(ratios) == len(cases) else None
    print_table(rows)
    write_results("schedule_ablation", rows, seed=1, seeds=args.seeds, iteration=times)


if __name__ == "__main__":
    main()

"""HeuriGym's operator scheduling: latency reached, its bound, and CPU seconds of every public case.

    python benchmarks/schedule_heurigym.py --data FOLDER [--time-limit S]

FOLDER holds schedule/heurigym/*.json and, where known, optimal_latency.json. Kernels are compiled before the clock starts.
"""

import argparse
import json
import os
import time
from pathlib import Path

from common import write_results

from eda.schedule.formats import read_problem
from eda.schedule.lists import list_schedule
from eda.schedule.portfolio import solve


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("EDA_DATA"), help="folder of the data [$EDA_DATA]")
    parser.add_argument("--time-limit", type=float, default=20.0, help="CPU seconds for each case")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.data is None:
        parser.error("give --data FOLDER")
    folder = Path(options.data) / "schedule" / "heurigym"
    known = folder / "optimal_latency.json"
    optima = json.loads(known.read_text()) if known.is_file() else {}
    cases = sorted(p for p in folder.glob("*.json") if p != known)
    solve(read_problem(cases[0]), time_limit=1.0)
    rows = [row(path, optima.get(path.stem), options) for path in cases]
    head = f"{'case':14} {'ops':>5} {'optimum':>8} {'list':>6} {'latency':>8} {'bound':>6}"
    print(f"{head} {'list CPU s':>11} {'CPU s':>7}  certificate")
    for r in rows:
        print(
            f"{r['case']:14} {r['operations']:5} {r['known'] or '-':>8} {r['list']:6} {r['latency']:8} {r['bound']:6}"
            f" {r['list_cpu_s']:11.3f} {r['cpu_s']:7.3f}  {r['certificate']}"
        )
    facts = {
        "cases": len(rows),
        "at_known_optimum": sum(r["latency"] == r["known"] for r in rows),
        "proven": sum(r["latency"] == r["bound"] for r in rows),
        "list_cpu_s": round(sum(r["list_cpu_s"] for r in rows), 3),
        "cpu_s": round(sum(r["cpu_s"] for r in rows), 3),
    }
    print(facts)
    write_results("schedule_heurigym", rows, seed=options.seed, **facts)


def row(path, optimum, options):
    """One case: lists alone until their bound is met, and the whole answer."""
    problem = read_problem(path)
    begin = time.process_time()
    listed = list_schedule(problem, seed=options.seed, time_limit=0.2)
    listed_s = time.process_time() - begin
    begin = time.process_time()
    found = solve(problem, seed=options.seed, time_limit=options.time_limit)
    wrong = found.verify(problem)
    if wrong:
        raise SystemExit(f"{path.name}: {wrong[0]}")
    return {
        "case": path.stem,
        "operations": problem.flow.n_operations,
        "known": optimum,
        "list": int(listed.objective),
        "latency": int(found.objective),
        "bound": int(found.bound),
        "certificate": found.certificate,
        "list_cpu_s": round(listed_s, 4),
        "cpu_s": round(time.process_time() - begin, 4),
    }


if __name__ == "__main__":
    main()

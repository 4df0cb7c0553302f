"""Modulo scheduling of HatScheT's problems: interval, its bound, registers, against iterative modulo scheduling.

    python benchmarks/schedule_modulo.py --data FOLDER [--suite origami] [--every N] [--time-limit S]

FOLDER holds schedule/hatschet/{origami,MachSuite,ChStone}; of a problem with a 5 ns variant that one is taken. Kernels are
compiled before the clock starts. Afterwards, outside the clock, CP-SAT gets `--prove` seconds to find or prove the least
registers at the same interval that end within two intervals of ours (`registers_known`).
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from common import write_results

from eda.schedule.formats import read_problem
from eda.schedule.ims import ims
from eda.schedule.metrics import metrics
from eda.schedule.modulo import modulo
from eda.schedule.registers import WHOLE, Interval, exchange

SUITES = ("origami", "MachSuite", "ChStone")


def problems(folder):
    """The graphs of a suite: those with chaining edges if it has any."""
    paths = sorted(p for p in folder.rglob("*.graphml*"))
    chained = [p for p in paths if ".200MHz." in p.name]
    return chained or paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("EDA_DATA"), help="folder of the data [$EDA_DATA]")
    parser.add_argument("--suite", choices=SUITES, help="one suite only")
    parser.add_argument("--every", type=int, default=1, help="take only every Nth problem")
    parser.add_argument("--time-limit", type=float, default=30.0, help="CPU seconds for each problem")
    parser.add_argument("--prove", type=float, default=4.0, help="CPU seconds to prove the registers of each problem")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.data is None:
        parser.error("give --data FOLDER")
    root = Path(options.data) / "schedule" / "hatschet"
    suites = [options.suite] if options.suite else SUITES
    paths = [p for suite in suites for p in problems(root / suite)][:: options.every]
    modulo(read_problem(paths[0]), time_limit=1.0)
    print(f"{'problem':34} {'ops':>5} {'II':>4} {'bound':>5} {'IMS':>4} {'registers':>9} {'bound':>6} {'IMS':>6} {'CPU s':>6}")
    rows = []
    for path in paths:
        rows.append(row(path, str(path.relative_to(root)), options))
        r = rows[-1]
        print(
            f"{r['problem'][:34]:34} {r['operations']:5} {r['ii']:4} {r['ii_bound']:5} {r['ims_ii']:4} {r['registers']:9}"
            f" {r['registers_bound']:6} {r['ims_registers']:6} {r['cpu_s']:6.2f}",
            flush=True,
        )
    facts = summary(rows)
    print(facts)
    name = "schedule_modulo" if not options.suite and options.every == 1 else "schedule_modulo_part"
    write_results(name, rows, seed=options.seed, time_limit=options.time_limit, **facts)


def row(path, name, options):
    """One problem: the whole answer, and iterative modulo scheduling alone."""
    problem = read_problem(path)
    begin = time.process_time()
    found = modulo(problem, seed=options.seed, time_limit=options.time_limit)
    seconds = time.process_time() - begin
    wrong = found.verify(problem)
    if wrong:
        raise SystemExit(f"{path}: {wrong[0]}")
    begin = time.process_time()
    rival = ims(problem, seed=options.seed, time_limit=options.time_limit)
    rival_s = time.process_time() - begin
    case = Interval(problem.flow, int(found.objective))
    return {
        "problem": name,
        "operations": problem.flow.n_operations,
        "edges": len(problem.flow.edge_source),
        "ii": int(found.objective),
        "ii_bound": int(found.bound),
        "ims_ii": int(rival.objective),
        "registers": metrics(problem, found.schedule).registers,
        "registers_bound": case.bound,
        "registers_known": known(case, found.schedule.start, options),
        "ims_registers": metrics(problem, rival.schedule).registers,
        "latency": metrics(problem, found.schedule).latency,
        "cpu_s": round(seconds, 3),
        "ims_cpu_s": round(rival_s, 3),
    }


def known(case, start, options):
    """The least registers, where a bound or CP-SAT proves them."""
    ours = case.registers(start)
    if ours == case.bound or len(case.limited) > WHOLE:
        return ours if ours == case.bound else None
    best, proven = exchange(case, start, time_limit=options.prove, seed=options.seed)
    return case.registers(best) if proven else None


def summary(rows):
    """Counts, and the geometric means of registers over the bound and over IMS where both intervals are equal."""
    equal = [r for r in rows if r["ii"] == r["ims_ii"] and r["registers"] > 0]
    over = [r for r in rows if r["registers_bound"] > 0]
    exact = [r for r in rows if r["registers_known"]]

    def mean(ratios):
        return round(float(np.exp(np.mean(np.log(ratios)))), 4) if ratios else None

    return {
        "problems": len(rows),
        "ii_proven_least": sum(r["ii"] == r["ii_bound"] for r in rows),
        "ii_below_ims": sum(r["ii"] < r["ims_ii"] for r in rows),
        "ii_above_ims": sum(r["ii"] > r["ims_ii"] for r in rows),
        "registers_at_bound": sum(r["registers"] == r["registers_bound"] for r in rows),
        "registers_over_bound": mean([r["registers"] / r["registers_bound"] for r in over]),
        "registers_known": len(exact),
        "registers_over_known": mean([r["registers"] / r["registers_known"] for r in exact]),
        "registers_over_known_most": max((r["registers"] / r["registers_known"] for r in exact), default=None),
        "ims_registers_over_ours": mean([r["ims_registers"] / r["registers"] for r in equal]),
        "registers_above_ims": sum(r["registers"] > r["ims_registers"] for r in equal),
        "cpu_s": round(sum(r["cpu_s"] for r in rows), 2),
        "ims_cpu_s": round(sum(r["ims_cpu_s"] for r in rows), 2),
    }


if __name__ == "__main__":
    main()

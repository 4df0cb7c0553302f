"""Peak memory of sequential orders on cells wired at random (Watts-Strogatz, k = 4, p = 0.75, as in RandWire).

    python benchmarks/schedule_order.py [--sizes 32,48,60] [--seeds 5] [--time-limit S]

Every result has 1 to 19 units of memory. Rivals: the order of the numbers, and the best of 1000 random orders.
"""

import argparse
import time

import networkx as nx
import numpy as np
from common import write_results

from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.metrics import metrics
from eda.schedule.order import sequential_order
from eda.schedule.problem import Problem


def cell(n, seed):
    """Edges from lower to higher numbers of a connected small-world graph."""
    rng = np.random.default_rng(seed)
    edges = np.array([sorted(e) for e in nx.connected_watts_strogatz_graph(n, 4, 0.75, seed=seed).edges()]).T
    nothing = np.zeros(edges.shape[1], dtype=int)
    none = np.zeros(0)
    names = tuple(f"n{i}" for i in range(n))
    widths = rng.integers(1, 20, n)
    return Dataflow(
        *(names, ("op",) * n, np.ones(n), widths, *edges, nothing, nothing, nothing), *((), none, none, none, none, none)
    )


def peak(flow, order):
    start = np.empty(flow.n_operations, dtype=int)
    start[list(order)] = np.arange(flow.n_operations)
    schedule = Schedule(start)
    if schedule.verify(flow):
        raise SystemExit(f"{flow.name}: illegal order")
    return metrics(Problem(flow, "memory"), schedule).peak_memory


def random_order(flow, rng):
    waiting = np.bincount(flow.edge_target, minlength=flow.n_operations)
    ready, order = list(np.flatnonzero(waiting == 0)), []
    while ready:
        v = ready.pop(int(rng.integers(len(ready))))
        order.append(int(v))
        for target in flow.edge_target[flow.edge_source == v].tolist():
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return order


def row(n, seed, options):
    """One cell."""
    flow = cell(n, seed)
    begin = time.process_time()
    found = sequential_order(flow, time_limit=options.time_limit)
    seconds = time.process_time() - begin
    rng = np.random.default_rng(seed)
    return {
        "operations": n,
        "cell": seed,
        "peak": peak(flow, found.operations),
        "optimal": found.optimal,
        "as_numbered": peak(flow, range(n)),
        "best_of_random": min(peak(flow, random_order(flow, rng)) for _ in range(1000)),
        "cpu_s": round(seconds, 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="32,48,60")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--time-limit", type=float, default=20.0, help="CPU seconds for each cell")
    options = parser.parse_args()
    rows = [row(int(n), seed, options) for n in options.sizes.split(",") for seed in range(1, options.seeds + 1)]
    print(f"{'ops':>4} {'cell':>4} {'peak':>6} {'optimal':>8} {'numbered':>9} {'random':>7} {'CPU s':>7}")
    for r in rows:
        print(
            f"{r['operations']:4} {r['cell']:4} {r['peak']:6} {r['optimal']!s:>8} {r['as_numbered']:9}"
            f" {r['best_of_random']:7} {r['cpu_s']:7.2f}"
        )
    write_results("schedule_order", rows, proven=sum(r["optimal"] for r in rows), cells=len(rows))


if __name__ == "__main__":
    main()

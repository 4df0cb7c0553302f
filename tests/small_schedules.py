"""Small random scheduling problems, and all their schedules."""

from itertools import product

import numpy as np

from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.metrics import objective_value
from eda.schedule.problem import windows
from eda.schedule.result import violations


def dataflow(rng, most=7, loops=False):
    """Up to `most` operations on two kinds of units; with `loops` some edges go to the next iterations."""
    n = int(rng.integers(1, most + 1))
    pairs = [(u, v) for v in range(n) for u in range(v) if rng.random() < 0.35]
    back = [(int(u), int(v)) for u, v in rng.integers(0, n, (int(rng.integers(1, 4)), 2))] if loops else []
    source, target = np.array([*pairs, *back], dtype=int).reshape(-1, 2).T
    edges = len(source)
    distance = np.array([0] * len(pairs) + [int(rng.integers(1, 3)) for _ in back])
    latency = rng.integers(0, 3, n)
    occupancy = np.where(rng.random(n) < 0.7, 1, rng.integers(1, 4, n))
    return Dataflow(
        names=tuple(f"n{i}" for i in range(n)),
        kinds=("op",) * n,
        latency=latency,
        width=rng.integers(0, 4, n),
        edge_source=source,
        edge_target=target,
        edge_operand=np.where(rng.random(edges) < 0.85, 0, -1),
        edge_distance=distance,
        edge_delay=np.where(rng.random(edges) < 0.85, 0, 1),
        resources=("alu", "mul"),
        capacity=rng.choice([-1, 1, 2, 3], 2),
        demand_operation=np.arange(n),
        demand_resource=rng.integers(0, 2, n),
        demand_amount=np.ones(n, dtype=int),
        demand_occupancy=occupancy,
    )


def schedules(problem):
    """All legal schedules within the windows of the problem."""
    low, high = windows(problem)
    starts = product(*(range(a, b + 1) for a, b in zip(low.tolist(), high.tolist(), strict=True)))
    every = (Schedule(np.array(start), problem.ii) for start in starts)
    return [schedule for schedule in every if not violations(problem, schedule)]


def optimum(problem, found):
    """The least objective of the schedules, or None."""
    return min((objective_value(problem, schedule) for schedule in found), default=None)


def interval_exists(flow, ii):
    """Is `ii` feasible? All steps modulo the II are tried, and the turns checked by longest paths."""
    source, target = flow.edge_source, flow.edge_target
    lag = flow.latency[source] + flow.edge_delay - ii * flow.edge_distance
    for phase in product(range(ii), repeat=flow.n_operations):
        r = np.array(phase)
        if (Schedule(r, ii).usage(flow) <= np.where(flow.capacity < 0, 99, flow.capacity)[:, None]).all():
            turns = -((r[target] - r[source] - lag) // ii)
            k = np.zeros(flow.n_operations, dtype=int)
            for _ in range(flow.n_operations + 1):
                before = k.copy()
                np.maximum.at(k, target, k[source] + turns)
            if (k == before).all():
                return True
    return False

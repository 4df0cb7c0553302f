"""Small data-flow graphs and legal schedules for the tests of emitted datapaths."""

import numpy as np

from eda.ir.dataflow import Dataflow, Schedule

KINDS = ("add", "sub", "mul", "xor", "mux", "lt", "shl", "mem_read", "special_virtual", "div", "ashr", "redor", "not")
LIMITED = ("add", "mul")


def flow_of(operations, edges, limits=None, name="t"):
    """`operations`: (kind, latency, width) each, called n0, n1, ...; `edges`: (source, target, operand, distance)."""
    kinds, latency, width = zip(*operations, strict=True)
    limits = limits or {}
    demands = [(v, list(limits).index(kind)) for v, kind in enumerate(kinds) if kind in limits]
    source, target, operand, distance = zip(*edges, strict=True) if edges else ((), (), (), ())
    ones = [1] * len(demands)
    return Dataflow(
        tuple(f"n{v}" for v in range(len(kinds))), kinds, latency, width, source, target, operand, distance, [0] * len(edges),
        tuple(limits), list(limits.values()), [v for v, _ in demands], [k for _, k in demands], ones, ones, name,
    )  # fmt: skip


def random_flow(rng, recurrent):
    n = rng.randrange(3, 10)
    kinds = [rng.choice(KINDS) for _ in range(n)]
    operations = [(kind, rng.choice((0, 1, 2)), 1 if kind in ("lt", "redor") else rng.choice((1, 3, 6))) for kind in kinds]
    edges = [(rng.randrange(v), v, k, 0) for v in range(1, n) for k in range(rng.choice((0, 1, 2, 2, 3)))]
    if recurrent:
        edges += [(rng.randrange(n), rng.randrange(n), 5, rng.choice((1, 2))) for _ in range(2)]
    return flow_of(operations, edges, dict.fromkeys(LIMITED, 1))


def some_schedule(flow, ii):
    """A legal modulo schedule found by pushing operations later, or None."""
    start = np.zeros(flow.n_operations, dtype=np.int64)
    while start.max() < 100:
        before = start.copy()
        for u, v, k in zip(flow.edge_source, flow.edge_target, flow.edge_distance, strict=True):
            start[v] = max(start[v], start[u] + flow.latency[u] - ii * k)
        held = set()
        for v, k in zip(flow.demand_operation, flow.demand_resource, strict=True):
            start[v] += (start[v] % ii, k) in held
            held.add((start[v] % ii, k))
        if (start == before).all():
            return Schedule(start, ii)
    return None


def first_schedule(flow):
    return next(s for ii in range(1, 12) if (s := some_schedule(flow, ii)) is not None and not s.verify(flow))

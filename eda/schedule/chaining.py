"""Operator chaining: combinational paths through operations that share a step, and the clock that they must fit into.

For a clock T, every shortest path of data that is longer than T gets an order-only edge between its ends that puts at least
one register boundary between them, as in the schedulers of CIRCT and XLS. Paths run through operations of latency 0 and over
edges of any distance; only an edge whose extra delay is 0 or less lets its ends share a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.dataflow import Dataflow, Schedule

Floats = npt.NDArray[np.float64]
Delays = Sequence[float] | Floats
Readers = list[list[tuple[int, int]]]

_ROUNDING = 1e-9

Edge = tuple[int, int, int]
"""Source, target, distance."""


def chained(flow: Dataflow, clock: float, delay_in: Delays, delay_out: Delays) -> Dataflow:
    """`flow` with the order-only edges that keep every combinational path within `clock`.

    `delay_in` and `delay_out` [V], in the unit of `clock`: time from the arrival of the operands to the first register in an
    operation, and from its last register to its result. For latency 0 both are the delay through the operation.
    Raises `InputError` for an operation that is slower than the clock by itself.
    """
    d_in, d_out = _delays(flow, delay_in), _delays(flow, delay_out)
    for what, delays in (("in", d_in), ("out", d_out)):
        if len(late := np.flatnonzero(delays > clock + _ROUNDING)):
            v = int(late[0])
            raise InputError(
                f"dataflow {flow.name}: {flow.names[v]} ({flow.kinds[v]}) has a delay {what} of {delays[v]:g}, "
                f"the clock period is {clock:g}; give it a latency, or take a clock of at least {delays.max():g}"
            )
    after = _readers(flow)
    paths = (_too_far(flow, after, u, clock + _ROUNDING, d_in, d_out) for u in range(flow.n_operations))
    found = sorted({edge for edges in paths for edge in edges})
    if not found:
        return flow
    source, target, distance = np.array(found, dtype=np.int64).T
    n = len(found)
    return replace(
        flow,
        edge_source=np.concatenate((flow.edge_source, source)),
        edge_target=np.concatenate((flow.edge_target, target)),
        edge_distance=np.concatenate((flow.edge_distance, distance)),
        edge_operand=np.concatenate((flow.edge_operand, np.full(n, -1))),
        edge_delay=np.concatenate((flow.edge_delay, np.ones(n, dtype=np.int64))),
    )


def _delays(flow: Dataflow, values: Delays) -> Floats:
    delays = np.asarray(values, dtype=np.float64)
    if delays.shape != (flow.n_operations,) or not (delays >= 0).all():
        raise InputError(f"dataflow {flow.name}: expected {flow.n_operations} delays of at least 0")
    return delays


def _readers(flow: Dataflow) -> Readers:
    """Of each operation, the targets and distances of data edges that allow its reader to start in the step it ends."""
    out: Readers = [[] for _ in flow.names]
    for e in np.flatnonzero((flow.edge_operand >= 0) & (flow.edge_delay <= 0)).tolist():
        out[flow.edge_source[e]].append((int(flow.edge_target[e]), int(flow.edge_distance[e])))
    return out


def _too_far(flow: Dataflow, after: Readers, u: int, clock: float, d_in: Floats, d_out: Floats) -> list[Edge]:
    """Edges from `u` to the ends of paths that are too long, but not without their first operation.

    Of the ways to an operation, one that is not longer and spans no fewer iterations than another says nothing new.
    """
    best: dict[int, list[tuple[int, float]]] = {}
    edges: list[Edge] = []
    work = [(v, k, float(d_out[u])) for v, k in after[u]]
    while work:
        v, distance, arrival = work.pop()
        if any(k <= distance and a >= arrival for k, a in best.get(v, ())):
            continue
        kept = [(k, a) for k, a in best.get(v, ()) if k < distance or a > arrival]
        best[v] = [*kept, (distance, arrival)]
        if arrival + d_in[v] > clock:
            if arrival - d_out[u] + d_in[v] <= clock:
                edges.append((u, v, distance))
        elif flow.latency[v] == 0:
            work += [(w, distance + k, arrival + float(d_out[v])) for w, k in after[v]]
    return edges


def arrivals(flow: Dataflow, schedule: Schedule, delay_in: Delays, delay_out: Delays) -> tuple[Floats, npt.NDArray[np.int64]]:
    """float64 [V]: when the operands of each operation arrive in its step, in the unit of the delays; int64 [V]: from which
    operation (-1: from a register).

    Raises `InputError` for a combinational loop, which a legal schedule with an interval of at least 1 does not have unless
    a loop of distance 0 takes no time.
    """
    d_out = _delays(flow, delay_out)
    _delays(flow, delay_in)
    interval = schedule.ii if schedule.ii is not None else max(1, schedule.latency(flow))
    begins = schedule.start[flow.edge_target] + interval * flow.edge_distance.astype(np.int64)
    ends = schedule.start[flow.edge_source] + flow.latency[flow.edge_source]
    joined = np.flatnonzero((flow.edge_operand >= 0) & (begins == ends))
    source, target = flow.edge_source[joined], flow.edge_target[joined]
    arrival = np.zeros(flow.n_operations)
    origin = np.full(flow.n_operations, -1, dtype=np.int64)
    for _ in range(flow.n_operations + 1):
        reach = d_out[source] + np.where(flow.latency[source] == 0, arrival[source], 0.0)
        later = np.flatnonzero(reach > arrival[target])
        if not len(later):
            return arrival, origin
        order = later[np.argsort(reach[later], kind="stable")]
        arrival[target[order]] = reach[order]
        origin[target[order]] = source[order]
    raise InputError(f"dataflow {flow.name}: a combinational loop through {flow.names[target[later[0]]]}")


def longest_path(flow: Dataflow, schedule: Schedule, delay_in: Delays, delay_out: Delays) -> float:
    """The longest combinational path into a register, in the unit of the delays; raises as `arrivals` does."""
    arrival, _ = arrivals(flow, schedule, delay_in, delay_out)
    return float((arrival + _delays(flow, delay_in)).max(initial=0.0))

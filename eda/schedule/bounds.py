"""Lower bounds that cost next to nothing: work against units, intervals that hold too much, loops.

Interval bound for units: Hall's condition, with occupancies the energetic reasoning of Erschler, Lopez and Thuriot. An
operation with the window a..b of its start and the occupancy o is busy inside [x, y) for at least
min(o, y - x, max(0, a + o - x), max(0, y - b)) steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eda.ir.dataflow import Dataflow
from eda.ir.netlist import IntArray
from eda.schedule.problem import InfeasibleError, Problem, windows
from eda.schedule.step_graph import communication_weights

_WORK = 300_000_000
"""Operations and steps looked at per resource; above, only some intervals are."""


@dataclass(frozen=True)
class Bound:
    """A lower bound and, in words, why it holds."""

    value: float
    certificate: str


@dataclass(frozen=True)
class Peak:
    """At least `units` of a resource (its index) are busy in some step of ``begin <= t < end``."""

    resource: int
    units: int
    begin: int
    end: int


@dataclass(frozen=True)
class Interval:
    """Least initiation intervals: by each resource, and by the loops (with the names along one that needs as much)."""

    resources: dict[str, int]
    recurrence: int
    loop: tuple[str, ...]

    @property
    def least(self) -> int:
        """The larger of both."""
        return max(1, self.recurrence, *self.resources.values())

    @property
    def certificate(self) -> str:
        """What needs this interval."""
        if self.least == self.recurrence and self.loop:
            return f"the loop {' -> '.join(self.loop)} needs {self.recurrence} steps per iteration"
        name = max(self.resources, key=lambda k: self.resources[k], default=None)
        return f"the work of {name} takes {self.least} steps per iteration" if name else "an interval is at least 1"


def least_interval(flow: Dataflow) -> Interval:
    """ResMII of each resource and RecMII. Raises `InfeasibleError` if an operation demands more units than there are."""
    recurrence, loop = _recurrence(flow)
    return Interval(_resource_intervals(flow), recurrence, loop)


def _resource_intervals(flow: Dataflow) -> dict[str, int]:
    """Work per unit; and a single operation may not meet itself more often than there are units for it."""
    require_units(flow)
    amount, held = flow.demand_amount.astype(np.int64), flow.demand_occupancy.astype(np.int64)
    out = {}
    for k in np.flatnonzero(flow.capacity >= 0).tolist():
        mine = (flow.demand_resource == k) & (amount > 0) & (held > 0)
        if not mine.any():
            continue
        capacity = int(flow.capacity[k])
        alone = held[mine] / (capacity // amount[mine])
        out[flow.resources[k]] = max(-(-int(amount[mine] @ held[mine]) // capacity), int(np.ceil(alone).max()))
    return out


def require_units(flow: Dataflow) -> None:
    """Raise `InfeasibleError` if an operation demands more units of a resource than there are."""
    limit = flow.capacity[flow.demand_resource]
    over = np.flatnonzero((limit >= 0) & (flow.demand_amount > limit) & (flow.demand_occupancy > 0))
    for d in over.tolist():
        name, resource = flow.names[flow.demand_operation[d]], flow.resources[flow.demand_resource[d]]
        raise InfeasibleError(f"{name} takes {flow.demand_amount[d]} of {resource}, there are {limit[d]}")


def _recurrence(flow: Dataflow) -> tuple[int, tuple[str, ...]]:
    low, high = 0, max(1, int(np.maximum(_reach(flow, 0)[2], 0).sum()))
    loop: IntArray = np.zeros(0, dtype=np.int64)
    while low < high:
        middle = (low + high) // 2
        found = loop_at(flow, middle)
        if len(found):
            low, loop = middle + 1, found
        else:
            high = middle
    return low, tuple(flow.names[v] for v in [*loop.tolist(), *loop[:1].tolist()])


def loop_at(flow: Dataflow, ii: int) -> IntArray:
    """The operations along a loop that needs more than `ii` steps per iteration; empty if there is none."""
    from eda.schedule.bounds_kernels import positive_loop

    return np.asarray(positive_loop(flow.n_operations, *_reach(flow, ii)))


def _reach(flow: Dataflow, ii: int) -> tuple[IntArray, IntArray, IntArray]:
    source, target = flow.edge_source.astype(np.int64), flow.edge_target.astype(np.int64)
    return source, target, flow.latency[source] + flow.edge_delay.astype(np.int64) - ii * flow.edge_distance.astype(np.int64)


def peaks(problem: Problem, low: IntArray, high: IntArray) -> list[Peak]:
    """For each resource the units that its most crowded interval needs, for starts within ``low..high``.

    With an interval of iterations: the work divided by it.
    """
    return [_peak(problem, k, low, high) for k in range(len(problem.flow.resources))]


def _peak(problem: Problem, k: int, low: IntArray, high: IntArray) -> Peak:
    from eda.schedule.bounds_kernels import densest

    flow = problem.flow
    mine = np.flatnonzero((flow.demand_resource == k) & (flow.demand_occupancy > 0) & (flow.demand_amount > 0))
    if not len(mine):
        return Peak(k, 0, 0, 1)
    held, amount = flow.demand_occupancy[mine].astype(np.int64), flow.demand_amount[mine].astype(np.int64)
    if problem.ii is not None:
        units = max(-(-int(held @ amount) // problem.ii), int((-(-held // problem.ii) * amount).max()))
        return Peak(k, units, 0, problem.ii)
    operation = flow.demand_operation[mine]
    begins = np.unique(low[operation])[::-1].astype(np.int64)
    horizon = int((high[operation] + held).max()) + (len(mine) if held.max() > 1 else 0)
    step = max(1, len(begins) * horizon // _WORK)
    units, x, y = densest(low[operation], high[operation], held, amount, begins[::-1][::step][::-1].copy())
    largest = int(np.argmax(amount))
    if units < amount[largest]:
        at = operation[largest]
        return Peak(k, int(amount[largest]), int(low[at]), int(high[at] + held[largest]))
    return Peak(k, int(units), int(x), int(y))


def crowd(problem: Problem, peak: Peak, low: IntArray, high: IntArray) -> list[str]:
    """Names of the operations that must be busy at least in part within the interval of a peak."""
    flow = problem.flow
    mine = flow.demand_resource == peak.resource
    operation, held = flow.demand_operation[mine], flow.demand_occupancy[mine]
    inside = np.minimum(low[operation] + held - peak.begin, peak.end - high[operation])
    return [flow.names[v] for v in operation[(inside > 0) & (held > 0)].tolist()]


def latency_bound(problem: Problem) -> Bound:
    """Steps that any schedule takes: the longest path, the work, and intervals that hold too much (destructively).

    The problem's own deadline is not used. Raises `InfeasibleError` where no latency would do.
    """
    require_units(problem.flow)
    path = problem.critical_path
    if problem.ii is not None or not (problem.flow.capacity >= 0).any():
        return Bound(path, f"the longest path takes {path} steps")
    low, high = windows(replace(problem, latency=path, stages=None, latest=None))
    work = _most_work(problem.flow)
    latency = max(path, work.value)
    while True:
        over = over_full(problem, low, high + int(latency - path))
        if over is None:
            break
        at = crowd(problem, over, low, high + int(latency - path))
        text = f"{len(at)} operations need {over.units} of {problem.flow.resources[over.resource]} in steps"
        latency += 1
        work = Bound(latency, f"within {latency - 1} steps, {text} {over.begin} to {over.end - 1}")
    return work if work.value == latency else Bound(path, f"the longest path takes {path} steps")


def over_full(problem: Problem, low: IntArray, high: IntArray) -> Peak | None:
    """A resource whose most crowded interval needs more units than there are."""
    capacity = problem.flow.capacity
    for k in np.flatnonzero(capacity >= 0).tolist():
        found = _peak(problem, k, low, high)
        if found.units > capacity[k]:
            return found
    return None


def _most_work(flow: Dataflow) -> Bound:
    amount = flow.demand_amount.astype(np.int64) * flow.demand_occupancy
    work = np.bincount(flow.demand_resource, amount, len(flow.resources)).astype(np.int64)
    limited = np.flatnonzero((flow.capacity > 0) & (work > 0))
    if not len(limited):
        return Bound(0, "")
    beyond = np.zeros(len(flow.resources), dtype=np.int64)  # steps that units may stay busy after the latency has ended
    np.maximum.at(beyond, flow.demand_resource, flow.demand_occupancy - flow.latency[flow.demand_operation])
    steps = -(-work[limited] // flow.capacity[limited]) - beyond[limited]
    k = limited[np.argmax(steps)]
    units = int(flow.capacity[k])
    return Bound(max(0, int(steps.max())), f"{work[k]} steps of work for {units} of {flow.resources[k]}")


def lower_bound(problem: Problem) -> Bound:
    """A bound of the problem's objective, within the windows of `windows`. Raises `InfeasibleError` if one is empty."""
    if problem.objective == "latency":
        return latency_bound(problem)
    if problem.objective == "ii":
        found = least_interval(problem.flow)
        return Bound(found.least, found.certificate)
    low, high = windows(problem)
    value, reason = 0.0, ""
    if problem.objective in ("area", "joint"):
        value, reason = _area(problem, low, high)
    if problem.objective in ("communication", "joint"):
        value += float(communication_weights(problem) @ _least_gaps(problem, low, high))
        reason += ", " * bool(reason) + "shortest distances along the edges"
    if problem.objective == "registers":
        least = _least_lifetimes(problem, low, high)
        value = float(problem.flow.width.astype(np.int64) @ np.maximum(least - problem.flow.latency, 0))
        reason = "shortest lifetime of each value"
    if problem.objective == "memory":
        value, reason = _memory(problem, low, high)
    return Bound(value, reason)


def _area(problem: Problem, low: IntArray, high: IntArray) -> tuple[float, str]:
    flow, found = problem.flow, peaks(problem, low, high)
    areas = np.ones(len(found)) if problem.areas is None else np.asarray(problem.areas)
    value = float(areas @ [p.units for p in found]) * (problem.alpha if problem.objective == "joint" else 1.0)
    each = (f"{p.units} of {flow.resources[p.resource]} in steps {p.begin} to {p.end - 1}" for p in found if p.units)
    return value, ", ".join(each)


def _least_gaps(problem: Problem, low: IntArray, high: IntArray) -> npt.NDArray[np.int64]:
    """int64 [E]: steps from start to start, iterations included, that each edge has at least."""
    flow = problem.flow
    least = flow.latency[flow.edge_source].astype(np.int64) + flow.edge_delay
    period = problem.ii if problem.ii is not None else problem.critical_path
    return np.maximum(least, low[flow.edge_target] - high[flow.edge_source] + period * flow.edge_distance.astype(np.int64))


def _least_lifetimes(problem: Problem, low: IntArray, high: IntArray) -> npt.NDArray[np.int64]:
    """int64 [V]: least steps from the start of an operation to the last reader's; 0 where nobody reads."""
    flow, data = problem.flow, problem.flow.edge_operand >= 0
    out = np.zeros(flow.n_operations, dtype=np.int64)
    np.maximum.at(out, flow.edge_source[data], _least_gaps(problem, low, high)[data])
    return out


def _memory(problem: Problem, low: IntArray, high: IntArray) -> tuple[float, str]:
    """Bits that must be live at once: in the fullest step, and on average over all steps."""
    flow = problem.flow
    width = flow.width.astype(np.int64)
    age = np.maximum(flow.latency.astype(np.int64), 1) - 1
    live = np.maximum(_least_lifetimes(problem, low, high) - age, 0)
    steps = problem.ii if problem.ii is not None else int((high + problem.ends).max(initial=1))
    average = -(-int(width @ live) // steps)
    if problem.ii is not None:
        return float(average), "least lifetimes, spread evenly"
    data = (flow.edge_operand >= 0) & (flow.edge_distance == 0)
    last = np.zeros(flow.n_operations, dtype=np.int64)
    np.maximum.at(last, flow.edge_source[data], low[flow.edge_target[data]])
    born = high + age
    sure = last > born
    change = np.zeros(steps + 2, dtype=np.int64)
    np.add.at(change, born[sure], width[sure])
    np.add.at(change, np.minimum(last[sure], steps + 1), -width[sure])
    fullest = int(np.cumsum(change).max())
    if fullest > average:
        return float(fullest), "values that are live in one step whatever the schedule"
    return float(average), "least lifetimes, spread evenly"

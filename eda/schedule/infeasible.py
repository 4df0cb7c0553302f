"""Why a problem has no schedule, in its own words, and the smallest change of one limit that would do.

Looked at are, in this order: an operation that demands more units than there are, a loop that needs a longer interval,
a path that is longer than the latency or than single limits of start steps allow, work that fills more than the interval,
and an interval of steps that holds more work than its units do. A change is the least that these conditions allow; where
a list or modulo schedule then exists the text says so, else what the least one found would need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from eda.ir.netlist import IntArray
from eda.schedule.bounds import crowd, latency_bound, least_interval, loop_at, over_full
from eda.schedule.ims import ims
from eda.schedule.lists import list_schedule
from eda.schedule.problem import InfeasibleError, Problem, earliest, windows

_SHOWN = 12


@dataclass(frozen=True)
class Explanation:
    """A clash of limits.

    operations    names, in the order of the path or loop, or all that are forced into the interval
    changes       what would help, each alone: "latency", "ii" or a resource, and its least value
    proven        the changes for which a schedule is at hand
    """

    reason: str
    operations: tuple[str, ...]
    changes: dict[str, int]
    proven: frozenset[str] = frozenset()

    def text(self) -> str:
        """One sentence, and what would help."""
        words = []
        for what, value in self.changes.items():
            name = {"latency": "a latency", "ii": "an interval"}.get(what)
            change = f"{name} of {value}" if name else f"{value} units of {what}"
            words.append(change + (" (a schedule is known)" if what in self.proven else " or more"))
        return self.reason + (f"; it takes {' or '.join(words)}" if words else "")


def require_feasible(problem: Problem) -> None:
    """Raise `InfeasibleError` with the explanation if one of the conditions shows that no schedule exists."""
    found = explain(problem)
    if found is not None:
        raise InfeasibleError(found.text())


def explain(problem: Problem) -> Explanation | None:
    """The first clash that shows; None proves nothing."""
    problem.check()
    checks = (_single, _loop, _path, _crowded if problem.ii is None else _work)
    found = next((clash for check in checks if (clash := check(problem)) is not None), None)
    return None if found is None else replace(found, proven=frozenset(w for w in found.changes if _helps(problem, found, w)))


def _single(problem: Problem) -> Explanation | None:
    flow = problem.flow
    limit = flow.capacity[flow.demand_resource]
    over = np.flatnonzero((limit >= 0) & (flow.demand_amount > limit) & (flow.demand_occupancy > 0))
    if not len(over):
        return None
    d = int(over[0])
    name, resource = flow.names[flow.demand_operation[d]], flow.resources[flow.demand_resource[d]]
    least = int(flow.demand_amount[flow.demand_resource == flow.demand_resource[d]].max())
    return Explanation(f"{name} takes {flow.demand_amount[d]} of {resource}, there are {limit[d]}", (name,), {resource: least})


def _loop(problem: Problem) -> Explanation | None:
    if problem.ii is None:
        return None
    loop = loop_at(problem.flow, problem.ii)
    if not len(loop):
        return None
    names = tuple(problem.flow.names[v] for v in loop.tolist())
    reason = f"the loop {_chain([*names, names[0]])} needs more than {problem.ii} steps per iteration"
    return Explanation(reason, names, {"ii": least_interval(problem.flow).least})


def _path(problem: Problem) -> Explanation | None:
    """A chain from the first to the last step, or between two limits of start steps, that is too long."""
    try:
        windows(problem)
    except InfeasibleError:
        pinned = problem.latest is not None
        limit = problem.deadline
        free = replace(problem, latency=None, stages=None, latest=None)
        path = _longest_path(problem)
        if pinned and (limit is None or problem.critical_path <= limit):
            return _pinned(problem)
        names = tuple(problem.flow.names[v] for v in path)
        steps = f"{problem.critical_path} steps, the latency is {limit}"
        least = free.critical_path if problem.stages is None else problem.critical_path
        return Explanation(
            f"the path {_chain(names)} takes {steps}", names, {"latency": int(max(least, latency_bound(free).value))}
        )
    return None


def _pinned(problem: Problem) -> Explanation:
    """The operation whose latest start lies before what its predecessors allow."""
    assert problem.latest is not None
    low = earliest(problem)
    late = low - np.asarray(problem.latest)
    if (late > 0).any():
        v = int(np.argmax(late))
        names = tuple(problem.flow.names[u] for u in _path_to(problem, v, low))
        reason = f"{names[-1]} cannot start before step {low[v]} ({_chain(names)}), its limit is step {problem.latest[v]}"
        return Explanation(reason, names, {})
    try:
        windows(problem)
    except InfeasibleError as e:
        return Explanation(str(e), (), {})
    raise AssertionError("the windows are not empty")


def _longest_path(problem: Problem) -> list[int]:
    low = earliest(problem)
    return _path_to(problem, int(np.argmax(low + problem.ends)), low)


def _path_to(problem: Problem, v: int, low: IntArray) -> list[int]:
    """Operations from one that starts as early as it may to v, each as soon as the one before it allows."""
    flow = problem.flow
    lag = flow.latency[flow.edge_source].astype(np.int64) + flow.edge_delay
    lag = lag - (problem.ii or 0) * flow.edge_distance.astype(np.int64)
    binds = (problem.ii is not None) | (flow.edge_distance == 0)
    tight = np.flatnonzero(binds & (low[flow.edge_source] + lag == low[flow.edge_target]))
    into = {int(t): int(s) for s, t in zip(flow.edge_source[tight], flow.edge_target[tight], strict=True)}
    path = [v]
    while path[-1] in into and into[path[-1]] not in path and low[path[-1]] > 0:
        path.append(into[path[-1]])
    return path[::-1]


def _work(problem: Problem) -> Explanation | None:
    """More work of a resource in an interval than its units do."""
    flow, ii = problem.flow, problem.ii
    assert ii is not None
    least = least_interval(flow)
    for name, need in least.resources.items():
        if need > ii:
            k = flow.resources.index(name)
            mine = flow.demand_resource == k
            amount, held = flow.demand_amount[mine].astype(np.int64), flow.demand_occupancy[mine].astype(np.int64)
            units = max(-(-int(amount @ held) // ii), int((amount * -(-held // ii)).max()))
            reason = f"{int(amount @ held)} steps of work for {flow.capacity[k]} of {name} do not fit into an interval of {ii}"
            names = tuple(flow.names[v] for v in flow.demand_operation[mine].tolist())
            return Explanation(reason, names, {"ii": least.least, name: units})
    return None


def _crowded(problem: Problem) -> Explanation | None:
    """An interval of steps with more work than its units do."""
    if problem.deadline is None or not (problem.flow.capacity >= 0).any():
        return None
    low, high = windows(problem)
    peak = over_full(problem, low, high)
    if peak is None:
        return None
    name = problem.flow.resources[peak.resource]
    names = crowd(problem, peak, low, high)
    reason = f"{_few(names)} must run in steps {peak.begin} to {peak.end - 1}, which takes {peak.units} of {name}"
    reason += f", there are {problem.flow.capacity[peak.resource]}"
    changes = {name: peak.units}
    if problem.latest is None and problem.stages is None:
        changes = {"latency": int(latency_bound(problem).value), **changes}
    return Explanation(reason, tuple(names), changes)


def _helps(problem: Problem, found: Explanation, what: str) -> bool:
    """Does a heuristic find a schedule with this change?"""
    value = found.changes[what]
    if what == "latency":
        changed = replace(problem, latency=value)
    elif what == "ii":
        changed = replace(problem, ii=value)
    else:
        capacity = problem.flow.capacity.copy()
        capacity[problem.flow.resources.index(what)] = value
        changed = replace(problem, flow=replace(problem.flow, capacity=capacity))
    try:
        if changed.ii is not None or changed.objective == "ii":
            ims(replace(changed, objective="ii"), time_limit=2.0)
        else:
            list_schedule(replace(changed, objective="latency"), time_limit=2.0)
    except InfeasibleError:
        return False
    return True


def _chain(names: list[str] | tuple[str, ...]) -> str:
    if len(names) <= _SHOWN:
        return " -> ".join(names)
    return " -> ".join([*names[: _SHOWN // 2], f"... {len(names) - _SHOWN} more ...", *names[-_SHOWN // 2 :]])


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

"""A problem with one more limit: units and areas of resources, operations fixed or held near each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from eda.errors import UsageError, suggest
from eda.schedule.problem import Problem


def with_units(problem: Problem, units: Mapping[str, int]) -> Problem:
    """Replace the number of units of some resources; raises `UsageError` for one that does not exist."""
    flow = problem.flow
    capacity = flow.capacity.copy()
    for name, count in units.items():
        capacity[_resource(problem, name)] = count
    return replace(problem, flow=replace(flow, capacity=capacity))


def with_areas(problem: Problem, areas: Mapping[str, float]) -> Problem:
    """Replace the areas of some resources; raises `UsageError` for one that does not exist."""
    given = list(problem.areas or (1.0,) * len(problem.flow.resources))
    for name, area in areas.items():
        given[_resource(problem, name)] = area
    return replace(problem, areas=tuple(given))


def pinned(problem: Problem, steps: Mapping[str, int]) -> Problem:
    """Fix the start steps of some operations; raises `UsageError` for one that does not exist."""
    n = problem.flow.n_operations
    low = np.zeros(n, dtype=np.int64) if problem.earliest is None else np.array(problem.earliest)
    high = np.full(n, 2**31, dtype=np.int64) if problem.latest is None else np.array(problem.latest)
    for name, step in steps.items():
        low[_operation(problem, name)] = high[_operation(problem, name)] = step
    return replace(problem, earliest=low, latest=high)


def at_least(problem: Problem, first: str, second: str, steps: int) -> Problem:
    """`second` starts `steps` after the start of `first`, or later."""
    return _with_edge(problem, _operation(problem, first), _operation(problem, second), steps)


def at_most(problem: Problem, first: str, second: str, steps: int) -> Problem:
    """`second` starts `steps` after the start of `first`, or earlier."""
    return _with_edge(problem, _operation(problem, second), _operation(problem, first), -steps)


def _with_edge(problem: Problem, source: int, target: int, steps: int) -> Problem:
    """An order-only edge that has the target start at least `steps` after the source."""
    flow = problem.flow
    more = replace(
        flow,
        edge_source=np.append(flow.edge_source, source),
        edge_target=np.append(flow.edge_target, target),
        edge_operand=np.append(flow.edge_operand, -1),
        edge_distance=np.append(flow.edge_distance, 0),
        edge_delay=np.append(flow.edge_delay, steps - int(flow.latency[source])),
    )
    weight = None if problem.edge_weight is None else np.append(problem.edge_weight, 0.0)
    return replace(problem, flow=more, edge_weight=weight)


def _resource(problem: Problem, name: str) -> int:
    known = problem.flow.resources
    if name not in known:
        raise UsageError(f"there is no resource {name!r}{suggest(name, known)}; there are {', '.join(known[:20]) or 'none'}")
    return known.index(name)


def _operation(problem: Problem, name: str) -> int:
    index = problem.flow.index
    if name not in index:
        raise UsageError(f"there is no operation {name!r}{suggest(name, index)}")
    return index[name]

"""Binding: which unit of its resource each operation uses.

The times that operations hold units are intervals on a line where iterations do not overlap, and arcs on a circle of II steps
where they do. Intervals, and arcs of one step, are coloured with as many units as are ever held at once, by taking them in
order of their starts (left-edge algorithm: Hashimoto and Stevens, DAC 1971). Longer arcs may need more than that; the best of
all cuts of the circle is taken, and the number of units is what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eda.errors import UnsupportedError
from eda.ir.dataflow import Dataflow, Schedule

Arc = tuple[int, int]
"""First step modulo the interval, and how many steps from there."""


@dataclass(frozen=True)
class Binding:
    """The units that are shared: `unit` [V] is the unit of each operation, -1 where it has one of its own.

    resource [U], number [U]   which unit of which resource each unit is
    """

    unit: tuple[int, ...]
    resource: tuple[int, ...]
    number: tuple[int, ...]

    def count(self, resource: int) -> int:
        """Units of a resource."""
        return sum(k == resource for k in self.resource)


def bind(flow: Dataflow, schedule: Schedule, interval: int, shared: Sequence[int] | None = None) -> Binding:
    """Bind the operations of the resources `shared` (default: those of limited capacity) under a legal schedule.

    `interval` is the number of steps after which the next iteration starts. An operation uses the first resource it demands
    that is shared; zero occupancy counts as one step. Raises `UnsupportedError` for demands of several units at once.
    """
    chosen = [int(k) for k in np.flatnonzero(flow.capacity >= 0)] if shared is None else list(shared)
    unit = [-1] * flow.n_operations
    resources: list[int] = []
    numbers: list[int] = []
    for k in chosen:
        members = [d for d in np.flatnonzero(flow.demand_resource == k).tolist() if unit[flow.demand_operation[d]] < 0]
        for d in members:
            if flow.demand_amount[d] > 1:
                name = flow.names[flow.demand_operation[d]]
                raise UnsupportedError(f"{name} holds {flow.demand_amount[d]} units of {flow.resources[k]}; one can be bound")
        operations = [int(flow.demand_operation[d]) for d in members if flow.demand_amount[d] == 1]
        held = [max(1, int(flow.demand_occupancy[d])) for d in members if flow.demand_amount[d] == 1]
        arcs = [(int(schedule.start[v]) % interval, n) for v, n in zip(operations, held, strict=True)]
        colours = _colour(arcs, interval, [_signature(flow, v) for v in operations])
        for v, colour in zip(operations, colours, strict=True):
            unit[v] = len(resources) + colour
        count = max(colours, default=-1) + 1
        resources += [k] * count
        numbers += range(count)
    return Binding(tuple(unit), tuple(resources), tuple(numbers))


def _signature(flow: Dataflow, v: int) -> tuple[str, int]:
    return flow.kinds[v], int(flow.width[v])


def _colour(arcs: Sequence[Arc], interval: int, likes: Sequence[tuple[str, int]]) -> list[int]:
    """Colours of arcs so that arcs of one colour do not overlap; of free colours one that has done alike is taken."""
    if all(first + held <= interval for first, held in arcs):
        return _left_edge(arcs, interval, 0, likes)
    cuts = sorted({first for first, _ in arcs})
    return min((_left_edge(arcs, interval, cut, likes) for cut in cuts), key=max)


def _left_edge(arcs: Sequence[Arc], interval: int, cut: int, likes: Sequence[tuple[str, int]]) -> list[int]:
    busy: list[np.ndarray] = []
    done: list[set[tuple[str, int]]] = []
    colours = [-1] * len(arcs)
    for i in sorted(range(len(arcs)), key=lambda i: ((arcs[i][0] - cut) % interval, -arcs[i][1], i)):
        steps = (arcs[i][0] + np.arange(min(arcs[i][1], interval))) % interval
        free = [c for c, steps_of in enumerate(busy) if not steps_of[steps].any()]
        if not free:
            busy.append(np.zeros(interval, dtype=bool))
            done.append(set())
            free = [len(busy) - 1]
        colour = next((c for c in free if likes[i] in done[c]), free[0])
        busy[colour][steps] = True
        done[colour].add(likes[i])
        colours[i] = colour
    return colours

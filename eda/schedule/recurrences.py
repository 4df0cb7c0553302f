"""Loops of a dataflow at an initiation interval: strongly connected components, and the schedule they leave open.

Two operations of one component can move against each other only within the slack of their loops. Components that lie
behind each other can move apart by any multiple of the II without a change of any step modulo the II. So whether an II
is feasible depends on the components alone: operations on no loop find a free step within one II after they are ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eda.ir.dataflow import Dataflow
from eda.ir.netlist import IntArray


def lags(flow: Dataflow, ii: int) -> tuple[IntArray, IntArray, IntArray]:
    """int64 [E] each: source, target and least difference of the starts at the edges, with iterations `ii` steps apart."""
    source, target = flow.edge_source.astype(np.int64), flow.edge_target.astype(np.int64)
    return source, target, flow.latency[source] + flow.edge_delay.astype(np.int64) - ii * flow.edge_distance.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Components:
    """Strongly connected components: `label` int64 [V], numbered in topological order."""

    flow: Dataflow
    label: IntArray

    @cached_property
    def size(self) -> IntArray:
        """int64 [C]: operations of each component."""
        return np.bincount(self.label)

    def operations(self, component: int) -> IntArray:
        """The operations of a component."""
        return np.flatnonzero(self.label == component)

    def edges(self, component: int) -> IntArray:
        """The edges within a component."""
        flow = self.flow
        return np.flatnonzero((self.label[flow.edge_source] == component) & (self.label[flow.edge_target] == component))


def components(flow: Dataflow) -> Components:
    """The strongly connected components of a dataflow."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = flow.n_operations
    graph = coo_array((np.ones(len(flow.edge_source)), (flow.edge_source, flow.edge_target)), shape=(n, n))
    count, label = connected_components(graph, directed=True, connection="strong")
    rank = np.empty(count, dtype=np.int64)
    rank[_topological(label[flow.edge_source], label[flow.edge_target], count)] = np.arange(count)
    return Components(flow, rank[label])


def _topological(source: IntArray, target: IntArray, count: int) -> list[int]:
    across = source != target
    pairs = np.unique(np.stack([source[across], target[across]]), axis=1)
    waiting = np.bincount(pairs[1], minlength=count)
    first = np.searchsorted(pairs[0], np.arange(count + 1))
    order = [int(c) for c in np.flatnonzero(waiting == 0)]
    for c in order:
        for follower in pairs[1, first[c] : first[c + 1]].tolist():
            waiting[follower] -= 1
            if waiting[follower] == 0:
                order.append(follower)
    return order


def assemble(parts: Components, ii: int, inside: IntArray) -> IntArray | None:
    """Start steps int64 [V] that keep the steps `inside` the components, up to multiples of `ii` for each.

    `inside` int64 [V] satisfies the edges within each component and, modulo ii, the limits of the units; operations on no
    loop take the first step with a free unit. None if one finds none, which blocking operations may cause.
    """
    flow = parts.flow
    source, target, lag = lags(flow, ii)
    start = np.full(flow.n_operations, -1, dtype=np.int64)
    table = Table(flow, ii)
    order = np.argsort(parts.label, kind="stable")
    groups = np.split(order, np.cumsum(parts.size)[:-1])
    for group in groups:
        if len(group) > 1 or _on_itself(flow, int(group[0])):
            for u in group.tolist():
                table.place(u, int(inside[u]))
    entering = np.argsort(target, kind="stable")
    first = np.searchsorted(target[entering], np.arange(flow.n_operations + 1))
    for group in groups:
        loop = len(group) > 1 or _on_itself(flow, int(group[0]))
        ready = np.zeros(len(group), dtype=np.int64)
        for i, u in enumerate(group.tolist()):
            edges = entering[first[u] : first[u + 1]]
            edges = edges[parts.label[source[edges]] != parts.label[u]]
            ready[i] = (start[source[edges]] + lag[edges]).max(initial=0)
        if loop:
            start[group] = inside[group] + ii * int(np.ceil((ready - inside[group]) / ii).max())
            continue
        step = table.first_free(int(group[0]), int(ready[0]))
        if step is None:
            return None
        start[group] = step
    return start


def _on_itself(flow: Dataflow, u: int) -> bool:
    return bool(((flow.edge_source == u) & (flow.edge_target == u)).any())


class Table:
    """Units in use per step modulo the II."""

    def __init__(self, flow: Dataflow, ii: int) -> None:
        self.ii, self.capacity = ii, flow.capacity
        self.use = np.zeros((len(flow.resources), ii), dtype=np.int64)
        self.demands: dict[int, list[tuple[int, int, int]]] = {}
        columns = (flow.demand_operation, flow.demand_resource, flow.demand_amount, flow.demand_occupancy)
        for u, k, amount, occupancy in zip(*(c.tolist() for c in columns), strict=True):
            self.demands.setdefault(u, []).append((k, amount, occupancy))

    def place(self, u: int, step: int) -> None:
        for k, amount, occupancy in self.demands.get(u, []):
            np.add.at(self.use[k], np.arange(step, step + occupancy) % self.ii, amount)

    def first_free(self, u: int, step: int) -> int | None:
        """Place u at the first step from `step` on at which its units are free; None if there is none within the II."""
        free = next((t for t in range(step, step + self.ii) if self._free(u, t)), None)
        if free is not None:
            self.place(u, free)
        return free

    def nearest_free(self, u: int, wish: int, low: int, high: int) -> int | None:
        """Place u at the free step in ``low..high`` nearest to `wish`; None if there is none within the II."""
        near = (t for distance in range(self.ii) for t in (wish + distance, wish - distance))
        free = next((t for t in near if low <= t <= high and self._free(u, t)), None)
        if free is not None:
            self.place(u, free)
        return free

    def _free(self, u: int, t: int) -> bool:
        return all(self._fits(k, m, np.arange(t, t + o) % self.ii) for k, m, o in self.demands.get(u, []))

    def _fits(self, k: int, amount: int, steps: IntArray) -> bool:
        if self.capacity[k] < 0:
            return True
        need = np.bincount(steps, minlength=self.ii) * amount
        return bool((self.use[k] + need <= self.capacity[k])[need > 0].all())

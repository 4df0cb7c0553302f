"""Data-flow graphs of operations, and schedules that give each operation its start step.

Operation u has a latency l and demands of (resource, amount, occupancy); an edge (u, v) has a distance k in iterations and
an extra delay d, and a schedule has start steps s and, when pipelined, an initiation interval II. It must keep

  precedence   s_v + II*k >= s_u + l_u + d      (a latency of 0 lets producer and consumer share a step)
  occupancy    u holds its units in the steps s_u <= t < s_u + occupancy, counted modulo II when pipelined

Without an II iterations do not overlap: II in the precedence is then the latency of the schedule, and steps are not folded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.netlist import IntArray, join_ranges

_REPR_ROWS = 40
_MESSAGES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Dataflow:
    """V operations, E edges, K resources, D demands; the arrays are read-only.

    names [V]   distinct identifiers        kinds [V]   what each operation is (``add``, ``mul``, ...)
    latency     int32 [V]  >= 0, steps      width int32 [V]  bits of the result, >= 0
    edge_source, edge_target    int32 [E]
    edge_operand   int32 [E]  which operand of the target it is, from 0; -1: order only, no data
    edge_distance  int32 [E]  >= 0, iterations        edge_delay int32 [E]  steps beyond the latency, may be negative
    resources [K]  names of unit types      capacity int64 [K]  units there are, -1: no limit
    demand_operation, demand_resource, demand_amount, demand_occupancy   int32 [D], amount and occupancy >= 0
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    latency: IntArray
    width: IntArray
    edge_source: IntArray
    edge_target: IntArray
    edge_operand: IntArray
    edge_distance: IntArray
    edge_delay: IntArray
    resources: tuple[str, ...]
    capacity: IntArray
    demand_operation: IntArray
    demand_resource: IntArray
    demand_amount: IntArray
    demand_occupancy: IntArray
    name: str = "dataflow"

    def __post_init__(self) -> None:
        for attribute, value in vars(self).items():
            if attribute not in ("name", "names", "kinds", "resources"):
                array = np.array(value, dtype=np.int64 if attribute == "capacity" else np.int32)
                array.flags.writeable = False
                object.__setattr__(self, attribute, array)
        self.check()

    def check(self) -> None:
        """Raise `InputError` unless the arrays fit together, names are distinct and no sum of delays around a loop of
        distance 0 is positive (then no schedule exists for any II)."""
        n = self.n_operations
        self._check_shapes()
        if len(set(self.names)) != n:
            twice = next(name for i, name in enumerate(self.names) if name in self.names[:i])
            raise InputError(f"dataflow {self.name}: operation {twice} appears twice")
        for what in ("latency", "width", "edge_distance", "demand_amount", "demand_occupancy"):
            if (getattr(self, what) < 0).any():
                raise InputError(f"dataflow {self.name}: {what.replace('_', ' ')} is negative")
        self._check_range("edge_source", n)
        self._check_range("edge_target", n)
        self._check_range("demand_operation", n)
        self._check_range("demand_resource", len(self.resources))
        self._check_loops()

    def _check_shapes(self) -> None:
        sizes = {
            "operations": {len(self.names), len(self.kinds), *self.latency.shape, *self.width.shape},
            "resources": {len(self.resources), *self.capacity.shape},
            "edges": {n for k, v in vars(self).items() if k.startswith("edge_") for n in v.shape},
            "demands": {n for k, v in vars(self).items() if k.startswith("demand_") for n in v.shape},
        }
        for what, found in sizes.items():
            if len(found) > 1:
                raise InputError(f"dataflow {self.name}: the arrays of {what} disagree in length: {sorted(found)}")

    def _check_range(self, what: str, size: int) -> None:
        values = getattr(self, what)
        if len(values) and not (0 <= values.min() and values.max() < size):
            raise InputError(f"dataflow {self.name}: {what.replace('_', ' ')} outside 0..{size - 1}")

    def _check_loops(self) -> None:
        """Bellman-Ford for longest paths among what lies on or behind a loop of distance 0: only there can they grow
        for ever, which shows after as many sweeps as there are operations."""
        inside = self._on_loops()
        edges = np.flatnonzero((self.edge_distance == 0) & inside[self.edge_source] & inside[self.edge_target])
        source, target = self.edge_source[edges], self.edge_target[edges]
        weight = self.latency[source].astype(np.int64) + self.edge_delay[edges]
        start = np.zeros(self.n_operations, dtype=np.int64)
        came = np.full(self.n_operations, -1)
        for _ in range(int(inside.sum()) + 1):
            reach = start[source] + weight
            later = np.flatnonzero(reach > start[target])
            if not len(later):
                return
            order = later[np.argsort(reach[later], kind="stable")]
            start[target[order]] = reach[order]  # the last write, the largest, stays
            came[target[order]] = source[order]
        raise InputError(f"dataflow {self.name}: a loop of distance 0 takes time: {' -> '.join(self._loop(came))}")

    def _on_loops(self) -> npt.NDArray[np.bool_]:
        """bool [V]: operations that no topological order of the edges of distance 0 reaches."""
        edges = np.flatnonzero(self.edge_distance == 0)
        order = edges[np.argsort(self.edge_source[edges], kind="stable")]
        first = np.searchsorted(self.edge_source[order], np.arange(self.n_operations + 1)).tolist()
        targets = self.edge_target[order].tolist()
        waiting = np.bincount(self.edge_target[edges], minlength=self.n_operations).tolist()
        ready = [v for v, count in enumerate(waiting) if count == 0]
        while ready:
            v = ready.pop()
            for target in targets[first[v] : first[v + 1]]:
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        return np.array(waiting, dtype=np.int64) > 0

    def _loop(self, came: IntArray) -> list[str]:
        at = int(np.flatnonzero(came >= 0)[0])
        for _ in range(self.n_operations):
            at = int(came[at]) if came[at] >= 0 else at
        path = [at]
        while path[0] != came[path[-1]]:
            path.append(int(came[path[-1]]))
        return [self.names[v] for v in [path[0], *path[:0:-1], path[0]]]

    @property
    def n_operations(self) -> int:
        """Number of operations."""
        return len(self.names)

    @cached_property
    def index(self) -> dict[str, int]:
        """Operation of each name."""
        return {name: i for i, name in enumerate(self.names)}

    def text(self, limit: int | None = None) -> str:
        """Sizes, then one line per operation: ``name: kind, latency l, w bits <- operand@distance ...``."""
        counts = f"{self.n_operations} operations, {len(self.edge_source)} edges"
        caps = ", ".join(f"{n} x {c}" if c >= 0 else n for n, c in zip(self.resources, self.capacity.tolist(), strict=True))
        order = np.lexsort((self.edge_operand, self.edge_target))
        start = np.searchsorted(self.edge_target[order], np.arange(self.n_operations + 1))
        shown = self.n_operations if limit is None else min(limit, self.n_operations)
        lines = [f"dataflow {self.name}: {counts}" + (f"; {caps}" if caps else "")]
        for v in range(shown):
            sources = " ".join(self._edge_text(int(e)) for e in order[start[v] : start[v + 1]])
            head = f"  {self.names[v]}: {self.kinds[v]}, latency {self.latency[v]}, {self.width[v]} bits"
            lines.append(head + (f" <- {sources}" if sources else ""))
        return "\n".join(lines + ([f"  ... {self.n_operations - shown} more operations"] if shown < self.n_operations else []))

    def _edge_text(self, edge: int) -> str:
        text = self.names[self.edge_source[edge]]
        text += f"@{self.edge_distance[edge]}" if self.edge_distance[edge] else ""
        text += f"{self.edge_delay[edge]:+d}" if self.edge_delay[edge] else ""
        return text if self.edge_operand[edge] >= 0 else f"({text})"

    def __repr__(self) -> str:
        return self.text(_REPR_ROWS)


@dataclass(frozen=True, eq=False, repr=False)
class Schedule:
    """Start steps ``int64 [V]`` of the operations of a `Dataflow`, and the initiation interval (None: no overlap)."""

    start: IntArray
    ii: int | None = None

    def __post_init__(self) -> None:
        array = np.array(self.start, dtype=np.int64)
        array.flags.writeable = False
        object.__setattr__(self, "start", array)

    def verify(self, flow: Dataflow) -> tuple[str, ...]:
        """What makes this no legal schedule, one sentence per violation; empty if it is legal."""
        if self.start.shape != (flow.n_operations,):
            return (f"start steps for {len(self.start)} operations, the dataflow has {flow.n_operations}",)
        if self.ii is not None and self.ii < 1:
            return (f"the initiation interval is {self.ii}, expected at least 1",)
        early = np.flatnonzero(self.start < 0)
        sentences = _some(early, lambda v: f"{flow.names[v]} starts at step {self.start[v]}, before 0")
        used = [] if sentences else self._resource_violations(flow)
        return (*sentences, *self._precedence_violations(flow), *used)

    def latency(self, flow: Dataflow) -> int:
        """Steps until the last operation has ended."""
        return int((self.start + flow.latency).max(initial=0))

    def usage(self, flow: Dataflow) -> npt.NDArray[np.int64]:
        """int64 [K, steps]: units of each resource held in each step; the steps are folded modulo II when pipelined."""
        last = self.start[flow.demand_operation] + flow.demand_occupancy
        steps = self.ii if self.ii is not None else int(max(last.max(initial=0), self.latency(flow), 1))
        use = np.zeros((len(flow.resources), steps), dtype=np.int64)
        held = flow.demand_occupancy.astype(np.int64)
        step = join_ranges(self.start[flow.demand_operation], last) % steps
        np.add.at(use, (np.repeat(flow.demand_resource, held), step), np.repeat(flow.demand_amount, held))
        return use

    def _precedence_violations(self, flow: Dataflow) -> list[str]:
        interval = self.ii if self.ii is not None else self.latency(flow)
        ready = self.start[flow.edge_source] + flow.latency[flow.edge_source] + flow.edge_delay
        begins = self.start[flow.edge_target] + interval * flow.edge_distance.astype(np.int64)

        def sentence(e: int) -> str:
            source, target = flow.names[flow.edge_source[e]], flow.names[flow.edge_target[e]]
            later = f" {flow.edge_distance[e]} iterations later" if flow.edge_distance[e] else ""
            return f"{target} starts at step {begins[e]}{later}, {source} is ready at step {ready[e]}"

        return _some(np.flatnonzero(begins < ready), sentence)

    def _resource_violations(self, flow: Dataflow) -> list[str]:
        use = self.usage(flow)
        over = np.argwhere((use > flow.capacity[:, None]) & (flow.capacity[:, None] >= 0))

        def sentence(i: int) -> str:
            k, t = over[i]
            return f"step {t} uses {use[k, t]} of {flow.resources[k]}, there are {flow.capacity[k]}"

        return _some(np.arange(len(over)), sentence)

    def text(self, flow: Dataflow) -> str:
        """One line per step that something starts in: ``step: names``."""
        lines = [f"schedule: latency {self.latency(flow)}" + (f", II {self.ii}" if self.ii is not None else "")]
        for step in np.unique(self.start).tolist():
            lines.append(f"  {step}: {' '.join(flow.names[v] for v in np.flatnonzero(self.start == step).tolist())}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        steps = f"steps 0 to {int(self.start.max(initial=0))}"
        return f"schedule: {len(self.start)} operations, {steps}" + (f", II {self.ii}" if self.ii is not None else "")


def _some(items: IntArray, sentence: Callable[[int], str]) -> list[str]:
    """One sentence each for the first items, and how many more there are."""
    out = [sentence(int(i)) for i in items[:_MESSAGES]]
    return out + ([f"... and {len(items) - _MESSAGES} more of this kind"] if len(items) > _MESSAGES else [])

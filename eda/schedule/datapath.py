"""What a schedule is as hardware: where values come from, how many stages they wait, which units are shared, all registers.

An operation of latency l is its function followed by l registers. A value that is read p steps after it is ready waits in a
shift register of p stages, which moves in every cycle; one iteration enters in every `interval` cycles. So the bits of the
shift registers are the ``registers`` of the schedule, and the rest is what a port needs: inputs are taken in step 0 and wait
for the step that reads them, results wait for the last step, since a handshake moves all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.dataflow import Dataflow, Schedule
from eda.ir.netlist import IntArray
from eda.schedule.binding import Binding, bind
from eda.schedule.functions import salt

Read = tuple[int, int]
"""An operation whose value is read, and the stage of its shift register."""


@dataclass(frozen=True)
class Datapath:
    """A bound schedule.

    interval  cycles between iterations           end  step in which the results of an iteration leave
    reads     of each operation its operands      stages, waits  int64 [V]: shift register behind the value, and before the
    inputs    operations that read a port                        operation for the port that it reads
    outputs   operations that drive one           masked  operations that later iterations read
    """

    flow: Dataflow
    schedule: Schedule
    interval: int
    end: int
    reads: tuple[tuple[Read, ...], ...]
    stages: IntArray
    waits: IntArray
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    masked: tuple[int, ...]
    binding: Binding

    @property
    def recurrent(self) -> bool:
        """Whether iterations read values of earlier ones."""
        return bool(self.masked)

    @cached_property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Operations on each function block: those on one shared unit that compute the same."""
        blocks: dict[tuple[object, ...], list[int]] = {}
        for v, unit in enumerate(self.binding.unit):
            if unit >= 0 and self.flow.width[v] > 0 and self.reads[v]:
                blocks.setdefault((unit, *_shape(self.flow, self.reads[v], v)), []).append(v)
        return tuple(map(tuple, blocks.values()))

    @cached_property
    def registers(self) -> dict[str, int]:
        """Bits of registers: ``waiting`` (the metric ``registers``), ``results inputs operators control``, and ``total``."""
        flow = self.flow
        width = flow.width.astype(np.int64)
        ready = self.schedule.start + flow.latency
        last = _last_read(flow, self.schedule, self.interval)
        waiting = int((width * np.maximum(0, last - ready)).sum())
        shared = {v for members in self.blocks for v in members}
        operators = [v for v in range(flow.n_operations) if v not in shared] + [members[0] for members in self.blocks]
        counts = {
            "waiting": waiting,
            "results": int((width * self.stages).sum()) - waiting,
            "inputs": int((width * self.waits).sum()),
            "operators": int((width[operators] * flow.latency[operators]).sum()),
            "control": self.end + (self.interval - 1).bit_length(),
        }
        return {**counts, "total": sum(counts.values())}


def _shape(flow: Dataflow, reads: Sequence[Read], v: int) -> tuple[object, ...]:
    return flow.kinds[v], salt(flow, v), int(flow.width[v]), int(flow.latency[v]), tuple(bits(flow, u) for u, _ in reads)


def bits(flow: Dataflow, v: int) -> int:
    """Width of a value; constants have that of their name, such as 8 for ``8'd5``, for their `width` may be 0."""
    return int(flow.names[v].partition("'")[0]) if flow.kinds[v] == "const" else int(flow.width[v])


def datapath(flow: Dataflow, schedule: Schedule, shared: Sequence[str] | None = None) -> Datapath:
    """The hardware of a legal schedule; `shared` names the resources whose units are shared (default: the limited ones).

    Without an initiation interval in the schedule, iterations overlap fully (interval 1) if that is legal and none reads
    another, else the interval is the latency. Operations of width 0 have no hardware: they only keep others in order.
    Raises `InputError` for a schedule that is not legal, and for data that is read before it is ready.
    """
    wrong = schedule.verify(flow)
    if wrong:
        raise InputError(f"dataflow {flow.name}: the schedule is not legal: {wrong[0]}")
    interval, end = _interval(flow, schedule, shared), schedule.latency(flow)
    reads = _reads(flow, schedule, interval)
    constant = np.array(flow.kinds) == "const"
    real = (flow.width > 0) & ~constant
    outputs = _results(flow, real)
    until = _last_read(flow, schedule, interval)
    until[outputs] = np.maximum(until[outputs], end)
    stages = np.where(real, until - schedule.start - flow.latency, 0)
    inputs = [v for v in np.flatnonzero(real).tolist() if not reads[v]]
    waits = np.zeros(flow.n_operations, dtype=np.int64)
    waits[inputs] = schedule.start[inputs]
    across = (flow.edge_operand >= 0) & (flow.edge_distance > 0)
    masked = np.unique(flow.edge_source[across & real[flow.edge_source]])
    names = {name: k for k, name in enumerate(flow.resources)}
    binding = bind(flow, schedule, interval, None if shared is None else [names[name] for name in shared])
    return Datapath(
        flow, schedule, interval, end, reads, stages, waits, tuple(inputs), tuple(outputs.tolist()),
        tuple(masked.tolist()), binding,
    )  # fmt: skip


def _results(flow: Dataflow, real: npt.NDArray[np.bool_]) -> IntArray:
    """Operations whose values leave: the outputs of the graph, or, if it has none, what no operation of the same iteration
    reads."""
    outputs = np.array(flow.kinds) == "output"
    read = (flow.edge_operand >= 0) & (flow.width[flow.edge_target] > 0) & (flow.edge_distance == 0)
    used = np.bincount(flow.edge_source[read], minlength=flow.n_operations) > 0
    return np.flatnonzero(real & (outputs if outputs.any() else ~used))


def _interval(flow: Dataflow, schedule: Schedule, shared: Sequence[str] | None) -> int:
    if schedule.ii is not None:
        return schedule.ii
    alone = not shared and not flow.edge_distance.any()
    full = alone and not Schedule(schedule.start, 1).verify(flow)
    return 1 if full else max(1, schedule.latency(flow))


def _reads(flow: Dataflow, schedule: Schedule, interval: int) -> tuple[tuple[Read, ...], ...]:
    begins = schedule.start[flow.edge_target] + interval * flow.edge_distance.astype(np.int64)
    stage = begins - schedule.start[flow.edge_source] - flow.latency[flow.edge_source]
    reads: list[list[Read]] = [[] for _ in flow.names]
    real = (flow.width > 0) | (np.array(flow.kinds) == "const")
    edges = np.flatnonzero((flow.edge_operand >= 0) & real[flow.edge_source])
    for e in edges[np.argsort(flow.edge_operand[edges], kind="stable")].tolist():
        u, v = int(flow.edge_source[e]), int(flow.edge_target[e])
        constant = flow.kinds[u] == "const"
        if stage[e] < 0 and not constant:
            raise InputError(f"dataflow {flow.name}: {flow.names[v]} reads {flow.names[u]} before it is ready")
        reads[v].append((u, 0 if constant else int(stage[e])))
    return tuple(map(tuple, reads))


def _last_read(flow: Dataflow, schedule: Schedule, interval: int) -> IntArray:
    """int64 [V]: last step in which each value is read; its own readiness where nobody does."""
    last = schedule.start + flow.latency
    data = (flow.edge_operand >= 0) & (flow.width[flow.edge_target] > 0)
    target = flow.edge_target[data]
    at = schedule.start[target] + interval * flow.edge_distance[data].astype(np.int64)
    np.maximum.at(last, flow.edge_source[data], at)
    return last


def without_constants(flow: Dataflow) -> Dataflow:
    """`flow` with constants of width 0 in all counts of registers: a constant is wired where it is used."""
    width = np.where(np.array(flow.kinds) == "const", 0, flow.width)
    return replace(flow, width=width)

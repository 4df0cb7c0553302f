"""What a schedule costs, by every measure in use; steps count from 0, and modulo the interval where there is one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eda.ir.dataflow import Dataflow, Schedule
from eda.ir.netlist import IntArray
from eda.schedule.problem import Problem
from eda.schedule.step_graph import communication_weights


@dataclass(frozen=True)
class Metrics:
    """latency         steps until everything has ended (stages used, where the problem has stages)
    resources       most units of each resource in one step; resource_sum: their sum, weighted with the areas
    communication   steps from start to start over the distinct data edges, weighted
    lifetime_sum    bits times steps from the start of an operation to the start of the last reader of its result
    registers       the same from the end of the operation on: what shift registers hold
    max_live        most bits that wait in one step beyond the operations' own outputs
    peak_live       most bits that cross the end of a step, outputs of operations included
    peak_memory     most bits from the first step of the producer to the last of the last reader, results kept to the end
    """

    latency: int
    resources: dict[str, int]
    resource_sum: float
    communication: float
    lifetime_sum: int
    registers: int
    max_live: int
    peak_live: int
    peak_memory: int

    def to_dict(self) -> dict[str, Any]:
        """Names and numbers, for JSON."""
        return asdict(self)


def metrics(problem: Problem, schedule: Schedule) -> Metrics:
    """All measures of a schedule, legal or not."""
    flow, start = problem.flow, schedule.start
    latency = int((start + problem.ends).max(initial=0))
    interval = schedule.ii if schedule.ii is not None else latency
    peaks = schedule.usage(flow).max(axis=1, initial=0)
    areas = np.ones(len(peaks)) if problem.areas is None else np.asarray(problem.areas)
    gap = start[flow.edge_target] + interval * flow.edge_distance.astype(np.int64) - start[flow.edge_source]
    last = last_reads(flow, start, interval)
    end, width = start + flow.latency, flow.width.astype(np.int64)
    read = last > _NEVER
    kept = np.where(read, last, start)
    born = start + np.maximum(flow.latency, 1) - 1
    return Metrics(
        latency=latency,
        resources=dict(zip(flow.resources, peaks.tolist(), strict=True)),
        resource_sum=float(areas @ peaks),
        communication=float(communication_weights(problem) @ gap),
        lifetime_sum=int(width @ (kept - start)),
        registers=int(width @ np.where(read, np.maximum(kept - end, 0), 0)),
        max_live=_most(end, np.where(read, kept, end), width, schedule.ii),
        peak_live=_most(born, np.where(read, kept, born), width, schedule.ii),
        peak_memory=_most(start, _released(flow, start, interval), width, schedule.ii),
    )


_NEVER = -(2**60)


def last_reads(flow: Dataflow, start: IntArray, interval: int) -> IntArray:
    """int64 [V]: step in which the last reader of each result starts; below any step where nobody reads it."""
    data = flow.edge_operand >= 0
    last = np.full(flow.n_operations, _NEVER, dtype=np.int64)
    at = start[flow.edge_target] + interval * flow.edge_distance.astype(np.int64)
    np.maximum.at(last, flow.edge_source[data], at[data])
    return last


def _released(flow: Dataflow, start: IntArray, interval: int) -> IntArray:
    """int64 [V]: step after the end of the last reader of each result, or the end of all where nobody reads it."""
    data = flow.edge_operand >= 0
    ends = start + np.maximum(flow.latency, 1)
    out = np.full(flow.n_operations, -1, dtype=np.int64)
    at = ends[flow.edge_target] + interval * flow.edge_distance.astype(np.int64)
    np.maximum.at(out, flow.edge_source[data], at[data])
    return np.where(out < 0, ends.max(initial=0), np.maximum(out, ends))


def _most(begin: IntArray, end: IntArray, amount: IntArray, fold: int | None) -> int:
    """The largest sum of amounts held in ``begin <= t < end`` in any step, steps counted modulo `fold`."""
    held = np.flatnonzero((end > begin) & (amount > 0))
    if not len(held):
        return 0
    steps = int(end[held].max()) + 1
    steps += -steps % fold if fold else 0
    change = np.zeros(steps, dtype=np.int64)
    np.add.at(change, begin[held], amount[held])
    np.add.at(change, end[held], -amount[held])
    use = np.cumsum(change)
    return int(use.reshape(-1, fold).sum(axis=0).max() if fold else use.max())


def objective_value(problem: Problem, schedule: Schedule) -> float:
    """The problem's objective; of "ii" the interval."""
    if problem.objective == "ii":
        return float(schedule.ii or 0)
    found = metrics(problem, schedule)
    if problem.objective == "joint":
        return problem.alpha * found.resource_sum + found.communication
    names = {"area": "resource_sum", "memory": "peak_live"}
    return float(getattr(found, names.get(problem.objective, problem.objective)))

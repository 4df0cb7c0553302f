"""One operation per step with the least peak of live bits: a search over down-sets.

Which values are live depends on the set of operations done alone, so the best order is a path through down-sets whose
largest step is least (Ahn et al., MLSys 2020). Sets are opened by their peak, best first; an operation that neither
raises the memory nor needs more than the peak so far is done at once, for any order can be changed to do so without a
loss, which merges chains. Beyond the limit of sets a beam goes on, then exact searches in windows of its order.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eda.errors import UsageError
from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.problem import InfeasibleError, Problem
from eda.schedule.result import Progress, Result, result_of

_BEAM = 64
_WINDOW = 24
_WINDOW_SETS = 20_000


@dataclass(frozen=True)
class Order:
    """Operations in the order of their steps, the peak in bits, and whether no order has a lower one."""

    operations: tuple[int, ...]
    peak: int
    optimal: bool


@dataclass(frozen=True)
class _Values:
    """Bit masks: predecessors of each operation in any order edge, its data operands, and the readers of its result."""

    before: tuple[int, ...]
    operands: tuple[tuple[int, ...], ...]
    readers: tuple[int, ...]
    width: tuple[int, ...]
    software: bool

    def after(self, done: int, memory: int, v: int) -> tuple[int, int]:
        """Memory during the step of v and after it, given the set and the memory before it."""
        now = done | 1 << v
        freed = sum(self.width[u] for u in self.operands[v] if not self.readers[u] & ~now)
        kept = self.software or bool(self.readers[v])
        left = memory - freed + (self.width[v] if kept else 0)
        return (memory + self.width[v] if self.software else left), left

    def ready(self, done: int, among: Sequence[int]) -> list[int]:
        return [v for v in among if not done >> v & 1 and not self.before[v] & ~done]


def _values(flow: Dataflow, software: bool) -> _Values:
    n = flow.n_operations
    before, readers = [0] * n, [0] * n
    operands: list[set[int]] = [set() for _ in range(n)]
    columns = (flow.edge_source, flow.edge_target, flow.edge_operand, flow.edge_distance)
    for u, v, operand, distance in zip(*(c.tolist() for c in columns), strict=True):
        if distance:
            raise UsageError(f"dataflow {flow.name} has edges between iterations; a sequential order knows one iteration")
        before[v] |= 1 << u
        if operand >= 0:
            readers[u] |= 1 << v
            operands[v].add(u)
    return _Values(tuple(before), tuple(map(tuple, operands)), tuple(readers), tuple(flow.width.tolist()), software)


def sequential_order(
    flow: Dataflow, *, software: bool = True, sets: int = 300_000, time_limit: float = 60.0, seed: int = 1
) -> Order:
    """The order with the least peak.

    With `software` a value counts from the step of its producer to that of its last reader, both included, and results
    to the end (the measure ``peak_memory``); else while it crosses the end of a step (``peak_live``). Exact unless more
    than `sets` down-sets would have to be opened or `time_limit` CPU seconds pass.
    """
    deadline = time.process_time() + time_limit
    values, everything = _values(flow, software), range(flow.n_operations)
    found = _best_first(values, 0, 0, everything, sets, deadline)
    if found is not None:
        return Order(*found, True)
    order = _beam(values, flow.n_operations)
    return _windows(values, order, deadline, np.random.default_rng(seed))


def _best_first(
    values: _Values, done: int, memory: int, among: Sequence[int], sets: int, deadline: float
) -> tuple[tuple[int, ...], int] | None:
    """Order of the operations `among`, after the set `done`, and its peak; None if more than `sets` had to be opened."""
    goal = done | sum(1 << v for v in among)
    queue: list[tuple[int, int, int, int]] = [(memory, 0, done, memory)]
    came: dict[int, tuple[int, tuple[int, ...]]] = {}
    best = {done: memory}
    opened = 0
    while queue:
        peak, _, state, held = heapq.heappop(queue)
        if state == goal:
            return _path(came, done, goal), peak
        if peak > best[state]:
            continue
        opened += 1
        if opened > sets or (opened % 1024 == 0 and time.process_time() > deadline):
            return None
        for v in values.ready(state, among):
            during, left = values.after(state, held, v)
            following, high, low, taken = _forced(values, state | 1 << v, max(peak, during), left, among)
            if high < best.get(following, high + 1):
                best[following] = high
                came[following] = (state, (v, *taken))
                heapq.heappush(queue, (high, -following.bit_count(), following, low))
    raise InfeasibleError("the operations depend on each other in a loop")


def _forced(values: _Values, done: int, peak: int, memory: int, among: Sequence[int]) -> tuple[int, int, int, list[int]]:
    """Do what neither raises the memory nor the peak, until nothing of the kind is left."""
    taken: list[int] = []
    again = True
    while again:
        again = False
        for v in values.ready(done, among):
            during, left = values.after(done, memory, v)
            if left <= memory and during <= peak:
                done, memory, again = done | 1 << v, left, True
                taken.append(v)
    return done, peak, memory, taken


def _path(came: dict[int, tuple[int, tuple[int, ...]]], first: int, last: int) -> tuple[int, ...]:
    steps: list[tuple[int, ...]] = []
    while last != first:
        last, taken = came[last]
        steps.append(taken)
    return tuple(v for taken in reversed(steps) for v in taken)


def _beam(values: _Values, n: int) -> tuple[int, ...]:
    """The best of the orders that keep the `_BEAM` sets of least peak, then least memory, after every step."""
    everything = range(n)
    level: dict[int, tuple[int, int, tuple[int, ...]]] = {0: (0, 0, ())}
    for _ in everything:
        following: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        for done, (peak, memory, order) in level.items():
            for v in values.ready(done, everything):
                during, left = values.after(done, memory, v)
                entry = (max(peak, during), left, (*order, v))
                key = done | 1 << v
                if key not in following or entry < following[key]:
                    following[key] = entry
        level = dict(sorted(following.items(), key=lambda item: item[1])[:_BEAM])
    if not level:
        raise InfeasibleError("the operations depend on each other in a loop")
    return min(level.values())[2]


def _windows(values: _Values, order: tuple[int, ...], deadline: float, rng: np.random.Generator) -> Order:
    """Solve stretches of an order exactly until none gains for a while."""
    best, failures = _peak(values, order), 0
    while time.process_time() < deadline and failures < 40:
        begin = int(rng.integers(max(1, len(order) - _WINDOW + 1)))
        part = order[begin : begin + _WINDOW]
        done, memory = 0, 0
        for v in order[:begin]:
            memory = values.after(done, memory, v)[1]
            done |= 1 << v
        found = _best_first(values, done, memory, part, _WINDOW_SETS, deadline)
        changed = order if found is None else (*order[:begin], *found[0], *order[begin + _WINDOW :])
        peak = _peak(values, changed)
        failures = 0 if peak < best else failures + 1
        order, best = changed, peak
    return Order(order, best, False)


def _peak(values: _Values, order: Sequence[int]) -> int:
    done, memory, peak = 0, 0, 0
    for v in order:
        during, memory = values.after(done, memory, v)
        peak, done = max(peak, during), done | 1 << v
    return peak


def order(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """One operation per step, least memory. Raises `UsageError` for operations of more than one step or a latency that
    is too short."""
    begin = time.process_time()
    flow = problem.flow
    if problem.objective != "memory":
        raise UsageError(f"method order minimises memory, not {problem.objective}")
    if (flow.latency > 1).any() or problem.ii is not None:
        raise UsageError("method order takes operations of one step, and does not overlap iterations")
    if problem.deadline is not None and problem.deadline < flow.n_operations:
        raise UsageError(f"{flow.n_operations} operations one after the other do not fit into {problem.deadline} steps")
    found = sequential_order(flow, software=False, time_limit=time_limit, seed=seed)
    start = np.empty(flow.n_operations, dtype=np.int64)
    start[list(found.operations)] = np.arange(flow.n_operations)
    bound = found.peak if found.optimal else 0
    if progress is not None:
        progress("order", found.peak, bound)
    why = "best-first search over down-sets" if found.optimal else ""
    seconds = time.process_time() - begin
    return result_of(problem, Schedule(start), "order", bound=float(bound), certificate=why, seconds=seconds)

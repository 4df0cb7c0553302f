"""What a schedule is asked for: a data-flow graph, an objective, and what limits the start steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from eda.errors import EdaError, InputError, UsageError, suggest
from eda.ir.dataflow import Dataflow
from eda.ir.netlist import IntArray

OBJECTIVES = {
    "latency": "steps until everything has ended",
    "area": "sum over the resources of area times units",
    "communication": "steps from start to start, summed over the data edges",
    "joint": "alpha times the area, plus the communication",
    "registers": "bits times steps that values wait beyond their operation's own output",
    "memory": "most bits that are live across the end of a step",
    "ii": "the initiation interval, then the registers",
}
_NEVER = -(2**40)  # the lag of an edge that binds nothing


class InfeasibleError(EdaError):
    """No schedule keeps all limits; the message says which of them clash."""

    exit_code = 1


@dataclass(frozen=True, eq=False)
class Problem:
    """A data-flow graph (V operations, E edges, K resources) with an objective of `OBJECTIVES` and limits.

    latency       steps in which everything must have ended; None: any
    ii            initiation interval of a pipelined schedule; None: iterations do not overlap, or the least is sought ("ii")
    alpha         price of the area in the objective "joint"
    areas         float [K]; None: 1 for each resource
    edge_weight   float [E], price of a step on each data edge; None: 1
    stages        number of stages that operations of latency 0 are spread over; None: steps as they are
    earliest, latest   int [V], limits of single start steps; None: none
    """

    flow: Dataflow
    objective: str = "latency"
    latency: int | None = None
    ii: int | None = None
    alpha: float = 1.0
    areas: tuple[float, ...] | None = None
    edge_weight: npt.NDArray[np.float64] | None = None
    stages: int | None = None
    earliest: IntArray | None = None
    latest: IntArray | None = None

    def check(self) -> None:
        """Raise `UsageError` for an unknown objective or senseless numbers, `InputError` for arrays that do not fit."""
        if self.objective not in OBJECTIVES:
            raise UsageError(
                f"no objective {self.objective!r}{suggest(self.objective, OBJECTIVES)}; expected {', '.join(OBJECTIVES)}"
            )
        for what in ("latency", "ii", "stages"):
            value = getattr(self, what)
            if value is not None and value < 1:
                raise UsageError(f"{what} must be at least 1, got {value}")
        if not self.alpha >= 0.0:
            raise UsageError(f"alpha must not be negative, got {self.alpha}")
        sizes = {"areas": len(self.flow.resources), "edge_weight": len(self.flow.edge_source)}
        sizes |= {"earliest": self.flow.n_operations, "latest": self.flow.n_operations}
        for what, size in sizes.items():
            array = getattr(self, what)
            if array is not None and len(array) != size:
                raise InputError(f"{what} has {len(array)} entries, the dataflow {self.flow.name} needs {size}")

    @property
    def deadline(self) -> int | None:
        """The limit of the latency that `latency` and `stages` make."""
        limits = [x for x in (self.latency, self.stages) if x is not None]
        return min(limits) if limits else None

    @cached_property
    def critical_path(self) -> int:
        """Least latency without resources (with the interval `ii` if there is one)."""
        return int((earliest(self) + self.ends).max(initial=0))

    @property
    def ends(self) -> IntArray:
        """int64 [V]: steps from the start of each operation that the latency counts; a stage counts as one."""
        least = 1 if self.stages is not None else 0
        return np.maximum(self.flow.latency.astype(np.int64), least)


def windows(problem: Problem) -> tuple[IntArray, IntArray]:
    """``(earliest, latest)`` int64 [V]: start steps that precedences, the deadline and single limits allow.

    Without a deadline the critical path is taken (with an interval: two intervals more). Without overlap an edge of
    distance k > 0 binds k times the deadline. Raises `InfeasibleError` if a window is empty.
    """
    low = earliest(problem)
    limit = problem.deadline
    if limit is None:
        limit = problem.critical_path + 2 * (problem.ii or 0)
    high = _latest(problem, limit)
    tight = np.flatnonzero(low > high)
    if len(tight):
        v = int(tight[np.argmax((low - high)[tight])])
        need = limit + int((low - high).max())
        raise InfeasibleError(
            f"{problem.flow.names[v]} can start at step {low[v]} at the earliest, and for a latency of {limit} must start at "
            f"step {high[v]} at the latest; a latency of {need} would do without limits of resources"
        )
    return low, high


def earliest(problem: Problem) -> IntArray:
    """int64 [V]: as soon as possible. Raises `InfeasibleError` naming the loop for which the interval is too short."""
    flow = problem.flow
    start = np.zeros(flow.n_operations, dtype=np.int64)
    if problem.earliest is not None:
        start = np.maximum(start, problem.earliest)
    return _relaxed(problem, flow.edge_source, flow.edge_target, _lags(problem), start)


def _latest(problem: Problem, limit: int) -> IntArray:
    flow = problem.flow
    high = limit - problem.ends
    if problem.latest is not None:
        high = np.minimum(high, problem.latest)
    return -_relaxed(problem, flow.edge_target, flow.edge_source, _lags(problem), -high)


def _lags(problem: Problem) -> IntArray:
    """int64 [E]: least steps from start to start; edges to other iterations bind only where there is an interval."""
    flow = problem.flow
    lag = flow.latency[flow.edge_source].astype(np.int64) + flow.edge_delay
    if problem.ii is not None:
        return lag - problem.ii * flow.edge_distance.astype(np.int64)
    return np.where(flow.edge_distance == 0, lag, _NEVER)


def _relaxed(problem: Problem, source: IntArray, target: IntArray, lag: IntArray, start: IntArray) -> IntArray:
    """Longest paths from `start`, by Bellman and Ford in the order of the operations."""
    from eda.schedule.windows_kernels import longest

    order = np.flatnonzero(lag > _NEVER)
    order = order[np.argsort(source[order], kind="stable")]
    first = np.searchsorted(source[order], np.arange(len(start) + 1)).astype(np.int64)
    out, loop = longest(first, target[order].astype(np.int64), lag[order], start.astype(np.int64))
    if loop >= 0:
        raise InfeasibleError(_loop_text(problem, first, target[order], lag[order], int(loop)))
    return np.asarray(out)


def _loop_text(problem: Problem, first: IntArray, target: IntArray, lag: IntArray, inside: int) -> str:
    """The loop with positive sum behind the operation `inside`, found by the parents of one more relaxation."""
    import networkx as nx

    names = problem.flow.names
    graph = nx.DiGraph()
    for v in range(len(names)):
        for e in range(int(first[v]), int(first[v + 1])):
            w = int(target[e])
            if not graph.has_edge(v, w) or graph[v][w]["weight"] > -lag[e]:
                graph.add_edge(v, w, weight=-int(lag[e]))
    loop = nx.find_negative_cycle(graph, inside)
    total = -sum(graph[a][b]["weight"] for a, b in pairwise(loop))
    at = f" at an interval of {problem.ii}" if problem.ii is not None else ""
    return f"no start steps keep the loop {' -> '.join(names[v] for v in loop)}{at}: it needs {total} steps more than it has"

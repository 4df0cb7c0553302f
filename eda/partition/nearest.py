"""The solution, or what comes nearest to one, of small problems: an integer program that may overdraw limits at a price.

Variables are the primary and the copies of every node, and by how much each capacity and each external limit is overdrawn, and
which pairs of FPGAs beyond the hop limit are used. Where the least price is proven positive there is no solution.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from eda.errors import UsageError
from eda.ir.hypergraph import UNREACHABLE, Partition
from eda.partition.problem import Problem

SMALL = 600
"""Nodes times FPGAs up to which the program is worth a try."""
_ZERO = 1e-6


@dataclass(frozen=True, eq=False)
class Nearest:
    """The partition with the least overdraft found; `proven` if there is none with less."""

    partition: Partition
    proven: bool


def nearest(problem: Problem, time_limit: float = 20.0) -> Nearest | None:
    """Solve the program with HiGHS; None if it finds nothing before `time_limit` seconds.

    Raises `UsageError` if scipy is missing.
    """
    try:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array
    except ImportError as e:
        raise UsageError("the exact method needs scipy: pip install 'eda[partition]'") from e
    model = _Model(problem)
    rows, columns, values = (np.array(a) for a in (model.rows, model.columns, model.values))
    matrix = csr_array((values, (rows, columns)), shape=(len(model.upper), len(model.price)))
    with _silent():
        found = milp(
            np.array(model.price),
            integrality=np.array(model.integer),
            bounds=Bounds(np.zeros(len(model.price)), np.array(model.most)),
            constraints=LinearConstraint(matrix, np.array(model.lower), np.array(model.upper)),
            options={"time_limit": time_limit},
        )
    if found.x is None:
        return None
    bound = found.mip_dual_bound if found.mip_dual_bound is not None else found.fun
    return Nearest(model.partition(found.x), bool(found.status == 0 or (found.fun > _ZERO and bound > _ZERO)))


@contextmanager
def _silent() -> Iterator[None]:
    """HiGHS prints lines of its own; standard output belongs to the user."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


class _Model:
    """Sparse rows ``lower <= a x <= upper`` over variables of ``0 .. most``."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.price: list[float] = []
        self.most: list[float] = []
        self.integer: list[int] = []
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        n, k = problem.graph.n_nodes, problem.board.n_fpgas
        self.home = [[self.variable(whole=1, most=self._may_be(v, f)) for f in range(k)] for v in range(n)]
        self.copy = [[self.variable(whole=1) for _ in range(k)] if problem.replicable[v] else self.home[v] for v in range(n)]
        self._places()
        self._capacities()
        self._nets()

    def _may_be(self, v: int, f: int) -> float:
        return float(self.problem.fixed[v] in (-1, f))

    def variable(self, price: float = 0.0, most: float = 1.0, whole: int = 0) -> int:
        self.price.append(price)
        self.most.append(most)
        self.integer.append(whole)
        return len(self.price) - 1

    def row(self, terms: list[tuple[int, float]], lower: float = -np.inf, upper: float = np.inf) -> None:
        for column, value in terms:
            self.rows.append(len(self.upper))
            self.columns.append(column)
            self.values.append(value)
        self.lower.append(lower)
        self.upper.append(upper)

    def _places(self) -> None:
        problem = self.problem
        for v, homes in enumerate(self.home):
            self.row([(p, 1.0) for p in homes], 1.0, 1.0)
            if self.copy[v] is not homes:
                for p, x in zip(homes, self.copy[v], strict=True):
                    self.row([(x, 1.0), (p, -1.0)], lower=0.0)
        leader: dict[int, int] = {}
        for v in np.flatnonzero(problem.group >= 0).tolist():
            first = leader.setdefault(int(problem.group[v]), v)
            if first != v:
                for p, q in zip(self.home[first], self.home[v], strict=True):
                    self.row([(p, 1.0), (q, -1.0)], 0.0, 0.0)
        for nodes in problem.apart:
            for q in range(problem.board.n_fpgas):
                self.row([(self.copy[v][q], 1.0) for v in nodes.tolist()], upper=1.0)

    def _capacities(self) -> None:
        problem = self.problem
        weights = problem.graph.node_weights
        for r in np.flatnonzero(weights.any(axis=0)).tolist():
            price = 1.0 / max(1.0, float(problem.capacity[:, r].mean()))
            for q in range(problem.board.n_fpgas):
                over = self.variable(price, most=float(weights[:, r].sum()))
                terms = [(self.copy[v][q], float(weights[v, r])) for v in np.flatnonzero(weights[:, r]).tolist()]
                self.row([*terms, (over, -1.0)], upper=float(problem.capacity[q, r]))

    def _nets(self) -> None:
        """A net from f to q needs a link there; `goes[f, q]` counts as 1 where a sink is on q and no copy of the source."""
        problem = self.problem
        k, limit = problem.board.n_fpgas, problem.board.external_limit
        distance = problem.board.distance
        far = {
            (f, q): self.variable(1.0) for f, q in np.argwhere((distance > problem.board.max_hop) | (distance == UNREACHABLE))
        }
        nets = list(self._pins())
        binds = sum(w for w, _, _ in nets) > limit
        loads: list[list[tuple[int, float]]] = [[] for _ in range(k)]
        for w, source, sinks in nets:
            for f in range(k):
                leaves = self.variable() if w and binds[f] else -1
                if leaves >= 0:
                    loads[f].append((leaves, float(w)))
                for q in range(k):
                    if q == f or not ((f, q) in far or (w and (binds[f] or binds[q]))):
                        continue
                    goes = self._goes(source, sinks, f, q)
                    if (f, q) in far:
                        self.row([(far[f, q], 1.0), (goes, -1.0)], lower=0.0)
                    if leaves >= 0:
                        self.row([(leaves, 1.0), (goes, -1.0)], lower=0.0)
                    if w and binds[q]:
                        loads[q].append((goes, float(w)))
        price = 1.0 / max(1.0, float(limit.mean()))
        for f in np.flatnonzero(binds).tolist():
            over = self.variable(price, most=float(2 * sum(w for w, _, _ in nets)))
            self.row([*loads[f], (over, -1.0)], upper=float(limit[f]))

    def _goes(self, source: int, sinks: list[int], f: int, q: int) -> int:
        goes = self.variable()
        for t in sinks:
            at_home, there, spared = (self.home[source][f], -1.0), (self.copy[t][q], -1.0), (self.copy[source][q], 1.0)
            self.row([(goes, 1.0), at_home, there, spared], lower=-1.0)
        return goes

    def _pins(self) -> Iterator[tuple[int, int, list[int]]]:
        graph = self.problem.graph
        for e in np.flatnonzero((graph.source >= 0) & (np.diff(graph.net_start) > 1)).tolist():
            source, *sinks = graph.pins[graph.net_start[e] : graph.net_start[e + 1]].tolist()
            yield int(graph.net_weights[e]), source, sinks

    def partition(self, x: np.ndarray) -> Partition:
        """Where the values of the variables put every copy."""
        primary = [int(np.argmax(x[homes])) for homes in self.home]
        replicas = [
            (v, q)
            for v, copies in enumerate(self.copy)
            for q, column in enumerate(copies)
            if q != primary[v] and x[column] > 0.5
        ]
        return Partition(np.array(primary, dtype=np.int32), np.array(replicas, dtype=np.int32).reshape(-1, 2))

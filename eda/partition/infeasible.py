"""Why a problem has no solution, or what a partition lacks to be one: which resource, which FPGA, which hop, and by how much.

`explain` looks at conditions that every solution meets, in this order: lists of nodes that must stand apart, the whole demand
for a resource, nodes and groups that fit no FPGA, nodes that are fixed on one FPGA, nodes of which no two fit one FPGA, and
fixed ends of nets that are too far from each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eda.ir.hypergraph import UNREACHABLE, Partition
from eda.ir.netlist import IntArray
from eda.partition.problem import InfeasibleError, Problem


@dataclass(frozen=True)
class Shortfall:
    """A limit that is missed: of what kind, in which place, what it takes and what there is.

    kind   "resource", "external", "hop", "apart", "fixed", "group", "replica" or "shape"
    """

    kind: str
    message: str
    fpga: str | None = None
    resource: str | None = None
    needed: int | None = None
    available: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """What is known, as JSON has it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def require_feasible(problem: Problem) -> None:
    """Raise `InfeasibleError` if one of the conditions shows that there is no solution."""
    found = explain(problem)
    if found is not None:
        raise InfeasibleError(found.message)


def explain(problem: Problem) -> Shortfall | None:
    """The first condition that cannot be met; None proves nothing."""
    blocks = _Blocks(problem)
    checks = (_apart, _total, _single, _fixed_together, _pigeonhole, _far)
    return next((clash for check in checks if (clash := next(check(problem, blocks), None)) is not None), None)


class _Blocks:
    """What must share an FPGA: groups, and nodes on their own."""

    def __init__(self, problem: Problem) -> None:
        n, group = problem.graph.n_nodes, problem.group
        alone = np.where(group >= 0, group, int(group.max(initial=-1)) + 1 + np.arange(n))
        _, self.first, self.of = np.unique(alone, return_index=True, return_inverse=True)
        self.weights = np.zeros((len(self.first), problem.graph.node_weights.shape[1]), dtype=np.int64)
        np.add.at(self.weights, self.of, problem.graph.node_weights)
        self.fixed = problem.fixed[self.first]
        self.sizes = np.bincount(self.of, minlength=len(self.first))

    def label(self, problem: Problem, block: int) -> str:
        """A node, or the group of a node."""
        name = problem.graph.node_label(int(self.first[block]))
        return name if self.sizes[block] == 1 else f"the group of {name}"


def _apart(problem: Problem, blocks: _Blocks) -> Iterator[Shortfall]:
    k, label = problem.board.n_fpgas, problem.graph.node_label
    for nodes in problem.apart:
        if len(nodes) > k:
            text = f"{label(int(nodes[0]))} and {len(nodes) - 1} others must stand apart, there are {k} FPGAs"
            yield Shortfall("apart", text, needed=len(nodes), available=k)
        for values, why in ((blocks.of[nodes], "are in one group"), (problem.fixed[nodes], "are fixed on one FPGA")):
            both = _pair(values)
            if both is not None:
                a, b = (label(int(nodes[i])) for i in both)
                yield Shortfall("apart", f"{a} and {b} must stand apart and {why}")


def _pair(values: IntArray) -> tuple[int, int] | None:
    """Where two equal entries of at least 0 are."""
    seen: dict[int, int] = {}
    for i, value in enumerate(values.tolist()):
        if value in seen and value >= 0:
            return seen[value], i
        seen[value] = i
    return None


def _total(problem: Problem, blocks: _Blocks) -> Iterator[Shortfall]:
    needed, available = blocks.weights.sum(axis=0), problem.capacity.sum(axis=0)
    for r in np.flatnonzero(needed > available).tolist():
        name = problem.resources[r]
        text = f"the nodes need {needed[r]} {name}, all FPGAs together have {available[r]}"
        yield Shortfall("resource", text, None, name, int(needed[r]), int(available[r]))


def _single(problem: Problem, blocks: _Blocks) -> Iterator[Shortfall]:
    """Blocks that fit nowhere, or not where they are fixed: said is the FPGA that lacks the least."""
    capacity = problem.capacity
    fits = np.ones((len(blocks.first), problem.board.n_fpgas), dtype=bool)
    for r in range(capacity.shape[1]):
        fits &= blocks.weights[:, r, None] <= capacity[None, :, r]
    placed = np.flatnonzero(blocks.fixed >= 0)
    only = np.zeros_like(fits)
    only[placed, blocks.fixed[placed]] = True
    only[blocks.fixed < 0] = True
    for b in np.flatnonzero(~(fits & only).any(axis=1)).tolist():
        lack = (blocks.weights[b] - capacity).max(axis=1)
        q = int(blocks.fixed[b]) if blocks.fixed[b] >= 0 else int(np.argmin(lack))
        r = int(np.argmax(blocks.weights[b] - capacity[q]))
        name, fpga = problem.resources[r], problem.board.names[q]
        needed, available = int(blocks.weights[b, r]), int(capacity[q, r])
        where = f"{fpga}, where it is fixed, has" if blocks.fixed[b] >= 0 else f"no FPGA has enough: {fpga} has"
        text = f"{blocks.label(problem, b)} needs {needed} {name}, {where} {available}"
        yield Shortfall("resource", text, fpga, name, needed, available)


def _fixed_together(problem: Problem, blocks: _Blocks) -> Iterator[Shortfall]:
    used = np.zeros_like(problem.capacity)
    placed = blocks.fixed >= 0
    np.add.at(used, blocks.fixed[placed], blocks.weights[placed])
    for q, r in np.argwhere(used > problem.capacity).tolist():
        name, fpga = problem.resources[r], problem.board.names[q]
        text = f"the nodes fixed on {fpga} need {used[q, r]} {name}, it has {problem.capacity[q, r]}"
        yield Shortfall("resource", text, fpga, name, int(used[q, r]), int(problem.capacity[q, r]))


def _pigeonhole(problem: Problem, blocks: _Blocks) -> Iterator[Shortfall]:
    """Blocks that need more than half of the largest FPGA stand alone in it, each on an FPGA that is large enough."""
    for r, name in enumerate(problem.resources):
        capacity = np.sort(problem.capacity[:, r])[::-1]
        need = np.sort(blocks.weights[:, r])[::-1]
        need = need[2 * need > capacity[0]]
        room = [int((capacity >= size).sum()) for size in need]
        for count, (size, fpgas) in enumerate(zip(need.tolist(), room, strict=True), 1):
            if count > fpgas:
                text = f"{count} nodes need at least {size} {name} each, no two fit one FPGA, and {fpgas} FPGAs hold one"
                yield Shortfall("resource", text, None, name, count, fpgas)


def _far(problem: Problem, blocks: _Blocks) -> Iterator[Shortfall]:
    """Nets with fixed ends beyond the hop limit whose source may not, or cannot, have a copy at the far end."""
    graph, board, fixed = problem.graph, problem.board, problem.fixed
    nets = np.flatnonzero(graph.source >= 0)
    nets = nets[fixed[graph.source[nets]] >= 0]
    start, sinks = graph.sinks(nets)
    net = np.repeat(nets, np.diff(start))
    source = graph.source[net]
    there = fixed[sinks] >= 0
    distance = board.distance[fixed[source[there]], fixed[sinks[there]]]
    too_far = (distance > board.max_hop) | (distance == UNREACHABLE)
    used = np.zeros_like(problem.capacity)
    np.add.at(used, blocks.fixed[blocks.fixed >= 0], blocks.weights[blocks.fixed >= 0])
    for s, t, hops in zip(source[there][too_far], sinks[there][too_far], distance[too_far], strict=True):
        q = int(fixed[t])
        fits = (used[q] + graph.node_weights[s] <= problem.capacity[q]).all()
        if not problem.replicable[s] or not fits:
            a, b = graph.node_label(int(s)), graph.node_label(int(t))
            why = "has no room for a copy there" if problem.replicable[s] else "must have no replica"
            ends = f"{board.names[fixed[s]]} and {board.names[q]}: {hops} hops, at most {board.max_hop} are allowed"
            text = f"{a} drives {b}, fixed on {ends}; {a} {why}"
            yield Shortfall("hop", text, board.names[q], None, int(hops), board.max_hop)


def shortfalls(problem: Problem, partition: Partition) -> tuple[Shortfall, ...]:
    """What makes a partition no solution; empty exactly where `Problem.violations` is."""
    misshapen = partition.shape_violations(problem.graph, problem.limits)
    if misshapen:
        return tuple(Shortfall("shape", text) for text in misshapen)
    return (
        *_over_capacity(problem, partition),
        *_over_limit(problem, partition),
        *_over_hops(problem, partition),
        *(Shortfall(kind, text) for kind, text in problem.misplaced(partition)),
    )


def _over_capacity(problem: Problem, partition: Partition) -> Iterator[Shortfall]:
    used = partition.usage(problem.graph, problem.limits)
    for q, r in np.argwhere(used > problem.capacity).tolist():
        name, fpga = problem.resources[r], problem.board.names[q]
        text = f"{fpga} uses {used[q, r]} {name}, it has {problem.capacity[q, r]}"
        yield Shortfall("resource", text, fpga, name, int(used[q, r]), int(problem.capacity[q, r]))


def _over_limit(problem: Problem, partition: Partition) -> Iterator[Shortfall]:
    load, limit = partition.external_load(problem.graph, problem.board), problem.board.external_limit
    for q in np.flatnonzero(load > limit).tolist():
        fpga = problem.board.names[q]
        text = f"{fpga} has an external load of {load[q]}, its limit is {limit[q]}"
        yield Shortfall("external", text, fpga, None, int(load[q]), int(limit[q]))


def _over_hops(problem: Problem, partition: Partition) -> Iterator[Shortfall]:
    """One line per pair of FPGAs that are too far from each other."""
    board = problem.board
    nets, remote = partition.remote(problem.graph, board.n_fpgas)
    home = partition.primary[problem.graph.source[nets]]
    far = remote & ((board.distance > board.max_hop) | (board.distance == UNREACHABLE))[home]
    row, q = np.nonzero(far)
    pairs, first, count = np.unique(home[row] * board.n_fpgas + q, return_index=True, return_counts=True)
    for pair, at, times in zip(pairs.tolist(), first.tolist(), count.tolist(), strict=True):
        p, q_far = divmod(pair, board.n_fpgas)
        hops = int(board.distance[p, q_far])
        far_text = "no path exists" if hops == UNREACHABLE else f"{hops} hops, at most {board.max_hop} are allowed"
        name = problem.graph.node_label(int(problem.graph.source[nets[row[at]]]))
        text = f"{times} nets, such as that of {name}, go from {board.names[p]} to {board.names[q_far]}: {far_text}"
        yield Shortfall("hop", text, board.names[q_far], None, hops, board.max_hop)

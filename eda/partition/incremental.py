"""A partition for a netlist that changed a little: what kept its name keeps its place, the rest is fitted in locally."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.files import read_text
from eda.ir.hypergraph import UNREACHABLE, Board, Partition
from eda.ir.netlist import IntArray, join_ranges
from eda.partition.problem import InfeasibleError, Problem

Places = Mapping[str, tuple[int, tuple[int, ...]]]
"""By the name of a node the FPGA of its primary and those of its replicas."""
MOVED_SHARE = 0.02
_WIDE = 1000
"""Pins from which a net says nothing of where a node belongs."""
_PASSES = 20


@dataclass(frozen=True, eq=False)
class Carried:
    """A partition of the new netlist: `new` nodes had no place before, `moved` are old ones on another FPGA."""

    partition: Partition
    new: int
    moved: int


def read_places(path: str | Path, board: Board) -> Places:
    """The places in an old solution in the contest's format, whatever its nodes; raises `InputError` with the line."""
    fpgas = {name: q for q, name in enumerate(board.names)}
    primary: dict[str, int] = {}
    replicas: dict[str, list[int]] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        name, colon, rest = (part.strip() for part in line.partition(":"))
        if not colon or name not in fpgas:
            raise InputError(f"expected `FPGA: node node*`, found {name!r}{suggest(name, fpgas)}", file=path, line=number)
        for token in rest.split():
            if token.endswith("*"):
                replicas.setdefault(token[:-1], []).append(fpgas[name])
            elif primary.setdefault(token, fpgas[name]) != fpgas[name]:
                raise InputError(f"{token} has two primaries", file=path, line=number)
    return {v: (q, tuple(replicas.get(v, ()))) for v, q in primary.items()}


def repartition(problem: Problem, old: Places, *, moved_share: float = MOVED_SHARE) -> Carried:
    """Keep old places by name, place new nodes beside their neighbours, and climb there until nothing gains.

    At most `moved_share` of the old nodes move. Where limits are broken all nodes on FPGAs that are too full may move too.
    Raises `InfeasibleError` if the result is not legal. Deterministic.
    """
    primary, replicas = _kept(problem, old)
    known = primary >= 0
    _place_new(problem, primary)
    start = Partition(primary, replicas)
    partition = _climbed(problem, start, _around(problem, np.flatnonzero(~known)), known, moved_share)
    if problem.violations(partition):
        everyone = np.arange(problem.graph.n_nodes)
        partition = _climbed(problem, partition, everyone, known, moved_share)
    wrong = problem.violations(partition)
    if wrong:
        raise InfeasibleError(f"the old solution does not fit the new netlist with so few moves: {wrong[0]}")
    return Carried(partition, int((~known).sum()), int((partition.primary != primary)[known].sum()))


def _kept(problem: Problem, old: Places) -> tuple[IntArray, IntArray]:
    """Primaries (-1: new) and replicas under the limits of the new problem."""
    n = problem.graph.n_nodes
    primary = np.full(n, -1, dtype=np.int32)
    copies = []
    for v in range(n):
        place = old.get(problem.graph.node_label(v))
        if place is not None:
            primary[v] = place[0] if problem.fixed[v] < 0 else problem.fixed[v]
            if problem.replicable[v]:
                copies += [(v, q) for q in dict.fromkeys(place[1]) if q != primary[v]]
    fixed = (primary < 0) & (problem.fixed >= 0)
    primary[fixed] = problem.fixed[fixed]
    for v in np.flatnonzero(problem.group >= 0).tolist():
        mates = primary[(problem.group == problem.group[v])]
        primary[v] = next((p for p in mates.tolist() if p >= 0), -1)
    replicas = np.array([(v, q) for v, q in copies if q != primary[v]], dtype=np.int32).reshape(-1, 2)
    return primary, replicas


def _place_new(problem: Problem, primary: IntArray) -> None:
    """Give every new node the FPGA with the most of its neighbours among those with room; the emptiest without any."""
    graph, capacity = problem.graph, problem.capacity
    nets, start = incidence(problem)
    used = np.zeros_like(capacity)
    placed = primary >= 0
    np.add.at(used, primary[placed], graph.node_weights[placed])
    waiting = np.flatnonzero(~placed).tolist()
    while waiting:
        score = {v: _pull(problem, nets[start[v] : start[v + 1]], primary) for v in waiting}
        ready = [v for v in waiting if score[v].any()] or waiting[:1]
        for v in ready:
            full = (used + graph.node_weights[v] > capacity).any(axis=1)
            room = np.min((capacity - used) / np.maximum(capacity, 1), axis=1)
            q = int(np.lexsort((-room, -score[v], full))[0])
            primary[v] = q
            used[q] += graph.node_weights[v]
        waiting = [v for v in waiting if primary[v] < 0]


def _pull(problem: Problem, nets: IntArray, primary: IntArray) -> np.ndarray:
    """float [K]: how much the nets of a node draw it to each FPGA."""
    graph = problem.graph
    pull = np.zeros(problem.board.n_fpgas)
    for e in nets.tolist():
        pins = graph.pins[graph.net_start[e] : graph.net_start[e + 1]]
        if 1 < len(pins) < _WIDE:
            there = primary[pins]
            np.add.at(pull, there[there >= 0], problem.hop_weights[e] / (len(pins) - 1))
    return pull


def _around(problem: Problem, nodes: IntArray) -> IntArray:
    """The nodes and their neighbours over nets that are not wide, ascending."""
    graph = problem.graph
    nets, start = incidence(problem)
    of_nodes = np.unique(nets[join_ranges(start[nodes], start[nodes + 1])])
    of_nodes = of_nodes[np.diff(graph.net_start)[of_nodes] < _WIDE]
    pins = graph.pins[join_ranges(graph.net_start[of_nodes], graph.net_start[of_nodes + 1])]
    return np.union1d(nodes, pins)


def incidence(problem: Problem) -> tuple[IntArray, IntArray]:
    """``(nets, start)``: the nets with a source that each node belongs to; node v has nets[start[v]:start[v + 1]]."""
    graph = problem.graph
    net = np.repeat(np.arange(graph.n_nets), np.diff(graph.net_start))
    driven = graph.source[net] >= 0
    node, net = graph.pins[driven], net[driven]
    order = np.argsort(node, kind="stable")
    return net[order].astype(np.int64), np.searchsorted(node[order], np.arange(graph.n_nodes + 1)).astype(np.int64)


def _climbed(problem: Problem, start: Partition, nodes: IntArray, known: np.ndarray, moved_share: float) -> Partition:
    """The start after `climb` over `nodes`; of the `known` ones at most a share moves."""
    from eda.partition.local_kernels import State, Task, climb

    graph, board = problem.graph, problem.board
    alone = np.ones(graph.n_nodes, dtype=bool)
    alone[np.concatenate([np.zeros(0, dtype=np.int32), *problem.apart])] = False  # these keep the places they have
    free = alone & (problem.fixed < 0) & (problem.group < 0)
    nets, first = incidence(problem)
    distance = np.where(board.distance == UNREACHABLE, board.n_fpgas + board.max_hop, board.distance)
    task = Task(
        nets,
        first,
        np.array(graph.source),
        np.array(graph.node_weights),
        np.array(problem.capacity),
        np.array(board.external_limit),
        np.array(problem.hop_weights),
        np.array(graph.net_weights),
        distance.astype(np.int64),
        board.max_hop,
    )
    at = start.locations(board.n_fpgas)
    used, load = start.usage(graph, problem.limits), start.external_load(graph, board)
    state = State(np.array(start.primary, dtype=np.int64), at, _counts(problem, at), used, load)
    movable = np.where(free, np.where(known, 2, 1), 0).astype(np.int8)
    budget = int(moved_share * known.sum())
    climb(task, state, nodes.astype(np.int64), movable, problem.replicable & alone, budget, _PASSES)
    at[np.arange(graph.n_nodes), state.primary] = False
    return Partition(state.primary, np.argwhere(at))


def _counts(problem: Problem, at: np.ndarray) -> np.ndarray:
    """int32 [E, K]: copies of sinks of each net on each FPGA."""
    graph = problem.graph
    net = np.repeat(np.arange(graph.n_nets), np.diff(graph.net_start))
    sink = graph.pins != graph.source[net]
    count = np.zeros((graph.n_nets, problem.board.n_fpgas), dtype=np.int32)
    for q in range(problem.board.n_fpgas):
        held = at[graph.pins, q] & sink
        count[:, q] = np.bincount(net[held], minlength=graph.n_nets)
    return count

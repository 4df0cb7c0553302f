"""What a partition costs under each objective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.hypergraph import UNREACHABLE, Board, Partition
from eda.ir.netlist import IntArray
from eda.partition.problem import Problem
from eda.partition.routing import link_loads
from eda.partition.steiner import tree_length


@dataclass(frozen=True, eq=False)
class Crossing:
    """The N nets that leave an FPGA: their numbers, the FPGA of their sources' primaries, and bool [N, K] where they go."""

    nets: IntArray
    home: IntArray
    remote: npt.NDArray[np.bool_]


def crossing(problem: Problem, partition: Partition) -> Crossing:
    """The nets with remote FPGAs."""
    nets, remote = partition.remote(problem.graph, problem.board.n_fpgas)
    leaving = remote.any(axis=1)
    nets = nets[leaving]
    return Crossing(nets, partition.primary[problem.graph.source[nets]], remote[leaving])


def cost(problem: Problem, partition: Partition, objective: str | None = None) -> int:
    """The value of an objective of `problem.OBJECTIVES`; by default the problem's own.

    "tdm" is the largest number of nets that share a wire of a link, rounded up.
    """
    return costs(problem, crossing(problem, partition), (objective or problem.objective,))[objective or problem.objective]


def costs(problem: Problem, cross: Crossing, objectives: tuple[str, ...]) -> dict[str, int]:
    """The values of several objectives."""
    weight = problem.hop_weights[cross.nets]
    distance = path_lengths(problem.board)
    value = {
        "hops": lambda: int(weight @ (distance[cross.home] * cross.remote).sum(axis=1)),
        "cut": lambda: int(weight.sum()),
        "connectivity": lambda: int(weight @ cross.remote.sum(axis=1)),
        "steiner": lambda: _steiner(distance, cross, weight),
        "tdm": lambda: int(ratios(problem, loads_of_links(problem, cross)).max(initial=0)),
    }
    return {name: value[name]() for name in objectives}


def path_lengths(board: Board) -> IntArray:
    """int64 [K, K]: links of shortest paths; the number of FPGAs where there is none, as `Partition.hops` counts it."""
    return np.where(board.distance == UNREACHABLE, board.n_fpgas, board.distance).astype(np.int64)


def _steiner(distance: IntArray, cross: Crossing, weight: IntArray) -> int:
    joined = cross.remote.copy()
    joined[np.arange(len(joined)), cross.home] = True
    sets, weights = grouped(joined, weight)
    return sum(int(w) * tree_length(distance, np.flatnonzero(row)) for row, w in zip(sets, weights, strict=True))


def grouped(rows: npt.NDArray[np.bool_], weight: IntArray) -> tuple[npt.NDArray[np.bool_], IntArray]:
    """The distinct rows, and the sum of the weights of each."""
    packed, back = np.unique(np.packbits(rows, axis=1), axis=0, return_inverse=True)
    sums = np.zeros(len(packed), dtype=np.int64)
    np.add.at(sums, back.ravel(), weight)
    return np.unpackbits(packed, axis=1, count=rows.shape[1]).astype(bool), sums


def loads_of_links(problem: Problem, cross: Crossing) -> IntArray:
    """int64 [M]: weight of the nets on each link, every net over a tree of shortest paths from its source."""
    k = problem.board.n_fpgas
    at_home = np.arange(k) == cross.home[:, None]
    kinds, weights = grouped(np.concatenate([at_home, cross.remote], axis=1), problem.graph.net_weights[cross.nets])
    return link_loads(problem.board, np.argmax(kinds[:, :k], axis=1), kinds[:, k:], weights, problem.link_widths)


def ratios(problem: Problem, loads: IntArray) -> IntArray:
    """int64 [M]: how many nets share a wire of each link."""
    return -(-loads // problem.link_widths)

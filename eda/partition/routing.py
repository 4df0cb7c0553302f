"""Nets on the links of a board: each over a tree of shortest paths from its source, away from what is full."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eda.ir.hypergraph import Board
from eda.ir.netlist import IntArray

_PASSES = 2


def link_loads(board: Board, home: IntArray, remote: npt.NDArray[np.bool_], weight: IntArray, widths: IntArray) -> IntArray:
    """int64 [M]: weight on each link of N bundles of nets, from the FPGAs `home` [N] to those in `remote` bool [N, K].

    A bundle loads a link once, however many of its targets lie behind. Heavy bundles go first; a target is joined over
    links with the least load per wire; then every bundle is taken out and put back once more. Targets without a path are
    left out.
    """
    links = _link_numbers(board)
    loads = np.zeros(len(board.links), dtype=np.int64)
    trees: list[list[int]] = [[] for _ in home]
    order = np.argsort(-weight, kind="stable").tolist()
    for _ in range(_PASSES):
        for i in order:
            loads[trees[i]] -= weight[i]
            trees[i] = _tree(board, links, int(home[i]), np.flatnonzero(remote[i]), (loads + weight[i]) / widths)
            loads[trees[i]] += weight[i]
    return loads


def _link_numbers(board: Board) -> IntArray:
    """int [K, K]: the number of the link between two FPGAs, or -1."""
    number = np.full((board.n_fpgas, board.n_fpgas), -1, dtype=np.int64)
    a, b = board.links.T
    number[a, b] = number[b, a] = np.arange(len(board.links))
    return number


def _tree(board: Board, links: IntArray, home: int, targets: IntArray, full: npt.NDArray[np.float64]) -> list[int]:
    """Links of a tree of shortest paths; `full` is the load per wire that each link would have."""
    distance = board.distance[home]
    reached, tree = {home}, []
    for target in sorted(targets.tolist(), key=lambda q: (distance[q], q)):
        at = target
        while at not in reached and distance[at] > 0:
            reached.add(at)
            nearer = np.flatnonzero((links[at] >= 0) & (distance == distance[at] - 1))
            joined = [q for q in nearer.tolist() if q in reached]
            before = min(joined or nearer.tolist(), key=lambda q: full[links[at, q]])
            tree.append(int(links[at, before]))
            at = before
    return tree

"""Trees that join some FPGAs of a board: exact for few, by shortest paths for many."""

from __future__ import annotations

import numpy as np

from eda.ir.netlist import IntArray

EXACT_UP_TO = 6
"""Terminals for which `tree_length` is a proven minimum."""


def tree_length(distance: IntArray, terminals: IntArray) -> int:
    """Links of a tree that joins the terminals; `distance` int [K, K] between all FPGAs.

    Minimal for up to `EXACT_UP_TO` terminals (Dreyfus and Wagner 1971), else that of Takahashi and Matsuyama (1980), at most
    twice as long: the nearest terminal is joined to the tree again and again.
    """
    if len(terminals) < 2:
        return 0
    if len(terminals) == 2:
        return int(distance[terminals[0], terminals[1]])
    return _exact(distance, terminals) if len(terminals) <= EXACT_UP_TO else _nearest_first(distance, terminals)


def _exact(distance: IntArray, terminals: IntArray) -> int:
    """best[set][v]: links of the smallest tree that joins a set of terminals and the FPGA v."""
    count = len(terminals) - 1
    best = np.zeros((1 << count, len(distance)), dtype=np.int64)
    for i in range(count):
        best[1 << i] = distance[terminals[i]]
    for members in range(1, 1 << count):
        if members & (members - 1) == 0:
            continue
        part, joined = (members - 1) & members, np.full(len(distance), 2**40)
        while part > members - part:
            joined = np.minimum(joined, best[part] + best[members - part])
            part = (part - 1) & members
        best[members] = (joined[:, None] + distance).min(axis=0)
    return int(best[-1][terminals[-1]])


def _nearest_first(distance: IntArray, terminals: IntArray) -> int:
    """A path to a terminal puts all FPGAs of one shortest path into the tree."""
    near = distance[terminals[0]].copy()
    waiting, length = list(terminals[1:]), 0
    tree = [int(terminals[0])]
    while waiting:
        nearest = min(waiting, key=lambda t: (near[t], t))
        waiting.remove(nearest)
        length += int(near[nearest])
        start = min(tree, key=lambda p: (distance[p, nearest], p))
        path = _path(distance, start, int(nearest))
        tree += path
        near = np.minimum(near, distance[path].min(axis=0)) if path else near
    return length


def _path(distance: IntArray, start: int, end: int) -> list[int]:
    """FPGAs of one shortest path, `start` left out."""
    path = []
    at = start
    while at != end:
        at = int(np.flatnonzero((distance[at] == 1) & (distance[:, end] == distance[at, end] - 1))[0])
        path.append(at)
    return path

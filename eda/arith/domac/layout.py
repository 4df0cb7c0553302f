"""A staged compressor tree laid out for batched tensors: every column of a stage is a small matrix, equal sizes together.

A stage's columns with compressors are blocks; each holds a matrix of n signals by n ports. Blocks of similar height form a
bucket and are padded to its size, so that one batched product wires them all; columns that only pass through have no
matrix. Index arrays lead from the signals of a stage to its ports, from ports to compressor pins, and from compressor
outputs and passing ports to the signals of the next stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.ir.tree import StagedTree

IntArray = npt.NDArray[np.integer[Any]]

_WHOLE = 8
"""Heights up to this one share a bucket."""

_STEP = 1.3
"""Largest ratio between the heights in one bucket above that."""


@dataclass(frozen=True, eq=False)
class Bucket:
    """C blocks padded to `size` n, in the order of stages and columns.

    stage, column  int [C]
    height         int [C]     signals and ports of each block
    wiring         int [C, n]  the port of each signal in the tree laid out; the padding is wired straight
    """

    size: int
    stage: IntArray
    column: IntArray
    height: IntArray
    wiring: IntArray

    @property
    def live(self) -> npt.NDArray[np.bool_]:
        """bool [C, n, n]: True where signal u and port v exist."""
        real = np.arange(self.size) < self.height[:, None]
        return real[:, :, None] & real[:, None, :]

    @property
    def straight(self) -> npt.NDArray[np.bool_]:
        """bool [C, n, n]: the padding's diagonal."""
        return np.eye(self.size, dtype=bool) & ~self.live


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of N signals, n compressors and T places for ports. ``N + 1`` is one place of padding.

    parts    (bucket, first block, last block + 1) of each bucket that has blocks here
    signals  int [T]     the signal at each row of those blocks
    jobs     slice       the compressors, in the order of `StagedTree.impl`
    pins     int [n, 3]  the port of each pin: a place among the T, a missing pin repeats pin a
    after    int [N']    each next signal: compressor outputs 0..2n-1 (sum and carry in turn), then 2n + port, then
                         2n + T + a signal of this stage that passes
    outputs  int [n, 2]  the next signal that each sum, carry becomes; N' for a dropped carry
    ports    int [T]     what each port shows to its signal: pins 0..3n-1, then 3n + next signal
    above    int [N]     where each signal finds its load: a row among the T, or T + next signal
    """

    parts: tuple[tuple[int, int, int], ...]
    signals: IntArray
    jobs: slice
    pins: IntArray
    after: IntArray
    outputs: IntArray
    ports: IntArray
    above: IntArray


@dataclass(frozen=True, eq=False)
class Layout:
    """A staged tree as `Bucket`s and `Stage`s. `kind` int [J]: 1 for full adders; `final` int: columns of last signals."""

    tree: StagedTree
    buckets: tuple[Bucket, ...]
    stages: tuple[Stage, ...]
    kind: IntArray
    final: IntArray


def layout(tree: StagedTree) -> Layout:
    """Lay out a staged tree."""
    limits = _limits(int(tree.heights.max(initial=1)))
    blocks = _blocks(tree, limits)
    buckets = [_bucket(tree, size, members) for size, members in zip(limits, blocks, strict=True)]
    stages, first = [], 0
    for s in range(tree.n_stages):
        stages.append(_stage(tree, s, [(size, m) for size, m in zip(limits, blocks, strict=True)], first))
        first = stages[-1].jobs.stop
    kinds = [k for s in range(tree.n_stages) for c in range(tree.heap.width) for k in _kinds(tree, s, c)]
    final = np.repeat(np.arange(tree.heap.width), tree.heights[-1])
    return Layout(tree, tuple(buckets), tuple(stages), np.array(kinds, dtype=np.int64), final)


def _limits(tallest: int) -> list[int]:
    """Sizes of the buckets, ascending."""
    limits = [tallest]
    while limits[0] > _WHOLE:
        limits.insert(0, int(limits[0] / _STEP))
    return limits


def _kinds(tree: StagedTree, stage: int, column: int) -> list[int]:
    return [1] * int(tree.full[stage, column]) + [0] * int(tree.half[stage, column])


def _blocks(tree: StagedTree, limits: Sequence[int]) -> list[list[tuple[int, int]]]:
    """(stage, column) of the blocks of each bucket."""
    out: list[list[tuple[int, int]]] = [[] for _ in limits]
    for s, c in np.argwhere(tree.full + tree.half > 0).tolist():
        out[int(np.searchsorted(limits, tree.heights[s, c]))].append((s, c))
    return out


def _bucket(tree: StagedTree, size: int, members: Sequence[tuple[int, int]]) -> Bucket:
    wiring = np.tile(np.arange(size), (len(members), 1))
    for k, (s, c) in enumerate(members):
        ports = tree.wiring[s * tree.heap.width + c]
        wiring[k, : len(ports)] = ports
    where = np.array(members, dtype=np.int64).reshape(-1, 2)
    return Bucket(size, where[:, 0], where[:, 1], tree.heights[where[:, 0], where[:, 1]], wiring)


def _stage(tree: StagedTree, stage: int, blocks: Sequence[tuple[int, list[tuple[int, int]]]], first_job: int) -> Stage:
    width = tree.heap.width
    now, then = tree.heights[stage], tree.heights[stage + 1]
    start = np.concatenate(([0], np.cumsum(now)))
    start_then = np.concatenate(([0], np.cumsum(then)))
    parts, signals, row = [], [], np.full(width, -1, dtype=np.int64)
    places = 0
    for b, (size, members) in enumerate(blocks):
        mine = [k for k, (s, _) in enumerate(members) if s == stage]
        if not mine:
            continue
        parts.append((b, mine[0], mine[-1] + 1))
        for k in mine:
            c = members[k][1]
            row[c] = places
            real = np.arange(size) < now[c]
            signals.append(np.where(real, start[c] + np.arange(size), start[-1]))
            places += size
    full, half = tree.full[stage], tree.half[stage]
    count = full + half
    first = np.concatenate(([0], np.cumsum(count)))
    jobs = int(first[-1])
    pins, outputs = np.zeros((jobs, 3), dtype=np.int64), np.full((jobs, 2), start_then[-1], dtype=np.int64)
    after = np.empty(start_then[-1], dtype=np.int64)
    ports = np.full(places, 3 * jobs + start_then[-1], dtype=np.int64)
    above = np.empty(start[-1], dtype=np.int64)
    for c in range(width):
        n_full, own = int(full[c]), np.arange(first[c], first[c + 1])
        carried = int(count[c - 1]) if c else 0
        spent, waiting = 3 * n_full + 2 * int(half[c]), int(now[c]) - 3 * n_full - 2 * int(half[c])
        outputs[own, 0] = start_then[c] + carried + np.arange(count[c])
        if c + 1 < width:
            outputs[own, 1] = start_then[c + 1] + np.arange(count[c])
        passing = start_then[c] + carried + int(count[c]) + np.arange(waiting)
        if row[c] < 0:
            after[passing] = 2 * jobs + places + start[c] + np.arange(waiting)
            above[start[c] : start[c + 1]] = places + passing
            continue
        pins[own[:n_full]] = row[c] + np.arange(3 * n_full).reshape(-1, 3)
        pins[own[n_full:], :2] = row[c] + np.arange(3 * n_full, spent).reshape(-1, 2)
        pins[own[n_full:], 2] = pins[own[n_full:], 0]
        slots = [3 * j + p for k, j in enumerate(own.tolist()) for p in range(3 if k < n_full else 2)]
        ports[row[c] : row[c] + spent] = slots
        ports[row[c] + spent : row[c] + spent + waiting] = 3 * jobs + passing
        after[passing] = 2 * jobs + row[c] + np.arange(spent, spent + waiting)
        above[start[c] : start[c + 1]] = row[c] + np.arange(now[c])
    made = np.flatnonzero(outputs.ravel() < start_then[-1])
    after[outputs.ravel()[made]] = made
    flat = np.concatenate(signals) if signals else np.zeros(0, dtype=np.int64)
    return Stage(tuple(parts), flat, slice(first_job, first_job + jobs), pins, after, outputs, ports, above)

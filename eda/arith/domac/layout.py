"""A staged compressor tree laid out for batched tensors: every column of a stage is a small matrix, equal sizes together.

A stage's columns with compressors are blocks; each holds a matrix of n signals by n ports. Blocks of similar height form a
bucket and are padded to its size, so that one batched product wires them all; columns that only pass through have no
matrix. Index arrays lead from the signals of a stage to its ports, from ports to compressor pins, and from compressor
outputs and passing ports to the signals of the next stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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
    """Stage `stage`; `blocks` has the size and the members of each bucket, `first_job` its first compressor."""
    start = _starts(tree.heights[stage])
    parts, signals, row = _rows(stage, blocks, start, tree.heap.width)
    numbers = _Numbers(
        start=start,
        start_then=_starts(tree.heights[stage + 1]),
        first=_starts(tree.full[stage] + tree.half[stage]),
        row=row,
        places=len(signals),
    )
    jobs, then = int(numbers.first[-1]), int(numbers.start_then[-1])
    made = Stage(
        parts,
        signals,
        slice(first_job, first_job + jobs),
        pins=np.zeros((jobs, 3), dtype=np.int64),
        after=np.empty(then, dtype=np.int64),
        outputs=np.full((jobs, 2), then, dtype=np.int64),
        ports=np.full(len(signals), 3 * jobs + then, dtype=np.int64),
        above=np.empty(start[-1], dtype=np.int64),
    )
    for c in range(tree.heap.width):
        _outputs(made, numbers, c)
        if row[c] < 0:
            _pass_whole(made, numbers, c)
        else:
            _fill(made, numbers, c, int(tree.full[stage, c]), int(tree.half[stage, c]))
    kept = np.flatnonzero(made.outputs.ravel() < then)
    made.after[made.outputs.ravel()[kept]] = kept
    return made


class _Numbers(NamedTuple):
    """Of each column of a stage: its first signal, first next signal, first compressor; the row of its block or -1. And how
    many rows there are."""

    start: IntArray
    start_then: IntArray
    first: IntArray
    row: IntArray
    places: int

    def jobs(self, c: int) -> IntArray:
        """The compressors of column c."""
        return np.arange(self.first[c], self.first[c + 1])

    def passing(self, c: int, waiting: int) -> IntArray:
        """The next signals that the `waiting` ones of column c become: the last of their column."""
        return self.start_then[c + 1] - waiting + np.arange(waiting)


def _starts(counts: IntArray) -> IntArray:
    return np.concatenate(([0], np.cumsum(counts)))


def _rows(
    stage: int, blocks: Sequence[tuple[int, list[tuple[int, int]]]], start: IntArray, width: int
) -> tuple[tuple[tuple[int, int, int], ...], IntArray, IntArray]:
    """The parts of a stage, the signal at each row of its blocks, and the first row of each column's block or -1."""
    parts: list[tuple[int, int, int]] = []
    signals: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    row = np.full(width, -1, dtype=np.int64)
    places = 0
    for b, (size, members) in enumerate(blocks):
        own = [k for k, (s, _) in enumerate(members) if s == stage]
        if own:
            parts.append((b, own[0], own[-1] + 1))
        for c in (members[k][1] for k in own):
            row[c] = places
            at = start[c] + np.arange(size)
            signals.append(np.where(at < start[c + 1], at, start[-1]))
            places += size
    return tuple(parts), np.concatenate(signals), row


def _outputs(made: Stage, numbers: _Numbers, c: int) -> None:
    """Where sums and carries of column c go: carries first in their column, then sums."""
    jobs = numbers.jobs(c)
    carried = int(numbers.first[c] - numbers.first[c - 1]) if c else 0
    made.outputs[jobs, 0] = numbers.start_then[c] + carried + np.arange(len(jobs))
    if c + 2 < len(numbers.first):
        made.outputs[jobs, 1] = numbers.start_then[c + 1] + np.arange(len(jobs))


def _pass_whole(made: Stage, numbers: _Numbers, c: int) -> None:
    """A column without compressors."""
    now = np.arange(numbers.start[c], numbers.start[c + 1])
    passing = numbers.passing(c, len(now))
    made.after[passing] = 2 * len(made.pins) + numbers.places + now
    made.above[now] = numbers.places + passing


def _fill(made: Stage, numbers: _Numbers, c: int, n_full: int, n_half: int) -> None:
    """Pins, passing ports and loads of a column with compressors."""
    jobs, row, count = numbers.jobs(c), int(numbers.row[c]), int(numbers.start[c + 1] - numbers.start[c])
    spent = 3 * n_full + 2 * n_half
    passing = numbers.passing(c, count - spent)
    full, half = jobs[:n_full], jobs[n_full:]
    made.pins[full] = row + np.arange(3 * n_full).reshape(-1, 3)
    made.pins[half, :2] = row + np.arange(3 * n_full, spent).reshape(-1, 2)
    made.pins[half, 2] = made.pins[half, 0]
    made.ports[row : row + 3 * n_full] = (3 * full[:, None] + np.arange(3)).ravel()
    made.ports[row + 3 * n_full : row + spent] = (3 * half[:, None] + np.arange(2)).ravel()
    made.ports[row + spent : row + count] = 3 * len(made.pins) + passing
    made.after[passing] = 2 * len(made.pins) + row + np.arange(spent, count)
    made.above[numbers.start[c] : numbers.start[c + 1]] = row + np.arange(count)

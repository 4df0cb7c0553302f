"""The compressor tree: full and half adders that reduce every column of a bit heap to at most two dots.

Two views of one thing. `CompressorTree` is a flat graph in topological order: generators, local search, exact timing
and the Verilog writer work on it. `StagedTree` has counts per stage and column and one permutation for each: what
relaxations and count-based searches work on. Invariants, named in the messages of `verify`:

C1  no column of a stage spends more dots than it has
C2  every final column has at most two dots
C3  every dot is used at most once (what is not used is final)
C4  all inputs of a compressor have its weight; the sum keeps it, the carry has the next
C5  the only carries that are dropped leave the last column: the heap is modulo 2**width

C3 and C4 with ``a + b + ci = s + 2 co`` are why the value of the heap cannot change (C6). Where the heap is as wide as
its exact sum, what C5 drops is always 0.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.heap import BitHeap

IntArray = npt.NDArray[np.integer[Any]]

NO_INPUT = -1
FULL_INPUTS = 3

ADDER_CELL, GATES = 0, 1
"""Implementations of a compressor: one multi-output cell, or two-input gates."""

FOUR_TWO = -1
"""Implementation of the second full adder of a 4:2 compressor. Its pin a is the sum of the first, which nothing else reads:
in gates, the sum of the four inputs of both is then formed as a tree of XORs, before the bit at the second's pin ci."""


@dataclass(frozen=True, eq=False, repr=False)
class CompressorTree:
    """Compressors over the dots of `heap`, whose constant must already be dots (`BitHeap.with_constant_dots`).

    Signals are numbers: 0..D-1 are the dots of the heap, D+2j and D+2j+1 the sum and the carry of compressor j.
    J compressors, each after those it reads:
      column  int32 [J]     the weight of its inputs and its sum
      inputs  int32 [J, 3]  signals on the pins a, b, ci; the last is -1 for a half adder
      impl    int8  [J]     how it is built: ADDER_CELL, GATES, FOUR_TWO, or a further number that the producer gives a
                            meaning
    """

    heap: BitHeap
    column: IntArray
    inputs: IntArray
    impl: IntArray

    def __post_init__(self) -> None:
        for name, dtype in (("column", np.int32), ("inputs", np.int32), ("impl", np.int8)):
            array = np.array(getattr(self, name), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        n = self.n_compressors
        if self.inputs.shape != (n, FULL_INPUTS) or self.impl.shape != (n,):
            raise InputError(f"compressor tree: {n} columns but inputs {self.inputs.shape}, implementations {self.impl.shape}")
        if self.heap.constant:
            raise InputError("compressor tree: the constant of the heap is not among its dots")

    # --- sizes and signals --------------------------------------------------------------------------------------------

    @property
    def n_compressors(self) -> int:
        return len(self.column)

    @property
    def n_signals(self) -> int:
        return self.heap.n_dots + 2 * self.n_compressors

    @cached_property
    def is_full(self) -> npt.NDArray[np.bool_]:
        """bool [J]: True for full adders."""
        return self.inputs[:, 2] != NO_INPUT

    @property
    def is_four_two(self) -> npt.NDArray[np.bool_]:
        """bool [J]: True for the second full adder of a 4:2 compressor."""
        return self.impl == FOUR_TWO

    @property
    def n_full(self) -> int:
        return int(self.is_full.sum())

    @property
    def n_half(self) -> int:
        return self.n_compressors - self.n_full

    @property
    def sums(self) -> IntArray:
        """int64 [J]: the sum signal of each compressor; its carry is the next number."""
        return self.heap.n_dots + 2 * np.arange(self.n_compressors)

    @cached_property
    def signal_column(self) -> IntArray:
        """int32 [signals]: the weight of every signal; ``heap.width`` for dropped carries."""
        out = np.empty(self.n_signals, dtype=np.int32)
        out[: self.heap.n_dots] = self.heap.column
        out[self.sums] = self.column
        out[self.sums + 1] = self.column + 1
        return out

    @cached_property
    def uses(self) -> IntArray:
        """int64 [signals]: how many compressor pins read each signal."""
        return np.bincount(self.inputs[self.inputs != NO_INPUT], minlength=self.n_signals)

    @cached_property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """The final signals of each column, lowest number first: the operands of the final adder."""
        out: list[list[int]] = [[] for _ in range(self.heap.width)]
        final = np.flatnonzero((self.uses == 0) & (self.signal_column < self.heap.width))
        for signal, column in zip(final.tolist(), self.signal_column[final].tolist(), strict=True):
            out[column].append(signal)
        return tuple(map(tuple, out))

    @cached_property
    def level(self) -> IntArray:
        """int32 [J]: 1 + the largest level among the compressors it reads; 1 if it reads dots only."""
        level = [0] * self.n_compressors
        dots = self.heap.n_dots
        for j, pins in enumerate(self.inputs.tolist()):
            level[j] = 1 + max(level[(p - dots) >> 1] if p >= dots else 0 for p in pins)
        return np.array(level, dtype=np.int32)

    @property
    def depth(self) -> int:
        """Largest number of compressors on a path."""
        return int(self.level.max(initial=0))

    # --- verification -------------------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Raise `InputError`, naming the rule and the first compressor or column, unless the invariants hold."""
        self._demand((self.column >= 0) & (self.column < self.heap.width), "C5: lies outside the heap")
        pins = self.inputs.copy()
        half = ~self.is_full
        pins[half, 2] = pins[half, 1]
        self._demand((pins >= 0).all(axis=1) & (pins.max(axis=1) < self.sums), "reads a signal that does not exist before it")
        self._demand((self.signal_column[pins] == self.column[:, None]).all(axis=1), "C4: reads a signal of another column")
        twice = np.flatnonzero(self.uses > 1)
        if len(twice):
            raise InputError(f"compressor tree: C3: signal {twice[0]} is used {self.uses[twice[0]]} times")
        lone = self.is_four_two & ((pins[:, 0] < self.heap.n_dots) | ((pins[:, 0] - self.heap.n_dots) % 2 == 1) | half)
        self._demand(~lone, "is marked as part of a 4:2 compressor, but its pin a is no sum of a full adder")
        first = (pins[self.is_four_two, 0] - self.heap.n_dots) // 2
        if not self.is_full[first].all():
            raise InputError(f"compressor tree: {self.line(int(first[~self.is_full[first]][0]))}: begins a 4:2 compressor")
        tall = [c for c, row in enumerate(self.rows) if len(row) > 2]
        if tall:
            raise InputError(
                f"compressor tree: C2: column {tall[0]} ends with {len(self.rows[tall[0]])} dots, expected at most 2"
            )

    def _demand(self, holds: npt.NDArray[np.bool_], complaint: str) -> None:
        bad = np.flatnonzero(~holds)
        if len(bad):
            raise InputError(f"compressor tree: {self.line(int(bad[0]))}: {complaint}")

    # --- identity -----------------------------------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        """SHA-256 that does not depend on the order of compressors, nor of the pins a and b (C7).

        Compressors are ranked level by level, in each by column, kind, implementation and the ranks of their inputs.
        """
        rank = np.arange(self.n_signals, dtype=np.int64)
        h = hashlib.sha256(np.concatenate(([self.heap.width], self.heap.column)).astype(np.int64).tobytes())
        first = self.heap.n_dots
        for level in range(1, self.depth + 1):
            group = np.flatnonzero(self.level == level)
            pins = np.where(self.inputs[group] == NO_INPUT, NO_INPUT, rank[self.inputs[group]])
            pins[:, :2].sort(axis=1)
            rows = np.column_stack((self.column[group], self.is_full[group], self.impl[group], pins))
            order = np.lexsort(rows.T[::-1])
            h.update(rows[order].tobytes())
            places = first + 2 * np.arange(len(group))
            rank[self.sums[group[order]]], rank[self.sums[group[order]] + 1] = places, places + 1
            first += 2 * len(group)
        return h.hexdigest()

    def line(self, j: int) -> str:
        """Compressor j as text, such as ``column 3: s20 c21 = fa(d4, d7, s12)``."""
        pins = ", ".join(self._label(int(p)) for p in self.inputs[j] if p != NO_INPUT)
        s = int(self.sums[j])
        suffix = f" #{self.impl[j]}" if self.impl[j] else ""
        return f"column {self.column[j]}: s{s} c{s + 1} = {'fa' if self.is_full[j] else 'ha'}({pins}){suffix}"

    def _label(self, signal: int) -> str:
        above = signal - self.heap.n_dots
        return f"d{signal}" if above < 0 else f"{'sc'[above & 1]}{signal}"

    def text(self) -> str:
        """Counts, then one line per compressor; ``d`` are dots, ``s`` and ``c`` sums and carries, by signal number."""
        head = f"compressor tree of {self.heap.width} columns: {self.n_full} fa, {self.n_half} ha, depth {self.depth}"
        return "\n".join([head, *(f"  {self.line(j)}" for j in range(self.n_compressors))])

    __repr__ = text

    # --- the other view -----------------------------------------------------------------------------------------------

    def staged(self) -> StagedTree:
        """The staged view: a compressor's stage is its level; signals that wait pass through."""
        shape = (self.depth, self.heap.width)
        where = (self.level - 1, self.column)
        full, half = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
        np.add.at(full, where, self.is_full)
        np.add.at(half, where, ~self.is_full)
        members: dict[tuple[int, int], list[int]] = {}
        order = np.lexsort((np.arange(self.n_compressors), ~self.is_full))
        for j in order.tolist():
            members.setdefault((int(self.level[j]) - 1, int(self.column[j])), []).append(j)
        present = [list(dots) for dots in self.heap.columns]
        wiring: list[IntArray] = []
        impl: list[int] = []
        for stage in range(self.depth):
            carries: list[list[int]] = [[] for _ in range(self.heap.width + 1)]
            following: list[list[int]] = []
            for column, signals in enumerate(present):
                group = members.get((stage, column), [])
                ports = [int(p) for j in group for p in self.inputs[j] if p != NO_INPUT]
                spent = set(ports)
                waiting = [x for x in signals if x not in spent]
                port_of = {x: v for v, x in enumerate(ports + waiting)}
                wiring.append(np.array([port_of[x] for x in signals], dtype=np.int32))
                impl += [int(self.impl[j]) for j in group]
                sums = [int(self.sums[j]) for j in group]
                carries[column + 1] = [s + 1 for s in sums]
                following.append(carries[column] + sums + waiting)
            present = following
        return StagedTree(self.heap, full, half, tuple(wiring), np.array(impl, dtype=np.int8))


@dataclass(frozen=True, eq=False, repr=False)
class StagedTree:
    """Counts and wiring of S stages over W columns.

    full, half  int32 [S, W]  full and half adders
    wiring      S*W permutations, stage by stage: ``wiring[s * W + c][u]`` is the port that signal u of that column
                drives. Ports: ``FA0.a FA0.b FA0.ci FA1.a ... HA0.a HA0.b ...``, then the pass-through ports. Signals of
                stage 0: the dots in order of addition; of the next stages: carries of column c-1, sums of column c,
                then what passed through.
    impl        int8 [J]      implementation of each compressor, in the order of stages, columns, full before half
    """

    heap: BitHeap
    full: IntArray
    half: IntArray
    wiring: tuple[IntArray, ...]
    impl: IntArray

    @property
    def n_stages(self) -> int:
        return len(self.full)

    @cached_property
    def heights(self) -> IntArray:
        """int64 [S + 1, W]: signals of each column before each stage, and at the end (the count recurrence, C2)."""
        return stage_heights(self.heap.heights, self.full, self.half)

    def verify(self) -> None:
        """Raise `InputError` unless C1, C2 and C3 hold in this view; `flat` checks the rest."""
        width = self.heap.width
        if self.full.shape != self.half.shape or self.full.shape[1:] != (width,):
            raise InputError(f"staged tree: counts of shape {self.full.shape} and {self.half.shape} for {width} columns")
        n = self.heights
        bad = np.argwhere((self.full < 0) | (self.half < 0) | (3 * self.full + 2 * self.half > n[:-1]))
        if len(bad):
            s, c = map(int, bad[0])
            spent = f"{self.full[s, c]} full and {self.half[s, c]} half adders"
            raise InputError(f"staged tree: C1: {spent} for {n[s, c]} dots at stage {s}, column {c}")
        tall = np.flatnonzero(n[-1] > 2)
        if len(tall):
            raise InputError(f"staged tree: C2: column {tall[0]} ends with {n[-1, tall[0]]} dots, expected at most 2")
        if len(self.wiring) != n[:-1].size:
            raise InputError(f"staged tree: {len(self.wiring)} permutations, expected {n[:-1].size}")
        for k, (ports, size) in enumerate(zip(self.wiring, n[:-1].ravel().tolist(), strict=True)):
            if not np.array_equal(np.sort(ports), np.arange(size)):
                raise InputError(f"staged tree: C3: no permutation of {size} signals at stage {k // width}, column {k % width}")

    def flat(self) -> CompressorTree:
        """The flat view of the same circuit; raises `InputError` where an invariant is broken."""
        self.verify()
        width, dots = self.heap.width, self.heap.n_dots
        present = [list(d) for d in self.heap.columns]
        columns: list[int] = []
        inputs: list[tuple[int, int, int]] = []
        for stage in range(self.n_stages):
            carries: list[list[int]] = [[] for _ in range(width + 1)]
            following: list[list[int]] = []
            for column, signals in enumerate(present):
                ports = [signals[u] for u in np.argsort(self.wiring[stage * width + column])]
                n_full, n_half = int(self.full[stage, column]), int(self.half[stage, column])
                pins = [(ports[3 * k], ports[3 * k + 1], ports[3 * k + 2]) for k in range(n_full)]
                ports = ports[3 * n_full :]
                pins += [(ports[2 * k], ports[2 * k + 1], NO_INPUT) for k in range(n_half)]
                sums = [dots + 2 * (len(inputs) + k) for k in range(len(pins))]
                columns += [column] * len(pins)
                inputs += pins
                carries[column + 1] = [s + 1 for s in sums]
                following.append(carries[column] + sums + ports[2 * n_half :])
            present = following
        tree = CompressorTree(self.heap, np.array(columns), np.array(inputs).reshape(-1, FULL_INPUTS), self.impl)
        tree.verify()
        return tree

    def text(self) -> str:
        """One line per stage: ``column:full+half`` where a column has compressors."""
        lines = [f"staged tree of {self.heap.width} columns, {self.n_stages} stages"]
        for s, (f, h) in enumerate(zip(self.full.tolist(), self.half.tolist(), strict=True)):
            lines.append(f"  {s}: " + " ".join(f"{c}:{f[c]}+{h[c]}" for c in range(self.heap.width) if f[c] or h[c]))
        return "\n".join(lines)

    __repr__ = text


def stage_heights(heights: IntArray, full: IntArray, half: IntArray) -> IntArray:
    """int64 [S + 1, W]: ``n[s+1,c] = n[s,c] - 2 full[s,c] - half[s,c] + full[s,c-1] + half[s,c-1]`` from `heights` [W]."""
    out = np.empty((len(full) + 1, len(heights)), dtype=np.int64)
    out[0] = heights
    for s, (f, h) in enumerate(zip(full, half, strict=True)):
        out[s + 1] = out[s] - 2 * f - h
        out[s + 1, 1:] += (f + h)[:-1]
    return out

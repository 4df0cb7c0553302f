"""The exact time of a compressor tree alone: arrivals of its dots in, latest arrival at the final adder out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.arith.domac.bank import Bank
from eda.ir.heap import BitHeap
from eda.ir.tree import NO_INPUT, CompressorTree

if TYPE_CHECKING:
    from eda.arith.domac.kernels import Cells, State, Tree

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Surroundings:
    """What a tree is timed in; ps and fF.

    arrival_ps  when every dot settles; None: the arrivals of the heap
    slew_ps     transition time of the dots
    load_ff     what the final adder puts on each signal that reaches it
    """

    arrival_ps: float | None = None
    slew_ps: float = 20.0
    load_ff: float = 1.6

    def arrivals(self, heap: BitHeap) -> FloatArray:
        """float [D, 2]: when each dot rises, falls; constants are there at 0."""
        if self.arrival_ps is not None:
            return np.full((heap.n_dots, 2), self.arrival_ps)
        return np.where(np.isfinite(heap.arrival), heap.arrival, 0.0)


TREE_ALONE = Surroundings(arrival_ps=50.0)
"""The convention for figures of trees alone: dots at 50 ps with 20 ps slew, 1.6 fF at the final adder."""


@dataclass(frozen=True, eq=False)
class TreeTiming:
    """Times of a tree. `arrival`, `slew`, `load` float [signals, 2]; rise, fall.

    delay_ps   largest of arrival minus required time at the final signals
    """

    tree: CompressorTree
    arrival: FloatArray
    slew: FloatArray
    load: FloatArray
    required: FloatArray
    area: float

    @cached_property
    def profile(self) -> FloatArray:
        """float [W]: latest arrival of each column's final signals; -inf where there is none."""
        return np.array([max((self.arrival[x].max() for x in row), default=-np.inf) for row in self.tree.rows])

    @property
    def delay_ps(self) -> float:
        return float((self.profile - self.required).max())


def time_tree(
    tree: CompressorTree, bank: Bank, where: Surroundings = TREE_ALONE, required: FloatArray | None = None
) -> TreeTiming:
    """Time `tree` by the tables of `bank`, rise and fall apart; `required` [W] ps per column, None: 0."""
    from eda.arith.domac import kernels

    numbers = kernel_tree(tree, bank)
    state = kernel_state(tree, where)
    cells = kernel_cells(bank)
    kernels.time_tree(numbers, cells, state, where.load_ff)
    area = float(bank.area[numbers.kind, numbers.impl].sum())
    limit = np.zeros(tree.heap.width) if required is None else np.asarray(required, dtype=np.float64)
    return TreeTiming(tree, state.arrival, state.slew, state.load, limit, area)


def kernel_cells(bank: Bank) -> Cells:
    """The bank as the compiled loops take it."""
    from eda.arith.domac.kernels import Cells

    values = np.ascontiguousarray(np.stack((bank.delay, bank.slew), axis=-1))
    area, cap, slews, loads = (np.ascontiguousarray(a) for a in (bank.area, bank.cap, bank.slews, bank.loads))
    return Cells(area, cap, slews, loads, values, bank.moves)


def kernel_tree(tree: CompressorTree, bank: Bank) -> Tree:
    """The tree as the compiled loops take it; implementations become positions in the bank."""
    from eda.arith.domac.kernels import Tree

    kind = tree.is_full.astype(np.int64)
    position = [{impl: k for k, impl in enumerate(names)} for names in bank.impl]
    impl = np.array([position[k][i] for k, i in zip(kind.tolist(), tree.impl.tolist(), strict=True)], dtype=np.int64)
    reader = np.full(tree.n_signals, -1, dtype=np.int64)
    at = np.flatnonzero(tree.inputs.ravel() != NO_INPUT)
    reader[tree.inputs.ravel()[at]] = at
    inputs = tree.inputs.astype(np.int64)
    return Tree(tree.heap.n_dots, inputs, kind, impl, reader, np.arange(tree.n_compressors))


def kernel_state(tree: CompressorTree, where: Surroundings) -> State:
    """Arrivals and slews of the dots; the rest is to be filled."""
    from eda.arith.domac.kernels import State

    arrival, slew = np.zeros((tree.n_signals, 2)), np.zeros((tree.n_signals, 2))
    arrival[: tree.heap.n_dots] = where.arrivals(tree.heap)
    slew[: tree.heap.n_dots] = where.slew_ps
    return State(arrival, slew, np.zeros((tree.n_signals, 2)))

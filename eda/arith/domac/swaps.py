"""Local search on a legal compressor tree: exchange ports and implementations while the exact time, or its price, falls.

Any two ports of a column may be exchanged, the final adder's among them and across stages, as long as the tree stays
acyclic. The exact time is that of the tables of a `Bank`, rise and fall apart, kept up incrementally.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.arith.domac.bank import Bank
from eda.arith.domac.exact import Surroundings, kernel_cells, kernel_state, kernel_tree
from eda.ir.tree import NO_INPUT, CompressorTree

if TYPE_CHECKING:
    from eda.arith.domac.kernels import Tree

FloatArray = npt.NDArray[np.float64]

_SWEEPS = 20
_GAMMAS = (16.0, 8.0, 4.0, 2.0)
"""Smoothing of the largest lateness, pass by pass (ps): wide at first, so that many paths near the latest count too."""


def improve(
    tree: CompressorTree,
    bank: Bank,
    where: Surroundings,
    required: FloatArray,
    *,
    per_area: float = 0.0,
    choose: bool = True,
) -> CompressorTree:
    """A tree no worse than `tree` by ``smooth largest lateness + per_area * area`` (ps per um2), and a local optimum of it.

    `required` [W] ps per column; `choose`: exchange implementations too.
    """
    from eda.arith.domac import kernels, swap_kernels

    numbers, cells, state = kernel_tree(tree, bank), kernel_cells(bank), kernel_state(tree, where)
    kernels.time_tree(numbers, cells, state, where.load_ff)
    column = tree.signal_column.astype(np.int64)
    limit = np.append(required, 0.0)[column]
    space = swap_kernels.scratch(tree.n_compressors)
    members = np.argsort(column, kind="stable")
    start = np.searchsorted(column[members], np.arange(tree.heap.width + 1))
    counts = np.array(bank.counts)
    for gamma in _GAMMAS:
        goal = swap_kernels.Goal(tree.heap.width, limit, gamma, per_area, where.load_ff)
        for _ in range(_SWEEPS):
            moves = swap_kernels.swap_sweep(numbers, cells, state, space, goal, column, members, start, gamma)
            if choose:
                moves += swap_kernels.impl_sweep(numbers, cells, state, space, goal, column, counts)
            if moves == 0:
                break
    return _tree(tree, numbers, bank)


def _tree(before: CompressorTree, numbers: Tree, bank: Bank) -> CompressorTree:
    """The changed tree with its compressors in topological order again."""
    order = _order(numbers)
    first = before.heap.n_dots
    place = np.arange(before.n_signals)
    place[first + 2 * order] = first + 2 * np.arange(len(order))
    place[first + 2 * order + 1] = first + 2 * np.arange(len(order)) + 1
    inputs = numbers.inputs[order]
    inputs = np.where(inputs == NO_INPUT, NO_INPUT, place[inputs])
    impl = bank.impl_table[numbers.kind, numbers.impl][order]
    tree = CompressorTree(before.heap, before.column[order], inputs, impl)
    tree.verify()
    return tree


def _order(numbers: Tree) -> npt.NDArray[np.int64]:
    from eda.arith.domac import swap_kernels

    n = len(numbers.kind)
    space = swap_kernels.scratch(n)
    count = swap_kernels.walk(numbers, space, np.arange(n))
    return space.cone[:count][::-1].copy()

"""Compressor tree and prefix graph fitted to each other: the graph says when columns are due, the tree when they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eda.arith.adders import carry_columns
from eda.arith.delays import Delays
from eda.arith.domac.bank import Bank
from eda.arith.domac.exact import Surroundings, time_tree
from eda.arith.domac.optimize import implementations
from eda.arith.domac.swaps import improve
from eda.arith.generate import Design, Draft, begin, finish
from eda.arith.library_delays import library_delays
from eda.arith.prefix_front import prefix_front
from eda.arith.prefix_library import library_model
from eda.arith.prefix_model import FloatArray, PrefixModel, lateness
from eda.arith.prefix_required import required_times
from eda.arith.prefix_search import smallest
from eda.arith.trees import compress
from eda.ir.prefix import PrefixGraph
from eda.ir.tree import ADDER_CELL, CompressorTree
from eda.tech.pdk import Pdk


@dataclass(frozen=True, eq=False)
class Seam:
    """What tree and graph are timed with where they meet; all in ps.

    delays  of the gates that make generate and propagate bits
    model   of the graph
    """

    delays: Delays
    model: PrefixModel

    def arrivals(self, tree: CompressorTree, profile: FloatArray) -> FloatArray:
        """float [n, 2]: when generate and propagate bits settle, from the arrival of each column's rows.

        A column with one row has no generate bit, and its row is the propagate bit.
        """
        low, high = carry_columns(tree.rows)
        two = np.array([len(row) == 2 for row in tree.rows])[low : high + 1]
        at = profile[low : high + 1]
        return np.stack([np.where(two, at + self.delays.and2, 0.0), np.where(two, at + self.delays.xor2, at)], axis=1)

    def due(self, tree: CompressorTree, graph: PrefixGraph, target: float) -> FloatArray:
        """float [W]: when the rows of each column are due, so that carries settle by `target`; there, where nothing is."""
        low, high = carry_columns(tree.rows)
        bits = required_times(graph, target, self.model)
        out = np.full(tree.heap.width, target)
        two = np.array([len(row) == 2 for row in tree.rows])[low : high + 1]
        as_two = np.minimum(bits[:, 0] - self.delays.and2, bits[:, 1] - self.delays.xor2)
        out[low : high + 1] = np.minimum(np.where(two, as_two, bits[:, 1]), target)
        return out


def joint(draft: Draft, pdk: Pdk, *, points: int = 6, rounds: int = 3, moves: int = 10_000, seed: int = 1) -> list[Design]:
    """Designs over the heap of `draft`, from the smallest to the fastest, of which tree and graph fit each other.

    The start is the three-greedy tree by the library's delays with the trade-off of graphs for its arrivals. For each of
    these, in turn: the graph's required times go to the ports of the tree (`eda.arith.domac.swaps.improve`), the arrivals
    of the better tree to a search for a smaller graph of the same delay, `rounds` times. The arrivals of the operands
    must be in ps. `draft` stays as it is; compressors keep the library's cells.
    """
    config = replace(draft.config, delays=library_delays(pdk))
    heap = begin(config).heap
    bank, where = implementations(pdk, "free"), Surroundings()
    seam = Seam(config.delays, library_model(pdk))
    start = improve(compress("tdm", heap, config.delays), bank, where, np.zeros(heap.width), choose=True)
    if carry_columns(start.rows)[1] < carry_columns(start.rows)[0]:
        return [finish(begin(config), _cells(start))]
    arrivals = seam.arrivals(start, time_tree(start, bank, where).profile)
    designs = []
    for graph in prefix_front(arrivals, seam.model, points=points, moves=moves, seed=seed):
        tree, fitted = _alternate(start, graph, bank, where, seam, rounds, moves, seed)
        designs.append(finish(begin(config), _cells(tree), _always(fitted)))
    return designs


def _alternate(
    tree: CompressorTree, graph: PrefixGraph, bank: Bank, where: Surroundings, seam: Seam, rounds: int, moves: int, seed: int
) -> tuple[CompressorTree, PrefixGraph]:
    """Tree and graph after `rounds` of fitting one to the other; the delay never rises, nor at equal delay the size."""
    delay = _delay(tree, graph, bank, where, seam)
    for _ in range(rounds):
        better = improve(tree, bank, where, seam.due(tree, graph, delay), choose=True)
        arrivals = seam.arrivals(better, time_tree(better, bank, where).profile)
        refitted = smallest(arrivals, seam.model, delay, starts=[graph], moves=moves, seed=seed)
        reached = lateness(refitted, arrivals, seam.model)
        if reached > delay + 1e-9 or (refitted == graph and reached > delay - 1e-9):
            break
        tree, graph, delay = better, refitted, reached
    return tree, graph


def _delay(tree: CompressorTree, graph: PrefixGraph, bank: Bank, where: Surroundings, seam: Seam) -> float:
    return lateness(graph, seam.arrivals(tree, time_tree(tree, bank, where).profile), seam.model)


def _cells(tree: CompressorTree) -> CompressorTree:
    """`tree` with no choice of implementations."""
    return replace(tree, impl=np.full(tree.n_compressors, ADDER_CELL, dtype=np.int8))


def _always(graph: PrefixGraph) -> Callable[[Sequence[float]], PrefixGraph]:
    """The choice of `graph` whatever the arrivals."""
    return lambda settled: graph

"""Compressor tree and prefix graph fitted to each other: the graph says when columns are due, the tree when they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eda.arith.adders import carry_columns
from eda.arith.config import due_times
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

_WHERE = Surroundings()


@dataclass(frozen=True, eq=False)
class _Seam:
    """What tree and graph are timed with where they meet; all in ps.

    delays    of the gates that make generate and propagate bits
    model     of the graph
    bank      the forms of the compressors
    required  of the carries, from the lowest on; None: all at once
    """

    delays: Delays
    model: PrefixModel
    bank: Bank
    required: list[float] | None

    def arrivals(self, tree: CompressorTree) -> FloatArray:
        """float [n, 2]: when generate and propagate bits settle.

        A column with one row has no generate bit, and its row is the propagate bit.
        """
        low, high = carry_columns(tree.rows)
        profile = time_tree(tree, self.bank, _WHERE).profile[low : high + 1]
        two = _two_rows(tree)
        generate = np.where(two, profile + self.delays.and2, 0.0)
        return np.stack([generate, np.where(two, profile + self.delays.xor2, profile)], axis=1)

    def lateness(self, tree: CompressorTree, graph: PrefixGraph) -> float:
        return lateness(graph, self.arrivals(tree), self.model, self.required)

    def due(self, tree: CompressorTree, graph: PrefixGraph, limit: float) -> FloatArray:
        """float [W]: when the rows of each column are due, so that no carry is later than `limit`; very late where no
        carry waits for them."""
        low, high = carry_columns(tree.rows)
        bits = required_times(graph, limit, self.model, self.required)
        as_two = np.minimum(bits[:, 0] - self.delays.and2, bits[:, 1] - self.delays.xor2)
        times = np.where(_two_rows(tree), as_two, bits[:, 1])
        out = np.full(tree.heap.width, times[np.isfinite(times)].max(initial=limit))
        out[low : high + 1] = np.minimum(times, out[low : high + 1])
        return out


def joint(draft: Draft, pdk: Pdk, *, points: int = 6, rounds: int = 2, moves: int = 10_000, seed: int = 1) -> list[Design]:
    """Designs over the heap of `draft`, from the smallest graph to the fastest, of which tree and graph fit each other.

    The start is the three-greedy tree by the library's delays, its ports and forms improved for the latest arrival, and
    `eda.arith.prefix_front.prefix_front` for its arrivals. For each graph in turn: the times at which it wants the columns
    go to the ports of the tree (`eda.arith.domac.swaps.improve`), the arrivals of the better tree to a search for a smaller
    graph of the same delay, `rounds` times. Arrivals and required times of the configuration must be in ps. `draft` stays
    as it is; the designs have the library's adder cells throughout, so that mapping may choose.
    """
    config = replace(draft.config, delays=library_delays(pdk))
    heap = begin(config).heap
    start = compress("tdm", heap, config.delays)
    low, high = carry_columns(start.rows)
    if high < low:
        return [finish(begin(config), start)]
    due = due_times(config)
    required = None if due is None else [t - config.delays.xor2 for t in due[low + 1 : high + 2]]
    seam = _Seam(config.delays, library_model(pdk), implementations(pdk, "free"), required)
    start = improve(start, seam.bank, _WHERE, np.zeros(heap.width))
    front = prefix_front(seam.arrivals(start), seam.model, points=points, required=required, moves=moves, seed=seed)
    fitted = [_alternate(start, graph, seam, rounds, moves, seed) for graph in front]
    return [finish(begin(config), _cells(tree), _always(graph)) for tree, graph in fitted]


def _alternate(
    tree: CompressorTree, graph: PrefixGraph, seam: _Seam, rounds: int, moves: int, seed: int
) -> tuple[CompressorTree, PrefixGraph]:
    """Tree and graph after `rounds` of fitting one to the other; the lateness never rises, nor at equal lateness the size."""
    late = seam.lateness(tree, graph)
    for _ in range(rounds):
        better = improve(tree, seam.bank, _WHERE, seam.due(tree, graph, late))
        refitted = smallest(
            seam.arrivals(better), seam.model, late, required=seam.required, starts=[graph], moves=moves, seed=seed
        )
        reached = seam.lateness(better, refitted)
        if reached > late + 1e-9 or (refitted.size >= graph.size and reached > late - 1e-9):
            break
        tree, graph, late = better, refitted, reached
    return tree, graph


def _two_rows(tree: CompressorTree) -> npt.NDArray[np.bool_]:
    """bool [n]: which positions of the final adder have two rows."""
    low, high = carry_columns(tree.rows)
    return np.array([len(row) == 2 for row in tree.rows[low : high + 1]])


def _cells(tree: CompressorTree) -> CompressorTree:
    """`tree` with no choice of implementations."""
    return replace(tree, impl=np.full(tree.n_compressors, ADDER_CELL, dtype=np.int8))


def _always(graph: PrefixGraph) -> Callable[[Sequence[float]], PrefixGraph]:
    """The choice of `graph` whatever the arrivals."""
    return lambda settled: graph

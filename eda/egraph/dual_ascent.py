"""Lower bounds by dual ascent: weighted cuts that no legal selection avoids, packed into the costs.

A cut is a set of nodes without which a root cannot be derived. If every node carries at most its cost in weights of cuts,
then no selection costs less than the sum of all weights: the bound is its own certificate. The first packing is LM-cut of
Helmert and Domshlak (ICAPS 2009), the same bound that planning uses for delete-free tasks; `improve` takes some cuts out
and packs again, as large-neighbourhood search on the dual. Negative costs count as 0 in the packing, and each class adds
the least negative cost among its nodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.egraph.egraph import EGraph, FloatArray, IntArray

if TYPE_CHECKING:
    from eda.egraph.ascent_kernels import Links, Packing

_DIGITS = 2.0**52
"""Sums of scaled costs stay below it, so that they are exact in doubles too."""


@dataclass(frozen=True, eq=False)
class Bound:
    """K cuts of an e-graph with weights in units of ``1 / scale``.

    start [K+1], nodes   nodes of each cut
    weight int64 [K]
    residual int64 [N]   scaled costs less the weights of the cuts through each node, none below 0
    scale                a power of two; 1 where all costs are whole
    below                what negative costs may add at most, <= 0
    step                 all costs are multiples of it; 0 where that is unknown
    """

    start: IntArray
    nodes: IntArray
    weight: IntArray
    residual: IntArray
    scale: float
    below: float = 0.0
    step: float = 0.0

    @property
    def value(self) -> float:
        """No legal selection costs less: the weights, rounded up where costs are whole."""
        total = int(self.weight.sum()) / self.scale + self.below
        return math.ceil(total / self.step) * self.step if self.step else total


def dual_ascent(graph: EGraph) -> Bound:
    """The best of the packings that each rule of the ascent gives; a root that nothing derives raises `ValueError`."""
    from eda.egraph.ascent_kernels import AT_ONCE, FEWEST, FIRST, NARROW, ascend, heights

    links, roots, few = _links(graph), graph.roots, _few(graph)
    if not len(roots):
        return _bound(graph, _empty(graph))
    _require_derivable(graph, links)
    packings = []
    for rule in (FEWEST, FIRST, AT_ONCE, NARROW):
        packing = _empty(graph)
        packings.append(ascend(links, roots, packing, heights(links, packing.residual), few, rule))
    return _bound(graph, max(packings, key=lambda p: int(p.weight.sum())))


def improve(graph: EGraph, bound: Bound, *, seed: int, rounds: int) -> Bound:
    """A bound at least as good after so many rounds of taking cuts out and packing again."""
    from eda.egraph.ascent_kernels import Packing
    from eda.egraph.ascent_kernels import improve as kernel

    if not len(bound.weight):
        return bound
    packing = Packing(bound.start, bound.nodes, bound.weight, bound.residual)
    return _bound(graph, kernel(_links(graph), graph.roots, packing, _few(graph), seed, rounds))


def affordable(graph: EGraph, bound: Bound, limit: float) -> npt.NDArray[np.bool_]:
    """bool [N]: the nodes that a selection of cost at most `limit` may choose, by their residual costs; for costs >= 0.

    Whatever a selection with a node costs, the weights of the cuts and the residual costs it pays are both part of it.
    """
    from eda.egraph.ascent_kernels import prices

    left = math.floor((limit - bound.below) * bound.scale) + 1 - int(bound.weight.sum())
    return prices(_links(graph), bound.residual, graph.roots) <= left


def scaled_costs(graph: EGraph) -> tuple[IntArray, float]:
    """Costs above 0 in units of ``1 / scale``, rounded down, and the scale: a power of two, 1 where all are whole."""
    cost = np.maximum(graph.cost, 0.0)
    if (cost == np.floor(cost)).all() and cost.sum() < _DIGITS:
        return cost.astype(np.int64), 1.0
    scale = 2.0 ** math.floor(math.log2(_DIGITS / cost.sum()))
    return np.floor(cost * scale).astype(np.int64), scale


def step_of(cost: FloatArray) -> float:
    """The largest number that all costs are multiples of, where they are whole; else 0."""
    if not len(cost) or not (cost == np.floor(cost)).all() or np.abs(cost).sum() >= _DIGITS:
        return 0.0
    return float(np.gcd.reduce(cost.astype(np.int64)))


def _few(graph: EGraph) -> FloatArray:
    """Classes with few nodes first in ties: they make narrow cuts."""
    return -np.diff(graph.first).astype(np.float64)


def _links(graph: EGraph) -> Links:
    from eda.egraph.ascent_kernels import Links

    start, parent = graph.parents
    return Links(graph.first, graph.child_first, graph.child, graph.node_class, start, parent)


def _empty(graph: EGraph) -> Packing:
    from eda.egraph.ascent_kernels import Packing

    nothing = np.empty(0, dtype=np.int64)
    return Packing(np.zeros(1, dtype=np.int64), nothing.astype(np.int32), nothing, scaled_costs(graph)[0])


def _require_derivable(graph: EGraph, links: Links) -> None:
    from eda.egraph.ascent_kernels import FAR, heights

    far = graph.roots[heights(links, np.zeros(graph.n_nodes, dtype=np.int64)).height[graph.roots] == FAR]
    if len(far):
        raise ValueError(f"root {graph.class_names[far[0]]!r} has no finite derivation")


def _bound(graph: EGraph, packing: Packing) -> Bound:
    least = np.zeros(graph.n_classes)
    np.minimum.at(least, graph.node_class, graph.cost)
    return Bound(*packing, scale=scaled_costs(graph)[1], below=float(least.sum()), step=step_of(graph.cost))

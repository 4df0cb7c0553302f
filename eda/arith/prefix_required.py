"""When the bits that a prefix graph reads must have settled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eda.arith.prefix_model import FloatArray, PrefixModel
from eda.ir.prefix import PrefixGraph


def required_times(
    graph: PrefixGraph, target: float, model: PrefixModel, required: Sequence[float] | None = None
) -> FloatArray:
    """float [n, 2]: when the generate and propagate bit of each position are due, so that carries settle by `target`.

    With `required` [n], carry i is due at ``target + required[i]``. The loads are those of the graph; a bit that no node
    reads is due at infinity.
    """
    due = np.full((graph.n, graph.n, 2), np.inf)
    due[:, 0, 0] = target + (np.zeros(graph.n) if required is None else np.asarray(required, dtype=np.float64))
    delay = _drivers(graph, model)
    nodes, pins = graph.nodes, model.pins
    above = _above(graph)
    for i, j in zip(nodes.row[::-1].tolist(), nodes.column[::-1].tolist(), strict=True):
        k = above[i, j]
        g, p = due[i, j] - delay[i, j]
        upper, lower = due[i, k], due[k - 1, j]
        upper[0] = min(upper[0], g - pins[0])
        lower[0] = min(lower[0], g - pins[1])
        if model.propagates:
            upper[1] = min(upper[1], g - pins[2], p - pins[3])
            lower[1] = min(lower[1], p - pins[4])
    own = np.arange(graph.n)
    result: FloatArray = due[own, own] - delay[own, own]
    return result


def _above(graph: PrefixGraph) -> dict[tuple[int, int], int]:
    """The column of the upper parent of each node."""
    nodes = graph.nodes
    upper = nodes.upper
    column = np.where(upper >= 0, nodes.column[np.maximum(upper, 0)], -1 - upper) if graph.size else upper
    return {(i, j): k for i, j, k in zip(nodes.row.tolist(), nodes.column.tolist(), column.tolist(), strict=True)}


def _drivers(graph: PrefixGraph, model: PrefixModel) -> FloatArray:
    """float [n, n, 2]: delay of the drivers of every group under the loads of the graph."""
    n, caps, above = graph.n, model.caps, _above(graph)
    load = np.zeros((n, n, 2))
    load[:, 0, 0] = caps[5]
    for (i, j), k in above.items():
        load[i, k] += caps[0], caps[2] + (caps[3] if j else 0.0)
        load[k - 1, j] += caps[1], caps[4]
    out = np.stack([model.driven(0, load[..., 0]), model.driven(1, load[..., 1])], axis=-1)
    own = np.arange(n)
    out[own, own] = np.stack([model.driven(2, load[own, own, 0]), model.driven(3, load[own, own, 1])], axis=-1)
    return out

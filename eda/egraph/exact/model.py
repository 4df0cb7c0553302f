"""Extraction as a 0/1 program.

Columns: a node is chosen (N), a class is used (M), and the level of a class (M), which only classes on cycles need. Rows:

- choice: as many nodes of a class are chosen as it is used;
- use: the nodes of one class with a common child are chosen at most as often as the child is used;
- parent, with negative costs only: a class that is no root is used only below a chosen node;
- level, within a strongly connected component S: a class lies above the children of its chosen node, at least
  ``level(d) + 1 - |S| (1 - sum of the nodes of c with the child d)``;
- loop: a used class of a set C needs a chosen node of a class of C without a child in C; for pairs and whole components;
- cut: one node of each cut of a dual bound is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from eda.egraph.dual_ascent import Bound
from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.ir.netlist import join_ranges

_LOOP_ENTRIES = 300_000
"""Entries up to which the loop rows of a component are written down."""


@dataclass(frozen=True, eq=False)
class Program:
    """Minimise ``cost @ columns[:N]`` subject to R rows; all columns are whole, nodes and classes 0 or 1.

    row_start int64 [R+1], column int32, coefficient int64   the rows
    low, high   int64 [R]      bounds of the rows
    least, most int64 [N+2M]   bounds of the columns
    """

    graph: EGraph
    row_start: IntArray
    column: IntArray
    coefficient: IntArray
    low: IntArray
    high: IntArray
    least: IntArray
    most: IntArray

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.low)

    @property
    def cost(self) -> FloatArray:
        """float64 [N+2M]: the objective."""
        return np.concatenate((self.graph.cost, np.zeros(2 * self.graph.n_classes)))

    def columns_of(self, choice: IntArray) -> IntArray:
        """The columns of a legal selection that is `UNUSED` where it does not matter; levels are heights in it."""
        n, m = self.graph.n_nodes, self.graph.n_classes
        out = np.zeros(n + 2 * m, dtype=np.int64)
        used = choice >= 0
        out[choice[used]] = 1
        out[n : n + m] = used
        out[n + m :] = self._levels(choice)
        return out

    def _levels(self, choice: IntArray) -> IntArray:
        from eda.egraph.selection import order

        n, m = self.graph.n_nodes, self.graph.n_classes
        component, most = components(self.graph), self.most[n + m :]
        level = np.zeros(m, dtype=np.int64)
        for c in order(self.graph, choice).tolist():
            if most[c] > 0:
                below = self.graph.children(int(choice[c]))
                level[c] = (level[below[component[below] == component[c]]] + 1).max(initial=0)
        return level

    def choice_of(self, columns: FloatArray | IntArray) -> IntArray:
        """The selection that columns stand for."""
        chosen = np.flatnonzero(np.asarray(columns[: self.graph.n_nodes]) > 0.5)
        out = np.full(self.graph.n_classes, -1, dtype=np.int32)
        out[self.graph.node_class[chosen]] = chosen
        return out


class _Rows(NamedTuple):
    """Entries ``(row, column, coefficient)`` and the bounds of the rows."""

    row: IntArray
    column: IntArray
    coefficient: IntArray
    low: IntArray
    high: IntArray


class _Pairs(NamedTuple):
    """Pairs of a class and a child of its nodes: `above` and `below` [P] with the nodes behind them, `pair` and `node` [E]."""

    above: IntArray
    below: IntArray
    pair: IntArray
    node: IntArray


_FREE = 2**30
_Part = tuple[IntArray, IntArray, Any]  # rows, columns, and their coefficients or the one of all


def program(graph: EGraph, cuts: Bound | None = None) -> Program:
    """The program of an e-graph without nodes that need their own class."""
    m, n = graph.n_classes, graph.n_nodes
    pairs, component = _pairs(graph), components(graph)
    size = np.bincount(component, minlength=m)[component]
    families = [_choice_rows(graph), _use_rows(graph, pairs), _level_rows(graph, pairs, component, size)]
    families += [_pair_loops(graph, pairs), _component_loops(graph, component, size)]
    if n and graph.cost.min() < 0:
        families.append(_parent_rows(graph, pairs))
    if cuts is not None:
        families.append(_cut_rows(cuts))
    least, most = np.zeros(n + 2 * m, dtype=np.int64), np.ones(n + 2 * m, dtype=np.int64)
    least[n + graph.roots] = 1
    most[n + m :] = size - 1
    return Program(graph, *_joined(families), least=least, most=most)


def components(graph: EGraph) -> IntArray:
    """int32 [M]: the strongly connected component of each class."""
    from eda.egraph.reduce.kernels import components as kernel

    return kernel(graph.first, graph.child_first, graph.child)


def _joined(families: list[_Rows]) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    offset = np.cumsum([0] + [len(f.low) for f in families])
    row = np.concatenate([f.row + o for f, o in zip(families, offset[:-1], strict=True)])
    by_row = np.argsort(row, kind="stable")
    column, coefficient, low, high = (np.concatenate([f[k] for f in families]) for k in (1, 2, 3, 4))
    start = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=int(offset[-1])))))
    return start, column[by_row].astype(np.int32), coefficient[by_row], low, high


def _rows(parts: Sequence[_Part], low: IntArray | int, high: IntArray | int, count: int) -> _Rows:
    return _Rows(
        np.concatenate([np.asarray(p[0], dtype=np.int64) for p in parts]),
        np.concatenate([np.asarray(p[1], dtype=np.int64) for p in parts]),
        np.concatenate([np.broadcast_to(np.asarray(p[2], dtype=np.int64), len(p[0])) for p in parts]),
        np.broadcast_to(np.asarray(low, dtype=np.int64), count),
        np.broadcast_to(np.asarray(high, dtype=np.int64), count),
    )


def _pairs(graph: EGraph) -> _Pairs:
    m = max(graph.n_classes, 1)
    start, parent = graph.parents
    child = np.repeat(np.arange(graph.n_classes, dtype=np.int64), np.diff(start))
    key, pair = np.unique(graph.node_class[parent].astype(np.int64) * m + child, return_inverse=True)
    return _Pairs(key // m, key % m, pair, parent.astype(np.int64))


def _choice_rows(graph: EGraph) -> _Rows:
    m, n = graph.n_classes, graph.n_nodes
    classes = np.arange(m)
    return _rows([(graph.node_class, np.arange(n), 1), (classes, n + classes, -1)], 0, 0, m)


def _use_rows(graph: EGraph, pairs: _Pairs) -> _Rows:
    rows = np.arange(len(pairs.above))
    return _rows([(pairs.pair, pairs.node, 1), (rows, graph.n_nodes + pairs.below, -1)], -_FREE, 0, len(rows))


def _parent_rows(graph: EGraph, pairs: _Pairs) -> _Rows:
    inner = np.ones(graph.n_classes, dtype=bool)
    inner[graph.roots] = False
    number = np.cumsum(inner) - 1
    entries = inner[pairs.below[pairs.pair]]
    below, classes = pairs.below[pairs.pair[entries]], np.flatnonzero(inner)
    parts = [(number[below], pairs.node[entries], -1), (number[classes], graph.n_nodes + classes, 1)]
    return _rows(parts, -_FREE, 0, len(classes))


def _level_rows(graph: EGraph, pairs: _Pairs, component: IntArray, size: IntArray) -> _Rows:
    first = graph.n_nodes + graph.n_classes
    inside = (component[pairs.above] == component[pairs.below]) & (pairs.above != pairs.below)
    number = np.cumsum(inside) - 1
    above, below = pairs.above[inside], pairs.below[inside]
    entries, rows = inside[pairs.pair], np.arange(len(above))
    big = size[above]
    pair = number[pairs.pair[entries]]
    parts = [(pair, pairs.node[entries], -big[pair]), (rows, first + above, 1), (rows, first + below, -1)]
    return _rows(parts, 1 - big, _FREE, len(rows))


def _pair_loops(graph: EGraph, pairs: _Pairs) -> _Rows:
    """Of two classes that can need each other, one has a node that needs neither."""
    m = max(graph.n_classes, 1)
    key = pairs.above * m + pairs.below
    c, d = pairs.above, pairs.below
    both = np.flatnonzero((c < d) & np.isin(d * m + c, key))
    c, d = c[both], d[both]
    count = len(c)
    members = [_nodes_without(graph, a, b) for a, b in ((c, d), (d, c))]
    pair = np.concatenate([p for p, _ in members])
    node = np.concatenate([x for _, x in members])
    rows = np.arange(count)
    parts = [(pair, node, 1), (rows, graph.n_nodes + c, -1), (count + pair, node, 1), (count + rows, graph.n_nodes + d, -1)]
    return _rows(parts, 0, _FREE, 2 * count)


def _nodes_without(graph: EGraph, classes: IntArray, child: IntArray) -> tuple[IntArray, IntArray]:
    """``(k, node)``: the nodes of ``classes[k]`` without ``child[k]``."""
    begin, end = graph.first[classes], graph.first[classes + 1]
    which, node = np.repeat(np.arange(len(classes)), end - begin), join_ranges(begin, end)
    low, high = graph.child_first[node], graph.child_first[node + 1]
    entry = np.repeat(np.arange(len(node)), high - low)
    hit = graph.child[join_ranges(low, high)] == child[which[entry]]
    keep = np.bincount(entry[hit], minlength=len(node)) == 0
    return which[keep], node[keep]


def _component_loops(graph: EGraph, component: IntArray, size: IntArray) -> _Rows:
    """Every used class of a component needs one of the component's nodes that lead out of it."""
    own = component[graph.node_class]
    stays = component[graph.child] == np.repeat(own, np.diff(graph.child_first))
    inner = np.add.reduceat(np.append(stays, 0), np.minimum(graph.child_first[:-1], len(stays)))
    inner[np.diff(graph.child_first) == 0] = 0
    leaving = np.flatnonzero((inner == 0) & (size[graph.node_class] > 2))
    doors = np.bincount(own[leaving], minlength=graph.n_classes)
    classes = np.flatnonzero((size > 2) & (size * doors[component] <= _LOOP_ENTRIES))
    by_component = leaving[np.argsort(own[leaving], kind="stable")]
    ends = np.cumsum(doors)[component[classes]]
    begin = ends - doors[component[classes]]
    rows = np.arange(len(classes))
    entries = by_component[join_ranges(begin, ends)]
    parts = [(np.repeat(rows, ends - begin), entries, 1), (rows, graph.n_nodes + classes, -1)]
    return _rows(parts, 0, _FREE, len(rows))


def _cut_rows(cuts: Bound) -> _Rows:
    count = len(cuts.weight)
    return _rows([(np.repeat(np.arange(count), np.diff(cuts.start)), cuts.nodes, 1)], 1, _FREE, count)

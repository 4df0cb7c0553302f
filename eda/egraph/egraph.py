"""An e-graph as a struct of arrays: classes of equivalent nodes whose children are classes.

A *selection* gives every needed class one of its nodes, where the roots are needed and so are the children of every chosen
node of a needed class; it is legal if no class needs itself. Its DAG cost counts each needed class once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.netlist import join_ranges

IntArray = npt.NDArray[np.integer]
FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class EGraph:
    """M classes, N nodes, E child entries, R roots; the arrays are read-only.

    first        int32 [M+1]    nodes of class c are first[c] .. first[c+1]
    child_first  int32 [N+1]    children of node n are child[child_first[n] .. child_first[n+1]]
    child        int32 [E]      classes, in the order of the operands, repeats kept
    cost         float64 [N]    finite; may be negative
    roots        int32 [R]      classes, without repeats
    class_names [M], node_names [N], ops [N]
    subsumed     bool [N]       nodes that a rewrite has replaced: left out by default
    """

    first: IntArray
    child_first: IntArray
    child: IntArray
    cost: FloatArray
    roots: IntArray
    class_names: Sequence[str]
    node_names: Sequence[str]
    ops: Sequence[str]
    subsumed: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name, dtype in (("first", np.int32), ("child_first", np.int32), ("child", np.int32), ("roots", np.int32)):
            self._freeze(name, dtype)
        self._freeze("cost", np.float64)
        self._freeze("subsumed", np.bool_)
        self.check()

    def _freeze(self, name: str, dtype: npt.DTypeLike) -> None:
        array = np.array(getattr(self, name), dtype=dtype)
        array.flags.writeable = False
        object.__setattr__(self, name, array)

    def check(self) -> None:
        """Raise `InputError` unless the arrays fit together, costs are finite and roots and children exist."""
        m, n = self.n_classes, self.n_nodes
        if m < 0 or self.first[0] != 0 or self.first[-1] != n or np.any(np.diff(self.first) < 0):
            raise InputError("e-graph: the ranges of the classes do not cover the nodes")
        if len(self.child_first) != n + 1 or self.child_first[0] != 0 or self.child_first[-1] != len(self.child):
            raise InputError("e-graph: the ranges of the nodes do not cover the children")
        if np.any(np.diff(self.child_first) < 0) or len(self.class_names) != m:
            raise InputError("e-graph: children or names of classes disagree in number")
        if not len(self.node_names) == len(self.ops) == len(self.subsumed) == n:
            raise InputError("e-graph: names, operators and costs of nodes disagree in number")
        for what, classes in (("child", self.child), ("root", self.roots)):
            if len(classes) and not (classes.min() >= 0 and classes.max() < m):
                raise InputError(f"e-graph: a {what} names a class outside 0..{m - 1}")
        bad = np.flatnonzero(~np.isfinite(self.cost))
        if len(bad):
            raise InputError(
                f"e-graph: node {self.node_names[bad[0]]!r} has the cost {self.cost[bad[0]]}, expected a finite number"
            )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.first) - 1

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.cost)

    @cached_property
    def node_class(self) -> IntArray:
        """int32 [N]: the class of each node."""
        return np.repeat(np.arange(self.n_classes, dtype=np.int32), np.diff(self.first))

    @cached_property
    def parents(self) -> tuple[IntArray, IntArray]:
        """``(start int64 [M+1], nodes int32)``: the nodes with each class among their children, each node once per class."""
        node = np.repeat(np.arange(self.n_nodes, dtype=np.int64), np.diff(self.child_first))
        pair = np.unique(self.child.astype(np.int64) * max(self.n_nodes, 1) + node)
        start = np.searchsorted(pair, np.arange(self.n_classes + 1, dtype=np.int64) * max(self.n_nodes, 1))
        return start, (pair % max(self.n_nodes, 1)).astype(np.int32)

    def children(self, node: int) -> IntArray:
        """The child classes of a node, in order."""
        return self.child[self.child_first[node] : self.child_first[node + 1]]

    def keep(self, nodes: IntArray) -> EGraph:
        """The e-graph with only these nodes (ascending); all classes stay, some perhaps empty."""
        counts = np.bincount(self.node_class[nodes], minlength=self.n_classes)
        begin, end = self.child_first[nodes], self.child_first[nodes + 1]
        return EGraph(
            first=np.concatenate(([0], np.cumsum(counts))),
            child_first=np.concatenate(([0], np.cumsum(end - begin))),
            child=self.child[join_ranges(begin, end)],
            cost=self.cost[nodes],
            roots=self.roots,
            class_names=self.class_names,
            node_names=[self.node_names[n] for n in nodes.tolist()],
            ops=[self.ops[n] for n in nodes.tolist()],
            subsumed=self.subsumed[nodes],
        )

    def __repr__(self) -> str:
        return f"e-graph: {self.n_classes} classes, {self.n_nodes} nodes, {len(self.child)} children, {len(self.roots)} roots"

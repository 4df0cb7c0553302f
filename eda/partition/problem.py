"""What a partition is asked for: a hypergraph, a board, an objective, and what limits where nodes and copies may stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.errors import EdaError, InputError, UsageError, suggest
from eda.ir.hypergraph import Board, Hypergraph, Partition
from eda.ir.netlist import IntArray

OBJECTIVES = {
    "hops": "weight times links from the source's primary to every FPGA that needs the net and has no copy of its source",
    "cut": "weight of the nets that leave an FPGA",
    "connectivity": "weight times FPGAs beyond the first that a net reaches",
    "steiner": "weight times links of a small tree that joins the FPGAs of a net",
    "tdm": "the largest load of a link per wire of it, each net routed over a shortest path",
}
BoolArray = npt.NDArray[np.bool_]
_SHOWN = 5


class InfeasibleError(EdaError):
    """No solution keeps all limits, or none was found; the message says which limit stands in the way."""

    exit_code = 1


@dataclass(frozen=True, eq=False)
class Problem:
    """A hypergraph (V nodes, E nets, R resources) and a board (K FPGAs, M links) with an objective of `OBJECTIVES`.

    No pin appears twice in a net. `make_problem` fills in what is not limited.

    resources     names of the R resources
    capacity      int64 [K, R], what may be used of each resource (`Board.capacity` after utilisation targets)
    fixed         int32 [V], the FPGA where the primary must stand; -1: free. Equal within a group
    group         int32 [V], nodes of one group share the FPGA of their primaries; -1: alone
    apart         int32 arrays of nodes, of which no two may have a copy on one FPGA
    replicable    bool [V], may the node have replicas?
    hop_weights   int64 [E], price of a hop of each net; loads count `Hypergraph.net_weights`
    link_widths   int64 [M], wires of each link
    """

    graph: Hypergraph
    board: Board
    resources: tuple[str, ...]
    capacity: IntArray
    fixed: IntArray
    group: IntArray
    apart: tuple[IntArray, ...]
    replicable: BoolArray
    hop_weights: IntArray
    link_widths: IntArray
    objective: str = "hops"

    def check(self) -> None:
        """Raise `UsageError` for an unknown objective, `InputError` for arrays that do not fit or limits that clash."""
        if self.objective not in OBJECTIVES:
            raise UsageError(
                f"no objective {self.objective!r}{suggest(self.objective, OBJECTIVES)}; expected {', '.join(OBJECTIVES)}"
            )
        n, k, r = self.graph.n_nodes, self.board.n_fpgas, self.graph.node_weights.shape[1]
        shapes = {"fixed": (n,), "group": (n,), "replicable": (n,), "capacity": (k, r), "resources": (r,)}
        shapes |= {"hop_weights": (self.graph.n_nets,), "link_widths": (len(self.board.links),)}
        for what, shape in shapes.items():
            found = np.shape(getattr(self, what))
            if found != shape:
                raise InputError(f"{what} has the shape {found}, expected {shape}")
        for what, least in (("capacity", 0), ("hop_weights", 0), ("link_widths", 1)):
            if (getattr(self, what) < least).any():
                raise InputError(f"{what}: a number is below {least}")
        self._check_places()

    def _check_places(self) -> None:
        n, k = self.graph.n_nodes, self.board.n_fpgas
        if n and not (-1 <= self.fixed.min() and self.fixed.max() < k):
            raise InputError(f"fixed: an FPGA outside 0..{k - 1}")
        for nodes in self.apart:
            if len(nodes) and not (0 <= nodes.min() and nodes.max() < n):
                raise InputError(f"apart: a node outside 0..{n - 1}")
        for v in np.flatnonzero(self.fixed != _spread(self.fixed, self.group)).tolist():
            raise InputError(f"node {self.graph.node_label(v)} is fixed otherwise than its group")

    @cached_property
    def limits(self) -> Board:
        """The board with `capacity` for its capacities, so `Partition.verify` keeps the utilisation targets."""
        return replace(self.board, capacity=self.capacity)

    def violations(self, partition: Partition) -> tuple[str, ...]:
        """What makes this no legal solution, one sentence per violation; empty if it is legal."""
        wrong = partition.verify(self.graph, self.limits)
        if partition.shape_violations(self.graph, self.limits):
            return wrong
        return (*wrong, *(sentence for _, sentence in self.misplaced(partition)))

    def misplaced(self, partition: Partition) -> list[tuple[str, str]]:
        """Copies where they must not stand: "fixed", "replica", "group" or "apart", and a sentence; the first of each."""
        label, names, at = self.graph.node_label, self.board.names, partition.locations(self.board.n_fpgas)
        astray = np.flatnonzero((self.fixed >= 0) & (partition.primary != self.fixed))[:_SHOWN].tolist()
        copied = np.unique(partition.replicas[~self.replicable[partition.replicas[:, 0]], 0])[:_SHOWN].tolist()
        torn = np.flatnonzero(partition.primary != _first_of_group(partition.primary, self.group))[:_SHOWN].tolist()
        met = [(nodes[at[nodes, q]], q) for nodes in self.apart for q in np.flatnonzero(at[nodes].sum(axis=0) > 1)][:_SHOWN]
        return [
            *(("fixed", f"node {label(v)} is fixed on {names[self.fixed[v]]}, its primary stands elsewhere") for v in astray),
            *(("replica", f"node {label(v)} has a replica, it must have none") for v in copied),
            *(("group", f"node {label(v)} stands on another FPGA than its group") for v in torn),
            *(("apart", f"{label(v[0])} and {label(v[1])} must stand apart, both have a copy on {names[q]}") for v, q in met),
        ]


def make_problem(
    graph: Hypergraph,
    board: Board,
    *,
    resources: Sequence[str] = (),
    capacity: IntArray | None = None,
    fixed: IntArray | None = None,
    group: IntArray | None = None,
    apart: Sequence[IntArray] = (),
    replicable: BoolArray | None = None,
    hop_weights: IntArray | None = None,
    link_widths: IntArray | None = None,
    objective: str = "hops",
) -> Problem:
    """A checked `Problem`; what is not given does not limit. Where one node of a group is fixed all of it is."""
    n = graph.n_nodes
    fixed = np.full(n, -1, dtype=np.int32) if fixed is None else np.asarray(fixed, dtype=np.int32)
    group = np.full(n, -1, dtype=np.int32) if group is None else np.asarray(group, dtype=np.int32)
    problem = Problem(
        graph,
        board,
        tuple(resources) or tuple(f"r{i + 1}" for i in range(graph.node_weights.shape[1])),
        board.capacity if capacity is None else np.asarray(capacity, dtype=np.int64),
        np.where(fixed < 0, _spread(fixed, group), fixed) if fixed.shape == group.shape == (n,) else fixed,
        group,
        tuple(np.asarray(nodes, dtype=np.int32) for nodes in apart),
        np.ones(n, dtype=bool) if replicable is None else np.asarray(replicable, dtype=bool),
        graph.net_weights if hop_weights is None else np.asarray(hop_weights, dtype=np.int64),
        np.ones(len(board.links), dtype=np.int64) if link_widths is None else np.asarray(link_widths, dtype=np.int64),
        objective,
    )
    problem.check()
    return problem


def _spread(fixed: IntArray, group: IntArray) -> IntArray:
    """The largest entry of each node's group, or its own where it has no group."""
    out = fixed.copy()
    held = group >= 0
    if held.any():
        most = np.full(int(group.max()) + 1, -1, dtype=fixed.dtype)
        np.maximum.at(most, group[held], fixed[held])
        out[held] = most[group[held]]
    return out


def _first_of_group(values: IntArray, group: IntArray) -> IntArray:
    """The entry of the first node of each node's group, or its own where it has no group."""
    out = values.copy()
    held = np.flatnonzero(group >= 0)
    _, first, back = np.unique(group[held], return_index=True, return_inverse=True)
    out[held] = values[held[first[back]]]
    return out

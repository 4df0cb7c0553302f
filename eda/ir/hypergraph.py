"""Hypergraphs with sources, boards of linked FPGAs, and the partition of one onto the other with replicated nodes.

A solution gives every node v a primary FPGA ``P(v)`` and a set of further FPGAs that hold a copy (replica) of it; ``L(v)``
is all of them. A net must reach every FPGA where a copy of one of its sinks stands, except those that hold a copy of its
source: these are its *remote* FPGAs. It goes to each of them from the primary of its source, so

  hops = sum over nets of  weight * sum over remote q of  distance(P(source), q)

A net that has remote FPGAs loads the FPGA of its source's primary once, and each remote one once, by its weight. Nets
without a source come from outside and count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.netlist import IntArray, join_ranges

UNREACHABLE = -1
_REPR_ROWS = 12
_MESSAGES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Hypergraph:
    """V nodes with R resources each, E nets with P pins in all; the arrays are read-only.

    net_start     int64 [E+1]   first pin of each net in `pins`
    pins          int32 [P]     nodes; the source first where the net has one
    source        int32 [E]     the node that drives each net, or -1
    node_weights  int64 [V, R]
    net_weights   int64 [E]
    node_names [V], net_names [E]   empty where there are none
    """

    net_start: IntArray
    pins: IntArray
    source: IntArray
    node_weights: IntArray
    net_weights: IntArray
    node_names: tuple[str, ...] = ()
    net_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, net_start=np.int64, pins=np.int32, source=np.int32, node_weights=np.int64, net_weights=np.int64)
        self.check()

    def check(self) -> None:
        """Raise `InputError` unless the arrays fit together and no weight is negative."""
        n, e = self.n_nodes, self.n_nets
        if self.node_weights.ndim != 2 or len(self.net_start) != e + 1 or len(self.net_weights) != e:
            raise InputError("hypergraph: the arrays of nets or weights disagree in shape")
        if len(self.node_names) not in (0, n) or len(self.net_names) not in (0, e):
            raise InputError("hypergraph: names and nodes or nets disagree in number")
        if self.net_start[0] != 0 or self.net_start[-1] != len(self.pins) or np.any(np.diff(self.net_start) < 0):
            raise InputError("hypergraph: the offsets of the nets do not cover the pins")
        if len(self.pins) and not (0 <= self.pins.min() and self.pins.max() < n):
            raise InputError(f"hypergraph: a pin names a node outside 0..{n - 1}")
        driven = np.flatnonzero(self.source >= 0)
        if np.any(np.diff(self.net_start)[driven] == 0) or np.any(self.pins[self.net_start[driven]] != self.source[driven]):
            raise InputError("hypergraph: the source of a net is not its first pin")
        if (self.node_weights < 0).any() or (self.net_weights < 0).any():
            raise InputError("hypergraph: a weight is negative")

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_weights)

    @property
    def n_nets(self) -> int:
        """Number of nets."""
        return len(self.source)

    def sinks(self, nets: IntArray) -> tuple[IntArray, IntArray]:
        """``(start, nodes)``: the pins but for the source of each of `nets`, concatenated; net i has start[i]..start[i+1]."""
        first = self.net_start[nets] + (self.source[nets] >= 0)
        stop = self.net_start[nets + 1]
        return np.concatenate(([0], np.cumsum(stop - first))), self.pins[join_ranges(first, stop)]

    def node_label(self, node: int) -> str:
        """The name of a node, else its number."""
        return self.node_names[node] if self.node_names else str(node)

    def net_label(self, net: int) -> str:
        """The name of a net, else its number."""
        return self.net_names[net] if self.net_names else str(net)

    def text(self, limit: int | None = None) -> str:
        """Sizes, then one line per net: ``name (weight): source -> sinks``."""

        def line(net: int) -> str:
            pins = [self.node_label(int(p)) for p in self.pins[self.net_start[net] : self.net_start[net + 1]]]
            shown = f"{pins[0]} -> {' '.join(pins[1:])}" if self.source[net] >= 0 else " ".join(pins)
            return f"{self.net_label(net)} ({self.net_weights[net]}): {shown}"

        head = f"hypergraph: {self.n_nodes} nodes of {self.node_weights.shape[1]} resources, {self.n_nets} nets"
        return _listed(f"{head}, {len(self.pins)} pins", line, self.n_nets, limit)

    def __repr__(self) -> str:
        return self.text(_REPR_ROWS)


@dataclass(frozen=True, eq=False, repr=False)
class Board:
    """K FPGAs joined by undirected links; a net may go over at most `max_hop` of them in a row.

    names [K], capacity int64 [K, R], external_limit int64 [K], links int32 [M, 2]
    """

    names: tuple[str, ...]
    capacity: IntArray
    external_limit: IntArray
    links: IntArray
    max_hop: int

    def __post_init__(self) -> None:
        _freeze(self, capacity=np.int64, external_limit=np.int64, links=np.int32)
        self.check()

    def check(self) -> None:
        """Raise `InputError` unless the arrays fit together and every link joins two FPGAs of the board."""
        k = self.n_fpgas
        if self.capacity.ndim != 2 or len(self.capacity) != k or self.external_limit.shape != (k,):
            raise InputError(f"board: capacities and external limits do not fit {k} FPGAs")
        if len(set(self.names)) != k:
            raise InputError("board: an FPGA appears twice")
        if self.links.ndim != 2 or self.links.shape[1] != 2:
            raise InputError(f"board: the links have the shape {self.links.shape}, expected (M, 2)")
        if len(self.links) and not (0 <= self.links.min() and self.links.max() < k):
            raise InputError(f"board: a link names an FPGA outside 0..{k - 1}")

    @property
    def n_fpgas(self) -> int:
        """Number of FPGAs."""
        return len(self.names)

    @cached_property
    def distance(self) -> IntArray:
        """int32 [K, K]: links on a shortest path, or `UNREACHABLE`."""
        joined = np.eye(self.n_fpgas, dtype=bool)
        joined[self.links[:, 0], self.links[:, 1]] = joined[self.links[:, 1], self.links[:, 0]] = True
        distance = np.full(joined.shape, UNREACHABLE, dtype=np.int32)
        reached = np.eye(self.n_fpgas, dtype=bool)
        hop = 0
        while np.any(new := reached & (distance == UNREACHABLE)):
            distance[new] = hop
            reached = reached @ joined
            hop += 1
        distance.flags.writeable = False
        return distance

    def text(self, limit: int | None = None) -> str:
        """Sizes, then one line per FPGA with its capacities, external limit and neighbours."""

        def line(k: int) -> str:
            near = " ".join(self.names[int(q)] for q in np.flatnonzero(self.distance[k] == 1))
            return f"{self.names[k]}: {' '.join(map(str, self.capacity[k]))}, external {self.external_limit[k]} - {near}"

        return _listed(f"board: {self.n_fpgas} FPGAs, hops at most {self.max_hop}", line, self.n_fpgas, limit)

    def __repr__(self) -> str:
        return self.text(_REPR_ROWS)


@dataclass(frozen=True, eq=False, repr=False)
class Partition:
    """Where the copies of V nodes stand: ``primary int32 [V]`` and ``replicas int32 [M, 2]``, rows of (node, FPGA)."""

    primary: IntArray
    replicas: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "replicas", np.asarray(self.replicas).reshape(-1, 2))
        _freeze(self, primary=np.int32, replicas=np.int32)

    def verify(self, graph: Hypergraph, board: Board) -> tuple[str, ...]:
        """What makes this no legal solution, one sentence per violation; empty if it is legal.

        Every node has a primary on the board and no FPGA two copies of it; capacities and external limits hold; every
        remote FPGA lies within `Board.max_hop` links of the primary of the net's source.
        """
        shape = self.shape_violations(graph, board)
        if shape:
            return tuple(shape)
        return (
            *self._capacity_violations(graph, board),
            *self._load_violations(graph, board),
            *self._hop_violations(graph, board),
        )

    def locations(self, n_fpgas: int) -> npt.NDArray[np.bool_]:
        """bool [V, K]: where a copy of each node stands."""
        at = np.zeros((len(self.primary), n_fpgas), dtype=bool)
        at[np.arange(len(at)), self.primary] = True
        at[self.replicas[:, 0], self.replicas[:, 1]] = True
        return at

    def remote(self, graph: Hypergraph, n_fpgas: int) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """``(nets, reached)``: the nets with a source and a sink, and their remote FPGAs as bool [len(nets), K]."""
        sizes = np.diff(graph.net_start)
        nets = np.flatnonzero((graph.source >= 0) & (sizes > 1))
        start, sinks = graph.sinks(nets)
        at = self.locations(n_fpgas)
        reached = np.empty((len(nets), n_fpgas), dtype=bool)
        for q in range(n_fpgas):
            reached[:, q] = np.logical_or.reduceat(at[sinks, q], start[:-1]) if len(nets) else False
        return nets, reached & ~at[graph.source[nets]]

    def hops(self, graph: Hypergraph, board: Board) -> int:
        """Total hops; a remote FPGA that cannot be reached at all counts one hop per FPGA of the board."""
        nets, reached = self.remote(graph, board.n_fpgas)
        distance = np.where(board.distance == UNREACHABLE, board.n_fpgas, board.distance)
        total = 0
        for q in range(board.n_fpgas):
            sent = nets[reached[:, q]]
            total += int(graph.net_weights[sent] @ distance[self.primary[graph.source[sent]], q].astype(np.int64))
        return total

    def external_load(self, graph: Hypergraph, board: Board) -> IntArray:
        """int64 [K]: weight of the nets that leave or enter each FPGA."""
        nets, reached = self.remote(graph, board.n_fpgas)
        load = np.array([graph.net_weights[nets[reached[:, q]]].sum() for q in range(board.n_fpgas)], dtype=np.int64)
        leaving = nets[reached.any(axis=1)]
        np.add.at(load, self.primary[graph.source[leaving]], graph.net_weights[leaving])
        return load

    def usage(self, graph: Hypergraph, board: Board) -> IntArray:
        """int64 [K, R]: resources of all copies on each FPGA."""
        used = np.zeros(board.capacity.shape, dtype=np.int64)
        np.add.at(used, self.primary, graph.node_weights)
        np.add.at(used, self.replicas[:, 1], graph.node_weights[self.replicas[:, 0]])
        return used

    def shape_violations(self, graph: Hypergraph, board: Board) -> list[str]:
        """What keeps this from being counted at all: nodes without a place on the board, two copies in one place."""
        n, k = graph.n_nodes, board.n_fpgas
        if self.primary.shape != (n,):
            return [f"primaries for {len(self.primary)} nodes, the hypergraph has {n}"]
        if graph.node_weights.shape[1] != board.capacity.shape[1]:
            return [f"nodes have {graph.node_weights.shape[1]} resources, the board has {board.capacity.shape[1]}"]
        astray = np.flatnonzero((self.primary < 0) | (self.primary >= k))
        if len(astray):
            return _some(astray, lambda v: f"node {graph.node_label(v)} has no primary FPGA on the board")
        node, fpga = self.replicas[:, 0], self.replicas[:, 1]
        if np.any((node < 0) | (node >= n) | (fpga < 0) | (fpga >= k)):
            return ["a replica names a node or an FPGA that does not exist"]
        copies = np.concatenate([np.arange(n) * k + self.primary, node.astype(np.int64) * k + fpga])
        copy, times = np.unique(copies, return_counts=True)
        twice = copy[times > 1]
        return _some(twice, lambda c: f"node {graph.node_label(c // k)} has two copies on {board.names[c % k]}")

    def _capacity_violations(self, graph: Hypergraph, board: Board) -> list[str]:
        used = self.usage(graph, board)
        return [
            f"{board.names[q]} uses {used[q, r]} of resource {r}, its capacity is {board.capacity[q, r]}"
            for q, r in np.argwhere(used > board.capacity).tolist()
        ]

    def _load_violations(self, graph: Hypergraph, board: Board) -> list[str]:
        load = self.external_load(graph, board)
        return [
            f"{board.names[q]} has an external load of {load[q]}, its limit is {board.external_limit[q]}"
            for q in np.flatnonzero(load > board.external_limit).tolist()
        ]

    def _hop_violations(self, graph: Hypergraph, board: Board) -> list[str]:
        nets, reached = self.remote(graph, board.n_fpgas)
        too_far = (board.distance == UNREACHABLE) | (board.distance > board.max_hop)
        wrong = reached & too_far[self.primary[graph.source[nets]]]

        def sentence(at: int) -> str:
            row, q = divmod(at, board.n_fpgas)
            p = int(self.primary[graph.source[nets[row]]])
            far = board.distance[p, q]
            hops = "no path exists" if far == UNREACHABLE else f"{far} hops, at most {board.max_hop} are allowed"
            return f"net {graph.net_label(int(nets[row]))} goes from {board.names[p]} to {board.names[q]}: {hops}"

        return _some(np.flatnonzero(wrong), sentence)

    def text(self, graph: Hypergraph, board: Board) -> str:
        """One line per FPGA: its name, then the names of its nodes, replicas marked with ``*`` after the primaries."""
        lines = []
        for q, name in enumerate(board.names):
            nodes = [graph.node_label(v) for v in np.flatnonzero(self.primary == q).tolist()]
            nodes += [f"{graph.node_label(v)}*" for v in self.replicas[self.replicas[:, 1] == q, 0].tolist()]
            lines.append(f"{name}: {' '.join(nodes)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        count = np.bincount(self.primary[self.primary >= 0])
        return f"partition: {len(self.primary)} nodes as {' + '.join(map(str, count))}, {len(self.replicas)} replicas"


def _freeze(item: object, **dtypes: npt.DTypeLike) -> None:
    """Make read-only arrays of the named attributes of a frozen dataclass."""
    for name, dtype in dtypes.items():
        array = np.array(getattr(item, name), dtype=dtype)
        array.flags.writeable = False
        object.__setattr__(item, name, array)


def _some(items: IntArray, sentence: Callable[[int], str]) -> list[str]:
    """One sentence each for the first items, and how many more there are."""
    out = [sentence(int(i)) for i in items[:_MESSAGES]]
    return out + ([f"... and {len(items) - _MESSAGES} more of this kind"] if len(items) > _MESSAGES else [])


def _listed(head: str, line: Callable[[int], str], count: int, limit: int | None) -> str:
    shown = count if limit is None else min(limit, count)
    more = [f"  ... {count - shown} more"] if shown < count else []
    return "\n".join([head, *(f"  {line(i)}" for i in range(shown)), *more])

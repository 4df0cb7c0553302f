"""Where nodes may stand: fixed nodes, groups and nodes without replicas, by name.

A name may be a shell pattern with ``*``, which stands for all nodes that fit it (``cpu.alu.*``). ``#`` begins a comment.

  fixed nodes   lines ``NODE FPGA``; or the `.fix` of hMETIS: a line per node with the number of its FPGA from 0, or -1
  groups        a group per line, its nodes separated by blanks
  nodes         names separated by blanks
  prices        lines ``NODE PRICE``: what a hop of the nets that the node drives costs
"""

from __future__ import annotations

import re
from fnmatch import translate
from pathlib import Path

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.hypergraph import Board, Hypergraph
from eda.ir.netlist import IntArray
from eda.partition.formats.fields import natural, rows

_FREE = "-1"


def read_fixed(path: str | Path, graph: Hypergraph, board: Board) -> IntArray:
    """int32 [V]: the FPGA of each fixed node, -1 for the others; raises `InputError` with the line of what is wrong."""
    lines = rows(path, "lines NODE FPGA, or a number per node", "#")
    if all(len(fields) == 1 for _, fields in lines):
        return _numbered(path, lines, graph.n_nodes, board.n_fpgas)
    names, fpgas = _Names(graph), {name: q for q, name in enumerate(board.names)}
    fixed = np.full(graph.n_nodes, -1, dtype=np.int32)
    for line, fields in lines:
        if len(fields) != 2:
            raise InputError(f"expected NODE FPGA, found {len(fields)} fields", file=path, line=line)
        if fields[1] not in fpgas:
            raise InputError(f"unknown FPGA {fields[1]}{suggest(fields[1], fpgas)}", file=path, line=line)
        nodes = names.find(fields[0], path, line)
        clash = nodes[(fixed[nodes] >= 0) & (fixed[nodes] != fpgas[fields[1]])]
        if len(clash):
            raise InputError(f"node {graph.node_label(int(clash[0]))} is fixed on two FPGAs", file=path, line=line)
        fixed[nodes] = fpgas[fields[1]]
    return fixed


def _numbered(path: str | Path, lines: list[tuple[int, list[str]]], n_nodes: int, n_fpgas: int) -> IntArray:
    if len(lines) != n_nodes:
        raise InputError(f"expected {n_nodes} lines, one per node, found {len(lines)}", file=path, line=lines[-1][0])
    allowed = {_FREE: -1} | {str(q): q for q in range(n_fpgas)}
    for line, (text, *_) in lines:
        if text not in allowed:
            raise InputError(f"expected -1 or an FPGA in 0..{n_fpgas - 1}, found {text}", file=path, line=line)
    return np.array([allowed[fields[0]] for _, fields in lines], dtype=np.int32)


def read_groups(path: str | Path, graph: Hypergraph) -> tuple[IntArray, ...]:
    """The nodes of each group, a group per line, each node once."""
    names = _Names(graph)
    lines = rows(path, "a group of node names per line", "#")
    return tuple(np.unique(np.concatenate([names.find(name, path, line) for name in fields])) for line, fields in lines)


def read_together(path: str | Path, graph: Hypergraph) -> IntArray:
    """int32 [V]: the group of each node, -1 where it has none; raises `InputError` for a node in two groups."""
    group = np.full(graph.n_nodes, -1, dtype=np.int32)
    for number, nodes in enumerate(read_groups(path, graph)):
        twice = nodes[group[nodes] >= 0]
        if len(twice):
            raise InputError(f"node {graph.node_label(int(twice[0]))} is in two groups", file=path)
        group[nodes] = number
    return group


def read_nodes(path: str | Path, graph: Hypergraph) -> IntArray:
    """The nodes that a file names."""
    return np.unique(np.concatenate(read_groups(path, graph)))


def read_prices(path: str | Path, graph: Hypergraph) -> IntArray:
    """int64 [E]: the price of a hop of each net, the net's weight where its source is not named."""
    names = _Names(graph)
    price = np.full(graph.n_nodes, -1, dtype=np.int64)
    for line, fields in rows(path, "lines NODE PRICE", "#"):
        if len(fields) != 2:
            raise InputError(f"expected NODE PRICE, found {len(fields)} fields", file=path, line=line)
        price[names.find(fields[0], path, line)] = natural(fields[1], "price", path, line)
    driven = np.where(graph.source >= 0, price[graph.source], -1)
    return np.where(driven >= 0, driven, graph.net_weights)


class _Names:
    """Nodes by name or pattern."""

    def __init__(self, graph: Hypergraph) -> None:
        self.labels = [graph.node_label(v) for v in range(graph.n_nodes)]
        self.number = {name: v for v, name in enumerate(self.labels)}

    def find(self, name: str, path: str | Path, line: int) -> IntArray:
        """The nodes of that name or pattern, at least one."""
        if name in self.number:
            return np.array([self.number[name]])
        if "*" not in name:
            raise InputError(f"unknown node {name}{suggest(name, self.labels)}", file=path, line=line)
        fits = re.compile(translate(name.replace("[", "[[]"))).match
        found = [v for v, label in enumerate(self.labels) if fits(label)]
        if not found:
            raise InputError(f"no node fits {name}", file=path, line=line)
        return np.array(found)

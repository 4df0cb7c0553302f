"""hMETIS hypergraphs (`.hgr`) and partition files (`.part.K`).

  E V [fmt]     fmt 1 or 11: a weight begins each net; 10 or 11: weights of the nodes follow, one per line
  pins          one line per net, nodes from 1

Lines that begin with ``%`` are comments. The format has no direction.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eda.errors import InputError
from eda.ir.files import write_atomic
from eda.ir.hypergraph import Hypergraph
from eda.ir.netlist import IntArray
from eda.partition.formats.fields import natural, naturals, rows

RESOURCES = ("weight",)
_FORMATS = ("0", "1", "10", "11")


def read_hgr(path: str | Path) -> Hypergraph:
    """The hypergraph in a file, of one resource; **the first pin of each net is taken as its source**.

    Pins that appear twice in a net count once. Raises `InputError` naming the line of what is wrong.
    """
    (line, head), *body = rows(path, "E V [fmt]", "%")
    if len(head) not in (2, 3) or (len(head) == 3 and head[2] not in _FORMATS):
        raise InputError("expected E V [fmt], fmt one of 0, 1, 10, 11", file=path, line=line)
    n_nets, n_nodes = naturals(head[:2], "nets and nodes", path, line)
    fmt = head[2] if len(head) == 3 else "0"
    needed = n_nets + (n_nodes if fmt in ("10", "11") else 0)
    if len(body) != needed:
        last = body[min(len(body), needed + 1) - 1][0] if body else line
        raise InputError(f"expected {needed} lines after the first, found {len(body)}", file=path, line=last)
    start, pins, weights = _nets(path, body[:n_nets], n_nodes, fmt in ("1", "11"))
    sizes = _node_weights(path, body[n_nets:]) if fmt in ("10", "11") else np.ones((n_nodes, 1), dtype=np.int64)
    names = tuple(f"g{v + 1}" for v in range(n_nodes))
    return Hypergraph(start, pins, pins[start[:-1]], sizes, weights, names)


def _nets(path: str | Path, lines: list[tuple[int, list[str]]], n_nodes: int, weighted: bool) -> tuple[IntArray, ...]:
    """Offsets, pins from 0, and weights."""
    pins: list[int] = []
    start, weights = [0], []
    for line, fields in lines:
        numbers = naturals(fields, "net", path, line)
        weights.append(numbers.pop(0) if weighted else 1)
        if not numbers:
            raise InputError("a net without pins", file=path, line=line)
        if not (1 <= min(numbers) and max(numbers) <= n_nodes):
            wrong = next(p for p in numbers if not 1 <= p <= n_nodes)
            raise InputError(f"unknown node {wrong}: expected 1..{n_nodes}", file=path, line=line)
        pins += dict.fromkeys(numbers)
        start.append(len(pins))
    flat = np.array(pins, dtype=np.int32) - 1
    return np.array(start, dtype=np.int64), flat, np.array(weights, dtype=np.int64)


def _node_weights(path: str | Path, lines: list[tuple[int, list[str]]]) -> IntArray:
    for line, fields in lines:
        if len(fields) != 1:
            raise InputError(f"expected the weight of a node, found {len(fields)} fields", file=path, line=line)
    return np.array([[natural(f[0], "node weight", path, line)] for line, f in lines], dtype=np.int64).reshape(-1, 1)


def write_hgr(graph: Hypergraph, path: str | Path, resource: int = 0) -> None:
    """Write the nets with their weights and one resource of the nodes (fmt 11)."""
    lines = [f"{graph.n_nets} {graph.n_nodes} 11"]
    groups = np.split(graph.pins + 1, graph.net_start[1:-1])
    lines += [" ".join(map(str, [w, *pins])) for w, pins in zip(graph.net_weights.tolist(), groups, strict=True)]
    lines += map(str, graph.node_weights[:, resource].tolist())
    write_atomic(path, "\n".join(lines) + "\n")


def read_parts(path: str | Path, n_nodes: int, n_parts: int) -> IntArray:
    """int32 [V]: the block of each node, from 0; one per line."""
    lines = rows(path, "the block of each node")
    if len(lines) != n_nodes:
        raise InputError(f"expected {n_nodes} lines, one block per node, found {len(lines)}", file=path, line=lines[-1][0])
    out = np.empty(n_nodes, dtype=np.int32)
    for v, (line, fields) in enumerate(lines):
        block = natural(fields[0], "block", path, line)
        if len(fields) > 1 or block >= n_parts:
            raise InputError(f"expected one block in 0..{n_parts - 1}, found {' '.join(fields)}", file=path, line=line)
        out[v] = block
    return out


def write_parts(parts: IntArray, path: str | Path) -> None:
    """Write the block of each node, one per line."""
    write_atomic(path, "".join(f"{p}\n" for p in parts.tolist()))

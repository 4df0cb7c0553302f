"""Solutions in the contest's format: one line ``FPGA: node node replica*`` per FPGA, primaries first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.files import read_text, write_atomic
from eda.ir.hypergraph import Board, Hypergraph, Partition


def solution_text(partition: Partition, graph: Hypergraph, board: Board) -> str:
    """Every FPGA in the order of the board, empty ones included; nodes in the order of the hypergraph."""
    lines = []
    for name, nodes in placed(partition, graph, board).items():
        words = [f"{name}:", *nodes["primaries"], *(f"{v}*" for v in nodes["replicas"])]
        lines.append(" ".join(words) + "\n")
    return "".join(lines)


def placed(partition: Partition, graph: Hypergraph, board: Board) -> dict[str, dict[str, list[str]]]:
    """By FPGA the names of its "primaries" and "replicas", in the order of the hypergraph."""
    out: dict[str, dict[str, list[str]]] = {name: {"primaries": [], "replicas": []} for name in board.names}
    for v, q in enumerate(partition.primary.tolist()):
        out[board.names[q]]["primaries"].append(graph.node_label(v))
    for v, q in partition.replicas[np.lexsort(partition.replicas.T[::-1])].tolist():
        out[board.names[q]]["replicas"].append(graph.node_label(v))
    return out


def write_solution(path: str | Path, partition: Partition, graph: Hypergraph, board: Board) -> None:
    """Write `solution_text`; raises `InputError` if the path cannot be written."""
    write_atomic(path, solution_text(partition, graph, board))


def read_solution(path: str | Path, graph: Hypergraph, board: Board) -> Partition:
    """The partition in a file; raises `InputError` with the line of an unknown name, a second primary or a second copy.

    Every node needs one primary; nothing else is asked of the solution, see `Problem.violations`.
    """
    nodes = {graph.node_label(v): v for v in range(graph.n_nodes)}
    fpgas = {name: q for q, name in enumerate(board.names)}
    primary = np.full(graph.n_nodes, -1, dtype=np.int32)
    replicas: set[tuple[int, int]] = set()
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            q, tokens = _fields(line, fpgas, path, number)
            _place(tokens, q, nodes, primary, replicas, path, number)
    homeless = np.flatnonzero(primary < 0)
    if len(homeless):
        raise InputError(f"node {graph.node_label(int(homeless[0]))} has no primary", file=path)
    for v, q in sorted(replicas):
        if primary[v] == q:
            raise InputError(f"node {graph.node_label(v)} has a replica beside its primary on {board.names[q]}", file=path)
    return Partition(primary, np.array(sorted(replicas), dtype=np.int32).reshape(-1, 2))


def _fields(line: str, fpgas: dict[str, int], path: str | Path, number: int) -> tuple[int, list[str]]:
    name, colon, rest = line.partition(":")
    if not colon:
        raise InputError("expected `FPGA: node node*`, found no colon", file=path, line=number)
    if name.strip() not in fpgas:
        raise InputError(f"unknown FPGA {name.strip()}{suggest(name.strip(), fpgas)}", file=path, line=number)
    return fpgas[name.strip()], rest.split()


def _place(
    tokens: list[str],
    q: int,
    nodes: dict[str, int],
    primary: np.ndarray,
    replicas: set[tuple[int, int]],
    path: str | Path,
    line: int,
) -> None:
    """Enter the copies of one line."""
    for token in tokens:
        replica = token.endswith("*")
        v = nodes.get(token[:-1] if replica else token)
        if v is None:
            raise InputError(f"unknown node {token}", file=path, line=line)
        if (v, q) in replicas if replica else primary[v] >= 0:
            raise InputError(f"{token} has {'two replicas here' if replica else 'two primaries'}", file=path, line=line)
        if replica:
            replicas.add((v, q))
        else:
            primary[v] = q

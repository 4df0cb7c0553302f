"""Folders of the 2024 EDA Elite Challenge, problem 3: `design.info`, `design.topo`, `design.are` and `design.net`.

  design.info   NAME LIMIT r1 .. r8        an FPGA, its external limit and its capacities
  design.topo   H, then lines NAME NAME    most hops, then undirected links
  design.are    NAME r1 .. r8              a node and its areas
  design.net    SOURCE WEIGHT SINK...      a net; sinks may repeat or name the source, which changes nothing

Fields are separated by blanks; each file may be gzipped (`design.net.gz`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.files import write_atomic
from eda.ir.hypergraph import UNREACHABLE, Board, Hypergraph
from eda.partition.formats.fields import beside, natural, naturals, rows
from eda.partition.problem import Problem, make_problem

RESOURCES = ("FF", "LUT", "BUFG", "TBUF", "DCM", "BRAM", "DSP", "PP")
_SUGGESTED_FROM = 2000  # names; above, finding the nearest takes longer than reading


def read_case(folder: str | Path) -> Problem:
    """The problem in a contest folder; raises `InputError` naming file and line."""
    if not Path(folder).is_dir():
        raise InputError("expected a folder with design.info, design.topo, design.are and design.net", file=folder)
    return make_problem(read_netlist(folder), read_contest_board(folder), resources=RESOURCES)


def read_contest_board(folder: str | Path) -> Board:
    """The board of a contest folder; raises `InputError`, also where an FPGA cannot be reached from the first."""
    info = beside(folder, "design.info")
    fpgas: dict[str, int] = {}
    numbers = []
    for line, fields in rows(info, "NAME LIMIT and 8 capacities"):
        _expect(len(fields) == 10, f"expected NAME LIMIT and 8 capacities, found {len(fields)} fields", info, line)
        _expect(fields[0] not in fpgas, f"FPGA {fields[0]} is listed twice", info, line)
        fpgas[fields[0]] = len(fpgas)
        numbers.append(naturals(fields[1:], "limit and capacities", info, line))
    table = np.array(numbers, dtype=np.int64)
    return _linked(beside(folder, "design.topo"), fpgas, table[:, 1:], table[:, 0])


def _linked(path: Path, fpgas: dict[str, int], capacity: np.ndarray, limit: np.ndarray) -> Board:
    (line, first), *others = rows(path, "the maximum hop count")
    _expect(len(first) == 1, f"expected the maximum hop count alone, found {len(first)} fields", path, line)
    max_hop = natural(first[0], "maximum hop count", path, line)
    links = set()
    for line, fields in others:
        _expect(len(fields) == 2, f"expected the names of two FPGAs, found {len(fields)} fields", path, line)
        for name in set(fields) - set(fpgas):
            raise InputError(f"unknown FPGA {name}{suggest(name, fpgas)}", file=path, line=line)
        a, b = fpgas[fields[0]], fpgas[fields[1]]
        links.add((min(a, b), max(a, b)))
    joined = np.array(sorted(link for link in links if link[0] != link[1]), dtype=np.int32).reshape(-1, 2)
    board = Board(tuple(fpgas), capacity, limit, joined, max_hop)
    require_connected(board, path, line)
    return board


def require_connected(board: Board, path: str | Path, line: int | None = None) -> None:
    """Raise `InputError` if no links lead from the first FPGA to some other."""
    cut_off = [board.names[q] for q in np.flatnonzero(board.distance[0] == UNREACHABLE)]
    if cut_off:
        more = f" and {len(cut_off) - 1} more" if len(cut_off) > 1 else ""
        raise InputError(
            f"the board is disconnected: no links join {board.names[0]} with {cut_off[0]}{more}", file=path, line=line
        )


def read_netlist(folder: str | Path) -> Hypergraph:
    """The nodes and nets of a contest folder; sinks once each and never the source."""
    names, areas = _nodes(beside(folder, "design.are"))
    path = beside(folder, "design.net")
    pins: list[int] = []
    start, weights = [0], []
    for line, fields in rows(path, "SOURCE WEIGHT SINK..."):
        if len(fields) < 2:
            raise InputError("expected SOURCE WEIGHT SINK..., found 1 field", file=path, line=line)
        weights.append(natural(fields.pop(1), "net weight", path, line))
        try:
            pins += dict.fromkeys([names[name] for name in fields])
        except KeyError as e:
            hint = suggest(e.args[0], names) if len(names) < _SUGGESTED_FROM else ""
            raise InputError(f"unknown node {e.args[0]}{hint}", file=path, line=line) from e
        start.append(len(pins))
    flat, offsets = np.array(pins, dtype=np.int32), np.array(start, dtype=np.int64)
    return Hypergraph(offsets, flat, flat[offsets[:-1]], areas, np.array(weights, dtype=np.int64), tuple(names))


def _nodes(path: Path) -> tuple[dict[str, int], np.ndarray]:
    names: dict[str, int] = {}
    numbers: list[int] = []
    for line, fields in rows(path, "NAME and 8 areas"):
        name = fields[0]
        if len(fields) != 1 + len(RESOURCES):
            raise InputError(f"expected NAME and 8 areas, found {len(fields)} fields", file=path, line=line)
        if name in names or name.endswith("*"):
            reason = "is listed twice" if name in names else "ends in *, the mark of replicas"
            raise InputError(f"node {name} {reason}", file=path, line=line)
        names[name] = len(names)
        numbers += naturals(fields[1:], "area", path, line)
    return names, np.array(numbers, dtype=np.int64).reshape(-1, len(RESOURCES))


def write_case(problem: Problem, folder: str | Path) -> None:
    """Write a problem of at most 8 resources as a contest folder; its nets must have sources.

    Fixed places, groups and other limits have no place in the format. Raises `InputError` for what cannot be written.
    """
    graph, board = problem.graph, problem.limits
    if (graph.source < 0).any():
        raise InputError("a net without a source cannot be written as a contest folder", file=folder)
    spare = len(RESOURCES) - graph.node_weights.shape[1]
    if spare < 0:
        raise InputError(
            f"{graph.node_weights.shape[1]} resources cannot be written as a contest folder, which has 8", file=folder
        )
    padding = ["0"] * spare
    label = [graph.node_label(v) for v in range(graph.n_nodes)]
    files = {
        "info": [[n, x, *c, *padding] for n, x, c in zip(board.names, board.external_limit, board.capacity, strict=True)],
        "topo": [[board.max_hop], *([board.names[a], board.names[b]] for a, b in board.links)],
        "are": [[name, *areas, *padding] for name, areas in zip(label, graph.node_weights.tolist(), strict=True)],
        "net": [
            [label[pins[0]], w, *(label[t] for t in pins[1:])]
            for w, pins in zip(graph.net_weights.tolist(), np.split(graph.pins, graph.net_start[1:-1]), strict=True)
        ],
    }
    for suffix, lines in files.items():
        write_atomic(Path(folder) / f"design.{suffix}", "".join(f"{' '.join(map(str, line))}\n" for line in lines))


def _expect(right: bool, message: str, path: Path, line: int) -> None:
    if not right:
        raise InputError(message, file=path, line=line)

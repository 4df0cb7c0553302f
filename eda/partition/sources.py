"""A partitioning problem from whatever the user has: a contest folder, a hypergraph, or a design with a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eda.errors import UsageError
from eda.flow.load import AIGER, VERILOG, load_design, only_module, suffix
from eda.ir.convert import to_hypergraph
from eda.ir.netlist import Netlist
from eda.partition.cells import cell_resources, copyable
from eda.partition.formats import hmetis
from eda.partition.formats.board import BoardFile, read_board
from eda.partition.formats.contest import RESOURCES, read_case, read_netlist
from eda.partition.luts import map_to_luts
from eda.partition.problem import Problem
from eda.partition.timing import depth_criticality, timing_weights

HGR = ".hgr"


@dataclass(frozen=True, eq=False)
class Source:
    """A problem; for designs also the netlist as read, and the one whose cells are the nodes."""

    problem: Problem
    design: Netlist | None = None
    netlist: Netlist | None = None


def read_source(
    paths: Sequence[Path],
    board: Path | None = None,
    *,
    balance: float | None = None,
    top: str | None = None,
    luts: int = 6,
    safe: bool = False,
    timing: float = 0.0,
    pdk: str = "nangate45",
    pdk_root: str | None = None,
    time_limit: float = 600.0,
) -> Source:
    """Read a contest folder, an `.hgr` file, or the files of a design.

    `board` is a file or a contest folder; a contest folder has its own. `balance` see `BoardFile.problem`. Designs: `top`
    names the module, combinational logic is mapped to tables of `luts` inputs (0: cells as they are), with `safe` registers
    are not copied, `timing` is the strength of `timing_weights`. Raises `UsageError` for what does not go together.
    """
    first = paths[0]
    if len(paths) == 1 and first.is_dir():
        return Source(_contest(first, board, balance))
    if board is None:
        raise UsageError(f"{first}: name its board with --board (a TOML file, or a folder with design.info and design.topo)")
    place = read_board(board)
    if len(paths) == 1 and suffix(first) == HGR:
        return Source(_hypergraph(first, place, balance))
    design = _design(paths, top, pdk, pdk_root, time_limit)
    netlist = map_to_luts(design, luts, time_limit=time_limit) if luts else design
    names, weights = cell_resources(netlist)
    graph = to_hypergraph(netlist, weights)
    hops = timing_weights(graph.net_weights, depth_criticality(netlist), timing) if timing else None
    problem = place.problem(graph, names, balance=balance, replicable=copyable(netlist, safe=safe), hop_weights=hops)
    return Source(problem, design, netlist)


def _contest(folder: Path, board: Path | None, balance: float | None) -> Problem:
    if board is None and balance is None:
        return read_case(folder)
    return read_board(board or folder).problem(read_netlist(folder), RESOURCES, balance=balance)


def _hypergraph(path: Path, place: BoardFile, balance: float | None) -> Problem:
    """On a contest's board, which has no resource of this name, the weight is the first resource."""
    if hmetis.RESOURCES[0] not in place.resources and place.resources[:1] == RESOURCES[:1]:
        place = replace(place, resources=hmetis.RESOURCES + place.resources[1:])
    return place.problem(hmetis.read_hgr(path), hmetis.RESOURCES, balance=balance)


def _design(paths: Sequence[Path], top: str | None, pdk: str, pdk_root: str | None, time_limit: float) -> Netlist:
    for path in paths:
        if suffix(path) not in (*VERILOG, *AIGER):
            raise UsageError(f"{path}: expected a contest folder, .hgr, or a design that ends in {' '.join(VERILOG + AIGER)}")
    if len(paths) == 1:
        return load_design(paths[0], top=top, pdk=pdk, pdk_root=pdk_root, time_limit=time_limit)
    from eda.verilog.rtl import read_rtl

    return read_rtl(list(paths), top or only_module(list(paths)), time_limit=time_limit)

"""One netlist per FPGA, and a top module that joins them.

Every FPGA holds its primaries and replicas. A net that it reads without a copy of the driver is an input; the primary of a
driver gives an output where others read it, or the design shows it. All ports are single bits, named after their nets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eda.ir import logic
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.files import write_atomic
from eda.ir.hypergraph import Board, Partition
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.partition.luts import is_table
from eda.verilog.lexer import is_simple
from eda.verilog.writer import to_verilog

CELLS = "cells.v"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, eq=False)
class Split:
    """The netlists of the FPGAs that hold something, by the FPGA's number, and the top, in which each is a black box.

    `kept` gives the registers and black boxes, in the order of the design: cell number, and its name on every FPGA.
    """

    top: Netlist
    parts: Mapping[int, Netlist]
    kept: Mapping[int, str]


def split(netlist: Netlist, partition: Partition, board: Board) -> Split:
    """Cut a netlist, whose cells are the nodes of the partition, into one per FPGA."""
    at = partition.locations(board.n_fpgas)
    names = _Names(netlist, board)
    crossing = _Crossing(netlist, partition, at)
    parts = {q: _part(netlist, q, np.flatnonzero(at[:, q]), names, crossing) for q in np.flatnonzero(at.any(axis=0)).tolist()}
    kept = {c: str(names.cells[c]) for c in np.flatnonzero(~netlist.is_combinational_cell).tolist()}
    return Split(_top(netlist, parts, names, crossing, board), parts, kept)


class _Names:
    """A free plain name for every net, module and register."""

    def __init__(self, netlist: Netlist, board: Board) -> None:
        self.taken = {name for name in (*netlist.net_by_name, *netlist.cell_names) if name is not None}
        self.nets = ["", "", *(self._plain(netlist.net_names[n], f"net{n}") for n in range(FIRST_INPUT_NET, netlist.n_nets))]
        kept = ~netlist.is_combinational_cell
        self.cells = [name or (self._plain(None, f"cell{c}") if kept[c] else None) for c, name in enumerate(netlist.cell_names)]
        modules = {netlist.name}
        self.modules = [_free(_NOT_PLAIN.sub("_", f"{netlist.name}_{name}"), modules) for name in board.names]

    def _plain(self, name: str | None, otherwise: str) -> str:
        if name is not None and is_simple(name):
            return name
        return _free(_NOT_PLAIN.sub("_", name or otherwise).strip("_") or otherwise, self.taken)


def _free(name: str, taken: set[str]) -> str:
    out, k = name, 1
    while out in taken:
        out, k = f"{name}_{k}", k + 1
    taken.add(out)
    return out


class _Crossing:
    """Which nets each FPGA reads from others, and which its primaries give.

    reads   per net: bool [N, K], a cell there reads it and no copy of its driver is there
    gives   int [N]: the FPGA that gives the net to others or to the outside, or -1
    """

    def __init__(self, netlist: Netlist, partition: Partition, at: np.ndarray) -> None:
        k = at.shape[1]
        reads = np.zeros((netlist.n_nets, k), dtype=bool)
        for q in range(k):
            reads[netlist.fanin[at[netlist.pin_cell, q]], q] = True
        inside = np.flatnonzero(netlist.driver >= 0)
        reads[inside] &= ~at[netlist.driver[inside]]
        reads[:FIRST_INPUT_NET] = False
        self.reads = reads
        shown = np.asarray(reads.any(axis=1))
        shown[netlist.output_nets] = True
        self.gives = np.full(netlist.n_nets, -1, dtype=np.int64)
        self.gives[inside] = np.where(shown[inside], partition.primary[netlist.driver[inside]], -1)


def _part(netlist: Netlist, q: int, members: np.ndarray, names: _Names, crossing: _Crossing) -> Netlist:
    builder = Builder(names.modules[q])
    number: dict[int, int] = {0: 0, 1: 1}
    for net in np.flatnonzero(crossing.reads[:, q]).tolist():
        (number[net],) = builder.input(names.nets[net])
    own = [n for c in members.tolist() for n in netlist.outputs_of(c)]
    number |= {net: builder.forward() for net in own}
    for c in members.tolist():
        outs = builder.cell(netlist.type_of(c), [number[n] for n in netlist.fanin_of(c).tolist()], names.cells[c])
        for net, out in zip(netlist.outputs_of(c), outs, strict=True):
            builder.connect(number[net], out)
            if netlist.net_names[net] is not None:
                builder.name_net(out, str(netlist.net_names[net]))
    for net in own:
        if crossing.gives[net] == q:
            builder.output(names.nets[net], number[net])
    return builder.build(sweep=False)


def _top(netlist: Netlist, parts: Mapping[int, Netlist], names: _Names, crossing: _Crossing, board: Board) -> Netlist:
    builder = Builder(netlist.name)
    number: dict[int, int] = {0: 0, 1: 1}
    for port in netlist.inputs:
        bounds = None if port.left is None or port.right is None else (port.left, port.right)
        number |= dict(zip(port.nets, builder.input(port.name, bounds), strict=True))
    number |= {net: builder.forward() for net in np.flatnonzero(crossing.gives >= 0).tolist()}
    net_of = {name: net for net, name in enumerate(names.nets) if name}
    for q, part in parts.items():
        read, given = ([p.name for p in ports] for ports in (part.inputs, part.outputs))
        kind = CellType(part.name, tuple(read), tuple(given), (None,) * len(given))
        outs = builder.cell(kind, [number[net_of[name]] for name in read], board.names[q])
        for name, out in zip(given, outs, strict=True):
            builder.connect(number[net_of[name]], out)
            builder.name_net(out, netlist.net_names[net_of[name]] or name)
    for port in netlist.outputs:
        nets = [number[n] for n in port.nets]
        if port.left is None or port.right is None:
            builder.output(port.name, nets[0])
        else:
            builder.output(port.name, nets, (port.left, port.right))
    return builder.build(sweep=False)


def texts(parts: Split, board: Board) -> dict[str, str]:
    """Verilog by file name: `top.v`, one file per FPGA, and `cells.v` with the modules that they use."""
    out = {"top.v": to_verilog(parts.top)}
    helpers: dict[str, None] = {}
    for q, part in parts.parts.items():
        text, *rest = to_verilog(part).split("\nendmodule\n")
        helpers |= dict.fromkeys(r.strip() for r in rest if r.strip())
        out[f"{_NOT_PLAIN.sub('_', board.names[q])}.v"] = f"{text}\nendmodule\n"
    tables = dict.fromkeys(t for part in parts.parts.values() for t in part.types if is_table(t))
    cells = [*_tables(tables), *(f"{text}\nendmodule\n" for text in helpers)]
    return out | {CELLS: "\n".join(cells)}


def _tables(kinds: Mapping[CellType, None]) -> Iterator[str]:
    for kind in sorted(kinds, key=lambda t: t.name):
        (function,) = kind.functions
        assert function is not None
        pins = ", ".join(kind.inputs)
        yield (
            f"module {kind.name} ({pins}, O);\n  input {pins};\n  output O;\n"
            f"  assign O = {logic.to_text(function, negate='~')};\nendmodule\n"
        )


def write_split(parts: Split, board: Board, folder: str | Path) -> list[Path]:
    """Write `texts` into a folder; the paths."""
    paths = []
    for name, text in texts(parts, board).items():
        paths.append(Path(folder) / name)
        write_atomic(paths[-1], text)
    return paths

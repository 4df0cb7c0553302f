"""Boards: a TOML file, or a contest folder with `design.info` and `design.topo`.

max_hop = 2              # links that a net may take in a row; default: any number
[capacity]               # of every FPGA, by resource
LUT = 20000
FF = 40000
[target]                 # use at most this share; default: 1
LUT = 0.8
[fpga.F1]
[fpga.F2]
external = 500           # weight of the nets that may leave or enter it; default: any
capacity.LUT = 10000     # instead of what holds for every FPGA; so may be `target.LUT`
[[link]]
between = ["F1", "F2"]
width = 32               # wires; default: 1
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.files import read_text
from eda.ir.hypergraph import Board, Hypergraph
from eda.ir.netlist import IntArray
from eda.partition.formats import contest
from eda.partition.problem import Problem, make_problem

UNLIMITED = 2**40
"""External limit of an FPGA that has none: more than the weight of any nets."""
_KEYS = {
    "": ("max_hop", "capacity", "target", "fpga", "link"),
    "fpga": ("external", "capacity", "target"),
    "link": ("between", "width"),
}


@dataclass(frozen=True, eq=False)
class BoardFile:
    """A board with R resources of its own order, its targets float [K, R] and the wires int64 [M] of its links."""

    path: Path
    board: Board
    resources: tuple[str, ...]
    targets: np.ndarray
    link_widths: IntArray

    def problem(self, graph: Hypergraph, resources: Sequence[str], *, balance: float | None = None, **limits: Any) -> Problem:
        """The problem of bringing a hypergraph with these resources onto the board; `limits` as `make_problem`.

        With `balance` every FPGA holds ceil((1 + balance) / K) of what the nodes need, whatever the board says. Raises
        `InputError` if nodes need a resource of which the board says nothing.
        """
        totals = graph.node_weights.sum(axis=0)
        if balance is not None:
            share = [math.ceil((1 + balance) * int(t) / self.board.n_fpgas) for t in totals]
            capacity = np.tile(np.array(share, dtype=np.int64), (self.board.n_fpgas, 1))
        else:
            capacity = np.zeros((self.board.n_fpgas, len(resources)), dtype=np.int64)
        targets = np.ones(capacity.shape)
        for r, name in enumerate(resources):
            if balance is None and name in self.resources:
                capacity[:, r] = self.board.capacity[:, self.resources.index(name)]
                targets[:, r] = self.targets[:, self.resources.index(name)]
            elif balance is None and totals[r]:
                raise InputError(f"the nodes need {totals[r]} {name}, the board has no {name}{self._known()}", file=self.path)
        board = Board(self.board.names, capacity, self.board.external_limit, self.board.links, self.board.max_hop)
        usable = np.floor(capacity * targets + 1e-9).astype(np.int64)
        return make_problem(graph, board, resources=resources, capacity=usable, link_widths=self.link_widths, **limits)

    def _known(self) -> str:
        return f"; it has {', '.join(self.resources)}" if self.resources else ""


def read_board(path: str | Path) -> BoardFile:
    """The board in a file or folder; raises `InputError` naming the line of what is wrong, also if it is disconnected."""
    path = Path(path)
    if path.is_dir():
        board = contest.read_contest_board(path)
        ones = np.ones(board.capacity.shape)
        return BoardFile(path, board, contest.RESOURCES, ones, np.ones(len(board.links), dtype=np.int64))
    return _Reader(path).board_file()


class _Reader:
    """One TOML file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = read_text(path)
        try:
            self.content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as e:
            found = re.search(r"\s*\(at line (\d+), column \d+\)", str(e))
            message = str(e).replace(found[0], "") if found else str(e)
            raise InputError(f"no TOML: {message}", file=path, line=int(found[1]) if found else None) from e

    def board_file(self) -> BoardFile:
        self.keys("", self.content, "")
        fpgas = self.content.get("fpga")
        if not isinstance(fpgas, dict) or not fpgas:
            self.fail("expected tables [fpga.NAME], found none", "fpga")
        for name, table in fpgas.items():
            self.keys("fpga", self.table(table, f"fpga.{name}"), f"fpga.{name}")
        resources = tuple(
            dict.fromkeys(r for t in (self.content, *fpgas.values()) for r in self.table(t.get("capacity", {}), "capacity"))
        )
        capacity = [[self.entry("capacity", t, name, r) for r in resources] for name, t in fpgas.items()]
        external = [
            self.whole(t.get("external", UNLIMITED), "external", f"fpga.{name}", "external") for name, t in fpgas.items()
        ]
        ends, widths = self.links(list(fpgas))
        max_hop = self.whole(self.content.get("max_hop", len(fpgas)), "max_hop", "max_hop")
        board = Board(tuple(fpgas), np.array(capacity).reshape(len(fpgas), -1), np.array(external), ends, max_hop)
        contest.require_connected(board, self.path, self.line("link") if len(ends) else self.line("fpga"))
        targets = [[self.target(t, name, r) for r in resources] for name, t in fpgas.items()]
        return BoardFile(self.path, board, resources, np.array(targets).reshape(len(fpgas), -1), widths)

    def entry(self, what: str, table: Mapping[str, Any], fpga: str, resource: str) -> int:
        for scope, place in ((table, f"fpga.{fpga}"), (self.content, what)):
            entries = self.table(scope.get(what, {}), place)
            if resource in entries:
                return self.whole(entries[resource], f"{what} of {resource}", place, resource)
        return 0

    def target(self, table: Mapping[str, Any], fpga: str, resource: str) -> float:
        for scope, place in ((table, f"fpga.{fpga}"), (self.content, "target")):
            share = self.table(scope.get("target", {}), place).get(resource, None)
            if share is None:
                continue
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                self.fail(f"target of {resource}: expected a share between 0 and 1, found {share!r}", place, resource)
            return float(share)
        return 1.0

    def links(self, fpgas: list[str]) -> tuple[IntArray, IntArray]:
        """Ends of each link and its wires; several links between two FPGAs are one with the wires of all."""
        wires: dict[tuple[int, int], int] = {}
        for number, link in enumerate(self.content.get("link", [])):
            self.keys("link", self.table(link, "link"), "link", number)
            ends = link.get("between")
            if not isinstance(ends, list) or len(ends) != 2 or ends[0] == ends[1]:
                self.fail(f"between: expected the names of two FPGAs, found {ends!r}", "link", "between", number)
            for name in ends:
                if name not in fpgas:
                    self.fail(f"unknown FPGA {name}{suggest(str(name), fpgas)}", "link", "between", number)
            a, b = sorted(map(fpgas.index, ends))
            width = self.whole(link.get("width", 1), "width", "link", "width", number)
            if width < 1:
                self.fail("width: expected at least one wire", "link", "width", number)
            wires[a, b] = wires.get((a, b), 0) + width
        joined = np.array(sorted(wires), dtype=np.int32).reshape(-1, 2)
        return joined, np.array([wires[link] for link in sorted(wires)], dtype=np.int64)

    def keys(self, kind: str, table: Mapping[str, Any], place: str, number: int = 0) -> None:
        for key in table:
            if key not in _KEYS[kind]:
                self.fail(
                    f"unknown key {key}{suggest(key, _KEYS[kind])}; expected {', '.join(_KEYS[kind])}",
                    place or key,
                    key,
                    number,
                )

    def table(self, value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(f"expected a table, found {value!r}", place)
        return value

    def whole(self, value: Any, what: str, place: str, key: str = "", number: int = 0) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.fail(f"{what}: expected a whole number of at least 0, found {value!r}", place, key, number)
        return value

    def fail(self, message: str, place: str, key: str = "", number: int = 0) -> NoReturn:
        raise InputError(message, file=self.path, line=self.line(place, key, number))

    def line(self, place: str, key: str = "", number: int = 0) -> int:
        """The line of a key behind the `number`-th header of a table, of the header, or the first; as far as text shows."""
        header = re.compile(rf"^[ \t]*(?:\[+[ \t]*{re.escape(place)}(?=[\].\s])|{re.escape(place)}[ \t]*=)", re.MULTILINE)
        found = list(header.finditer(self.text))
        at = found[min(number, len(found) - 1)].start() if found else 0
        inside = re.compile(rf"^(?:.*[.{{, \t])?{re.escape(key)}[ \t]*=", re.MULTILINE).search(self.text, at) if key else None
        return self.text.count("\n", 0, inside.start() if inside else at) + 1

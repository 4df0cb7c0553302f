"""Yosys's JSON of one flat module of simple gates to a `Netlist`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from eda.errors import InputError, UnsupportedError
from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port
from eda.verilog.registers import register_name

Json = Mapping[str, Any]

_CONSTANT: Mapping[int | str, int] = {"0": 0, "1": 1, "x": 0, "z": 0}
"""Undefined values become 0: a refinement of what the source leaves open."""


@cache
def gate_types() -> Mapping[str, tuple[CellType, tuple[str, ...], str]]:
    """For each of Yosys's gates: the generic cell, the pins in the order of its inputs, and the output pin."""
    two = ("A", "B")
    found = {
        "$_BUF_": (cells.BUF, ("A",), "Y"),
        "$_NOT_": (cells.NOT, ("A",), "Y"),
        "$_AND_": (cells.AND, two, "Y"),
        "$_OR_": (cells.OR, two, "Y"),
        "$_XOR_": (cells.XOR, two, "Y"),
        "$_NAND_": (cells.NAND, two, "Y"),
        "$_NOR_": (cells.NOR, two, "Y"),
        "$_XNOR_": (cells.XNOR, two, "Y"),
        "$_MUX_": (cells.MUX, ("A", "B", "S"), "Y"),
        "$_DLATCH_P_": (cells.latch(), ("E", "D"), "Q"),
        "$_DLATCH_N_": (cells.latch(low=True), ("E", "D"), "Q"),
    }
    for edge in "PN":
        falling = edge == "N"
        found[f"$_DFF_{edge}_"] = (cells.flip_flop(falling=falling), ("C", "D"), "Q")
        for letter, level in (("P", "high"), ("N", "low")):
            for value in (0, 1):
                kind = cells.flip_flop(falling=falling, reset=level, reset_value=value)
                found[f"$_DFF_{edge}{letter}{value}_"] = (kind, ("C", "D", "R"), "Q")
    return found


def netlist_from_json(text: str, name: str, files: Mapping[str, Path], undeclared: Collection[str] = ()) -> Netlist:
    """The netlist of the module `name`, called `name`.

    `files` are the paths behind the names that Yosys knew the sources by, for messages; `undeclared` are names that the
    source uses without a declaration. Raises `UnsupportedError` for cells other than gates, registers and latches, and
    for inout ports; `InputError` for combinational loops, for undriven nets of the top module and for undriven nets that
    are not declared. Other nets without a driver, in parts that a parameter switches off, are undefined and become 0.
    """
    module = json.loads(text)["modules"][name]
    nets = _Nets(module, files, undeclared)
    types: dict[CellType, int] = {}
    cell_type, fanin = [], []
    for cell in module["cells"].values():
        kind, pins, _ = gate_types()[cell["type"]]
        cell_type.append(types.setdefault(kind, len(types)))
        fanin += [nets.of(cell["connections"][pin][0]) for pin in pins]
    pins_of = np.array([len(t.inputs) for t in types] or [0])[np.array(cell_type, dtype=np.int32)]
    names, aliases = nets.names()
    netlist = Netlist(
        name=name,
        ports=tuple(nets.port(port, item) for port, item in module["ports"].items()),
        types=tuple(types),
        cell_type=np.array(cell_type, dtype=np.int32),
        fanin_start=np.concatenate(([0], np.cumsum(pins_of))),
        fanin=np.array(fanin, dtype=np.int64),
        net_names=names,
        cell_names=tuple(_cell_names(module, nets, names)),
        aliases=aliases,
    )
    try:
        _ = netlist.level
    except InputError as e:
        raise InputError(e.message, **nets.place(module)) from None
    return netlist


class _Nets:
    """Net of each bit of the JSON: input ports first, then cell outputs in the order of the cells."""

    def __init__(self, module: Json, files: Mapping[str, Path], undeclared: Collection[str]) -> None:
        self.module, self.files, self.undeclared = module, files, undeclared
        self.net: dict[int | str, int] = dict(_CONSTANT)
        self.count = FIRST_INPUT_NET
        for port, item in module["ports"].items():
            if item["direction"] == "inout":
                raise UnsupportedError(f"port {port} is an inout", **self.place(module["netnames"][port]))
            if item["direction"] == "input":
                for bit in item["bits"]:
                    self._add(bit)
        self.first_cell_net = self.count
        for cell in module["cells"].values():
            if cell["type"] not in gate_types():
                raise UnsupportedError(f"Yosys left a cell of type {cell['type']}", **self.place(cell))
            self._add(cell["connections"][gate_types()[cell["type"]][2]][0])

    def place(self, item: Json) -> dict[str, Any]:
        """File and line of something in the JSON, as arguments of an error."""
        source, _, position = item["attributes"].get("src", "").partition("|")[0].partition(":")
        file = self.files.get(source, source or next(iter(self.files.values())))
        return {"file": file, "line": int(position.partition(".")[0]) if position else None}

    @cached_property
    def _public(self) -> Mapping[int | str, list[tuple[str, Json]]]:
        """Names of each bit in the source, and where they are declared."""
        found: dict[int | str, list[tuple[str, Json]]] = {}
        for name, item, bit in self._bits(self.module["netnames"]):
            found.setdefault(bit, []).append((name, item))
        return found

    def _add(self, bit: int | str) -> None:
        if bit in self.net:
            name = next((name for name, _ in self._public.get(bit, [])), bit)
            raise InputError(f"expected one driver of net {name}, found several", **self.place(self.module))
        self.net[bit] = self.count
        self.count += 1

    def of(self, bit: int | str) -> int:
        """The net of a bit; one that nothing drives is refused or undefined."""
        if bit not in self.net:
            for name, item in self._public.get(bit, []):
                if "." not in name or name.rpartition(".")[2] in self.undeclared:
                    raise InputError(f"expected a driver of net {name}, found none", **self.place(item))
            self.net[bit] = _CONSTANT["x"]
        return self.net[bit]

    @staticmethod
    def _bits(items: Mapping[str, Json]) -> Iterator[tuple[str, Json, int | str]]:
        """Name, item and bit of everything public, bits of vectors by their index."""
        for name, item in items.items():
            if not item.get("hide_name", 0):
                for bit_name, bit in zip(_port(name, item, [0] * len(item["bits"])).bit_names, item["bits"], strict=True):
                    yield bit_name, item, bit

    def port(self, name: str, item: Json) -> Port:
        return _port(name, item, [self.of(bit) for bit in item["bits"]])

    def names(self) -> tuple[tuple[str | None, ...], dict[str, int]]:
        """Name of each net, that of a port if it has one, else the one with the shortest path; and the others."""
        ports = [(name, bit) for name, _, bit in self._bits(self.module["ports"])]
        own, public = {name for name, _ in ports}, self._bits(self.module["netnames"])
        others = [(name, bit) for name, _, bit in public if name not in own and bit in self.net]
        found: list[str | None] = [None] * self.count
        for name, bit in [*ports, *sorted(others, key=lambda item: item[0].count("."))]:
            net = self.net[bit]
            if net >= FIRST_INPUT_NET and found[net] is None:
                found[net] = name
        aliases = {name: self.net[bit] for name, bit in others if found[self.net[bit]] != name}
        return tuple(found), aliases


def _port(name: str, item: Json, nets: list[int]) -> Port:
    direction, offset = item.get("direction", "output"), item.get("offset", 0)
    if len(nets) == 1 and offset == 0:
        return Port(name, direction, tuple(nets))
    last = offset + len(nets) - 1
    left, right = (offset, last) if item.get("upto") else (last, offset)
    return Port(name, direction, tuple(nets), left, right)


def _cell_names(module: Json, nets: _Nets, names: tuple[str | None, ...]) -> Iterator[str | None]:
    """Public names of cells; registers, which are named by number, get the name of their output."""
    for net, (name, cell) in enumerate(module["cells"].items(), nets.first_cell_net):
        public = names[net]
        if not cell["hide_name"]:
            yield name
        elif gate_types()[cell["type"]][0].state is not None and public is not None:
            yield register_name(public)
        else:
            yield None

"""Registers of a kit, and netlists with registers put in by level."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir import cells, logic
from eda.ir.cells import CellType
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port
from eda.tech.library import FALL, RISE, ArcKind, LibCell, Library
from eda.tech.pdk import Pdk
from eda.timing.bank import bank_of
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]

CLOCK = "clk"


@dataclass(frozen=True)
class Register:
    """A flip-flop that stores `data` at the rising edge of `clock`; behind `output` stands an inverter if it is inverted."""

    kind: CellType
    data: str
    clock: str
    output: str
    inverter: CellType | None = None

    def launch(self, library: Library, load: FloatArray) -> FloatArray:
        """Clock edge to the rise and fall of the register's output (ps) under `load` [..., 2] fF, the clock ideal."""
        if self.inverter is None:
            return self._edges(library, load)[0]
        inverter = library.cell(self.inverter.name)
        inner = np.zeros_like(load) + np.array([inverter.cap_rise[0], inverter.cap_fall[0]])
        delay, slew = self._edges(library, inner)
        rows = _rows(library, self.inverter.name, self.inverter.outputs[0])
        out = np.empty_like(load)
        for edge in (RISE, FALL):
            tables = bank_of(library).delay[rows, edge]
            out[..., edge] = delay[..., 1 - edge] + _worst(library, tables, slew[..., 1 - edge], load[..., edge])
        return out

    def setup(self, library: Library, slew: FloatArray) -> FloatArray:
        """Set-up time (ps) of rising and falling data of transition times `slew` [..., 2], the clock ideal."""
        cell, arcs = library.cell(self.kind.name), library.arcs
        rows = np.array(cell.arcs)
        data = self.kind.inputs.index(self.data)
        rows = rows[(arcs.kind[rows] == ArcKind.SETUP) & (arcs.target[rows] == data)]
        out, clock = np.zeros_like(slew), np.zeros_like(slew[..., 0])
        for edge in (RISE, FALL):
            found = [lookup(library.tables, arcs.delay[r, edge], clock, slew[..., edge]) for r in rows]
            out[..., edge] = np.nanmax([np.zeros_like(slew[..., edge]), *found], axis=0)
        return out

    def _edges(self, library: Library, load: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Delay and slew [..., 2] of the flip-flop's own output."""
        rows, bank = _rows(library, self.kind.name, self.output), bank_of(library)
        both = [
            np.stack([_worst(library, t[rows, e], np.zeros_like(load[..., e]), load[..., e]) for e in (RISE, FALL)], axis=-1)
            for t in (bank.delay, bank.slew)
        ]
        return both[0], both[1]


def _rows(library: Library, cell: str, output: str) -> IntArray:
    """Rows of the bank that lead to an output of a cell."""
    bank = bank_of(library)
    group = int(bank.first[library.index[cell]]) + library.cell(cell).type.outputs.index(output)
    return np.arange(bank.start[group], bank.start[group + 1])


def _worst(library: Library, tables: IntArray, slew: FloatArray, load: FloatArray) -> FloatArray:
    """The largest value of `tables` at each point."""
    return np.max([lookup(library.tables, t, slew, load) for t in tables if t >= 0], axis=0)


def find_register(pdk: Pdk) -> Register:
    """The kit's smallest flip-flop with data and clock alone; one with an inverter behind it where there is no other.

    Raises `UsageError` if the kit has none.
    """
    fitting = sorted((c for c in pdk.library.cells if pdk.is_usable(c) and _is_plain(c)), key=lambda c: (c.area, c.name))
    for inverted in (False, True):
        for cell in fitting:
            output = _output(cell.type, inverted=inverted)
            if output is not None:
                return _register(cell.type, output, _inverter(pdk) if inverted else None)
    raise UsageError(f"the kit {pdk.name} has no flip-flop with data and rising clock alone")


def _register(kind: CellType, output: str, inverter: CellType | None) -> Register:
    assert kind.state is not None
    (data,) = logic.variables(kind.state.next_state)
    return Register(kind, data, kind.state.clock_pin, output, inverter)


def generic_register() -> Register:
    """The generic flip-flop."""
    return Register(cells.flip_flop(), "d", "clk", "q")


def _is_plain(cell: LibCell) -> bool:
    state = cell.type.state
    return (
        state is not None
        and state.kind == "ff"
        and state.clock[0] == "var"
        and state.clear is None
        and state.preset is None
        and len(cell.type.inputs) == 2
        and len(logic.variables(state.next_state)) == 1
        and state.name not in logic.variables(state.next_state)
    )


def _output(kind: CellType, *, inverted: bool) -> str | None:
    """The output that shows the stored data, or its complement."""
    state = kind.state
    assert state is not None
    (data,) = logic.variables(state.next_state)
    for output, function in zip(kind.outputs, kind.functions, strict=True):
        if function is None or set(logic.variables(function)) != {state.name}:
            continue
        shown = [logic.evaluate(function, {state.name: logic.evaluate(state.next_state, {data: d}, 1)}, 1) for d in (0, 1)]
        if shown == [inverted, not inverted]:
            return output
    return None


def _inverter(pdk: Pdk) -> CellType:
    fitting = [c for c in pdk.library.cells if pdk.is_usable(c) and c.type.is_combinational and len(c.type.inputs) == 1]
    fitting = [c for c in fitting if c.type.tables == (0b01,)]
    if not fitting:
        raise UsageError(f"the kit {pdk.name} has no inverter")
    return min(fitting, key=lambda c: (c.area, c.name)).type


# --- netlists with registers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Placed:
    """A netlist with registers.

    netlist  cells of the original first, in their order; then the registers
    shown    int64 [nets of the original]: the output of the first register behind each net, or the net itself
    count    registers
    """

    netlist: Netlist
    shown: IntArray
    count: int


def net_levels(netlist: Netlist, level: IntArray, cuts: int) -> IntArray:
    """int64 [N]: registers before each net: 0 at inputs, the cell's `level` at its outputs, `cuts` at constants."""
    out = np.zeros(netlist.n_nets, dtype=np.int64)
    out[netlist.first_cell_net :] = level[netlist.driver[netlist.first_cell_net :]]
    out[tied_nets(netlist)] = cuts
    return out


def tied_nets(netlist: Netlist) -> npt.NDArray[np.bool_]:
    """bool [N]: the constants, and nets to which no path leads from an input."""
    tied = np.zeros(netlist.n_nets, dtype=bool)
    tied[:FIRST_INPUT_NET] = True
    for kind, members in netlist.groups:
        pins = netlist.fanin_start[members][:, None] + np.arange(len(kind.inputs))
        outs = netlist.output_start[members][:, None] + np.arange(len(kind.outputs))
        tied[outs] = tied[netlist.fanin[pins]].all(axis=1)[:, None]
    return tied


def chain_lengths(netlist: Netlist, level: IntArray, cuts: int) -> IntArray:
    """int64 [N]: registers behind each net."""
    stage = net_levels(netlist, level, cuts)
    need = np.zeros(netlist.n_nets, dtype=np.int64)
    np.maximum.at(need, netlist.fanin, level[netlist.pin_cell] - stage[netlist.fanin])
    np.maximum.at(need, netlist.output_nets, cuts - stage[netlist.output_nets])
    return need


def insert_registers(netlist: Netlist, level: IntArray, cuts: int, register: Register) -> Placed:
    """Registers between cells of different levels, and up to level `cuts` before the outputs; inputs have level 0.

    Registers behind one net form one chain, named ``<net>_q1``, ``<net>_q2``, ... where the net has a plain name. An input
    ``clk`` is added as the last. Constants are not stored. Raises `UsageError` if there is a port ``clk`` already.
    """
    if any(p.name == CLOCK for p in netlist.ports):
        raise UsageError(f"netlist {netlist.name} has a port {CLOCK!r} already: rename it to pipeline the netlist")
    chains = _Chains(netlist, chain_lengths(netlist, level, cuts), register)
    stage = net_levels(netlist, level, cuts)
    fanin = chains.after(netlist.fanin, np.maximum(level[netlist.pin_cell] - stage[netlist.fanin], 0))
    ports = [p for p in netlist.ports if p.direction == "input"] + [Port(CLOCK, "input", (chains.clock,))]
    for port in netlist.outputs:
        nets = np.array(port.nets)
        ports.append(replace(port, nets=tuple(chains.after(nets, np.maximum(cuts - stage[nets], 0)).tolist())))
    types = (*netlist.types, *(k for k in chains.kinds if k not in netlist.types))
    placed = Netlist(
        name=netlist.name,
        ports=tuple(ports),
        types=types,
        cell_type=np.concatenate((netlist.cell_type, np.tile([types.index(k) for k in chains.kinds], chains.count))),
        fanin_start=np.concatenate((netlist.fanin_start, netlist.fanin_start[-1] + chains.pin_ends())),
        fanin=np.concatenate((fanin, chains.fanin())),
        net_names=chains.net_names(),
        cell_names=netlist.cell_names + (None,) * (chains.count * len(chains.kinds)),
        aliases={name: int(chains.after(np.array([net]), 0)[0]) for name, net in netlist.aliases.items()},
    )
    return Placed(placed, chains.after(np.arange(netlist.n_nets), np.minimum(chains.need, 1)), chains.count)


class _Chains:
    """Numbers of the registers behind the nets of a netlist: `need` [N] of them, in the order of nets."""

    def __init__(self, netlist: Netlist, need: IntArray, register: Register) -> None:
        self._netlist, self.need, self._register = netlist, need, register
        self.kinds = [register.kind] + ([register.inverter] if register.inverter else [])
        self.count = int(need.sum())
        self.clock = netlist.first_cell_net
        self._first = np.cumsum(need) - need
        self._base = netlist.n_nets + 1
        self._size = sum(len(k.outputs) for k in self.kinds)
        self._own = register.kind.outputs.index(register.output)
        self._owner = np.repeat(np.arange(netlist.n_nets), need)
        self._depth = np.arange(self.count) - self._first[self._owner]

    def after(self, nets: IntArray, registers: IntArray | int) -> IntArray:
        """The nets `registers` places down the chains of `nets`."""
        shown = self._size - 1 if self._register.inverter else self._own
        kept = nets + (nets >= self._netlist.first_cell_net)
        return np.where(np.asarray(registers) > 0, self._base + (self._first[nets] + registers - 1) * self._size + shown, kept)

    def pin_ends(self) -> IntArray:
        """Where the pins of each new cell end, counted from the first."""
        return np.cumsum(np.tile([len(k.inputs) for k in self.kinds], self.count)).astype(np.int64)

    def fanin(self) -> IntArray:
        """Nets at the pins of the new cells."""
        at = {self._register.data: self.after(self._owner, self._depth), self._register.clock: np.full(self.count, self.clock)}
        pins = [at[pin] for pin in self._register.kind.inputs]
        if self._register.inverter:
            pins.append(self._base + np.arange(self.count) * self._size + self._own)
        return np.stack(pins, axis=1).ravel()

    def net_names(self) -> tuple[str | None, ...]:
        names = list(self._netlist.net_names)
        names.insert(self.clock, CLOCK)
        known = set(names)
        names += [None] * (self.count * self._size)
        for net, depth in zip(self._owner.tolist(), self._depth.tolist(), strict=True):
            name = self._netlist.net_names[net]
            plain = None if name is None else f"{re.sub(r'[^A-Za-z0-9_]', '_', name)}_q{depth + 1}"
            if plain not in known:
                names[int(self.after(np.array([net]), depth + 1)[0])] = plain
                known.add(plain)
        return tuple(names)

"""From wires to nets: every wire to its one driver, nets numbered as `Netlist` wants them, names chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eda.errors import InputError
from eda.ir.netlist import FIRST_INPUT_NET, IntArray, Netlist, Port
from eda.verilog.body import N_CONSTANTS, PortDeclaration
from eda.verilog.elaborate import Flat, starts


@dataclass(frozen=True)
class _Circuit:
    """The arrays of a `Flat`, whole. edges [E, 3]; root is the wire at the driver's end of each wire."""

    flat: Flat
    cell_type: IntArray
    fanin: IntArray
    outs: IntArray
    places: IntArray
    edges: IntArray
    inputs: IntArray
    root: IntArray

    @property
    def n_wires(self) -> int:
        return len(self.flat.wire_names)


def resolve(flat: Flat) -> Netlist:
    """The netlist of `flat`; raises `InputError` for undriven and multiply driven wires, loops and double names."""
    c = _circuit(flat)
    _check_one_driver(c)
    net, n_nets = _net_of_wire(c)
    _check_driven(c, net)
    _check_cell_names(c)
    names, aliases = _names(c, net, n_nets)
    types = tuple(flat.types)
    netlist = Netlist(
        name=flat.body.name,
        ports=tuple(_port(flat, spelled, port, net) for spelled, port in flat.body.ports.items()),
        types=types,
        cell_type=c.cell_type,
        fanin_start=starts(c.cell_type, [len(t.inputs) for t in types]),
        fanin=net[c.fanin],
        net_names=tuple(names),
        cell_names=tuple(flat.cell_names),
        aliases=aliases,
    )
    _check_loops(flat, netlist)
    return netlist


def _circuit(flat: Flat) -> _Circuit:
    edges = np.concatenate(flat.edges) if flat.edges else np.zeros((0, 3), dtype=np.int64)
    inputs = [wire for p in flat.body.ports.values() if p.direction == "input" for wire in p.wires]
    return _Circuit(
        flat,
        _whole(flat.cell_type),
        _whole(flat.fanin),
        _whole(flat.outs),
        _whole(flat.places),
        edges,
        np.array(inputs, dtype=np.int64),
        _roots(edges, len(flat.wire_names)),
    )


def _whole(parts: list[IntArray]) -> IntArray:
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)]).astype(np.int64)


def _roots(edges: IntArray, n_wires: int) -> IntArray:
    """Where the chain of assignments behind each wire ends; some wire of the cycle if it goes in a circle."""
    root = np.arange(n_wires)
    root[edges[:, 0]] = edges[:, 1]
    for _ in range(n_wires.bit_length() + 1 if len(edges) else 0):
        further = root[root]
        if np.array_equal(further, root):
            break
        root = further
    return root


# --- checks -------------------------------------------------------------------------------------------------------------


def _check_one_driver(c: _Circuit) -> None:
    constants = np.arange(N_CONSTANTS)
    count = np.bincount(np.concatenate((constants, c.inputs, c.outs, c.edges[:, 0])), minlength=c.n_wires)
    if count.max() <= 1:
        return
    places, drivers = _drivers(c)
    doubled = count[drivers] > 1
    first = drivers[doubled][0]
    wanted = places[drivers == first]
    source = c.flat.body.source
    label = _label(c, int(first))
    if first < N_CONSTANTS:
        raise source.error(int(wanted[0]), f"expected a net to drive, found the constant {label}")
    lines = [source.line(int(at)) for at in wanted[:2]]
    what = "an input port" if first in c.inputs else f"driven in line {lines[0]}"
    again = int(wanted[0] if first in c.inputs else wanted[1])
    raise source.error(again, f"expected one driver of net {label}, found another: it is {what}")


def _drivers(c: _Circuit) -> tuple[IntArray, IntArray]:
    """Offset in the text and wire of each cell output and assignment, by offset."""
    types = list(c.flat.types)
    outputs = np.diff(starts(c.cell_type, [len(t.outputs) for t in types]))
    places = np.concatenate((np.repeat(c.places, outputs), c.edges[:, 2]))
    wires = np.concatenate((c.outs, c.edges[:, 0]))
    order = np.argsort(places, kind="stable")
    return places[order], wires[order]


def _check_driven(c: _Circuit, net: IntArray) -> None:
    source, body = c.flat.body.source, c.flat.body
    if len(c.fanin) and net[c.fanin].min() < 0:
        pin = int(np.flatnonzero(net[c.fanin] < 0)[0])
        types = list(c.flat.types)
        cell = int(np.searchsorted(starts(c.cell_type, [len(t.inputs) for t in types]), pin, side="right")) - 1
        wire = int(c.root[c.fanin[pin]])
        raise source.error(int(c.places[cell]), f"expected a driver of net {_label(c, wire)}, which is used here, found none")
    for port in body.ports.values():
        for wire in port.wires:
            if net[wire] < 0:
                named = _label(c, wire)
                behind = f" (its driver would be {_label(c, int(c.root[wire]))})" if c.root[wire] != wire else ""
                raise source.error(port.at, f"expected a driver of output {named}, found none{behind}")


def _label(c: _Circuit, wire: int) -> str:
    if wire >= len(c.flat.body.wire_names):
        return c.flat.wire_names[wire] or "of an inner module"
    return c.flat.body.label(wire)


def _check_cell_names(c: _Circuit) -> None:
    names = c.flat.cell_names
    public = [name for name in names if name is not None]
    if len(set(public)) == len(public):
        return
    seen: dict[str, int] = {}
    for cell, name in enumerate(names):
        if name is not None and seen.setdefault(name, cell) != cell:
            source = c.flat.body.source
            first = source.line(int(c.places[seen[name]]))
            message = f"expected a new instance name, found {name!r} again (first in line {first})"
            raise source.error(int(c.places[cell]), message)


def _check_loops(flat: Flat, netlist: Netlist) -> None:
    try:
        _ = netlist.level
    except InputError as e:
        raise InputError(e.message, file=flat.body.source.file, line=flat.body.source.line(flat.body.at)) from None


# --- nets and names -----------------------------------------------------------------------------------------------------


def _net_of_wire(c: _Circuit) -> tuple[IntArray, int]:
    driven = np.full(c.n_wires, -1, dtype=np.int64)
    driven[:N_CONSTANTS] = range(N_CONSTANTS)
    driven[c.inputs] = np.arange(len(c.inputs)) + FIRST_INPUT_NET
    base = FIRST_INPUT_NET + len(c.inputs)
    driven[c.outs] = np.arange(len(c.outs)) + base
    return driven[c.root], base + len(c.outs)


def _port(flat: Flat, spelled: str, port: PortDeclaration, net: IntArray) -> Port:
    vector = flat.body.vectors.get(spelled)
    bounds = (None, None) if vector is None else (vector.left, vector.right)
    return Port(port.name, port.direction, tuple(net[list(port.wires)].tolist()), *bounds)


def _names(c: _Circuit, net: IntArray, n_nets: int) -> tuple[list[str | None], dict[str, int]]:
    """Name of each net and its further names.

    A net is named after the wire with the fewest instances around it, and of those the one nearest to the driver.
    Bits of output ports that another wire drives are no further names: the port says so itself.
    """
    wire_names = c.flat.wire_names
    names: list[str | None] = [None] * FIRST_INPUT_NET
    own = np.concatenate((c.inputs, c.outs))
    if not len(c.edges):
        return names + [wire_names[w] for w in own.tolist()], {}
    chosen = _chosen(c, net, n_nets)
    names += [wire_names[w] for w in chosen[FIRST_INPUT_NET:].tolist()]
    ports = {wire for port in c.flat.body.ports.values() for wire in port.wires}
    taken = {name for name in names if name is not None}
    aliases: dict[str, int] = {}
    linked = np.unique(c.edges[:, :2])
    for wire, to in zip(linked.tolist(), net[linked].tolist(), strict=True):
        name = wire_names[wire]
        if name is not None and to >= 0 and wire not in ports and name not in taken:
            aliases[name] = to
    return names, aliases


def _chosen(c: _Circuit, net: IntArray, n_nets: int) -> IntArray:
    """The wire that names each net."""
    depth = np.array(c.flat.depth)
    candidates = np.flatnonzero(net >= FIRST_INPUT_NET)
    distance = _distance(c)
    # Inputs come first in their nets whatever else is there: they have no instances around them and no source.
    order = np.lexsort((distance[candidates], depth[candidates], net[candidates]))
    ordered = candidates[order]
    nets, first = np.unique(net[ordered], return_index=True)
    chosen = np.full(n_nets, -1, dtype=np.int64)
    chosen[nets] = ordered[first]
    return chosen


def _distance(c: _Circuit) -> IntArray:
    """How many assignments lie between each wire and its driver."""
    source = np.arange(c.n_wires)
    source[c.edges[:, 0]] = c.edges[:, 1]
    distance = np.zeros(c.n_wires, dtype=np.int64)
    at = np.unique(c.edges[:, 0])
    start = at
    while len(at):
        distance[start] += 1
        at = source[at]
        go_on = source[at] != at
        at, start = at[go_on], start[go_on]
    return distance

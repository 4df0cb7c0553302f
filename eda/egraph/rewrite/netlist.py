"""Selections of e-graphs of cells as netlists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eda.egraph.egraph import IntArray
from eda.egraph.rewrite.technology import INPUT, TIE, CellGraph
from eda.egraph.selection import order
from eda.ir.builder import Builder
from eda.ir.netlist import Netlist, Port
from eda.tech.library import Library


def netlist_of(
    cells: CellGraph, choice: IntArray, ports: Sequence[Port], outputs: IntArray, library: Library, name: str
) -> Netlist:
    """The netlist of a selection; input i of the choices is the i-th bit of the input ports, outputs likewise.

    Raises `IllegalSelection`.
    """
    b = Builder(name)
    nets: dict[int, int] = {}
    at = 2
    for port in ports:
        if port.direction == "input":
            for net in b.input(port.name, None if port.left is None or port.right is None else (port.left, port.right)):
                nets[at] = net
                at += 2
    for c in order(cells.graph, choice).tolist():
        node = int(choice[c])
        kind = int(cells.cell[node])
        if kind == TIE:
            nets[c] = c
        elif kind != INPUT:
            pins = [nets[p] for p in cells.pins[node].tolist() if p >= 0]
            (nets[c],) = b.cell(library.cells[kind].type, pins)
    at = 0
    for port in ports:
        if port.direction == "output":
            bits = [nets[c] for c in outputs[at : at + port.width].tolist()]
            at += port.width
            if port.left is None or port.right is None:
                b.output(port.name, bits[0])
            else:
                b.output(port.name, bits, (port.left, port.right))
    return b.build()


def plain_ports(netlist: Netlist) -> Netlist:
    """The same netlist with scalar ports ``x<i>`` and ``y<i>``, one per bit."""
    bits = {way: [net for p in netlist.ports if p.direction == way for net in p.nets] for way in ("input", "output")}
    ports = [Port(f"x{i}", "input", (net,)) for i, net in enumerate(bits["input"])]
    ports += [Port(f"y{i}", "output", (net,)) for i, net in enumerate(bits["output"])]
    return replace(netlist, name="plain", ports=tuple(ports), net_names=(None,) * netlist.n_nets, aliases={})


def with_ports_of(plain: Netlist, source: Netlist) -> Netlist:
    """A netlist with scalar ports ``x<i>`` and ``y<i>`` in that order, with the name and the ports of `source` instead."""
    nets = [port.nets[0] for port in plain.outputs]
    ports, at = [], 0
    for port in source.ports:
        if port.direction == "output":
            ports.append(replace(port, nets=tuple(nets[at : at + port.width])))
            at += port.width
        else:
            ports.append(port)
    names: list[str | None] = [None] * plain.n_nets
    for port in source.inputs:
        for net, bit in zip(port.nets, port.bit_names, strict=True):
            names[net] = bit
    cells = (None,) * plain.n_cells
    return replace(plain, name=source.name, ports=tuple(ports), net_names=tuple(names), cell_names=cells, aliases={})

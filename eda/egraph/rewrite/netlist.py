"""Selections of e-graphs of cells as netlists."""

from __future__ import annotations

from collections.abc import Sequence

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

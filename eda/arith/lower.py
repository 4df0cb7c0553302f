"""From the ``$fa`` and ``$ha`` cells of a generated netlist to two-input gates, or to the adder cells of a library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from eda.arith.generate import Design, adder_gates
from eda.arith.truncation import drop_low_bits
from eda.errors import UsageError, suggest
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist
from eda.tech.pdk import AdderCell, Pdk

STYLES = ("gates", "cells")

Adder = Callable[[Builder, Sequence[int]], tuple[int, int]]


def lower_design(design: Design, style: str, pdk: Pdk | None = None) -> Netlist:
    """`lower` for the netlist of `design`, its 4:2 compressors included."""
    low = lower(design.via, style, pdk, four_two=design.four_two)
    return drop_low_bits(low, design.spec.output, design.spec.low)


def lower(netlist: Netlist, style: str, pdk: Pdk | None = None, *, four_two: Collection[int] = ()) -> Netlist:
    """`netlist` without ``$fa`` and ``$ha``; ports, names and all other cells stay.

    style  gates: two XOR, two AND and an OR for a full adder, an XOR and an AND for a half adder
           cells: the full and half adders of `pdk`, inverters behind inverted outputs; an adder with a constant input
           or an unread output becomes gates, as those are smaller
    four_two   full adders that complete a 4:2 compressor (`eda.ir.tree.FOUR_TWO`): as gates, they add the inputs of the
               full adder at their pin a instead of its sum
    Raises `UsageError` for an unknown style and for a kit without adder cells.
    """
    if style not in STYLES:
        raise UsageError(f"no style {style!r}{suggest(style, STYLES)}; expected {' or '.join(STYLES)}")
    return _rebuild(
        netlist, adder_gates if style == "gates" else _library_adders(pdk), set(four_two) if style == "gates" else set()
    )


def _rebuild(netlist: Netlist, adder: Adder, four_two: set[int]) -> Netlist:
    """A copy in topological order, gates folded, in which `adder` makes the adders of which both outputs are read."""
    b = Builder(netlist.name)
    new = [0, 1] + [net for port in netlist.inputs for net in b.input(port.name, port.width)]
    new += [-1] * (netlist.n_nets - len(new))
    registers = np.flatnonzero(~netlist.is_combinational_cell).tolist()
    for net in (net for c in registers for net in netlist.outputs_of(c)):
        new[net] = b.forward()
    read = netlist.fanout > 0
    order = np.argsort(netlist.level, kind="stable").tolist()
    for c in order[len(registers) :] + registers:
        outputs = netlist.outputs_of(c)
        pins = netlist.fanin_of(c).tolist()
        if c in four_two:
            first = netlist.fanin_of(int(netlist.driver[pins[0]])).tolist()
            made: Sequence[int] = _four_two_gates(b, [new[net] for net in (*first, *pins[1:])])
        else:
            make = adder if read[outputs.start : outputs.stop].all() else adder_gates
            made = _copy(b, netlist, c, [new[net] for net in pins], make)
        for net, to in zip(outputs, made, strict=True):
            if new[net] >= 0:
                b.connect(new[net], to)
            new[net] = to
            name = netlist.net_names[net]
            if name is not None:
                b.name_net(to, name)
    for port in netlist.outputs:
        b.output(port.name, [new[net] for net in port.nets])
    return _with_ports_of(netlist, b.build())


def _copy(b: Builder, netlist: Netlist, cell: int, pins: Sequence[int], adder: Adder) -> Sequence[int]:
    """The outputs of a copy of `cell` on `pins`."""
    kind = netlist.type_of(cell)
    if kind in (cells.FULL_ADDER, cells.HALF_ADDER):
        return adder(b, pins)
    if kind in _FOLDED and netlist.cell_names[cell] is None:
        return (_FOLDED[kind](b, *pins),)
    return b.cell(kind, pins, netlist.cell_names[cell])


def _four_two_gates(b: Builder, pins: Sequence[int]) -> tuple[int, int]:
    """Sum and last carry of a 4:2 compressor over its four inputs and the bit that comes in from the column below.

    Three XORs make the sum, the last of them alone with the fifth bit; the carry is the fifth bit where the parity of the
    four is odd, else the fourth.
    """
    x, y, z, fourth, fifth = pins
    odd = b.xor(b.xor(x, y), b.xor(z, fourth))
    return b.xor(odd, fifth), b.or_(b.and_(odd, fifth), b.and_(b.not_(odd), fourth))


_FOLDED: dict[CellType, Callable[..., int]] = {
    cells.AND: Builder.and_,
    cells.OR: Builder.or_,
    cells.XOR: Builder.xor,
    cells.NAND: Builder.nand,
    cells.NOR: Builder.nor,
    cells.XNOR: Builder.xnor,
    cells.NOT: Builder.not_,
}
"""Gates that simplify where a dissolved adder brings constants or equal nets to them."""


def _with_ports_of(original: Netlist, rebuilt: Netlist) -> Netlist:
    """`rebuilt` with the ports in the order and with the ranges of `original`."""
    nets = {port.name: port.nets for port in rebuilt.ports}
    return replace(rebuilt, ports=tuple(replace(port, nets=nets[port.name]) for port in original.ports))


# --- library adders --------------------------------------------------------------------------------------------------


def _library_adders(pdk: Pdk | None) -> Adder:
    """Full and half adders as cells of `pdk`, or as gates where a constant or a repeated net makes gates smaller."""
    if pdk is None:
        raise UsageError("style 'cells' needs a process kit: give pdk")
    full, half = pdk.defaults.full_adder, pdk.defaults.half_adder
    if full is None or half is None:
        raise UsageError(f"the kit {pdk.name} has no full- and half-adder cells: use style 'gates'")
    kinds = {3: (full, pdk.library.cell(full.cell).type), 2: (half, pdk.library.cell(half.cell).type)}

    def adder(b: Builder, pins: Sequence[int]) -> tuple[int, int]:
        live = [net for net in pins if net != 0]
        if len(set(live)) < max(len(live), 2) or 1 in live:
            return adder_gates(b, pins)
        return _place(b, *kinds[len(live)], live)

    return adder


def _place(b: Builder, adder: AdderCell, kind: CellType, pins: Sequence[int]) -> tuple[int, int]:
    """The adder cell on `pins`; return its true sum and carry."""
    net_of = dict(zip((adder.a, adder.b, adder.c), pins, strict=False))
    out = dict(zip(kind.outputs, b.cell(kind, [net_of[pin] for pin in kind.inputs]), strict=True))
    s, co = out[adder.sum], out[adder.carry]
    return b.not_(s) if adder.sum_inverted else s, b.not_(co) if adder.carry_inverted else co

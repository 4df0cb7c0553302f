"""Ports of two circuits brought together: the same names, widths and directions, in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from eda.errors import UsageError, suggest
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port, renumber, vector
from eda.ir.spec import ArithmeticSpec


def match_ports(a: Netlist, b: Netlist, port_map: Mapping[str, str] | None = None) -> Netlist:
    """`b` with the port names and the port order of `a`.

    `port_map` gives the name in `b` of ports of `a` that are called otherwise there. Ports are compared bit by bit from
    the least significant; whether a port is declared ``[3:0]``, ``[0:3]`` or, with one bit, as a scalar does not matter.
    Raises `UsageError` unless every port has its partner; the message suggests a map where widths and directions allow.
    """
    names = {p.name: p.name for p in a.ports} | dict(port_map or {})
    theirs = {p.name: p for p in b.ports}
    for mine in a.ports:
        partner = theirs.get(names[mine.name])
        if partner is None or (partner.width, partner.direction) != (mine.width, mine.direction):
            raise UsageError(_mismatch(a, b, mine, names[mine.name], partner))
    extra = [p for p in b.ports if p.name not in set(names.values())]
    if extra or len(set(names.values())) != len(a.ports) or len(names) != len(a.ports):
        left_over = ", ".join(p.declaration for p in extra) or ", ".join(sorted(set(names) - {p.name for p in a.ports}))
        raise UsageError(f"{b.name} and {a.name} differ in their ports: {left_over or 'a name is used twice'}{_map_text(a, b)}")
    chosen = [replace(theirs[names[p.name]], name=p.name) for p in a.ports]
    return b if tuple(chosen) == b.ports else with_ports(b, chosen)


def match_spec(netlist: Netlist, spec: ArithmeticSpec) -> None:
    """Raise `UsageError` unless the ports of `netlist` are the operands and the output of `spec`."""
    expected = {o.name: (o.width, "input") for o in spec.operands} | {spec.output: (spec.width, "output")}
    found = {p.name: (p.width, p.direction) for p in netlist.ports}
    for name, (width, direction) in expected.items():
        if name not in found:
            raise UsageError(f"{netlist.name} has no port {name!r} for {spec.text}{suggest(name, found)}")
        if found[name] != (width, direction):
            raise UsageError(f"{netlist.name}: port {name} is {_kind(*found[name])}, expected {_kind(width, direction)}")
    for name in found:
        if name not in expected:
            raise UsageError(f"{netlist.name}: port {name} is not part of {spec.text}")


def without_low_bits(netlist: Netlist, output: str, low: int) -> Netlist:
    """`netlist` without the `low` lowest bits of an output port; what only they needed stays, unread."""
    kept = vector(output, "output", netlist.port(output).nets[low:])
    return replace(netlist, ports=tuple(kept if p.name == output else p for p in netlist.ports)) if low else netlist


def with_ports(netlist: Netlist, ports: list[Port]) -> Netlist:
    """`netlist` with these of its ports, in this order; an input left out must not be used."""
    number = np.zeros(netlist.n_nets, dtype=np.int64)
    number[1] = 1
    inputs = [n for p in ports if p.direction == "input" for n in p.nets]
    base = FIRST_INPUT_NET + len(inputs)
    number[inputs] = np.arange(FIRST_INPUT_NET, base)
    number[netlist.first_cell_net :] = np.arange(base, base + netlist.n_nets - netlist.first_cell_net)
    size = base + netlist.n_nets - netlist.first_cell_net
    kept = np.where((number == 0) & (np.arange(netlist.n_nets) > 0), -1, number)
    return replace(
        netlist,
        ports=tuple(replace(p, nets=tuple(number[list(p.nets)].tolist())) for p in ports),
        fanin=number[netlist.fanin],
        net_names=renumber(netlist.net_names, kept, size),
        aliases={name: int(number[net]) for name, net in netlist.aliases.items() if kept[net] >= 0},
    )


def _mismatch(a: Netlist, b: Netlist, mine: Port, name: str, partner: Port | None) -> str:
    expected = f"{mine.declaration} of {a.name}, {_kind(mine.width, mine.direction)},"
    if partner is None:
        near = suggest(name, [p.name for p in b.ports])
        return f"{expected} has no partner {name!r} in {b.name}{near}{_map_text(a, b)}"
    return f"{expected} meets {partner.declaration} of {b.name}, {_kind(partner.width, partner.direction)}"


def _kind(width: int, direction: str) -> str:
    return f"an {direction} of {width} bit{'s' * (width != 1)}"


def _map_text(a: Netlist, b: Netlist) -> str:
    """A map of the ports without namesake, in their order, if widths and directions fit."""
    shared = {p.name for p in a.ports} & {p.name for p in b.ports}
    mine, theirs = ([p for p in n.ports if p.name not in shared] for n in (a, b))
    if not mine or [(p.width, p.direction) for p in mine] != [(p.width, p.direction) for p in theirs]:
        return ""
    pairs = ", ".join(f"{p.name}={q.name}" for p, q in zip(mine, theirs, strict=True))
    return f"; a port map that fits: {pairs}"

"""Which nets carry the clock, with which edges, and which registers it reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError, suggest
from eda.ir.netlist import Netlist, join_ranges
from eda.tech.library import FALL, RISE, IntArray
from eda.timing.bank import arc_rows
from eda.timing.graph import Graph, wiring_of

_OWN_EDGES = 0b1001
_FROM_RISE = 0b0101


@dataclass(frozen=True, eq=False)
class Clock:
    """The clock of a netlist: ideal, rising at 0 and falling at half its period.

    nets      the nets it starts from (empty: there is no clock)
    reach     uint8 [N]   bit ``2*edge + source``: the clock's edge `source` makes this edge on the net
    unclocked how many registers the clock does not reach
    """

    nets: tuple[int, ...]
    reach: IntArray
    unclocked: int

    def launch(self, source: int) -> npt.NDArray[np.float64]:
        """float [N, 2]: 0 where the clock's edge `source` makes that edge, else -inf."""
        bits = np.stack([self.reach >> (2 * edge + source) & 1 for edge in (RISE, FALL)], axis=1)
        return np.where(bits == 1, 0.0, -np.inf)


def find_clock(netlist: Netlist, graph: Graph, name: str | None) -> Clock:
    """The clock named `name`, or the one that the clock pins of the registers lead back to.

    Raises `UsageError` if there is no such input, or if the way back meets a gate of several inputs none of which is
    known to be a clock.
    """
    pins = np.unique(launching_pins(netlist, graph)[0])
    nets = _named(netlist, name) if name is not None else _traced(netlist, graph, np.unique(netlist.fanin[pins]).tolist())
    reach = _spread(netlist, graph, nets)
    unreached = pins[reach[netlist.fanin[pins]] == 0]
    return Clock(nets, reach, len(np.unique(netlist.pin_cell[unreached])))


def launching_pins(netlist: Netlist, graph: Graph) -> tuple[IntArray, IntArray]:
    """``(pins, edges)``: the clock inputs of registers (positions in ``netlist.fanin``) with their active edges."""
    bank = graph.bank
    nets = np.arange(netlist.first_cell_net, netlist.n_nets)
    cell = netlist.driver[nets]
    group = graph.row[cell] + nets - netlist.output_start[cell]
    launches = np.add.reduceat(np.append(bank.launch, False).astype(np.int64), bank.start[:-1]) * (np.diff(bank.start) > 0)
    cell, group = cell[launches[group] > 0], group[launches[group] > 0]
    rows = join_ranges(bank.start[group], bank.start[group + 1])
    base = np.repeat(netlist.fanin_start[cell], bank.start[group + 1] - bank.start[group])
    pins, edges = base + bank.source[rows], np.where(bank.moves[rows] & _FROM_RISE, RISE, FALL)
    both = np.unique(np.stack((pins, edges), axis=1)[bank.launch[rows]], axis=0)
    return both[:, 0], both[:, 1]


def _named(netlist: Netlist, name: str) -> tuple[int, ...]:
    for port in netlist.inputs:
        if name in port.bit_names or (name == port.name and port.width == 1):
            return (port.nets[port.bit_names.index(name)] if name in port.bit_names else port.nets[0],)
    names = [bit for port in netlist.inputs for bit in port.bit_names]
    raise UsageError(f"netlist {netlist.name} has no input {name!r} to be the clock{suggest(name, names)}")


def _traced(netlist: Netlist, graph: Graph, todo: list[int]) -> tuple[int, ...]:
    """Input nets from which the nets `todo` are reached through gates; derived clocks (from registers) end the way."""
    roots: set[int] = set()
    forks: list[int] = []
    seen = set(todo)
    while todo:
        net = todo.pop()
        if net < netlist.first_cell_net:
            if not graph.constant[net]:
                roots.add(net)
            continue
        sources = _combinational_sources(netlist, graph, net)
        if len(sources) > 1:
            forks.append(net)
        elif sources and sources[0] not in seen:
            seen.add(sources[0])
            todo += sources
    for net in forks:
        _require_known(netlist, graph, roots, net)
    return tuple(sorted(roots))


def _combinational_sources(netlist: Netlist, graph: Graph, net: int) -> list[int]:
    """Nets from which a combinational arc leads to `net`."""
    cell = int(netlist.driver[net])
    group = int(graph.row[cell]) + net - int(netlist.output_start[cell])
    rows = slice(int(graph.bank.start[group]), int(graph.bank.start[group + 1]))
    pins = np.concatenate((netlist.fanin_of(cell), netlist.outputs_of(cell)))
    return np.unique(pins[graph.bank.source[rows][~graph.bank.launch[rows]]]).tolist()


def _require_known(netlist: Netlist, graph: Graph, roots: set[int], net: int) -> None:
    if not _spread(netlist, graph, tuple(roots))[net]:
        label, gate = netlist.net_label(net), netlist.cell_label(int(netlist.driver[net]))
        raise UsageError(f"cannot tell which input of {gate}, which drives the clock net {label}, is the clock; name it")


def _spread(netlist: Netlist, graph: Graph, nets: tuple[int, ...]) -> IntArray:
    from eda.timing import kernels

    reach = np.zeros(netlist.n_nets, dtype=np.uint8)
    reach[list(nets)] = _OWN_EDGES
    if nets:
        kernels.spread_clock(wiring_of(netlist, graph.order), arc_rows(graph.bank), graph.row, reach)
    return reach

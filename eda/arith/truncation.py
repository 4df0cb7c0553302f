"""A circuit without the lowest bits of its result: its output port begins higher, and what only they needed is gone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eda.ir.netlist import Netlist, join_ranges, renumber
from eda.proof.extract import cone
from eda.proof.ports import without_low_bits


def drop_low_bits(netlist: Netlist, output: str, low: int) -> Netlist:
    """`netlist` without the `low` lowest bits of its port `output`, and without the cells that no output then needs."""
    return _swept(without_low_bits(netlist, output, low)) if low else netlist


def _swept(netlist: Netlist) -> Netlist:
    drivers = netlist.driver[cone(netlist, netlist.output_nets)]
    cells = np.unique(drivers[drivers >= 0])
    first, last = netlist.fanin_start[cells], netlist.fanin_start[cells + 1]
    outs = join_ranges(netlist.output_start[cells], netlist.output_start[cells + 1])
    number = np.full(netlist.n_nets, -1, dtype=np.int64)
    number[: netlist.first_cell_net] = np.arange(netlist.first_cell_net)
    number[outs] = np.arange(netlist.first_cell_net, netlist.first_cell_net + len(outs))
    return replace(
        netlist,
        ports=tuple(replace(p, nets=tuple(number[list(p.nets)].tolist())) for p in netlist.ports),
        cell_type=netlist.cell_type[cells],
        fanin_start=np.concatenate(([0], np.cumsum(last - first))),
        fanin=number[netlist.fanin[join_ranges(first, last)]],
        net_names=renumber(netlist.net_names, number, netlist.first_cell_net + len(outs)),
        cell_names=tuple(netlist.cell_names[c] for c in cells.tolist()),
        aliases={name: int(number[net]) for name, net in netlist.aliases.items() if number[net] >= 0},
    )

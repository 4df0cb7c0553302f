"""Parts of netlists as netlists of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import FIRST_INPUT_NET, IntArray, Netlist, join_ranges, vector

INPUT, OUTPUT = "x", "y"
"""Names of the two ports of a part."""


@dataclass(frozen=True)
class Part:
    """The logic between some nets of a netlist: bit k of port ``x`` is ``inputs[k]``, bit k of port ``y`` is root k."""

    netlist: Netlist
    inputs: tuple[int, ...]


def cone(netlist: Netlist, roots: Sequence[int] | IntArray, cut: Sequence[int] = ()) -> npt.NDArray[np.bool_]:
    """bool [N]: the nets from which `roots` can be reached, not looking behind the nets of `cut`."""
    reached = np.zeros(netlist.n_nets, dtype=bool)
    stop = np.zeros(netlist.n_nets, dtype=bool)
    stop[list(cut)] = True
    front = np.unique(np.asarray(roots, dtype=np.int64))
    while len(front):
        reached[front] = True
        cells = netlist.driver[front[~stop[front]]]
        cells = np.unique(cells[cells >= 0])
        below = np.unique(netlist.fanin[join_ranges(netlist.fanin_start[cells], netlist.fanin_start[cells + 1])])
        front = below[~reached[below]]
    return reached


def extract(netlist: Netlist, roots: Sequence[int], cut: Sequence[int] = ()) -> Part:
    """The logic that computes `roots` from the nets of `cut` and the input ports, in that order, as far as it uses them."""
    reached = cone(netlist, roots, cut)
    ports = range(FIRST_INPUT_NET, netlist.first_cell_net)
    inputs = [n for n in dict.fromkeys([*cut, *ports]) if reached[n]]
    inner = reached.copy()
    inner[list(cut)] = False
    drivers = netlist.driver[np.flatnonzero(inner)]
    cells = np.unique(drivers[drivers >= 0])
    number = np.zeros(netlist.n_nets, dtype=np.int64)
    number[1] = 1
    outs = join_ranges(netlist.output_start[cells], netlist.output_start[cells + 1])
    base = FIRST_INPUT_NET + len(inputs)
    number[outs] = np.arange(base, base + len(outs))
    number[inputs] = np.arange(FIRST_INPUT_NET, base)
    counts = netlist.fanin_start[cells + 1] - netlist.fanin_start[cells]
    part = Netlist(
        name=f"{netlist.name}_part",
        ports=(vector(INPUT, "input", range(FIRST_INPUT_NET, base)), vector(OUTPUT, "output", number[list(roots)].tolist())),
        types=netlist.types,
        cell_type=netlist.cell_type[cells],
        fanin_start=np.concatenate(([0], np.cumsum(counts))),
        fanin=number[netlist.fanin[join_ranges(netlist.fanin_start[cells], netlist.fanin_start[cells + 1])]],
        net_names=(None,) * (base + len(outs)),
        cell_names=(None,) * len(cells),
    )
    return Part(part, tuple(inputs))

"""Parts of netlists as netlists of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import FIRST_INPUT_NET, IntArray, Netlist, join_ranges, vector

INPUT, OUTPUT = "x", "y"
"""Names of the two ports of a part."""


def cone(netlist: Netlist, roots: Sequence[int] | IntArray, cut: Sequence[int] | IntArray = ()) -> npt.NDArray[np.bool_]:
    """bool [N]: the nets from which `roots` can be reached, not looking behind the nets of `cut`."""
    reached = np.zeros(netlist.n_nets, dtype=bool)
    stop = np.zeros(netlist.n_nets, dtype=bool)
    stop[np.asarray(cut, dtype=np.int64)] = True
    front: IntArray = np.unique(np.asarray(roots, dtype=np.int64))
    while len(front):
        reached[front] = True
        cells = netlist.driver[front[~stop[front]]]
        cells = np.unique(cells[cells >= 0])
        below = np.unique(netlist.fanin[join_ranges(netlist.fanin_start[cells], netlist.fanin_start[cells + 1])])
        front = below[~reached[below]]
    return reached


def extract(netlist: Netlist, roots: Sequence[int], inputs: Sequence[int]) -> Netlist:
    """The logic that computes `roots`, the bits of its port ``y``, from the nets `inputs`, the bits of its port ``x``.

    `inputs` must be different nets, and hold every input of `netlist` that is met on the way from the roots to them.
    """
    reached = cone(netlist, roots, inputs)
    reached[list(inputs)] = False
    drivers = netlist.driver[reached]
    cells = np.unique(drivers[drivers >= 0])
    first, last = netlist.fanin_start[cells], netlist.fanin_start[cells + 1]
    outs = join_ranges(netlist.output_start[cells], netlist.output_start[cells + 1])
    base = FIRST_INPUT_NET + len(inputs)
    number = np.full(netlist.n_nets, -1, dtype=np.int64)
    number[:FIRST_INPUT_NET] = range(FIRST_INPUT_NET)
    number[outs] = np.arange(base, base + len(outs))
    number[list(inputs)] = np.arange(FIRST_INPUT_NET, base)
    return Netlist(
        name=f"{netlist.name}_part",
        ports=(vector(INPUT, "input", range(FIRST_INPUT_NET, base)), vector(OUTPUT, "output", number[list(roots)].tolist())),
        types=netlist.types,
        cell_type=netlist.cell_type[cells],
        fanin_start=np.concatenate(([0], np.cumsum(last - first))),
        fanin=number[netlist.fanin[join_ranges(first, last)]],
        net_names=(None,) * (base + len(outs)),
        cell_names=(None,) * len(cells),
    )

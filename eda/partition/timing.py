"""Prices of hops by timing: a net on a long path is dearer than one with slack."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.netlist import FIRST_INPUT_NET, IntArray, Netlist

STRENGTH = 4.0


def timing_weights(
    net_weights: IntArray, criticality: npt.NDArray[np.float64], strength: float = STRENGTH
) -> npt.NDArray[np.int64]:
    """int64 [E]: the weight of each net, times 1 to 1 + `strength` as the square of its criticality in 0..1 grows.

    With the slacks of a timing analysis the criticality is ``1 - slack / period``.
    """
    if strength < 0:
        raise UsageError(f"the strength of timing must not be negative, got {strength}")
    share = np.clip(criticality, 0.0, 1.0) ** 2
    return net_weights * (1 + np.rint(strength * share).astype(np.int64))


def depth_criticality(netlist: Netlist) -> npt.NDArray[np.float64]:
    """float [E]: cells on the longest path through each net of `to_hypergraph`, as a share of the longest path of all.

    Paths end at registers; each combinational cell counts as one. Raises `InputError` for a combinational loop.
    """
    before = np.where(netlist.driver >= 0, netlist.level[netlist.driver], 0)
    behind = _behind(netlist)
    nets = np.unique(netlist.fanin[netlist.fanin >= FIRST_INPUT_NET])
    return (before + behind)[nets] / max(1, netlist.depth)


def _behind(netlist: Netlist) -> IntArray:
    """int [N]: the most combinational cells on a path that begins with each net."""
    behind = np.zeros(netlist.n_nets, dtype=np.int64)
    level = netlist.level[netlist.pin_cell]
    order = np.argsort(-level, kind="stable")
    order = order[level[order] > 0]
    cuts = np.flatnonzero(np.diff(level[order])) + 1
    tallest = np.zeros(netlist.n_cells, dtype=np.int64)
    for pins in np.split(order, cuts):
        cells = np.unique(netlist.pin_cell[pins])
        first, last = netlist.output_start[cells], netlist.output_start[cells + 1]
        for k in range(int((last - first).max(initial=0))):
            has = first + k < last
            np.maximum.at(tallest, cells[has], behind[first[has] + k])
        np.maximum.at(behind, netlist.fanin[pins], 1 + tallest[netlist.pin_cell[pins]])
    return behind

"""Loads of nets: the pins they drive, output ports, wires."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import Netlist
from eda.tech.library import IntArray, Library
from eda.timing.constraints import Constraints, per_bit
from eda.timing.graph import wiring_of

FloatArray = npt.NDArray[np.float64]
_NO_ORDER = np.zeros(0, dtype=np.int32)


def net_loads(
    netlist: Netlist, library: Library, cell: IntArray, constraints: Constraints, *, least: bool = False
) -> FloatArray:
    """float [N, 2]: load of each net for rise and fall (fF): pins it drives, output ports, wire.

    Pins count with their largest capacitance or, if `least`, with their smallest, where the library states a range.
    """
    from eda.timing import kernels

    load = outside_loads(netlist, constraints)
    kernels.add_pin_loads(wiring_of(netlist, _NO_ORDER), cell, *pin_caps(library, least=least), load)
    return load


def outside_loads(netlist: Netlist, constraints: Constraints) -> FloatArray:
    """float [N, 2]: the part of the loads that does not depend on the cells (fF)."""
    ports = np.bincount(netlist.output_nets, per_bit(netlist.outputs, constraints.load_ff), minlength=netlist.n_nets)
    wire = 0.0 if constraints.wire_cap_ff is None else constraints.wire_cap_ff
    return np.repeat((ports + wire)[:, None], 2, axis=1)


def pin_caps(library: Library, *, least: bool = False) -> tuple[IntArray, FloatArray]:
    """``(start int64 [cells], cap float [pins, 2])``: input capacitances of all library cells, cell after cell (fF)."""
    counts = [len(c.type.inputs) for c in library.cells]
    start = np.concatenate(([0], np.cumsum(counts)))[:-1].astype(np.int64)
    edges = [(c.least_rise, c.least_fall) if least else (c.cap_rise, c.cap_fall) for c in library.cells]
    pairs = [pair for rise, fall in edges for pair in zip(rise, fall, strict=True)]
    return start, np.array(pairs, dtype=np.float64).reshape(-1, 2)

"""What searches of a partition work on: the problem as flat arrays, and a solution that is being changed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

FAR = 50
"""A hop to an FPGA that is too far counts so many times, so that searches leave such places."""


class Model(NamedTuple):
    """V units, E nets with a source and sinks elsewhere, K FPGAs, R resources.

    source      int64 [E]     unit that drives a net
    first, sink               CSR by net: its other units, each once
    weight      int64 [E]     price of a hop;  load int64 [E]: what the net adds to the load of an FPGA
    out_first, out_net        CSR by unit: nets it drives;  in_first, in_net: nets it needs
    area        int64 [V, R];  capacity int64 [K, R];  limit int64 [K]: largest load
    cost        int64 [K, K]  hops, those beyond the limit of the board `FAR` times
    fixed       int64 [V]     FPGA of the primary, or -1
    copied      bool [V]      may it have replicas?
    apart_first, apart        CSR by unit: lists of units that must stand apart in which it occurs;  n_apart of them
    """

    source: Array
    first: Array
    sink: Array
    weight: Array
    load: Array
    out_first: Array
    out_net: Array
    in_first: Array
    in_net: Array
    area: Array
    capacity: Array
    limit: Array
    cost: Array
    fixed: Array
    copied: Array
    apart_first: Array
    apart: Array
    n_apart: int

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.area)


class State(NamedTuple):
    """A solution: primaries, copies, and what follows from them; changed in place by `state_kernels.apply`.

    primary     int64 [V];  at uint8 [V, K]: where a copy stands
    sinks       int32 [E, K]  copies of sinks of a net on each FPGA
    remote      int32 [E]     FPGAs a net must reach;  nets int64 [E]: those with any first;  place int64 [E]: where in it
    used        int64 [K, R];  load int64 [K];  met int32 [n_apart, K]: copies of units that must stand apart
    totals      int64 [4]     weighted hops, load beyond the limits, nets with a remote FPGA, copies beyond the primaries
    """

    primary: Array
    at: Array
    sinks: Array
    remote: Array
    nets: Array
    place: Array
    used: Array
    load: Array
    met: Array
    totals: Array

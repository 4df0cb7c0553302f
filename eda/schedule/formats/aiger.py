"""And-inverter graphs as data flow: inputs and AND nodes are operations of latency 1 and of one type, named by variable."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eda.errors import UnsupportedError
from eda.ir.aiger import read_aiger
from eda.ir.dataflow import Dataflow
from eda.schedule.problem import Problem


def read_aiger_flow(path: str | Path) -> Problem:
    """Read an ``.aig`` or ``.aag`` file: an edge per distinct fan-in that is no constant, whatever its inversion.

    The latency is that of the deepest node, the objective joint (use and communication). Raises `InputError` for a malformed
    file and `UnsupportedError` for latches.
    """
    aig = read_aiger(path)
    if aig.n_latches:
        raise UnsupportedError(f"{aig.n_latches} latches: a scheduling problem is combinational", file=path)
    n = aig.n_inputs + aig.n_ands
    fanin = aig.fanin >> 1
    target = np.repeat(np.arange(aig.first_and, aig.n_variables), 2)
    source, operand = fanin.reshape(-1), np.tile([0, 1], aig.n_ands)
    kept = (source > 0) & ~((operand == 1) & (source == np.roll(source, 1)))
    ones, none = np.ones(n, dtype=np.int32), np.zeros(int(kept.sum()), dtype=np.int32)
    flow = Dataflow(
        names=tuple(map(str, range(1, n + 1))),
        kinds=("input",) * aig.n_inputs + ("and",) * aig.n_ands,
        latency=ones,
        width=ones,
        edge_source=source[kept] - 1,
        edge_target=target[kept] - 1,
        edge_operand=operand[kept],
        edge_distance=none,
        edge_delay=none,
        resources=("node",),
        capacity=np.array([-1]),
        demand_operation=np.arange(n),
        demand_resource=np.zeros(n, dtype=np.int32),
        demand_amount=ones,
        demand_occupancy=ones,
        name=aig.name,
    )
    return Problem(flow, objective="joint", latency=int(aig.level.max(initial=0)) + 1)

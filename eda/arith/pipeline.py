"""Pipelines: combinational circuits with registers between stages of equal length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from eda.arith.delays import XOR_UNITS, Delays
from eda.arith.pipeline_levels import cut_levels, shortest_period
from eda.arith.pipeline_model import StageModel, generic_model, mapped_model
from eda.arith.registers import CLOCK, Placed, Register, find_register, generic_register, insert_registers
from eda.errors import UsageError
from eda.ir.netlist import Netlist
from eda.tech.pdk import Pdk
from eda.timing.constraints import Constraints, per_bit
from eda.timing.sta import Timing, analyze

TOLERANCE = 0.005
"""A stage may be longer than it must be by this fraction where that saves registers."""

_ROUNDS = 6


def pipeline(
    netlist: Netlist, stages: int, *, delays: Delays = XOR_UNITS, arrivals: Mapping[str, float] | None = None
) -> Netlist:
    """A netlist of generic gates as a pipeline of `stages`, cut where `delays` has the stages equally long.

    Every path crosses ``stages - 1`` registers, which may stand inside the compressor tree; their own delay counts as
    none. `arrivals` are those of the ports or bits, in the unit of `delays`. An input ``clk`` is added.
    Raises `UsageError` for a number of stages below 2, for registers or library cells in `netlist`, for a port ``clk``.
    """
    _check(netlist, stages)
    model = generic_model(netlist, delays, per_bit(netlist.inputs, arrivals or {}))
    return _cut(model, stages - 1, generic_register()).netlist


def pipeline_mapped(netlist: Netlist, pdk: Pdk, stages: int, constraints: Constraints | None = None) -> Netlist:
    """A mapped netlist as a pipeline of `stages` with the shortest clock period that was found, by exact timing.

    Every path crosses ``stages - 1`` of the kit's smallest flip-flops. A cut reckons with the flip-flop's set-up time and
    its delay under the load of each net. Since registers change slews and loads, cuts are made again under those of the
    pipeline before, and the one of shortest period in exact timing is returned; of equal ones that with fewest registers.
    `constraints` are those of the combinational netlist. Raises `UsageError` as `pipeline`, and for a kit without
    flip-flop.
    """
    _check(netlist, stages)
    register, cuts = find_register(pdk), stages - 1
    around = constraints or Constraints()
    model = mapped_model(netlist, analyze(netlist, pdk.library, around), register)
    clocked = replace(around, clock=CLOCK)
    found: list[tuple[float, int, Netlist]] = []
    for _ in range(_ROUNDS):
        placed = _cut(model, cuts, register)
        timing = analyze(placed.netlist, pdk.library, clocked)
        found.append((timing.delay_ps, placed.count, placed.netlist))
        model = _under(netlist, timing, register, placed)
    best = min(delay for delay, _, _ in found)
    return min((f for f in found if f[0] <= best * (1 + TOLERANCE)), key=lambda f: (f[1], f[0]))[2]


def _under(netlist: Netlist, timing: Timing, register: Register, placed: Placed) -> StageModel:
    return mapped_model(netlist, timing, register, placed.shown)


def _cut(model: StageModel, cuts: int, register: Register) -> Placed:
    period = shortest_period(model, cuts) * (1 + TOLERANCE)
    level = cut_levels(model, cuts, period)
    assert level is not None
    return insert_registers(model.netlist, level, cuts, register)


def _check(netlist: Netlist, stages: int) -> None:
    if stages < 2:
        raise UsageError(f"a pipeline has at least 2 stages, got {stages}")
    if not netlist.is_combinational_cell.all():
        raise UsageError(f"netlist {netlist.name} has registers or black boxes: only combinational ones become pipelines")

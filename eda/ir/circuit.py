"""A netlist prepared for bit-parallel evaluation: batches of equal cells in evaluation order, and its state cells by type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eda.errors import InputError, UsageError
from eda.ir import logic
from eda.ir.cells import CellType, State
from eda.ir.netlist import IntArray, Netlist
from eda.ir.vectors import ONES, Words


@dataclass(frozen=True)
class Step:
    """Cells of one type that can be evaluated together.

    ``pins [inputs, cells]`` and ``outs [outputs, cells]`` are nets; ``rows [cells]`` of state cells their place among
    `Netlist.state_cells` (empty otherwise).
    """

    type: CellType
    pins: IntArray
    outs: IntArray
    rows: IntArray


class Circuit:
    """The evaluation order of a netlist. Raises `UsageError` for a black box, `InputError` for a combinational loop."""

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        refuse_black_boxes(netlist)
        cells = netlist.state_cells
        kinds = netlist.cell_type[cells]
        rows = {int(k): np.flatnonzero(kinds == k) for k in np.unique(kinds)}
        self.combinational = [_step(netlist, kind, group, cells[:0]) for kind, group in netlist.groups]
        self.state = [_step(netlist, netlist.types[k], cells[r], r) for k, r in rows.items()]
        self.gating = [s for s in self.state if shows_inputs(s.type)]
        self.immediate = [s for s in self.state if _acts_at_once(s.type.state)]

    def settle(self, nets: Words, state: Words) -> None:
        """Compute all nets ``[N, W]`` in place from its inputs and `state` ``[S, W]``."""
        _show_state(self.state, nets, state)
        self.follow(self.combinational, nets, state)

    def follow(self, steps: Sequence[Step], nets: Words, state: Words) -> None:
        """Evaluate `steps` in order, again and again while outputs of clock gates change with them."""
        for _ in range(len(state) + 1):
            _evaluate(steps, nets)
            if not self.gating or not _show_state(self.gating, nets, state):
                return
        raise InputError(f"netlist {self.netlist.name}: combinational loop through the outputs of clock gates")

    def next_state(self, nets: Words, state: Words) -> Words:
        """State after an active edge of every flip-flop."""
        return _new_state(self.state, nets, state, edge=True)

    def immediate_state(self, nets: Words, state: Words) -> Words:
        """State after open latches, clears and presets had their effect, without an edge."""
        return _new_state(self.immediate, nets, state, edge=False)

    def clock_levels(self, nets: Words, state: Words) -> Words:
        """Level of the clock expression of every flip-flop, ``[S, W]``; 0 for latches."""
        levels = np.zeros_like(state)
        for step in self.state:
            kind = step.type.state
            if kind is not None and kind.kind == "ff":
                levels[step.rows] = logic.evaluate(kind.clock, _operands(step, nets, state), ONES)
        return levels

    def reached_from(self, nets: IntArray) -> list[Step]:
        """The combinational steps, restricted to the cells that `nets` reach without passing a register."""
        reached = np.zeros(self.netlist.n_nets, dtype=bool)
        reached[nets] = True
        before = -1
        while int(reached.sum()) != before:
            before = int(reached.sum())
            for step in [*self.combinational, *self.gating]:
                reached[step.outs[:, reached[step.pins].any(axis=0)]] = True
        chosen = [(s, reached[s.pins].any(axis=0)) for s in self.combinational]
        return [Step(s.type, s.pins[:, c], s.outs[:, c], s.rows) for s, c in chosen if np.any(c)]


def shows_inputs(kind: CellType) -> bool:
    """True if an output of a state cell follows its inputs directly, as that of an integrated clock gate does."""
    return any(set(logic.variables(f)) & set(kind.inputs) for f in kind.functions if f is not None)


def _acts_at_once(kind: State | None) -> bool:
    return kind is not None and (kind.kind == "latch" or kind.clear is not None or kind.preset is not None)


def refuse_black_boxes(netlist: Netlist) -> None:
    """Raise `UsageError` naming the first cell with an output whose function is not known."""
    boxes = np.array([None in t.functions for t in netlist.types] or [False])[netlist.cell_type]
    if boxes.any():
        cell = int(np.flatnonzero(boxes)[0])
        raise UsageError(
            f"netlist {netlist.name}: cell {netlist.cell_label(cell)} of type {netlist.type_of(cell).name} "
            "is a black box, what it computes is not known"
        )


def _step(netlist: Netlist, kind: CellType, cells: IntArray, rows: IntArray) -> Step:
    pins = netlist.fanin[netlist.fanin_start[cells] + np.arange(len(kind.inputs))[:, None]]
    outs = netlist.output_start[cells] + np.arange(len(kind.outputs))[:, None]
    return Step(kind, pins, outs, rows)


def _operands(step: Step, nets: Words, state: Words | None = None) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(step.type.inputs, nets[step.pins], strict=True))
    if state is not None and step.type.state is not None:
        values[step.type.state.name] = state[step.rows]
    return values


def _evaluate(steps: Sequence[Step], nets: Words) -> None:
    for step in steps:
        values = _operands(step, nets)
        for function, out in zip(step.type.functions, step.outs, strict=True):
            if function is not None:
                nets[out] = logic.evaluate(function, values, ONES)


def _show_state(steps: Sequence[Step], nets: Words, state: Words) -> bool:
    """Write the outputs of state cells; True if any net changed."""
    changed = False
    for step in steps:
        values = _operands(step, nets, state)
        for function, out in zip(step.type.functions, step.outs, strict=True):
            if function is not None:
                new = logic.evaluate(function, values, ONES)
                changed = changed or bool(np.any(nets[out] != new))
                nets[out] = new
    return changed


def _new_state(steps: Sequence[Step], nets: Words, state: Words, *, edge: bool) -> Words:
    new = state.copy()
    for step in steps:
        kind, values, held = step.type.state, _operands(step, nets, state), state[step.rows]
        if kind is not None:
            taken = logic.evaluate(kind.next_state, values, ONES) if edge or kind.kind == "latch" else held
            if kind.kind == "latch":
                enable = logic.evaluate(kind.clock, values, ONES)
                taken = taken & enable | held & ~enable
            new[step.rows] = _forced(kind, values, taken)
    return new


def _forced(kind: State, values: Mapping[str, Any], taken: Any) -> Any:
    """`taken` where neither clear nor preset is active, else what they force."""
    if kind.clear is None and kind.preset is None:
        return taken
    clear, preset = (logic.evaluate(e or logic.FALSE, values, ONES) for e in (kind.clear, kind.preset))
    both = ONES if kind.both else np.uint64(0)
    return taken & ~clear & ~preset | preset & ~clear | clear & preset & both

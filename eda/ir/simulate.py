"""Bit-parallel simulation with zero delay: many input vectors at once, one bit each of 64-bit words.

A row of words belongs to one net; bit k of word w is vector ``64*w + k``. Cells of one level and one type are evaluated
together, each expression once per such group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eda.errors import InputError, UsageError, suggest
from eda.ir.cells import CellType
from eda.ir.circuit import Circuit, shows_inputs
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port
from eda.ir.vectors import ONES, WORD, Words, pack, random_streams, random_vectors, unpack

__all__ = [
    "Trace",
    "Words",
    "clock_inputs",
    "next_state",
    "pack",
    "random_streams",
    "random_vectors",
    "run",
    "simulate",
    "simulate_cycles",
    "unpack",
]

_BLOCK_BYTES = 4 << 20  # the values worked on at a time should stay in the cache


def simulate(netlist: Netlist, values: Mapping[str, Words], state: Words | None = None) -> Words:
    """Values ``uint64 [N, W]`` of all nets for the input words ``{port: uint64 [width, W]}``.

    `state` is ``uint64 [S, W]``, the bits that the cells of `Netlist.state_cells` hold; None: all hold 0. A latch shows
    the bit it holds; whether it is open matters in `next_state`.
    Raises `UsageError` for a missing, unknown or wrongly shaped input and for a black box, `InputError` for a
    combinational loop.
    """
    circuit = Circuit(netlist)
    (width,) = _common_shape(netlist, values, axes=1)
    state = _initial_state(netlist, state, width)
    nets = np.empty((netlist.n_nets, width), dtype=np.uint64)
    block = max(WORD, _BLOCK_BYTES // (8 * netlist.n_nets))
    for start in range(0, width, block):
        part = slice(start, start + block)
        _apply(nets[:, part], netlist, {name: rows[:, part] for name, rows in values.items()})
        circuit.settle(nets[:, part], state[:, part])
    return nets


def next_state(netlist: Netlist, nets: Words, state: Words) -> Words:
    """State ``uint64 [S, W]`` after one active clock edge of every flip-flop, from the settled `nets` and `state`.

    Flip-flops take their `next_state`, whatever their clock net says; latches take it where they are open and keep their
    bit elsewhere. An active clear or preset wins; where both are active the cell type's `both` counts (unknown: 0).
    """
    return Circuit(netlist).next_state(nets, state)


def run(netlist: Netlist, values: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Outputs of a combinational netlist for sequences of unsigned integers, one per input port and all of one length.

    Raises `UsageError` if the netlist holds state, and as `simulate` does.
    """
    if len(netlist.state_cells):
        cell = int(netlist.state_cells[0])
        raise UsageError(f"netlist {netlist.name} is not combinational: {netlist.cell_label(cell)} holds state")
    counts = {len(v) for v in values.values()} or {1}
    if len(counts) > 1:
        raise UsageError(f"the input sequences differ in length: {', '.join(map(str, sorted(counts)))}")
    count = counts.pop()
    nets = simulate(netlist, {name: pack(v, netlist.port(name).width) for name, v in values.items()})
    return {p.name: unpack(nets[list(p.nets)], count) for p in netlist.outputs}


def _common_shape(netlist: Netlist, values: Mapping[str, Words], axes: int, optional: Sequence[Port] = ()) -> tuple[int, ...]:
    """Shape that the arrays of all input ports share, without the axis of the port's bits; every port is checked."""
    known = {p.name: p for p in netlist.inputs}
    for name in values:
        if name not in known:
            raise UsageError(f"netlist {netlist.name} has no input port {name!r}{suggest(name, known)}")
    shape: tuple[int, ...] = ()
    for name, port in known.items():
        if name in values:
            found = np.shape(values[name])
            shape = shape or found[:-2] + found[-1:]
            expected = (*shape[:-1], port.width, *shape[-1:])
            if len(found) != axes + 1 or found != expected:
                raise UsageError(f"values of the input port {name!r} have the shape {found}, expected {expected}")
        elif port not in optional:
            raise UsageError(f"netlist {netlist.name}: no values for the input port {name!r}")
    return shape or (1,) * axes


def _initial_state(netlist: Netlist, state: Words | None, width: int) -> Words:
    shape = (len(netlist.state_cells), width)
    if state is None:
        return np.zeros(shape, dtype=np.uint64)
    if state.shape != shape:
        raise UsageError(f"netlist {netlist.name}: the state has the shape {state.shape}, expected {shape}")
    return np.array(state, dtype=np.uint64)


def _apply(nets: Words, netlist: Netlist, values: Mapping[str, Words]) -> None:
    nets[0], nets[1] = 0, ONES
    for port in netlist.inputs:
        if port.name in values and port.nets:
            nets[port.nets[0] : port.nets[-1] + 1] = values[port.name]


# --- clock cycles --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Trace:
    """What `simulate_cycles` saw: ``values uint64 [N, T, W]``, every net at T moments of 64 * W independent streams.

    Without clocks there is one moment per cycle (`phases` is 1); with clocks there are two, settled after the rising
    and after the falling edge.
    """

    values: Words
    phases: int

    @property
    def cycle_ends(self) -> Words:
        """``uint64 [N, cycles, W]``: the nets just before the next active edge, as a synchronous observer sees them."""
        return self.values[:, self.phases - 1 :: self.phases]

    @property
    def cycles(self) -> int:
        """Cycles over which transitions are counted, in all streams together."""
        _, moments, words = self.values.shape
        return (moments // self.phases - 1) * words * WORD

    @cached_property
    def toggles(self) -> npt.NDArray[np.float64]:
        """float64 [N]: mean transitions per cycle; 2 for a running clock."""
        seen = self.values[:, self.phases - 1 :]
        total = np.zeros(len(seen), dtype=np.int64)
        for t in range(seen.shape[1] - 1):
            total += np.bitwise_count(seen[:, t] ^ seen[:, t + 1]).sum(axis=1, dtype=np.int64)
        return total / max(self.cycles, 1)

    @cached_property
    def probability(self) -> npt.NDArray[np.float64]:
        """float64 [N]: share of the time that each net is 1."""
        total = np.zeros(len(self.values), dtype=np.int64)
        for t in range(self.values.shape[1]):
            total += np.bitwise_count(self.values[:, t]).sum(axis=1, dtype=np.int64)
        return total / (self.values[0].size * WORD)


def simulate_cycles(
    netlist: Netlist,
    inputs: Mapping[str, Words],
    *,
    clocks: Sequence[str] | None = None,
    state: Words | None = None,
) -> Trace:
    """Run 64 * W independent streams through ``{port: uint64 [cycles, width, W]}`` and record every net.

    A combinational netlist is evaluated in one pass. Otherwise each cycle begins with the rising edge of all `clocks`
    (names of input bits; None: `clock_inputs`; empty: no clock, the inputs alone act), at which the other inputs take
    their new values, and has the falling edge in its middle. Flip-flops of both edges, gated and derived clocks, open
    latches and asynchronous clears are followed until all is settled. Data that change at an edge are captured with
    their old value, but with the new one where the edge reaches a flip-flop only through that change or through another
    register. Values given for clocks are not used, and a port of clocks alone may be left out.

    The state before the first cycle is `state` (``uint64 [S, W]``; None: all 0), with the first inputs applied and the
    clocks low: a reset that is to be seen must be among the inputs. Registers start known; nothing here is X.
    Memory: 8 bytes per net, cycle, phase and W. Raises as `simulate`, and `InputError` if the circuit oscillates.
    """
    if not len(netlist.state_cells):
        cycles, words = _common_shape(netlist, inputs, axes=2)
        flat = {name: np.swapaxes(v, 0, 1).reshape(v.shape[1], -1) for name, v in inputs.items()}
        return Trace(simulate(netlist, flat).reshape(netlist.n_nets, cycles, words), 1)
    clock = clock_inputs(netlist) if clocks is None else _named_inputs(netlist, clocks)
    clock_ports = [p for p in netlist.inputs if set(p.nets) <= set(clock)]
    cycles, words = _common_shape(netlist, inputs, axes=2, optional=clock_ports)
    running = _Running(Circuit(netlist), clock, _initial_state(netlist, state, words), {n: v[0] for n, v in inputs.items()})
    phases = 2 if clock else 1
    values = np.empty((cycles * phases, netlist.n_nets, words), dtype=np.uint64)
    for t in range(cycles):
        running.edge(ONES, {name: v[t] for name, v in inputs.items()})
        values[t * phases] = running.nets
        if clock:
            running.edge(np.uint64(0), None)
            values[t * phases + 1] = running.nets
    return Trace(np.moveaxis(values, 0, 1), phases)


class _Running:
    """A sequential netlist in the course of its simulation: `nets` and `state` are settled between edges."""

    def __init__(self, circuit: Circuit, clock: Sequence[int], state: Words, inputs: Mapping[str, Words]) -> None:
        self.circuit, self.state = circuit, state
        self.clock = np.array(clock, dtype=np.int64)
        self.clock_steps = circuit.reached_from(self.clock)
        self.nets = np.zeros((circuit.netlist.n_nets, state.shape[1]), dtype=np.uint64)
        _apply(self.nets, circuit.netlist, inputs)
        self.nets[self.clock] = 0
        self._settle()

    def edge(self, level: np.uint64, inputs: Mapping[str, Words] | None) -> None:
        """Set all clocks to `level`, let flip-flops capture, then apply `inputs` and settle."""
        captured = self.circuit.next_state(self.nets, self.state)
        before = self.circuit.clock_levels(self.nets, self.state)
        self.nets[self.clock] = level
        self.circuit.follow(self.clock_steps, self.nets, self.state)
        after = self.circuit.clock_levels(self.nets, self.state)
        changed = self._capture(captured, after & ~before)
        if inputs is not None:
            _apply(self.nets, self.circuit.netlist, inputs)
            self.nets[self.clock] = level
        if changed or inputs is not None or self._act_at_once():
            self._settle()
            self._derived_edges(after)

    def _derived_edges(self, before: Words) -> None:
        """Capture where settling raised the clocks of further flip-flops, until none rises."""
        for _ in range(len(self.state) + 1):
            after = self.circuit.clock_levels(self.nets, self.state)
            rising = after & ~before
            if not rising.any():
                return
            self._capture(self.circuit.next_state(self.nets, self.state), rising)
            self._settle()
            before = after
        raise self._oscillation("derived clocks")

    def _capture(self, captured: Words, rising: Words) -> bool:
        before = self.state
        self.state = captured & rising | before & ~rising
        return not np.array_equal(self.state, before)

    def _settle(self) -> None:
        """Compute all nets, with open latches, clears and presets, until nothing changes."""
        for _ in range(len(self.state) + 2):
            self.circuit.settle(self.nets, self.state)
            if not self._act_at_once():
                return
        raise self._oscillation("open latches, clears or presets")

    def _act_at_once(self) -> bool:
        """Let open latches, clears and presets act on the state; True if it changed."""
        if not self.circuit.immediate:
            return False
        before, self.state = self.state, self.circuit.immediate_state(self.nets, self.state)
        return not np.array_equal(self.state, before)

    def _oscillation(self, through: str) -> InputError:
        return InputError(f"netlist {self.circuit.netlist.name}: does not settle, it oscillates through {through}")


def clock_inputs(netlist: Netlist) -> tuple[int, ...]:
    """Input nets that reach the clock pin of a state cell directly, through buffers and inverters, or through clock gates.

    Empty without state cells. Raises `UsageError` if there are state cells but no such input.
    """
    todo = [_clock_net(netlist, int(c)) for c in netlist.state_cells]
    seen, found = set(todo), set()
    while todo:
        net = todo.pop()
        cell = int(netlist.driver[net])
        if FIRST_INPUT_NET <= net < netlist.first_cell_net:
            found.add(net)
        elif cell >= 0 and _passes_clock(netlist.type_of(cell)):
            before = _clock_net(netlist, cell)
            todo += {before} - seen
            seen.add(before)
    if seen and not found:
        raise UsageError(f"netlist {netlist.name}: no input reaches a clock pin through buffers alone; name the clocks")
    return tuple(sorted(found))


def _passes_clock(kind: CellType) -> bool:
    return shows_inputs(kind) if kind.state is not None else kind.is_combinational and len(kind.inputs) == 1


def _clock_net(netlist: Netlist, cell: int) -> int:
    kind = netlist.type_of(cell)
    return int(netlist.fanin_of(cell)[0 if kind.state is None else kind.inputs.index(kind.state.clock_pin)])


def _named_inputs(netlist: Netlist, names: Sequence[str]) -> tuple[int, ...]:
    known = {bit: net for p in netlist.inputs for bit, net in zip(p.bit_names, p.nets, strict=True)}
    for name in names:
        if name not in known:
            raise UsageError(f"netlist {netlist.name} has no input bit {name!r}{suggest(name, known)}")
    return tuple(known[name] for name in names)

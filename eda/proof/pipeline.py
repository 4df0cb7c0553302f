"""Feed-forward pipelines: where every path crosses equally many registers, these delay the function but do not change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from eda.errors import InputError, ProofError
from eda.ir import logic
from eda.ir.cells import CellType
from eda.ir.logic import Expr
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.proof.extract import cone
from eda.proof.ports import with_ports


@dataclass(frozen=True)
class Flat:
    """A pipeline as a combinational netlist without ports of clock and resets.

    latency   registers on every path, in cycles
    resets    does any register have a reset or preset, which is taken as inactive?
    """

    netlist: Netlist
    latency: int
    resets: bool


def flattened(netlist: Netlist) -> Flat:
    """The circuit with wires in place of its registers; a combinational circuit as it is.

    Registers must share one clock edge, and the inputs of resets must serve for nothing else.
    Raises `ProofError` saying why the circuit is no such pipeline.
    """
    wired = replace(netlist, types=tuple(map(_through, netlist.types)))
    if not wired.is_combinational_cell.all():
        raise ProofError("no feed-forward pipeline: there are black boxes")
    registers = netlist.state_cells.tolist()
    if not registers:
        return Flat(netlist, 0, False)
    control = _control_nets(netlist)
    try:
        latency = _latency(wired, netlist)
    except InputError as e:
        raise ProofError("no feed-forward pipeline: registers feed back") from e
    wired = _rewired(wired)
    used = cone(wired, wired.output_nets)
    for net in control:
        if net >= FIRST_INPUT_NET and used[net]:
            raise ProofError(f"no feed-forward pipeline: {netlist.net_label(net)} serves as clock or reset and as data")
    gone = [p.name for p in wired.inputs if set(p.nets) <= control]
    states = [netlist.type_of(c).state for c in registers]
    resets = any(s is not None and (s.clear is not None or s.preset is not None) for s in states)
    return Flat(with_ports(wired, [p for p in wired.ports if p.name not in gone]), latency, resets)


def _control_nets(netlist: Netlist) -> set[int]:
    """Inputs that clock, clear or preset registers."""
    clocks, out = set(), set()
    for c in netlist.state_cells.tolist():
        kind, pins = netlist.type_of(c), dict(zip(netlist.type_of(c).inputs, netlist.fanin_of(c).tolist(), strict=True))
        state = kind.state
        assert state is not None
        if state.kind != "ff":
            raise ProofError(f"no feed-forward pipeline: {netlist.cell_label(c)} is a latch")
        if state.name in logic.variables(state.next_state):
            raise ProofError(f"no feed-forward pipeline: register {netlist.cell_label(c)} can hold its value")
        inverted, net = _source(netlist, pins[state.clock_pin])
        clocks.add((net, inverted ^ (state.clock[0] == "not")))
        out.add(net)
        for force in (state.clear, state.preset):
            sources = {v: _source(netlist, pins[v]) for v in logic.variables(force or logic.FALSE)}
            out.update(n for _, n in sources.values())
            tied = {v: n ^ flip for v, (flip, n) in sources.items() if n < FIRST_INPUT_NET}
            if len(tied) == len(sources) and logic.evaluate(force or logic.FALSE, tied, 1):
                raise ProofError(f"no feed-forward pipeline: {netlist.cell_label(c)} is always reset")
    if len(clocks) > 1 or min(clocks)[0] < FIRST_INPUT_NET:
        raise ProofError("no feed-forward pipeline: registers have different clocks, or none")
    return out


def _source(netlist: Netlist, net: int) -> tuple[bool, int]:
    """The input or constant behind buffers and inverters, and whether it arrives inverted."""
    inverted = False
    while (c := int(netlist.driver[net])) >= 0:
        kind = netlist.type_of(c)
        if not kind.is_combinational or len(kind.inputs) != 1:
            raise ProofError(f"no feed-forward pipeline: the clock or reset net {netlist.net_label(net)} is computed")
        inverted ^= kind.tables[net - int(netlist.output_start[c])] == 0b01
        net = int(netlist.fanin_of(c)[0])
    return inverted, net


def _through(kind: CellType) -> CellType:
    """A register as a wire: its outputs show what it is about to store."""
    if kind.state is None:
        return kind
    functions = tuple(None if f is None else _substituted(f, {kind.state.name: kind.state.next_state}) for f in kind.functions)
    return CellType(f"{kind.name}.through", kind.inputs, kind.outputs, functions)


def _substituted(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    if expr[0] == "var":
        return values.get(expr[1], expr)
    return expr if expr[0] == "const" else (expr[0], *(_substituted(e, values) for e in expr[1:]))


def _used_pins(kind: CellType) -> list[int]:
    names = {v for f in kind.functions if f is not None for v in logic.variables(f)}
    return [i for i, pin in enumerate(kind.inputs) if pin in names]


def _latency(wired: Netlist, original: Netlist) -> int:
    """Registers on every path to the outputs; raises `ProofError` if paths differ."""
    stages: dict[int, int] = dict.fromkeys(range(FIRST_INPUT_NET, wired.first_cell_net), 0)
    is_register = set(original.state_cells.tolist())
    for kind, cells in wired.groups:
        pins = _used_pins(kind)
        for c in cells.tolist():
            fanin = wired.fanin_of(c)
            found = {stages[n] for n in (int(fanin[i]) for i in pins) if n in stages}
            if len(found) > 1:
                raise ProofError(f"no feed-forward pipeline: paths to {original.cell_label(c)} cross {sorted(found)} registers")
            for net in wired.outputs_of(c) if found else ():
                stages[net] = found.copy().pop() + (c in is_register)
    depths = {stages[n] for n in wired.output_nets.tolist() if n in stages}
    if len(depths) > 1:
        raise ProofError(f"no feed-forward pipeline: paths to the outputs cross {sorted(depths)} registers")
    return max(depths, default=0)


def _rewired(wired: Netlist) -> Netlist:
    """The same without connections to pins that no function uses."""
    fanin = wired.fanin.copy()
    for k, kind in enumerate(wired.types):
        unused = [i for i in range(len(kind.inputs)) if i not in _used_pins(kind)]
        starts = wired.fanin_start[:-1][wired.cell_type == k]
        for i in unused:
            fanin[starts + i] = 0
    return replace(wired, fanin=fanin)

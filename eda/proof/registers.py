"""Sequential circuits made combinational: registers and black boxes become inputs and outputs, in pairs.

Registers are paired by name, the rest by what they do in simulation. Two circuits whose outputs and next states are equal
functions of inputs and states then behave equally whenever paired registers start equally. The converse does not hold: a
difference may need a state that is never reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eda.errors import ProofError
from eda.ir import logic
from eda.ir.cells import CellType
from eda.ir.circuit import shows_inputs
from eda.ir.logic import Expr
from eda.ir.netlist import Netlist
from eda.ir.simulate import next_state, simulate
from eda.ir.vectors import random_vectors
from eda.proof.extract import cone

_CYCLES = 48
_WORDS = 4


@dataclass(frozen=True)
class Cut:
    """Two combinational circuits with equal ports, and how many registers were paired by name and by behaviour."""

    left: Netlist
    right: Netlist
    by_name: int
    by_behaviour: int
    boxes: int


def is_combinational(netlist: Netlist) -> bool:
    """True without registers and black boxes."""
    return bool(netlist.is_combinational_cell.all())


def cut_registers(a: Netlist, b: Netlist, seed: int = 1) -> Cut:
    """Cut both circuits, which have equal ports, at their registers and black boxes.

    Raises `ProofError` naming the first register or black box that matters and has no partner.
    """
    a, b = _upright(a), _upright(b)
    live = [_live(n) for n in (a, b)]
    boxes = _pair_boxes(a, b, *([c for c in cells if _is_box(n.type_of(c))] for n, cells in zip((a, b), live, strict=True)))
    states = [[c for c in cells if not _is_box(n.type_of(c))] for n, cells in zip((a, b), live, strict=True)]
    named = _pair_by_name(a, b, *states)
    known = set(named.values())
    rest = [[c for c in states[0] if c not in named], [d for d in states[1] if d not in known]]
    behaving = {} if boxes else _pair_by_behaviour(a, b, rest[0], rest[1], seed)
    _demand_all(a, b, [c for c in rest[0] if c not in behaving], "register")
    known = set(behaving.values())
    _demand_all(b, a, [d for d in rest[1] if d not in known], "register")
    pairs = {**named, **behaving}
    for c, d in pairs.items():
        _same_kind(a, b, c, d)
    labels = _labels(a, [*pairs, *boxes])
    left = _cut(a, [*pairs, *boxes], labels)
    right = _cut(b, [*pairs.values(), *boxes.values()], labels)
    return Cut(left, right, len(named), len(behaving), len(boxes))


def _upright(netlist: Netlist) -> Netlist:
    """`netlist` with registers that store the complement of their input (all of ASAP7 do) described by the bit itself."""
    return replace(netlist, types=tuple(_complement(t) if _stores_complement(t) else t for t in netlist.types))


def _stores_complement(kind: CellType) -> bool:
    return kind.state is not None and kind.state.next_state[0] == "not" and kind.state.next_state[1][0] == "var"


def _complement(kind: CellType) -> CellType:
    """The same cell, its state bit inverted."""
    state = kind.state
    assert state is not None

    def seen(e: Expr) -> Expr:
        if e in (logic.var(state.name), logic.lnot(logic.var(state.name))):
            return logic.lnot(e) if e[0] == "var" else logic.var(state.name)
        return e if e[0] in ("const", "var") else (e[0], *map(seen, e[1:]))

    clear, preset = (None if e is None else seen(e) for e in (state.preset, state.clear))
    both = None if state.both is None else 1 - state.both
    after = replace(state, next_state=logic.lnot(seen(state.next_state)), clear=clear, preset=preset, both=both)
    return replace(kind, functions=tuple(None if f is None else seen(f) for f in kind.functions), state=after)


# --- pairing -----------------------------------------------------------------------------------------------------------


def _live(netlist: Netlist) -> list[int]:
    """Registers and black boxes from which an output can be reached, in cell order."""
    drivers = netlist.driver[cone(netlist, netlist.output_nets)]
    cells = np.unique(drivers[drivers >= 0])
    return [int(c) for c in cells if not netlist.is_combinational_cell[c]]


def _is_box(kind: CellType) -> bool:
    """Cells of unknown function; and clock gates, whose outputs begin no new path."""
    return None in kind.functions or (kind.state is not None and shows_inputs(kind))


def _pair_boxes(a: Netlist, b: Netlist, mine: Sequence[int], theirs: Sequence[int]) -> dict[int, int]:
    by_name = {b.cell_names[d]: d for d in theirs if b.cell_names[d]}
    pairs = {c: by_name[a.cell_names[c]] for c in mine if a.cell_names[c] in by_name}
    pairs = {c: d for c, d in pairs.items() if a.type_of(c) == b.type_of(d)}
    _demand_all(a, b, [c for c in mine if c not in pairs], "black box")
    _demand_all(b, a, [d for d in theirs if d not in set(pairs.values())], "black box")
    return pairs


def _demand_all(netlist: Netlist, other: Netlist, cells: Sequence[int], what: str) -> None:
    if cells:
        kind = netlist.type_of(cells[0]).name
        raise ProofError(f"{what} {_labels(netlist, cells)[0]} ({kind}) of {netlist.name} has no partner in {other.name}")


def _pair_by_name(a: Netlist, b: Netlist, mine: Sequence[int], theirs: Sequence[int]) -> dict[int, int]:
    """Registers that share the name of a cell or of the net that shows their bit, where that is unambiguous."""
    names = [_names(n, cells) for n, cells in ((a, mine), (b, theirs))]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for name, c in names[0].items():
        d = names[1].get(name)
        if d is not None and c not in pairs and d not in taken:
            pairs[c] = d
            taken.add(d)
    return pairs


def _names(netlist: Netlist, cells: Sequence[int]) -> dict[str, int]:
    """Register of each public name; names of nets count before names of cells."""
    shown = {}
    for c in cells:
        kind = netlist.type_of(c)
        for net, function in zip(netlist.outputs_of(c), kind.functions, strict=True):
            if kind.state is not None and function == logic.var(kind.state.name):
                shown[net] = c
    out = {name: shown[net] for name, net in netlist.net_by_name.items() if net in shown}
    for c in cells:
        name = netlist.cell_names[c]
        if name is not None:
            out.setdefault(name, c)
    return out


def _pair_by_behaviour(a: Netlist, b: Netlist, mine: Sequence[int], theirs: Sequence[int], seed: int) -> dict[int, int]:
    """Registers whose sequences of values, from an all-zero state under the same inputs, agree with one partner's alone."""
    if not mine or not theirs:
        return {}
    traces = [_traces(n, cells, seed) for n, cells in ((a, mine), (b, theirs))]
    unique = [{key: cells[0] for key, cells in t.items() if len(cells) == 1} for t in traces]
    return {c: unique[1][key] for key, c in unique[0].items() if key in unique[1]}


def _traces(netlist: Netlist, cells: Sequence[int], seed: int) -> Mapping[bytes, list[int]]:
    state = np.zeros((len(netlist.state_cells), _WORDS), dtype=np.uint64)
    rows = np.searchsorted(netlist.state_cells, cells)
    seen = []
    for t in range(_CYCLES):
        nets = simulate(netlist, random_vectors(netlist, _WORDS, seed + t), state)
        state = next_state(netlist, nets, state)
        seen.append(state[rows])
    out: dict[bytes, list[int]] = {}
    for k, c in enumerate(cells):
        out.setdefault(b"".join(s[k].tobytes() for s in seen), []).append(c)
    return out


def _same_kind(a: Netlist, b: Netlist, c: int, d: int) -> None:
    left, right = a.type_of(c).state, b.type_of(d).state
    assert left is not None
    assert right is not None
    # where one side lacks clear or preset, the other's must be proven idle, and both at once cannot happen
    forced = all(state.clear is not None and state.preset is not None for state in (left, right))
    if left.kind != right.kind or (forced and left.both != right.both):
        raise ProofError(
            f"register {_labels(a, [c])[0]} of {a.name} is a {a.type_of(c).name}, its partner in {b.name} a {b.type_of(d).name}"
        )


def _labels(netlist: Netlist, cells: Sequence[int]) -> list[str]:
    """A different name for each cell: that of the net that shows its bit, else the cell's."""
    names: dict[int, str] = {}
    for name, c in _names(netlist, cells).items():
        names.setdefault(c, name)
    out: dict[str, None] = {}
    for c in cells:
        name = names.get(c, netlist.cell_label(c))
        out[name if name not in out else f"{name} #{c}"] = None
    return list(out)


# --- cutting -----------------------------------------------------------------------------------------------------------


def _cut(netlist: Netlist, cells: Sequence[int], labels: Sequence[str]) -> Netlist:
    from eda.ir.builder import Builder

    b = Builder(netlist.name)
    net = {0: 0, 1: 1}
    for port in netlist.inputs:
        net.update(zip(port.nets, b.input(port.name, port.width), strict=True))
    states = {}
    for c, label in zip(cells, labels, strict=True):
        kind, outs = netlist.type_of(c), netlist.outputs_of(c)
        if _is_box(kind):
            net.update({out: b.input(f"{label}.{pin} (black box)")[0] for out, pin in zip(outs, kind.outputs, strict=True)})
            continue
        assert kind.state is not None
        (states[c],) = b.input(f"{label} (state)")
        shows = CellType(f"{kind.name}.shows", (kind.state.name,), kind.outputs, kind.functions)
        net.update(zip(outs, b.cell(shows, [states[c]]), strict=True))
    for kind, group in netlist.groups:
        for c in group.tolist():
            pins = netlist.fanin_of(c).tolist()
            if all(n in net for n in pins):  # else it hangs on a register from which no output can be reached
                net.update(zip(netlist.outputs_of(c), b.cell(kind, [net[n] for n in pins]), strict=True))
    for port in netlist.outputs:
        b.output(port.name, [net[n] for n in port.nets])
    for c, label in zip(cells, labels, strict=True):
        pins = [net[n] for n in netlist.fanin_of(c).tolist()]
        kind = netlist.type_of(c)
        if c in states:
            b.output(f"{label} (next)", b.cell(_acting(kind), [*pins, states[c]]))
        else:
            for pin, n in zip(kind.inputs, pins, strict=True):
                b.output(f"{label}.{pin} (black box)", n)
    return b.build()


def _acting(kind: CellType) -> CellType:
    """What acts on a state bit, as functions of the cell's inputs and the bit itself."""
    state = kind.state
    assert state is not None
    functions = (state.next_state, state.clock, state.clear or logic.FALSE, state.preset or logic.FALSE)
    return CellType(f"{kind.name}.next", (*kind.inputs, state.name), ("next", "clock", "clear", "preset"), functions)

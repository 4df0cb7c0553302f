"""All conversions between the netlist and other representations: AIG, networkx, torch, hypergraph."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eda.errors import UnsupportedError, UsageError
from eda.ir import cells, logic
from eda.ir.aig import TRUE, Aig, AigBuilder
from eda.ir.builder import Builder
from eda.ir.cells import CellType, State
from eda.ir.circuit import refuse_black_boxes, shows_inputs
from eda.ir.hypergraph import Hypergraph
from eda.ir.logic import Expr
from eda.ir.netlist import FIRST_INPUT_NET, Netlist

if TYPE_CHECKING:
    import networkx
    import torch


# --- netlist to AIG -----------------------------------------------------------------------------------------------------------


def to_aig(netlist: Netlist, *, registers: str = "latch") -> Aig:
    """The AIG of a netlist: inputs and outputs are the bits of its ports, in port order, least significant first.

    `registers` says what becomes of state cells, in the order of `Netlist.state_cells`, each named as `state_names` says:
      "latch"  flip-flops become AIGER latches that start at 0. They must share one clock edge and have no asynchronous
               clear or preset, or `UnsupportedError` names the cell.
      "cut"    each state bit becomes an input ``NAME.state`` after the ports', and what acts on it becomes outputs after
               the ports': ``NAME.next``, ``NAME.clock`` and, where the cell has them, ``NAME.clear`` and ``NAME.preset``.
    Raises `UsageError` for a black box, `UnsupportedError` for a clock gate, `InputError` for a combinational loop.
    """
    if registers not in ("latch", "cut"):
        raise UsageError(f"registers must be 'latch' or 'cut', got {registers!r}")
    refuse_black_boxes(netlist)
    inputs = [bit for p in netlist.inputs for bit in p.bit_names]
    outputs = [bit for p in netlist.outputs for bit in p.bit_names]
    names = state_names(netlist)
    cut = registers == "cut"
    builder = AigBuilder(netlist.name, [*inputs, *(f"{n}.state" for n in names if cut)], () if cut else names)
    states = builder.inputs[len(inputs) :] if cut else builder.latches
    literals = _literals(netlist, builder, builder.inputs[: len(inputs)], states)
    roots = [literals[net] for net in netlist.output_nets.tolist()]
    actions = [_actions(netlist, int(c), builder, literals, s) for c, s in zip(netlist.state_cells, states, strict=True)]
    if cut:
        pairs = [(f"{n}.{what}", a) for n, acts in zip(names, actions, strict=True) for what, a in acts.items()]
        return builder.build([*outputs, *(n for n, _ in pairs)], [*roots, *(a for _, a in pairs)])
    _check_latches(netlist, actions)
    return builder.build(outputs, roots, [a["next"] for a in actions])


def state_names(netlist: Netlist) -> list[str]:
    """A distinct name for the bit of each of `Netlist.state_cells`.

    It is the name of the net that shows the bit uninverted (a port's where the net has none of its own), else the cell's,
    with the cell's number behind it if the name is taken.
    """
    if not len(netlist.state_cells):
        return []
    label = {net: name for name, net in reversed(list(netlist.net_by_name.items()))}
    names: dict[str, None] = {}
    for cell in netlist.state_cells.tolist():
        kind = netlist.type_of(cell)
        assert kind.state is not None
        shown = [
            net
            for net, function in zip(netlist.outputs_of(cell), kind.functions, strict=True)
            if function == logic.var(kind.state.name) and net in label
        ]
        name = label[shown[0]] if shown else netlist.cell_label(cell)
        while name in names:
            name += f"_{cell}"
        names[name] = None
    return list(names)


@dataclass(frozen=True)
class _Template:
    """The AND nodes of one cell type, over literals of its own: constant, inputs, state, nodes."""

    ands: tuple[tuple[int, int], ...]
    outputs: tuple[int, ...]

    def literals(self, operands: Sequence[int], builder: AigBuilder) -> list[int]:
        """Literals of the outputs in `builder` for the literals of the inputs (and the state last)."""
        own = [0, *operands]
        and_ = builder.and_
        for a, b in self.ands:
            own.append(and_(own[a >> 1] ^ (a & 1), own[b >> 1] ^ (b & 1)))
        return [own[o >> 1] ^ (o & 1) for o in self.outputs]


@cache
def _template(functions: tuple[Expr, ...], names: tuple[str, ...]) -> _Template:
    builder = AigBuilder("cell", names)
    known = dict(zip(names, builder.inputs, strict=True))
    aig = builder.build([str(k) for k in range(len(functions))], [_literal(f, known, builder) for f in functions])
    return _Template(tuple((a, b) for a, b in aig.fanin.tolist()), tuple(aig.outputs.tolist()))


def _literal(expr: Expr, known: Mapping[str, int], builder: AigBuilder) -> int:
    op = expr[0]
    if op == "var":
        return known[expr[1]]
    if op == "const":
        return int(expr[1])
    if op == "not":
        return _literal(expr[1], known, builder) ^ TRUE
    left, right = _literal(expr[1], known, builder), _literal(expr[2], known, builder)
    gate = {"and": builder.and_, "or": builder.or_, "xor": builder.xor}[op]
    return gate(left, right)


def _literals(netlist: Netlist, builder: AigBuilder, inputs: Sequence[int], states: Sequence[int]) -> list[int]:
    """Literal of every net."""
    literals = [0, 1, *inputs, *[0] * (netlist.n_nets - netlist.first_cell_net)]
    for cell, state in zip(netlist.state_cells.tolist(), states, strict=True):
        kind = netlist.type_of(cell)
        if shows_inputs(kind):
            raise UnsupportedError(f"netlist {netlist.name}: the clock gate {netlist.cell_label(cell)} has no place in an AIG")
        assert kind.state is not None
        outputs = netlist.outputs_of(cell)
        literals[outputs.start : outputs.stop] = _template(_known(kind), (kind.state.name,)).literals([state], builder)
    start = netlist.fanin_start
    for kind, group in netlist.groups:
        template = _template(_known(kind), kind.inputs)
        pins = netlist.fanin[start[group][:, None] + np.arange(len(kind.inputs))].tolist()
        for first, row in zip(netlist.output_start[group].tolist(), pins, strict=True):
            literals[first : first + len(kind.outputs)] = template.literals([literals[net] for net in row], builder)
    return literals


def _known(kind: CellType) -> tuple[Expr, ...]:
    return tuple(f for f in kind.functions if f is not None)


def _actions(netlist: Netlist, cell: int, builder: AigBuilder, literals: Sequence[int], own: int) -> dict[str, int]:
    """Literals of the functions that act on a state bit; a latch that is closed keeps its bit by its enable, ``clock``."""
    kind = netlist.type_of(cell)
    state = kind.state
    assert state is not None
    functions = {"next": state.next_state, "clock": state.clock, **_forces(state)}
    template = _template(tuple(functions.values()), (*kind.inputs, state.name))
    operands = [*(literals[net] for net in netlist.fanin_of(cell).tolist()), own]
    return dict(zip(functions, template.literals(operands, builder), strict=True))


def _forces(state: State) -> dict[str, Expr]:
    pairs = {"clear": state.clear, "preset": state.preset}
    return {name: e for name, e in pairs.items() if e is not None}


def _check_latches(netlist: Netlist, actions: Sequence[Mapping[str, int]]) -> None:
    for cell, found in zip(netlist.state_cells.tolist(), actions, strict=True):
        state = netlist.type_of(cell).state
        assert state is not None
        reason = None
        if state.kind == "latch":
            reason = "is level-sensitive"
        elif _forces(state):
            reason = "has an asynchronous clear or preset"
        elif found["clock"] != actions[0]["clock"]:
            reason = f"has another clock edge than {netlist.cell_label(int(netlist.state_cells[0]))}"
        if reason:
            raise UnsupportedError(
                f"netlist {netlist.name}: {netlist.cell_label(cell)} {reason}, which a latch of AIGER cannot express"
            )


# --- AIG to netlist -----------------------------------------------------------------------------------------------------------


_BIT = re.compile(r"(.+)\[(\d{1,9})\]")


def from_aig(aig: Aig, *, name: str | None = None) -> Netlist:
    """A netlist of `$and2` and `$not` gates; `name` replaces the graph's.

    Neighbouring inputs or outputs ``a[0] a[1] ...`` become a vector port. Latches become `$dff_p` on an added input
    ``clk`` (numbered if taken), their outputs named after them; a latch that resets to 1 has no such flip-flop and
    raises `UnsupportedError`.
    """
    b = Builder(name or aig.name)
    literals = [0, 1]
    for port, bounds, _ in _ports(aig.input_names):
        for net in b.input(port, bounds):
            literals += [net, -1]
    latches = [b.forward() for _ in range(aig.n_latches)]
    for net in latches:
        literals += [net, -1]

    def net_of(literal: int) -> int:
        if literals[literal] < 0:
            literals[literal] = b.not_(literals[literal ^ 1])
        return literals[literal]

    for x, y in aig.fanin.tolist():
        literals += [b.and_(net_of(x), net_of(y)), -1]
    _add_flip_flops(b, aig, latches, [net_of(v) for v in aig.next_state.tolist()])
    outputs = [net_of(v) for v in aig.outputs.tolist()]
    for port, bounds, at in _ports(aig.output_names):
        b.output(port, outputs[at.start] if bounds is None else outputs[at.start : at.stop], bounds)
    return b.build()


def _add_flip_flops(b: Builder, aig: Aig, latches: Sequence[int], data: Sequence[int]) -> None:
    if not latches:
        return
    taken = {port for port, _, _ in [*_ports(aig.input_names), *_ports(aig.output_names)]}
    clock_name = next(n for n in ("clk", *(f"clk_{i}" for i in range(len(taken) + 1))) if n not in taken)
    (clock,) = b.input(clock_name)
    for name, reset, net, d in zip(aig.latch_names, aig.reset.tolist(), latches, data, strict=True):
        if reset == 1:
            raise UnsupportedError(f"AIG {aig.name}: the latch {name} resets to 1, which a netlist cannot express")
        (q,) = b.cell(cells.flip_flop(), (clock, d))
        b.name_net(q, name)
        b.connect(net, q)


def _ports(names: Sequence[str]) -> list[tuple[str, tuple[int, int] | None, range]]:
    """Ports that bits of these names make up: ``(name, (left, right) or None, positions)``."""
    ports: list[tuple[str, list[int], int]] = []
    for at, name in enumerate(names):
        m = _BIT.fullmatch(name)
        if m is None:
            ports.append((name, [], at))
        elif ports and ports[-1][0] == m[1] and _continues(ports[-1][1], int(m[2])):
            ports[-1][1].append(int(m[2]))
        else:
            ports.append((m[1], [int(m[2])], at))
    return [
        (name, (indices[-1], indices[0]) if indices else None, range(at, at + max(1, len(indices))))
        for name, indices, at in ports
    ]


def _continues(indices: Sequence[int], index: int) -> bool:
    step = index - indices[-1] if indices else 0
    return abs(step) == 1 and (len(indices) < 2 or step == indices[1] - indices[0])


# --- netlist to other graphs ------------------------------------------------------------------------------------------


def to_networkx(netlist: Netlist) -> networkx.MultiDiGraph[Any]:
    """A directed multigraph with one edge per input pin and output-port bit.

    Nodes: ``("constant", 0 | 1)``, ``("input", bit name)``, ``("cell", index)`` with the attributes `type` and `name`,
    ``("output", bit name)``. Edges carry `net` (its number), `source_pin` and `sink_pin` (None at ports and constants).
    """
    import networkx

    graph = networkx.MultiDiGraph(name=netlist.name)
    source: list[tuple[Any, str | None]] = [(("constant", 0), None), (("constant", 1), None)]
    source += [(("input", bit), None) for p in netlist.inputs for bit in p.bit_names]
    graph.add_nodes_from(node for node, _ in source)
    for c in range(netlist.n_cells):
        kind = netlist.type_of(c)
        graph.add_node(("cell", c), type=kind.name, name=netlist.cell_label(c))
        source += [(("cell", c), pin) for pin in kind.outputs]
    for c in range(netlist.n_cells):
        for net, pin in zip(netlist.fanin_of(c).tolist(), netlist.type_of(c).inputs, strict=True):
            graph.add_edge(source[net][0], ("cell", c), net=net, source_pin=source[net][1], sink_pin=pin)
    for port in netlist.outputs:
        for net, bit in zip(port.nets, port.bit_names, strict=True):
            graph.add_edge(source[net][0], ("output", bit), net=net, source_pin=source[net][1], sink_pin=None)
    return graph


def to_torch(netlist: Netlist) -> dict[str, torch.Tensor]:
    """Index tensors (int64) of a netlist with C cells, I input pins and E of them driven by cells.

    cell_type [C]  index into ``netlist.types``    level [C]  see `Netlist.level`
    fanin [I], fanin_start [C+1]   nets of the input pins, by cell
    driver [N]     cell that drives each net, -1 for constants and inputs
    edge_index [2, E]  driving cell and reading cell    edge_pin [E]  pin within the reading cell
    output_nets    nets of the output ports' bits
    """
    import torch

    source = netlist.driver[netlist.fanin]
    driven = source >= 0
    pin = np.arange(len(netlist.fanin)) - netlist.fanin_start[netlist.pin_cell]
    arrays = {
        "cell_type": netlist.cell_type,
        "level": netlist.level,
        "fanin": netlist.fanin,
        "fanin_start": netlist.fanin_start,
        "driver": netlist.driver,
        "edge_index": np.stack([source[driven], netlist.pin_cell[driven]]),
        "edge_pin": pin[driven],
        "output_nets": netlist.output_nets,
    }
    return {name: torch.from_numpy(array.astype(np.int64)) for name, array in arrays.items()}


def to_hypergraph(netlist: Netlist, weights: npt.ArrayLike | None = None) -> Hypergraph:
    """Cells as nodes and every net that some cell reads as a hyperedge: its driver first, then each reading cell once.

    Nets of input ports have the source -1. `weights` is ``[C, R]`` resources of the cells (default: 1 each). Constants
    belong to no net; output ports are no pins.
    """
    width = netlist.n_cells + 1  # pins sort by (net, 0 for the driver or 1 + reading cell)
    driver, net, cell = netlist.driver.astype(np.int64), netlist.fanin.astype(np.int64), netlist.pin_cell
    nets = np.unique(net[net >= FIRST_INPUT_NET])
    reads = (net * width + 1 + cell)[(net >= FIRST_INPUT_NET) & (driver[net] != cell)]
    keys = np.unique(np.concatenate([reads, nets[driver[nets] >= 0] * width]))
    of_net, place = np.divmod(keys, width)
    return Hypergraph(
        net_start=np.searchsorted(of_net, np.append(nets, netlist.n_nets)),
        pins=np.where(place == 0, driver[of_net], place - 1),
        source=driver[nets],
        node_weights=np.ones((netlist.n_cells, 1), dtype=np.int64) if weights is None else np.asarray(weights),
        net_weights=np.ones(len(nets), dtype=np.int64),
        node_names=tuple(map(netlist.cell_label, range(netlist.n_cells))),
        net_names=tuple(map(netlist.net_label, nets.tolist())),
    )

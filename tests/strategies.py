"""Hypothesis strategies for circuits, shared by the tests of all rooms."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.circuit import shows_inputs
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port

GATES = [cells.gate(op, arity) for op in ("and", "or", "xor", "nand", "nor", "xnor") for arity in (2, 3, 5)]
COMBINATIONAL = [cells.BUF, cells.NOT, cells.MUX, cells.HALF_ADDER, cells.FULL_ADDER, *GATES]
FLIP_FLOPS = [
    cells.flip_flop(falling=falling, reset=reset, reset_value=value)
    for falling in (False, True)
    for reset, value in (("", 0), ("high", 0), ("high", 1), ("low", 0), ("low", 1))
]
LATCHES = [cells.latch(), cells.latch(low=True)]

# Plain identifiers first, so that failing cases shrink to them; then names that a Verilog writer must escape or avoid.
PLAIN_NAMES = [f"{letter}{i}" for letter in "nuvw" for i in range(8)]
ODD_NAMES = ["wire", "module", "a.b", "u1/q", "u1/q[2]", "1st", "$x", "x$y", "_n3_", "_c0_", "end", "h[7]", "a-b", "N", "~z"]


@st.composite
def netlists(
    draw: st.DrawFn,
    *,
    types: Sequence[CellType] = (),
    generic: bool = True,
    registers: bool = True,
    latches: bool = False,
    max_cells: int = 12,
) -> Netlist:
    """A small netlist: scalar and vector ports of any range, constants and inputs on outputs, odd names, aliases.

    Cells are of the given `types` and, if `generic`, of all generic kinds; state cells (also of `types`) only if
    `registers`, generic latches only if `latches`. All clocks and latch enables are the input ``clk``. Registers feed
    back; cells need not be in topological order nor reach an output.
    """
    pool = [t for t in types if registers or t.state is None]
    pool += [*COMBINATIONAL, *(FLIP_FLOPS if registers else []), *(LATCHES if latches else [])] if generic else []
    chosen = draw(st.lists(st.sampled_from(pool), max_size=max_cells))
    names = iter(draw(st.lists(st.sampled_from(PLAIN_NAMES + ODD_NAMES), unique=True, min_size=40)))
    inputs = _input_ports(draw, any(t.state is not None for t in chosen))
    first = FIRST_INPUT_NET + sum(p.width for p in inputs)
    fanin, n_nets = _connect(draw, chosen, first, clock=FIRST_INPUT_NET)
    outputs = _output_ports(draw, n_nets)
    index = {t: i for i, t in enumerate(dict.fromkeys(chosen))}
    cell_nets = n_nets - first
    plain = Netlist(
        name=draw(st.sampled_from(["top", "module", "a.b"])),
        ports=tuple(draw(st.permutations(outputs)) + inputs) if draw(st.booleans()) else (*inputs, *outputs),
        types=tuple(index),
        cell_type=np.array([index[t] for t in chosen], dtype=np.int32),
        fanin_start=np.cumsum([0, *(len(t.inputs) for t in chosen)]),
        fanin=np.array([net for pins in fanin for net in pins], dtype=np.int32),
        net_names=(None, None, *(b for p in inputs for b in p.bit_names), *_some_names(draw, names, cell_nets)),
        cell_names=tuple(_some_names(draw, names, len(chosen))),
        aliases=dict(zip(names, draw(st.lists(st.integers(0, n_nets - 1), max_size=2)), strict=False)),
    )
    return reorder(plain, draw(st.permutations(range(len(chosen))))) if draw(st.booleans()) else plain


def reorder(netlist: Netlist, order: Sequence[int]) -> Netlist:
    """The same circuit with its cells in the given order: cell ``order[i]`` becomes cell i."""
    to = np.arange(netlist.n_nets)
    moved = [net for c in order for net in netlist.outputs_of(c)]
    to[moved] = np.arange(netlist.first_cell_net, netlist.n_nets)
    names = list(netlist.net_names)
    for old, new in enumerate(to.tolist()):
        names[new] = netlist.net_names[old]
    pins = [netlist.fanin_of(c) for c in order]
    return Netlist(
        name=netlist.name,
        ports=tuple(Port(p.name, p.direction, tuple(to[list(p.nets)].tolist()), p.left, p.right) for p in netlist.ports),
        types=netlist.types,
        cell_type=netlist.cell_type[list(order)],
        fanin_start=np.cumsum([0, *map(len, pins)]),
        fanin=to[np.concatenate([*pins, np.zeros(0, np.int32)])],
        net_names=tuple(names),
        cell_names=tuple(netlist.cell_names[c] for c in order),
        aliases={name: int(to[net]) for name, net in netlist.aliases.items()},
    )


def _input_ports(draw: st.DrawFn, clocked: bool) -> list[Port]:
    shapes = [("clk", None)] if clocked else []
    shapes += [(f"i{k}", r) for k, r in enumerate(draw(st.lists(_ranges(), max_size=3)))]
    ports, at = [], FIRST_INPUT_NET
    for name, bounds in shapes:
        ports.append(_port(name, "input", range(at, at + _width(bounds)), bounds))
        at += ports[-1].width
    return ports


def _output_ports(draw: st.DrawFn, n_nets: int) -> list[Port]:
    ports = []
    for k, bounds in enumerate(draw(st.lists(_ranges(), min_size=1, max_size=3))):
        width = _width(bounds)
        nets = draw(st.lists(st.integers(0, n_nets - 1), min_size=width, max_size=width))
        ports.append(_port(f"o{k}" if k else "y", "output", nets, bounds))
    return ports


def _ranges() -> st.SearchStrategy[tuple[int, int] | None]:
    """None for a scalar, else ``(left, right)``: ``[3:0]``, ``[0:2]``, ``[9:7]``, ``[5:5]`` ..."""
    bounds = st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda t: (t[0] + t[1], t[0]))
    return st.none() | st.integers(0, 4).map(lambda left: (left, 0)) | bounds | bounds.map(lambda t: (t[1], t[0]))


def _width(bounds: tuple[int, int] | None) -> int:
    return 1 if bounds is None else abs(bounds[0] - bounds[1]) + 1


def _port(name: str, direction: str, nets: Sequence[int], bounds: tuple[int, int] | None) -> Port:
    return Port(name, direction, tuple(nets), *(bounds or (None, None)))


def _connect(draw: st.DrawFn, chosen: Sequence[CellType], first: int, clock: int) -> tuple[list[list[int]], int]:
    """Fan-in of each cell, without combinational loops, and the number of nets."""
    starts = np.cumsum([first, *(len(t.outputs) for t in chosen)]).tolist()
    early = list(range(first))
    for kind, start in zip(chosen, starts, strict=False):
        early += range(start, start + len(kind.outputs)) if _begins_paths(kind) else ()
    fanin = []
    for kind, start in zip(chosen, starts, strict=False):
        source = st.integers(0, starts[-1] - 1) if _begins_paths(kind) else st.sampled_from(early)
        pins = [draw(source) for _ in kind.inputs]
        if kind.state is not None:
            pins[kind.inputs.index(kind.state.clock_pin)] = clock
        if not _begins_paths(kind):
            early += range(start, start + len(kind.outputs))
        fanin.append(pins)
    return fanin, starts[-1]


def _begins_paths(kind: CellType) -> bool:
    """True where no output follows an input directly, so that feedback is harmless."""
    return not kind.is_combinational and not shows_inputs(kind)


def _some_names(draw: st.DrawFn, names, count: int) -> list[str | None]:
    public = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return [next(names, None) if flag else None for flag in public]

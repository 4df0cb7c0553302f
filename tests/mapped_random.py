"""Random netlists of library cells, to time cells and arcs that synthesis never uses."""

from __future__ import annotations

import numpy as np

from eda.ir.builder import Builder
from eda.ir.netlist import Netlist
from eda.tech.library import ArcKind, LibCell, Library


def random_netlist(
    library: Library, cells: int, seed: int, *, registers: bool = True, constants: bool = True, inputs: int = 10
) -> Netlist:
    """A netlist that draws from every cell of known function but latches, clock gates and three-state drivers.

    With `registers`, a fifth of the cells are flip-flops on the input ``clk``, some of them behind an inverter. With
    `constants`, some pins are tied, by constants and by tie cells; not those of scan flip-flops, whose checks OpenSTA
    leaves out when the scan enable is tied.
    """
    rng = np.random.default_rng(seed)
    pool = [c for c in library.cells if _is_drawn(library, c)]
    flops = [c for c in pool if c.type.state is not None] if registers else []
    gates = [c for c in pool if c.type.state is None and c.type.inputs]
    b = Builder(f"random_{seed}")
    nets = [b.input(f"i{k}")[0] for k in range(inputs)]
    clocks = _clocks(b, gates) if flops else []
    tied = [0, 1, *(net for c in pool if not c.type.inputs for net in b.cell(c.type, []))]
    used: set[int] = set()
    for _ in range(cells):
        is_flop = bool(flops) and rng.random() < 0.2
        kind = _draw(rng, flops if is_flop else gates).type
        fanin = [int(nets[max(0, len(nets) - 1 - int(rng.exponential(12)))]) for _ in kind.inputs]
        if constants and not is_flop:
            fanin = [int(_draw(rng, tied)) if rng.random() < 0.04 else net for net in fanin]
        if kind.state is not None:
            fanin[kind.inputs.index(kind.state.clock_pin)] = clocks[0] if rng.random() < 0.7 else clocks[1]
        used.update(fanin)
        nets += b.cell(kind, fanin)
    for k, net in enumerate(net for net in nets if net not in used):
        b.output(f"o{k}", net)
    return b.build(sweep=False)


def _draw(rng: np.random.Generator, pool: list):
    return pool[int(rng.integers(len(pool)))]


def _is_drawn(library: Library, cell: LibCell) -> bool:
    kind = cell.type
    kinds = {int(k) for k in library.arcs.kind[list(cell.arcs)]}
    if not kind.outputs or None in kind.functions or int(ArcKind.THREE_STATE) in kinds:
        return False
    return kind.state.kind == "ff" if kind.state is not None else not cell.clock_pins


def _clocks(b: Builder, gates: list[LibCell]) -> list[int]:
    """The clock input and its inverse."""
    (clk,) = b.input("clk")
    inverter = min((c for c in gates if len(c.type.inputs) == 1 and c.type.functions[0][0] == "not"), key=lambda c: c.area)
    return [clk, *b.cell(inverter.type, [clk])]

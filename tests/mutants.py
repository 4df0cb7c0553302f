"""Netlists with one small mistake: a cell of another function, or two wires exchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eda.errors import InputError
from eda.ir import cells, logic
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist

GATES = [cells.gate(op) for op in ("and", "or", "xor", "nand", "nor", "xnor")]


def mutant(netlist: Netlist, rng: np.random.Generator) -> tuple[str, Netlist]:
    """A mutant and what was done to it; half of them have another gate, half two wires exchanged."""
    return other_gate(netlist, rng) if rng.integers(2) else swapped_wires(netlist, rng)


def other_gate(netlist: Netlist, rng: np.random.Generator) -> tuple[str, Netlist]:
    """One cell computes something else on one of its outputs."""
    c = int(rng.integers(netlist.n_cells))
    kind = netlist.type_of(c)
    wrong = _gate_instead(kind, rng) if kind in GATES else _wrong_output(kind, rng)
    types = netlist.types if wrong in netlist.types else (*netlist.types, wrong)
    cell_type = netlist.cell_type.copy()
    cell_type[c] = types.index(wrong)
    return f"cell {c}: {kind.name} becomes {wrong.name}", replace(netlist, types=types, cell_type=cell_type)


def _gate_instead(kind: CellType, rng: np.random.Generator) -> CellType:
    others = [g for g in GATES if g != kind]
    return others[int(rng.integers(len(others)))]


def _wrong_output(kind: CellType, rng: np.random.Generator) -> CellType:
    """`kind` with one output inverted, or equal to an input, or an AND or an OR of two inputs."""
    k = int(rng.integers(len(kind.outputs)))
    choices = [logic.lnot(kind.functions[k])]
    if kind.inputs:
        x, y = (logic.var(kind.inputs[int(i)]) for i in rng.integers(len(kind.inputs), size=2))
        choices += [x, logic.land(x, y), logic.lor(x, y)]
    choice = int(rng.integers(len(choices)))
    functions = [*kind.functions[:k], choices[choice], *kind.functions[k + 1 :]]
    return CellType(f"{kind.name}_wrong_{kind.outputs[k]}{choice}", kind.inputs, kind.outputs, tuple(functions))


def swapped_wires(netlist: Netlist, rng: np.random.Generator) -> tuple[str, Netlist]:
    """The nets of two input pins exchanged, so that no loop appears; the netlist itself where that is not found."""
    for _ in range(100):
        p, q = (int(i) for i in rng.integers(len(netlist.fanin), size=2))
        if netlist.fanin[p] == netlist.fanin[q]:
            continue
        fanin = netlist.fanin.copy()
        fanin[[p, q]] = fanin[[q, p]]
        swapped = replace(netlist, fanin=fanin)
        try:
            assert swapped.depth >= 0
        except InputError:  # a combinational loop
            continue
        return f"pins {p} and {q} exchanged", swapped
    return "nothing", netlist


def evaluated(netlist: Netlist, inputs: dict[str, int]) -> dict[str, int]:
    """Output numbers for one input vector, cell by cell."""
    value = {0: 0, 1: 1}
    for port in netlist.inputs:
        value.update((net, inputs[port.name] >> i & 1) for i, net in enumerate(port.nets))
    for kind, group in netlist.groups:
        for c in group.tolist():
            pins = {p: value[net] for p, net in zip(kind.inputs, netlist.fanin_of(c).tolist(), strict=True)}
            for net, function in zip(netlist.outputs_of(c), kind.functions, strict=True):
                value[net] = logic.evaluate(function, pins, 1)
    return {p.name: sum(value[net] << i for i, net in enumerate(p.nets)) for p in netlist.outputs}


def brute_force_equal(a: Netlist, b: Netlist) -> bool:
    """Equality by evaluating every cell as Python integers over all inputs: slow, and shares no code with the product."""
    return _all_outputs(a) == _all_outputs(b)


def _all_outputs(netlist: Netlist) -> dict[str, list[int]]:
    n = netlist.n_input_bits
    ones = (1 << (1 << n)) - 1
    value = {0: 0, 1: ones}
    for i in range(n):
        value[2 + i] = logic.input_pattern(i, n)
    for kind, group in netlist.groups:
        for c in group.tolist():
            pins = {p: value[net] for p, net in zip(kind.inputs, netlist.fanin_of(c).tolist(), strict=True)}
            for net, function in zip(netlist.outputs_of(c), kind.functions, strict=True):
                value[net] = logic.evaluate(function, pins, ones)
    return {p.name: [value[net] for net in p.nets] for p in netlist.outputs}

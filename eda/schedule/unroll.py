"""Proof that an emitted datapath computes its unscheduled function.

Both modules are read through Yosys and laid out in time, with new inputs in every cycle, ``in_valid`` and ``out_ready`` true.
Where iterations do not read each other, one iteration is followed from phase 0 with all registers that no reset clears in an
arbitrary state: every iteration starts so, hence the proof holds for all. Where they do, it covers the first iterations after
a reset.
That nothing changes while the datapath holds is shown for every register by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eda.errors import ProofError
from eda.ir.builder import Builder
from eda.ir.logic import Expr
from eda.ir.netlist import Netlist
from eda.proof.check import Verdict, check
from eda.schedule.emit import Emitted
from eda.tech.tools import run_yosys, scratch
from eda.verilog.rtl import FINISH, OUT, finished, stage

Values = dict[int, int]
"""Nets of the builder by nets of a netlist."""


@dataclass(frozen=True)
class Proof:
    """The verdict, the iterations that it covers (None: all), and register bits of the datapath before optimization."""

    verdict: Verdict
    iterations: int | None
    registers: int


# The values of operations are made outputs, so that operations are neither merged nor reshaped across each other: the proof
# then compares like with like.
_ELABORATE = """proc
flatten
expose w:v[0123456789]* w:u[0123456789]*
opt_expr
opt_clean
alumacc
techmap
opt_expr
opt_clean
"""


def netlists(emitted: Emitted, time_limit: float = 300.0) -> tuple[Netlist, Netlist]:
    """The datapath and the unscheduled function as generic gates, through Yosys; values of operations are outputs too."""
    texts = ((emitted.name, emitted.text), (emitted.reference_name, emitted.reference))
    first, second = (_elaborated(name, text, time_limit) for name, text in texts)
    return first, second


def _elaborated(name: str, text: str, time_limit: float) -> Netlist:
    with scratch() as folder:
        path = folder / f"{name}.sv"
        path.write_text(text)
        staged = stage(folder, path, name)
        script = "".join((*staged.commands, _ELABORATE, FINISH))
        return finished(folder, run_yosys(script, cwd=folder, timeout=time_limit, expect=[OUT]).output, staged)


def prove(emitted: Emitted, *, iterations: int = 4, time_limit: float = 60.0, seed: int = 1) -> Proof:
    """Prove that results equal those of the unscheduled function, or show inputs for which they do not.

    `iterations` is how many are followed after a reset where iterations read each other. Raises `ProofError` if a register
    may change while a result waits, `ToolNotFound` without Yosys.
    """
    design, reference = netlists(emitted)
    recurrent = emitted.path.recurrent
    count = iterations if recurrent else 1
    _check_holds(design)
    left = _unrolled(design, emitted, count, scheduled=True)
    right = _unrolled(reference, emitted, count, scheduled=False)
    verdict = check(left, right, time_limit=time_limit, seed=seed)
    what = f"the first {count} iterations after a reset" if recurrent else "every iteration, from any state of the data"
    detail = ", ".join(filter(None, (what, verdict.detail)))
    return Proof(replace(verdict, detail=detail), count if recurrent else None, len(design.state_cells))


def _unrolled(netlist: Netlist, emitted: Emitted, count: int, *, scheduled: bool) -> Netlist:
    """`count` iterations as a combinational netlist: outputs ``name_<iteration>`` and, constantly 1, ``came_<iteration>``."""
    path = emitted.path
    interval, end = (path.interval, path.end) if scheduled else (1, 0)
    cycles = (count - 1) * path.interval + path.end + 1
    b = Builder("unrolled")
    inputs = [{name: b.input(f"{name}_{c}", width) for name, width in emitted.inputs} for c in range(cycles)]
    free = b.input("state", path.registers["total"])
    state = [0 if cleared else free[k] for k, cleared in enumerate(_after_reset(netlist))]
    for c in range((count - 1) * interval + end + 1):
        given = inputs[c if scheduled else c * path.interval]
        values = _cycle(b, netlist, state, {**given, **_one("in_valid", "out_ready", "step")})
        iteration, late = divmod(c - end, interval)
        if iteration >= 0 and not late:
            for name, width in emitted.outputs:
                b.output(f"{name}_{iteration}", [values[n] for n in netlist.port(name).nets], (width - 1, 0))
            b.output(f"came_{iteration}", values[netlist.port("out_valid").nets[0]] if scheduled else 1)
        state = _next(b, netlist, values)
    return b.build()


def _one(*names: str) -> dict[str, list[int]]:
    return {name: [1] for name in names}


def _after_reset(netlist: Netlist) -> list[bool]:
    """Of each register, whether a cycle with ``rst`` clears it, whatever it was."""
    b = Builder("reset")
    state = [b.input(f"state_{k}")[0] for k in range(len(netlist.state_cells))]
    given = {p.name: b.input(p.name, p.width) for p in netlist.inputs if p.name != "rst"}
    return [net == 0 for net in _next(b, netlist, _cycle(b, netlist, state, {**given, "rst": [1]}))]


def _cycle(b: Builder, netlist: Netlist, state: Sequence[int], given: Mapping[str, Sequence[int]]) -> Values:
    """Values of all nets in one cycle; inputs that are not given are 0."""
    values: Values = {0: 0, 1: 1}
    for port in netlist.inputs:
        values.update(zip(port.nets, given.get(port.name, [0] * port.width), strict=True))
    for cell, net in zip(netlist.state_cells.tolist(), state, strict=True):
        kind = netlist.type_of(cell)
        assert kind.state is not None
        for out, function in zip(netlist.outputs_of(cell), kind.functions, strict=True):
            values[out] = _build(b, function or (), {kind.state.name: net})
    for kind, cells in netlist.groups:
        if kind.state is None:
            for cell in cells.tolist():
                pins = dict(zip(kind.inputs, (values[n] for n in netlist.fanin_of(cell).tolist()), strict=True))
                for out, function in zip(netlist.outputs_of(cell), kind.functions, strict=True):
                    values[out] = _build(b, function or (), pins)
    return values


def _next(b: Builder, netlist: Netlist, values: Values) -> list[int]:
    out = []
    for cell in netlist.state_cells.tolist():
        kind = netlist.type_of(cell)
        if kind.state is None or kind.state.kind != "ff" or kind.state.clear or kind.state.preset:
            raise ProofError(f"{netlist.cell_label(cell)} is no plain flip-flop")
        pins = dict(zip(kind.inputs, (values[n] for n in netlist.fanin_of(cell).tolist()), strict=True))
        pins[kind.state.name] = values[int(netlist.output_start[cell])]
        out.append(_build(b, kind.state.next_state, pins))
    return out


def _build(b: Builder, expr: Expr, pins: Mapping[str, int]) -> int:
    operator, *args = expr
    if operator == "const":
        return int(args[0])
    if operator == "var":
        return pins[args[0]]
    gates: dict[str, Any] = {"not": b.not_, "and": b.and_, "or": b.or_, "xor": b.xor}
    return int(gates[operator](*(_build(b, e, pins) for e in args)))


def _check_holds(netlist: Netlist) -> None:
    """Raise `ProofError` if a register can change while ``out_valid`` is true and ``out_ready`` is not."""
    b = Builder("held")
    cells = netlist.state_cells.tolist()
    state = b.input("state", max(1, len(cells)))[: len(cells)]
    given = {p.name: b.input(p.name, p.width) for p in netlist.inputs if p.name not in ("clk", "rst", "out_ready")}
    values = _cycle(b, netlist, state, {**given, "out_ready": [0]})
    valid = values[netlist.port("out_valid").nets[0]]
    after = _next(b, netlist, values)
    changes = [b.and_(valid, b.xor(old, new)) for old, new in zip(state, after, strict=True)]
    b.output("changes", changes or [0])
    left = b.build()
    none = Builder("held")
    none.input("state", max(1, len(cells)))
    for port in netlist.inputs:
        if port.name in given:
            none.input(port.name, port.width)
    none.output("changes", [0] * max(1, len(changes)))
    verdict = check(left, none.build(), time_limit=20.0)
    if verdict.status == "different":
        raise ProofError(f"{netlist.name}: a register changes while a result waits: {verdict}")

"""Proof that an emitted datapath computes its unscheduled function.

Both modules are read through Yosys and laid out in time, with new inputs in every cycle, ``in_valid`` and ``out_ready`` true.
Where iterations do not read each other, one iteration is followed from phase 0 with all registers that no reset clears in an
arbitrary state: every iteration starts so, hence the proof holds for all. Where they do, it goes by induction:

  base    the first iterations after a reset, until the pipeline is full: results, and values that later iterations read
  step    from a full pipeline with arbitrary data, the same of the first iteration all of whose past values are computed on
          the way: the function must give them from its inputs and those past values

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
from eda.schedule.datapath import Datapath
from eda.schedule.emit import Emitted, past_values
from eda.tech.tools import run_yosys, scratch
from eda.verilog.rtl import FINISH, OUT, finished, stage

Values = dict[int, int]
"""Nets of the builder by nets of a netlist."""


@dataclass(frozen=True)
class Proof:
    """The verdict on all iterations, and register bits of the datapath before optimization."""

    verdict: Verdict
    registers: int


# The values of operations are made outputs, so that operations are neither merged nor reshaped across each other: the proof
# then compares like with like.
_ELABORATE = """proc
flatten
expose w:v[0123456789]* w:u[0123456789]* w:phase w:valid_q
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


def prove(emitted: Emitted, *, time_limit: float = 60.0, seed: int = 1) -> Proof:
    """Prove that results equal those of the unscheduled function, or show inputs for which they do not.

    A step of the induction that fails speaks of data that need not be reachable: the verdict is then unknown.
    `time_limit` is in seconds. Raises `ProofError` if a register may change while the datapath holds, `ToolNotFound` without
    Yosys.
    """
    design, reference = netlists(emitted)
    _check_holds(design, emitted)
    if not emitted.path.recurrent:
        verdict = check(*_from_reset(design, reference, emitted, 1), time_limit=time_limit, seed=seed)
        return Proof(_about(verdict, "every iteration, from any state of the data"), len(design.state_cells))
    count = _depth(emitted.path) + -(-emitted.path.end // emitted.path.interval) + 1
    verdict = check(*_from_reset(design, reference, emitted, count), time_limit=time_limit / 2, seed=seed)
    if verdict.status == "proven":
        step = check(*_step(design, reference, emitted), time_limit=time_limit / 2, seed=seed)
        proven = step.status == "proven"
        verdict = step if proven else replace(step, status="unknown", counterexample=None)
    what = f"{count} iterations after a reset, and all others by induction"
    return Proof(_about(verdict, what), len(design.state_cells))


def _about(verdict: Verdict, what: str) -> Verdict:
    return replace(verdict, detail=", ".join(filter(None, (what, verdict.detail))))


def _from_reset(design: Netlist, reference: Netlist, emitted: Emitted, count: int) -> tuple[Netlist, Netlist]:
    """`count` iterations after a reset of both modules, as combinational netlists with equal ports."""
    path, sides = emitted.path, []
    for scheduled in (True, False):
        netlist = design if scheduled else reference
        b, inputs = _builder(emitted, (count - 1) * path.interval + path.end + 1)
        free = b.input("state", path.registers["total"])
        state = [0 if cleared else free[k] for k, cleared in enumerate(_after_reset(netlist))]
        given = inputs if scheduled else inputs[:: path.interval]
        trace = _trace(b, netlist, state, given)
        for j in range(count):
            _outputs(b, netlist, trace, emitted, j, scheduled=scheduled)
        sides.append(b.build())
    return sides[0], sides[1]


def _step(design: Netlist, reference: Netlist, emitted: Emitted) -> tuple[Netlist, Netlist]:
    """One iteration of a full pipeline, and the function of its inputs and of the past values computed on the way."""
    path, sides = emitted.path, []
    j, full = _depth(path), -(-path.end // path.interval) * path.interval
    for scheduled in (True, False):
        b, inputs = _builder(emitted, j * path.interval + path.end + 1)
        free = b.input("state", path.registers["total"])
        control = _control_when(design, emitted, full)
        state = [control.get(k, free[k]) for k in range(len(design.state_cells))]
        trace = _trace(b, design, state, inputs)
        if scheduled:
            _outputs(b, design, trace, emitted, j, scheduled=True)
        else:
            past = _past(reference, design, trace, path, j)
            found = _trace(b, reference, past, inputs[j * path.interval :][:1])
            _outputs(b, reference, found * (j + 1), emitted, j, scheduled=False)
        sides.append(b.build())
    return sides[0], sides[1]


def _depth(path: Datapath) -> int:
    """The first iteration from phase 0 on of whose past values all become ready in cycle 0 or later."""
    ready = path.schedule.start + path.flow.latency
    return max(0, *(-((int(ready[u]) - k * path.interval) // path.interval) for u, k in past_values(path)))


def _past(reference: Netlist, design: Netlist, trace: Sequence[Values], path: Datapath, j: int) -> list[int]:
    """State of the function in iteration `j`: values of earlier iterations, as the datapath has computed them."""
    cell = {int(net): k for k, net in enumerate(reference.output_start[reference.state_cells].tolist())}
    state = [0] * len(cell)
    for u, far in past_values(path):
        for k in range(1, far + 1):
            cycle = (j - k) * path.interval + int(path.schedule.start[u] + path.flow.latency[u])
            nets = zip(reference.port(f"v{u}_h{k}").nets, design.port(f"v{u}").nets, strict=True)
            for there, here in nets:
                if cycle >= 0 and there in cell:
                    state[cell[there]] = trace[cycle][here]
    return state


def _control_when(design: Netlist, emitted: Emitted, cycles: int) -> dict[int, int]:
    """State of the phase counter and the valid bits so many cycles after a reset, by number of the register."""
    b, inputs = _builder(emitted, cycles + 1)
    trace = _trace(b, design, [0] * len(design.state_cells), inputs)
    number = {int(net): k for k, net in enumerate(design.output_start[design.state_cells].tolist())}
    names = {p.name for p in design.outputs}
    nets = [n for name in ("phase", "valid_q") if name in names for n in design.port(name).nets]
    return {number[n]: trace[cycles][n] for n in nets if n in number}


def _builder(emitted: Emitted, cycles: int) -> tuple[Builder, list[dict[str, list[int]]]]:
    """A builder with inputs ``name_<cycle>``, and these by cycle."""
    b = Builder("unrolled")
    return b, [{name: b.input(f"{name}_{c}", width) for name, width in emitted.inputs} for c in range(cycles)]


def _trace(b: Builder, netlist: Netlist, state: Sequence[int], inputs: Sequence[Mapping[str, Sequence[int]]]) -> list[Values]:
    """Values of all nets, cycle by cycle, while nothing makes the datapath hold."""
    trace = []
    for given in inputs:
        trace.append(_cycle(b, netlist, state, {**given, "in_valid": [1], "out_ready": [1], "step": [1]}))
        state = _next(b, netlist, trace[-1])
    return trace


def _outputs(b: Builder, netlist: Netlist, trace: Sequence[Values], emitted: Emitted, j: int, *, scheduled: bool) -> None:
    """Results of iteration `j`, that they come, and the values that later iterations read."""
    path = emitted.path
    first = j * path.interval if scheduled else j
    end = trace[first + path.end if scheduled else first]
    for name, width in emitted.outputs:
        b.output(f"{name}_{j}", [end[n] for n in netlist.port(name).nets], (width - 1, 0))
    b.output(f"came_{j}", end[netlist.port("out_valid").nets[0]] if scheduled else 1)
    for v in path.masked:
        ready = int(path.schedule.start[v] + path.flow.latency[v]) if scheduled else 0
        nets = netlist.port(f"v{v}").nets
        b.output(f"value_{v}_{j}", [trace[first + ready][n] for n in nets], (len(nets) - 1, 0))


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


def _check_holds(netlist: Netlist, emitted: Emitted) -> None:
    """Raise `ProofError` if a register can change while a result waits, or, with recurrences, in phase 0 without inputs."""
    _check_hold(netlist, "out_ready", "a result waits", netlist.port("out_valid").nets[0], {})
    if emitted.path.recurrent:
        names = {p.name for p in netlist.outputs}
        phase = netlist.port("phase").nets if "phase" in names else ()
        _check_hold(netlist, "in_valid", "inputs are missing", 1, dict.fromkeys(phase, 0))


def _check_hold(netlist: Netlist, low: str, what: str, when: int, fixed: Mapping[int, int]) -> None:
    """No register changes in a cycle with the input `low` at 0 and the net `when` at 1, from any state but `fixed`."""
    builders = Builder("held"), Builder("held")
    for b in builders:
        free = b.input("state", max(1, len(netlist.state_cells)))
        given = {p.name: b.input(p.name, p.width) for p in netlist.inputs if p.name not in ("clk", "rst", low)}
        starts = netlist.output_start[netlist.state_cells].tolist()
        state = [fixed.get(net, free[k]) for k, net in enumerate(starts)]
        values = _cycle(b, netlist, state, {**given, low: [0]})
        after = _next(b, netlist, values) if b is builders[0] else state
        b.output("kept", [b.mux(values[when], 0, net) for net in after] or [0])
    verdict = check(*(b.build() for b in builders), time_limit=20.0)
    if verdict.status != "proven":
        raise ProofError(f"{netlist.name}: it is not shown that no register changes while {what}: {verdict}")

"""Icarus Verilog computes from our text what our simulator computes from the netlist."""

import random
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from strategies import netlists

from eda.ir import cells, logic
from eda.ir.builder import Builder
from eda.ir.netlist import Netlist
from eda.ir.simulate import run
from eda.verilog.names import spell
from eda.verilog.writer import to_verilog

VECTORS = 16


def simulate(iverilog: str, folder, text: str) -> list[str]:
    (folder / "t.v").write_text(text)
    subprocess.run([iverilog, "-g2005", "-o", "t.vvp", "t.v"], cwd=folder, check=True, capture_output=True)
    done = subprocess.run(["vvp", "-n", "t.vvp"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.split()


def bench(netlist: Netlist, rows: list[dict[str, int]]) -> str:
    """A module that applies `rows` of input values and prints all outputs, in binary, one row per line."""
    width = {p.name: p.width for p in netlist.ports}
    lines = ["module bench;"]
    lines += [f"  reg [{p.width - 1}:0] r_{p.name};" for p in netlist.inputs]
    lines += [f"  wire [{p.width - 1}:0] w_{p.name};" for p in netlist.outputs]
    pins = [f".{p.name}({'r' if p.direction == 'input' else 'w'}_{p.name})" for p in netlist.ports]
    lines.append(f"  {spell(netlist).module} dut ({', '.join(pins)});\n  initial begin")
    shown = "_".join(["%b"] * len(netlist.outputs)), ", ".join(f"w_{p.name}" for p in netlist.outputs)
    for row in rows:
        lines += [f"    r_{name} = {width[name]}'d{value};" for name, value in row.items()]
        lines.append(f'    #1 $display("{shown[0]}", {shown[1]});')
    return "\n".join([*lines, "  end\nendmodule\n"])


def test_random_combinational_netlists(iverilog, tmp_path):
    @settings(max_examples=30, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(netlists(registers=False))
    def agrees(netlist):
        chance = random.Random(netlist.n_cells)
        rows = [{p.name: chance.getrandbits(p.width) for p in netlist.inputs} for _ in range(VECTORS)]
        expected = run(netlist, {p.name: [row[p.name] for row in rows] for p in netlist.inputs})
        shown = simulate(iverilog, tmp_path, to_verilog(netlist) + bench(netlist, rows))
        # without inputs there is one vector, which holds for every row
        bits = [[f"{v:0{p.width}b}" for v in expected[p.name]] * (1 if netlist.inputs else VECTORS) for p in netlist.outputs]
        assert shown == ["_".join(row) for row in zip(*bits, strict=True)]

    agrees()


KINDS = [
    *(cells.flip_flop(falling=f, reset=r, reset_value=v) for f in (False, True) for r in ("", "high", "low") for v in (0, 1)),
    cells.latch(),
    cells.latch(low=True),
]


def behaviour(kind: cells.CellType, rows: list[dict[str, int]]) -> list[str]:
    """Output of a register for rows of pin values, from its `State`, unknown until first set."""
    state, value, clock = kind.state, None, None
    assert state is not None
    out = []
    for pins in rows:
        before, clock = clock, logic.evaluate(state.clock, pins, 1)
        if clock and (state.kind == "latch" or before == 0):
            value = logic.evaluate(state.next_state, pins, 1)
        if state.clear is not None and logic.evaluate(state.clear, pins, 1):
            value = 0
        if state.preset is not None and logic.evaluate(state.preset, pins, 1):
            value = 1
        out.append("x" if value is None else str(value))
    return out


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda k: k.name)
def test_registers(iverilog, tmp_path, kind):
    b = Builder("top")
    b.output("q", b.cell(kind, [b.input(pin)[0] for pin in kind.inputs], "r1")[0])
    netlist = b.build()
    chance = random.Random(1)
    rows = [dict.fromkeys(kind.inputs, 0)]
    for _ in range(60):  # one pin at a time: two that change at once would race
        pin = chance.choice(kind.inputs)
        rows.append({**rows[-1], pin: 1 - rows[-1][pin]})
    shown = simulate(iverilog, tmp_path, to_verilog(netlist) + bench(netlist, rows))
    expected = behaviour(kind, rows)
    first = next(k for k, value in enumerate(expected) if value != "x")
    assert shown[first:] == expected[first:]

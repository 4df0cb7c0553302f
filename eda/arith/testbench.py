"""Self-checking Verilog test benches of arithmetic circuits, and their run in Icarus Verilog."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eda.errors import ToolFailed, UsageError
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.pipeline import flattened
from eda.tech.tools import ICARUS, VVP, bring, run, scratch

CORNERS = 8
_CROSSED = 3
_SHOWN = 10


@dataclass(frozen=True)
class BenchResult:
    """What a test bench reported: vectors applied, and vectors with a wrong output."""

    vectors: int
    errors: int
    output: str


def bench(netlist: Netlist, spec: ArithmeticSpec, *, vectors: int = 1000, seed: int = 1) -> str:
    """Verilog of module ``tb``, which compares `netlist` with plain ``*`` and ``+``; any simulator runs it.

    First corners of the operands (see `corners`): all combinations of up to three operands; of more, those where every
    other operand is alike. Then `vectors` random ones. The seed is printed first, then at most ten mismatches, and
    ``errors N`` last. A feed-forward pipeline gets new operands in every cycle, and is compared as much later as it has
    registers on a path. Raises `ProofError` for other sequential circuits, `UsageError` for more inputs than a clock.
    """
    module, latency = netlist.name, flattened(netlist).latency
    ports = [*(o.name for o in spec.operands), spec.output]
    clock = _clock(netlist, spec, latency)
    lines = [
        f"// self-checking test bench of {module}: {spec.text}",
        "`timescale 1ns/1ps",
        "module tb;",
        *(f"  {_register(o)}" for o in spec.operands),
        f"  wire [{spec.width - 1}:0] {spec.output};",
        f"  wire [{spec.span - 1}:0] exact = {_expression(spec)};",
        f"  wire [{spec.width - 1}:0] expected = exact[{spec.span - 1}:{spec.low}];",
        "  integer errors, vectors, seed, i;",
        *_past(spec, clock, latency),
        f"  {module} dut ({', '.join(f'.{name}({name})' for name in (*ports, *clock))});",
        "",
        *_corner_functions(spec.operands),
        *(_clocked_task(spec, clock, latency) if clock else _check_task(spec.output, ports)),
        *_stimulus(spec.operands, module, vectors, seed, clock, latency),
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _expression(spec: ArithmeticSpec) -> str:
    """The sum of products; where it can be negative, every factor is signed, so that Verilog extends it as such."""
    signed = spec.is_signed
    operand = {o.name: f"$signed({{1'b0, {o.name}}})" if signed and not o.signed else o.name for o in spec.operands}
    terms = []
    for coefficient, names in spec.weighted_terms:
        factors = [] if coefficient == 1 else [_literal(coefficient, signed=signed)]
        terms.append(" * ".join([*factors, *(operand[name] for name in names)]))
    return " + ".join(terms)


def _literal(number: int, *, signed: bool) -> str:
    bits = abs(number).bit_length() + signed
    return f"{'-' * (number < 0)}{bits}'{'s' * signed}d{abs(number)}"


def _check_task(output: str, ports: Sequence[str]) -> list[str]:
    shown = " ".join(f"{name}=%h" for name in ports)
    return [
        "  task check;",
        "    begin",
        "      #1;",
        "      vectors = vectors + 1;",
        f"      if ({output} !== expected) begin",
        "        errors = errors + 1;",
        f'        if (errors <= {_SHOWN}) $display("wrong: {shown}, expected %h", {", ".join(ports)}, expected);',
        "      end",
        "    end",
        "  endtask",
        "",
    ]


def _clock(netlist: Netlist, spec: ArithmeticSpec, latency: int) -> list[str]:
    """The clock of a pipeline: its input that is no operand."""
    more = [p.name for p in netlist.inputs if p.name not in {o.name for o in spec.operands}]
    if len(more) > (latency > 0):
        expected = "only a clock" if latency else "none"
        raise UsageError(f"{netlist.name} has the inputs {', '.join(more)} besides its operands, expected {expected}")
    return more


def _past(spec: ArithmeticSpec, clock: Sequence[str], latency: int) -> list[str]:
    """Operands and results of the last cycles, and those that the outputs now belong to."""
    if not clock:
        return []
    size = sum(o.width for o in spec.operands) + spec.width
    return [
        f"  reg {clock[0]};",
        f"  reg [{size - 1}:0] past [0:{latency - 1}];",
        *(f"  reg [{o.width - 1}:0] then_{o.name};" for o in spec.operands),
        f"  reg [{spec.width - 1}:0] then_expected;",
        "  integer cycles, k;",
    ]


def _clocked_task(spec: ArithmeticSpec, clock: Sequence[str], latency: int) -> list[str]:
    """One cycle: remember what goes in, tick, compare what comes out with what went in `latency` ticks ago."""
    names = [o.name for o in spec.operands]
    then = [f"then_{name}" for name in names]
    text = f"wrong: {' '.join(f'{name}=%h' for name in (*names, spec.output))}, expected %h"
    last = latency - 1
    return [
        "  task check;",
        "    begin",
        "      #1;",
        f"      for (k = {last}; k > 0; k = k - 1) past[k] = past[k - 1];",
        f"      past[0] = {{{', '.join((*names, 'expected'))}}};",
        f"      {clock[0]} = 1; #1;",
        "      cycles = cycles + 1;",
        f"      if (cycles > {last}) begin",
        "        vectors = vectors + 1;",
        f"        {{{', '.join((*then, 'then_expected'))}}} = past[{last}];",
        f"        if ({spec.output} !== then_expected) begin",
        "          errors = errors + 1;",
        f"          if (errors <= {_SHOWN})",
        f'            $display("{text}", {", ".join((*then, spec.output, "then_expected"))});',
        "        end",
        "      end",
        f"      {clock[0]} = 0; #1;",
        "    end",
        "  endtask",
        "",
    ]


def _stimulus(
    operands: Sequence[Operand], module: str, vectors: int, seed: int, clock: Sequence[str], latency: int
) -> list[str]:
    return [
        "  initial begin",
        f"    errors = 0; vectors = 0; seed = {seed};",
        *(f"    cycles = 0; {name} = 0;" for name in clock),
        f'    $display("{module}, seed {seed}");',
        f"    for (i = 0; i < {CORNERS ** _free(operands)}; i = i + 1) begin",
        *(f"      {o.name} = corner_{o.width}(i / {CORNERS ** (k % _free(operands))});" for k, o in enumerate(operands)),
        "      check;",
        "    end",
        f"    for (i = 0; i < {vectors}; i = i + 1) begin",
        *(f"      {o.name} = {{{', '.join(['$random(seed)'] * -(-o.width // 32))}}};" for o in operands),
        "      check;",
        "    end",
        *([f"    repeat ({latency - 1}) check;"] if latency > 1 else []),
        '    $display("vectors %0d", vectors);',
        '    $display("errors %0d", errors);',
        "  end",
    ]


def _free(operands: Sequence[Operand]) -> int:
    """How many operands take corners independently; the others repeat them."""
    return len(operands) if len(operands) <= _CROSSED else 2


def _register(operand: Operand) -> str:
    return f"reg {'signed ' if operand.signed else ''}[{operand.width - 1}:0] {operand.name};"


def _corner_functions(operands: Sequence[Operand]) -> list[str]:
    """One function for each operand width: corner number -> bits."""
    lines: list[str] = []
    for width in sorted({o.width for o in operands}):
        lines += [
            f"  function [{width - 1}:0] corner_{width}(input integer k);",
            f"    case (k % {CORNERS})",
            *(f"      {k}: corner_{width} = {width}'h{bits:x};" for k, bits in enumerate(corners(width))),
            "    endcase",
            "  endfunction",
            "",
        ]
    return lines


def corners(width: int) -> tuple[int, ...]:
    """Bit patterns at the edges of a word: 0, 1, 2, all ones, sign bit, all but the sign bit, 01.., 10.."""
    ones, sign = (1 << width) - 1, 1 << width - 1
    return tuple(bits & ones for bits in (0, 1, 2, ones, sign, sign - 1, ones // 3, ones - ones // 3))


def run_testbench(verilog: str, bench: str, *, models: Sequence[str | Path] = (), timeout: float = 300.0) -> BenchResult:
    """Simulate the text `verilog` under the test bench `bench` in Icarus Verilog; `models` are files of cell models.

    Raises `ToolNotFound` where Icarus is missing, and `ToolFailed` if it does not compile the text or the bench does
    not end with its count of errors.
    """
    with scratch() as folder:
        (folder / "design.v").write_text(verilog)
        (folder / "tb.v").write_text(bench)
        sources = ["tb.v", "design.v", *(bring(m, folder, f"models_{k}.v") for k, m in enumerate(models))]
        run(ICARUS, ["-g2005", "-s", "tb", "-o", "tb.vvp", *sources], cwd=folder, timeout=timeout, expect=["tb.vvp"])
        output = run(VVP, ["-n", "tb.vvp"], cwd=folder, timeout=timeout).output
        found = re.search(r"^vectors (\d+)\nerrors (\d+)\s*\Z", output, re.MULTILINE)
        if found is None:
            raise ToolFailed(f"the test bench did not end with its count of errors; its output:\n{output.strip()[-500:]}")
        return BenchResult(int(found[1]), int(found[2]), output)

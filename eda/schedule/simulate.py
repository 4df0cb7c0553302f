"""A self-checking test bench of an emitted datapath, and its run in Icarus Verilog.

Random inputs go in at random times and results are taken at random times; what leaves is compared, in order, with what the
unscheduled function gave when the inputs were taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from eda.errors import ToolFailed, UsageError
from eda.schedule.emit import Emitted
from eda.tech.tools import ICARUS, VVP, run, scratch

_SHOWN = 5


@dataclass(frozen=True)
class SimulationResult:
    """What the bench reported: results compared, how many were wrong, cycles it took."""

    vectors: int
    errors: int
    cycles: int
    output: str


def bench(emitted: Emitted, *, vectors: int = 10_000, seed: int = 1, pauses: bool = True) -> str:
    """SystemVerilog of module ``tb``. With `pauses`, ``in_valid`` and ``out_ready`` are random, else always 1.

    The last lines that it prints are ``vectors N``, ``cycles N`` and ``errors N``. Raises `UsageError` without outputs.
    """
    if not emitted.outputs:
        raise UsageError(f"{emitted.name} has no results to compare")
    width = sum(w for _, w in emitted.outputs)
    in_flight = emitted.path.end // emitted.path.interval + 2
    limit = 8 * (vectors + in_flight) * emitted.path.interval + 100
    return "\n".join(_bench(emitted, vectors, seed, pauses, width, vectors + in_flight, limit)) + "\n"


def _bench(emitted: Emitted, vectors: int, seed: int, pauses: bool, width: int, supply: int, limit: int) -> Iterator[str]:
    recurrent = emitted.path.recurrent
    names = [name for name, _ in emitted.inputs]
    data = [f".{name}({name})" for name in names]
    yield f"// self-checking test bench of {emitted.name}"
    yield "`timescale 1ns/1ps\nmodule tb;"
    yield "  reg clk, rst, in_valid, out_ready, fresh;\n  wire in_ready, out_valid;"
    yield from (f"  reg [{w - 1}:0] {name};" for name, w in emitted.inputs)
    yield from (f"  wire [{w - 1}:0] found_{name}, expected_{name};" for name, w in emitted.outputs)
    yield f"  reg [{width - 1}:0] queue [0:{supply - 1}];"
    yield "  integer seed, sent, received, errors, cycles;"
    pins = [*data, *(f".{name}(found_{name})" for name, _ in emitted.outputs)]
    handshake = [f".{p}({p})" for p in ("clk", "rst", "in_valid", "in_ready", "out_valid", "out_ready")]
    yield f"  {emitted.name} dut ({', '.join(handshake + pins)});"
    pins = [*data, *(f".{name}(expected_{name})" for name, _ in emitted.outputs)]
    pins = [".clk(clk)", ".rst(rst)", ".step(in_valid && in_ready)", *pins] if recurrent else pins
    yield f"  {emitted.reference_name} reference ({', '.join(pins)});"
    found = ", ".join(f"found_{name}" for name, _ in emitted.outputs)
    expected = ", ".join(f"expected_{name}" for name, _ in emitted.outputs)
    chance = "$random(seed)" if pauses else "1'b1"
    yield "  initial begin"
    yield f"    seed = {seed}; sent = 0; received = 0; errors = 0; cycles = 0; fresh = 1;"
    yield "    clk = 0; rst = 1; in_valid = 0; out_ready = 0;"
    yield from (f"    {name} = 0;" for name in names)
    yield "    repeat (2) begin #1 clk = 1; #1 clk = 0; end"
    yield f"    rst = 0;\n    while (received < {vectors} && cycles < {limit}) begin"
    yield "      if (fresh) begin"
    yield from (f"        {name} = {{{', '.join(['$random(seed)'] * -(-w // 32))}}};" for name, w in emitted.inputs)
    yield "        fresh = 0;\n      end"
    yield f"      in_valid = sent < {supply} && {chance};\n      out_ready = {chance};\n      #1;"
    yield "      if (in_valid && in_ready) begin"
    yield f"        queue[sent] = {{{expected}}}; sent = sent + 1; fresh = 1;\n      end"
    yield "      if (out_valid && out_ready) begin"
    yield f"        if (received >= sent || {{{found}}} !== queue[received]) begin"
    yield "          errors = errors + 1;"
    yield f"          if (errors <= {_SHOWN})"
    yield f'            $display("wrong: result %0d is %h, expected %h", received, {{{found}}}, queue[received]);'
    yield "        end\n        received = received + 1;\n      end"
    yield "      clk = 1; #1 clk = 0; cycles = cycles + 1;\n    end"
    yield '    $display("vectors %0d", received);\n    $display("cycles %0d", cycles);\n    $display("errors %0d", errors);'
    yield "  end\nendmodule"


def simulate_emitted(
    emitted: Emitted, *, vectors: int = 10_000, seed: int = 1, pauses: bool = True, time_limit: float = 300.0
) -> SimulationResult:
    """Run the bench in Icarus Verilog, for at most `time_limit` seconds.

    Raises `ToolNotFound` without Icarus, `ToolFailed` if it does not compile the text, if the bench does not end with its
    counts, or if fewer than `vectors` results came out in time.
    """
    with scratch() as folder:
        (folder / "design.sv").write_text(emitted.text + emitted.reference)
        (folder / "tb.sv").write_text(bench(emitted, vectors=vectors, seed=seed, pauses=pauses))
        sources = ["tb.sv", "design.sv"]
        run(ICARUS, ["-g2012", "-s", "tb", "-o", "tb.vvp", *sources], cwd=folder, timeout=time_limit, expect=["tb.vvp"])
        output = run(VVP, ["-n", "tb.vvp"], cwd=folder, timeout=time_limit).output
    found = re.search(r"^vectors (\d+)\ncycles (\d+)\nerrors (\d+)\s*\Z", output, re.MULTILINE)
    if found is None or int(found[1]) < vectors:
        raise ToolFailed(f"the test bench of {emitted.name} did not end with {vectors} results:\n{output.strip()[-500:]}")
    return SimulationResult(int(found[1]), int(found[3]), int(found[2]), output)

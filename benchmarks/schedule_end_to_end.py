"""From a data-flow graph to pipelined SystemVerilog: equality, registers as predicted, and the clock used for chaining.

Designs of netlists/ (every operation combinational; the clock alone says where registers stand), loops of MachSuite with
limited units, and kernels of HeuriGym without overlap of iterations; results of the latter two are cut to --width bits.
Delays are those of the operations on Nangate45. Each datapath is compared with the unscheduled function on random vectors in
Icarus, proven equal where the proof ends in time, read back to count its register bits (elaborated: as written; netlist:
after mapping, which drops equal and constant ones), mapped, and timed by `eda sta` at the clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import cpu_seconds, default_data, print_table, write_results

from eda.flow.evaluate import verify
from eda.flow.sources import Rtl
from eda.flow.synthesize import synthesize
from eda.ir.dataflow import Schedule
from eda.proof.check import check
from eda.schedule.chaining import chained
from eda.schedule.characterise import operation_delays
from eda.schedule.datapath import datapath
from eda.schedule.emit import emit
from eda.schedule.formats import read_graph
from eda.schedule.functions import named_widths
from eda.schedule.modulo import modulo
from eda.schedule.portfolio import solve
from eda.schedule.problem import Problem
from eda.schedule.sdc import sdc
from eda.schedule.simulate import simulate_emitted
from eda.schedule.unroll import prove
from eda.tech.pdk import find_pdk
from eda.verilog.reader import read_verilog
from eda.verilog.rtl import read_rtl
from eda.verilog.writer import write_verilog

NETLISTS = Path(__file__).parent.parent / "netlists"
RTL = (("mac16.v", 1500.0), ("bilinear.v", 850.0), ("bilinear.v", 1200.0))
MACHSUITE = (
    ("gemm_blocked/graph1", 700.0),
    ("stencil3d/graph2", 700.0),
    ("fft_strided/graph1", 1500.0),
    ("aes2/graph13", 700.0),
)
HEURIGYM = (("ewf", 1500.0), ("cosine1", 1500.0))
COLUMNS = (
    "case", "operations", "clock_ps", "ii", "latency", "units", "predicted", "elaborated", "netlist", "vectors", "errors",
    "proof", "sta_ps", "met", "cpu_s",
)  # fmt: skip


def of_rtl(file, clock, pdk, margin):
    """Least registers at full throughput, inputs taken at once and results given in the last step."""
    problem, _ = read_graph(NETLISTS / file, chained=True)
    flow = problem.flow
    delays = operation_delays(flow, pdk)
    longer = chained(flow, delays.budget(clock, margin), delays.inputs, delays.outputs)
    kinds = np.array(flow.kinds)
    end = max(1, Problem(longer, ii=1).critical_path)
    pins = np.where(kinds == "input", 0, end), np.where(kinds == "output", end, 0)
    found = sdc(Problem(longer, "registers", latency=end, ii=1, earliest=pins[1], latest=pins[0]))
    return datapath(flow, Schedule(found.schedule.start, 1)), file.removesuffix(".v")


def of_machsuite(graph, clock, pdk, options):
    """The least interval of the loop with its limited units, and few registers at it."""
    problem, _ = read_graph(options.data / "schedule" / "hatschet" / "MachSuite" / f"{graph}.graphml")
    flow = replace(named_widths(problem.flow, options.width), name=graph.replace("/", "_"))
    delays = operation_delays(flow, pdk)
    longer = chained(flow, delays.budget(clock, options.margin), delays.inputs, delays.outputs)
    found = modulo(Problem(longer, "ii"), time_limit=options.schedule_seconds, seed=options.seed)
    return datapath(flow, found.schedule), graph


def of_heurigym(case, clock, pdk, options):
    """The least latency with limited units that are held until their results are ready; iterations do not overlap."""
    problem, _ = read_graph(options.data / "schedule" / "heurigym" / f"{case}.json")
    flow = replace(named_widths(problem.flow, options.width), name=case)
    delays = operation_delays(flow, pdk)
    longer = chained(flow, delays.budget(clock, options.margin), delays.inputs, delays.outputs)
    found = solve(replace(problem, flow=longer), seed=options.seed, time_limit=options.schedule_seconds)
    return datapath(flow, found.schedule), case


def row(path, case, clock, pdk, options):
    """All figures of one datapath; its Verilog goes into the folder --out if one is given."""
    emitted = emit(path)
    simulated = simulate_emitted(emitted, vectors=options.vectors, seed=options.seed)
    proof = prove(emitted, time_limit=options.proof_seconds, seed=options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(options.out or name)
        folder.mkdir(parents=True, exist_ok=True)
        source, mapped = folder / f"{emitted.name}.sv", folder / f"{emitted.name}_mapped.v"
        source.write_text(emitted.text)
        made = synthesize(Rtl((source,), emitted.name), pdk, "speed")
        write_verilog(made.netlist, mapped)
        mapped_proof = verify(made, time_limit=options.proof_seconds, seed=options.seed)
        timed = sta(mapped, clock)
        registers = len(read_verilog(mapped, types=pdk.library.types).state_cells)
    counts = {path.flow.resources[k]: path.binding.count(k) for k in dict.fromkeys(path.binding.resource)}
    return {
        "case": case,
        "operations": path.flow.n_operations,
        "clock_ps": clock,
        "ii": path.interval,
        "latency": path.end,
        "units": " ".join(f"{n}x{k}" for k, n in counts.items()),
        "predicted": path.registers["total"],
        "registers": path.registers,
        "elaborated": proof.registers,
        "netlist": registers,
        "vectors": simulated.vectors,
        "errors": simulated.errors,
        "cycles": simulated.cycles,
        "proof": proof.verdict.status,
        "proof_detail": f"{proof.verdict.method}, {proof.verdict.detail}",
        "mapped_proof": mapped_proof.status,
        "against_rtl": against_rtl(emitted, case, options),
        "sta_ps": round(timed["delay_ps"], 1),
        "met": timed["exit_code"] == 0,
    }


def sta(mapped, clock):
    """What `eda sta` says, and its exit code: 1 where the clock is not met."""
    command = [sys.executable, "-m", "eda.cli", "sta", str(mapped), "--clock", str(clock), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {**json.loads(done.stdout), "exit_code": done.returncode}


def against_rtl(emitted, case, options):
    """Whether the unscheduled function equals the RTL that it came from; None for graphs."""
    file = NETLISTS / f"{case}.v"
    if not file.is_file():
        return None
    with tempfile.TemporaryDirectory() as name:
        reference = Path(name) / "reference.sv"
        reference.write_text(emitted.reference)
        function = read_rtl(reference, emitted.reference_name)
    return check(function, read_rtl(file, case), time_limit=options.proof_seconds, seed=options.seed).status


def main():
    """Run all cases, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument("--width", type=int, default=16, help="most bits of a value of a MachSuite graph")
    parser.add_argument("--margin", type=float, default=0.2, help="fraction of the clock kept for multiplexers and fan-out")
    parser.add_argument("--vectors", type=int, default=10_000)
    parser.add_argument("--proof-seconds", type=float, default=60.0)
    parser.add_argument("--schedule-seconds", type=float, default=15.0)
    parser.add_argument("--only", default="", help="only the cases whose name contains this; nothing is written")
    parser.add_argument("--out", help="keep the Verilog in this folder")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pdk, rows = find_pdk("nangate45"), []
    makers = [(f, c, lambda f=f, c=c: of_rtl(f, c, pdk, options.margin)) for f, c in RTL]
    if options.data is not None:
        makers += [(g, c, lambda g=g, c=c: of_machsuite(g, c, pdk, options)) for g, c in MACHSUITE]
        makers += [(g, c, lambda g=g, c=c: of_heurigym(g, c, pdk, options)) for g, c in HEURIGYM]
    for name, clock, make in makers:
        if options.only in name:
            begin = cpu_seconds()
            path, case = make()
            rows.append(row(path, case, clock, pdk, options))
            rows[-1]["cpu_s"] = round(cpu_seconds() - begin, 1)
            print_table(rows[-1:], list(COLUMNS))
    facts = {"width": options.width, "margin": options.margin, "data_given": options.data is not None}
    if not options.only:
        print(write_results("schedule_end_to_end", rows, seed=options.seed, **facts))


if __name__ == "__main__":
    main()

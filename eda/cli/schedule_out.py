"""What ``eda schedule`` writes besides the schedule: SystemVerilog and its test bench, a report per step, a chart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eda.cli.output import console

if TYPE_CHECKING:
    from eda.ir.dataflow import Schedule
    from eda.schedule.emit import Emitted
    from eda.schedule.formats.graph import Graph
    from eda.schedule.problem import Problem
    from eda.schedule.result import Result

VerilogFile = Annotated[
    Path | None,
    typer.Option("--verilog", metavar="FILE.sv", help="SystemVerilog of the datapath; function and test bench beside it."),
]
Checked = Annotated[
    bool, typer.Option("--check", help="With --verilog: simulate 10,000 vectors in Icarus, and prove equality.")
]
PlotFile = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Gantt chart, or the front (.png .svg .pdf).")]
Steps = Annotated[bool, typer.Option("--steps", help="Print a report per step, with critical paths where delays are known.")]
Width = Annotated[
    int | None, typer.Option(min=1, metavar="BITS", help="Widths by the names of the operators, at most so many bits.")
]
DelaysOf = Annotated[
    str | None, typer.Option("--delays-of", metavar="PDK", help="Delays of operators mapped onto this kit; --clock is in ps.")
]


def with_widths(graph: Graph, width: int | None) -> Graph:
    """The graph with the widths that the names of its kinds give, cut to `width`; as it is without."""
    from dataclasses import replace

    from eda.schedule.functions import named_widths

    return graph if width is None else replace(graph, flow=named_widths(graph.flow, width))


def with_delays(graph: Graph, pdk: str | None, clock: float | None) -> tuple[Graph, float | None]:
    """The graph with delays of a kit in ps, and what of the clock is left for functions; as they are without a kit."""
    from dataclasses import replace

    from eda.errors import UsageError
    from eda.schedule.characterise import operation_delays
    from eda.tech.pdk import find_pdk

    if pdk is None:
        return graph, clock
    found = operation_delays(graph.flow, find_pdk(pdk))
    if clock is None:
        return replace(graph, delay_in=found.inputs, delay_out=found.outputs), None
    left = found.budget(clock, MARGIN)
    if left <= 0:
        raise UsageError(f"a clock of {clock:g} ps leaves no time beside a register of {found.register:.0f} ps")
    return replace(graph, delay_in=found.inputs, delay_out=found.outputs), left


def with_longest_path(problem: Problem, graph: Graph, result: Result) -> dict[str, Any]:
    """The measures of a schedule, with its longest combinational path where delays are known."""
    from eda.schedule.chaining import longest_path
    from eda.schedule.metrics import metrics

    found = metrics(problem, result.schedule).to_dict()
    if graph.delay_in is None or graph.delay_out is None:
        return found
    return found | {"max_chain": longest_path(graph.flow, result.schedule, graph.delay_in, graph.delay_out)}


MARGIN = 0.2
"""Fraction of a clock period that is kept for multiplexers and fan-out where delays are those of a kit."""


def result_text(facts: dict[str, Any], out: Path, file: Path, part: str | None, graph: Graph, schedule: Schedule) -> str:
    """What `out` is to hold: the facts as JSON, or, where it ends in .mlir, the SSP instance with its schedule."""
    import json

    from eda.errors import UsageError
    from eda.schedule.chaining import arrivals
    from eda.schedule.formats.ssp import write_ssp

    if out.suffix != ".mlir":
        return json.dumps(facts, indent=1) + "\n"
    if not file.name.removesuffix(".gz").endswith(".mlir"):
        raise UsageError(f"{out}: only a schedule of an .mlir file can be written as one; take .json")
    arrival = None
    if graph.delay_in is not None and graph.delay_out is not None:
        arrival, _ = arrivals(graph.flow, schedule, graph.delay_in, graph.delay_out)
    return write_ssp(file, schedule, part, arrival)


def write_outputs(
    graph: Graph,
    schedule: Schedule,
    *,
    verilog: Path | None,
    check: bool,
    plot_file: Path | None,
    steps: bool,
    seed: int,
    as_json: bool,
) -> dict[str, Any]:
    """Write what is asked for; the facts to be added to the JSON. Exit code 1 if the datapath is not shown to be equal."""
    from eda.errors import UsageError
    from eda.schedule.plot import plot
    from eda.schedule.stages import stage_rows, stage_text, stages

    if check and verilog is None:
        raise UsageError("--check is about the datapath that --verilog writes")
    facts: dict[str, Any] = {}
    if steps:
        rows = stages(graph.flow, schedule, graph.delay_in, graph.delay_out)
        console(as_json).print(stage_text(rows))
        facts["steps"] = stage_rows(rows)
    if plot_file is not None:
        facts["plot"] = str(plot(graph.flow, schedule, plot_file))
    if verilog is not None:
        facts["verilog"] = _emit(graph, schedule, verilog, check, seed, as_json)
    return facts


def _emit(graph: Graph, schedule: Schedule, path: Path, check: bool, seed: int, as_json: bool) -> dict[str, Any]:
    from eda.ir.files import write_atomic
    from eda.schedule.datapath import datapath
    from eda.schedule.emit import emit
    from eda.schedule.simulate import bench

    emitted = emit(datapath(graph.flow, schedule))
    write_atomic(path, emitted.text)
    write_atomic(path.with_name(f"{path.stem}_reference.sv"), emitted.reference)
    if emitted.outputs:
        write_atomic(path.with_name(f"{path.stem}_tb.sv"), bench(emitted, seed=seed))
    facts: dict[str, Any] = {
        "module": emitted.name,
        "interval": emitted.path.interval,
        "latency": emitted.path.end,
        "registers": emitted.path.registers,
    }
    console(as_json).print(f"wrote {path}: module {emitted.name}, {emitted.path.registers['total']} bits of registers")
    return facts | (_checked(emitted, seed, as_json) if check else {})


def _checked(emitted: Emitted, seed: int, as_json: bool) -> dict[str, Any]:
    from eda.schedule.simulate import simulate_emitted
    from eda.schedule.unroll import prove

    simulated = simulate_emitted(emitted, seed=seed)
    proof = prove(emitted, seed=seed)
    console(as_json).print(f"{simulated.vectors} vectors, {simulated.errors} wrong; {proof.verdict}")
    if simulated.errors or proof.verdict.status == "different":
        raise typer.Exit(1)
    return {
        "vectors": simulated.vectors,
        "errors": simulated.errors,
        "proof": proof.verdict.to_dict(),
    }

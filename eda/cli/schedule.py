"""``eda schedule``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from eda.cli.output import Json, Seed, console, emit, table
from eda.cli.schedule_front import run_front
from eda.cli.schedule_out import (
    Checked,
    DelaysOf,
    PlotFile,
    Steps,
    VerilogFile,
    Width,
    result_text,
    with_delays,
    with_longest_path,
    with_widths,
    write_outputs,
)
from eda.cli.searching import searching

if TYPE_CHECKING:
    from eda.schedule.problem import Problem
    from eda.schedule.result import Result

Entries = list[str] | None
Number = TypeVar("Number", int, float)


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(schedule)


def schedule(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help=".json .graphml .gml .aig .aag .mlir .rcp .dot .onnx .v .sv, plain or gzipped."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="JSON to write: start steps, bound, metrics; or the .mlir with its schedule."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="latency, area, communication, joint, registers, memory or ii. [default: by the format]"),
    ] = None,
    latency: Annotated[int | None, typer.Option(metavar="STEPS", help="Everything has ended by then.")] = None,
    ii: Annotated[
        str | None, typer.Option("--ii", metavar="N|auto", help="Pipelined with this initiation interval; auto: the least.")
    ] = None,
    resource: Annotated[Entries, typer.Option(metavar="TYPE=N", help="So many units of a type; may be repeated.")] = None,
    area: Annotated[Entries, typer.Option(metavar="TYPE=A", help="Area of a unit of a type; may be repeated.")] = None,
    alpha: Annotated[
        str | None, typer.Option(metavar="A|auto", help="joint: price of the area; auto: both parts weigh the same.")
    ] = None,
    stages: Annotated[int | None, typer.Option(help="Stages for operations without latency. [default of .gml: 10]")] = None,
    clock: Annotated[
        float | None, typer.Option(metavar="NS", help="No combinational path longer than this, in the file's unit of delay.")
    ] = None,
    at: Annotated[Entries, typer.Option(metavar="OP=STEP", help="An operation starts then; may be repeated.")] = None,
    after: Annotated[
        Entries, typer.Option(metavar="OP=FIRST+K", help="OP starts at least K steps after FIRST; may be repeated.")
    ] = None,
    within: Annotated[
        Entries, typer.Option(metavar="OP=FIRST+K", help="OP starts at most K steps after FIRST; may be repeated.")
    ] = None,
    method: Annotated[
        str,
        typer.Option(help="auto, or alone: asap, alap, list, fds, ims, modulo, sdc, step, cpsat, gaus or gumbel."),
    ] = "auto",
    model: Annotated[Path | None, typer.Option(help="Resource model of a .graphml. [default: the one beside it]")] = None,
    part: Annotated[str | None, typer.Option(help="Which instance of a .mlir, or module of a .v.")] = None,
    time_limit: Annotated[float, typer.Option(min=0.0, metavar="S", help="CPU seconds to search.")] = 60.0,
    front: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Trade-offs of area and communication over N weights in one run.")
    ] = None,
    width: Width = None,
    delays_of: DelaysOf = None,
    verilog: VerilogFile = None,
    check: Checked = False,
    plot: PlotFile = None,
    steps: Steps = False,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Give every operation of a data-flow graph its step: a legal schedule, its objective, and a lower bound with it.

    Without --ii iterations do not overlap. Ctrl-C ends the search with the best schedule found. Exit code 1: there is no
    such schedule (the message says which limits clash), or none was found; 2: the file or an option is wrong.

    Examples:
      eda schedule fir.json --resource mul=2 --resource add=1 -o fir.schedule.json
      eda schedule fir.json --latency 12 --objective area --area mul=8
      eda schedule loop.graphml --ii auto -o loop.schedule.json
      eda schedule filter.v --delays-of nangate45 --clock 900 --ii 1 --verilog filter.sv --check
      eda schedule ctrl.aig --objective joint --alpha auto --latency 11
      eda schedule ctrl.aig --front 12 --plot front.svg -o front.json
      eda schedule model.onnx --objective memory --at input=0
    """
    from eda.ir.files import write_atomic
    from eda.schedule.formats import read_graph
    from eda.schedule.portfolio import solve

    problem, graph = read_graph(file, model=model, stages=stages, part=part, chained=clock is not None)
    graph, budget = with_delays(with_widths(graph, width), delays_of, clock)
    problem = replace(problem, flow=graph.flow)
    if budget is not None:
        problem = _chained(problem, budget, graph.delay_in, graph.delay_out)
    problem = _limited(problem, resource, area, at, after, within)
    problem = _asked(problem, objective, latency, ii, stages, alpha)
    problem.check()
    if front is not None:
        return run_front(problem, front, out=out, plot_file=plot, seed=seed, time_limit=time_limit, as_json=as_json)
    with searching(time_limit) as (shown, stopped):

        def told(what: str, objective: float, bound: float) -> bool:
            return shown(f"{what}: {objective:,.6g}, bound {bound:,.6g}")

        result = solve(problem, method, seed=seed, time_limit=time_limit, progress=told)
    facts = result.to_dict(problem) | {"metrics": with_longest_path(problem, graph, result)}
    if out is not None:
        write_atomic(out, result_text(facts, out, file, part, graph, result.schedule))
    _print(problem, result, facts, out, as_json)
    graph = replace(graph, flow=problem.flow)
    facts |= write_outputs(
        graph, result.schedule, verilog=verilog, check=check, plot_file=plot, steps=steps, seed=seed, as_json=as_json
    )
    emit(facts, as_json)
    if stopped:
        raise typer.Exit(130)


def _chained(problem: Problem, clock: float, delay_in: Any, delay_out: Any) -> Problem:
    from eda.errors import UsageError
    from eda.schedule.chaining import chained

    if delay_in is None or delay_out is None:
        raise UsageError("--clock needs delays, which this format has not")
    return replace(problem, flow=chained(problem.flow, clock, delay_in, delay_out))


def _limited(problem: Problem, resource: Entries, area: Entries, at: Entries, after: Entries, within: Entries) -> Problem:
    """The problem with the limits of single resources and operations."""
    from eda.schedule.limits import at_least, at_most, pinned, with_areas, with_units

    if resource:
        problem = with_units(problem, dict(_pair("--resource", e, int, "TYPE=N, such as mul=2") for e in resource))
    if area:
        problem = with_areas(problem, dict(_pair("--area", e, float, "TYPE=AREA, such as mul=8.5") for e in area))
    for entry in after or []:
        problem = at_least(problem, *_distance("--after", entry))
    for entry in within or []:
        problem = at_most(problem, *_distance("--within", entry))
    return pinned(problem, dict(_pair("--at", e, int, "OP=STEP, such as x=0") for e in at)) if at else problem


def _pair(option: str, entry: str, kind: type[Number], expected: str) -> tuple[str, Number]:
    """A name and a number of at least 0 from ``NAME=NUMBER``."""
    from eda.errors import UsageError

    name, _, text = entry.rpartition("=")
    try:
        value = kind(text)
    except ValueError:
        value = kind(-1)
    if not name or not 0 <= value < float("inf"):
        raise UsageError(f"{option} {entry!r}: expected {expected}")
    return name, value


def _distance(option: str, entry: str) -> tuple[str, str, int]:
    """FIRST, OP and K of ``OP=FIRST+K``."""
    from eda.errors import UsageError

    match = re.fullmatch(r"(.+?)=(.+)\+(\d+)", entry)
    if match is None:
        raise UsageError(f"{option} {entry!r}: expected OP=FIRST+K, such as store=load+3")
    return match[2], match[1], int(match[3])


def _asked(
    problem: Problem, objective: str | None, latency: int | None, ii: str | None, stages: int | None, alpha: str | None
) -> Problem:
    """The problem with the objective, its weight, and the limits of the whole schedule."""
    from eda.errors import UsageError

    if objective is not None or alpha is not None:
        problem = replace(problem, objective=objective or "joint")
    if latency is not None:
        problem = replace(problem, latency=latency)
    if stages is not None:
        problem = replace(problem, stages=stages)
    if ii is not None:
        problem = _pipelined(problem, ii, objective)
    if alpha is None:
        return problem
    if problem.objective != "joint":
        raise UsageError(f"--alpha is the price of the area in the objective joint, this one is {problem.objective}")
    return replace(problem, alpha=_alpha(problem, alpha))


def _pipelined(problem: Problem, ii: str, objective: str | None) -> Problem:
    """The least interval is an objective of its own; at a given one the registers are what is left to save."""
    from eda.errors import UsageError

    if ii == "auto":
        if objective not in (None, "ii"):
            raise UsageError(f"--ii auto seeks the least interval; for the objective {objective} give the interval")
        return replace(problem, objective="ii")
    if not re.fullmatch(r"[1-9]\d{0,8}", ii):
        raise UsageError(f"--ii {ii!r}: expected a number of at least 1, or auto")
    return replace(problem, ii=int(ii), objective=problem.objective if objective not in (None, "ii") else "registers")


def _alpha(problem: Problem, text: str) -> float:
    from eda.errors import UsageError
    from eda.schedule.balance import balanced_alpha

    if text == "auto":
        return balanced_alpha(problem)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise UsageError(f"--alpha {text!r}: expected a number of at least 0, or auto")
    return value


def _print(problem: Problem, result: Result, facts: dict[str, Any], out: Path | None, as_json: bool) -> None:
    rows = [(key, value) for key, value in facts["metrics"].items() if key != "resources"]
    rows += [(f"units of {name}", units) for name, units in facts["metrics"]["resources"].items()]
    rows = [("interval", result.schedule.ii), *rows] if result.schedule.ii is not None else rows
    table(as_json, ("metric", "value"), [(key, f"{value:,.10g}") for key, value in rows])
    human = console(as_json)
    human.print(f"{problem.objective} {facts['objective']:,}, {_worth(result)} ({result.method}, {result.seconds:.1f} s)")
    if out is not None:
        human.print(f"wrote {out}")


def _worth(result: Result) -> str:
    """What the bound says of the objective."""
    by = f": {result.certificate}" if result.certificate else ""
    if result.optimal:
        return f"proven optimal{by}"
    gap = (result.objective - result.bound) / max(result.bound, 1e-9)
    return f"at most {100 * gap:.2f} % above the optimum{by}" if result.bound > 0 else f"no useful bound{by}"

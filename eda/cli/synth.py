"""``eda synth`` and ``eda sta``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eda.cli.output import Json, PdkName, PdkRoot, Seed, console, emit, table

if TYPE_CHECKING:
    from eda.flow.sources import Rtl
    from eda.ir.netlist import Netlist
    from eda.timing.sta import Timing

Engine = Annotated[str, typer.Option(help="eda: our own timing; opensta: OpenSTA's delay beside it.")]
ClockPeriod = Annotated[float | None, typer.Option("--clock", metavar="PS", help="Clock period in ps.")]
ClockPort = Annotated[str | None, typer.Option(help="Input port of the clock; found from the registers where left out.")]


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.command()(synth)
    app.command()(sta)


def synth(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="RTL, structural Verilog, or one AIGER file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the mapped Verilog, metrics.json and the log.")],
    top: Annotated[str | None, typer.Option(help="Top module; needed where it is not the only candidate.")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    recipe: Annotated[str, typer.Option(help="Synthesis recipe: a name from flows/ or a TOML file.")] = "area",
    target_delay: Annotated[float | None, typer.Option(metavar="PS", help="Delay asked of the recipe, in ps.")] = None,
    multiplier: Annotated[str | None, typer.Option(help="What * becomes: array or booth.")] = None,
    final_adder: Annotated[
        str | None, typer.Option(help="What + becomes: default, sklansky, kogge-stone or han-carlson.")
    ] = None,
    adders: Annotated[str, typer.Option(help="Adder cells in a structural source: keep or dissolve.")] = "keep",
    define: Annotated[list[str] | None, typer.Option("-D", "--define", metavar="NAME[=VALUE]", help="Verilog macro.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="Of the top module.")] = None,
    include: Annotated[list[Path] | None, typer.Option("-I", "--include", help="Folder of included files.")] = None,
    clock: ClockPeriod = None,
    clock_port: ClockPort = None,
    engine: Engine = "eda",
    prove: Annotated[bool, typer.Option(help="Prove the mapped netlist equal to its source.")] = True,
    time_limit: Annotated[float, typer.Option(min=0.0, help="Seconds for the mapping, and again for the proof.")] = 600.0,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Map a design onto a library, prove the result equal to it, and measure it.

    Writes DIR/<top>.v and DIR/metrics.json. Exit code 1: no proof within the time limit (nothing is written).

    Examples:
      eda synth netlists/fir8.v --recipe speed -o fir
      eda synth core.v alu.v --top core -I include --clock 2000 -o core
    """
    from eda.errors import ProofError
    from eda.flow.evaluate import evaluate
    from eda.flow.recipes import load_recipe
    from eda.ir.files import write_atomic
    from eda.tech.pdk import find_pdk

    kit = find_pdk(pdk, root=pdk_root)
    plan = load_recipe(recipe, target_ps=target_delay, multiplier=multiplier, final_adder=final_adder)
    source = _source(files, top, define or [], parameter or [], include or [])
    metrics = evaluate(
        source,
        kit,
        plan,
        adders=adders,
        engine=engine,
        clock=clock_port,
        period_ps=clock,
        prove=prove,
        proof_limit=time_limit,
        time_limit=time_limit,
        seed=seed,
    )
    if prove and (metrics.proof is None or metrics.proof["status"] != "proven"):
        verdict = metrics.proof["text"] if metrics.proof else "no verdict"
        raise ProofError(f"the mapped netlist is not proven equal to its source, so it is not written: {verdict}")
    name = source.name if hasattr(source, "name") else source.top
    target = out / f"{name}.v"
    facts = metrics.to_dict() | {"verilog": str(target), "top": name}
    write_atomic(target, metrics.verilog)
    write_atomic(out / "metrics.json", json.dumps(facts, indent=1) + "\n")
    shown = ("area_um2", "delay_ps", "slack_ps", "power_mw", "energy_pj", "cells", "registers", "engine", "activity", "recipe")
    rows = [(key, facts[key]) for key in shown if facts[key] is not None]
    rows += [("proof", metrics.proof["text"] if metrics.proof else "not asked for")]
    rows += [("opensta delay_ps", metrics.opensta["delay_ps"])] if metrics.opensta else []
    table(as_json, ("metric", "value"), [(k, f"{v:,.3f}" if isinstance(v, float) else str(v)) for k, v in rows])
    console(as_json).print(f"wrote {target} and {out / 'metrics.json'}")
    emit(facts, as_json)


def _source(files: list[Path], top: str | None, define: list[str], parameter: list[str], include: list[Path]) -> Netlist | Rtl:
    from eda.errors import UsageError
    from eda.flow.load import AIGER, load_design, only_module, suffix
    from eda.flow.sources import Rtl

    if any(suffix(path) in AIGER for path in files):
        if len(files) > 1:
            raise UsageError("an AIGER file is a whole design: give no other file with it")
        return load_design(files[0])
    return Rtl(tuple(files), top or only_module(files), _settings(define, "1"), _settings(parameter, None), tuple(include))


def _settings(words: list[str], default: str | None) -> dict[str, int | str]:
    """``NAME=VALUE`` options; integers become numbers."""
    from eda.errors import UsageError

    found: dict[str, int | str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not name or (not sign and default is None):
            raise UsageError(f"expected NAME=VALUE, found {word!r}")
        text = value if sign else str(default)
        found[name] = int(text) if text.lstrip("-").isdigit() else text
    return found


def sta(
    file: Annotated[Path, typer.Argument(metavar="FILE.v", help="Mapped Verilog.")],
    top: Annotated[str | None, typer.Option(help="Top module.")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    clock: ClockPeriod = None,
    clock_port: ClockPort = None,
    driver: Annotated[str | None, typer.Option(help="Cell that drives the inputs; the kit's where left out.")] = None,
    load: Annotated[float | None, typer.Option(min=0.0, help="Load of the outputs in fF; the kit's where left out.")] = None,
    input_delay: Annotated[float, typer.Option(help="Time spent before the inputs, in ps.")] = 0.0,
    output_delay: Annotated[float, typer.Option(help="Time spent after the outputs, in ps.")] = 0.0,
    paths: Annotated[int, typer.Option(min=0, help="How many critical paths to show.")] = 1,
    engine: Engine = "eda",
    as_json: Json = False,
) -> None:
    """Time a mapped netlist: delay, slack, critical paths, area, and power from simulated activity.

    Wires are ideal. Exit code 1: the clock period is not met.

    Example: eda sta mult16_mapped.v --clock 1000 --paths 3
    """
    from eda.flow.load import library_types
    from eda.tech.pdk import find_pdk
    from eda.timing.constraints import Constraints
    from eda.timing.report import report
    from eda.timing.sta import analyze
    from eda.verilog.reader import read_verilog

    kit = find_pdk(pdk, root=pdk_root)
    netlist = read_verilog(file, types=library_types(pdk, pdk_root), top=top)
    constraints = Constraints(
        clock=clock_port,
        period_ps=clock,
        input_delay_ps=input_delay,
        output_delay_ps=output_delay,
        driver=kit.defaults.driver if driver is None else driver,
        load_ff=kit.defaults.load_ff if load is None else load,
    )
    timing = analyze(netlist, kit.library, constraints)
    human = console(as_json)
    human.print(report(timing, paths))
    facts = _facts(timing, paths)
    human.print(facts.pop("power_text"))
    if engine != "eda":
        facts["opensta"] = _second(timing, kit.liberty_files, engine)
        human.print(f"{facts['opensta']['engine']}: {facts['opensta']['delay_ps']:.3f} ps")
    emit(facts, as_json)
    if clock is not None and timing.wns < 0:
        raise typer.Exit(1)


def _facts(timing: Timing, paths: int) -> dict[str, Any]:
    from eda.timing.area import area
    from eda.timing.paths import critical_paths
    from eda.timing.power import power

    used = power(timing.netlist, timing.library, timing=timing)
    timed = timing.constraints.period_ps is not None
    return {
        "delay_ps": timing.delay_ps,
        "slack_ps": timing.wns if timed else None,
        "tns_ps": timing.tns if timed else None,
        "hold_slack_ps": timing.hold_wns if len(timing.hold) else None,
        "area_um2": area(timing.netlist, timing.library),
        "power_mw": used.total_mw,
        "energy_pj": used.energy_pj,
        "cells": timing.netlist.n_cells,
        "engine": timing.engine,
        "activity": used.activity,
        "paths": [
            {"from": p.start, "to": p.end, "arrival_ps": p.arrival, "slack_ps": p.slack, "pins": [q.pin for q in p.points]}
            for p in critical_paths(timing, paths)
        ],
        "power_text": str(used),
    }


def _second(timing: Timing, liberty: tuple[Path, ...], engine: str) -> dict[str, Any]:
    from eda.errors import UsageError, suggest
    from eda.flow.evaluate import ENGINES
    from eda.flow.opensta import second_opinion
    from eda.verilog.writer import to_verilog

    if engine not in ENGINES:
        raise UsageError(f"no timing engine {engine!r}{suggest(engine, ENGINES)}; expected {' or '.join(ENGINES)}")
    clock = timing.netlist.net_label(timing.clock.nets[0]) if timing.clock.nets else None
    found = second_opinion(
        to_verilog(timing.netlist, names="plain"),
        timing.netlist.name,
        liberty,
        timing.constraints,
        clock=clock,
        period_ps=timing.delay_ps,
    )
    return {"engine": found.engine, "delay_ps": found.delay_ps}

"""``eda arith generate`` and ``eda arith sweep``; ``eda arith optimize`` is a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eda.cli.arith_optimize import optimize
from eda.cli.arith_options import Constant, DropBits, Kind, ResultBits, Signed, SignedB, Terms, Width, WidthB, times
from eda.cli.output import Json, PdkName, PdkRoot, Seed, console, emit, progress, table

if TYPE_CHECKING:
    from eda.arith.delays import Delays
    from eda.arith.generate import Design
    from eda.ir.netlist import Netlist


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Arithmetic circuits: generate, compare and optimize.")
    group.command()(generate)
    group.command()(sweep)
    group.command()(optimize)
    app.add_typer(group, name="arith")


def generate(
    kind: Kind,
    width: Width,
    out: Annotated[Path, typer.Option("-o", "--out", help="Verilog file to write.")],
    width_b: WidthB = None,
    terms: Terms = None,
    signed: Signed = False,
    signed_b: SignedB = None,
    constant: Constant = None,
    result_bits: ResultBits = None,
    drop_bits: DropBits = 0,
    ppg: Annotated[str, typer.Option(help="Partial products: and, booth.")] = "and",
    tree: Annotated[str, typer.Option(help="Compressor tree: array, wallace, dadda, tdm, four-two, ufo.")] = "dadda",
    adder: Annotated[
        str,
        typer.Option(help="Final adder: ripple, sklansky, kogge-stone, brent-kung, han-carlson, ladner-fischer, fitted."),
    ] = "sklansky",
    arrival: Annotated[
        list[str] | None, typer.Option(metavar="PORT=TIME", help="When a port or bit settles (a=3, b[7]=2); may be repeated.")
    ] = None,
    required: Annotated[
        list[str] | None, typer.Option(metavar="PORT=TIME", help="When result bits are due (p[15]=9); may be repeated.")
    ] = None,
    delays: Annotated[
        str, typer.Option(help="Unit and model of times: xor (an XOR gate takes 1) or kit (ps, from the kit's tables).")
    ] = "xor",
    style: Annotated[
        str, typer.Option(help="generic: adders as small modules; gates: two-input gates; cells: adder cells of the kit.")
    ] = "generic",
    stages: Annotated[
        int | None, typer.Option(help="Pipeline of so many stages, equally long by --delays; adds an input clk.")
    ] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    testbench: Annotated[Path | None, typer.Option(help="Also write a self-checking test bench.")] = None,
    prove: Annotated[bool, typer.Option(help="Prove the circuit against its specification before writing it.")] = True,
    seed: Seed = 1,
    time_limit: Annotated[float, typer.Option(min=0.0, help="Seconds for the proof.")] = 60.0,
    as_json: Json = False,
) -> None:
    """Generate an arithmetic circuit, prove it, and write it as Verilog. Results are full width unless bits are left out.

    Examples:
      eda arith generate multiplier --width 16 --tree tdm --adder fitted -o mult16.v
      eda arith generate mac --width 8 --signed --ppg booth -o mac8.v --testbench mac8_tb.v
      eda arith generate multiplier --width 12 --constant 93 --drop-bits 7 -o scale.v
      eda arith generate multiplier --width 8 --tree tdm --adder fitted --arrival "b[7]=4" --required "p[15]=12" -o late.v
      eda arith generate mac --width 16 --tree tdm --stages 3 -o mac16.v --testbench mac16_tb.v
    """
    from eda.arith.generate import generate as make
    from eda.arith.testbench import bench
    from eda.verilog.writer import write_verilog

    design = make(
        kind,
        width,
        width_b=width_b,
        terms=terms,
        signed=signed,
        signed_b=signed_b,
        constant=constant,
        result_bits=result_bits,
        drop_bits=drop_bits,
        ppg=ppg,
        tree=tree,
        adder=adder,
        delays=_delays(delays, pdk, pdk_root),
        arrivals=times("--arrival", arrival),
        required=times("--required", required),
    )
    netlist = _styled(design, style, pdk, pdk_root)
    if stages is not None:
        from eda.arith.pipeline import pipeline

        netlist = pipeline(netlist, stages, delays=design.config.delays, arrivals=design.config.arrivals)
    proof = _proof(design, netlist, time_limit, seed) if prove else None
    write_verilog(netlist, out, comment=f"{design.spec.text}\n{design.config.name}, style {style}")
    if testbench is not None:
        from eda.ir.files import write_atomic

        write_atomic(testbench, bench(netlist, design.spec, seed=seed))
    facts = {
        "verilog": str(out),
        "top": netlist.name,
        "specification": design.spec.text,
        "cells": netlist.n_cells,
        "depth": netlist.depth,
        "registers": len(netlist.state_cells),
        "cells_by_type": netlist.count_by_type(),
        "testbench": str(testbench) if testbench else None,
        "proof": proof,
    }
    human = console(as_json)
    human.print(f"{out}: {design.spec.text}, {netlist.n_cells:,} cells, depth {netlist.depth}")
    human.print(f"proof: {proof['text']}" if proof else "proof: not asked for")
    emit(facts, as_json)


def _delays(model: str, pdk: str, pdk_root: str | None) -> Delays:
    from eda.arith.delays import XOR_UNITS
    from eda.errors import UsageError, suggest

    if model == "xor":
        return XOR_UNITS
    if model != "kit":
        raise UsageError(f"no delays {model!r}{suggest(model, ('xor', 'kit'))}; expected xor or kit")
    from eda.arith.library_delays import library_delays
    from eda.tech.pdk import find_pdk

    return library_delays(find_pdk(pdk, root=pdk_root))


def _styled(design: Design, style: str, pdk: str, pdk_root: str | None) -> Netlist:
    from eda.arith.lower import STYLES, lower_design
    from eda.errors import UsageError, suggest

    if style == "generic":
        return design.netlist
    if style not in STYLES:
        known = ("generic", *STYLES)
        raise UsageError(f"no style {style!r}{suggest(style, known)}; expected {', '.join(known)}")
    from eda.tech.pdk import find_pdk

    return lower_design(design, style, find_pdk(pdk, root=pdk_root) if style == "cells" else None)


def _proof(design: Design, netlist: Netlist, time_limit: float, seed: int) -> dict[str, Any]:
    from eda.errors import ProofError
    from eda.proof.check import check_spec

    via = None if netlist is design.via else design.via
    verdict = check_spec(netlist, design.spec, via=via, time_limit=time_limit, seed=seed)
    if verdict.status != "proven":
        raise ProofError(f"{netlist.name} is not proven to be {design.spec.text}, so it is not written: {verdict}")
    return verdict.to_dict() | {"text": str(verdict)}


def sweep(
    kind: Kind,
    width: Width,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")],
    width_b: WidthB = None,
    terms: Terms = None,
    signed: Signed = False,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    recipe: Annotated[list[str] | None, typer.Option(help="Synthesis recipe; may be repeated. [default: area, speed]")] = None,
    target_delay: Annotated[float | None, typer.Option(min=0.0, help="Delay asked of every recipe, in ps.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Designs mapped side by side.")] = 2,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Compare architectures: generate, prove, map, time, and draw the front of delay and area.

    Writes results.json (every point), pareto.json (the front), pareto.svg, pareto.png, report.html and the Verilog of
    every point. Points that are already in the folder are kept, so that an interrupted sweep goes on; Ctrl-C leaves a
    report of what was found.

    Example: eda arith sweep multiplier --width 16 -o mult16
    """
    from eda.explore.sweep import Sweep, run_sweep

    task = Sweep.of(
        kind,
        width,
        width_b=width_b,
        terms=terms,
        signed=signed,
        pdk=pdk,
        pdk_root=pdk_root,
        recipes=tuple(recipe or ("area", "speed")),
        target_ps=target_delay,
        seed=seed,
    )
    with progress(f"{kind} {width}", task.size) as advance:
        result = run_sweep(task, out, jobs=jobs, progress=advance)
    rows = [
        (p["name"], p["recipe"], p["delay_ps"], p["area_um2"], p["power_mw"], p["cells"], p["proof"]["status"], p["on_front"])
        for p in result["points"]
    ]
    columns = ("design", "recipe", "delay ps", "area um2", "power mW", "cells", "proof", "front")
    table(as_json, columns, [(*row[:-1], "*" if row[-1] else "") for row in rows], title=result["title"])
    console(as_json).print(
        f"wrote {out / 'report.html'}, {out / 'pareto.json'} and {len(result['front'])} circuits on the front"
    )
    for key, reason in result["failures"].items():
        console(as_json).print(f"failed: {key}: {reason}")
    emit(result, as_json)
    if result["interrupted"]:
        raise typer.Exit(130)

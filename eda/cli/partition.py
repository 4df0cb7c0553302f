"""``eda partition``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eda.cli.output import Json, PdkName, PdkRoot, Seed, emit
from eda.cli.partition_out import print_report, searched, write_solution_file, written_extras
from eda.cli.searching import searching

if TYPE_CHECKING:
    from eda.partition.problem import Problem


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(partition)


def partition(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="CASE_DIR|FILE...", help="Contest folder, .hgr, or a design (.v .sv .aig .aag); may be gzipped."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Solution in the contest's format; X.json: as JSON; X.part.K: a block per line."),
    ] = None,
    board: Annotated[
        Path | None, typer.Option("--board", metavar="FILE|DIR", help="Board in TOML, or folder with design.info and .topo.")
    ] = None,
    balance: Annotated[
        float | None, typer.Option(min=0.0, metavar="SHARE", help="Every FPGA holds (1 + SHARE) / K of what the nodes need.")
    ] = None,
    objective: Annotated[str, typer.Option(help="hops, cut, connectivity, steiner or tdm.")] = "hops",
    method: Annotated[str, typer.Option(help="auto, or a method of `docs/partition.md` alone.")] = "auto",
    fixed: Annotated[Path | None, typer.Option(metavar="FILE", help="Lines NODE FPGA, or a number per node, -1: free.")] = None,
    together: Annotated[Path | None, typer.Option(metavar="FILE", help="Groups that share an FPGA, one per line.")] = None,
    apart: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Nodes that never meet on an FPGA, a set per line.")
    ] = None,
    no_replicate: Annotated[Path | None, typer.Option(metavar="FILE", help="Nodes without replicas; * alone: none.")] = None,
    prices: Annotated[Path | None, typer.Option(metavar="FILE", help="Lines NODE PRICE: of a hop of the node's nets.")] = None,
    target: Annotated[
        list[str] | None, typer.Option(metavar="RESOURCE=SHARE", help="Use at most this share; may be repeated.")
    ] = None,
    warm: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Solution of an earlier netlist: kept by names, changed little.")
    ] = None,
    top: Annotated[str | None, typer.Option(help="Top module of a design, where it is not the only candidate.")] = None,
    luts: Annotated[int, typer.Option(metavar="K", help="Inputs of the tables that logic becomes; 0: cells as they are.")] = 6,
    safe: Annotated[bool, typer.Option("--safe", help="No copies of registers that other cells feed.")] = False,
    timing: Annotated[
        float, typer.Option(min=0.0, metavar="A", help="Hops of nets on the deepest paths cost up to 1 + A times as much.")
    ] = 0.0,
    verilog: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A netlist per FPGA and their top module, proven equal to the design.")
    ] = None,
    draw: Annotated[Path | None, typer.Option(metavar="FILE", help="Picture of the board (.png .svg .pdf).")] = None,
    pdk: PdkName = "nangate45",
    pdk_root: PdkRoot = None,
    time_limit: Annotated[float, typer.Option(min=0.0, metavar="S", help="Seconds to search, and again to prove.")] = 60.0,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Place a netlist on a board of FPGAs with few hops: legal, with copies of logic where they save some.

    Ctrl-C ends the search with the best solution found. Exit code 1: there is no solution (the message says which resource,
    FPGA or hop stands in the way), or none was found, or the netlists are not proven; 2: a file or an option is wrong.

    Examples:
      eda partition case03 -o case03.out --json
      eda partition circuit.hgr --board boards/case10 --balance 0.2 -o circuit.part.64
      eda partition cpu.v --board board.toml --verilog fpgas --draw board.svg
      eda partition cpu.v --board board.toml --warm old.out -o new.out
    """
    from eda.errors import UsageError
    from eda.partition.sources import read_source

    source = read_source(
        files,
        board,
        balance=balance,
        top=top,
        luts=luts,
        safe=safe,
        timing=timing,
        pdk=pdk,
        pdk_root=pdk_root,
        time_limit=time_limit,
    )
    if verilog is not None and source.netlist is None:
        raise UsageError("--verilog needs a design, not a hypergraph")
    problem = _limited(source.problem, objective, fixed, together, apart, no_replicate, prices, target)
    with searching(time_limit) as (shown, stopped):
        facts, solution = searched(problem, method, warm, seed, time_limit, shown, as_json)
    if out is not None:
        write_solution_file(out, problem, solution, facts)
    print_report(facts, out, as_json)
    facts |= written_extras(
        source,
        problem,
        solution,
        verilog=verilog,
        picture=draw,
        pdk=pdk,
        pdk_root=pdk_root,
        time_limit=time_limit,
        seed=seed,
        as_json=as_json,
    )
    emit(facts, as_json)
    if stopped:
        raise typer.Exit(130)
    if facts.get("proof", {}).get("status", "proven") != "proven":
        raise typer.Exit(1)


def _limited(
    problem: Problem,
    objective: str,
    fixed: Path | None,
    together: Path | None,
    apart: Path | None,
    no_replicate: Path | None,
    prices: Path | None,
    target: list[str] | None,
) -> Problem:
    """The problem with what single options ask for."""
    import numpy as np

    from eda.partition.formats import places
    from eda.partition.problem import make_problem

    graph, board = problem.graph, problem.board
    replicable = np.array(problem.replicable)
    if no_replicate is not None:
        replicable[places.read_nodes(no_replicate, graph)] = False
    return make_problem(
        graph,
        board,
        resources=problem.resources,
        capacity=_targets(problem, target or []),
        fixed=None if fixed is None else places.read_fixed(fixed, graph, board),
        group=None if together is None else places.read_together(together, graph),
        apart=() if apart is None else places.read_groups(apart, graph),
        replicable=replicable,
        hop_weights=problem.hop_weights if prices is None else places.read_prices(prices, graph),
        link_widths=problem.link_widths,
        objective=objective,
    )


def _targets(problem: Problem, entries: list[str]) -> Any:
    """int64 [K, R]: capacities after ``RESOURCE=SHARE``."""
    import numpy as np

    from eda.errors import UsageError, suggest

    capacity = np.array(problem.capacity)
    for entry in entries:
        name, _, text = entry.rpartition("=")
        if name not in problem.resources:
            raise UsageError(f"--target {entry!r}: no resource {name!r}{suggest(name, problem.resources)}")
        try:
            share = float(text)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise UsageError(f"--target {entry!r}: expected a share between 0 and 1")
        r = problem.resources.index(name)
        capacity[:, r] = np.minimum(capacity[:, r], np.floor(problem.board.capacity[:, r] * share + 1e-9))
    return capacity

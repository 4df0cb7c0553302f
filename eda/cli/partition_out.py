"""What ``eda partition`` finds, prints and writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eda.cli.output import console, emit, table
from eda.cli.searching import Shown

if TYPE_CHECKING:
    from eda.ir.hypergraph import Partition
    from eda.partition.infeasible import Shortfall
    from eda.partition.problem import Problem
    from eda.partition.sources import Source

_MOST_ROWS = 64
_FIRST_FACTS = ("cut", "connectivity", "steiner", "tdm_ratio", "cut_nets", "replicas", "fpgas_used")


def searched(
    problem: Problem, method: str, warm: Path | None, seed: int, time_limit: float, shown: Shown, as_json: bool
) -> tuple[dict[str, Any], Partition]:
    """What is known of the best solution, and the solution; raises `InfeasibleError` if there is none."""
    from eda.partition.infeasible import explain
    from eda.partition.portfolio import partition
    from eda.partition.report import report

    clash = explain(problem)
    if clash is not None:
        _refuse([clash], True, as_json)
    result = partition(problem, method=method, seed=seed, time_limit=time_limit, warm=warm, on_better=shown)
    return report(problem, result.partition) | {"method": method, "seed": seed}, result.partition


def _refuse(shortfalls: list[Shortfall], proven: bool, as_json: bool) -> None:
    """Say what stands in the way, as JSON too, and end with `InfeasibleError`."""
    from eda.partition.problem import InfeasibleError

    emit({"legal": False, "infeasible": proven, "violations": [s.to_dict() for s in shortfalls]}, as_json)
    start = "there is no solution" if proven else "no solution was found; the nearest one lacks"
    raise InfeasibleError(f"{start}: {'; '.join(s.message for s in shortfalls[:5])}")


def write_solution_file(path: Path, problem: Problem, solution: Partition, facts: dict[str, Any]) -> None:
    """Write JSON, blocks or the contest's format, as the name says."""
    from eda.ir.files import write_atomic
    from eda.partition.formats.hmetis import write_parts
    from eda.partition.formats.solution import placed, write_solution

    if path.suffix == ".json":
        write_atomic(path, json.dumps(facts | {"solution": placed(solution, problem.graph, problem.board)}, indent=1) + "\n")
    elif re.search(r"\.part(\.\d+)?$", path.name):
        write_parts(solution.primary, path)
    else:
        write_solution(path, solution, problem.graph, problem.board)


def print_report(facts: dict[str, Any], out: Path | None, as_json: bool) -> None:
    """Print the sums, what every FPGA holds, the fullest links, and where the hops come from."""
    fpgas = list(facts["fpgas"].items())[:_MOST_ROWS]
    resources = [r for r in fpgas[0][1]["used"] if any(f["capacity"][r] for _, f in fpgas)]
    rows = [
        (
            name,
            f["primaries"],
            f["replicas"],
            *(f"{f['used'][r]:,} of {f['capacity'][r]:,}" for r in resources),
            f"{f['external']['load']:,}",
        )
        for name, f in fpgas
    ]
    table(as_json, ("FPGA", "primaries", "replicas", *resources, "external"), rows)
    links = sorted(facts["links"], key=lambda link: -link["ratio"])[:5]
    table(as_json, ("fullest links", "load", "ratio"), [("-".join(x["between"]), x["load"], x["ratio"]) for x in links])
    table(as_json, ("hops", "weight"), list(facts["hop_histogram"].items()))
    human = console(as_json)
    human.print(", ".join(f"{name.replace('_', ' ')} {facts[name]:,}" for name in _FIRST_FACTS))
    human.print(f"{facts['total_hop']:,} hops; {facts['bound_meaning']}: {facts['lower_bound']:,}")
    if out is not None:
        human.print(f"wrote {out}")


def written_extras(
    source: Source,
    problem: Problem,
    solution: Partition,
    *,
    verilog: Path | None,
    picture: Path | None,
    pdk: str,
    pdk_root: str | None,
    time_limit: float,
    seed: int,
    as_json: bool,
) -> dict[str, Any]:
    """Write netlists and the picture; facts of the proof. Netlists without a proof are not written."""
    facts: dict[str, Any] = {}
    human = console(as_json)
    if picture is not None:
        from eda.partition.draw import draw

        draw(problem, solution, picture)
        human.print(f"wrote {picture}")
    if verilog is not None:
        facts["proof"] = _netlists(source, problem, solution, verilog, pdk, pdk_root, time_limit, seed)
        human.print(f"netlists of the FPGAs: {facts['proof']['text']}")
        if facts["proof"]["status"] == "proven":
            human.print(f"wrote {verilog}")
    return facts


def _netlists(
    source: Source,
    problem: Problem,
    solution: Partition,
    folder: Path,
    pdk: str,
    pdk_root: str | None,
    time_limit: float,
    seed: int,
) -> dict[str, Any]:
    from eda.flow.load import library_types
    from eda.partition.recompose import prove
    from eda.partition.split import split, write_split

    assert source.netlist is not None
    assert source.design is not None
    parts = split(source.netlist, solution, problem.board)
    mapped = not all(t.is_generic for t in source.design.types)
    types = library_types(pdk, pdk_root) if mapped else {}
    verdict = prove(source.design, parts, solution, problem.board, types=types, time_limit=time_limit, seed=seed)
    if verdict.status == "proven":
        write_split(parts, problem.board, folder)
    return verdict.to_dict()

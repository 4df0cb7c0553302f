"""What is the best that open generators and Yosys reach together, and how do our own circuits compare? On Nangate45.

    python benchmarks/arith_fronts.py --part peers --width 8 --peers peers/bin/python --multgen DIR --genmul DIR --vlsiffra DIR
    python benchmarks/arith_fronts.py --part prove --width 8 ...
    python benchmarks/arith_fronts.py --part ours --ours DIR --ours DIR

``peers`` maps every circuit of every generator at hand (see `arith_peers`), what Yosys makes of the plain expression, and
textbook circuits of this package, with both recipes and one list of delay targets, the same number of spellings each, and
times them under ideal wires (driver and load of the kit). Every mapped circuit is simulated against its specification, at
8 bits with all inputs, and proven equal to what was mapped. ``prove`` proves the circuits of the union front against the
specification itself. Both add to ``results/arith_fronts_peers.json`` and go on where they were interrupted.

``ours`` reads results of `eda arith optimize` and compares: hypervolume (share of the box up to the reference point that the
points dominate), each point of the union front matched within 0.5 % or not, and given points to reach.

From 32 bits on circuits of generators are mapped from their elaborated gates, without Yosys' generic pass, which takes too
long there.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arith_peers import Tools
from arith_subjects import Key, Subject, catalogue
from arith_union import RECIPES, REFERENCE, SHOWN, Rows, comparison, plot, points, summary, union, volume
from common import RESULTS, cpu_seconds, print_table, write_results
from flow_reproduce import shuffled

from eda.arith.generate import Config, specification
from eda.errors import ToolFailed
from eda.explore.report import read_results
from eda.flow.evaluate import Mapped, Rtl, constraints_of, synthesize, verify
from eda.flow.recipes import load_recipe
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec
from eda.proof.check import Verdict, check_spec
from eda.proof.pair import Pair
from eda.proof.refute import VECTORS, refute
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.area import area
from eda.timing.sta import analyze

NAME = "arith_fronts_peers"
SEED = 1
EXHAUSTIVE_BITS = 20
"""Inputs of circuits that are proven by trying all of them at once."""
DIRECT_FROM = 64
"""Operand bits from which what Yosys makes of the expression skips its generic pass too."""
WRITE_SECONDS = 20.0
SURROUNDINGS = "ideal wires, driver and load of the kit"

TARGETS = {  # ps, in the order of measuring: an interrupted run has the same targets for every circuit but the last one's
    ("multiplier", 8): (1, 600, 9999, 520, 700, 560, 800, 650),
    ("multiplier", 16): (1, 1000, 9999, 900, 1150, 950, 1300, 1070),
    ("multiplier", 32): (1, 1750, 9999, 1600, 2000, 1500, 2400, 1850),
    ("multiplier", 64): (1, 2900, 9999, 2500, 3200, 2300, 3500, 2700),
    ("mac", 8): (1, 700, 9999, 620, 800, 660, 900, 750),
    ("mac", 16): (1, 1100, 9999, 1000, 1250, 1050, 1400, 1170),
}


@dataclass(frozen=True)
class Run:
    """One mapping of a circuit: as it is, or with its statements in the random order number `spelling`."""

    key: Key
    subject: Subject
    recipe: str
    target_ps: float
    spelling: int

    @property
    def name(self) -> tuple[object, ...]:
        return (*self.key, self.subject.name, self.recipe, self.target_ps, self.spelling)

    def mapped(self, pdk: Pdk, seconds: float) -> Mapped:
        front = "direct" if self.key[1] >= DIRECT_FROM and isinstance(self.subject.circuit, Rtl) else None
        recipe = load_recipe(self.recipe, target_ps=self.target_ps, multiplier=self.subject.multiplier, front=front)
        options: dict[str, Any] = {"adders": self.subject.adders, "time_limit": seconds}
        first = synthesize(self.subject.circuit, pdk, recipe, **options)
        return synthesize(shuffled(first.golden, self.spelling), pdk, recipe, **options) if self.spelling else first


def name_of(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(row[k] for k in ("kind", "width", "design", "recipe", "target_ps", "spelling"))


def measured(run: Run, pdk: Pdk, seconds: float) -> dict[str, Any]:
    """The row of one run; one whose mapping fails or takes longer than `seconds` has its reason instead of figures."""
    before = cpu_seconds()
    kind, width = run.key
    row: dict[str, Any] = {"kind": kind, "width": width, "design": run.subject.name, "source": run.subject.source}
    row |= {"recipe": run.recipe, "target_ps": run.target_ps, "spelling": run.spelling}
    try:
        mapped = run.mapped(pdk, seconds)
    except ToolFailed as e:
        return row | {"failure": str(e).splitlines()[0][:200], "cpu_seconds": round(cpu_seconds() - before, 2)}
    timing = analyze(mapped.netlist, pdk.library, constraints_of(pdk))
    row |= {"delay_ps": round(timing.delay_ps, 2), "area_um2": round(area(mapped.netlist, pdk.library), 3)}
    row |= {"cells": mapped.netlist.n_cells, "front": mapped.recipe.front}
    row |= proof_of(mapped, specification(Config(*run.key)))
    return row | {"cpu_seconds": round(cpu_seconds() - before, 2)}


def proof_of(mapped: Mapped, spec: ArithmeticSpec) -> dict[str, str]:
    """Against the specification: all inputs of a small circuit, else simulation; and against what was mapped."""
    if sum(o.width for o in spec.operands) <= EXHAUSTIVE_BITS:
        verdict = check_spec(mapped.netlist, spec, seed=SEED)
    else:
        found = refute(Pair(mapped.netlist, spec), SEED)
        if found is not None:
            raise SystemExit(f"{mapped.netlist.name} does not compute {spec.text}: {found}")
        verdict = verify(mapped, time_limit=120.0, seed=SEED)
        return {"simulated": f"{VECTORS} vectors", "equal_to_source": f"{verdict.status}: {verdict.method}"}
    if verdict.status != "proven":
        raise SystemExit(f"{mapped.netlist.name} is not proven to compute {spec.text}: {verdict}")
    return {"proof": f"{verdict.status}: {verdict.method}"}


class Record:
    """The rows of all parts so far, which the result file keeps."""

    def __init__(self) -> None:
        path = RESULTS / f"{NAME}.json"
        self.rows: list[dict[str, Any]] = json.loads(path.read_text())["rows"] if path.exists() else []
        self.known = {name_of(row): row for row in self.rows}
        self.written = time.monotonic()

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        self.known[name_of(row)] = row
        if time.monotonic() - self.written > WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        keys = sorted({(row["kind"], row["width"]) for row in self.rows if "delay_ps" in row})
        cpu = round(sum(row["cpu_seconds"] for row in self.rows), 1)
        fronts = [summary(self.rows, k) for k in keys]
        write_results(NAME, self.rows, seed=SEED, cpu_seconds=cpu, surroundings=SURROUNDINGS, fronts=fronts)
        self.written = time.monotonic()


def peers_part(options: argparse.Namespace, pdk: Pdk) -> None:
    record, key = Record(), (options.kind, options.width)
    ends = time.monotonic() + 60 * options.minutes
    with sources(options, key) as folder:
        found = catalogue(key, tools_of(options), folder, pdk)
        chosen = [found[name]() for name in chosen_names(options, record, list(found))]
        order = sorted(itertools.product(options.targets or TARGETS[key], options.recipes), key=_late)
        plan = itertools.product(order, chosen, range(options.spellings))
        runs = [Run(key, subject, recipe, target, number) for (target, recipe), subject, number in plan]
        try:
            for run in runs:
                if run.name not in record.known and time.monotonic() < ends:
                    record.add(measured(run, pdk, options.seconds))
                    print(line(record.rows[-1]), flush=True)
        finally:
            record.write()
    report(record.rows, key)


def line(row: dict[str, Any]) -> str:
    found = row.get("failure") or f"{row['delay_ps']:8.1f} ps {row['area_um2']:9.1f} um2"
    return f"{row['design']:44} {row['recipe']:6} {row['target_ps']:6g} {found} {row['cpu_seconds']:6.1f} s"


def _late(what: tuple[float, str]) -> bool:
    """The recipe `area` makes few different circuits: what lies between its extremes comes last."""
    return what[1] == "area" and what[0] not in (1, 9999)


def chosen_names(options: argparse.Namespace, record: Record, found: list[str]) -> list[str]:
    """All; or those that ``--only`` names and, with ``--best N``, the N others with the largest volume at half the width."""
    named = [name for name in found if any(text in name for text in options.only)]
    if options.best is None:
        return named or found
    half = (options.kind, options.width // 2)
    worth = {name: volume([r for r in points(record.rows, half) if r["design"] == name], half) for name in found}
    return named + sorted((name for name in found if name not in named), key=lambda name: -worth[name])[: options.best]


@contextmanager
def sources(options: argparse.Namespace, key: Key) -> Iterator[Path]:
    """A folder for the Verilog of one kind and width, kept if it was chosen."""
    with tempfile.TemporaryDirectory() as folder:
        path = (options.verilog or Path(folder)) / f"{key[0]}_{key[1]}"
        path.mkdir(parents=True, exist_ok=True)
        yield path


def tools_of(options: argparse.Namespace) -> Tools:
    folders = {name: getattr(options, name) for name in ("multgen", "genmul", "vlsiffra")}
    return Tools(options.peers, {name: path.resolve() for name, path in folders.items() if path})


def prove_part(options: argparse.Namespace, pdk: Pdk) -> None:
    """Prove what stands on the union front to compute its specification; the rows of what is proven say so."""
    record, key = Record(), (options.kind, options.width)
    with sources(options, key) as folder:
        found = catalogue(key, tools_of(options), folder, pdk)
        try:
            for row in union(record.rows, key):
                if "proof" not in row:
                    run = Run(key, found[row["design"]](), row["recipe"], row["target_ps"], row["spelling"])
                    verdict = proven(run, pdk, options.seconds)
                    if verdict.status == "proven":
                        row["proof"] = f"proven: {verdict.method}"
                    print(row["design"], row["recipe"], row["target_ps"], verdict, flush=True)
        finally:
            record.write()


def proven(run: Run, pdk: Pdk, seconds: float) -> Verdict:
    """The verdict on one mapped circuit and its specification."""
    source, spec = run.subject.circuit, specification(Config(*run.key))
    via = source if isinstance(source, Netlist) else None
    mapped = run.mapped(pdk, seconds)
    verdict = check_spec(mapped.netlist, spec, via=via, time_limit=seconds, seed=SEED)
    if verdict.status == "different":
        raise SystemExit(f"{run.subject.name}: {verdict}")
    return verdict


def report(rows: Rows, key: Key) -> None:
    known = summary(rows, key)
    print(json.dumps({k: v for k, v in known.items() if k != "front"}, indent=1))
    print_table(known["front"], SHOWN)


def ours_part(options: argparse.Namespace) -> None:
    """Compare our results, found in folders of `eda arith optimize`, with the union fronts."""
    rows, results = Record().rows, []
    found: dict[Key, list[dict[str, Any]]] = {}
    for folder in options.ours:
        record = read_results(folder)
        key = optimized_key(record)
        found.setdefault(key, []).extend(p for p in record["points"] if p["proof"]["status"] == "proven")
    for key, mine in sorted(found.items()):
        if not points(rows, key):
            raise SystemExit(f"nothing to compare with: {key[1]} bits, {key[0]}")
        results.append(comparison(rows, mine, key))
        (RESULTS / f"arith_fronts_{key[0]}_{key[1]}.png").write_bytes(plot(rows, mine, key))
    write_results("arith_fronts", results, seed=SEED)


def optimized_key(record: dict[str, Any]) -> Key:
    """Kind and operand bits of a folder's goal, which must be one that the generators were given too."""
    goal = record.get("goal", {})
    key = (goal.get("kind"), *goal.get("widths", [None])[:1])
    if key not in REFERENCE or goal["specification"] != specification(Config(*key)).text:
        raise SystemExit(f"nothing to compare with: {record.get('title')}, {record.get('note')}")
    if goal["stages"] > 1 or goal["arrivals"] or goal["required"]:
        raise SystemExit(f"{record.get('title')}: expected a combinational circuit whose inputs all arrive at 0")
    return key


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("peers", "prove", "report", "ours"), required=True)
    parser.add_argument("--kind", choices=("multiplier", "mac"), default="multiplier")
    parser.add_argument("--width", type=int, default=8, choices=(8, 16, 32, 64))
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=RECIPES)
    parser.add_argument("--targets", nargs="+", type=float, help="ps; default: the list of the width")
    parser.add_argument("--spellings", type=int, default=1, help="orders of the statements of every circuit")
    parser.add_argument("--best", type=int, help="only so many circuits that were best at half the width")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="only circuits whose name contains one of these")
    parser.add_argument("--minutes", type=float, default=1e6, help="start no run after so many minutes")
    parser.add_argument("--seconds", type=float, default=600.0, help="limit of one mapping, and of one proof")
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="interpreter with the packages of arith_peers.py")
    for name in ("multgen", "genmul", "vlsiffra"):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help="source folder, built where it needs building")
    parser.add_argument(
        "--verilog", type=Path, metavar="DIR", help="keep the generators' Verilog there, and take it from there"
    )
    parser.add_argument("--ours", type=Path, metavar="DIR", action="append", default=[], help="results of `eda arith optimize`")
    return parser.parse_args()


def main() -> None:
    options, pdk = parsed(), find_pdk()
    if options.part == "ours":
        ours_part(options)
    elif options.part == "report":
        report(Record().rows, (options.kind, options.width))
    else:
        {"peers": peers_part, "prove": prove_part}[options.part](options, pdk)


if __name__ == "__main__":
    main()

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

From 32 bits on every circuit is mapped from its elaborated gates, without Yosys' generic pass, which does not end there.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import arith_peers
from arith_peers import Peer, Tools
from common import RESULTS, cpu_seconds, print_table, write_results
from flow_reproduce import added, shuffled, two_rows

from eda.arith.generate import Config, generate, specification
from eda.arith.library_delays import library_delays
from eda.errors import ToolFailed
from eda.explore.pareto import front, hypervolume
from eda.explore.report import read_results
from eda.explore.sweep import rtl
from eda.flow.evaluate import Mapped, Rtl, constraints_of, synthesize, verify
from eda.flow.recipes import Recipe, load_recipe
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec
from eda.proof.check import check_spec
from eda.proof.pair import Pair
from eda.proof.refute import VECTORS, refute
from eda.tech.pdk import Pdk, find_pdk
from eda.tech.tools import YOSYS, run_yosys, scratch
from eda.timing.area import area
from eda.timing.sta import analyze
from eda.verilog.rtl import read_rtl

NAME = "arith_fronts_peers"
RECIPES = ("speed", "area")
SEED = 1
GATES_FROM = 32
"""Operand bits from which circuits are mapped from their elaborated gates."""
EXHAUSTIVE_BITS = 20
"""Inputs of circuits that are proven by trying all of them at once."""
WRITE_SECONDS = 20.0
MATCHED = 0.005

REFERENCE = {  # delay ps, area um2
    ("multiplier", 8): (1200.0, 800.0),
    ("multiplier", 16): (2000.0, 2500.0),
    ("multiplier", 32): (3000.0, 8500.0),
    ("multiplier", 64): (3500.0, 35000.0),
    ("mac", 8): (1300.0, 950.0),
    ("mac", 16): (2100.0, 2900.0),
}
"""Those of multipliers are usual in the literature; those of multiply-adders stand as far from what Yosys makes of them."""

TARGETS = {  # ps, in the order of measuring: an interrupted run has the same targets for every circuit but the last one's
    ("multiplier", 8): (1, 600, 9999, 520, 700, 560, 800, 650),
    ("multiplier", 16): (1, 1000, 9999, 900, 1150, 950, 1300, 1070),
    ("multiplier", 32): (1, 1750, 9999, 1600, 2000, 1500, 2400, 1850),
    ("multiplier", 64): (1, 2900, 9999, 2500, 3200, 2300, 3500, 2700),
    ("mac", 8): (1, 700, 9999, 620, 800, 660, 900, 750),
    ("mac", 16): (1, 1100, 9999, 1000, 1250, 1050, 1400, 1170),
}

REACH = {  # points to reach: delay ps, area um2
    ("multiplier", 8): ((475, 505), (595, 400), (686, 370), (812, 310)),
    ("multiplier", 16): ((740, 2040), (760, 1960), (950, 1600), (1085, 1430), (1392, 1300)),
    ("multiplier", 32): ((1170, 7500), (1627, 5700)),
    ("multiplier", 64): ((1715, 26000),),
    ("mac", 8): ((527, 562),),
    ("mac", 16): ((876, 2154),),
}

Key = tuple[str, int]
"""Kind and operand bits."""


# --- circuits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """A circuit to be mapped.

    source      who made it: a generator, yosys, or textbook
    circuit     RTL, or a netlist
    multiplier  what Yosys makes of `*` in the RTL
    adders      see `eda.flow.synthesize.synthesize`
    """

    name: str
    source: str
    circuit: Rtl | Netlist
    multiplier: str = "array"
    adders: str = "dissolve"

    @cached_property
    def gates(self) -> Netlist:
        """The circuit as a netlist, elaborated by Yosys if it is RTL."""
        return self.circuit if isinstance(self.circuit, Netlist) else read_rtl(self.circuit.paths, self.circuit.top)

    def spelling(self, number: int) -> Rtl | Netlist:
        """The circuit itself, then its gates in random orders of their statements."""
        return self.circuit if number == 0 else shuffled(self.gates, number)


TEXTBOOK = (  # partial products, tree, final adder, adder cells of the library kept
    *(("and", "tdm", adder, False) for adder in ("kogge-stone", "sklansky", "brent-kung", "han-carlson", "+")),
    *(("and", "dadda", adder, False) for adder in ("kogge-stone", "+")),
    *(("and", "wallace", adder, False) for adder in ("brent-kung", "+")),
    *(("booth", "tdm", adder, False) for adder in ("kogge-stone", "brent-kung")),
    *(("and", "tdm", adder, True) for adder in ("sklansky", "kogge-stone", "brent-kung")),
    ("and", "dadda", "sklansky", True),
    ("booth", "tdm", "sklansky", True),
)


def subjects(key: Key, tools: Tools, folder: Path, pdk: Pdk) -> Iterator[Subject]:
    """Every circuit of a kind and width; RTL is written into `folder`."""
    kind, width = key
    yield from yosys_subjects(key, folder)
    for peer in arith_peers.available(tools, kind, width):
        yield peer_subject(peer, key, tools, folder)
    for ppg, tree, adder, cells in TEXTBOOK:
        if adder != "+" or kind == "multiplier":
            yield textbook_subject(key, (ppg, tree, adder, cells), folder, pdk)


def yosys_subjects(key: Key, folder: Path) -> Iterator[Subject]:
    spec = specification(Config(*key))
    path = folder / "expression.v"
    path.write_text(rtl(spec, "top"))
    expression = Rtl((path,), "top")
    for multiplier in ("array", "booth"):
        yield _from_gates(key, Subject(f"yosys {multiplier}", "yosys", expression, multiplier))
    if key[0] == "mac":  # on a lone product the pass changes nothing
        yield _from_gates(key, Subject("yosys arith_tree", "yosys", Rtl((arith_tree(path, folder),), "top")))


def arith_tree(path: Path, folder: Path) -> Path:
    """The gates that Yosys' pass of that name makes of an expression."""
    made = folder / "arith_tree.v"
    commands = ["read_verilog -sv source.v", "synth -flatten -top top -arith_tree -run begin:fine", "techmap", "opt -fast"]
    with scratch() as place:
        (place / "source.v").write_text(path.read_text())
        run_yosys("\n".join([*commands, "write_verilog -noattr made.v"]) + "\n", cwd=place, timeout=60.0, expect=["made.v"])
        made.write_text((place / "made.v").read_text())
    return made


def peer_subject(peer: Peer, key: Key, tools: Tools, folder: Path) -> Subject:
    path = folder / f"{peer.name.replace(' ', '_')}.v"
    if not path.exists():
        path.write_text(arith_peers.verilog(peer, *key, tools))
    return _from_gates(key, Subject(peer.name, peer.generator, Rtl((path,), "top")))


def _from_gates(key: Key, subject: Subject) -> Subject:
    """A wide circuit is mapped from its gates; a Booth multiplier of Yosys stays RTL, since only its mapping makes it."""
    wide = key[1] >= GATES_FROM and subject.multiplier == "array"
    return replace(subject, circuit=subject.gates) if wide else subject


def textbook_subject(key: Key, choice: tuple[str, str, str, bool], folder: Path, pdk: Pdk) -> Subject:
    ppg, tree, adder, cells = choice
    name = f"textbook {ppg} {tree} {adder}{' adder cells' if cells else ''}"
    if adder == "+":
        return _from_gates(key, Subject(name, "textbook", added(two_rows(key[1], tree), folder / f"{tree}.v")))
    delays = {"delays": library_delays(pdk)} if cells else {}
    netlist = generate(*key, ppg=ppg, tree=tree, adder=adder, **delays).netlist
    return Subject(name, "textbook", netlist, adders="keep" if cells else "dissolve")


# --- measuring ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One mapping of a circuit."""

    key: Key
    subject: Subject
    recipe: str
    target_ps: float
    spelling: int

    @property
    def name(self) -> tuple[object, ...]:
        return (*self.key, self.subject.name, self.recipe, self.target_ps, self.spelling)

    def mapped(self, pdk: Pdk, seconds: float) -> Mapped:
        recipe: Recipe = load_recipe(self.recipe, target_ps=self.target_ps, multiplier=self.subject.multiplier)
        circuit = self.subject.spelling(self.spelling)
        return synthesize(circuit, pdk, recipe, adders=self.subject.adders, time_limit=seconds)


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
        keys = sorted({(row["kind"], row["width"]) for row in self.rows})
        cpu = round(sum(row["cpu_seconds"] for row in self.rows), 1)
        facts = {"tool": YOSYS.identity, "surroundings": "ideal wires, driver and load of the kit"}
        write_results(NAME, self.rows, seed=SEED, cpu_seconds=cpu, **facts, fronts=[summary(self.rows, k) for k in keys])
        self.written = time.monotonic()


def peers_part(options: argparse.Namespace, pdk: Pdk) -> None:
    record, key = Record(), (options.kind, options.width)
    ends = time.monotonic() + 60 * options.minutes
    with sources(options, key) as folder:
        chosen = chosen_subjects(options, record, list(subjects(key, tools_of(options), folder, pdk)))
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


def chosen_subjects(options: argparse.Namespace, record: Record, found: list[Subject]) -> list[Subject]:
    """All; or those that ``--only`` names and, with ``--best N``, the N others with the largest volume at half the width."""
    named = [s for s in found if any(text in s.name for text in options.only)]
    if options.best is None:
        return named or found
    half = (options.kind, options.width // 2)
    worth = {s.name: volume([r for r in points(record.rows, half) if r["design"] == s.name], half) for s in found}
    return named + sorted((s for s in found if s not in named), key=lambda s: -worth[s.name])[: options.best]


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
    """Prove what stands on the union front to compute its specification; the verdict goes into the rows."""
    record, key = Record(), (options.kind, options.width)
    spec = specification(Config(*key))
    with sources(options, key) as folder:
        found = {s.name: s for s in subjects(key, tools_of(options), folder, pdk)}
        for row in union(record.rows, key):
            if "proof" not in row:
                run = Run(key, found[row["design"]], row["recipe"], row["target_ps"], row["spelling"])
                source = run.subject.circuit
                via = source if isinstance(source, Netlist) else None
                mapped = run.mapped(pdk, options.seconds)
                verdict = check_spec(mapped.netlist, spec, via=via, time_limit=options.seconds, seed=SEED)
                if verdict.status == "different":
                    raise SystemExit(f"{row['design']}: {verdict}")
                row["proof"] = f"{verdict.status}: {verdict.method or verdict.detail}"
                print(row["design"], row["recipe"], row["target_ps"], row["proof"], flush=True)
    record.write()


# --- fronts ------------------------------------------------------------------------------------------------------------


def points(rows: Sequence[dict[str, Any]], key: Key) -> list[dict[str, Any]]:
    return [r for r in rows if (r["kind"], r["width"]) == key and "delay_ps" in r]


def union(rows: Sequence[dict[str, Any]], key: Key) -> list[dict[str, Any]]:
    """The rows that no other row of the same kind and width dominates, by delay."""
    found = points(rows, key)
    return [found[i] for i in front([(r["delay_ps"], r["area_um2"]) for r in found])]


def volume(rows: Sequence[dict[str, Any]], key: Key) -> float:
    return hypervolume([(r["delay_ps"], r["area_um2"]) for r in rows], REFERENCE[key])


def summary(rows: Sequence[dict[str, Any]], key: Key) -> dict[str, Any]:
    """Union front, hypervolumes, and what was measured, of one kind and width."""
    found = points(rows, key)
    designs = {r["design"]: [x for x in found if x["design"] == r["design"]] for r in found}
    volumes = {name: volume(of, key) for name, of in designs.items()}
    best = max(volumes, key=lambda name: volumes[name])
    third = [r for r in found if r["source"] != "textbook"]
    return {
        "kind": key[0],
        "width": key[1],
        "reference": REFERENCE[key],
        "hypervolume": round(volume(found, key), 4),
        "hypervolume_third_party": round(volume(third, key), 4),
        "best_single_design": best,
        "hypervolume_best_single": round(volumes[best], 4),
        "designs": len(designs),
        "runs": len(found),
        "failures": sum((r["kind"], r["width"]) == key and "failure" in r for r in rows),
        "targets": {recipe: sorted({r["target_ps"] for r in found if r["recipe"] == recipe}) for recipe in RECIPES},
        "spellings": 1 + max(r["spelling"] for r in found),
        "front": [{k: r[k] for k in _SHOWN if k in r} for r in union(rows, key)],
    }


_SHOWN = ("delay_ps", "area_um2", "design", "recipe", "target_ps", "proof")


def report(rows: Sequence[dict[str, Any]], key: Key) -> None:
    known = summary(rows, key)
    print(json.dumps({k: v for k, v in known.items() if k != "front"}, indent=1))
    print_table(known["front"], list(_SHOWN))


# --- ours --------------------------------------------------------------------------------------------------------------


def ours_part(options: argparse.Namespace) -> None:
    """Compare our results, found in folders of `eda arith optimize`, with the union fronts."""
    rows, results = Record().rows, []
    found: dict[Key, list[dict[str, Any]]] = {}
    for folder in options.ours:
        record = read_results(folder)
        key = (record["sweep"]["kind"], record["sweep"]["width"])
        found.setdefault(key, []).extend(p for p in record["points"] if p["proof"]["status"] == "proven")
    for key, mine in sorted(found.items()):
        if key not in REFERENCE or not points(rows, key):
            raise SystemExit(f"nothing to compare with: {key[1]} bits, {key[0]}")
        results.append(comparison(rows, mine, key))
        (RESULTS / f"arith_fronts_{key[0]}_{key[1]}.png").write_bytes(plot(rows, mine, key))
    write_results("arith_fronts", results, seed=SEED)


def comparison(rows: Sequence[dict[str, Any]], mine: Sequence[dict[str, Any]], key: Key) -> dict[str, Any]:
    """Hypervolumes, the points of the union front, and the points to reach, of one kind and width."""
    theirs, ours = volume(points(rows, key), key), volume(mine, key)
    matched = [match(mine, r["delay_ps"], r["area_um2"]) | {"design": r["design"]} for r in union(rows, key)]
    reached = [match(mine, delay, um2) for delay, um2 in REACH[key]]
    print(f"\n{key[0]}, {key[1]} bits: hypervolume ours {ours:.4f}, union {theirs:.4f}, ratio {ours / theirs:.3f}")
    print_table(matched)
    print("points to reach")
    print_table(reached)
    best = [mine[i] for i in front([(p["delay_ps"], p["area_um2"]) for p in mine])]
    return {
        "kind": key[0],
        "width": key[1],
        "reference": REFERENCE[key],
        "ours": round(ours, 4),
        "union": round(theirs, 4),
        "ratio": round(ours / theirs, 4),
        "union_points": matched,
        "points_to_reach": reached,
        "front": [{k: p[k] for k in ("delay_ps", "area_um2", "name", "recipe")} for p in best],
    }


def match(mine: Sequence[dict[str, Any]], delay: float, um2: float) -> dict[str, Any]:
    """How far our points are from one point: the least excess in percent, the area at its delay, the delay at its area."""
    excess = min(max(p["delay_ps"] / delay, p["area_um2"] / um2) - 1 for p in mine)
    fast = [p["area_um2"] for p in mine if p["delay_ps"] <= delay * (1 + MATCHED)]
    small = [p["delay_ps"] for p in mine if p["area_um2"] <= um2 * (1 + MATCHED)]
    return {
        "delay_ps": delay,
        "area_um2": um2,
        "matched": excess <= MATCHED,
        "excess_percent": round(100 * excess, 2),
        "our_area_at_delay": min(fast, default=None),
        "our_delay_at_area": min(small, default=None),
    }


def plot(rows: Sequence[dict[str, Any]], mine: Sequence[dict[str, Any]], key: Key) -> bytes:
    """All points of the generators, and both fronts as step lines."""
    from io import BytesIO

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    sets = {"Yosys": "yosys", "textbook": "textbook", "open generators": None}
    named = set(filter(None, sets.values()))
    for (label, source), colour in zip(sets.items(), ("#c8553d", "#8a8a8a", "#d9a441"), strict=True):
        chosen = [r for r in points(rows, key) if r["source"] == source or (source is None and r["source"] not in named)]
        axes.scatter(*_xy(chosen), s=14, color=colour, alpha=0.6, linewidths=0, label=label)
    axes.step(*_xy(union(rows, key)), where="post", color="#333333", lw=1, label="union of the above")
    best = [mine[i] for i in front([(p["delay_ps"], p["area_um2"]) for p in mine])]
    axes.step(*_xy(best), where="post", color="#1f6f8b", lw=1.4, marker="o", ms=3, label="eda")
    reach_delays, reach_areas = zip(*REACH[key], strict=True)
    axes.scatter(reach_delays, reach_areas, s=40, marker="x", color="#1f6f8b", label="points to reach")
    right, top = REFERENCE[key]
    axes.set(xlabel="delay, ps", ylabel="area, µm²", title=f"{key[0]}, {key[1]} bits", xlim=(None, right), ylim=(None, top))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _xy(rows: Sequence[dict[str, Any]]) -> tuple[list[float], list[float]]:
    return [r["delay_ps"] for r in rows], [r["area_um2"] for r in rows]


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

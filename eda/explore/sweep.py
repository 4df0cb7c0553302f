"""A comparison of architectures of one arithmetic circuit: each generated, mapped, proven, measured and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eda.arith.delays import XOR_UNITS, Delays
from eda.arith.generate import Config, begin, finish, specification
from eda.arith.library_delays import library_delays
from eda.arith.trees import compress
from eda.errors import ProofError, ToolFailed
from eda.explore.record import cpu_seconds, surroundings, write_front, write_record
from eda.explore.report import RESULTS, read_results
from eda.flow.evaluate import Mapped, Metrics, Rtl, measure, synthesize, verify
from eda.flow.recipes import Recipe, load_recipe
from eda.ir.files import write_atomic
from eda.ir.spec import ArithmeticSpec
from eda.proof.check import Verdict, check_spec
from eda.tech.pdk import Pdk, find_pdk
from eda.verilog.writer import to_verilog

PROOF_SECONDS = 300.0
EXHAUSTIVE_BITS = 32
"""Circuits of so many inputs are compared with their specification by trying all of them."""


@dataclass(frozen=True)
class Architecture:
    """One way to build the circuit; `cells`: the compressors become adder cells of the library."""

    ppg: str
    tree: str
    adder: str
    cells: bool = False

    def name(self, kind: str) -> str:
        parts = {"adder": [self.adder], "squarer": [self.tree, self.adder]}.get(kind, [self.ppg, self.tree, self.adder])
        return " ".join(parts) + (", adder cells" if self.cells else "")


_PRODUCTS = (
    Architecture("and", "array", "ripple"),
    Architecture("and", "wallace", "kogge-stone"),
    Architecture("and", "dadda", "sklansky"),
    Architecture("and", "dadda", "kogge-stone"),
    Architecture("and", "tdm", "brent-kung"),
    Architecture("and", "tdm", "kogge-stone"),
    Architecture("and", "tdm", "fitted"),
    Architecture("and", "ufo", "fitted"),
    Architecture("booth", "dadda", "kogge-stone"),
    Architecture("booth", "tdm", "kogge-stone"),
    Architecture("booth", "tdm", "fitted"),
    Architecture("and", "array", "ripple", cells=True),
    Architecture("and", "dadda", "sklansky", cells=True),
    Architecture("and", "tdm", "sklansky", cells=True),
    Architecture("and", "tdm", "fitted", cells=True),
    Architecture("booth", "tdm", "fitted", cells=True),
)
_ADDERS = ("ripple", "sklansky", "kogge-stone", "brent-kung", "han-carlson", "ladner-fischer", "fitted")


def architectures(kind: str, pdk: Pdk) -> tuple[Architecture, ...]:
    """What is compared for a kind of circuit; without adder cells where the kit has none."""
    if kind == "adder":
        return tuple(Architecture("and", "dadda", adder) for adder in _ADDERS)
    chosen = _PRODUCTS if kind != "squarer" else tuple(a for a in _PRODUCTS if a.ppg == "and")
    return chosen if pdk.defaults.full_adder else tuple(a for a in chosen if not a.cells)


@dataclass(frozen=True)
class Sweep:
    """What is swept: a circuit, a kit, and the recipes that every architecture is mapped with."""

    config: Config
    pdk: Pdk
    recipes: tuple[Recipe, ...]
    seed: int = 1

    @classmethod
    def of(
        cls,
        kind: str,
        width: int,
        *,
        width_b: int | None = None,
        terms: int | None = None,
        signed: bool = False,
        pdk: str = "nangate45",
        pdk_root: str | None = None,
        recipes: tuple[str, ...] = ("area", "speed"),
        target_ps: float | None = None,
        seed: int = 1,
    ) -> Sweep:
        """Check every name; raises `UsageError` with the nearest valid one."""
        config = Config(kind, width, width_b, terms, signed)
        chosen = tuple(load_recipe(name, target_ps=target_ps) for name in recipes)
        return cls(config, find_pdk(pdk, root=pdk_root), chosen, seed)

    @property
    def spec(self) -> ArithmeticSpec:
        return specification(self.config)

    @property
    def title(self) -> str:
        c = self.config
        size = f"{c.width}" if c.kind == "squarer" else "x".join(map(str, c.widths))
        return f"{size} {'signed ' if c.signed else ''}{c.kind} on {self.pdk.name}"

    @property
    def identity(self) -> dict[str, Any]:
        """What makes points of two runs comparable."""
        c = self.config
        return {
            "kind": c.kind,
            "width": c.width,
            "width_b": c.widths[1],
            "terms": c.n_terms if c.kind == "dot" else None,
            "signed": c.signed,
            "pdk": self.pdk.name,
            "library": self.pdk.library.digest,
            "recipes": [r.label for r in self.recipes],
            "seed": self.seed,
        }

    @property
    def size(self) -> int:
        return sum(1 for _ in self.tasks(Path()))

    def tasks(self, folder: Path) -> Iterator[Task]:
        """Every point to measure: our architectures, and what Yosys makes of the plain expression."""
        for recipe in self.recipes:
            for architecture in architectures(self.config.kind, self.pdk):
                yield OwnDesign(self, recipe, folder, architecture)
            for multiplier in ("array", "booth") if self.config.kind != "adder" else ("array",):
                yield YosysDesign(self, recipe, folder, multiplier)


@dataclass(frozen=True)
class Task:
    """One point of a sweep."""

    sweep: Sweep
    recipe: Recipe
    folder: Path

    source = ""

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def key(self) -> str:
        return f"{self.source}: {self.name}, {self.recipe.label}"

    def prepare(self) -> tuple[Path, Mapped, Verdict, dict[str, Any]]:
        """Source file, mapped design, verdict and configuration."""
        raise NotImplementedError

    def run(self) -> dict[str, Any]:
        """Make, prove, measure and write the point; raises `ProofError` if it is not proven."""
        verilog, mapped, verdict, config = self.prepare()
        if verdict.status != "proven":
            raise ProofError(f"{self.name}, {self.recipe.label}: not proven to be {self.sweep.spec.text}: {verdict}")
        metrics = measure(mapped, verdict, seed=self.sweep.seed)
        target = self.folder / "mapped" / f"{_plain(self.source, self.name, self.recipe.label)}.v"
        write_atomic(target, metrics.verilog)
        files = {"verilog": str(verilog.relative_to(self.folder)), "mapped": str(target.relative_to(self.folder))}
        return {"key": self.key, "name": self.name, "source": self.source, "config": config} | files | _measured(metrics)


@dataclass(frozen=True)
class OwnDesign(Task):
    """A generated architecture."""

    architecture: Architecture
    source = "eda"

    @property
    def name(self) -> str:
        return self.architecture.name(self.sweep.config.kind)

    def prepare(self) -> tuple[Path, Mapped, Verdict, dict[str, Any]]:
        c, a, pdk = self.sweep.config, self.architecture, self.sweep.pdk
        config = replace(c, ppg=a.ppg, tree=a.tree, adder=a.adder, delays=_delays(pdk) if a.cells else XOR_UNITS)
        draft = begin(config)
        design = finish(draft, compress(a.tree, draft.heap, config.delays))
        path = self.folder / "verilog" / f"{_plain(self.source, self.name)}.v"
        write_atomic(path, to_verilog(design.netlist, comment=design.spec.text))
        mapped = synthesize(design.netlist, pdk, self.recipe, adders="keep" if a.cells else "dissolve")
        verdict = check_spec(mapped.netlist, design.spec, via=design.netlist, time_limit=PROOF_SECONDS, seed=self.sweep.seed)
        return path, mapped, verdict, asdict(a)


@dataclass(frozen=True)
class YosysDesign(Task):
    """What Yosys makes of the plain expression."""

    multiplier: str
    source = "yosys"

    @property
    def name(self) -> str:
        product = "a*b" if self.sweep.config.kind == "multiplier" else self.sweep.config.kind
        return f"Yosys {product}" + (", booth" if self.multiplier == "booth" else "")

    def prepare(self) -> tuple[Path, Mapped, Verdict, dict[str, Any]]:
        spec, seed = self.sweep.spec, self.sweep.seed
        path = self.folder / "verilog" / f"{_plain(self.source, self.sweep.config.kind)}.v"
        write_atomic(path, rtl(spec, "design"))
        recipe = load_recipe(self.recipe.name, target_ps=self.recipe.target_ps, multiplier=self.multiplier)
        mapped = synthesize(Rtl((path,), "design"), self.sweep.pdk, recipe)
        if sum(o.width for o in spec.operands) <= EXHAUSTIVE_BITS:
            verdict = check_spec(mapped.netlist, spec, time_limit=PROOF_SECONDS, seed=seed)
        else:
            verdict = verify(mapped, time_limit=PROOF_SECONDS, seed=seed)
        return path, mapped, verdict, {"multiplier": self.multiplier}


def rtl(spec: ArithmeticSpec, name: str) -> str:
    """Behavioural Verilog of a specification: one expression, left to the synthesis tool."""
    sign = "signed " if any(o.signed for o in spec.operands) else ""
    ports = [f"  input {'signed ' if o.signed else ''}[{o.width - 1}:0] {o.name}" for o in spec.operands]
    ports.append(f"  output {sign}[{spec.width - 1}:0] {spec.output}")
    expression = " + ".join(" * ".join(term) for term in spec.terms)
    return f"module {name}(\n" + ",\n".join(ports) + f"\n);\n  assign {spec.output} = {expression};\nendmodule\n"


def _delays(pdk: Pdk) -> Delays:
    return library_delays(pdk) if pdk.defaults.full_adder else XOR_UNITS


def _measured(metrics: Metrics) -> dict[str, Any]:
    keys = ("delay_ps", "area_um2", "power_mw", "energy_pj", "cells", "engine", "activity", "recipe", "proof", "seconds")
    known = metrics.to_dict()
    return {k: known[k] for k in keys} | {"recipe": metrics.recipe.split()[0]}


def _plain(*words: str) -> str:
    text = "_".join(words)
    return "".join(ch if ch.isalnum() else "_" for ch in text).replace("__", "_").strip("_")


# --- running ------------------------------------------------------------------------------------------------------------


def run_sweep(
    sweep: Sweep, folder: Path, *, jobs: int = 2, progress: Callable[[str], None] = lambda what: None
) -> dict[str, Any]:
    """Run every task of `sweep`, `jobs` at a time; write results, front, plots and report into `folder`; return the record.

    Points of an earlier run of the same sweep in `folder` are kept. A keyboard interrupt ends the run with what was
    found; the record then says so. A task whose external program fails or runs out of time is recorded under
    ``failures`` with the reason. Raises any other error of a task, after the points before it were recorded.
    """
    known = _earlier(sweep, folder)
    points: dict[str, dict[str, Any]] = {}
    failures: dict[str, str] = {}
    waiting = []
    for task in sweep.tasks(folder):
        if task.key in known:
            points[task.key] = known[task.key]
            progress(task.key)
        else:
            waiting.append(task)
    before, interrupted = cpu_seconds(), False
    with ThreadPoolExecutor(jobs) as pool:
        futures: dict[Future[dict[str, Any]], Task] = {pool.submit(task.run): task for task in waiting}
        try:
            for future in as_completed(futures):
                key = futures[future].key
                try:
                    points[key] = future.result()
                except ToolFailed as e:
                    failures[key] = str(e)
                progress(key)
                _record(sweep, folder, points, failures, cpu_seconds() - before, finished=False)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            pool.shutdown(wait=not interrupted, cancel_futures=True)
    record = _record(sweep, folder, points, failures, cpu_seconds() - before, finished=not interrupted)
    write_front(record, folder)
    return record | {"interrupted": interrupted}


def _earlier(sweep: Sweep, folder: Path) -> dict[str, dict[str, Any]]:
    """Points of the same sweep that are in `folder` with their files."""
    if not (folder / RESULTS).exists():
        return {}
    record = read_results(folder)
    if record.get("sweep") != sweep.identity:
        return {}
    points = [p for p in record["points"] if (folder / p["mapped"]).exists() and (folder / p["verilog"]).exists()]
    return {p["key"]: p for p in points}


def _record(
    sweep: Sweep, folder: Path, found: dict[str, dict[str, Any]], failures: dict[str, str], cpu: float, *, finished: bool
) -> dict[str, Any]:
    """Write and return ``results.json``: the points found so far, in the order of the tasks."""
    points = [found[task.key] for task in sweep.tasks(folder) if task.key in found]
    return write_record(
        folder,
        points,
        title=sweep.title,
        note=f"{sweep.spec.text}; {surroundings(sweep.pdk)}",
        identity=("sweep", sweep.identity),
        finished=finished,
        cpu_seconds=cpu,
        seed=sweep.seed,
        failures=failures,
    )

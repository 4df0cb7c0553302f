"""What can be proven, at what cost, and whether wrong circuits are ever called proven.

    python benchmarks/proof.py                     # all parts
    python benchmarks/proof.py --part mutants      # exhaustive, certificates, mapping or mutants

CPU seconds count this process and its children. Parts that were not run keep their rows in ``results/proof.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, islice, product
from pathlib import Path

import numpy as np
from common import RESULTS, cpu_seconds, print_table, write_results

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mutants import brute_force_equal, mutant

from eda.arith.generate import generate
from eda.arith.lower import lower
from eda.flow.evaluate import Rtl, synthesize
from eda.flow.recipes import Recipe
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist
from eda.ir.simulate import run
from eda.proof.check import Verdict, check, check_spec
from eda.tech.pdk import find_pdk

SEED = 1
TREES = ("array", "wallace", "dadda", "tdm", "ufo")
ADDERS = ("ripple", "sklansky", "kogge-stone", "brent-kung", "han-carlson", "ladner-fischer", "fitted")
MUTANTS = 10_000
SMALL_INPUTS = 16

# ABC's structural choices do not end within ten minutes on 64x64 gates; plain mapping with sizing does.
QUICK = Recipe(
    "quick",
    "map and size",
    target_ps=9999,
    abc=("strash", "dc2", "map -B 0.9", "topo", "buffer -c -N 12", "upsize", "dnsize"),
)


# --- exhaustive ------------------------------------------------------------------------------------------------------


def exhaustive() -> Iterator[dict[str, object]]:
    """16x16 netlists of Yosys, which no structure helps with, against a*b over all 2**32 inputs."""
    source = Rtl((Path(__file__).parents[1] / "netlists" / "mult16.v",), "mult16")
    spec = generate("multiplier", 16).spec
    for recipe in ("area", "speed"):
        mapped = synthesize(source, "nangate45", recipe)
        yield timed(
            "exhaustive", f"16x16, Yosys a*b, {recipe}", 60, lambda m=mapped: check_spec(m.netlist, spec, time_limit=300)
        )


# --- certificates ----------------------------------------------------------------------------------------------------


def variants() -> Iterator[tuple[str, int, int, dict[str, object]]]:
    for width, limit, adders in ((64, 10, ADDERS), (128, 60, ("ripple", "kogge-stone", "fitted"))):
        for ppg, signed, tree, adder in product(("and", "booth"), (False, True), TREES, adders):
            yield "multiplier", width, limit, {"ppg": ppg, "signed": signed, "tree": tree, "adder": adder}
    for kind, signed, tree, adder in product(("mac", "squarer", "dot"), (False, True), TREES, ("kogge-stone", "fitted")):
        for ppg in ("and",) if kind == "squarer" else ("and", "booth"):
            yield kind, 64, 10, {"ppg": ppg, "signed": signed, "tree": tree, "adder": adder}


def certificates() -> Iterator[dict[str, object]]:
    """Every variant: the slowest of each kind and width, and how many were proven."""
    groups: dict[tuple[str, int, int], list[tuple[float, str, str]]] = {}
    for kind, width, limit, options in variants():
        design = generate(kind, width, **options)
        before = cpu_seconds()
        verdict = check_spec(design.netlist, design.spec, time_limit=300)
        groups.setdefault((kind, width, limit), []).append((cpu_seconds() - before, design.config.name, verdict.status))
    for (kind, width, limit), runs in groups.items():
        slowest, name, _ = max(runs)
        yield {
            "part": "certificates",
            "what": f"{kind} {width}: {len(runs)} variants, slowest {name}",
            "status": dict(Counter(status for _, _, status in runs)),
            "cpu_seconds": round(slowest, 2),
            "limit": limit,
        }


# --- mapping -----------------------------------------------------------------------------------------------------------


def mapping() -> Iterator[dict[str, object]]:
    """64x64 before and after mapping: adder cells kept, and everything mapped anew."""
    for options in ({"tree": "tdm", "adder": "fitted"}, {"tree": "dadda", "adder": "sklansky", "ppg": "booth"}):
        design = generate("multiplier", 64, **options)
        for recipe, adders in (("area", "keep"), ("speed", "keep"), (QUICK, "dissolve")):
            mapped = synthesize(design.netlist, "nangate45", recipe, adders=adders, time_limit=900)
            name = recipe if isinstance(recipe, str) else recipe.name
            what = f"64x64 {' '.join(options.values())}, {name}, {adders}: {mapped.netlist.n_cells} cells"
            yield timed(
                "mapping", what, 60, lambda m=mapped, d=design: check_spec(m.netlist, d.spec, via=d.netlist, time_limit=300)
            )


# --- mutants -----------------------------------------------------------------------------------------------------------


def designs() -> dict[str, Netlist]:
    """Twenty circuits: generic, in gates, and mapped; most have so few inputs that brute force can judge."""
    kit = find_pdk("nangate45")
    made: dict[str, Netlist] = {}
    for kind, width, options in (
        ("multiplier", 8, {"tree": "dadda", "adder": "sklansky"}),
        ("multiplier", 8, {"ppg": "booth", "tree": "tdm", "adder": "kogge-stone", "signed": True}),
        ("multiplier", 8, {"tree": "array", "adder": "ripple"}),
        ("mac", 4, {"tree": "tdm", "adder": "fitted"}),
        ("squarer", 12, {"tree": "ufo", "adder": "brent-kung"}),
        ("dot", 2, {"tree": "wallace", "adder": "han-carlson"}),
        ("adder", 8, {"adder": "kogge-stone"}),
    ):
        design = generate(kind, width, **options).netlist
        made[f"{design.name}, generic"] = design
        made[f"{design.name}, gates"] = lower(design, "gates")
    for kind, width, recipe, adders in (
        ("multiplier", 8, "area", "keep"),
        ("multiplier", 8, "speed", "dissolve"),
        ("adder", 8, "speed", "dissolve"),
        ("multiplier", 16, "area", "keep"),
        ("multiplier", 16, "speed", "dissolve"),
        ("multiplier", 32, "area", "keep"),
    ):
        netlist = synthesize(generate(kind, width).netlist, kit, recipe, adders=adders).netlist
        made[f"{netlist.name}, {recipe}, {adders}"] = netlist
    return made


def mutants() -> Iterator[dict[str, object]]:
    """Single-gate and wire-swap mutants against their originals; who is called proven is judged independently."""
    chosen = designs()
    assert len(chosen) == 20
    share = MUTANTS // len(chosen)
    for number, (name, original) in enumerate(chosen.items()):
        rng = np.random.default_rng([SEED, number])
        before, tally = cpu_seconds(), Counter()
        for _ in range(share):
            tally[judge(original, mutant(original, rng)[1])] += 1
        different = share - tally["equal, proven"] - tally["equal, unknown"]
        yield {
            "part": "mutants",
            "what": f"{name}: {original.n_cells} cells",
            "status": dict(tally),
            "refuted_share": tally["different, refuted"] / different if different else 1.0,
            "cpu_seconds": round(cpu_seconds() - before, 1),
        }


def judge(original: Netlist, wrong: Netlist) -> str:
    """The verdict, with the truth: by replaying the counterexample, else by brute force or another solver."""
    verdict = check(original, wrong, time_limit=60)
    if verdict.status == "different":
        return "different, refuted" if replays(original, wrong, verdict.counterexample.inputs) else "NOT REPLAYED"
    equal = brute_force_equal(original, wrong) if original.n_input_bits <= SMALL_INPUTS else solver_says_equal(original, wrong)
    if verdict.status == "proven":
        return "equal, proven" if equal else "DIFFERENT, CALLED PROVEN"
    return "equal, unknown" if equal else "different, unknown"


def replays(original: Netlist, wrong: Netlist, inputs: dict[str, int]) -> bool:
    values = {p.name: [inputs[p.name] % (1 << p.width)] for p in original.inputs}
    return run(original, values) != run(wrong, values)


def solver_says_equal(a: Netlist, b: Netlist) -> bool:
    """A plain miter, equal cells on equal pins shared, for a solver that the product does not use."""
    from pysat.solvers import Solver

    known: dict[tuple[CellType, tuple[int, ...]], list[int]] = {}
    fresh = count(a.first_cell_net)
    with Solver("glucose4", bootstrap_with=[[1]]) as solver:
        left, right = (encode(n, solver, known, fresh) for n in (a, b))
        pairs = [(left[x], right[y]) for p in a.outputs for x, y in zip(p.nets, b.port(p.name).nets, strict=True)]
        return not any(solver.solve(assumptions=[s * x, -s * y]) for x, y in pairs if x != y for s in (1, -1))


def encode(
    netlist: Netlist, solver: object, known: dict[tuple[CellType, tuple[int, ...]], list[int]], fresh: Iterator[int]
) -> dict[int, int]:
    """Clauses of every cell that is not `known`, from its truth table; returns the variable of each net."""
    variable = {0: -1, 1: 1} | {net: net for net in range(2, netlist.first_cell_net)}
    for kind, group in netlist.groups:
        for c in group.tolist():
            pins = tuple(variable[int(net)] for net in netlist.fanin_of(c))
            if (kind, pins) not in known:
                known[kind, pins] = list(islice(fresh, len(kind.outputs)))
                for out, table in zip(known[kind, pins], kind.tables, strict=True):
                    for m in range(1 << len(pins)):
                        off = [-p if m >> i & 1 else p for i, p in enumerate(pins)]
                        solver.add_clause([*off, out if table >> m & 1 else -out])
            variable.update(zip(netlist.outputs_of(c), known[kind, pins], strict=True))
    return variable


# --- running -----------------------------------------------------------------------------------------------------------


def timed(part: str, what: str, limit: float, prove: Callable[[], Verdict]) -> dict[str, object]:
    before = cpu_seconds()
    verdict = prove()
    seconds = round(cpu_seconds() - before, 2)
    return {
        "part": part,
        "what": what,
        "status": verdict.status,
        "method": verdict.method,
        "cpu_seconds": seconds,
        "limit": limit,
    }


PARTS = {"exhaustive": exhaustive, "certificates": certificates, "mapping": mapping, "mutants": mutants}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append")
    parts = parser.parse_args().part or list(PARTS)
    path = RESULTS / "proof.json"
    kept = [r for r in json.loads(path.read_text())["rows"] if r["part"] not in parts] if path.exists() else []
    rows: list[dict[str, object]] = []
    started = time.monotonic()
    for part in parts:
        for row in PARTS[part]():
            print_table([row])
            rows.append(row)
    every = sorted(kept + rows, key=lambda r: list(PARTS).index(r["part"]))
    total = sum((Counter(r["status"]) for r in every if r["part"] == "mutants"), Counter())
    write_results("proof", every, seed=SEED, mutants=dict(total), wall_seconds=round(time.monotonic() - started))


if __name__ == "__main__":
    main()

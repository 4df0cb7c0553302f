"""Every kind of circuit through the optimizer: signed, rectangular, squarer, dot product, constant, pipelines.

    python benchmarks/arith_kinds.py            # about 20 CPU minutes
    python benchmarks/arith_kinds.py --only squarer --points 4

Each front is proven, and its mapped netlists are simulated in Icarus Verilog with the kit's own models of its cells against
plain ``*`` and ``+``. Beside it stands what Yosys makes of the same expression, the better of its recipes at either end;
pipelines are compared with the combinational circuit that they were cut from.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, cpu_seconds, print_table, write_results

from eda.arith.config import Config
from eda.arith.optimize import Goal
from eda.arith.testbench import bench, run_testbench
from eda.explore.optimized import Request, run
from eda.tech.pdk import Pdk, find_pdk
from eda.verilog.reader import read_verilog

SEED = 1
VECTORS = 2000
LIMIT = 240.0

GOALS: dict[str, tuple[Config, int]] = {
    "signed multiplier 8": (Config("multiplier", 8, signed=True), 1),
    "multiplier 12x20": (Config("multiplier", 12, 20), 1),
    "signed x unsigned multiplier 8": (Config("multiplier", 8, signed=True, signed_b=False), 1),
    "squarer 12": (Config("squarer", 12), 1),
    "dot product of 4, 8 bits": (Config("dot", 8, terms=4), 1),
    "multiplier 12, constant 93": (Config("multiplier", 12, constant=93), 1),
    "multiplier 12, constant -1234": (Config("multiplier", 12, constant=-1234, signed=True), 1),
    "multiplier 12, low half": (Config("multiplier", 12, result_bits=12), 1),
    "multiplier 8, 2 stages": (Config("multiplier", 8), 2),
    "multiplier 8, 3 stages": (Config("multiplier", 8), 3),
    "multiplier 16, 2 stages": (Config("multiplier", 16), 2),
}


def measure(name: str, pdk: Pdk, points: int) -> dict[str, Any]:
    config, stages = GOALS[name]
    goal = Goal(config, pdk, stages=stages, seed=SEED)
    before = cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        record = run(Request(goal, points, LIMIT, Path(folder)))
        entries = [(p, simulated(Path(folder) / p["mapped"], goal)) for p in record["points"]]
    if not entries or any(errors or p["proof"]["status"] != "proven" for p, (_, errors) in entries):
        raise SystemExit(f"{name}: not all of the front is proven and simulated: {[(p['name'], e) for p, e in entries]}")
    return {
        "name": name,
        "specification": goal.spec.text,
        "stages": stages,
        "front": [(round(p["delay_ps"], 1), round(p["area_um2"], 1)) for p, _ in entries],
        "power_mw": [p["power_mw"] for p, _ in entries],
        "points": len(entries),
        "proofs": sorted({f"{p['proof']['status']}: {p['proof']['method']}" for p, _ in entries}),
        "simulated_vectors": sum(vectors for _, (vectors, _) in entries),
        "simulation_errors": sum(errors for _, (_, errors) in entries),
        "cpu_s": round(cpu_seconds() - before, 1),
    }


def simulated(path: Path, goal: Goal) -> tuple[int, int]:
    """Vectors and errors of a mapped netlist in Icarus, with the kit's models."""
    netlist = read_verilog(path, types=goal.pdk.library.types)
    text = bench(netlist, goal.spec, vectors=VECTORS, seed=SEED)
    result = run_testbench(path.read_text(), text, models=goal.pdk.verilog_files)
    return result.vectors, result.errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="goals whose name contains one of these")
    parser.add_argument("--points", type=int, default=6)
    options, pdk = parser.parse_args(), find_pdk()
    path = RESULTS / "arith_kinds.json"
    known = {row["name"]: row for row in json.loads(path.read_text())["rows"]} if path.exists() else {}
    for name in GOALS:
        if not options.only or any(text in name for text in options.only):
            known[name] = measure(name, pdk, options.points)
            print_table([known[name]], ["name", "points", "front", "proofs", "simulated_vectors", "cpu_s"])
            write_results("arith_kinds", [known[n] for n in GOALS if n in known], seed=SEED, pdk=pdk.name, vectors=VECTORS)


if __name__ == "__main__":
    main()

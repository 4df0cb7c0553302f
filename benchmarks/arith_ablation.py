"""What every step of `eda arith optimize` gains: hypervolume of the front with all steps, and with each left out.

    python benchmarks/arith_ablation.py --width 8

Also the published method alone, with textbook adders (``--method domac``). The reference point is that of `arith_fronts`.
One seed: differences of a few thousandths are noise, as the row with another seed shows.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from arith_union import REFERENCE
from common import cpu_seconds, print_table, write_results

from eda.arith.config import Config
from eda.arith.optimize import STEPS, Goal, optimize, proven
from eda.pareto import hypervolume
from eda.tech.pdk import find_pdk

SEED = 1
PROVEN = 4
"""Points of each front that are proven here."""


def measure(name: str, goal: Goal) -> dict[str, Any]:
    before = cpu_seconds()
    points = optimize(goal).archive.points
    sample = points[:: max(1, len(points) // PROVEN)]
    if len(proven(goal, sample)) < len(sample):
        raise SystemExit(f"{name}: not proven")
    front = [(p.delay_ps, p.area) for p in points]
    reference = REFERENCE[goal.config.kind, goal.config.width]
    return {
        "without": name,
        "hypervolume": round(hypervolume(front, reference), 4),
        "fastest_ps": round(front[0][0], 1),
        "smallest_um2": round(min(a for _, a in front), 1),
        "points": len(front),
        "cpu_s": round(cpu_seconds() - before, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=8, choices=(8, 16, 32))
    options = parser.parse_args()
    whole = Goal(Config("multiplier", options.width), find_pdk(), seed=SEED)
    goals = {"nothing": whole, "nothing, another seed": replace(whole, seed=SEED + 1)}
    goals |= {step: replace(whole, without=frozenset({step})) for step in STEPS}
    goals["all of it: domac as published"] = replace(whole, method="domac")
    rows = []
    for name, goal in goals.items():
        rows.append(measure(name, goal))
        rows[-1]["loss"] = round(rows[0]["hypervolume"] - rows[-1]["hypervolume"], 4)
        print_table(rows[-1:])
        write_results(f"arith_ablation_{options.width}", rows, seed=SEED, pdk=whole.pdk.name)


if __name__ == "__main__":
    main()

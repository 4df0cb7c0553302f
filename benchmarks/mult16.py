"""The main job, measured: 16x16 multipliers in many architectures against what Yosys makes of ``a*b``, on Nangate45.

    python benchmarks/mult16.py

Runs `eda arith sweep multiplier --width 16` from scratch (empty store), prints the table, and writes
``results/mult16.json`` and the plot of the README, ``docs/images/mult16.svg``.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from common import cpu_seconds, print_table, write_results

SEED = 1
PLOT = Path(__file__).parents[1] / "docs" / "images" / "mult16.svg"


def main() -> None:
    from eda.explore.sweep import Sweep, run_sweep

    before, started = cpu_seconds(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EDA_CACHE"] = f"{folder}/cache"
        record = run_sweep(Sweep.of("multiplier", 16, seed=SEED), Path(folder) / "out", progress=print)
        PLOT.parent.mkdir(parents=True, exist_ok=True)
        PLOT.write_bytes((Path(folder) / "out" / "pareto.svg").read_bytes())
    keys = ("name", "source", "recipe", "delay_ps", "area_um2", "power_mw", "cells", "on_front")
    rows = [{k: p[k] for k in keys} | {"proof": f"{p['proof']['status']}: {p['proof']['method']}"} for p in record["points"]]
    print_table(rows)
    facts = {"title": record["title"], "note": record["note"], "environment": record["environment"]}
    measured = {"cpu_seconds": round(cpu_seconds() - before, 1), "wall_seconds": round(time.monotonic() - started, 1)}
    print(measured)
    write_results("mult16", rows, seed=SEED, **facts, **measured)


if __name__ == "__main__":
    main()

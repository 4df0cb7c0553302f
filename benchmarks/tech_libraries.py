"""CPU seconds to read the libraries and outlines of every kit: cold, then from the cache of parsed libraries.

Each reading is a process of its own, so that nothing is warm but the file system; the seconds count from after the
imports. Each cached figure is the median of `--repeat` processes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import default_data, print_table, write_results

from eda.errors import ToolNotFound
from eda.tech.pdk import find_pdk, pdk_names

TARGETS = {"nangate45": 1.0, "sky130hd": 2.0, "asap7": 5.0}
CACHED_TARGET = 0.05

PROGRAM = """
import json, sys, time
from eda.tech.lef import read_lef
from eda.tech.liberty import read_liberty
start = time.process_time()
libraries = [read_liberty(path) for path in json.loads(sys.argv[1])]
middle = time.process_time()
lef = read_lef(json.loads(sys.argv[2]))
end = time.process_time()
cells = sum(len(l.cells) for l in libraries)
tables = sum(len(l.tables.n0) for l in libraries)
print(json.dumps([middle - start, end - middle, cells, tables, len(lef.macros)]))
"""


def read(kit, cache: str) -> list[float]:
    files = [json.dumps([str(p) for p in group]) for group in (kit.liberty_files, kit.lef_files)]
    env = {**os.environ, "EDA_CACHE": cache}
    done = subprocess.run([sys.executable, "-c", PROGRAM, *files], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure(kit, repeat: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as cache:
        cold, lef, cells, tables, macros = read(kit, cache)
        cached = statistics.median(read(kit, cache)[0] for _ in range(repeat))
    return {
        "kit": kit.name,
        "cells": cells,
        "tables": tables,
        "cold_s": round(cold, 3),
        "cold_target_s": TARGETS.get(kit.name),
        "cached_s": round(cached, 4),
        "cached_target_s": CACHED_TARGET,
        "macros": macros,
        "lef_s": round(lef, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data(), help="folder of benchmark data, with pdk/ in it")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    if options.data is not None:
        os.environ["EDA_PDK_PATH"] = str(options.data / "pdk")
    rows, missing = [], []
    for name in pdk_names():
        try:
            rows.append(measure(find_pdk(name), options.repeat))
        except ToolNotFound:
            missing.append(name)
    print_table(rows)
    met = all(r["cold_s"] <= (r["cold_target_s"] or math.inf) and r["cached_s"] <= CACHED_TARGET for r in rows)
    print(f"targets {'met' if met else 'MISSED'}" + (f"; not installed: {', '.join(missing)}" if missing else ""))
    write_results("tech_libraries", rows, all_targets_met=met, missing=missing)


if __name__ == "__main__":
    main()

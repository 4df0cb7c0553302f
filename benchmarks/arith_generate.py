"""CPU seconds from the start of a process to a written 128x128 multiplier, for every tree and final adder."""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import print_table, write_results

from eda.arith.adders import ADDERS
from eda.arith.config import PARTIAL_PRODUCTS
from eda.arith.trees import TREES

LIMIT = 3.0

CHILD = """
import sys
from eda.arith.generate import generate
from eda.verilog.writer import write_verilog
width, ppg, tree, adder, path = sys.argv[1:]
write_verilog(generate("multiplier", int(width), ppg=ppg, tree=tree, adder=adder).netlist, path)
"""


def child_seconds(arguments: list[str]) -> float:
    """User and system CPU seconds of one fresh interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", CHILD, *arguments], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(width: int, ppg: str, tree: str, adder: str, runs: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.v"
        seconds = [child_seconds([str(width), ppg, tree, adder, str(path)]) for _ in range(runs)]
        size = path.stat().st_size
    return {
        "ppg": ppg,
        "tree": tree,
        "adder": adder,
        "cpu_s": round(statistics.median(seconds), 3),
        "worst_cpu_s": round(max(seconds), 3),
        "megabytes": round(size / 1e6, 2),
        "in_limit": max(seconds) <= LIMIT,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--runs", type=int, default=3, help="fresh processes for each row")
    options = parser.parse_args()
    rows = [
        measure(options.width, ppg, tree, adder, options.runs) for ppg in PARTIAL_PRODUCTS for tree in TREES for adder in ADDERS
    ]
    print_table(rows)
    worst = max(float(str(row["worst_cpu_s"])) for row in rows)
    print(f"worst: {worst:.2f} CPU seconds; limit {LIMIT:g}")
    write_results("arith_generate", rows, width=options.width, runs=options.runs, limit_s=LIMIT, worst_cpu_s=worst)


if __name__ == "__main__":
    main()

"""Sizes of prefix graphs by depth: the search against the bound of Snir and the smallest sizes published or logged.

Run: python benchmarks/prefix_depth.py [--moves N] [--seeds K]
"""

from __future__ import annotations

import argparse

from common import cpu_seconds, print_table, write_results

from eda.arith.prefix_search import search_depth

KNOWN = {(128, 7): 364, (128, 8): 273, (128, 9): 248}
"""Smallest sizes in the logs of ArithTreeRL (NeurIPS 2024), by positions and depth."""
CASES = [(16, 4), (16, 5), (32, 5), (32, 6), (64, 6), (64, 7), (64, 8), *KNOWN]


def main() -> None:
    """Search every case from each seed; the best and the time of all seeds together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=500_000)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    search_depth(8, 3, moves=10)  # compile
    rows = []
    for n, depth in CASES:
        before = cpu_seconds()
        found = [search_depth(n, depth, moves=arguments.moves, seed=seed) for seed in range(1, arguments.seeds + 1)]
        sizes = [g.size for g in found]
        rows.append(
            {
                "n": n,
                "depth": depth,
                "size": min(sizes),
                "sizes": sizes,
                "known": KNOWN.get((n, depth)),
                "snir": 2 * n - 2 - depth,
                "cpu_s": round(cpu_seconds() - before, 1),
            }
        )
    print_table(rows)
    write_results("prefix_depth", rows, moves=arguments.moves, seeds=arguments.seeds)


if __name__ == "__main__":
    main()

"""Compressor trees alone: Dadda, TDM, DOMAC as published, and what each improvement brings; exact times, CPU seconds.

Every tree is over the AND array of a square multiplier, dots at 50 ps with 20 ps slew, 1.6 fF at the final adder, rise and
fall apart. Times of optimized trees are the best of a batch of random starts (by default one), as medians over independent
batches. Beside them: CPU seconds of 300 steps with 8 seeds at once, from as many steps as asked for.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from statistics import median

from common import cpu_seconds, print_table, write_results

from eda.arith.domac import TREE_ALONE, Coefficient, Options, method, optimize_tree, tree_timing
from eda.arith.domac.options import PUBLISHED
from eda.arith.library_delays import library_delays
from eda.arith.trees import compress
from eda.ir.heap import BitHeap
from eda.tech.pdk import find_pdk

TODAY = replace(PUBLISHED, where=TREE_ALONE, weights=(0.0,))
OURS = Options(where=TREE_ALONE)
VARIANTS: dict[str, Options] = {
    "published, library cells": replace(TODAY, implementations="cell"),
    "published": TODAY,
    "+ start from TDM": replace(TODAY, start="tdm", bonus=OURS.bonus, noise=OURS.noise),
    "+ risk-averse nets": replace(TODAY, start="tdm", bonus=OURS.bonus, noise=OURS.noise, nets="risk"),
    "+ Sinkhorn, temperature, penalties": replace(OURS, swaps=False),
    "+ local search (improved)": OURS,
    "improved, library cells": replace(OURS, implementations="cell"),
    "improved, mean-field nets": replace(OURS, nets="mean"),
    "improved, row softmax": replace(OURS, wiring="softmax"),
    "improved, published L_D": replace(OURS, decision="product", loss=replace(OURS.loss, decide=Coefficient(0.05, 1.03))),
    "improved, start from Dadda": replace(OURS, start="dadda", bonus=0.0),
    "local search alone, library cells": replace(OURS, implementations="cell", steps=0),
    "local search alone": replace(OURS, steps=0),
    "improved, area weight 0.2": replace(OURS, weights=(0.2,)),
    "local search alone, area weight 0.2": replace(OURS, weights=(0.2,), steps=0),
    "improved, free polarity": replace(OURS, implementations="free"),
}


def and_array(n: int) -> BitHeap:
    heap = BitHeap.empty(2 * n)
    for j in range(n):
        heap = heap.add_dots(range(j, j + n), range(2 + j * n, 2 + (j + 1) * n), 50.0)
    return heap


def plain(n: int, kind: str, pdk) -> dict[str, object]:
    began = cpu_seconds()
    timing = tree_timing(compress(kind, and_array(n), library_delays(pdk)), pdk)
    return {"width": n, "tree": kind, "exact_ps": timing.delay_ps, "area": timing.area, "cpu_s": cpu_seconds() - began}


def optimized(n: int, name: str, options: Options, pdk, batches: int) -> dict[str, object]:
    """Medians over batches; the gap is that of every legal tree before local search, relative to the relaxed time."""
    best, areas, gaps, times, legal = [], [], [], [], []
    for batch in range(batches if options.steps else 1):
        began = cpu_seconds()
        result = optimize_tree(and_array(n), pdk, replace(options, seed=1 + batch * options.seeds))
        times.append(cpu_seconds() - began)
        made = [t for t in result.trees if t.seed is not None] or [t for t in result.trees if t.tree.impl.any()] or result.trees
        first = min(made, key=lambda t: t.exact_ps + t.weight * t.area * result.start_ps / result.start_area)
        best.append(first.exact_ps)
        areas.append(first.area)
        gaps += [t.legal_ps / t.relaxed_ps - 1 for t in made if t.relaxed_ps and t.legal_ps]
        legal += [t.legal_ps for t in made if t.legal_ps]
    return {
        "width": n,
        "tree": name,
        "exact_ps": median(best),
        "best_ps": min(best),
        "worst_ps": max(best),
        "area": median(areas),
        "legal_ps": median(legal) if legal else None,
        "gap_median_pct": 100 * median(gaps) if gaps else None,
        "gap_largest_pct": 100 * max(map(abs, gaps)) if gaps else None,
        "cpu_s": median(times),
        "batches": len(best),
    }


def speed(n: int, steps: int, pdk) -> dict[str, object]:
    """CPU seconds of the descent alone; the whole schedule runs in `steps` steps."""
    times = []
    for count in (1, steps + 1):
        began = cpu_seconds()
        optimize_tree(and_array(n), pdk, replace(OURS, swaps=False, steps=count, seeds=8))
        times.append(cpu_seconds() - began)
    per_step = (times[1] - times[0]) / steps
    return {"width": n, "steps": steps, "seeds": 8, "cpu_s_per_step": per_step, "cpu_s_of_300_steps": 300 * per_step}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--batches", type=int, default=5, help="independent batches")
    parser.add_argument("--seeds", type=int, default=1, help="random starts of a batch")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), help="a part of the names of the variants to run")
    parser.add_argument("--speed", type=int, nargs="*", default=[8, 16, 32], help="widths whose descent is timed")
    parser.add_argument("--speed-steps", type=int, default=60, help="steps for that")
    parser.add_argument("--name", default="domac", help="name of the results file")
    args = parser.parse_args()
    pdk = find_pdk("nangate45")
    optimize_tree(and_array(4), pdk, method("improved", steps=2, seeds=1, where=TREE_ALONE))  # compiles
    facts = {"convention": "dots 50 ps, 20 ps slew; 1.6 fF; rise and fall apart", "seeds": args.seeds}
    speeds = [speed(n, args.speed_steps, pdk) for n in args.speed]
    print_table(speeds)
    rows: list[dict[str, object]] = []
    for n in args.widths:
        new = [plain(n, kind, pdk) for kind in ("dadda", "tdm")]
        for name, options in VARIANTS.items():
            if any(part in name for part in args.variants):
                new.append(optimized(n, name, replace(options, seeds=args.seeds), pdk, args.batches))
        rows += new
        print_table(new, list(new[-1]))
        write_results(args.name, rows, seed=1, speed=speeds, **facts)


if __name__ == "__main__":
    main()

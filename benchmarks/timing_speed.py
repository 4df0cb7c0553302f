"""Speed and self-consistency of timing and power.

CPU seconds to time a netlist of 100,000 cells, from the plain arrays (joining it with the library included); timings per
second of batches of sizings of mapped 8-bit multipliers, in one process; the differentiable twin against the exact
analysis; power against its definitions, evaluated one instance and one moment at a time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import print_table, write_results

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from naive_power import NaivePower

from eda.arith.generate import generate
from eda.flow.synthesize import synthesize
from eda.ir.netlist import Netlist, Port, vector
from eda.tech.library import Library
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.activity import Activity, simulated
from eda.timing.batch import analyze_batch, sizing
from eda.timing.constraints import Constraints
from eda.timing.power import power
from eda.timing.smooth import smooth, twin
from eda.timing.sta import analyze
from eda.timing.variants import variants

CELLS = 100_000
BATCH = 200
MULTIPLIERS = (("dadda", "area", "keep"), ("tdm", "speed", "keep"), ("dadda", "area", "dissolve"), ("tdm", "speed", "dissolve"))
GAMMAS = (1.0, 1e-2, 1e-4)


def seconds(task: Callable[[], object], repeat: int = 3) -> float:
    """Smallest CPU seconds of this process over `repeat` calls."""
    spent = []
    for _ in range(repeat):
        start = time.process_time()
        task()
        spent.append(time.process_time() - start)
    return min(spent)


def large_netlist(library: Library, usable: Callable[[object], bool], cells: int, seed: int, window: float) -> Netlist:
    """A random netlist of combinational cells; fan-ins lie an exponentially distributed distance back."""
    rng = np.random.default_rng(seed)
    pool = [c.type for c in library.cells if usable(c) and c.type.is_combinational and c.type.inputs and not c.clock_pins]
    kind = rng.integers(len(pool), size=cells)
    inputs = np.array([len(t.inputs) for t in pool])[kind]
    outputs = np.array([len(t.outputs) for t in pool])[kind]
    first = 2 + 64
    out = first + np.concatenate(([0], np.cumsum(outputs)))
    owner = np.repeat(out[:-1], inputs)
    fanin = np.maximum(owner - 1 - rng.exponential(window, size=len(owner)).astype(np.int64), 2)
    nets = int(out[-1])
    ports: tuple[Port, ...] = (
        vector("a", "input", range(2, first)),
        vector("y", "output", np.setdiff1d(np.arange(first, nets), fanin).tolist()),
    )
    start = np.concatenate(([0], np.cumsum(inputs)))
    return Netlist("large", ports, tuple(pool), kind, start, fanin, (None,) * nets, (None,) * cells)


def time_large(pdk: Pdk, surroundings: Constraints) -> list[dict[str, object]]:
    rows = []
    for window in (20_000.0, 500.0, 40.0):
        made = iter([large_netlist(pdk.library, pdk.is_usable, CELLS, seed, window) for seed in range(3)])
        first = seconds(lambda made=made: analyze(next(made), pdk.library, surroundings))
        netlist = large_netlist(pdk.library, pdk.is_usable, CELLS, 0, window)
        timing = analyze(netlist, pdk.library, surroundings)
        again = seconds(lambda netlist=netlist: analyze(netlist, pdk.library, surroundings))
        backward = seconds(lambda timing=timing: type(timing).net_slack.func(timing))
        rows.append(
            {
                "what": f"{CELLS} cells, {int(timing.graph.level.max())} levels",
                "pins": len(netlist.fanin),
                "first_cpu_s": round(first, 3),
                "again_cpu_s": round(again, 3),
                "slacks_cpu_s": round(backward, 3),
            }
        )
    return rows


def mapped_multipliers(pdk: Pdk) -> list[tuple[str, Netlist]]:
    made = []
    for tree, recipe, adders in MULTIPLIERS:
        source = generate("multiplier", 8, tree=tree).netlist
        made.append((f"{tree}/{recipe}/{adders}", synthesize(source, pdk, recipe, adders=adders).netlist))
    return made


def time_batches(pdk: Pdk, surroundings: Constraints, netlists: list[tuple[str, Netlist]]) -> list[dict[str, object]]:
    groups, rng, rows = variants(pdk.library, pdk.is_usable), np.random.default_rng(1), []
    for name, netlist in netlists:
        prepared = sizing(netlist, pdk.library, surroundings, groups)
        choice = rng.integers(0, prepared.choices.count, size=(BATCH, netlist.n_cells))
        spent = seconds(lambda prepared=prepared, choice=choice: analyze_batch(prepared, choice))
        rate = round(BATCH / spent)
        rows.append({"what": f"8-bit multiplier {name}", "cells": netlist.n_cells, "batch": BATCH, "timings_per_cpu_s": rate})
    return rows


def check_twin(pdk: Pdk, surroundings: Constraints, netlists: list[tuple[str, Netlist]]) -> list[dict[str, object]]:
    import torch

    groups, rng, rows = variants(pdk.library, pdk.is_usable), np.random.default_rng(2), []
    for name, netlist in netlists[::2]:
        prepared = sizing(netlist, pdk.library, surroundings, groups)
        choice = rng.integers(0, prepared.choices.count, size=(8, netlist.n_cells))
        exact, ready = analyze_batch(prepared, choice), twin(prepared)
        certain = torch.nn.functional.one_hot(torch.as_tensor(choice), prepared.choices.cells.shape[1]).double()
        for gamma in GAMMAS:
            own = smooth(ready, certain, gamma)
            rows.append(
                {
                    "what": f"twin of {name}, gamma {gamma:g} ps",
                    "delay": _relative(own.delay_ps.numpy(), exact.delay_ps),
                    "arrival": _relative(own.arrival.numpy(), exact.arrival),
                    "slew": _relative(own.slew.numpy(), exact.slew),
                }
            )
        p = certain.requires_grad_()
        spent = seconds(lambda ready=ready, p=p: smooth(ready, p, 1.0).delay_ps.sum().backward())
        rows.append({"what": f"twin of {name}, forward and gradient of 8 mixtures", "cpu_s": round(spent, 3)})
    return rows


def _relative(own: np.ndarray, exact: np.ndarray) -> float:
    used = np.isfinite(exact) & (np.abs(exact) > 1e-6)
    return float(np.max(np.abs(own[used] - exact[used]) / np.abs(exact[used])))


def check_power(pdk: Pdk, surroundings: Constraints, netlists: list[tuple[str, Netlist]]) -> list[dict[str, object]]:
    rows = []
    for name, netlist in netlists[::2]:
        timing = analyze(netlist, pdk.library, surroundings)
        activity = simulated(netlist, cycles=128, seed=3)
        found = power(netlist, pdk.library, activity=activity, timing=timing)
        parts = NaivePower(timing, _bits(activity), activity.toggles).parts()
        scale = (1 / found.period_ps, 1 / found.period_ps, 1e-6)
        own = (found.switching_mw, found.internal_mw, found.leakage_mw)
        errors = [abs(o - p * s) / (p * s) for o, p, s in zip(own, parts, scale, strict=True)]
        spent = seconds(lambda netlist=netlist, timing=timing: power(netlist, pdk.library, timing=timing))
        rows.append(
            {
                "what": f"power of {name}, {netlist.n_cells} cells",
                **dict(zip(("switching", "internal", "leakage"), errors, strict=True)),
                "cpu_s": round(spent, 3),
                "mw": round(power(netlist, pdk.library, timing=timing).total_mw, 4),
            }
        )
    return rows


def _bits(activity: Activity) -> list[list[int]]:
    return np.unpackbits(activity.values.view(np.uint8), axis=1, bitorder="little").tolist()


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    pdk = find_pdk("nangate45")
    surroundings = Constraints(driver=pdk.defaults.driver, load_ff=pdk.defaults.load_ff)
    netlists = mapped_multipliers(pdk)
    analyze(netlists[0][1], pdk.library, surroundings)  # compiles the loops, or loads them
    parts = {
        "large": time_large(pdk, surroundings),
        "batches": time_batches(pdk, surroundings, netlists),
        "twin": check_twin(pdk, surroundings, netlists),
        "power": check_power(pdk, surroundings, netlists),
    }
    for rows in parts.values():
        print_table(rows, list(dict.fromkeys(key for row in rows for key in row)))
        print()
    met = {
        "100,000 cells in less than 1 CPU second": all(r["first_cpu_s"] < 1.0 for r in parts["large"]),
        "200 timings per second": all(r["timings_per_cpu_s"] >= 200 for r in parts["batches"]),
        "twin within 1e-4": all(r["delay"] < 1e-4 for r in parts["twin"] if r["what"].endswith(f"gamma {GAMMAS[-1]:g} ps")),
        "power within 1e-9": all(max(r["switching"], r["internal"], r["leakage"]) < 1e-9 for r in parts["power"]),
    }
    write_results("timing_speed", [row for rows in parts.values() for row in rows], seed=1, kit=pdk.name, met=met)
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Our timing analysis against OpenSTA: arrival and slew of every output pin, slack of every register pin, area.

Hundreds of small designs are mapped by Yosys and ABC onto every process kit that is found; random netlists of all the
kits' cells are added, because synthesis uses few of them. OpenSTA reads a copy of the Liberty file without its default
wire load. Areas are compared with Yosys' `stat`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import cpu_seconds, default_data, print_table, write_results
from small_designs import Small, small_designs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mapped_random import random_netlist
from opensta_pins import Difference, difference, reference

from eda.arith.generate import generate
from eda.errors import ToolNotFound
from eda.flow.sources import Rtl
from eda.flow.synthesize import synthesize
from eda.ir.netlist import Netlist
from eda.tech import tools
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.sta import Timing, analyze
from eda.verilog.writer import to_verilog

# kit: how many small designs are mapped for area and for speed, how many ISCAS and EPFL circuits, how many random netlists
PLAN = {
    "nangate45": (90, 40, 14, 20),
    "sky130hd": (75, 20, 8, 20),
    "ihp-sg13g2": (75, 20, 8, 20),
    "osu035": (75, 20, 8, 20),
    "osu018": (50, 0, 0, 20),
    "asap7": (35, 0, 0, 20),
}
CLASSIC = (
    *(f"iscas85/verilog/{n}" for n in ("c17", "c432", "c499", "c880", "c1355", "c1908")),
    *(f"iscas89/verilog/{n}" for n in ("s27", "s298", "s344", "s420", "s641", "s382", "s713", "s1423")),
)
ADDER_CELLS = (("multiplier", 4), ("multiplier", 8), ("mac", 4), ("adder", 8))
_TRANSISTORS = re.compile(r"module dff\b(?:(?!endmodule).)*trireg.*?endmodule", re.DOTALL)  # some model it that way
_FLIP_FLOP = "module dff (input CK, output reg Q, input D); always @(posedge CK) Q <= D; endmodule"
RANDOM_CELLS = 150
TIGHT = 1e-3  # the mark for 99 % of all pins, and for slacks as a share of the period
LOOSE = 1e-2  # the mark for every pin


@dataclass(frozen=True)
class Case:
    """One netlist and how it compares; `kind` is "mapped" or "random"."""

    name: str
    kind: str
    netlist: Netlist
    timing: Timing
    found: Difference
    version: str


def mapped(pdk: Pdk, folder: Path, data: Path | None) -> Iterator[tuple[str, Netlist]]:
    """Netlists that synthesis makes for one kit, by name."""
    for_area, for_speed, classics, _ = PLAN[pdk.name]
    designs = small_designs()
    for recipe, count in (("area", for_area), ("speed", for_speed)):
        for design in designs[:count]:
            yield f"{design.name}/{recipe}", synthesize(_rtl(folder, design), pdk, recipe).netlist
    for path in CLASSIC[:classics] if data is not None else ():
        source = data / "netlists" / f"{path}.v"
        design = Small(source.stem, _TRANSISTORS.sub(_FLIP_FLOP, source.read_text()))
        yield f"{source.stem}/area", synthesize(_rtl(folder, design), pdk, "area").netlist
    for kind, width in ADDER_CELLS if pdk.defaults.full_adder else ():
        yield f"{kind}{width}_cells/area", synthesize(generate(kind, width).netlist, pdk, "area").netlist


def _rtl(folder: Path, design: Small) -> Rtl:
    path = folder / f"{design.name}.v"
    path.write_text(design.text)
    return Rtl((path,), design.name)


def cases(pdk: Pdk, folder: Path, data: Path | None) -> Iterator[Case]:
    for name, netlist in mapped(pdk, folder, data):
        yield compare(pdk, name, "mapped", netlist)
    for seed in range(PLAN[pdk.name][3]):
        netlist = random_netlist(pdk.library, RANDOM_CELLS, seed, registers=bool(seed % 2))
        yield compare(pdk, f"random{seed}", "random", netlist)


def compare(pdk: Pdk, name: str, kind: str, netlist: Netlist) -> Case:
    free = Constraints(driver=pdk.defaults.driver, load_ff=pdk.defaults.load_ff)
    period = round(1.1 * analyze(netlist, pdk.library, free).delay_ps, 1) or 1000.0
    constraints = Constraints(driver=free.driver, load_ff=free.load_ff, period_ps=period)
    timing = analyze(netlist, pdk.library, constraints)
    clock = netlist.net_label(timing.clock.nets[0]) if timing.clock.nets else None
    told = reference(netlist, pdk.liberty_files, constraints, period_ps=period, clock=clock)
    return Case(name, kind, netlist, timing, difference(timing, told), told.version)


def area_difference(pdk: Pdk, done: list[Case], folder: Path) -> float:
    """Largest relative difference of our areas from those of Yosys' `stat`, which sees all netlists in one run."""
    names = [f"n{i}" for i in range(len(done))]
    lines = []
    for i, path in enumerate(pdk.liberty_files):
        tools.bring(path, folder, f"lib_{i}.lib")
        lines.append(f"read_liberty -lib -ignore_miss_func lib_{i}.lib")
    for name, case in zip(names, done, strict=True):
        text = to_verilog(case.netlist, names="plain")
        (folder / f"{name}.v").write_text(text.replace(f"module {case.netlist.name}(", f"module {name}(", 1))
        lines.append(f"read_verilog {name}.v")
    liberty = " ".join(f"-liberty lib_{i}.lib" for i in range(len(pdk.liberty_files)))
    lines.append(f"tee -q -o stat.json stat -json {liberty}")
    tools.run_yosys("\n".join(lines) + "\n", cwd=folder, timeout=600, expect=["stat.json"])
    printed = (folder / "stat.json").read_text()
    modules = json.loads(printed[printed.index("{") :])["modules"]  # remarks on the library may stand before it
    errors = [0.0]
    for name, case in zip(names, done, strict=True):
        own, theirs = area(case.netlist, pdk.library), float(modules[f"\\{name}"].get("area", 0.0))
        errors.append(abs(own - theirs) / max(own, theirs, 1e-9))
    return max(errors)


def row(pdk: str, done: list[Case], area_error: float | None) -> dict[str, object]:
    """One line of the table: a kit, or all of them."""
    relative = np.concatenate([c.found.relative for c in done])
    clocked = [c for c in done if c.timing.clock.nets]
    return {
        "kit": pdk,
        "mapped": sum(c.kind == "mapped" for c in done),
        "random": sum(c.kind == "random" for c in done),
        "cells": sum(c.netlist.n_cells for c in done),
        "numbers": len(relative),
        "median": float(np.median(relative)),
        "p99": float(np.quantile(relative, 0.99)),
        "max": float(relative.max()),
        f"above {TIGHT:g}": int((relative > TIGHT).sum()),
        "in one only": sum(len(c.found.only_one) for c in done),
        "clocked": len(clocked),
        "slack/period": max((c.found.late_slack_ps / c.timing.period_ps for c in clocked), default=None),
        "hold/period": max((c.found.early_slack_ps / c.timing.period_ps for c in clocked), default=None),
        "unchecked": sum(c.found.unchecked for c in done),
        "area": area_error,
    }


def worst(kit: str, done: list[Case], count: int = 3) -> list[dict[str, object]]:
    """The netlists with the largest differences of one kit."""
    ranked = sorted(done, key=lambda c: -float(c.found.relative[-1]))[:count]
    return [{"kit": kit, "netlist": c.name, "where": c.found.worst, "relative": float(c.found.relative[-1])} for c in ranked]


def _meets_marks(total: dict[str, object]) -> bool:
    few = total[f"above {TIGHT:g}"] <= 0.01 * total["numbers"]
    slacks = max(total["slack/period"], total["hold/period"]) <= TIGHT
    return bool(total["max"] <= LOOSE and few and slacks and not total["in one only"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data(), help="folder of benchmark data (default: $EDA_DATA)")
    parser.add_argument("--kits", nargs="+", choices=PLAN, default=list(PLAN))
    parser.add_argument("--pdk-root", type=Path, help="folder that holds one folder per kit (default: $EDA_PDK_PATH)")
    options = parser.parse_args()
    if options.pdk_root is not None:
        os.environ["EDA_PDK_PATH"] = str(options.pdk_root)
    start, rows, everything, offenders, missing = cpu_seconds(), [], [], [], []
    for name in options.kits:
        try:
            pdk = find_pdk(name)
        except ToolNotFound:
            missing.append(name)
            continue
        with tools.scratch() as folder:
            done = list(cases(pdk, folder, options.data))
        with tools.scratch() as folder:
            rows.append(row(name, done, area_difference(pdk, done, folder)))
        everything += done
        offenders += worst(name, done)
        print(f"{name}: {len(done)} netlists", file=sys.stderr)
    rows.append(row("all", everything, max(r["area"] for r in rows)))
    print_table(rows)
    passed = _meets_marks(rows[-1])
    write_results(
        "timing_opensta",
        rows,
        seed=1,
        opensta=everything[0].version,
        marks={"every number within": LOOSE, "99 % within": TIGHT, "slack within, of the period": TIGHT},
        met=passed,
        missing_kits=missing,
        largest_differences=offenders,
        notes=NOTES,
        cpu_seconds=round(cpu_seconds() - start, 1),
    )
    return 0 if passed else 1


NOTES = [
    "numbers: arrivals (rise, fall, per launching clock edge) and slews of all output pins of cells; clock nets left out",
    "unchecked: register pins that OpenSTA does not check because a scan enable is constant; ours checks them",
    "OpenSTA is told to give no credit for clock reconvergence, which this version gives even to an ideal clock",
]

if __name__ == "__main__":
    raise SystemExit(main())

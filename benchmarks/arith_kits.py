"""Our front beside Yosys and textbook Dadda multipliers on other process kits.

    python benchmarks/arith_kits.py --kit sky130hd=DIR --kit asap7=DIR [--width 16]

For each kit (its folder after ``=``; nothing for one that is found by itself): what Yosys makes of ``a*b`` with and without
Booth, a Dadda tree with Sklansky and with Kogge-Stone adders, all with both recipes, and the front of `eda arith optimize`.
A rival is beaten by a proven circuit of ours that is at least as fast and small, and better in one of the two.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import Any

from common import cpu_seconds, print_table, write_results

from eda.arith.config import Config
from eda.arith.generate import generate, specification
from eda.arith.optimize import Goal
from eda.explore.optimized import Request, run
from eda.flow.evaluate import Rtl, constraints_of, synthesize
from eda.flow.recipes import load_recipe
from eda.proof.check import check_spec
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.area import area
from eda.timing.sta import analyze

SEED = 1
SEARCH_SECONDS = 900.0


def rivals(pdk: Pdk, width: int, folder: Path) -> list[dict[str, Any]]:
    config = Config("multiplier", width)
    spec, rows = specification(config), []
    plain = folder / "plain.v"
    ports = f"input [{width - 1}:0] a, b, output [{2 * width - 1}:0] p"
    plain.write_text(f"module top({ports}); assign p = a * b; endmodule\n")
    subjects: list[tuple[str, Any, str | None, Any]] = [
        ("Yosys a*b", Rtl((plain,), "top"), None, None),
        ("Yosys a*b, booth", Rtl((plain,), "top"), "booth", None),
    ]
    for adder in ("sklansky", "kogge-stone"):
        design = generate("multiplier", width, tree="dadda", adder=adder)
        subjects.append((f"dadda {adder}", design.netlist, None, design.via))
    for (name, source, multiplier, via), recipe in itertools.product(subjects, ("area", "speed")):
        mapped = synthesize(source, pdk, load_recipe(recipe, multiplier=multiplier), adders="dissolve").netlist
        verdict = check_spec(mapped, spec, via=via, time_limit=120, seed=SEED)
        delay = analyze(mapped, pdk.library, constraints_of(pdk)).delay_ps
        rows.append({"design": name, "recipe": recipe, "delay_ps": delay, "area_um2": area(mapped, pdk.library)})
        rows[-1]["proof"] = verdict.status
    return rows


def compared(pdk: Pdk, width: int) -> dict[str, Any]:
    before = cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        others = rivals(pdk, width, Path(folder))
        record = run(Request(Goal(Config("multiplier", width), pdk, seed=SEED), 20, SEARCH_SECONDS, Path(folder)))
    ours = [(p["delay_ps"], p["area_um2"]) for p in record["points"] if p["proof"]["status"] == "proven"]
    for row in others:
        better = [a for d, a in ours if d <= row["delay_ps"] and a <= row["area_um2"]]
        faster = [d for d, a in ours if d <= row["delay_ps"] and a <= row["area_um2"]]
        row["beaten"] = bool(better)
        row["less_area"] = round(1 - min(better) / row["area_um2"], 4) if better else None
        row["less_delay"] = round(1 - min(faster) / row["delay_ps"], 4) if faster else None
    front = [(round(d, 2), round(a, 3)) for d, a in ours]
    return {
        "kit": pdk.name,
        "width": width,
        "front": front,
        "finished": record["finished"],
        "rivals": others,
        "all_beaten": all(row["beaten"] for row in others),
        "cpu_s": round(cpu_seconds() - before, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kit", action="append", required=True, metavar="NAME[=DIR]")
    parser.add_argument("--width", type=int, default=16)
    options = parser.parse_args()
    rows = []
    for text in options.kit:
        name, _, folder = text.partition("=")
        rows.append(compared(find_pdk(name, folder or None), options.width))
        print(name, rows[-1]["front"])
        print_table(rows[-1]["rivals"])
        write_results("arith_kits", rows, seed=SEED)


if __name__ == "__main__":
    main()

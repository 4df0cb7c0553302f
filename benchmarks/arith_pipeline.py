"""Pipelines of mapped multipliers: clock period and registers of balanced cuts, and of cuts by the number of gates."""

from __future__ import annotations

import argparse

import numpy as np
from common import cpu_seconds, print_table, write_results

from eda.arith.generate import Design, generate
from eda.arith.pipeline import pipeline_mapped
from eda.arith.registers import find_register, insert_registers
from eda.flow.evaluate import constraints_of, synthesize
from eda.flow.recipes import load_recipe
from eda.ir.netlist import Netlist
from eda.proof.check import check_spec
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.area import area
from eda.timing.sta import analyze


def by_gates(netlist: Netlist, pdk: Pdk, stages: int) -> Netlist:
    """Cut where the number of gates from the inputs passes equal parts of the depth."""
    level = np.minimum((netlist.level - 1) * stages // netlist.depth, stages - 1)
    return insert_registers(netlist, np.maximum(level, 0), stages - 1, find_register(pdk)).netlist


def measure(design: Design, mapped: Netlist, pdk: Pdk, stages: int) -> dict[str, object]:
    around = constraints_of(pdk)
    started = cpu_seconds(children=False)
    balanced = pipeline_mapped(mapped, pdk, stages, around)
    seconds = cpu_seconds(children=False) - started
    plain = by_gates(mapped, pdk, stages)
    proofs = [check_spec(n, design.spec, via=design.via, time_limit=120) for n in (balanced, plain)]
    whole = analyze(mapped, pdk.library, around).delay_ps
    return {
        "width": design.config.width,
        "stages": stages,
        "combinational_ps": round(whole, 1),
        "share_ps": round(whole / stages, 1),
        "period_ps": round(analyze(balanced, pdk.library, around).delay_ps, 1),
        "registers": len(balanced.state_cells),
        "area_um2": round(area(balanced, pdk.library), 1),
        "by_gates_ps": round(analyze(plain, pdk.library, around).delay_ps, 1),
        "by_gates_registers": len(plain.state_cells),
        "cpu_s": round(seconds, 2),
        "proofs": " ".join(sorted({v.status for v in proofs})),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--stages", type=int, nargs="+", default=[2, 3, 4, 6])
    parser.add_argument("--recipe", default="speed")
    options = parser.parse_args()
    pdk, rows = find_pdk(), []
    for width in options.widths:
        design = generate("multiplier", width, tree="tdm", adder="fitted")
        mapped = synthesize(design.netlist, pdk, load_recipe(options.recipe)).netlist
        rows += [measure(design, mapped, pdk, stages) for stages in options.stages]
    print_table(rows)
    write_results("arith_pipeline", rows, pdk=pdk.name, recipe=options.recipe)


if __name__ == "__main__":
    main()

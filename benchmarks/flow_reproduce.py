"""Does the flow reproduce results measured elsewhere with the same tools? Multipliers on Nangate45, ideal wires.

The reference figures come from an independent script around Yosys 0.70, timed by OpenSTA 3.1.0 without wire load, BUF_X1 at
every input and 10 fF at every output. Yosys's own multipliers are read from the same one-line source and must agree exactly.
Our generators are others than those of the reference, so the same architecture differs in wiring and in spelling: each is
mapped in several random orders of its statements, and the spread of these runs is what a single figure is worth. A row is
reproduced if our mean lies within 3 % plus two standard deviations of the reference, which is a single run.

The final adder "+" leaves the sum of the two rows to Yosys, so that such rows compare trees alone. Dadda's algorithm leaves
open which wire goes to which pin, and no algorithm says how a full adder is spelled: the last rows show what that alone does.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from common import cpu_seconds, print_table, write_results

from eda.arith.generate import generate
from eda.flow.evaluate import Rtl, constraints_of, synthesize
from eda.flow.recipes import Recipe, load_recipe
from eda.flow.synthesize import Mapped
from eda.ir.netlist import Netlist, join_ranges, renumber, vector
from eda.tech.pdk import find_pdk
from eda.timing.area import area
from eda.timing.sta import analyze
from eda.verilog.writer import to_verilog

RECIPES = ("area", "speed")
TOLERANCE_PERCENT, DEVIATIONS = 3.0, 2.0

YOSYS = {  # (bits, multiplier): delay ps and area um2 of area at 9999 ps, then of speed at 1 ps
    (8, "array"): (892, 377, 570, 525),
    (8, "booth"): (954, 393, 555, 624),
    (16, "array"): (1548, 1690, 973, 2116),
    (16, "booth"): (1549, 1461, 912, 2111),
}
OWN = {  # (bits, tree, final adder, adders of the tree): the same figures
    (8, "tdm", "+", "gates"): (769, 360, 560, 515),
    (16, "tdm", "+", "gates"): (1337, 1548, 916, 1956),
    (16, "dadda", "+", "gates"): (1321, 1575, 946, 1894),
    (8, "tdm", "kogge-stone", "gates"): (881, 381, 504, 502),
    (8, "tdm", "brent-kung", "gates"): (792, 390, 558, 482),
    (8, "dadda", "kogge-stone", "gates"): (900, 380, 558, 590),
    (8, "tdm", "sklansky", "cells"): (812, 329, 686, 401),
    (8, "dadda", "sklansky", "cells"): (863, 329, 745, 401),
    (16, "tdm", "brent-kung", "gates"): (1580, 1623, 888, 1960),
    (16, "wallace", "brent-kung", "gates"): (1471, 1670, 834, 2056),
    (16, "tdm", "sklansky", "cells"): (1392, 1367, 1085, 1520),
    (16, "dadda", "sklansky", "cells"): (1488, 1367, 1150, 1520),
}
DISPUTED = (16, "dadda", "+", "gates")


@dataclass(frozen=True)
class Figure:
    """Delay (ps) and area (um2) of one mapped netlist."""

    delay: float
    area: float


def figure(mapped: Mapped) -> Figure:
    timing = analyze(mapped.netlist, mapped.pdk.library, constraints_of(mapped.pdk))
    return Figure(timing.delay_ps, area(mapped.netlist, mapped.pdk.library))


def shuffled(netlist: Netlist, seed: int) -> Netlist:
    """The same circuit with its cells, and so the statements of its Verilog, in random order."""
    order = np.random.default_rng(seed).permutation(netlist.n_cells)
    start, counts = netlist.fanin_start, np.diff(netlist.fanin_start)[order]
    outs = np.diff(netlist.output_start)[order]
    old = join_ranges(netlist.output_start[order], netlist.output_start[order + 1])
    to = np.arange(netlist.n_nets)
    to[old] = netlist.first_cell_net + np.arange(int(outs.sum()))
    return replace(
        netlist,
        cell_type=netlist.cell_type[order],
        fanin_start=np.concatenate(([0], np.cumsum(counts))),
        fanin=to[netlist.fanin[join_ranges(start[order], start[order + 1])]],
        cell_names=tuple(netlist.cell_names[c] for c in order),
        net_names=renumber(netlist.net_names, to, netlist.n_nets),
        ports=tuple(replace(p, nets=tuple(to[list(p.nets)].tolist())) for p in netlist.ports),
        aliases={name: int(to[net]) for name, net in netlist.aliases.items()},
    )


def yosys_rows(pdk: object) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        for (bits, multiplier), known in YOSYS.items():
            path = Path(folder) / f"multiplier_{bits}.v"
            path.write_text(
                f"module top(input [{bits - 1}:0] a, b, output [{2 * bits - 1}:0] p); assign p = a * b; endmodule\n"
            )
            for k, name in enumerate(RECIPES):
                recipe = load_recipe(name, multiplier=multiplier)
                found = figure(synthesize(Rtl((path,), "top"), pdk, recipe))
                yield row(bits, f"Yosys {multiplier}", recipe, Figure(*known[2 * k : 2 * k + 2]), [found])


def own_rows(pdk: object, shuffles: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        for (bits, tree, adder, style), known in OWN.items():
            netlist = two_rows(bits, tree) if adder == "+" else generate("multiplier", bits, tree=tree, adder=adder).netlist
            orders = [netlist, *(shuffled(netlist, seed) for seed in range(shuffles))]
            sources = [added(n, Path(folder) / f"{k}.v") for k, n in enumerate(orders)] if adder == "+" else orders
            for k, name in enumerate(RECIPES):
                recipe = load_recipe(name)
                adders = "keep" if style == "cells" else "dissolve"
                found = [figure(synthesize(source, pdk, recipe, adders=adders)) for source in sources]
                yield row(bits, f"{tree}, {adder}, {style}", recipe, Figure(*known[2 * k : 2 * k + 2]), found)


def spelling_rows(pdk: object, shuffles: int) -> Iterator[dict[str, object]]:
    """One Dadda tree with other pins and another spelling of its full adders."""
    (bits, tree, adder, style), recipe = DISPUTED, load_recipe("area")
    netlist, known = two_rows(bits, tree), Figure(*OWN[DISPUTED][:2])
    with tempfile.TemporaryDirectory() as folder:
        for x, y, z in (("a", "b", "ci"), ("b", "ci", "a"), ("ci", "a", "b")):
            for carry in (f"({x} & {y}) | (({x} ^ {y}) & {z})", "(a & b) | (a & ci) | (b & ci)"):
                found = []
                for seed in range(shuffles):
                    source = added(shuffled(netlist, seed), Path(folder) / f"{seed}.v")
                    respell(source.paths[0], f"{x} ^ {y} ^ {z}", carry)
                    found.append(figure(synthesize(source, pdk, recipe)))
                design = f"{tree}, {adder}, {style}: s = {x}^{y}^{z}, {'two gates' if '^' in carry else 'majority'}"
                yield row(bits, design, recipe, known, found)


def respell(path: Path, total: str, carry: str) -> None:
    text = path.read_text()
    for old, new in (("s = a ^ b ^ ci;", f"s = {total};"), ("co = (a & b) | ((a ^ b) & ci);", f"co = {carry};")):
        if text.count(old) != 1:
            raise SystemExit(f"expected {old!r} once in the full adder")
        text = text.replace(old, new)
    path.write_text(text)


def two_rows(bits: int, tree: str) -> Netlist:
    """The compressor tree of a multiplier alone, its result in two rows."""
    design = generate("multiplier", bits, tree=tree, adder="ripple")
    columns = [[int(design.signals[x]) for x in column] for column in design.tree.rows]
    rows = [vector(f"r{k}", "output", [c[k] if len(c) > k else 0 for c in columns]) for k in range(2)]
    return replace(design.netlist, name="tree", ports=(*design.netlist.inputs, *rows))


def added(tree: Netlist, path: Path) -> Rtl:
    """RTL that adds the two rows with `+`."""
    a, b, r = tree.port("a"), tree.port("b"), tree.port("r0")
    text = f"""module top(input [{a.width - 1}:0] a, input [{b.width - 1}:0] b, output [{r.width - 1}:0] p);
      wire [{r.width - 1}:0] r0, r1; tree t(.a(a), .b(b), .r0(r0), .r1(r1)); assign p = r0 + r1; endmodule\n"""
    path.write_text(to_verilog(tree) + text)
    return Rtl((path,), "top")


def row(bits: int, design: str, recipe: Recipe, known: Figure, found: list[Figure]) -> dict[str, object]:
    """Reference, our mean, and the difference of the means in percent and in standard deviations of a single run."""
    out: dict[str, object] = {"bits": bits, "design": design, "recipe": recipe.name, "target_ps": recipe.target_ps}
    for what in ("delay", "area"):
        ours, reference = [getattr(f, what) for f in found], getattr(known, what)
        spread = stdev(ours) if len(ours) > 1 else 0.0
        out |= {
            f"{what}_reference": reference,
            f"{what}_ours": mean(ours),
            f"{what}_spread_percent": 100 * spread / reference,
            f"{what}_difference_percent": 100 * (mean(ours) / reference - 1),
            f"{what}_best": min(ours),
            f"{what}_worst": max(ours),
        }
    out |= {"runs": len(found), "reproduced": all(_reproduced(out, what) for what in ("delay", "area"))}
    return out


def _reproduced(row: dict[str, object], what: str) -> bool:
    allowed = TOLERANCE_PERCENT + DEVIATIONS * row[f"{what}_spread_percent"]
    return abs(row[f"{what}_difference_percent"]) <= allowed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shuffles", type=int, default=8, help="random orders of statements of each generated design")
    options = parser.parse_args()
    pdk, started, rows = find_pdk(), cpu_seconds(), []
    for found in (*yosys_rows(pdk), *own_rows(pdk, options.shuffles), *spelling_rows(pdk, options.shuffles // 2)):
        rows.append(found)
    shown = ["bits", "design", "recipe"]
    shown += [f"{w}_{c}" for w in ("delay", "area") for c in ("reference", "ours", "difference_percent", "spread_percent")]
    shown += ["reproduced"]
    print_table(rows, shown)
    write_results("flow_reproduce", rows, cpu_seconds=cpu_seconds() - started, shuffles=options.shuffles)


if __name__ == "__main__":
    main()

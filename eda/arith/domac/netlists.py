"""A compressor tree alone as a netlist of library cells, and its time by the exact analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eda.arith.composites import composites
from eda.arith.domac.exact import TREE_ALONE, Surroundings, TreeTiming
from eda.errors import UsageError
from eda.ir.builder import Builder
from eda.ir.netlist import Netlist
from eda.ir.tree import NO_INPUT, CompressorTree
from eda.tech.pdk import Pdk
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

DOTS, FINAL = "x", "y"


def tree_netlist(tree: CompressorTree, pdk: Pdk) -> tuple[Netlist, npt.NDArray[np.integer[Any]]]:
    """Cells for every compressor, and the net of each signal.

    Dots are the input port `DOTS`, constants too; the final signals are the output port `FINAL`, column by column. Raises
    `UsageError` for an implementation with complemented pins.
    """
    known = composites(pdk)
    b = Builder("tree")
    nets = b.input(DOTS, tree.heap.n_dots)
    for pins, impl in zip(tree.inputs.tolist(), tree.impl.tolist(), strict=True):
        wires = [nets[p] for p in pins if p != NO_INPUT]
        composite = known.of(len(wires))[impl]
        if any(composite.inverted):
            raise UsageError(f"the implementation {composite.name} has complemented pins: it does not stand alone")
        nets += composite.place(b, wires)
    b.output(FINAL, [nets[x] for row in tree.rows for x in row])
    return b.build(sweep=False), np.array(nets)


def tree_timing(
    tree: CompressorTree, pdk: Pdk, where: Surroundings = TREE_ALONE, required: npt.ArrayLike | None = None
) -> TreeTiming:
    """Time `tree` alone in cells of `pdk` by `eda.timing.sta.analyze`, rise and fall apart.

    `required` [W] is when each column must have settled (ps), None: at 0, which makes `delay_ps` the latest arrival. A dot
    whose edges differ counts with the later one.
    """
    netlist, nets = tree_netlist(tree, pdk)
    arrivals = where.arrivals(tree.heap).max(axis=1)
    delays = {f"{DOTS}[{d}]": t for d, t in enumerate(arrivals.tolist())}
    around = Constraints(input_delay_ps=delays, input_slew_ps=where.slew_ps, load_ff=where.load_ff)
    timing = analyze(netlist, pdk.library, around)
    limit = np.zeros(tree.heap.width) if required is None else np.asarray(required, dtype=np.float64)
    return TreeTiming(tree, timing.arrival[nets], timing.slew[nets], timing.load[nets], limit, area(netlist, pdk.library))

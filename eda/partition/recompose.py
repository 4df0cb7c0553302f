"""The netlists of the FPGAs joined again, and the proof that they are the design.

Copies of a register are one register as long as they hold the same bit. That is shown by induction: taken as one, every copy
must get what the register of the design gets; these are outputs of both sides of the proof, beside the design's own. Black
boxes have no copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from eda.errors import ProofError
from eda.ir.cells import CellType
from eda.ir.hypergraph import Board, Partition
from eda.ir.netlist import Netlist, vector
from eda.partition.split import Split, texts
from eda.proof.check import check
from eda.proof.verdict import Verdict
from eda.verilog.reader import parse_verilog

_COPIES = "eda_copies"
"""Port of the proof with what the copies of registers get."""
_NO_TYPES: Mapping[str, CellType] = {}


def recomposed(parts: Split, board: Board, types: Mapping[str, CellType] = _NO_TYPES) -> Netlist:
    """The flat netlist in the text of `split.texts`, read back; `types` are library cells."""
    return parse_verilog("\n".join(texts(parts, board).values()), types=types, top=parts.top.name)


def prove(
    design: Netlist,
    parts: Split,
    partition: Partition,
    board: Board,
    *,
    types: Mapping[str, CellType] = _NO_TYPES,
    time_limit: float = 60.0,
    seed: int = 1,
) -> Verdict:
    """Is what the FPGAs compute together equal to `design`?

    `design` may be the netlist before `map_to_luts`: its registers come in the same order. The files are read back for it.
    Raises `ProofError` naming a register that is missing on an FPGA.
    """
    joined = recomposed(parts, board, types)
    place = {name: c for c, name in enumerate(joined.cell_names) if name is not None}
    kept = np.flatnonzero(~design.is_combinational_cell).tolist()
    if len(parts.kept) != len(kept):
        raise ProofError(f"the FPGAs hold {len(parts.kept)} registers and black boxes, {design.name} has {len(kept)}")
    rank = {c: i for i, c in enumerate(parts.kept)}

    def standing(cell: int, q: int) -> int:
        name = f"{board.names[q]}.{parts.kept[cell]}"
        if name not in place:
            raise ProofError(f"register {name} is missing in the netlists of the FPGAs")
        return place[name]

    primaries = [standing(c, int(partition.primary[c])) for c in parts.kept]
    copies = [(rank[v], standing(v, q)) for v, q in partition.replicas.tolist() if v in rank]
    left = _shown(design, kept, [kept[i] for i, _ in copies])
    right = _shown(_merged(joined, {c: primaries[i] for i, c in copies}), primaries, [c for _, c in copies])
    return check(left, right, time_limit=time_limit, seed=seed)


def _merged(netlist: Netlist, same: Mapping[int, int]) -> Netlist:
    """The netlist in which nothing reads the registers `same` any more, but those that they are copies of."""
    instead = np.arange(netlist.n_nets)
    for copy, original in same.items():
        instead[list(netlist.outputs_of(copy))] = netlist.outputs_of(original)
    ports = tuple(
        p if p.direction == "input" else replace(p, nets=tuple(instead[list(p.nets)].tolist())) for p in netlist.ports
    )
    return replace(netlist, ports=ports, fanin=instead[netlist.fanin], net_names=(None,) * netlist.n_nets, aliases={})


def _shown(netlist: Netlist, kept: Sequence[int], copies: Sequence[int]) -> Netlist:
    """The netlist with the inputs of `copies` as outputs, and no names but those of registers: ``state0``, ``state1``, ..."""
    names: list[str | None] = [None] * netlist.n_cells
    for i, c in enumerate(kept):
        names[c] = f"state{i}"
    nets = [n for c in copies for n in netlist.fanin_of(c).tolist()]
    extra = (vector(_COPIES, "output", nets),) if nets else ()
    unnamed = (None,) * netlist.n_nets
    return replace(netlist, ports=(*netlist.ports, *extra), cell_names=tuple(names), net_names=unnamed, aliases={})

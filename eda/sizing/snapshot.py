"""Circuits kept aside while another is changed, and made into netlists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eda.ir.netlist import Netlist, Port, join_ranges, renumber
from eda.tech.library import IntArray, Library

if TYPE_CHECKING:
    from eda.sizing.arrays import Cells, Circuit

_CHANGING = (
    *("used", "order", "driver", "output_start", "fanin_start", "fanin", "owner", "head", "following", "preceding"),
    *("lib", "pattern", "alive", "fixed", "wire_load", "weight_start"),
)


def copy_of(circuit: Circuit) -> Circuit:
    """A circuit of its own with the same content."""
    return circuit._replace(**{name: getattr(circuit, name).copy() for name in _CHANGING})


def overwrite(circuit: Circuit, content: Circuit) -> None:
    """Give `circuit` the content of another copy of it."""
    for name in _CHANGING:
        getattr(circuit, name)[:] = getattr(content, name)


def reorder(circuit: Circuit, cells: Cells) -> None:
    """Renew ``circuit.order`` after cells were added or wired anew."""
    from eda.timing.kernels import Wiring, topological

    n_cells, n_nets = int(circuit.used[0]), int(circuit.used[1])
    starts = circuit.output_start[: n_cells + 1], circuit.fanin_start[: n_cells + 1]
    wiring = Wiring(circuit.order[:0], circuit.driver[:n_nets], *starts, circuit.fanin)
    rows = cells.rows[circuit.pattern[:n_cells], circuit.lib[:n_cells]].astype(np.int32)
    order, _, loop = topological(wiring, int(circuit.first[0]), rows, cells.arcs.start, cells.arcs.source)
    assert not len(loop)
    circuit.order[: len(order)] = order


def netlist_of(circuit: Circuit, source: Netlist, library: Library) -> Netlist:
    """The netlist that `circuit`, which began as `source`, has become; kept nets and cells keep their names."""
    n_cells, n_nets = int(circuit.used[0]), int(circuit.used[1])
    kept = np.flatnonzero(circuit.alive[:n_cells])
    old_nets = join_ranges(circuit.output_start[kept], circuit.output_start[kept + 1])
    mapping = np.full(n_nets, -1, dtype=np.int64)
    mapping[: source.first_cell_net] = np.arange(source.first_cell_net)
    mapping[old_nets] = source.first_cell_net + np.arange(len(old_nets))
    pins = join_ranges(circuit.fanin_start[kept], circuit.fanin_start[kept + 1])
    used, kinds = np.unique(circuit.lib[kept], return_inverse=True)
    size = source.first_cell_net + len(old_nets)
    added = [None] * (n_nets - source.n_nets)
    aliases = {name: int(mapping[net]) for name, net in source.aliases.items() if mapping[net] >= 0}
    names = source.cell_names
    return replace(
        source,
        ports=_ports(circuit, source, mapping),
        types=tuple(library.cells[i].type for i in used),
        cell_type=kinds,
        fanin_start=np.concatenate(([0], np.cumsum(np.diff(circuit.fanin_start[: n_cells + 1])[kept]))),
        fanin=mapping[circuit.fanin[pins]],
        net_names=renumber([*source.net_names, *added], mapping, size),
        cell_names=tuple(names[c] if c < source.n_cells else None for c in kept.tolist()),
        aliases=aliases,
    )


def _ports(circuit: Circuit, source: Netlist, mapping: IntArray) -> tuple[Port, ...]:
    """The ports, outputs on the nets that drive them now."""
    bits = len(source.output_nets)
    nets = mapping[circuit.fanin[len(circuit.fanin) - bits :]].tolist()
    out, at = [], 0
    for port in source.ports:
        if port.direction == "output":
            port, at = replace(port, nets=tuple(nets[at : at + port.width])), at + port.width
        out.append(port)
    return tuple(out)

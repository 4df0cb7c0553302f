"""Names for registers, by which proofs tell them apart after a netlist changed."""

from __future__ import annotations

from dataclasses import replace

from eda.ir.netlist import Netlist


def name_registers(netlist: Netlist) -> Netlist:
    """`netlist` with a name for every register that had none: ``reg_<cell>``, with more underscores where that is taken."""
    names = list(netlist.cell_names)
    taken = {name for name in (*names, *netlist.net_by_name) if name is not None}
    for c in netlist.state_cells.tolist():
        if names[c] is None:
            name = f"reg_{c}"
            while name in taken:
                name += "_"
            names[c] = name
            taken.add(name)
    return replace(netlist, cell_names=tuple(names))

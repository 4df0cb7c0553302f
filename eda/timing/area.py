"""Cell area of a mapped netlist."""

from __future__ import annotations

import numpy as np

from eda.ir.netlist import Netlist
from eda.tech.library import Library
from eda.timing.graph import library_cells


def area(netlist: Netlist, library: Library) -> float:
    """Sum of the cell areas (um2). Raises `InputError` for cells that the library lacks."""
    areas = np.array([c.area for c in library.cells])
    counts = np.bincount(library_cells(netlist, library), minlength=len(areas))
    return float(counts @ areas)

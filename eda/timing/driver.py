"""The cell that drives the input ports."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError, suggest
from eda.tech.library import FALL, RISE, IntArray, Library
from eda.timing.bank import bank_of
from eda.timing.tables import lookup

FloatArray = npt.NDArray[np.float64]


def drive(library: Library, driver: str, load: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``(delay, slew)`` [..., 2] that the cell `driver` (``CELL`` or ``CELL/OUTPUT``) adds at ports of `load` [..., 2] fF.

    The cell's first input changes with slew 0; the delay is what the load costs beyond no load. Raises `UsageError`.
    """
    rows, moves, bank = *driver_arcs(library, driver), bank_of(library)
    delay, slew = np.full(load.shape, -np.inf), np.full(load.shape, -np.inf)
    for edge in (RISE, FALL):
        for row in rows[(moves & 0b11 << 2 * edge) != 0]:
            loaded = lookup(library.tables, bank.delay[row, edge], 0.0, load[..., edge])
            extra = loaded - lookup(library.tables, bank.delay[row, edge], 0.0, 0.0)
            delay[..., edge] = np.maximum(delay[..., edge], extra)
            slew[..., edge] = np.maximum(slew[..., edge], lookup(library.tables, bank.slew[row, edge], 0.0, load[..., edge]))
    return delay, slew


def driver_arcs(library: Library, driver: str) -> tuple[IntArray, IntArray]:
    """Bank rows and moves from the first input that has arcs to the driver's output."""
    name, _, output = driver.partition("/")
    kind = library.cell(name).type
    if not output and len(kind.outputs) != 1:
        raise UsageError(f"driver {name} has outputs {' '.join(kind.outputs)}; name one, as {name}/{kind.outputs[0]}")
    output = output or kind.outputs[0]
    if output not in kind.outputs:
        raise UsageError(f"driver {name} has no output {output!r}{suggest(output, kind.outputs)}")
    bank = bank_of(library)
    group = int(bank.first[library.index[name]]) + kind.outputs.index(output)
    rows = np.arange(bank.start[group], bank.start[group + 1])
    rows = rows[~bank.launch[rows]]
    if not len(rows):
        raise UsageError(f"driver {name} has no arc to its output {output}")
    rows = rows[bank.source[rows] == bank.source[rows].min()]
    return rows, bank.moves[rows]

"""Look-up of delay, slew, constraint and energy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.tech.library import IntArray, TableSet

if TYPE_CHECKING:
    from eda.timing.kernels import Tables


def kernel_tables(tables: TableSet) -> Tables:
    """The tables as the compiled loops take them."""
    from eda.timing.kernels import Tables

    return Tables(tables.values, tables.axis0, tables.axis1, tables.n0, tables.n1)


def lookup(tables: TableSet, index: IntArray, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Tables `index` at points (x, y), all of one shape after broadcasting; NaN where the index is negative.

    Bilinear between the points of the table, linear beyond them, constant along an axis of length 1: Liberty's
    non-linear delay model as sign-off tools read it.
    """
    from eda.timing.kernels import lookup as compiled

    t, u, v = np.broadcast_arrays(np.asarray(index, dtype=np.int64), np.asarray(x, float), np.asarray(y, float))
    return compiled(kernel_tables(tables), *(np.ascontiguousarray(a.ravel()) for a in (t, u, v))).reshape(t.shape)

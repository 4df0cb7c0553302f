"""Rows grouped by a key, as compiled loops take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from eda.ir.netlist import IntArray


def grouped(key: IntArray, size: int, *columns: IntArray) -> Any:
    """int64: the first row of each of `size` keys (and the end), then the columns sorted by key (CSR)."""
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], np.arange(size + 1)).astype(np.int64)
    return (first, *(np.ascontiguousarray(c[order]) for c in columns))

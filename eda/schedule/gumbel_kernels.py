"""Compiled hard choice of steps in topological order. It loads numba."""

from __future__ import annotations

from typing import Any

from numba import njit

from eda.schedule.gaus.model import Array, Model

BARE: dict[str, Any] = {"cache": True, "_nrt": False}


@njit(**BARE)
def choose(m: Model, order: Array, score: Array, first: int, start: Array) -> None:
    """The step of the largest score that each operation may still take after its predecessors; score is float [V, D], its
    first column is step `first`."""
    for v in order:
        early = m.low[v]
        for j in range(m.in_first[v], m.in_first[v + 1]):
            early = max(early, start[m.in_op[j]] + m.in_lag[j])
        best = early
        for d in range(early, m.high[v] + 1):
            if score[v, d - first] > score[v, best - first]:
                best = d
        start[v] = best

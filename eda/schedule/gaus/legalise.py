"""From wished start times to legal schedules.

Without limits of resources one pass upwards (in topological order, each operation no earlier than wished and than its
predecessors allow) and one downwards are always legal, for a start within its window leaves room for all behind it. With
limits operations are placed in the order of their wishes, and drive others out where there is no room.
"""

from __future__ import annotations

import numpy as np

from eda.ir.netlist import IntArray
from eda.schedule.gaus.model import NO_LIMIT, Array, Model
from eda.schedule.refine import is_legal, value_of

_BUDGET = 12
"""Placements per operation before the legaliser with limits gives up (Rau's figures suffice with half of it)."""


def legalise(model: Model, wish: Array) -> IntArray | None:
    """The better of the legal schedules near `wish`, float64 [V]; None if none was found."""
    found = [s for s in _candidates(model, wish) if s is not None and is_legal(model, s)]
    return min(found, key=lambda s: value_of(model, s), default=None)


def _candidates(model: Model, wish: Array) -> list[IntArray | None]:
    rounded = np.clip(np.rint(wish).astype(np.int64), model.low, model.high)
    settled = settle(model, rounded, up=True), settle(model, rounded, up=False)
    if not (model.limit < NO_LIMIT).any():
        return list(settled)
    legal = [s for s in settled if s is not None and is_legal(model, s)]
    return [*legal] if legal else [_limited(model, rounded, wish)]


def settle(model: Model, start: IntArray, *, up: bool) -> IntArray | None:
    """Raise (or lower) start steps until windows and precedences hold; None if the windows do not suffice."""
    from eda.schedule.gaus.legalise_kernels import settle_down, settle_up

    moved = start.copy()
    return moved if (settle_up if up else settle_down)(model, moved) else None


def _limited(model: Model, wish: IntArray, exact: Array) -> IntArray | None:
    from eda.schedule.gaus.legalise_kernels import place_limited

    n = len(wish)
    order = np.lexsort((np.arange(n), exact))
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    steps = model.steps if model.fold else int(model.high.max(initial=0) + model.use_length.max(initial=1)) + 1
    use = np.zeros((len(model.weight), steps), dtype=np.int64)
    start, placed = np.full(n, -1), np.zeros(n, dtype=np.bool_)
    done = place_limited(model, wish, order, rank, use, start, placed, _BUDGET * n)
    return start if done else None

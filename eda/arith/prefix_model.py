"""What a prefix graph is timed with while it is searched: pins, loads and drivers of its nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.arith.delays import Delays
from eda.errors import UsageError
from eda.ir.prefix import PrefixGraph

if TYPE_CHECKING:
    from eda.arith.prefix_kernel import Timer

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PrefixModel:
    """Delays of AND-OR nodes; an arrival is that of the slowest parent plus its pin, plus the driver under its load.

    pins   float [6]     pin delays: upper and lower generate to generate, upper propagate to generate, upper and lower
                         propagate to propagate (the last is 0)
    caps   float [6]     loads of these pins (the third: of a node's generate gate on its upper propagate, the fourth and
                         fifth of its propagate gate), then of what reads a carry outside the graph
    drive  float [4, K]  delay under loads of 0, `step`, 2 `step` ...: generate and propagate of a node, then of a position
    step   float         linear between the points of `drive` and beyond the last
    propagates           False: propagate bits are never waited for
    """

    pins: FloatArray
    caps: FloatArray
    drive: FloatArray
    step: float
    propagates: bool

    def timer(self, arrivals: npt.ArrayLike, required: npt.ArrayLike | None = None) -> Timer:
        """Ready for the compiled loops: `arrivals` float [n], or [n, 2] for generate and propagate; `required` [n] or None."""
        from eda.arith.prefix_kernel import Timer

        given = np.asarray(arrivals, dtype=np.float64)
        if given.ndim not in (1, 2) or (given.ndim == 2 and given.shape[1] != 2) or not len(given):
            raise UsageError(f"arrivals of a prefix graph: expected shape [n] or [n, 2], got {given.shape}")
        both = np.array(given if given.ndim == 2 else np.stack([given, given], axis=1))
        due = np.zeros(len(both)) if required is None else np.array(required, dtype=np.float64)
        if due.shape != (len(both),):
            raise UsageError(f"required times of a prefix graph: expected shape [{len(both)}], got {due.shape}")
        if not self.propagates:
            both[:, 1] = -np.inf
        return Timer(both, due, self.pins, self.caps, self.drive, self.step)

    def by_readers(self, most: int) -> FloatArray:
        """float [most + 1]: delay of a node with 0, 1, ... readers, the first of them as its upper parent's."""
        lower = np.maximum(np.arange(most + 1) - 1, 0) * self.caps[1]
        load = np.where(np.arange(most + 1) > 0, self.caps[0], self.caps[5]) + lower
        return self.pins[:3].max() + self.driven(0, load)

    def driven(self, kind: int, load: npt.ArrayLike) -> FloatArray:
        """Delay of driver `kind` (a row of `drive`) under `load`."""
        row, at = self.drive[kind], np.asarray(load, dtype=np.float64) / self.step
        k = np.minimum(at.astype(int), len(row) - 2)
        result: FloatArray = row[k] + (at - k) * (row[k + 1] - row[k])
        return result


def linear_model(delays: Delays) -> PrefixModel:
    """The model of `eda.arith.delays.prefix_arrivals`: ``prefix + per_fanout * readers`` for any node."""
    node, reader = delays.prefix, delays.per_fanout
    drive = np.array([[node, node + reader], [0.0, 0.0], [0.0, reader], [0.0, 0.0]])
    return PrefixModel(np.zeros(6), np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0]), drive, 1.0, propagates=False)


def level_model() -> PrefixModel:
    """Every node takes 1 whatever its fan-out: a delay is a depth."""
    drive = np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    return PrefixModel(np.zeros(6), np.zeros(6), drive, 1.0, propagates=False)


def carry_times(graph: PrefixGraph, arrivals: npt.ArrayLike, model: PrefixModel) -> FloatArray:
    """float [n]: when the carry out of each position settles; `arrivals` as of `PrefixModel.timer`."""
    from eda.arith.prefix_kernel import settle_times, start

    n = graph.n
    generate, propagate = np.zeros((n, n)), np.zeros((n, n))
    settle_times(start(graph.bitmap), model.timer(arrivals), generate, propagate)
    return generate[:, 0]


def lateness(graph: PrefixGraph, arrivals: npt.ArrayLike, model: PrefixModel, required: Sequence[float] | None = None) -> float:
    """The latest carry, or how much the worst carry settles after its required time."""
    times = carry_times(graph, arrivals, model)
    return float((times if required is None else times - np.asarray(required)).max())

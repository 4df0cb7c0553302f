"""The answer of an extraction."""

from __future__ import annotations

from dataclasses import dataclass

from eda.egraph.egraph import IntArray

CLOSED = 1e-6  # relative gap at which a selection counts as optimal


@dataclass(frozen=True, eq=False)
class Extraction:
    """A legal selection of an e-graph, what it costs and what no selection can undercut.

    choice   int32 [M]   node of each needed class, else -1
    cost     of `objective` (dag, tree, depth), recomputed on the original e-graph
    bound    no legal selection costs less; None where none was computed
    method   what found the selection
    history  (CPU seconds, cost) of each better selection, in time order
    seconds  CPU seconds
    """

    choice: IntArray
    cost: float
    bound: float | None
    method: str
    objective: str = "dag"
    history: tuple[tuple[float, float], ...] = ()
    seconds: float = 0.0

    @property
    def optimal(self) -> bool:
        """Whether bound and cost agree to `CLOSED`, relative above 1."""
        return self.bound is not None and self.cost - self.bound <= CLOSED * max(1.0, abs(self.cost))

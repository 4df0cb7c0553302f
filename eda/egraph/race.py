"""The best selection and the best bound of one extraction so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from eda.egraph.egraph import EGraph, IntArray
from eda.egraph.extraction import CLOSED, Extraction
from eda.egraph.selection import dag_cost, only_needed

OnBetter = Callable[[IntArray, float, float], bool]
"""Called with the best selection, its cost and the bound after each gain; true stops the extraction."""


class Race:
    """What the methods of an extraction by DAG cost share; times are CPU seconds."""

    def __init__(self, graph: EGraph, *, time_limit: float, on_better: OnBetter | None = None) -> None:
        self.graph, self.limit, self.on_better = graph, time_limit, on_better
        self.begin = time.process_time()
        self.choice: IntArray | None = None
        self.cost, self.bound, self.method = math.inf, -math.inf, ""
        self.history: list[tuple[float, float]] = []
        self.stopped = False

    @property
    def spent(self) -> float:
        """CPU seconds since the start."""
        return time.process_time() - self.begin

    @property
    def left(self) -> float:
        """CPU seconds left."""
        return self.limit - self.spent

    @property
    def closed(self) -> bool:
        """Whether the bound meets the cost."""
        return self.cost - self.bound <= CLOSED * max(1.0, abs(self.cost))

    @property
    def done(self) -> bool:
        """Nothing is left to do, or nobody wants it."""
        return self.stopped or self.closed or self.left <= 0

    def offer(self, choice: IntArray, method: str) -> bool:
        """Take a selection of the graph if it is better; whether to stop. Raises `IllegalSelection` for one that is none."""
        cost = dag_cost(self.graph, choice)
        if cost < self.cost - 1e-12 * max(1.0, abs(cost)):
            self.choice, self.cost, self.method = only_needed(self.graph, choice), cost, method
            self.history.append((self.spent, cost))
            self._tell()
        return self.done

    def raise_bound(self, bound: float) -> bool:
        """No selection costs less than `bound`; whether to stop."""
        if bound > self.bound:
            self.bound = bound
            self._tell()
        return self.done

    def _tell(self) -> None:
        if self.on_better is not None and self.choice is not None:
            self.stopped |= self.on_better(self.choice, self.cost, self.bound)

    def result(self) -> Extraction:
        """The best selection; the bound is None where none was computed."""
        assert self.choice is not None
        bound = None if math.isinf(self.bound) else min(self.bound, self.cost)
        return Extraction(
            choice=self.choice,
            cost=self.cost,
            bound=bound,
            method=self.method,
            history=tuple(self.history),
            seconds=self.spent,
        )

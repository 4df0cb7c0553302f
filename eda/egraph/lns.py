"""Large-neighbourhood search: the classes around a random one are free, all others keep their node; solved exactly.

A neighbourhood is reduced, its dual bound drops the nodes that no better selection can choose, and CP-SAT decides what is
left. Most neighbourhoods end before CP-SAT: their bound shows that they hold nothing better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.egraph.core import Core, shrink
from eda.egraph.dual_ascent import affordable, dual_ascent, improve
from eda.egraph.egraph import EGraph, IntArray
from eda.egraph.exact.cpsat import solve
from eda.egraph.exact.model import program
from eda.egraph.polish import is_bounded

_ROUNDS = 20  # of the dual ascent in a neighbourhood
_SECONDS = 1.0
_FREE = 40  # of the classes that are freed at first
_TOO_MANY = 6000  # nodes that CP-SAT is not asked about


@dataclass(frozen=True, eq=False)
class Better:
    """A selection of the original e-graph, if a better one was found, and whether the question was answered in full."""

    choice: IntArray | None
    decided: bool


def around(graph: EGraph, choice: IntArray, size: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """bool [N]: all nodes of some `size` classes around a random used one, and the chosen node of every other class.

    `choice` covers all derivable classes, used or not, without a cycle.
    """
    from eda.egraph.lns_kernels import ball

    start, parent = graph.parents
    used = np.flatnonzero(choice >= 0)
    free = ball(
        graph.first,
        graph.child_first,
        graph.child,
        start,
        parent,
        graph.node_class,
        int(rng.choice(used)),
        size,
        int(rng.integers(2**31)),
    )
    keep = free[graph.node_class]
    keep[choice[used]] = True
    return keep


def better_within(core: Core, keep: npt.NDArray[np.bool_], limit: float, *, seed: int, seconds: float = _SECONDS) -> Better:
    """Is there a selection of these nodes of the core that costs at most `limit` on the original e-graph?"""
    part = shrink(core, keep)
    if part is not None and is_bounded(part.graph.cost):
        part = without_expensive(part, limit, seed=seed, rounds=_ROUNDS)
    if part is None:
        return Better(None, True)
    if part.settled:
        return Better(part.complete(part.nothing), True)
    if part.graph.n_nodes > _TOO_MANY:
        return Better(None, False)
    answer = solve(program(part.graph), limit=limit - part.offset, time_limit=seconds, seed=seed)
    choice = None if answer.choice is None else part.complete(answer.choice)
    return Better(choice, answer.choice is not None or np.isinf(answer.bound))


def without_expensive(core: Core, limit: float, *, seed: int, rounds: int) -> Core | None:
    """The core without the nodes that no selection of cost at most `limit` chooses; None if there is no such selection."""
    found: Core | None = core
    for _ in range(5):
        if found is None or found.settled:
            break
        graph = found.graph
        bound = improve(graph, dual_ascent(graph), seed=seed, rounds=rounds)
        keep = affordable(graph, bound, limit - found.offset)
        if keep.mean() > 0.95:
            break
        found = shrink(found, keep)
    if found is not None and found.settled and found.offset > limit + 1e-9 * max(1.0, abs(limit)):
        return None
    return found

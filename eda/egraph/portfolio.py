"""One door to all methods of extraction; `auto` tries what suits and returns the best selection with the best bound."""

from __future__ import annotations

import time

from eda.egraph.bottom_up import bottom_up
from eda.egraph.dual_ascent import dual_ascent, improve
from eda.egraph.egraph import EGraph, IntArray
from eda.egraph.extraction import Extraction
from eda.egraph.local_search import search
from eda.egraph.polish import polish
from eda.egraph.race import OnBetter, Race
from eda.egraph.reduce import Reduced, reduce
from eda.egraph.selection import depth, only_needed, tree_cost
from eda.errors import UsageError, suggest

OBJECTIVES = ("dag", "tree", "depth")
METHODS = ("auto", "bottom-up", "polish", "search")


def extract(
    graph: EGraph,
    *,
    method: str = "auto",
    objective: str = "dag",
    time_limit: float = 60.0,
    seed: int = 1,
    on_better: OnBetter | None = None,
) -> Extraction:
    """The cheapest selection found in `time_limit` CPU seconds, and a lower bound; stops early once they meet.

    Tree cost and depth are exact. Ctrl-C returns the best selection so far. Raises `UsageError` for an unknown method or
    objective, `InputError` naming a root that no finite derivation reaches.
    """
    for word, known in ((method, METHODS), (objective, OBJECTIVES)):
        if word not in known:
            raise UsageError(f"there is no {word!r} here{suggest(word, known)}; expected {', '.join(known)}")
    if objective != "dag":
        return _by_tree(graph, objective)
    race = Race(graph, time_limit=time_limit, on_better=on_better)
    try:
        _run(race, method, seed)
    except KeyboardInterrupt:
        if race.choice is None:
            raise
    return race.result()


def _by_tree(graph: EGraph, objective: str) -> Extraction:
    """Tree cost and depth: Knuth's order is exact where no cost is negative."""
    if graph.n_nodes and graph.cost.min() < 0:
        raise UsageError(f"the objective {objective} is for costs of at least 0; negative costs need the objective dag")
    begin = time.process_time()
    choice = only_needed(graph, bottom_up(graph, objective=objective))
    cost = (tree_cost if objective == "tree" else depth)(graph, choice)
    seconds = time.process_time() - begin
    return Extraction(choice, cost, cost, "bottom-up", objective, ((seconds, cost),), seconds)


def _run(race: Race, method: str, seed: int) -> None:
    if method == "bottom-up":
        race.offer(bottom_up(race.graph), method)
        return
    reduced = reduce(race.graph)
    small = reduced.graph
    if not len(small.roots):
        race.offer(_complete(reduced, bottom_up(small)), "reductions")
        race.raise_bound(race.cost)
        return
    choice = polish(small, bottom_up(small))
    if race.offer(_complete(reduced, choice), "polish") or method == "polish":
        return
    _rounds(race, reduced, choice, seed, bounds=method == "auto")


def _rounds(race: Race, reduced: Reduced, choice: IntArray, seed: int, *, bounds: bool) -> None:
    """Local search and dual ascent in turn, each time for longer."""
    small, span = reduced.graph, 0.1
    if bounds:
        bound = dual_ascent(small)
        race.raise_bound(bound.value + reduced.offset)
    while not race.done:
        choice = search(
            small,
            choice,
            seed=seed,
            time_limit=min(span, race.left),
            on_better=lambda c, _: race.offer(_complete(reduced, c), "search"),
        )
        end = race.spent + min(0.5 * span, race.left)
        while bounds and not race.done and race.spent < end:
            bound = improve(small, bound, seed=seed, rounds=10)
            race.raise_bound(bound.value + reduced.offset)
            seed += 1
        span, seed = min(2.0 * span, 2.0), seed + 1


def _complete(reduced: Reduced, choice: IntArray) -> IntArray:
    return reduced.complete(only_needed(reduced.graph, choice))

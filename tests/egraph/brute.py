"""Random e-graphs with cycles, and their optima by exhaustive search."""

import math

import numpy as np

from eda.egraph.egraph import EGraph


def egraph(classes, roots):
    """An e-graph from ``{class: [(cost, children), ...]}`` and the names of its roots."""
    names = list(classes)
    nodes = [(c, cost, kids) for c in names for cost, kids in classes[c]]
    counts = [len(classes[c]) for c in names]
    return EGraph(
        first=np.concatenate(([0], np.cumsum(counts))),
        child_first=np.concatenate(([0], np.cumsum([len(kids) for _, _, kids in nodes]))),
        child=np.array([names.index(d) for _, _, kids in nodes for d in kids], dtype=np.int32),
        cost=np.array([cost for _, cost, _ in nodes], dtype=float),
        roots=np.array([names.index(r) for r in roots]),
        class_names=names,
        node_names=[f"{c}.{i}" for c, count in zip(names, counts, strict=True) for i in range(count)],
        ops=["f"] * len(nodes),
        subsumed=np.zeros(len(nodes), dtype=bool),
    )


def random_egraph(seed, *, most_classes=12, negative=False):
    """At most `most_classes` classes of 1 to 3 nodes with up to 3 children anywhere, so cycles are common."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, most_classes + 1))
    names = [f"c{i}" for i in range(m)]
    low = -4 if negative else 0
    whole = rng.random() < 0.5

    def cost():
        return float(rng.integers(low, 8)) if whole else round(float(rng.uniform(low, 8)), 3)

    classes = {
        c: [(cost(), [names[d] for d in rng.integers(0, m, int(rng.integers(0, 4)))]) for _ in range(int(rng.integers(1, 4)))]
        for c in names
    }
    return egraph(classes, [names[r] for r in rng.choice(m, size=int(rng.integers(1, 3)), replace=False)])


def best_cost(graph, objective="dag"):
    """The least cost over all legal selections by enumeration; infinite if there is none.

    One needed class after the other gets each of its nodes; a node that would close a cycle is skipped.
    """
    children = [graph.children(n).tolist() for n in range(graph.n_nodes)]
    choice = {}

    def reaches(start, goal):
        stack, seen = list(start), set()
        while stack:
            c = stack.pop()
            if c == goal:
                return True
            if c not in seen and c in choice:
                seen.add(c)
                stack += children[choice[c]]
        return False

    def cost_of():
        if objective == "dag":
            return math.fsum(graph.cost[n] for n in choice.values())
        memo = {}

        def value(c):
            if c not in memo:
                below = [value(d) for d in children[choice[c]]]
                memo[c] = float(graph.cost[choice[c]]) + (sum(below) if objective == "tree" else max(below, default=0.0))
            return memo[c]

        tops = [value(r) for r in graph.roots.tolist()]
        return sum(tops) if objective == "tree" else max(tops)

    def search(waiting):
        waiting = [c for c in waiting if c not in choice]
        if not waiting:
            return cost_of()
        c, best = waiting[0], math.inf
        for n in range(graph.first[c], graph.first[c + 1]):
            if not reaches(children[n], c):
                choice[c] = n
                best = min(best, search(waiting[1:] + children[n]))
                del choice[c]
        return best

    return search(graph.roots.tolist())

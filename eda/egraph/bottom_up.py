"""Bottom-up extraction: the cheapest tree of every class, in the order of their costs (Knuth 1977).

Exact for tree cost and depth with non-negative costs; a legal start for everything else.
"""

from __future__ import annotations

import numpy as np

from eda.egraph.egraph import EGraph, IntArray
from eda.egraph.selection import UNUSED
from eda.egraph.shape import Shape, require_roots, shape_of


def bottom_up(graph: EGraph, *, objective: str = "dag") -> IntArray:
    """int32 [M]: for each derivable class the node of least tree cost (of least depth for the objective depth), else UNUSED.

    The choices are acyclic as a whole, needed or not. Raises `InputError` naming a root that is not derivable.
    """
    choice = settled(shape_of(graph), deep=objective == "depth")
    require_roots(graph, choice)
    return choice


def settled(g: Shape, *, deep: bool = False) -> IntArray:
    """The choice of every derivable class."""
    from eda.egraph.bottom_up_kernels import settle

    m = len(g.first) - 1
    choice, order = np.empty(m, dtype=np.int32), np.empty(m, dtype=np.int32)
    settle(g, np.full(m, UNUSED, dtype=np.int32), deep, choice, np.empty(m), order)
    return choice

"""Compressor trees by differentiable timing (DOMAC, arXiv 2503.23943), and what makes it work better.

A staged tree is relaxed into mixtures of wirings and implementations, descended, made legal, and improved by local search
with exact timing; see `eda.arith.domac.optimize`.
"""

from eda.arith.domac.exact import TREE_ALONE, Surroundings
from eda.arith.domac.netlists import tree_timing
from eda.arith.domac.optimize import Result, TreeResult, optimize_tree
from eda.arith.domac.options import METHODS, Coefficient, Loss, Options, method

__all__ = [
    "METHODS",
    "TREE_ALONE",
    "Coefficient",
    "Loss",
    "Options",
    "Result",
    "Surroundings",
    "TreeResult",
    "method",
    "optimize_tree",
    "tree_timing",
]

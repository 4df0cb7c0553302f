"""Optimized multipliers, multiply-adders, dot products, squarers and adders: `Goal` in, proven circuits out.

goal = Goal(Config("multiplier", 8), find_pdk("nangate45"))
found = optimize(goal)
circuits = proven(goal, found.archive.points)
"""

from eda.arith.optimize.goal import METHODS, STEPS, Goal
from eda.arith.optimize.points import Archive, Point
from eda.arith.optimize.search import Found, optimize, proven

__all__ = ["METHODS", "STEPS", "Archive", "Found", "Goal", "Point", "optimize", "proven"]

"""Pareto fronts and hypervolumes; every objective is to be minimised."""

from __future__ import annotations

from collections.abc import Sequence

from eda.errors import UsageError


def front(points: Sequence[tuple[float, ...]]) -> list[int]:
    """Indices of the points that no other dominates, in order of the first objective; of equal points the first stays."""
    order = sorted(range(len(points)), key=lambda i: (points[i], i))
    kept: list[int] = []
    for i in order:
        if not any(all(a <= b for a, b in zip(points[k], points[i], strict=True)) for k in kept):
            kept.append(i)
    return kept


def hypervolume(points: Sequence[tuple[float, float]], reference: tuple[float, float]) -> float:
    """Share of the box from the origin to `reference` that the points dominate, between 0 and 1.

    Raises `UsageError` unless the reference is positive in both objectives.
    """
    rx, ry = reference
    if rx <= 0 or ry <= 0:
        raise UsageError(f"the reference point must be positive, got {reference}")
    inside = [p for p in points if p[0] < rx and p[1] < ry]
    area, top = 0.0, ry
    for x, y in (inside[i] for i in front(inside)):
        area += (rx - x) * (top - y)
        top = y
    return area / (rx * ry)


def spread(points: Sequence[tuple[float, float]], count: int) -> list[int]:
    """Indices of at most `count` points of the front that together dominate much, in order of the first objective.

    Beginning with the two ends, the point that adds most to the dominated area within the corner of the ends is taken
    until there are enough.
    """
    best = front(points)
    if len(best) <= count:
        return best
    corner = (points[best[-1]][0], points[best[0]][1])
    chosen = [best[0], best[-1]][:count]
    while len(chosen) < count:
        rest = [i for i in best if i not in chosen]
        chosen.append(max(rest, key=lambda i: hypervolume([points[k] for k in (*chosen, i)], corner)))
    return [i for i in best if i in chosen]

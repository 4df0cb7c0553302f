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

"""Circuits found by an optimization, and the archive of those that no other dominates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eda.arith.generate import Design
from eda.ir.netlist import Netlist
from eda.proof.check import Verdict


@dataclass(frozen=True, eq=False)
class Point:
    """A mapped circuit and its exact timing.

    delay_ps, area   by `eda.timing.sta.analyze`, in ps and um2
    netlist          library cells, sized
    design           the generic circuit that it was mapped from
    origin           how it was made: partial products, tree, adder, mapping, and the target delay in ps
    verdict          that it computes ``design.spec``; None until it is proven
    """

    delay_ps: float
    area: float
    netlist: Netlist
    design: Design
    origin: Mapping[str, Any]
    verdict: Verdict | None = None

    @property
    def name(self) -> str:
        """The choices in words."""
        return ", ".join(str(v) for k, v in self.origin.items() if k != "target_ps")


@dataclass(eq=False)
class Archive:
    """The points that no other dominates, fastest first."""

    points: list[Point] = field(default_factory=list)

    def add(self, point: Point) -> bool:
        """Keep `point` unless another is as fast and as small; drop those it dominates. True if it was kept."""
        place = bisect_left(self.points, point.delay_ps, key=lambda p: p.delay_ps)
        ahead = self.points[: place + 1] if place < len(self.points) else self.points
        if any(p.delay_ps <= point.delay_ps and p.area <= point.area for p in ahead):
            return False
        after = [p for p in self.points[place:] if p.area < point.area]
        self.points[place:] = [point, *after]
        return True

    def least_area(self, delay_ps: float) -> float:
        """The least area among points at most so slow (um2); infinite if there is none."""
        return min((p.area for p in self.points if p.delay_ps <= delay_ps), default=float("inf"))

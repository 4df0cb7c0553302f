"""Augmented Lagrangian of inequality constraints g <= 0 (Powell, Hestenes, Rockafellar)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_GROWTH, _MOST = 1.03, 50.0


@dataclass
class Multipliers:
    """One multiplier per constraint, float64 [B, ...], or one for all of them if `shared`; rho grows with every update."""

    value: Tensor
    rho: float = 1.0
    shared: bool = False

    @staticmethod
    def zero(*shape: int, shared: bool = False) -> Multipliers:
        """All multipliers 0 for constraints of that shape."""
        return Multipliers(torch.zeros(shape, dtype=torch.float64), shared=shared)

    def penalty(self, gap: Tensor) -> Tensor:
        """float64 [B]: ``sum (max(0, lam + rho g)^2 - lam^2) / (2 rho)``."""
        pushed = torch.clamp(self.value + self.rho * gap, min=0.0)
        return (pushed.square() - self.value.square()).flatten(1).sum(dim=1) / (2.0 * self.rho)

    def update(self, gap: Tensor, allowance: Tensor | float = 0.0) -> None:
        """``lam <- max(0, lam + rho (g - allowance))`` and rho grows: the hinge of a kept constraint is positive while
        sigma is large, which the allowance makes up for."""
        over = gap.detach() - allowance
        if self.shared:
            over = over.flatten(1).mean(dim=1).reshape(-1, *[1] * (gap.dim() - 1)).expand_as(gap)
        self.value = torch.clamp(self.value + self.rho * over, min=0.0)
        self.rho = min(self.rho * _GROWTH, _MOST)

    def halve(self, members: Tensor) -> None:
        """Halve the multipliers of some members, bool [B]."""
        self.value[members] *= 0.5

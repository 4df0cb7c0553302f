"""The loss of GauS as it is printed (Cai et al., arXiv 2602.20427), for comparison.

Two things are wrong there. The sum of equation 8b, ``sum_{a >= 1} sum_{b < a} P_u(a) P_v(b)``, is the probability that the
consumer starts before the producer: it misses equal steps, and the producer at step 0. And the peak of the expected use is
below the expected peak. `corrected` mends the limits of the sum and leaves the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from eda.schedule.gaus import paper_kernels
from eda.schedule.gaus.expectations import edges_of
from eda.schedule.gaus.model import Model


def broken_order(model: Model, mu: Tensor, sigma: Tensor, *, corrected: bool = False) -> Tensor:
    """float64 [B, E]: probability that an edge is violated, as printed or with the limits of the sum corrected."""
    chance: Tensor = _BrokenOrder.apply(mu, sigma, model, corrected)
    return chance


class _BrokenOrder(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mu: Tensor, sigma: Tensor, model: Model, corrected: bool) -> Tensor:
        m, s = mu.detach().numpy().copy(), sigma.detach().numpy().copy()
        source, target, lag = edges_of(model)
        chance = np.zeros((len(m), len(source)))
        slopes = np.zeros((len(m), 4, len(source)))
        for b in range(len(m)):
            edges = (source, target, lag if corrected else lag - 1)
            paper_kernels.broken_order(model, *edges, not corrected, m[b], s[b], chance[b], slopes[b])
        ctx.edges, ctx.slopes, ctx.shape = (source, target), slopes, m.shape
        return torch.from_numpy(chance)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        g, (source, target), size = grads[0].numpy(), ctx.edges, ctx.shape[1]
        sums = []
        for of_source, of_target in ((0, 2), (1, 3)):
            by = [
                np.bincount(source, row * s[of_source], size) + np.bincount(target, row * s[of_target], size)
                for row, s in zip(g, ctx.slopes, strict=True)
            ]
            sums.append(torch.from_numpy(np.stack(by)))
        return sums[0], sums[1], None, None

"""From logits to mixtures of wirings, and from mixtures to permutations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eda.arith.domac.layout import Bucket, Layout
from eda.ir.tree import StagedTree

if TYPE_CHECKING:
    from torch import Tensor

_EXPONENTS = (-30.0, 30.0)
"""Bounds of exponents, so that no row or column vanishes or overflows in float32."""


def softmax_wiring(logits: Tensor, live: Tensor, straight: Tensor, temperature: float) -> Tensor:
    """[B, C, n, n]: each signal's row sums to 1 over the ports of its block."""
    import torch

    return torch.softmax((logits / temperature).masked_fill(~live, -torch.inf).masked_fill(straight, 0.0), dim=3)


def sinkhorn_wiring(
    logits: Tensor, live: Tensor, straight: Tensor, temperature: float, duals: tuple[Tensor, Tensor], steps: int
) -> Tensor:
    """[B, C, n, n]: doubly stochastic up to what `steps` normalisations leave; columns sum to 1 exactly.

    ``exp((logits + f + g) / temperature)`` with duals f [B, C, n, 1] of rows and g [B, C, 1, n] of columns (Sinkhorn 1967;
    Cuturi 2013). The duals are improved in place: from one call to the next, with logits and temperature little changed,
    few steps suffice. Gradients flow through one normalisation of rows and columns, for which the duals are constants.
    """
    import torch

    f, g = duals
    k = torch.exp(((logits + (f + g)) / temperature).clamp(*_EXPONENTS)) * live + straight
    with torch.no_grad():
        c = torch.ones_like(g)
        for _ in range(steps):
            r = 1 / (k * c).sum(dim=3, keepdim=True)
            c = 1 / (k * r).sum(dim=2, keepdim=True)
        f += temperature * torch.log(r)
        g += temperature * torch.log(c)
    k = k * (r * c)
    k = k / k.sum(dim=3, keepdim=True)
    return k / k.sum(dim=2, keepdim=True)


def first_duals(logits: Tensor, live: Tensor) -> tuple[Tensor, Tensor]:
    """Duals at which every row has a largest entry of 1."""
    import torch

    top = logits.detach().masked_fill(~live, -torch.inf).amax(dim=3, keepdim=True)
    f = -torch.where(torch.isfinite(top), top, 0.0)
    return f, torch.zeros_like(f).transpose(2, 3).contiguous()


def permutations(bucket: Bucket, wiring: npt.NDArray[np.floating[Any]]) -> list[npt.NDArray[np.integer[Any]]]:
    """The port of each signal in the blocks of a bucket: the permutation of largest weight in M [C, n, n] (signal, port)."""
    from scipy.optimize import linear_sum_assignment

    return [linear_sum_assignment(m[:n, :n], maximize=True)[1] for m, n in zip(wiring, bucket.height.tolist(), strict=True)]


def legal_tree(plan: Layout, wiring: Sequence[npt.NDArray[np.floating[Any]]], impl: npt.NDArray[np.integer[Any]]) -> StagedTree:
    """The staged tree of the best permutations of M [C, n, n] per bucket, its compressors built as `impl` [J] says."""
    tree, width = plan.tree, plan.tree.heap.width
    ports = list(tree.wiring)
    for bucket, m in zip(plan.buckets, wiring, strict=True):
        for s, c, chosen in zip(bucket.stage.tolist(), bucket.column.tolist(), permutations(bucket, m), strict=True):
            ports[s * width + c] = chosen
    return StagedTree(tree.heap, tree.full, tree.half, tuple(ports), np.asarray(impl, dtype=np.int8))

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

_NEVER = -1e4
"""A logit that no temperature makes count."""

_LEAST = 1e-12
"""What an empty column is taken to hold."""


def masked_logits(logits: Tensor, bucket: Bucket) -> Tensor:
    """`logits` [B, C, n, n] with the padding wired straight, for good: its gradients are 0."""
    import torch

    live, straight = (torch.as_tensor(mask, device=logits.device) for mask in (bucket.live, bucket.straight))
    return logits.masked_fill(~live, _NEVER).masked_fill(straight, 0.0)


def softmax_wiring(logits: Tensor, temperature: float) -> Tensor:
    """[B, C, n, n]: each signal's row sums to 1 over the ports of its block."""
    import torch

    return torch.softmax(logits / temperature, dim=3)


def sinkhorn_wiring(logits: Tensor, temperature: float, duals: Tensor, steps: int) -> Tensor:
    """[B, C, n, n]: doubly stochastic up to what `steps` normalisations leave; columns sum to 1 exactly.

    ``exp((logits + g) / temperature)``, rows and columns normalised in turn (Sinkhorn 1967; Cuturi 2013). The duals g
    [B, C, 1, n] are improved in place: from one call to the next, with logits and temperature little changed, few steps
    suffice. Gradients flow through the last normalisation of rows and columns, for which the duals are constants.
    """
    import torch

    k = torch.softmax(torch.add(duals / temperature, logits, alpha=1 / temperature), dim=3)
    with torch.no_grad():
        c = torch.ones_like(duals)
        for _ in range(steps):
            r = 1 / (k @ c.mT)
            c = 1 / (r.mT @ k).clamp(min=_LEAST)
        duals += temperature * torch.log(c)
    r = 1 / (k @ c.mT)
    return k * (r / (r.mT @ k))


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

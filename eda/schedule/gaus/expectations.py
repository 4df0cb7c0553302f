"""Expectations over Gaussian start times as torch functions: use of resources, live values, violated edges.

All take mu and sigma, float64 [B, V], for B members of a batch over one `Model`. The work is done by the compiled loops of
`kernels`, forward and backward, without a tape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from eda.schedule.gaus import kernels
from eda.schedule.gaus.model import Array, Model


def expected_use(model: Model, mu: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Expected use of each row by operations, and its variance: float64 [B, K, S] each."""
    both: tuple[Tensor, Tensor] = _Use.apply(mu, sigma, model)
    return both


def expected_live(model: Model, mu: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Expected memory held by live values float64 [B, S], and expected last use of each value float64 [B, Q]."""
    both: tuple[Tensor, Tensor] = _Live.apply(mu, sigma, model)
    return both


def expected_violation(model: Model, mu: Tensor, sigma: Tensor) -> Tensor:
    """Expected steps by which each precedence is violated: float64 [B, E], in the order of ``model.in_op``."""
    gap: Tensor = _Violation.apply(mu, sigma, model)
    return gap


def edges_of(model: Model) -> tuple[Array, Array, Array]:
    """Source, target and lag of each precedence, int64 [E], in the order of ``model.in_op``."""
    target = np.repeat(np.arange(len(model.low)), np.diff(model.in_first))
    return model.in_op, target, model.in_lag


def _plain(*tensors: Tensor) -> list[Array]:
    return [np.ascontiguousarray(t.detach().numpy()) for t in tensors]


def _before(x: Array) -> Array:
    """Sums over the steps before each, with one entry more."""
    return np.concatenate([np.zeros((*x.shape[:-1], 1)), np.cumsum(x, axis=-1)], axis=-1)


def _scratch(model: Model) -> Array:
    """Room for one operation that is spread over steps, or None in effect if nothing needs it."""
    if not model.fold and model.use_length.max(initial=1) == 1:
        return np.zeros(0)
    longest = int((model.high - model.low).max(initial=0) + model.use_length.max(initial=1)) + 1
    return np.zeros(max(model.fold, longest))


class _Use(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mu: Tensor, sigma: Tensor, model: Model) -> tuple[Tensor, Tensor]:
        m, s = _plain(mu, sigma)
        shape = (len(m), len(model.weight), model.steps)
        use, spread = np.zeros((*shape[:2], model.steps + 1)), np.zeros((*shape[:2], model.steps + 1))
        scratch = _scratch(model)
        for b in range(len(m)):
            kernels.spread_use(model, m[b], s[b], use[b], spread[b])
        use, spread = (np.cumsum(x[..., :-1], axis=-1) for x in (use, spread))
        for b in range(len(m) if len(scratch) else 0):
            kernels.spread_long(model, m[b], s[b], use[b], spread[b], scratch)
        ctx.model, ctx.at = model, (m, s)
        return torch.from_numpy(use), torch.from_numpy(spread)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        model, (m, s), scratch = ctx.model, ctx.at, _scratch(ctx.model)
        use, spread = _plain(*grads)
        by_mu, by_sigma = np.zeros_like(m), np.zeros_like(m)
        sums = _before(use), _before(spread)
        for b in range(len(m)):
            kernels.gather_use(model, m[b], s[b], sums[0][b], sums[1][b], by_mu[b], by_sigma[b])
            if len(scratch):
                kernels.gather_long(model, m[b], s[b], use[b], spread[b], by_mu[b], by_sigma[b], scratch)
        return torch.from_numpy(by_mu), torch.from_numpy(by_sigma), None


class _Live(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mu: Tensor, sigma: Tensor, model: Model) -> tuple[Tensor, Tensor]:
        m, s = _plain(mu, sigma)
        horizon = _horizon(model)
        change, last = np.zeros((len(m), horizon + 2)), np.zeros((len(m), len(model.age)))
        for b in range(len(m)):
            kernels.spread_live(model, m[b], s[b], change[b], last[b])
        live = np.cumsum(np.cumsum(change, axis=1), axis=1)[:, :horizon]
        ctx.model, ctx.at = model, (m, s)
        return torch.from_numpy(live.reshape(len(m), -1, model.steps).sum(axis=1)), torch.from_numpy(last)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        model, (m, s) = ctx.model, ctx.at
        live, last = _plain(*grads)
        horizon = _horizon(model)
        after = np.tile(live, (1, horizon // model.steps))[:, ::-1].cumsum(axis=1)[:, ::-1]
        sums = _before(np.concatenate([after, np.zeros((len(m), 1))], axis=1))
        by_mu, by_sigma = np.zeros_like(m), np.zeros_like(m)
        for b in range(len(m)):
            kernels.gather_live(model, m[b], s[b], sums[b], last[b], by_mu[b], by_sigma[b])
        return torch.from_numpy(by_mu), torch.from_numpy(by_sigma), None


def _horizon(model: Model) -> int:
    """Steps that lifetimes reach, a multiple of the steps that are counted."""
    last = (model.high[model.part_op] + model.part_lag).max(initial=0) + 1
    return int(-(-max(last, 1) // model.steps) * model.steps)


class _Violation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mu: Tensor, sigma: Tensor, model: Model) -> Tensor:
        m, s = _plain(mu, sigma)
        edges = edges_of(model)
        gap, slope, bell = (np.empty((len(m), len(edges[0]))) for _ in range(3))
        for b in range(len(m)):
            kernels.hinge(*edges, m[b], s[b], gap[b], slope[b], bell[b])
        ctx.model, ctx.at = model, (s, slope, bell)
        return torch.from_numpy(gap)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        (g,), (s, slope, bell) = _plain(*grads), ctx.at
        source, target, _ = edges_of(ctx.model)
        by_mu, by_sigma = np.zeros_like(s), np.zeros_like(s)
        for b in range(len(s)):
            kernels.hinge_back(source, target, s[b], g[b], slope[b], bell[b], by_mu[b], by_sigma[b])
        return torch.from_numpy(by_mu), torch.from_numpy(by_sigma), None

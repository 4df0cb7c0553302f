"""The differentiable scheduler of Liu et al. (ICML 2024, arXiv 2406.06593), on whole graphs at once.

Each operation has a logit per step. A sample adds Gumbel noise and, in topological order, takes for every operation the
step of the largest probability among those that its predecessors leave; gradients go straight through. The loss is the
communication per edge plus the negative entropy of the load of the steps. Here the choices are made by a compiled loop and
the probabilities of all operations in one piece; so gradients reach an operation and its direct predecessors only.
"""

from __future__ import annotations

import time
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import lower_bound
from eda.schedule.gaus.legalise import settle
from eda.schedule.gaus.model import Model, model_of
from eda.schedule.problem import Problem
from eda.schedule.result import Progress, Result, result_of

if TYPE_CHECKING:
    from torch import Tensor

_EPOCHS, _BATCH = 500, 8
_RATE, _PERIOD = 1.0, 50
_TEMPERATURE = 50.0
_SURE = 10.0
_MOST_CELLS = 50_000_000
"""Operations times steps times samples: some gigabytes."""


def gumbel(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The best sample of 500 epochs, or of those that the time allows, from the schedule as soon as possible.

    Raises `UsageError` for other objectives than area, communication and joint, for limited units, for operations that
    hold a unit for longer than a step, for an interval, and for graphs that are too large for a logit per step.
    """
    begin, end = time.process_time(), time.process_time() + time_limit
    _check(problem)
    model, simple = model_of(problem), lower_bound(problem)
    start = settle(model, model.low, up=True)
    best = sample(model, model.low if start is None else start, seed=seed, end=end, progress=progress, bound=simple.value)
    seconds = time.process_time() - begin
    schedule = Schedule(best)
    return result_of(problem, schedule, "gumbel", bound=simple.value, certificate=simple.certificate, seconds=seconds)


def _check(problem: Problem) -> None:
    problem.check()
    if problem.objective not in ("area", "communication", "joint"):
        raise UsageError(f"the method gumbel minimises area, communication or joint, not {problem.objective}")
    if problem.ii is not None or (problem.flow.capacity >= 0).any() or (problem.flow.demand_occupancy > 1).any():
        raise UsageError("the method gumbel knows neither intervals nor limits of units nor operations that block them")


def sample(
    model: Model, start: IntArray, *, seed: int, end: float, progress: Progress | None = None, bound: float = 0.0
) -> IntArray:
    """int64 [V]: the best schedule met from `start` until the CPU time `end`."""
    import torch

    from eda.schedule.gaus.run import values_of

    first = int(model.low.min(initial=0))
    steps = int(model.high.max(initial=0)) + 1 - first
    batch = max(1, min(_BATCH, _MOST_CELLS // max(len(start) * steps, 1)))
    if len(start) * steps > _MOST_CELLS:
        raise UsageError(f"{len(start)} operations on {steps} steps are too many for a logit each: use gaus")
    noise = torch.Generator().manual_seed(seed)
    logits = torch.ones(len(start), steps)
    logits[torch.arange(len(start)), torch.from_numpy(start - first)] = _SURE
    logits.requires_grad_()
    adam = torch.optim.AdamW([logits], lr=_RATE)
    cosine = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(adam, _PERIOD)
    loss_of = _Loss(model, first, steps)
    weight = model.weight[None]
    best, least = start, float(values_of(model, weight, start)[0])
    for _ in range(_EPOCHS):
        adam.zero_grad()
        for _ in range(batch):
            loss, found = loss_of(logits, noise)
            (loss / batch).backward()
            value = float(values_of(model, weight, found)[0])
            if value < least:
                best, least = found, value
        adam.step()
        cosine.step()
        if time.process_time() > end or (progress is not None and progress("Gumbel", least, bound)):
            break
    return best


def _topological(model: Model) -> IntArray:
    """int64 [V]: operations after their predecessors; edges to later iterations, of negative lag, do not count."""
    ahead = np.flatnonzero(model.in_lag >= 0)
    target = np.repeat(np.arange(len(model.low)), np.diff(model.in_first))
    before: dict[int, list[int]] = {v: [] for v in range(len(model.low))}
    for u, v in zip(model.in_op[ahead].tolist(), target[ahead].tolist(), strict=True):
        before[v].append(u)
    return np.array(list(TopologicalSorter(before).static_order()), dtype=np.int64)


class _Loss:
    """The loss of one sample, and its schedule."""

    def __init__(self, model: Model, first: int, steps: int) -> None:
        import torch

        self.model, self.first, self.steps = model, first, steps
        at = torch.arange(steps) + first
        low, high = (torch.from_numpy(x)[:, None] for x in (model.low, model.high))
        self.inside = (at >= low) & (at <= high)
        self.early = torch.log(steps + 1.0 - torch.arange(steps))
        self.at = at.double()
        self.cost = torch.from_numpy(model.cost)
        owner = np.repeat(np.arange(len(model.low)), np.diff(model.use_first))
        self.owner, self.row = torch.from_numpy(owner), torch.from_numpy(model.use_row)
        self.amount = torch.from_numpy(model.use_amount.astype(np.float64))
        self.target = torch.from_numpy(np.repeat(np.arange(len(model.low)), np.diff(model.in_first)))
        self.source, self.lag = torch.from_numpy(model.in_op), model.in_lag
        self.order = _topological(model)
        edges = max(int(np.abs(model.cost).sum()), 1)
        work = np.bincount(model.use_row, model.use_amount, len(model.weight))
        self.share = torch.from_numpy(model.weight * work / steps / edges)
        self.edges = float(edges)

    def __call__(self, logits: Tensor, noise: Any) -> tuple[Tensor, IntArray]:
        import torch

        from eda.schedule.gumbel_kernels import choose

        uniform = torch.rand(logits.shape, generator=noise).clamp(1e-9, 1 - 1e-7)
        chance = torch.softmax((logits - torch.log(-torch.log(uniform))) / _TEMPERATURE, dim=1) * self.early * self.inside
        start = np.zeros(len(logits), dtype=np.int64)
        choose(self.model, self.order, chance.detach().numpy(), self.first, start)
        hard = torch.nn.functional.one_hot(torch.from_numpy(start - self.first), self.steps).to(chance.dtype)
        soft = torch.softmax(chance * self._left(hard, chance), dim=1)
        taken = (hard + soft - soft.detach()).double()
        return self._loss(taken), start

    def _left(self, hard: Tensor, chance: Tensor) -> Tensor:
        """Steps that the predecessors leave, [V, D]: 1 or 0, with gradients to the predecessors."""
        import torch

        own = torch.softmax(chance, dim=1)
        ended = torch.cumsum(hard + own - own.detach(), dim=1)
        out = torch.ones_like(chance)
        for lag in np.unique(self.lag).tolist():
            chosen = torch.from_numpy(np.flatnonzero(self.lag == lag))
            shifted = torch.nn.functional.pad(ended, (max(lag, 0), 0))[:, : self.steps]
            missing = torch.zeros_like(chance).index_add(0, self.target[chosen], 1.0 - shifted[self.source[chosen]])
            out = out * torch.clamp(1.0 - missing, min=0.0)
        return out

    def _loss(self, taken: Tensor) -> Tensor:
        import torch

        wires = (taken @ self.at) @ self.cost / self.edges
        use = torch.zeros(len(self.share), self.steps, dtype=taken.dtype)
        use = use.index_add(0, self.row, taken[self.owner] * self.amount[:, None])
        part = use / torch.clamp(use.sum(dim=1, keepdim=True), min=1.0)
        order: Tensor = (part * torch.log(part + 1e-9)).sum(dim=1)
        return wires + (self.share * order).sum()

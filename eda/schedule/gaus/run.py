"""The descent of GauS over a batch: Gaussian start times, Adam, multipliers, legal schedules on the way, restarts.

After Cai, Bakhtazad, Yu, Zhang (arXiv 2602.20427), with the violation of an edge as an expected hinge, the peak aware of
the variance of use, positions relative to the windows, and one multiplier per constraint. `PAPER` are the choices as they
are printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eda.ir.netlist import IntArray
from eda.schedule.gaus.expectations import edges_of, expected_live, expected_use, expected_violation
from eda.schedule.gaus.lagrangian import Multipliers
from eda.schedule.gaus.legalise import legalise
from eda.schedule.gaus.model import NO_LIMIT, Array, Model
from eda.schedule.gaus.paper import broken_order
from eda.schedule.refine import Cooling, anneal, last_uses, use_of

Report = Callable[[int, npt.NDArray[np.float64]], bool]
"""Called with the iteration and the best value of each member; true stops the run."""

_LEAST_SIGMA = 0.05
_EVERY = 10  # iterations between updates of the multipliers; legal schedules are made at every second
_QUICK = Cooling(rounds=3, passes=3.0, hot=0.02, cold=0.02, soft=0.02)


@dataclass(frozen=True)
class Options:
    """`violation` is "hinge", "printed" or "corrected" (both probabilities); `variance` counts the spread of use in the
    peak; `shared` has one multiplier for all edges; `relative` measures positions by the windows; `sigma` is the first
    sigma by the width of the window; `patience` legal schedules without gain bring a restart from the best, at most
    `restarts` times; `polish` improves each legal schedule by moves inside its slack."""

    steps: int = 300
    violation: str = "hinge"
    variance: bool = True
    shared: bool = False
    relative: bool = True
    sigma: float = 0.15
    patience: int = 3
    restarts: int = 100
    polish: bool = True


PAPER = Options(violation="printed", variance=False, shared=True, relative=False)


@dataclass
class Best:
    """The best legal schedule of each member: start int64 [B, V] and value float64 [B], infinite while there is none."""

    start: IntArray
    value: npt.NDArray[np.float64]
    idle: IntArray

    def offer(self, model: Model, weights: Array, start: IntArray, member: int) -> None:
        """Take a legal schedule wherever it is better; it counts as idle for the member that made it if it is not."""
        values = values_of(model, weights, start)
        better = values < self.value - 1e-9
        self.start[better], self.value[better] = start, values[better]
        self.idle[member] = 0 if better[member] else self.idle[member] + 1


def values_of(model: Model, weights: Array, start: IntArray) -> npt.NDArray[np.float64]:
    """float64 [B]: the objective of one schedule under each of the weights float64 [B, K] of the peaks."""
    peak = use_of(model, start).max(axis=1, initial=0)
    last = model.last_cost @ last_uses(model, start) if len(model.age) else 0.0
    values: npt.NDArray[np.float64] = model.constant + model.cost @ start + last + weights @ peak
    return values


def descend(
    model: Model,
    wishes: Array,
    *,
    weights: Array | None = None,
    options: Options | None = None,
    seed: int = 1,
    report: Report | None = None,
) -> Best:
    """Best schedules of B members that begin at `wishes` float64 [B, V]; `weights` float64 [B, K] replace the prices of the
    peaks, so that one run covers many trade-offs. Every legal schedule counts for every member."""
    options = options or Options()
    weights = np.tile(model.weight, (len(wishes), 1)) if weights is None else weights
    run = _Run(model, weights, options, wishes, seed)
    best = Best(np.zeros(wishes.shape, dtype=np.int64), np.full(len(wishes), np.inf), np.zeros(len(wishes), dtype=np.int64))
    for i in range(options.steps):
        run.step(i)
        if (i + 1) % _EVERY == 0:
            run.update()
        if (i + 1) % (2 * _EVERY) == 0 or i + 1 == options.steps:
            run.harvest(best, seed + i)
            if report is not None and report(i + 1, best.value):
                break
    return best


class _Run:
    """Variables, multipliers and the optimiser of one descent."""

    def __init__(self, model: Model, weights: Array, options: Options, wishes: Array, seed: int) -> None:
        self.model, self.weights, self.options = model, weights, options
        self.low = torch.from_numpy(model.low.astype(np.float64))
        self.room = torch.from_numpy((model.high - model.low).astype(np.float64))
        self.unit = torch.clamp(self.room, min=1.0) if options.relative else torch.ones_like(self.room)
        jitter = np.random.default_rng(seed).uniform(-0.02, 0.02, wishes.shape) * self.room.numpy()
        self.place = ((torch.from_numpy(wishes + jitter) - self.low) / self.unit).requires_grad_()
        self.first_sigma = torch.clamp(options.sigma * self.room + 0.05, max=max(model.steps / 2, 1.0))
        self.log_sigma = torch.log(self.first_sigma).repeat(len(wishes), 1).requires_grad_()
        rates = [{"params": [self.place], "lr": 1e-2}, {"params": [self.log_sigma], "lr": 2e-2}]
        self.adam = torch.optim.Adam(rates)
        self.cosine = torch.optim.lr_scheduler.LambdaLR(
            self.adam, lambda i: 0.1 + 0.45 * (1 + math.cos(math.pi * min(i / options.steps, 1.0)))
        )
        self.priced = torch.from_numpy(weights)
        self.limited = np.flatnonzero(model.limit < NO_LIMIT)
        self.edges = Multipliers.zero(len(wishes), len(model.in_op), shared=options.shared)
        self.caps = Multipliers.zero(len(wishes), len(self.limited), model.steps, shared=options.shared)
        self.rounds = np.zeros(len(wishes), dtype=np.int64)
        self.tau = self._temperatures()
        self.kappa = self._first_kappa()
        self.scale = self._scale()

    def _first_kappa(self) -> float:
        return math.sqrt(2.0 * math.log(max(self.model.steps, 2))) if self.options.variance else 0.0

    def _temperatures(self) -> Tensor:
        """float64 [K]: softness of each peak, by the mean use of the row."""
        with torch.no_grad():
            use, _ = self._use(*self._at())
        return 0.25 * torch.ceil(torch.clamp(use.mean(dim=(0, 2)), min=1.0))

    def _scale(self) -> Tensor:
        """float64 [B]: makes the mean gradient of the objective by a start time 1, the size of a multiplier that matters."""
        mu, sigma = (x.detach().clone().requires_grad_() for x in self._at())
        (slope,) = torch.autograd.grad(self._objective(mu, *self._use(mu, sigma), self._last(mu, sigma)).sum(), mu)
        size = slope.abs().sum(dim=1) / max(int((self.room > 0).sum()), 1)
        return 1.0 / torch.clamp(size, min=1e-9)

    def _at(self) -> tuple[Tensor, Tensor]:
        """mu within the windows, and sigma."""
        inside = torch.minimum(torch.clamp(self.place, min=0.0), self.room / self.unit)
        return self.low + inside * self.unit, torch.exp(self.log_sigma)

    def _use(self, mu: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """Expected use of all rows with the live values, and its variance."""
        use, spread = expected_use(self.model, mu, sigma)
        if (self.model.width > 0).any():
            live, _ = expected_live(self.model, mu, sigma)
            use = torch.cat([use[:, :-1], live[:, None]], dim=1)
        return use, spread

    def _last(self, mu: Tensor, sigma: Tensor) -> Tensor | None:
        return expected_live(self.model, mu, sigma)[1] if (self.model.last_cost != 0).any() else None

    def _full(self, use: Tensor, spread: Tensor) -> Tensor:
        """Use that is rarely exceeded."""
        return use + self.kappa * torch.sqrt(torch.clamp(spread, min=0.0) + 1e-9) if self.kappa > 0 else use

    def _objective(self, mu: Tensor, use: Tensor, spread: Tensor, last: Tensor | None) -> Tensor:
        tau = self.tau[:, None]
        peaks = self.tau * torch.logsumexp(self._full(use, spread) / tau, dim=2)
        value = mu @ torch.from_numpy(self.model.cost) + (self.priced * peaks).sum(dim=1)
        return value if last is None else value + last @ torch.from_numpy(self.model.last_cost)

    def _gaps(self, mu: Tensor, sigma: Tensor) -> Tensor:
        if self.options.violation == "hinge":
            return expected_violation(self.model, mu, sigma)
        return broken_order(self.model, mu, sigma, corrected=self.options.violation == "corrected")

    def _overuse(self, use: Tensor, spread: Tensor) -> Tensor:
        limit = torch.from_numpy(self.model.limit[self.limited].astype(np.float64))
        return self._full(use, spread)[:, self.limited] - limit[:, None]

    def step(self, i: int) -> None:
        """One step of Adam; sigma and the softness of the peaks shrink on the way."""
        left = 1.0 - i / self.options.steps
        self.kappa = self._first_kappa() * left
        mu, sigma = self._at()
        use, spread = self._use(mu, sigma)
        self.gap, self.over = self._gaps(mu, sigma), self._overuse(use, spread)
        loss = self.scale * self._objective(mu, use, spread, self._last(mu, sigma))
        loss = loss + self.edges.penalty(self.gap) + self.caps.penalty(self.over)
        self.adam.zero_grad()
        loss.sum().backward()
        self.adam.step()
        self.cosine.step()
        with torch.no_grad():
            self.place.clamp_(min=0.0).copy_(torch.minimum(self.place, self.room / self.unit))
            if self.options.relative:
                self.log_sigma -= 3.0 / self.options.steps
            self.log_sigma.clamp_(min=math.log(_LEAST_SIGMA))

    def update(self) -> None:
        """Multipliers follow the violations; the peaks harden."""
        allowance: Tensor | float = 0.0
        if self.options.violation == "hinge":
            source, target, _ = edges_of(self.model)
            squares = torch.exp(2.0 * self.log_sigma.detach())
            allowance = 0.1 * torch.sqrt(squares[:, source] + squares[:, target])
        self.edges.update(self.gap, allowance)
        self.caps.update(self.over)
        self.tau = torch.clamp(self.tau * 0.9, min=0.25)

    def harvest(self, best: Best, seed: int) -> None:
        """Make each member legal, and restart those that have stopped gaining at their best schedule."""
        mu = self._at()[0].detach().numpy()
        for b in range(len(mu)):
            member = self.model._replace(weight=self.weights[b])
            start = legalise(member, mu[b])
            if start is None:
                continue
            if self.options.polish:
                start = anneal(member, start, seed=seed, cooling=_QUICK)
            best.offer(self.model, self.weights, start, b)
        tired = (best.idle >= self.options.patience) & (self.rounds < self.options.restarts)
        if tired.any():
            self._restart(np.flatnonzero(tired), best)

    def _restart(self, members: IntArray, best: Best) -> None:
        best.idle[members] = 0
        self.rounds[members] += 1
        with torch.no_grad():
            for b in members.tolist():
                sigma = torch.clamp(self.first_sigma / 4.0 ** float(self.rounds[b]), min=1.0)
                self.place[b] = (torch.from_numpy(best.start[b].astype(np.float64)) - self.low) / self.unit
                self.log_sigma[b] = torch.log(torch.minimum(sigma, torch.exp(self.log_sigma[b]) * 2.0))
        chosen = torch.from_numpy(members)
        self.edges.halve(chosen)
        self.caps.halve(chosen)
        for state in self.adam.state.values():
            state["exp_avg"][chosen] = 0.0
            state["exp_avg_sq"][chosen] = 0.0

"""Gradient descent on wirings and implementations, all seeds and weights in one batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from eda.arith.domac.bank import Bank
from eda.arith.domac.layout import Layout
from eda.arith.domac.options import Options
from eda.arith.domac.relaxed import Program, program, relaxed_timing
from eda.arith.domac.wiring import legal_tree, masked_logits, sinkhorn_wiring, softmax_wiring
from eda.ir.tree import CompressorTree

if TYPE_CHECKING:
    from torch import Tensor

_FIRST_ROUNDS = 5
"""The first evaluation, whose duals are far off, takes this many times the normalisations of the others."""

_LEAST_SHARE = 1e-4
"""Implementations that are less likely than this are left out of the timing."""

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Step:
    """One step of a descent, means over the batch: `worst_ps` and `area` relaxed, `undecided` what L_D makes of the wiring of
    one signal, coefficients of the two penalties."""

    worst_ps: float
    area: float
    undecided: float
    match: float
    decide: float


@dataclass(frozen=True, eq=False)
class Descended:
    """Legal trees of the batch, what the relaxation says of each (ps), and the steps that led there."""

    trees: tuple[CompressorTree, ...]
    relaxed_ps: npt.NDArray[np.float64]
    history: tuple[Step, ...]


class _Parameters(NamedTuple):
    """Logits of the wirings per bucket [B, C, n, n] and of the implementations [B, J, I]; Sinkhorn duals of the former."""

    wiring: list[Tensor]
    impl: Tensor
    duals: list[Tensor]


def descend(
    plan: Layout, bank: Bank, options: Options, required: npt.NDArray[np.float64], scale: float, progress: Progress | None
) -> Descended:
    """Optimize the tree laid out in `plan`; `scale` is ps per um2 of area at weight 1.

    A KeyboardInterrupt ends the descent where it is.
    """
    import torch

    prepared = program(
        plan,
        bank,
        options.where,
        required,
        net_gamma=options.net_gamma_ps if options.nets == "risk" else None,
        device=options.device,
        dtype=options.dtype,
    )
    parameters = _start(plan, prepared, options)
    weights = _area_weights(options, scale, parameters.impl)
    optimizer = torch.optim.Adam([*parameters.wiring, parameters.impl], lr=options.rate, fused=True)
    history: list[Step] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the tensors are small: more threads cost more than they save
    try:
        for step in range(options.steps):
            optimizer.param_groups[0]["lr"] = options.rate * _between((1.0, options.cooling), step, options.steps)
            optimizer.zero_grad()
            loss, record = _loss(prepared, parameters, options, weights, step)
            loss.backward()
            optimizer.step()
            history.append(record)
            if progress is not None:
                progress(step + 1, options.steps, record.worst_ps)
    except KeyboardInterrupt:
        pass
    finally:
        torch.set_num_threads(threads)
    return _legalised(plan, prepared, parameters, options, len(history), history)


def _start(plan: Layout, prepared: Program, options: Options) -> _Parameters:
    """Random logits, the same for equal seeds whatever the batch, and a bonus on the wiring of the plan."""
    import torch

    device, dtype = options.device, getattr(torch, options.dtype)
    shapes: list[tuple[int, ...]] = [(len(b.stage), b.size, b.size) for b in plan.buckets]
    shapes.append((len(plan.kind), prepared.known.shape[1]))
    drawn: list[list[Tensor]] = []
    for seed in range(options.seed, options.seed + options.seeds):
        generator = torch.Generator().manual_seed(seed)
        drawn.append([options.noise * torch.randn(shape, generator=generator) for shape in shapes])
    noise = [
        torch.stack(parts).repeat(len(options.weights), *(1,) * len(s))
        for parts, s in zip(zip(*drawn, strict=True), shapes, strict=True)
    ]
    *wiring, impl = (n.to(device=device, dtype=dtype) for n in noise)
    masked = []
    for logits, bucket in zip(wiring, plan.buckets, strict=True):
        own = np.arange(bucket.size) == bucket.wiring[:, :, None]
        masked.append(masked_logits(logits + options.bonus * torch.as_tensor(own, device=device), bucket).requires_grad_())
    return _Parameters(masked, impl.requires_grad_(), [torch.zeros_like(m[:, :, :1]) for m in masked])


def _area_weights(options: Options, scale: float, like: Tensor) -> Tensor:
    """[B]: ps per um2. The batch holds all seeds of the first weight, then of the next."""
    import torch

    return torch.tensor(options.weights, dtype=like.dtype, device=like.device).repeat_interleave(options.seeds) * scale


def _mixtures(prepared: Program, parameters: _Parameters, options: Options, step: int) -> tuple[list[Tensor], Tensor]:
    """M of each bucket and p at the temperature of a step."""
    import torch

    temperature = _between(options.temperature, step, options.steps)
    if options.wiring == "softmax":
        wiring = [softmax_wiring(m, temperature) for m in parameters.wiring]
    else:
        rounds = options.sinkhorn_steps * (1 if step else _FIRST_ROUNDS)
        pairs = zip(parameters.wiring, parameters.duals, strict=True)
        wiring = [sinkhorn_wiring(m, temperature, duals, rounds) for m, duals in pairs]
    logits = (parameters.impl / temperature).masked_fill(~prepared.known, -torch.inf)
    p = torch.softmax(logits, dim=2)
    p = p * (p.detach() > _LEAST_SHARE)
    return wiring, p / p.sum(dim=2, keepdim=True)


def _between(ends: tuple[float, float], step: int, steps: int) -> float:
    """Geometric from the first to the last of `ends`."""
    return ends[0] * (ends[1] / ends[0]) ** (step / max(steps - 1, 1))


def _loss(prepared: Program, parameters: _Parameters, options: Options, weights: Tensor, step: int) -> tuple[Tensor, Step]:
    import torch

    gamma, terms = _between(options.gamma_ps, step, options.steps), options.loss
    wiring, p = _mixtures(prepared, parameters, options, step)
    timing = relaxed_timing(prepared, wiring, p, gamma)
    late = timing.lateness.flatten(1)
    worst = gamma * torch.logsumexp(late / gamma, dim=1)
    loss = terms.worst.at(step) * worst + terms.area.at(step) * weights * timing.area
    total, match, decide = (c.at(step) for c in (terms.total, terms.match, terms.decide))
    if total:
        loss = loss + total * late.clamp(min=0).sum(dim=1)
    if match:
        loss = loss + match * sum(_mismatch(m, options.wiring) for m in wiring)
    undecided = sum((indecision(m, options.decision) for m in wiring), torch.zeros_like(worst))
    if decide:
        loss = loss + decide * (undecided + indecision(p, options.decision))
    signals = sum(int(b.height.sum()) for b in prepared.layout.buckets)
    worst_ps, area, each = (float(x.detach().mean()) for x in (worst, timing.area, undecided / signals))
    return loss.sum(), Step(worst_ps, area, each, match, decide)


def _mismatch(m: Tensor, wiring: str) -> Tensor:
    """[B]: L_BM, ports that are not filled by exactly one signal; where the ports are, signals that are not spent once."""
    return ((1 - m.sum(dim=2 if wiring == "softmax" else 3)) ** 2).sum(dim=(1, 2))


def indecision(x: Tensor, measure: str) -> Tensor:
    """[B]: L_D, entries between 0 and 1; see `Options.decision`."""
    import torch

    open_ = torch.addcmul(x, x, x, value=-1).flatten(1)
    return open_.sum(dim=1) if measure == "gini" else torch.linalg.vecdot(open_, open_)


def _legalised(
    plan: Layout, prepared: Program, parameters: _Parameters, options: Options, step: int, history: list[Step]
) -> Descended:
    """Matching per block, the likeliest implementation, and the relaxed times of what they came from."""
    import torch

    with torch.no_grad():
        wiring, p = _mixtures(prepared, parameters, options, step)
        gamma = _between(options.gamma_ps, step, options.steps)
        relaxed = relaxed_timing(prepared, wiring, p, gamma).lateness.flatten(1).amax(dim=1)
    chosen = p.argmax(dim=2).cpu().numpy()
    names = prepared.impl_names
    arrays = [m.cpu().numpy() for m in wiring]
    trees = []
    for b in range(len(chosen)):
        impl = names[plan.kind, chosen[b]]
        trees.append(legal_tree(plan, [m[b] for m in arrays], impl).flat())
    return Descended(tuple(trees), relaxed.double().cpu().numpy(), tuple(history))

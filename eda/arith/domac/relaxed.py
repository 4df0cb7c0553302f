"""The relaxed compressor tree: mixtures of wirings and implementations, timed by differentiable look-ups.

DOMAC (arXiv 2503.23943): per stage and column a matrix M says how much of each signal reaches each port; loads run
backward over the stages, arrivals and slews forward. Rise and fall are kept apart. Beside the published mean-field nets
(a port sees the mean of its mixture) there is a risk-averse model, ``g log sum_u M[u, v] exp(AT(u) / g)``: at permutations
both are exact, between them only the second cannot hide a late signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from eda.arith.domac.bank import Bank
from eda.arith.domac.cells import CellTables, cell_tables, evaluate
from eda.arith.domac.exact import Surroundings
from eda.arith.domac.layout import Layout, Stage

if TYPE_CHECKING:
    from torch import Tensor

_DEEPEST = 80.0
"""Most gammas between the earliest and the latest arrival of a block: exp stays above 0 in float32."""


@dataclass(frozen=True, eq=False)
class Program:
    """A `Layout` and a `Bank` as tensors on one device; made by `program`, evaluated by `relaxed_timing`.

    `impl_names` int [2, I] is what `CompressorTree.impl` calls each implementation of each kind.
    """

    layout: Layout
    tables: CellTables
    stages: tuple[_Stage, ...]
    kind: Tensor
    known: Tensor
    impl_names: npt.NDArray[np.integer[Any]]
    begin: Tensor
    final: Tensor
    required: Tensor
    outside: float
    net_gamma: float | None


class _Stage(NamedTuple):
    """The index arrays of a `Stage` as tensors."""

    plan: Stage
    signals: Tensor
    pins: Tensor
    kind: Tensor
    after: Tensor
    outputs: Tensor
    ports: Tensor
    above: Tensor


@dataclass(frozen=True, eq=False)
class RelaxedTiming:
    """Timing of B mixtures; ps, um2. `lateness` [B, finals, 2]: arrival less required time; `area` [B] expected."""

    lateness: Tensor
    area: Tensor


def program(
    plan: Layout,
    bank: Bank,
    where: Surroundings,
    required: npt.NDArray[np.float64],
    *,
    net_gamma: float | None,
    device: str,
    dtype: str,
) -> Program:
    """Prepare for `relaxed_timing`; `required` [W] ps per column; `net_gamma` ps is the least gamma of risk-averse
    nets, None: mean-field nets.
    """
    import torch

    def index(array: Any) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(array), dtype=torch.int64, device=device)

    def real(array: Any) -> Tensor:
        return torch.as_tensor(np.array(array), dtype=getattr(torch, dtype), device=device)

    tables = cell_tables(bank, device, dtype)
    kind = index(plan.kind)
    stages = tuple(
        _Stage(s, *map(index, (s.signals, s.pins, plan.kind[s.jobs], s.after, s.outputs, s.ports, s.above)))
        for s in plan.stages
    )
    heap = plan.tree.heap
    arrivals = where.arrivals(heap)
    begin = np.concatenate((arrivals, np.full_like(arrivals, where.slew_ps)), axis=1)
    order = [dot for column in heap.columns for dot in column]
    return Program(
        plan,
        tables,
        stages,
        kind,
        tables.known[kind],
        bank.impl_table,
        real(begin[order]),
        index(plan.final),
        real(required[plan.final]),
        where.load_ff,
        net_gamma,
    )


def relaxed_timing(prepared: Program, wiring: Sequence[Tensor], p: Tensor, gamma: float) -> RelaxedTiming:
    """Time mixtures: `wiring` holds M [B, C, n, n] (signal, port) of each bucket; `p` [B, J, I]; `gamma` ps."""
    import torch

    caps = torch.einsum("bji,jipe->bjpe", p, prepared.tables.cap[prepared.kind])
    parts = _pieces(prepared, wiring, p, caps)
    loads = _loads(prepared, parts)
    signals = prepared.begin.expand(len(p), -1, -1)
    for stage, part, load in zip(prepared.stages, parts, loads, strict=True):
        signals = _advance(prepared, stage, part, signals, load, gamma)
    area = (p * prepared.tables.area[prepared.kind]).sum(dim=(1, 2))
    return RelaxedTiming(signals[..., :2] - prepared.required[:, None], area)


class _Piece(NamedTuple):
    """What one stage has of the wirings, in the order of its parts, of p and of the pins' capacitances."""

    wiring: tuple[Tensor, ...]
    p: Tensor
    caps: Tensor


def _pieces(prepared: Program, wiring: Sequence[Tensor], p: Tensor, caps: Tensor) -> list[_Piece]:
    """Everything split by stages at once: slices would each bring a gradient of full size."""
    plans = [stage.plan for stage in prepared.stages]
    counts = [[last - first for plan in plans for b, first, last in plan.parts if b == k] for k in range(len(wiring))]
    matrices = [iter(m.split(count, dim=1)) for m, count in zip(wiring, counts, strict=True)]
    jobs = [plan.jobs.stop - plan.jobs.start for plan in plans]
    rows = zip(plans, p.split(jobs, dim=1), caps.split(jobs, dim=1), strict=True)
    return [_Piece(tuple(next(matrices[b]) for b, _, _ in plan.parts), q, cap) for plan, q, cap in rows]


def _loads(prepared: Program, parts: Sequence[_Piece]) -> list[Tensor]:
    """For each stage the loads [B, n, 2, 2] of its compressors' outputs: backward over the stages."""
    import torch

    following = torch.full_like(prepared.required, prepared.outside)[:, None].expand(len(parts[0].p), -1, 2)
    out = []
    for stage, part in zip(reversed(prepared.stages), reversed(parts), strict=True):
        following = torch.cat((following, torch.zeros_like(following[:, :1])), dim=1)
        out.append(following[:, stage.outputs])
        shown = torch.cat((part.caps.flatten(1, 2), following), dim=1)[:, stage.ports]
        rows = _wired(part, shown, transposed=False)
        following = torch.cat((rows, following), dim=1)[:, stage.above]
    return out[::-1]


def _wired(part: _Piece, values: Tensor, *, transposed: bool) -> Tensor:
    """``M x`` or ``M^T x`` [B, T, k] of all blocks of a stage, where `values` x is [B, T, k]."""
    import torch

    out, at = [], 0
    for m in part.wiring:
        rows = m.shape[1] * m.shape[2]
        x = values[:, at : at + rows].unflatten(1, m.shape[1:3])
        out.append(((m.mT if transposed else m) @ x).flatten(1, 2))
        at += rows
    return torch.cat(out, dim=1)


def _advance(prepared: Program, stage: _Stage, part: _Piece, signals: Tensor, load: Tensor, gamma: float) -> Tensor:
    """The signals [B, N', 4] after one stage."""
    import torch

    at = torch.cat((signals, signals[:, :1]), dim=1)[:, stage.signals]
    if prepared.net_gamma is None:
        ports = _wired(part, at, transposed=True)
    else:
        ports = _risk(part, at, max(gamma, prepared.net_gamma))
    made = evaluate(prepared.tables, ports, stage.pins, stage.kind, load, part.p, gamma)
    return torch.cat((made.flatten(1, 2), ports, signals), dim=1)[:, stage.after]


def _risk(part: _Piece, at: Tensor, gamma: float) -> Tensor:
    """Ports whose arrivals are smooth maxima weighted by the mixture, and whose slews are means."""
    import torch

    top, width = _spread(part, at, gamma)
    above = torch.exp((at[..., :2] - top) / width)
    mixed = _wired(part, torch.cat((above, at[..., 2:]), dim=2), transposed=True)
    tiny = torch.finfo(mixed.dtype).tiny
    return torch.cat((top + width * torch.log(mixed[..., :2].clamp(min=tiny)), mixed[..., 2:]), dim=2)


def _spread(part: _Piece, at: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    """[B, T, 2], [B, T, 1]: the latest arrival of each row's block, and a gamma at which its earliest is above 0 in float32."""
    import torch

    tops, widths, row = [], [], 0
    for m in part.wiring:
        count, size = m.shape[1:3]
        block = at[:, row : row + size * count, :2].detach().unflatten(1, (count, size))
        top = block.amax(dim=2, keepdim=True)
        range_ = (top - block.amin(dim=2, keepdim=True)).amax(dim=3, keepdim=True)
        tops.append(top.expand_as(block).flatten(1, 2))
        widths.append((range_ / _DEEPEST).clamp(min=gamma).expand(-1, -1, size, -1).flatten(1, 2))
        row += size * count
    return torch.cat(tops, dim=1), torch.cat(widths, dim=1)

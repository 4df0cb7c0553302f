"""Relaxed compressors as one differentiable operation: compiled loops on the CPU, tensor operations elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from eda.arith.domac.bank import Bank

if TYPE_CHECKING:
    from torch import Tensor

_NEVER = -1e30


@dataclass(frozen=True, eq=False)
class CellTables:
    """A `Bank` as tensors on one device; `values` [2, I, 3, 2, 2, 2, X, Y, 2] holds delay and slew."""

    slews: Tensor
    loads: Tensor
    values: Tensor
    moves: Tensor
    cap: Tensor
    area: Tensor
    known: Tensor


def cell_tables(bank: Bank, device: str, dtype: str) -> CellTables:
    """The bank for `evaluate`."""
    import torch

    def tensor(array: Any) -> Tensor:
        kind = torch.bool if array.dtype == bool else getattr(torch, dtype)
        return torch.as_tensor(np.ascontiguousarray(array), dtype=kind, device=device)

    values = np.stack((bank.delay, bank.slew), axis=-1)
    known = np.arange(bank.area.shape[1]) < np.array(bank.counts)[:, None]
    arrays = (bank.slews, bank.loads, values, bank.moves, bank.cap, bank.area, known)
    return CellTables(*map(tensor, arrays))


def evaluate(tables: CellTables, ports: Tensor, pins: Tensor, kind: Tensor, load: Tensor, p: Tensor, gamma: float) -> Tensor:
    """``[B, n, 2, 4]``: arrival rise, fall and slew rise, fall of sum and carry of n compressors.

    ports [B, T, 4] the same at T ports; pins int [n, 3]; kind int [n]; load [B, n, 2, 2] fF by output and edge; p [B, n, I].
    Arrivals are smooth maxima over the arcs of an implementation, slews largest ones; both are expectations over the
    implementations.
    """
    if ports.device.type == "cpu":
        return cast("Tensor", _compiled().apply(tables, ports, pins, kind, load, p, gamma))
    return evaluate_tensors(tables, ports, pins, kind, load, p, gamma)


def evaluate_tensors(
    tables: CellTables, ports: Tensor, pins: Tensor, kind: Tensor, load: Tensor, p: Tensor, gamma: float
) -> Tensor:
    """`evaluate` in tensor operations, for any device."""
    import torch

    at = ports[:, pins]
    i, u = _segment(tables.slews, at[..., 2:])
    j, v = _segment(tables.loads, load)
    rows, cols = len(tables.slews), len(tables.loads)
    base = torch.arange(tables.moves.numel(), device=ports.device).reshape(tables.moves.shape)[kind] * (rows * cols)
    cell = base + (i[:, :, None, :, None, :, None] * cols + j[:, :, None, None, :, None, :])
    flat = tables.values.reshape(-1, 2)
    s, t = u[:, :, None, :, None, :, None, None], v[:, :, None, None, :, None, :, None]
    low = torch.lerp(flat[cell], flat[cell + 1], t)
    high = torch.lerp(flat[cell + cols], flat[cell + cols + 1], t)
    read = torch.lerp(low, high, s)
    moves = tables.moves[kind]
    ends = torch.where(moves, at[:, :, None, :, None, :2, None] + read[..., 0], _NEVER)
    arrival = gamma * torch.logsumexp(ends / gamma, dim=(3, 5))
    slew = torch.where(moves, read[..., 1], 0.0).amax(dim=(3, 5))
    weights = p[..., None, None]
    known = tables.known[kind][..., None, None]
    mean = (weights * torch.where(known, arrival, 0.0)).sum(2), (weights * slew).sum(2)
    return torch.cat(mean, dim=-1)


def _segment(axis: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    i = torch.bucketize(x.detach().contiguous(), axis[1:-1].contiguous(), right=True)
    return i, (x - axis[i]) / (axis[i + 1] - axis[i])


@cache
def _compiled() -> Any:
    """The operation with compiled forward and backward loops."""
    import torch

    from eda.arith.domac import cell_kernels

    run_forward: Any = cell_kernels.forward
    run_backward: Any = cell_kernels.backward

    class Compiled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, tables: CellTables, *arguments: Any) -> Tensor:
            *tensors, gamma = arguments
            tensors = [t.contiguous() for t in tensors]
            ctx.tables, ctx.gamma = tables, tensors[0].numpy().dtype.type(gamma)
            ctx.save_for_backward(*tensors)
            load = tensors[3]
            out = torch.empty((*load.shape[:3], 4), dtype=load.dtype)
            run_forward(*(t.numpy() for t in tensors), *_arrays(tables), ctx.gamma, out.numpy())
            return out

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Any:
            tensors = ctx.saved_tensors
            ports, _, _, load, p = tensors
            to_ports, to_load, to_p = (torch.zeros_like(t) for t in (ports, load, p))
            arrays = (t.detach().numpy() for t in (*tensors,))
            made = (t.numpy() for t in (grad.contiguous(), to_ports, to_load, to_p))
            run_backward(*arrays, *_arrays(ctx.tables), ctx.gamma, *made)
            return None, to_ports, None, None, to_load, to_p, None

    return Compiled


def _arrays(tables: CellTables) -> tuple[Any, ...]:
    return tuple(t.numpy() for t in (tables.slews, tables.loads, tables.values, tables.moves))

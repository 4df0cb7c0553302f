"""The differentiable twin of the exact analysis, in torch.

It walks the same arcs and tables. Two things differ: a cell is a mixture of its choices, whose delays, slews, setup
times, pin capacitances and areas are weighted with probabilities, and every maximum is ``gamma * log(sum(exp(x/gamma)))``.
With certain choices and gamma towards 0 it is the exact analysis; gradients flow through loads, slews and choices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eda.errors import UsageError
from eda.tech.library import FALL, RISE, TableSet
from eda.timing.bank import bank_of
from eda.timing.batch import Sizing, check_tables
from eda.timing.driver import driver_arcs
from eda.timing.loads import outside_loads, pin_caps
from eda.timing.twin import Level, levels_of

if TYPE_CHECKING:
    from torch import Tensor

_ToTensor = Callable[[Any], "Tensor"]


@dataclass(frozen=True, eq=False)
class SmoothTiming:
    """Timing of B mixtures; ps, fF, um2. All are tensors that carry gradients.

    delay_ps [B]        smooth maximum over `ends`: the smallest period
    area     [B]        expected area
    ends     [B, E]     smallest period that each end of a path allows: arrival at outputs, arrival and setup at registers
    arrival, slew, load [B, N, 2]   -inf arrivals where nothing arrives
    """

    delay_ps: Tensor
    area: Tensor
    ends: Tensor
    arrival: Tensor
    slew: Tensor
    load: Tensor


class _Tables(NamedTuple):
    """As `TableSet`, with `last` [T] the largest first index of an interval and `varies` [T] per axis."""

    values: Tensor
    axes: tuple[Tensor, Tensor]
    last: tuple[Tensor, Tensor]
    varies: tuple[Tensor, Tensor]


class _Ends(NamedTuple):
    """E ends: arrival slot, periods, constant margin; for those at checks their numbers, slew slots and weights."""

    slot: Tensor
    cycles: Tensor
    margin: Tensor
    at_check: Tensor
    slew_slot: Tensor
    table: Tensor
    weight: Tensor


@dataclass(frozen=True, eq=False)
class Twin:
    """A `Sizing` as tensors on one device; made by `twin` and evaluated by `smooth`."""

    sizing: Sizing
    tables: _Tables
    levels: tuple[Level, ...]
    reached: Tensor
    valid: Tensor
    pin_net: Tensor
    pin_cell: Tensor
    pin_cap: Tensor
    outside: Tensor
    areas: Tensor
    begin_arrival: Tensor
    begin_slew: Tensor
    driver: tuple[tuple[Tensor, Tensor], ...]
    ends: _Ends


def twin(sizing: Sizing, *, device: str = "cpu", dtype: str = "float64") -> Twin:
    """Prepare a `Sizing` for `smooth`; `dtype` is "float64" or "float32". Raises `UsageError` for another one."""
    import torch

    if dtype not in ("float64", "float32"):
        raise UsageError(f"dtype must be 'float64' or 'float32', got {dtype!r}")

    def tensor(array: Any) -> Tensor:
        array = np.array(array)
        kind = None if array.dtype == bool else torch.int64 if array.dtype.kind in "iu" else getattr(torch, dtype)
        return torch.as_tensor(array, dtype=kind, device=device)

    walk, netlist, library, choices = sizing.walk, sizing.netlist, sizing.library, sizing.choices
    levels, reached = levels_of(sizing)
    begin_arrival, begin_slew = walk.start(np.zeros((netlist.n_nets, 2)))
    areas = np.array([c.area for c in library.cells])
    return Twin(
        sizing=sizing,
        tables=_tables(library.tables, tensor),
        levels=tuple(Level(*(tensor(getattr(level, f)) for f in level.__dataclass_fields__)) for level in levels),
        reached=tensor(reached),
        valid=tensor(choices.cells >= 0),
        pin_net=tensor(netlist.fanin),
        pin_cell=tensor(netlist.pin_cell),
        pin_cap=tensor(_pin_caps(sizing)),
        outside=tensor(outside_loads(netlist, walk.constraints)),
        areas=tensor(np.where(choices.cells >= 0, areas[choices.cells], 0.0)),
        begin_arrival=tensor(_spread_launches(begin_arrival, walk.launches)),
        begin_slew=tensor(np.append(begin_slew.ravel(), 0.0)),
        driver=_driver(sizing, tensor),
        ends=_prepare_ends(sizing, reached, tensor),
    )


def smooth(twin: Twin, probability: Tensor, gamma: float) -> SmoothTiming:
    """Time the mixtures ``probability`` [B, C, K], which say how much of each choice each cell is; `gamma` in ps.

    Entries beyond the last choice of a cell are not looked at. Raises `UsageError` for a wrong shape or gamma.
    """
    import torch

    if not gamma > 0:
        raise UsageError(f"gamma must be positive, got {gamma}")
    if probability.shape[1:] != twin.valid.shape:
        raise UsageError(
            f"probability has shape {tuple(probability.shape)}, expected (B, {', '.join(map(str, twin.valid.shape))})"
        )
    p = torch.where(twin.valid, probability, 0.0)
    load = _loads(twin, p)
    arrival, slew = _starts(twin, load)
    weights = p.flatten(1)
    for level in twin.levels:
        arrival, slew = _advance(twin, level, weights, load, arrival, slew, gamma)
    ends = _ends(twin, weights, arrival, slew)
    shape = (len(p), -1, 2)
    return SmoothTiming(
        _soft_max(ends, torch.zeros(ends.shape[1], dtype=torch.int64, device=ends.device), 1, gamma)[:, 0],
        (p * twin.areas).sum(dim=(1, 2)),
        ends,
        _latest(twin, arrival).reshape(shape),
        slew[:, :-1].reshape(shape),
        load.reshape(shape),
    )


# --- preparation -------------------------------------------------------------------------------------------------------


def _tables(tables: TableSet, tensor: _ToTensor) -> _Tables:
    counts = tables.n0, tables.n1
    axes = tuple(tensor(np.where(np.isfinite(a), a, np.finfo(np.float32).max)) for a in (tables.axis0, tables.axis1))
    last = tuple(tensor(np.maximum(n - 2, 0)) for n in counts)
    return _Tables(tensor(tables.values), axes, last, tuple(tensor(n > 1) for n in counts))  # type: ignore[arg-type]


def _pin_caps(sizing: Sizing) -> np.ndarray[Any, Any]:
    """float [I, K, 2]: capacitance of each input pin under each choice of its cell; 0 beyond the last."""
    start, cap = pin_caps(sizing.library)
    netlist, cells = sizing.netlist, sizing.choices.cells[sizing.netlist.pin_cell]
    position = np.arange(len(netlist.fanin)) - netlist.fanin_start[netlist.pin_cell]
    pin = np.where(cells >= 0, start[cells] + position[:, None], 0)
    return np.where(cells[..., None] >= 0, cap[pin], 0.0)


def _spread_launches(begin: np.ndarray[Any, Any], launches: int) -> np.ndarray[Any, Any]:
    """Arrivals [N, 2] at the slots of the rising clock; everything else, and the clock's own slot, begins at 0."""
    slots = np.zeros((begin.size, launches))
    slots[:, 0] = np.where(np.isfinite(begin), begin, 0.0).ravel()
    return np.append(slots.ravel(), 0.0)


def _driver(sizing: Sizing, tensor: _ToTensor) -> tuple[tuple[Tensor, Tensor], ...]:
    """Delay and slew tables of the driving cell's arcs for a rising and a falling output; empty without a driver."""
    name = sizing.walk.constraints.driver
    if name is None:
        return ()
    rows, moves, bank = *driver_arcs(sizing.library, name), bank_of(sizing.library)
    used = [rows[(moves & 0b11 << 2 * edge) != 0] for edge in (RISE, FALL)]
    return tuple((tensor(bank.delay[r, edge]), tensor(bank.slew[r, edge])) for edge, r in enumerate(used))


def _prepare_ends(sizing: Sizing, reached: np.ndarray[Any, Any], tensor: _ToTensor) -> _Ends:
    """The ends of the exact analysis; which they are does not depend on the choices."""
    walk, netlist, choices = sizing.walk, sizing.netlist, sizing.choices
    arrivals = np.where(reached[:-1].reshape(netlist.n_nets, 2, walk.launches), 0.0, -np.inf)
    ends = walk.late_ends(np.moveaxis(arrivals, 2, 0), np.zeros((netlist.n_nets, 2)))
    slew_slot = 2 * ends.net + ends.edge
    at = np.flatnonzero(ends.check >= 0)
    checks = walk.graph.checks.take(walk.graph.checks.late)
    cells = np.where(choices.cells >= 0, choices.cells, choices.cells[:, :1]).T
    table = check_tables(sizing, checks, cells)[:, ends.check[at], ends.edge[at]].T
    owner = netlist.pin_cell[checks.pin[ends.check[at]]].astype(np.int64)
    weight = owner[:, None] * choices.cells.shape[1] + np.arange(choices.cells.shape[1])
    return _Ends(
        tensor(slew_slot * walk.launches + ends.launch),
        tensor(ends.cycles),
        tensor(np.where(ends.check >= 0, 0.0, ends.margin)),
        tensor(at),
        tensor(slew_slot[at]),
        tensor(table),
        tensor(weight),
    )


# --- evaluation --------------------------------------------------------------------------------------------------------


def _loads(twin: Twin, p: Tensor) -> Tensor:
    """[B, 2N]"""
    pins = (p[:, twin.pin_cell, :, None] * twin.pin_cap).sum(dim=2)
    load = twin.outside.expand(len(p), -1, -1).index_add(1, twin.pin_net, pins)
    return load.flatten(1)


def _starts(twin: Twin, load: Tensor) -> tuple[Tensor, Tensor]:
    """Arrivals [B, slots] and slews [B, slots] of the nets that begin paths."""
    import torch

    arrival = twin.begin_arrival.expand(len(load), -1)
    slew = twin.begin_slew.expand(len(load), -1)
    netlist = twin.sizing.netlist
    inputs = torch.arange(netlist.first_cell_net - netlist.n_input_bits, netlist.first_cell_net, device=load.device)
    launches = twin.sizing.walk.launches
    for edge, (delays, slews) in enumerate(twin.driver):
        at = 2 * inputs + edge
        y = load[:, None, at]
        still = torch.zeros_like(y)
        extra = _interpolate(twin.tables, delays[:, None], still, y) - _interpolate(twin.tables, delays[:, None], still, still)
        arrival = arrival.index_add(1, at * launches, extra.amax(dim=1))
        slew = slew.index_copy(1, at, _interpolate(twin.tables, slews[:, None], still, y).amax(dim=1))
    return arrival, slew


def _advance(
    twin: Twin, level: Level, weights: Tensor, load: Tensor, arrival: Tensor, slew: Tensor, gamma: float
) -> tuple[Tensor, Tensor]:
    x, y = slew[:, level.from_slew], load[:, level.load]
    steep = _soft_max(_interpolate(twin.tables, level.slew, x, y), level.group, len(level.slot), gamma)
    slew = slew.index_add(1, level.slot, steep * weights[:, level.weight])
    delay = _interpolate(twin.tables, level.delay, x, y)
    end = arrival[:, level.from_arrival] + delay[:, level.move]
    late = _soft_max(end, level.path_group, len(level.path_slot), gamma)
    return arrival.index_add(1, level.path_slot, late * weights[:, level.path_weight]), slew


def _ends(twin: Twin, weights: Tensor, arrival: Tensor, slew: Tensor) -> Tensor:
    """[B, E]: smallest period that each end allows."""
    import torch

    ends = twin.ends
    margin = ends.margin.expand(len(arrival), -1)
    if len(ends.at_check):
        x = slew[:, ends.slew_slot, None].expand(-1, -1, ends.table.shape[1])
        times = _interpolate(twin.tables, ends.table, torch.zeros_like(x), x)
        margin = margin.index_add(1, ends.at_check, (times * weights[:, ends.weight]).sum(dim=2))
    return (arrival[:, ends.slot] + margin) / ends.cycles


def _latest(twin: Twin, arrival: Tensor) -> Tensor:
    """[B, 2N]: the latest arrival over launching edges, -inf where there is none."""
    import torch

    slots = torch.where(twin.reached, arrival, -torch.inf)[:, :-1]
    return slots.reshape(len(arrival), -1, twin.sizing.walk.launches).amax(dim=2)


def _interpolate(tables: _Tables, index: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Tables ``index`` [...] at x, y [B, ...]; 0 where the index is negative."""
    import torch

    t = index.clamp(min=0)
    i, u = _segment(tables.axes[0], tables.last[0], tables.varies[0], t, x)
    j, v = _segment(tables.axes[1], tables.last[1], tables.varies[1], t, y)
    rows, cols = tables.values.shape[1:]
    up, right = tables.varies[0][t] * cols, tables.varies[1][t].long()
    at = (t * rows + i) * cols + j
    flat = tables.values.flatten()
    low = flat[at] + v * (flat[at + right] - flat[at])
    high = flat[at + up] + v * (flat[at + up + right] - flat[at + up])
    return torch.where(index >= 0, low + u * (high - low), 0.0)


def _segment(axis: Tensor, last: Tensor, varies: Tensor, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Interval of the axis of table t that holds x, and the position in it; see `eda.timing.kernels`."""
    import torch

    points = axis[t]
    low = torch.minimum((x.detach()[..., None] >= points[..., 1:]).sum(dim=-1), last[t])
    begin = torch.gather(points.expand(*low.shape, -1), -1, low[..., None])[..., 0]
    end = torch.gather(points.expand(*low.shape, -1), -1, (low + varies[t])[..., None])[..., 0]
    return low, torch.where(varies[t], (x - begin) / torch.where(varies[t], end - begin, 1.0), 0.0)


def _soft_max(values: Tensor, group: Tensor, count: int, gamma: float) -> Tensor:
    """[B, count]: ``gamma * log(sum(exp(values / gamma)))`` over the members of each group; no group may be empty."""
    import torch

    batch = len(values)
    top = torch.full((batch, count), -torch.inf, dtype=values.dtype, device=values.device)
    top = top.scatter_reduce(1, group.expand(batch, -1), values.detach(), "amax")
    terms = torch.exp((values - top[:, group]) / gamma)
    return top + gamma * torch.log(torch.zeros_like(top).index_add(1, group, terms))

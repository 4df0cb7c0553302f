"""A schedule as a Gantt chart, and trade-offs of many as a staircase."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eda.errors import UsageError
from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.binding import bind

_MOST_ROWS = 400
_NAMED = 60


def plot(flow: Dataflow, schedule: Schedule, path: str | Path) -> Path:
    """Draw when each operation runs (one iteration), grouped by resource and unit, to an image file; its path.

    The ending of the name gives the format (png, svg, pdf). Dotted lines stand every II steps. Raises `UsageError` for more
    rows than can be told apart, and for an ending that is no image format.
    """
    rows = _rows(flow, schedule)
    count = len({row for row, _, _ in rows})
    if count > _MOST_ROWS:
        raise UsageError(f"{count} rows are too many for a chart, at most {_MOST_ROWS} can be told apart")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(6.0, 1 + 0.25 * schedule.latency(flow)), max(3.0, 1 + 0.22 * count)), layout="constrained")
    axes = figure.subplots()
    labels = list(dict.fromkeys(row for row, _, _ in rows))
    colours = {kind: f"C{k % 10}" for k, kind in enumerate(dict.fromkeys(flow.kinds))}
    for row, v, held in rows:
        _bar(axes, labels.index(row), int(schedule.start[v]), held, colours[flow.kinds[v]], flow.names[v], count <= _NAMED)
    _decorate(axes, labels, flow, schedule)
    return _saved(figure, path)


def plot_front(points: Sequence[tuple[float, float]], path: str | Path) -> Path:
    """Draw points (area, communication), of which none beats another, to an image file; its path. Raises `UsageError`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    axes = figure.subplots()
    area, wires = zip(*sorted(points), strict=True)
    axes.step(area, wires, where="post", color="C0", linewidth=1)
    axes.plot(area, wires, "o", color="C0", markersize=4)
    axes.set(xlabel="area (priced units)", ylabel="communication")
    axes.grid(alpha=0.3)
    return _saved(figure, path)


def _saved(figure: Any, path: str | Path) -> Path:
    try:
        figure.savefig(path)
    except (ValueError, OSError) as e:
        raise UsageError(f"{path} cannot be drawn: {e}") from e
    return Path(path)


def _rows(flow: Dataflow, schedule: Schedule) -> list[tuple[str, int, int]]:
    """Row, operation, and steps held: a row per unit of limited resources, a row per operation for the rest."""
    interval = schedule.ii if schedule.ii is not None else max(1, schedule.latency(flow), *(flow.demand_occupancy.tolist()))
    binding = bind(flow, schedule, interval)
    held = flow.latency.astype(np.int64).copy()
    np.maximum.at(held, flow.demand_operation, flow.demand_occupancy)
    rows = []
    for v in np.lexsort((schedule.start, np.array(binding.unit))).tolist():
        unit = binding.unit[v]
        name = f"{flow.resources[binding.resource[unit]]} {binding.number[unit]}" if unit >= 0 else flow.names[v]
        rows.append((name, v, int(held[v])))
    return rows


def _bar(axes: Any, row: int, start: int, held: int, colour: str, name: str, named: bool) -> None:
    axes.barh(row, max(held, 0.15), left=start, height=0.8, color=colour, edgecolor="white", linewidth=0.5)
    if named:
        axes.text(start + 0.08, row, name, va="center", ha="left", fontsize=6, clip_on=True)


def _decorate(axes: Any, labels: list[str], flow: Dataflow, schedule: Schedule) -> None:
    end = schedule.latency(flow)
    axes.set_yticks(range(len(labels)), labels, fontsize=6)
    axes.invert_yaxis()
    axes.set_xlabel("step")
    axes.set_xlim(0, max(end, 1))
    axes.set_title(f"{flow.name}: latency {end}" + (f", II {schedule.ii}" if schedule.ii is not None else ""), fontsize=9)
    for step in range(schedule.ii or end or 1, end, schedule.ii or end or 1):
        axes.axvline(step, color="grey", linestyle=":", linewidth=0.8)

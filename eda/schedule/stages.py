"""A report per step of a schedule: what runs, which units are held, how many bits wait, and the critical path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.ir.dataflow import Dataflow, Schedule
from eda.schedule.chaining import Delays, arrivals

_SHOWN_NAMES = 8


@dataclass(frozen=True)
class Stage:
    """One step of an iteration.

    starts     operations that start in it         units      units in use by resource, folded when pipelined
    live_bits  bits of values that are ready in the step or before and read later (one iteration)
    delay      longest combinational path, in the unit of the delays given, and `path`, its operations; None without delays
    """

    step: int
    starts: tuple[str, ...]
    units: Mapping[str, int]
    live_bits: int
    delay: float | None
    path: tuple[str, ...]


def stages(flow: Dataflow, schedule: Schedule, delay_in: Delays | None = None, delay_out: Delays | None = None) -> list[Stage]:
    """All steps up to the last in which an operation runs or starts.

    With both delays (see `eda.schedule.chaining`), each step has its critical path. Raises `InputError` for delays that do not
    fit the graph, or a combinational loop.
    """
    steps = int(max(schedule.latency(flow), schedule.start.max(initial=-1) + 1))
    live = _live_bits(flow, schedule, steps)
    usage = schedule.usage(flow)
    paths: dict[int, tuple[float, tuple[str, ...]]] = {}
    if delay_in is not None and delay_out is not None:
        paths = _critical(flow, schedule, delay_in, delay_out)
    starts: list[list[str]] = [[] for _ in range(steps)]
    for v, step in enumerate(schedule.start.tolist()):
        starts[step].append(flow.names[v])
    out = []
    for step in range(steps):
        at = step if schedule.ii is None else step % schedule.ii
        used = usage[:, at] if at < usage.shape[1] else np.zeros(len(flow.resources), dtype=np.int64)
        units = {name: int(n) for name, n in zip(flow.resources, used, strict=True) if n}
        delay, path = paths.get(step, (0.0, ())) if delay_in is not None else (None, ())
        out.append(Stage(step, tuple(starts[step]), units, int(live[step]), delay, path))
    return out


def _live_bits(flow: Dataflow, schedule: Schedule, steps: int) -> npt.NDArray[np.int64]:
    """int64 [steps]: bits of values with ``s + l <= t < last``."""
    interval = schedule.ii if schedule.ii is not None else schedule.latency(flow)
    ready = schedule.start + flow.latency
    last = ready.copy()
    data = flow.edge_operand >= 0
    at = schedule.start[flow.edge_target[data]] + interval * flow.edge_distance[data].astype(np.int64)
    np.maximum.at(last, flow.edge_source[data], at)
    change = np.zeros(steps + 1, dtype=np.int64)
    np.add.at(change, np.minimum(ready, steps), flow.width)
    np.add.at(change, np.minimum(last, steps), -flow.width.astype(np.int64))
    return np.cumsum(change)[:steps]


def _critical(
    flow: Dataflow, schedule: Schedule, delay_in: Delays, delay_out: Delays
) -> dict[int, tuple[float, tuple[str, ...]]]:
    """Longest path by the step that it ends in."""
    arrival, origin = arrivals(flow, schedule, delay_in, delay_out)
    end = arrival + np.asarray(delay_in, dtype=np.float64)
    found: dict[int, tuple[float, tuple[str, ...]]] = {}
    for v in np.argsort(-end, kind="stable").tolist():
        step = int(schedule.start[v])
        if step not in found:
            found[step] = (float(end[v]), _path(flow, origin, v))
    return found


def _path(flow: Dataflow, origin: npt.NDArray[np.int64], v: int) -> tuple[str, ...]:
    path = [v]
    while origin[path[-1]] >= 0 and (len(path) == 1 or flow.latency[path[-1]] == 0):
        path.append(int(origin[path[-1]]))
    return tuple(flow.names[u] for u in reversed(path))


def stage_text(rows: list[Stage]) -> str:
    """The report as text, a line per step: operations, units, bits that wait, delay and critical path."""
    lines = []
    for row in rows:
        names = " ".join(row.starts[:_SHOWN_NAMES]) + (f" and {len(row.starts) - _SHOWN_NAMES} more" * (len(row.starts) > 8))
        units = ", ".join(f"{n} {name}" for name, n in row.units.items()) or "no units"
        path = "" if row.delay is None else f"; {row.delay:.4g} through {' -> '.join(row.path) or 'nothing'}"
        lines.append(f"step {row.step}: {names or '-'}; {units}; {row.live_bits} bits wait{path}")
    return "\n".join(lines)


def stage_rows(rows: list[Stage]) -> list[dict[str, Any]]:
    """The report as plain data for JSON."""
    return [asdict(row) for row in rows]

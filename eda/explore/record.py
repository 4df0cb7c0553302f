"""The folder of an exploration: ``results.json``, the front, plots, and a report."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eda import __version__
from eda.explore.plot import pareto_plot
from eda.explore.report import RESULTS, write_report
from eda.ir.files import write_atomic
from eda.pareto import front
from eda.tech.pdk import Pdk

_FRONT_KEYS = ("verilog", "mapped", "delay_ps", "area_um2", "power_mw", "proof", "config", "recipe", "source", "name")


def write_record(
    folder: Path,
    points: Sequence[dict[str, Any]],
    *,
    title: str,
    note: str,
    identity: tuple[str, Mapping[str, Any]],
    finished: bool,
    cpu_seconds: float,
    seed: int,
    failures: Mapping[str, str],
) -> dict[str, Any]:
    """Write and return ``results.json``.

    `points` each have the keys ``delay_ps``, ``area_um2`` and ``key``; `identity` is the name and value of the entry that
    says what makes points of two runs comparable.
    """
    best = set(front([(p["delay_ps"], p["area_um2"]) for p in points]))
    marked = [p | {"on_front": i in best} for i, p in enumerate(points)]
    record = {
        "title": title,
        "note": note,
        "finished": finished,
        identity[0]: identity[1],
        "environment": {
            "eda": __version__,
            "python": platform.python_version(),
            "timing and power": points[0]["engine"] if points else "",
            "activity": points[0]["activity"] if points else "",
            "cores": os.cpu_count(),
            "CPU seconds of this run": round(cpu_seconds, 1),
            "seed": seed,
        },
        "points": marked,
        "failures": dict(failures),
        "front": [p["key"] for p in marked if p["on_front"]],
    }
    write_atomic(folder / RESULTS, json.dumps(record, indent=1) + "\n")
    return record


def write_front(record: dict[str, Any], folder: Path) -> None:
    """Write ``pareto.json``, plots of all points, and the report."""
    chosen = sorted((p for p in record["points"] if p["on_front"]), key=lambda p: p["delay_ps"])
    write_atomic(folder / "pareto.json", json.dumps([{k: p[k] for k in _FRONT_KEYS} for p in chosen], indent=1) + "\n")
    for kind in ("svg", "png"):
        write_atomic(folder / f"pareto.{kind}", pareto_plot(record["points"], record["title"], kind))
    write_report(folder)


def surroundings(pdk: Pdk) -> str:
    """The conditions under which points were timed, in words."""
    d = pdk.defaults
    return f"ideal wires, driver {d.driver}, load {d.load_ff:g} fF"


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

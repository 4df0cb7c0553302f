"""One self-contained HTML page from a folder of results."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from eda.errors import InputError
from eda.explore.plot import pareto_plot
from eda.ir.files import read_text, write_atomic
from eda.pareto import front

RESULTS = "results.json"
_POINT_KEYS = ("name", "source", "recipe", "delay_ps", "area_um2", "power_mw", "cells", "proof")


def read_results(folder: Path) -> dict[str, Any]:
    """The record ``results.json`` of a sweep; raises `InputError` naming what is missing in it."""
    path = folder / RESULTS
    try:
        record = json.loads(read_text(path))
    except json.JSONDecodeError as e:
        raise InputError(f"expected JSON: {e.msg}", file=path, line=e.lineno) from e
    if not isinstance(record, dict) or not isinstance(record.get("points"), list):
        raise InputError("expected an object with a list 'points'", file=path)
    for number, point in enumerate(record["points"]):
        missing = [k for k in _POINT_KEYS if not isinstance(point, dict) or k not in point]
        if missing:
            raise InputError(f"point {number} has no {missing[0]!r}", file=path)
    return record


def write_report(folder: Path) -> Path:
    """Write ``report.html`` from the results in `folder`; returns its path."""
    record = read_results(folder)
    path = folder / "report.html"
    write_atomic(path, render(record))
    return path


def render(record: dict[str, Any]) -> str:
    """The page: title, plot, table with the best of each column marked, proofs, environment."""
    points = record["points"]
    title = html.escape(str(record.get("title", "results")))
    plot = pareto_plot(points, str(record.get("title", ""))).decode() if points else ""
    svg = plot[plot.index("<svg") :] if plot else "<p>No points yet.</p>"
    facts = "".join(
        f"<tr><th>{html.escape(k)}</th><td>{html.escape(str(v))}</td></tr>" for k, v in record.get("environment", {}).items()
    )
    return _PAGE.format(title=title, note=html.escape(str(record.get("note", ""))), svg=svg, rows=_rows(points), facts=facts)


def _rows(points: list[dict[str, Any]]) -> str:
    on_front = set(front([(p["delay_ps"], p["area_um2"]) for p in points]))
    best = {k: min((p[k] for p in points if p[k] is not None), default=None) for k in ("delay_ps", "area_um2", "power_mw")}
    order = sorted(range(len(points)), key=lambda i: (points[i]["recipe"], points[i]["delay_ps"]))
    return "\n".join(_row(points[i], i in on_front, best) for i in order)


def _row(point: dict[str, Any], on_front: bool, best: dict[str, Any]) -> str:
    def number(key: str, digits: int) -> str:
        value = point[key]
        mark = " class=best" if value is not None and value == best.get(key) else ""
        return f"<td{mark}>{'–' if value is None else format(value, f',.{digits}f')}</td>"

    links = {label: point[key] for key, label in (("verilog", "RTL"), ("mapped", "mapped")) if point.get(key)}
    files = " ".join(f'<a href="{html.escape(target)}">{label}</a>' for label, target in links.items())
    proof = point["proof"]
    verdict = html.escape(f"{proof['status']}: {proof['method']}")
    cells = (
        f"<td class=name>{html.escape(point['name'])}</td><td>{html.escape(point['recipe'])}</td>"
        + number("delay_ps", 1)
        + number("area_um2", 1)
        + number("power_mw", 3)
        + f"<td>{point['cells']:,}</td>"
        + f'<td title="{html.escape(str(proof.get("detail", "")))}">{verdict}</td>'
        + f"<td>{files}</td>"
    )
    return f"<tr{' class=front' if on_front else ''}>{cells}</tr>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
 body {{ font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }}
 h1 {{ font-size: 1.5rem; margin-bottom: .2rem }} .note {{ color: #555; margin-top: 0 }}
 svg {{ max-width: 100%; height: auto }} .scroll {{ overflow-x: auto }}
 table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap }}
 th, td {{ padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #e4e4e4 }}
 th {{ text-align: right; font-weight: 600 }} .name, th:first-child {{ text-align: left }}
 tr.front td {{ background: #eef6f1 }} td.best {{ color: #0a7a3c; font-weight: 600 }}
 .facts th, .facts td {{ text-align: left; font-size: .85rem; color: #555; border: 0; padding: .1rem .7rem .1rem 0 }}
</style></head><body>
<h1>{title}</h1><p class="note">{note}</p>
{svg}
<p>Shaded rows are on the front of delay and area; the best value of each column is green.</p>
<div class="scroll"><table><thead><tr><th>design</th><th>recipe</th><th>delay, ps</th><th>area, µm²</th><th>power, mW</th>
<th>cells</th><th>proof</th><th>files</th></tr></thead><tbody>
{rows}
</tbody></table></div>
<h2>How this was made</h2><table class="facts">{facts}</table>
</body></html>
"""

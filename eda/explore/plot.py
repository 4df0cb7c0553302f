"""Plots of sets of measured points."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from eda.pareto import front

_COLOURS = {"eda": "#1f6f8b", "yosys": "#c8553d"}
_MARKERS = ("o", "s", "^", "D", "v", "P")


def pareto_plot(points: Sequence[dict[str, Any]], title: str, kind: str = "svg") -> bytes:
    """Delay (ps) against area (um2): one colour per source, one marker per recipe, the front as a step line.

    `points` are dictionaries with ``delay_ps``, ``area_um2``, ``source`` and ``recipe``; `kind` is ``svg`` or ``png``.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    recipes = sorted({p["recipe"] for p in points})
    for source in sorted({p["source"] for p in points}):
        for recipe, marker in zip(recipes, _MARKERS * len(recipes), strict=False):
            chosen = [p for p in points if p["source"] == source and p["recipe"] == recipe]
            if chosen:
                axes.scatter(
                    [p["delay_ps"] for p in chosen],
                    [p["area_um2"] for p in chosen],
                    s=34,
                    marker=marker,
                    color=_COLOURS.get(source, "#666666"),
                    alpha=0.85,
                    linewidths=0,
                    label=f"{source}, {recipe}",
                )
    best = [points[i] for i in front([(p["delay_ps"], p["area_um2"]) for p in points])]
    axes.step([p["delay_ps"] for p in best], [p["area_um2"] for p in best], where="post", color="#333333", lw=1, label="front")
    axes.set(xlabel="delay, ps", ylabel="area, µm²", title=title)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    out = BytesIO()
    figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return out.getvalue()

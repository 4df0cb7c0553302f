"""Union fronts of measured circuits, their hypervolumes, and how another set of points compares with them.

A row is a dictionary with ``kind``, ``width``, ``design``, ``source``, ``recipe``, ``target_ps``, ``spelling`` and, unless its
mapping failed, ``delay_ps`` and ``area_um2``. A hypervolume is the share of the box up to the reference point that the points
dominate.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from arith_subjects import Key
from common import print_table

from eda.pareto import front, hypervolume

RECIPES = ("speed", "area")
MATCHED = 0.005
"""A point is matched by one whose delay and area are larger by no more than this share."""

SHOWN = ["delay_ps", "area_um2", "design", "recipe", "target_ps", "proof"]

REFERENCE = {  # delay ps, area um2
    ("multiplier", 8): (1200.0, 800.0),
    ("multiplier", 16): (2000.0, 2500.0),
    ("multiplier", 32): (3000.0, 8500.0),
    ("multiplier", 64): (3500.0, 35000.0),
    ("mac", 8): (1300.0, 950.0),
    ("mac", 16): (2100.0, 2900.0),
}
"""Those of multipliers are usual in the literature; those of multiply-adders stand as far from what Yosys makes of them."""

REACH = {  # points to reach: delay ps, area um2
    ("multiplier", 8): ((475, 505), (595, 400), (686, 370), (812, 310)),
    ("multiplier", 16): ((740, 2040), (760, 1960), (950, 1600), (1085, 1430), (1392, 1300)),
    ("multiplier", 32): ((1170, 7500), (1627, 5700)),
    ("multiplier", 64): ((1715, 26000),),
    ("mac", 8): ((527, 562),),
    ("mac", 16): ((876, 2154),),
}

Rows = Sequence[dict[str, Any]]


def points(rows: Rows, key: Key) -> list[dict[str, Any]]:
    return [r for r in rows if (r["kind"], r["width"]) == key and "delay_ps" in r]


def union(rows: Rows, key: Key) -> list[dict[str, Any]]:
    """The rows that no other row of the same kind and width dominates, by delay."""
    found = points(rows, key)
    return [found[i] for i in front([(r["delay_ps"], r["area_um2"]) for r in found])]


def volume(rows: Rows, key: Key) -> float:
    return hypervolume([(r["delay_ps"], r["area_um2"]) for r in rows], REFERENCE[key])


def summary(rows: Rows, key: Key) -> dict[str, Any]:
    """Union front, hypervolumes, and what was measured, of one kind and width."""
    found = points(rows, key)
    designs = {r["design"]: [x for x in found if x["design"] == r["design"]] for r in found}
    volumes = {name: volume(of, key) for name, of in designs.items()}
    best = max(volumes, key=lambda name: volumes[name])
    third = [r for r in found if r["source"] != "textbook"]
    return {
        "kind": key[0],
        "width": key[1],
        "reference": REFERENCE[key],
        "hypervolume": round(volume(found, key), 4),
        "hypervolume_third_party": round(volume(third, key), 4),
        "best_single_design": best,
        "hypervolume_best_single": round(volumes[best], 4),
        "designs": len(designs),
        "runs": len(found),
        "runs_per_design": (min(map(len, designs.values())), max(map(len, designs.values()))),
        "failures": sum((r["kind"], r["width"]) == key and "failure" in r for r in rows),
        "targets": {recipe: sorted({r["target_ps"] for r in found if r["recipe"] == recipe}) for recipe in RECIPES},
        "spellings": 1 + max(r["spelling"] for r in found),
        "front": [{k: r[k] for k in SHOWN if k in r} for r in union(rows, key)],
    }


def comparison(rows: Rows, mine: Rows, key: Key) -> dict[str, Any]:
    """Hypervolumes, the points of the union front, and the points to reach, of one kind and width."""
    theirs, ours = volume(points(rows, key), key), volume(mine, key)
    matched = [match(mine, r["delay_ps"], r["area_um2"]) | {"design": r["design"]} for r in union(rows, key)]
    reached = [match(mine, delay, um2) for delay, um2 in REACH[key]]
    print(f"\n{key[0]}, {key[1]} bits: hypervolume ours {ours:.4f}, union {theirs:.4f}, ratio {ours / theirs:.3f}")
    print_table(matched)
    print("points to reach")
    print_table(reached)
    best = [mine[i] for i in front([(p["delay_ps"], p["area_um2"]) for p in mine])]
    return {
        "kind": key[0],
        "width": key[1],
        "reference": REFERENCE[key],
        "ours": round(ours, 4),
        "union": round(theirs, 4),
        "ratio": round(ours / theirs, 4),
        "union_points": matched,
        "points_to_reach": reached,
        "front": [{k: p[k] for k in ("delay_ps", "area_um2", "power_mw", "name", "recipe")} for p in best],
    }


def match(mine: Rows, delay: float, um2: float) -> dict[str, Any]:
    """How far our points are from one point: the least excess in percent, the area at its delay, the delay at its area."""
    excess = min(max(p["delay_ps"] / delay, p["area_um2"] / um2) - 1 for p in mine)
    fast = [p["area_um2"] for p in mine if p["delay_ps"] <= delay * (1 + MATCHED)]
    small = [p["delay_ps"] for p in mine if p["area_um2"] <= um2 * (1 + MATCHED)]
    return {
        "delay_ps": delay,
        "area_um2": um2,
        "matched": excess <= MATCHED,
        "excess_percent": round(100 * excess, 2),
        "our_area_at_delay": min(fast, default=None),
        "our_delay_at_area": min(small, default=None),
    }


def plot(rows: Rows, mine: Rows, key: Key) -> bytes:
    """All points of the generators, and both fronts as step lines."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    sets = {"Yosys": "yosys", "textbook": "textbook", "open generators": None}
    named = set(filter(None, sets.values()))
    for (label, source), colour in zip(sets.items(), ("#c8553d", "#8a8a8a", "#d9a441"), strict=True):
        chosen = [r for r in points(rows, key) if r["source"] == source or (source is None and r["source"] not in named)]
        axes.scatter(*_xy(chosen), s=14, color=colour, alpha=0.6, linewidths=0, label=label)
    axes.step(*_xy(union(rows, key)), where="post", color="#333333", lw=1, label="union of the above")
    best = [mine[i] for i in front([(p["delay_ps"], p["area_um2"]) for p in mine])]
    axes.step(*_xy(best), where="post", color="#1f6f8b", lw=1.4, marker="o", ms=3, label="eda")
    reach_delays, reach_areas = zip(*REACH[key], strict=True)
    axes.scatter(reach_delays, reach_areas, s=40, marker="x", color="#1f6f8b", label="points to reach")
    right, top = REFERENCE[key]
    axes.set(xlabel="delay, ps", ylabel="area, µm²", title=f"{key[0]}, {key[1]} bits", xlim=(None, right), ylim=(None, top))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    out = BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _xy(rows: Rows) -> tuple[list[float], list[float]]:
    return [r["delay_ps"] for r in rows], [r["area_um2"] for r in rows]

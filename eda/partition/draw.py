"""A board as a picture: how full the FPGAs are, and what the links carry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.hypergraph import Board, Partition
from eda.partition.problem import Problem
from eda.partition.report import report

_LABELLED = 40
"""Most links that get their ratio in writing."""


def draw(problem: Problem, partition: Partition, path: str | Path) -> Path:
    """Draw the board to an image file; its path.

    The colour of an FPGA is its fullest resource, the width and colour of a link its nets per wire. The ending of the name
    gives the format (png, svg, pdf). Raises `UsageError` for an ending that is no image format.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    facts = report(problem, partition)
    at = _positions(problem.board)
    size = 4.0 + 0.9 * np.sqrt(problem.board.n_fpgas)
    figure = Figure(figsize=(size + 1.5, size), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["viridis_r"]
    _links(axes, problem, facts, at)
    fills = [fpga["utilisation"] for fpga in facts["fpgas"].values()]
    points = axes.scatter(at[:, 0], at[:, 1], s=900, c=fills, cmap=colours, vmin=0, vmax=1, edgecolors="black", zorder=2)
    for (name, fpga), (x, y), fill in zip(facts["fpgas"].items(), at, fills, strict=True):
        shade = "white" if fill > 0.5 else "black"
        text = f"{name}\n{100 * fill:.0f} %\n{fpga['primaries']}+{fpga['replicas']}"
        axes.text(x, y, text, ha="center", va="center", fontsize=6, color=shade, zorder=3)
    figure.colorbar(points, ax=axes, label="fullest resource", shrink=0.6)
    axes.set_title(f"{facts['total_hop']:,} hops, {facts['cut_nets']:,} nets cut, {facts['replicas']:,} replicas", fontsize=9)
    axes.set_axis_off()
    axes.margins(0.12)
    try:
        figure.savefig(path)
    except (ValueError, OSError) as e:
        raise UsageError(f"{path} cannot be drawn: {e}") from e
    return Path(path)


def _links(axes: Any, problem: Problem, facts: dict[str, Any], at: npt.NDArray[np.float64]) -> None:
    most = max(1, facts["tdm_ratio"])
    for (a, b), link in zip(problem.board.links.tolist(), facts["links"], strict=True):
        share = link["ratio"] / most
        axes.plot(*at[[a, b]].T, color=(0.35 + 0.55 * share, 0.35, 0.35), linewidth=0.6 + 4 * share, zorder=1)
        if len(facts["links"]) <= _LABELLED:
            axes.text(*at[[a, b]].mean(axis=0), str(link["ratio"]), fontsize=6, ha="center", va="center", zorder=2)


def _positions(board: Board) -> npt.NDArray[np.float64]:
    """float [K, 2]: near FPGAs stand near each other (classical scaling of the distances), none on top of another."""
    k = board.n_fpgas
    centred = np.eye(k) - 1.0 / k
    squares = np.where(board.distance < 0, k, board.distance).astype(float) ** 2
    values, vectors = np.linalg.eigh(-0.5 * centred @ squares @ centred)
    at = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0.0))
    at = np.pad(at, ((0, 0), (0, 2 - at.shape[1])))
    return _apart(at)


def _apart(at: npt.NDArray[np.float64], nearest: float = 0.5, rounds: int = 200) -> npt.NDArray[np.float64]:
    """Push points that stand closer than `nearest` links away from each other; equal ones part along a fixed direction."""
    angle = np.arange(len(at)) * 2.399963
    at = at + 1e-3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for _ in range(rounds):
        gap = at[:, None] - at[None]
        length = np.linalg.norm(gap, axis=2) + np.eye(len(at))
        push = np.where(length < nearest, (nearest - length) / (2 * length), 0.0)
        if not push.any():
            break
        at = at + (gap * push[:, :, None]).sum(axis=1)
    return at

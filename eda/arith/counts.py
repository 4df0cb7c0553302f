"""How many full and half adders a heap needs in each column, and which counts are legal.

Column counts ``full[c], half[c]`` say nothing about stages; staged counts ``full[s, c], half[s, c]`` do. Every column
must end with one or two dots (none where nothing arrives), carries of the column below included.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import InputError
from eda.ir.tree import stage_heights

IntArray = npt.NDArray[np.integer[Any]]
Counts = tuple[IntArray, IntArray]


def minimum_counts(heights: IntArray) -> Counts:
    """The fewest adders for columns of `heights` dots: a column of m dots, carries included, takes (m-2)/2 full adders
    if m is even, (m-3)/2 and one half adder if m is odd, none if m <= 2 (UFO-MAC)."""
    full, half = np.zeros_like(heights), np.zeros_like(heights)
    carries = 0
    for c, height in enumerate(heights.tolist()):
        m = height + carries
        if m > 2:
            full[c], half[c] = (m - 2 - m % 2) // 2, m % 2
        carries = int(full[c] + half[c])
    return full, half


def legalise_columns(heights: IntArray, full: IntArray, half: IntArray) -> Counts:
    """The legal column counts nearest to `full`, `half` in one sweep from the lowest column.

    A residue below 1 takes half adders away, then full adders; one above 2 turns half adders into full adders, then
    adds full adders. Legal counts come back unchanged.
    """
    out_full, out_half = np.zeros_like(heights), np.zeros_like(heights)
    carries = 0
    for c, height in enumerate(heights.tolist()):
        f, h = max(int(full[c]), 0), max(int(half[c]), 0)
        dots = height + carries
        least = min(dots, 1)
        while dots - 2 * f - h < least:
            f, h = (f, h - 1) if h else (f - 1, h)
        while dots - 2 * f - h > 2:
            f, h = (f + 1, h - 1) if h else (f + 1, h)
        out_full[c], out_half[c] = f, h
        carries = f + h
    return out_full, out_half


def legalise_stages(heights: IntArray, full: IntArray, half: IntArray) -> tuple[IntArray, IntArray, int]:
    """Legal staged counts [S', W] near `full`, `half` [S, W], and the number of adders taken away or added.

    Each stage is clipped to the dots that are there, half adders first; then stages of as many full adders as fit
    follow until every column has at most two dots. Legal counts come back unchanged, with no edits.
    """
    fulls, halves, edits = [], [], 0
    n = np.array(heights, dtype=np.int64)
    for wanted_full, wanted_half in zip(np.maximum(full, 0), np.maximum(half, 0), strict=True):
        f = np.minimum(wanted_full, n // 3)
        h = np.minimum(wanted_half, (n - 3 * f) // 2)
        edits += int((wanted_full - f).sum() + (wanted_half - h).sum())
        fulls.append(f)
        halves.append(h)
        n = stage_heights(n, f[None], h[None])[-1]
    while n.max(initial=0) > 2:
        f = n // 3
        edits += int(f.sum())
        fulls.append(f)
        halves.append(np.zeros_like(f))
        n = stage_heights(n, f[None], np.zeros_like(f)[None])[-1]
    shape = (len(fulls), len(heights))
    return np.array(fulls, dtype=np.int64).reshape(shape), np.array(halves, dtype=np.int64).reshape(shape), edits


def earliest_stages(heights: IntArray, full: IntArray, half: IntArray) -> Counts:
    """Staged counts [S, W] of legal column counts: every adder in the first stage that has inputs left for it.

    Raises `InputError` if the column counts are not legal.
    """
    fulls, halves = [], []
    n = np.array(heights, dtype=np.int64)
    left_full, left_half = np.array(full, dtype=np.int64), np.array(half, dtype=np.int64)
    while left_full.any() or left_half.any():
        f = np.minimum(left_full, n // 3)
        h = np.minimum(left_half, (n - 3 * f) // 2)
        if not (f.any() or h.any()):
            column = int(np.flatnonzero(left_full + left_half)[0])
            raise InputError(f"column counts are not legal: column {column} has {n[column]} dots for its last adders")
        left_full, left_half = left_full - f, left_half - h
        fulls.append(f)
        halves.append(h)
        n = stage_heights(n, f[None], h[None])[-1]
    shape = (len(fulls), len(heights))
    return np.array(fulls, dtype=np.int64).reshape(shape), np.array(halves, dtype=np.int64).reshape(shape)


def stage_bound(height: int) -> int:
    """The least number of stages that reduce `height` dots to two: the index in 2, 3, 4, 6, 9, 13, ... (Dadda)."""
    return len(dadda_targets(height))


def dadda_targets(height: int) -> list[int]:
    """The heights to reach, highest first, down to 2: the terms of Dadda's series below `height`."""
    series = [2]
    while series[-1] < height:
        series.append(series[-1] * 3 // 2)
    return series[-2::-1]

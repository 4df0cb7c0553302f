"""The search for a difference by simulation: corner cases, then random vectors. It never proves anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.ir.vectors import ONES, Words, pack
from eda.proof.pair import Pair
from eda.proof.verdict import Verdict

VECTORS = 1 << 14
METHOD = "simulation"

_WORD = 64
_FIRST_WORDS = 8  # most mistakes show in few vectors
_STEP = 8  # each batch is so much larger than the one before, as far as memory allows
_MOST_BYTES = 64 << 20  # of simulated values at a time
_MOST_CORNERS = 1024

Bits = npt.NDArray[np.bool_]


def refute(pair: Pair, seed: int = 1) -> Verdict | None:
    """The verdict ``different`` if one of `VECTORS` vectors shows a difference, with a counterexample made small."""
    values = stimuli(tuple((p.name, p.width) for p in pair.left.inputs), seed)
    for start, stop in _batches(pair):
        part = {name: rows[:, start:stop] for name, rows in values.items()}
        wrong = np.bitwise_or.reduce(pair.actual(part) ^ pair.expected(part), axis=0, initial=0)
        if wrong.any():
            inputs = _lightest(part, wrong) if part else np.zeros(0, dtype=bool)
            return pair.different(METHOD, pair.by_port(minimal(pair, inputs)))
    return None


def _batches(pair: Pair) -> Iterator[tuple[int, int]]:
    """Ranges of words, small ones first, that cover all vectors."""
    start, size, total = 0, _FIRST_WORDS, VECTORS // _WORD
    while start < total:
        yield start, min(start + size, total)
        start, size = start + size, min(size * _STEP, most_words(pair))


def most_words(pair: Pair) -> int:
    """How many words of vectors to simulate at a time."""
    return max(_FIRST_WORDS, _MOST_BYTES // (8 * pair.left.n_nets))


def minimal(pair: Pair, inputs: Bits) -> Bits:
    """Input bits on which the sides still differ, but no more if any single 1 among them becomes 0."""
    while inputs.any():
        ones = np.flatnonzero(inputs)
        sizes = [len(ones) >> k for k in range(len(ones).bit_length())]
        groups = [ones[i : i + size] for size in sizes for i in range(0, len(ones), size)]
        smaller = next(_still_differing(pair, inputs, groups), None)
        if smaller is None:
            break
        inputs = smaller
    return inputs


def _still_differing(pair: Pair, inputs: Bits, groups: Sequence[npt.NDArray[Any]]) -> Iterator[Bits]:
    """The variants of `inputs` with the bits of one group cleared that still show a difference, in the order of groups."""
    step = _WORD * most_words(pair)
    for start in range(0, len(groups), step):
        part = groups[start : start + step]
        trials = np.repeat(inputs[:, None], len(part), axis=1)
        for k, group in enumerate(part):
            trials[group, k] = False
        yield from (trials[:, k] for k in np.flatnonzero(differing(pair, trials)))


def differing(pair: Pair, inputs: Bits) -> Bits:
    """bool [V]: on which of the vectors ``inputs [input bits, V]`` do the sides differ?"""
    values, at = {}, 0
    for port in pair.left.inputs:
        values[port.name] = _words(inputs[at : at + port.width])
        at += port.width
    wrong = np.bitwise_or.reduce(pair.actual(values) ^ pair.expected(values), axis=0, initial=0)
    return _bits(wrong[None])[0, : inputs.shape[1]]


@lru_cache(maxsize=8)
def stimuli(ports: tuple[tuple[str, int], ...], seed: int) -> Mapping[str, Words]:
    """`VECTORS` vectors for ports given by name and width: corners first, then random ones."""
    rng = np.random.default_rng(seed)
    values = {n: rng.integers(0, ONES, (w, VECTORS // _WORD), dtype=np.uint64, endpoint=True) for n, w in ports}
    corners = _corners([w for _, w in ports], rng)
    for (name, width), numbers in zip(ports, zip(*corners, strict=True), strict=True):
        rows = pack(numbers, width)
        values[name][:, : rows.shape[1]] = rows
    return values


def _corners(widths: Sequence[int], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Extreme numbers on all ports at once, and single ones on each port while the others are all 0 or all 1."""
    if not widths:
        return []
    extremes = [_extremes(w) for w in widths]
    if len(widths) * np.log2(max(map(len, extremes))) <= np.log2(_MOST_CORNERS):
        out = list(product(*extremes))
    else:
        out = [tuple(e[int(rng.integers(len(e)))] for e in extremes) for _ in range(_MOST_CORNERS)]
    for fill in (0, -1):
        others = [fill % (1 << w) for w in widths]
        for k, width in enumerate(widths):
            out += [(*others[:k], 1 << i, *others[k + 1 :]) for i in range(width)]
    return out[: VECTORS // 2]


def _extremes(width: int) -> list[int]:
    ones = (1 << width) - 1
    alternating = ones // 3
    return list(dict.fromkeys([0, ones, 1, ones >> 1, 1 << width >> 1, alternating, ones ^ alternating]))


def _lightest(values: Mapping[str, Words], wrong: Words) -> Bits:
    """Input bits of the differing vector with the fewest ones."""
    bits = np.concatenate([_bits(rows) for rows in values.values()])
    candidates = np.flatnonzero(_bits(wrong[None])[0])
    return bits[:, candidates[bits[:, candidates].sum(axis=0).argmin()]]


def _bits(words: Words) -> Bits:
    raw = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(raw, axis=1, bitorder="little").astype(bool)


def _words(bits: Bits) -> Words:
    padded = np.zeros((len(bits), -(-bits.shape[1] // _WORD) * _WORD), dtype=bool)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64, copy=False)

"""Compressor trees: carry-save array, Wallace, Dadda, three-greedy (TDM), the same with 4:2 compressors, and UFO-MAC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import permutations

import numpy as np

from eda.arith.counts import dadda_targets, earliest_stages, minimum_counts
from eda.arith.delays import Delays
from eda.errors import UsageError, suggest
from eda.ir.heap import BitHeap
from eda.ir.tree import ADDER_CELL, FOUR_TWO, NO_INPUT, CompressorTree

Columns = list[list[int]]
Timed = tuple[float, int]


def compress(kind: str, heap: BitHeap, delays: Delays) -> CompressorTree:
    """The tree of that kind, one of `TREES`, over `heap`; `delays` matter to the kinds that look at arrivals."""
    try:
        method = TREES[kind]
    except KeyError:
        raise UsageError(f"no compressor tree {kind!r}{suggest(kind, TREES)}; expected {', '.join(TREES)}") from None
    return method(heap.with_constant_dots(), delays)


class _Growing:
    """A tree under construction; signals are numbered as in `CompressorTree`."""

    def __init__(self, heap: BitHeap) -> None:
        self._heap = heap
        self._next = heap.n_dots
        self._column: list[int] = []
        self._inputs: list[tuple[int, int, int]] = []
        self._impl: list[int] = []

    def full(self, column: int, a: int, b: int, ci: int, impl: int = ADDER_CELL) -> tuple[int, int]:
        """Add a compressor; return its sum and carry."""
        self._column.append(column)
        self._inputs.append((a, b, ci))
        self._impl.append(impl)
        self._next += 2
        return self._next - 2, self._next - 1

    def half(self, column: int, a: int, b: int) -> tuple[int, int]:
        return self.full(column, a, b, NO_INPUT)

    def take(self, column: int, signals: Sequence[int], n_full: int, n_half: int) -> tuple[list[int], list[int], list[int]]:
        """Full, then half adders over the first of `signals`; return (sums, carries, signals left)."""
        cut = 3 * n_full
        made = [self.full(column, *signals[k : k + 3]) for k in range(0, cut, 3)]
        made += [self.half(column, *signals[k : k + 2]) for k in range(cut, cut + 2 * n_half, 2)]
        return [s for s, _ in made], [co for _, co in made], list(signals[cut + 2 * n_half :])

    def tree(self) -> CompressorTree:
        inputs = np.array(self._inputs, dtype=np.int32).reshape(-1, 3)
        return CompressorTree(self._heap, np.array(self._column), inputs, np.array(self._impl, dtype=np.int8))


def _start(heap: BitHeap) -> tuple[_Growing, Columns]:
    return _Growing(heap), [*map(list, heap.columns), []]


def array(heap: BitHeap, delays: Delays) -> CompressorTree:
    """Carry-save array: one row of dots after the other is added to two running rows.

    A row is a run of dots in ascending columns, which is how words enter a heap. A column of the running rows that
    would receive a third dot is compressed: by a full adder, or a half adder where a carry meets two dots.
    """
    grow = _Growing(heap)
    running: Columns = [[] for _ in range(heap.width)]
    for row in _rows(heap):
        carry: int | None = None
        for c in range(heap.width):
            dots = running[c] + row.get(c, [])
            arriving = [] if carry is None else [carry]
            carry = None
            if len(dots) + len(arriving) > 2:
                made = grow.full(c, *dots) if len(dots) == 3 else grow.half(c, *dots)
                dots, carry = [made[0]], made[1]
            running[c] = dots + arriving
    return grow.tree()


def _rows(heap: BitHeap) -> list[dict[int, list[int]]]:
    """Dots grouped into words: by column, a new word where the column does not rise."""
    out: list[dict[int, list[int]]] = []
    last = heap.width
    for dot, column in enumerate(heap.column.tolist()):
        if column <= last:
            out.append({})
        out[-1][column] = [dot]
        last = column
    return out


def wallace(heap: BitHeap, delays: Delays) -> CompressorTree:
    """Every stage takes every column by threes, and by two where two of more than two dots are left (Wallace 1964)."""
    grow, columns = _start(heap)
    while max(map(len, columns[:-1])) > 2:
        counts = [(len(col) // 3, int(len(col) % 3 == 2 and len(col) > 2)) for col in columns[:-1]]
        columns = _stage(grow, columns, counts)
    return grow.tree()


def dadda(heap: BitHeap, delays: Delays) -> CompressorTree:
    """Every stage takes only what brings each column down to the next height of the series 2, 3, 4, 6, 9 (Dadda 1965)."""
    grow, columns = _start(heap)
    for target in dadda_targets(int(heap.heights.max(initial=0))):
        counts: list[tuple[int, int]] = []
        carries = 0
        for column in columns[:-1]:
            excess = max(len(column) + carries - target, 0)
            counts.append((excess // 2, excess % 2))
            carries = excess // 2 + excess % 2
        columns = _stage(grow, columns, counts)
    return grow.tree()


def _stage(grow: _Growing, columns: Columns, counts: Sequence[tuple[int, int]]) -> Columns:
    """One stage, first in first out: what waits, then the sums, then the carries of the column below."""
    out: Columns = [[] for _ in columns]
    for c, (n_full, n_half) in enumerate(counts):
        sums, carries, waiting = grow.take(c, columns[c], n_full, n_half)
        out[c] = waiting + sums + out[c]
        out[c + 1] = carries
    return out


def tdm(heap: BitHeap, delays: Delays) -> CompressorTree:
    """Three-greedy: from the lowest column up, always the three earliest dots, the latest of them on the fastest pin.

    A column of odd height above two begins with a half adder on its two earliest (Oklobdzija, Villeger and Liu 1996;
    Stelling et al. 1998). The unit of `delays` must be that of the heap's arrivals.
    """
    return _three_greedy(heap, _Greedy(_Growing(heap), delays))


def four_two(heap: BitHeap, delays: Delays) -> CompressorTree:
    """Three-greedy, in which a full adder that reads the sum of another becomes a 4:2 compressor with it where that pays.

    It does where in gates neither its sum nor its carry settles later for it, and one earlier: the four inputs of both
    then pass three XORs and not four, the fifth, at the second's pin ci, passes one (Weinberger 1981).
    """
    return _three_greedy(heap, _GreedyPairs(_Growing(heap), delays))


def _three_greedy(heap: BitHeap, greedy: _Greedy) -> CompressorTree:
    queues = [[(t, x) for x, t in zip(col, heap.latest[list(col)].tolist(), strict=True)] for col in (*heap.columns, ())]
    for c, queue in enumerate(queues[:-1]):
        heapify(queue)
        halves = len(queue) % 2  # at most one, first
        while len(queue) > 2:
            total, carry = greedy.compress(c, [heappop(queue) for _ in range(3 - halves)])
            halves = 0
            heappush(queue, total)
            queues[c + 1].append(carry)
    return greedy.grow.tree()


class _Greedy:
    """Makes adders over two or three dots sorted by arrival."""

    def __init__(self, grow: _Growing, delays: Delays) -> None:
        self.grow, self.delays = grow, delays

    def compress(self, column: int, earliest: Sequence[Timed]) -> tuple[Timed, Timed]:
        """One adder; return (sum, carry) with their times."""
        return _compress_timed(self.grow, column, earliest, self.delays)


class _GreedyPairs(_Greedy):
    """The same, with pairs of full adders as 4:2 compressors; `_ready` is when the inputs of the first of each have settled."""

    def __init__(self, grow: _Growing, delays: Delays) -> None:
        super().__init__(grow, delays)
        self._ready: dict[int, float] = {}

    def compress(self, column: int, earliest: Sequence[Timed]) -> tuple[Timed, Timed]:
        best = min(self._pairs(earliest), default=None)
        if best is not None:
            (at_sum, at_carry), pins = best
            s, co = self.grow.full(column, *pins, FOUR_TWO)
            return (at_sum, s), (at_carry, co)
        total, carry = super().compress(column, earliest)
        if len(earliest) == 3:
            self._ready[total[1]] = earliest[-1][0]
        return total, carry

    def _pairs(self, earliest: Sequence[Timed]) -> Iterator[tuple[tuple[float, float], tuple[int, int, int]]]:
        """``((sum, carry), pins)`` of the 4:2 compressors that pay."""
        apart = _settled([t for t, _ in earliest], self.delays)
        four, last = self.delays.four_two
        for (_, first), (t, fourth), (u, fifth) in permutations(earliest, 3) if len(earliest) == 3 else ():
            if first in self._ready:
                ready = max(self._ready[first], t)
                at_sum, at_carry = (max(ready + a, u + b) for a, b in zip(four, last, strict=True))
                if (at_sum, at_carry) != apart and at_sum <= apart[0] and at_carry <= apart[1]:
                    yield (at_sum, at_carry), (first, fourth, fifth)


def _compress_timed(grow: _Growing, column: int, earliest: Sequence[Timed], delays: Delays) -> tuple[Timed, Timed]:
    """One adder over two or three dots sorted by arrival; return (sum, carry) with their times."""
    pins = list(earliest)
    if len(pins) == 2:
        s, co = grow.half(column, pins[0][1], pins[1][1])
    else:
        pins = [p for _, p in sorted(zip(delays.pins_by_speed, earliest, strict=True))]
        s, co = grow.full(column, pins[0][1], pins[1][1], pins[2][1])
    at_sum, at_carry = _settled([t for t, _ in earliest], delays)
    return (at_sum, s), (at_carry, co)


def _settled(times: Sequence[float], delays: Delays) -> tuple[float, float]:
    """When sum and carry of an adder over two or three dots, sorted by arrival, settle."""
    pins = delays.pins_by_speed if len(times) == 3 else (0, 1)
    arcs = [delays.arcs(len(times))[pin] for pin in pins]
    at_sum, at_carry = (max(t + arc[k] for t, arc in zip(times, arcs, strict=True)) for k in (0, 1))
    return at_sum, at_carry


def ufo(heap: BitHeap, delays: Delays) -> CompressorTree:
    """Fewest adders, each in the earliest stage that has inputs for it, wired by arrival within a stage (UFO-MAC).

    The counts are those of `minimum_counts`; where UFO-MAC solves an integer program for stages and wires, this takes
    the earliest stage and, in each, the earliest dots, the latest of three on the fastest pin.
    """
    grow, columns = _start(heap)
    times = dict(enumerate(heap.latest.tolist()))
    timed = [[(times[x], x) for x in col] for col in columns]
    fulls, halves = earliest_stages(heap.heights, *minimum_counts(heap.heights))
    for full, half in zip(fulls.tolist(), halves.tolist(), strict=True):
        following: list[list[Timed]] = [[] for _ in timed]
        for c, (n_full, n_half) in enumerate(zip(full, half, strict=True)):
            queue = sorted(timed[c])
            cuts = [2] * n_half + [3] * n_full
            at = 0
            for n in cuts:
                s, co = _compress_timed(grow, c, queue[at : at + n], delays)
                following[c].append(s)
                following[c + 1].append(co)
                at += n
            following[c] += queue[at:]
        timed = following
    return grow.tree()


TREES: dict[str, Callable[[BitHeap, Delays], CompressorTree]] = {
    "array": array,
    "wallace": wallace,
    "dadda": dadda,
    "tdm": tdm,
    "four-two": four_two,
    "ufo": ufo,
}
"""The kinds of compressor tree, by name; each takes a heap whose constant is among its dots."""

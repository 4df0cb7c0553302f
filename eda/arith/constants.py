"""Products with a constant: one row of the operand for each signed digit of it, all in one bit heap."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from eda.arith.delays import Delays
from eda.arith.partial_products import Word, add_word
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap

Digits = tuple[tuple[int, int], ...]
"""``(position, 1 or -1)`` of each digit that is not 0, lowest first."""


def signed_digits(number: int) -> Digits:
    """``(position, 1 or -1)`` of the non-zero digits of `number`, lowest first: the fewest, and of these fewest negative.

    The fewest digits are as many as the canonical signed-digit form has (Reitwiesner 1960), in which no two non-zero
    digits are neighbours; but that has 3 as 4 - 1, where 2 + 1 needs no complement and no constant.
    """
    if number < 0:
        return tuple((k, -digit) for k, digit in signed_digits(-number))
    plans: list[_Plan | None] = [(0, 0, ()), None]  # by the carry into this bit
    for k in range(number.bit_length() + 1):
        following: list[_Plan | None] = [None, None]
        for carry, plan in enumerate(plans):
            rest = (number >> k & 1) + carry
            for digit in (1, -1) if rest == 1 else (0,):
                _offer(following, plan, k, digit, (rest - digit) >> 1)
        plans = following
    assert plans[0] is not None
    return plans[0][2]


_Plan = tuple[int, int, Digits]
"""Digits and negative digits so far, and the digits."""


def _offer(plans: list[_Plan | None], plan: _Plan | None, position: int, digit: int, carry: int) -> None:
    """Let `plan` with one more digit be the plan for `carry` if it is the best yet."""
    if plan is None:
        return
    count, negative, digits = plan
    more = (count + abs(digit), negative + (digit < 0), (*digits, (position, digit)) if digit else digits)
    known = plans[carry]
    if known is None or more < known:
        plans[carry] = more


def add_multiple(b: Builder, heap: BitHeap, word: Word, constant: int, delays: Delays) -> BitHeap:
    """`heap` plus ``constant * word``: a row for each digit, of which three that come again elsewhere are added once."""
    digits = signed_digits(constant)
    while (shared := _repeated(digits, word.width)) is not None:
        sum_of_three = _sum_of_three(b, heap.width - shared.places[0][0], word, shared.pattern, delays)
        for shift, sign in shared.places:
            heap = _add_heap(b, heap, sum_of_three, shift, negative=sign < 0)
        digits = shared.rest
    for shift, digit in digits:
        heap = _add_row(b, heap, word, shift, digit)
    return heap


def _add_row(b: Builder, heap: BitHeap, word: Word, shift: int, digit: int) -> BitHeap:
    """`heap` plus ``digit * word * 2**shift``; a bit x of negative weight -w becomes ``(not x) w - w``."""
    if digit > 0:
        return add_word(b, heap, word, shift)
    inside = word.nets[: max(heap.width - shift, 0)]
    nets = [net if word.is_negative(i) else b.not_(net) for i, net in enumerate(inside)]
    heap = heap.add_dots(range(shift, shift + len(inside)), nets, word.times[: len(inside)])
    complemented = word.width - 1 if word.signed else word.width
    return heap.add_constant(-((1 << complemented) - 1) << shift)


# --- three digits that come again -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Repeated:
    """Three digits, the first at position 0; ``(position, 1 or -1)`` of each place where they stand; the other digits."""

    pattern: Digits
    places: Digits
    rest: Digits


def _repeated(digits: Digits, width: int) -> _Repeated | None:
    """The pattern of three digits that saves the most full adders for an operand of `width` bits; None if none does."""
    found: dict[Digits, list[tuple[int, int, int]]] = {}
    for triple in combinations(range(len(digits)), 3):
        start, sign = digits[triple[0]]
        pattern = tuple((digits[i][0] - start, digits[i][1] * sign) for i in triple)
        places = found.setdefault(pattern, [])
        if not any(set(triple) & set(other) for other in places):
            places.append(triple)
    saved = {pattern: (len(places) - 1) * max(width - pattern[2][0], 0) for pattern, places in found.items()}
    best = max(saved, key=lambda pattern: (saved[pattern], pattern), default=None)
    if best is None or saved[best] == 0:
        return None
    taken = {i for triple in found[best] for i in triple}
    rest = tuple(d for i, d in enumerate(digits) if i not in taken)
    return _Repeated(best, tuple(digits[triple[0]] for triple in found[best]), rest)


def _sum_of_three(b: Builder, width: int, word: Word, pattern: Digits, delays: Delays) -> BitHeap:
    """The heap of three rows after a full adder in every column of three dots."""
    heap = BitHeap.empty(width)
    for shift, digit in pattern:
        heap = _add_row(b, heap, word, shift, digit)
    columns, nets, times = heap.column.tolist(), heap.net.tolist(), heap.latest.tolist()
    out = BitHeap.empty(width).add_constant(heap.constant)
    for c, dots in enumerate(heap.columns):
        if len(dots) == 3:
            pair = b.cell(cells.FULL_ADDER, [nets[d] for d in dots])
            arcs = delays.arcs(3)
            settled = [max(times[d] + arc[k] for d, arc in zip(dots, arcs, strict=True)) for k in (0, 1)]
            out = out.add_dots((c, c + 1), pair, settled)
        else:
            out = out.add_dots([columns[d] for d in dots], [nets[d] for d in dots], [times[d] for d in dots])
    return out


def _add_heap(b: Builder, heap: BitHeap, other: BitHeap, shift: int, *, negative: bool) -> BitHeap:
    """`heap` plus or, if `negative`, minus ``other * 2**shift``."""
    columns, constant = (other.column + shift).tolist(), other.constant
    kept = [d for d, c in enumerate(columns) if c < heap.width]
    nets = [b.not_(int(other.net[d])) if negative else int(other.net[d]) for d in kept]
    heap = heap.add_dots([columns[d] for d in kept], nets, other.latest[kept].tolist())
    if negative:
        constant = -constant - sum(1 << c for c in other.column.tolist())
    return heap.add_constant(constant << shift)

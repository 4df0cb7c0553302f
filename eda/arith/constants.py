"""Products with a constant: one row of the operand for each signed digit of it, all in one bit heap."""

from __future__ import annotations

from eda.arith.partial_products import Word, add_word
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap


def signed_digits(number: int) -> tuple[tuple[int, int], ...]:
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


_Plan = tuple[int, int, tuple[tuple[int, int], ...]]
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


def add_multiple(b: Builder, heap: BitHeap, word: Word, constant: int) -> BitHeap:
    """`heap` plus ``constant * word``; a negative digit's row is complemented, ``-x = ~x + 1``, and its constants fold."""
    for shift, digit in signed_digits(constant):
        heap = add_word(b, heap, word, shift) if digit > 0 else _subtract_word(b, heap, word, shift)
    return heap


def _subtract_word(b: Builder, heap: BitHeap, word: Word, shift: int) -> BitHeap:
    """`heap` minus ``word * 2**shift``: bits of positive weight w become ``(not x) w - w``, the sign bit stays as it is."""
    inside = word.nets[: max(heap.width - shift, 0)]
    nets = [net if word.is_negative(i) else b.not_(net) for i, net in enumerate(inside)]
    heap = heap.add_dots(range(shift, shift + len(inside)), nets, word.times[: len(inside)])
    complemented = word.width - 1 if word.signed else word.width
    return heap.add_constant(-((1 << complemented) - 1) << shift)

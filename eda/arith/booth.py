"""Radix-4 Booth partial products: half as many rows, each a digit of -2..2 times the multiplicand (MacSorley 1961)."""

from __future__ import annotations

from dataclasses import dataclass

from eda.arith.delays import Delays
from eda.arith.partial_products import Word
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap


@dataclass(frozen=True)
class _Digit:
    """Nets of one recoded digit ``(-1)**negative * (one + 2 two)``, and when `negative` and all of them settle."""

    negative: int
    one: int
    two: int
    sign_time: float
    time: float


def add_booth_product(b: Builder, heap: BitHeap, x: Word, y: Word, delays: Delays, prefix: str = "pp") -> BitHeap:
    """`heap` plus ``x * y``, `y` recoded; bit i of row k is named ``<prefix>_k_i``.

    A negative row is inverted and gets a one at its lowest column. Its sign bit s at column t has negative weight:
    ``-s 2**t = (not s) 2**t - 2**t``, and in row 0, where a constant at column t would make the heap one dot taller,
    ``-s 2**t = s 2**t + s 2**(t+1) + (not s) 2**(t+2) - 2**(t+2)``.
    """
    if y.width > heap.width:  # modulo 2**width, the highest bit left may as well be a sign
        y = Word(y.nets[: heap.width], True, y.times[: heap.width])
    for k, digit in enumerate(_recode(b, y, delays, prefix)[: (heap.width + 1) // 2]):
        bits, sign = _row(b, x, digit, heap.width - 2 * k)
        times = _row_times(x, digit, delays)
        for i, net in enumerate(bits):
            b.name_net(net, f"{prefix}_{k}_{i}")
        b.name_net(sign, f"{prefix}_{k}_sign")
        top = 2 * k + len(bits)
        heap = heap.add_dots(range(2 * k, top), bits, times[: len(bits)])
        heap = _subtract_sign(b, heap, sign, top, times[-1] if x.signed else digit.sign_time, spread=k == 0)
        heap = heap.add_dots([2 * k], [digit.negative], digit.sign_time)
    return heap


def _subtract_sign(b: Builder, heap: BitHeap, sign: int, column: int, arrival: float, *, spread: bool) -> BitHeap:
    """`heap` minus ``sign * 2**column``, as one dot or, if `spread`, as three."""
    last = column + 2 if spread else column
    heap = heap.add_dots(range(column, last), [sign] * (last - column), arrival)
    if last >= heap.width:
        return heap
    return heap.add_dots([last], [b.not_(sign)], arrival).add_constant(-1 << last)


def _recode(b: Builder, y: Word, delays: Delays, prefix: str) -> list[_Digit]:
    """Digits of `y`, lowest first: ``d_k = -2 y[2k+1] + y[2k] + y[2k-1]``."""
    count = (y.width + 1) // 2 if y.signed else y.width // 2 + 1
    above = y.nets[-1] if y.signed else 0
    bits = [0, *y.nets, above, above]
    times = [0.0, *y.times, y.times[-1], y.times[-1]] if y.signed else [0.0, *y.times, 0.0, 0.0]
    digits = []
    for k in range(count):
        low, mid, high = bits[2 * k : 2 * k + 3]
        one = b.xor(mid, low)
        if high == mid or low == high == 0:
            two = 0
        else:
            two = b.and_(high, b.not_(mid)) if low == 0 else b.and_(b.xor(high, mid), b.not_(one))
        b.name_net(one, f"{prefix}_{k}_one")
        b.name_net(two, f"{prefix}_{k}_two")
        settled = max(times[2 * k : 2 * k + 3]) + delays.xor2 + delays.and2
        digits.append(_Digit(high, one, two, times[2 * k + 2], settled))
    return digits


def _row(b: Builder, x: Word, digit: _Digit, room: int) -> tuple[list[int], int]:
    """``(bits, sign)`` of a digit times `x` in ones' complement, at most `room` bits; the sign follows the last bit."""
    top = x.nets[-1] if x.signed else 0
    single, double = [*x.nets, top], [0, *x.nets]
    size = x.width if x.signed else x.width + 1
    bits = [_select(b, digit, single[i], double[i]) for i in range(min(size, room))]
    if size >= room:
        return bits, 0
    return bits, _select(b, digit, single[x.width], double[x.width]) if x.signed else digit.negative


def _row_times(x: Word, digit: _Digit, delays: Delays) -> list[float]:
    """When each bit of the row of `digit`, and last its sign, settles: two gates select it, an XOR inverts it."""
    top = x.times[-1] if x.signed else 0.0
    single, double = [*x.times, top], [0.0, *x.times]
    choose = 2 * delays.and2 + delays.xor2
    return [max(digit.time, one, two) + choose for one, two in zip(single, double, strict=True)]


def _select(b: Builder, digit: _Digit, single: int, double: int) -> int:
    return b.xor(b.or_(b.and_(digit.one, single), b.and_(digit.two, double)), digit.negative)

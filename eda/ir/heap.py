"""The bit heap (dot diagram): what a multiplier, a sum or a dot product is before its carries are resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import InputError

IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.float64]

CONSTANT_ONE = 1
"""The net of a constant dot; see `eda.ir.netlist`."""


@dataclass(frozen=True, eq=False, repr=False)
class BitHeap:
    """Dots in columns: stands for ``sum(2**column[d] * dot d) + constant  (mod 2**width)``.

    D dots, in the order in which they were added (a word's dots follow one another, in ascending columns):
      column   int32 [D]       weight 2**column
      net      int64 [D]       the net that drives the dot, in the numbering of the caller's netlist or builder
      arrival  float64 [D, 2]  when the dot rises / falls, in the unit of the delays used; -inf: constant
      slew     float64 [D]     transition time in the same unit
      constant                 all constants, corrections of signed operands included, folded into 0 <= constant < 2**width
    """

    width: int
    column: IntArray
    net: IntArray
    arrival: FloatArray
    slew: FloatArray
    constant: int = 0

    def __post_init__(self) -> None:
        for name, dtype in (("column", np.int32), ("net", np.int64), ("arrival", np.float64), ("slew", np.float64)):
            array = np.array(getattr(self, name), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        self.verify()

    @classmethod
    def empty(cls, width: int) -> BitHeap:
        """A heap of `width` columns without dots."""
        none = np.zeros(0, dtype=np.int64)
        return cls(width, none, none, np.zeros((0, 2)), np.zeros(0))

    def verify(self) -> None:
        """Raise `InputError` unless the arrays agree in length, dots lie in the heap and the constant is reduced."""
        n = self.n_dots
        shapes = (self.net.shape, self.arrival.shape, self.slew.shape)
        if shapes != ((n,), (n, 2), (n,)):
            raise InputError(f"bit heap: {n} columns but nets, arrivals and slews of shape {shapes}")
        if self.width < 1:
            raise InputError(f"bit heap: expected a width of at least 1, found {self.width}")
        if n and not (0 <= int(self.column.min()) and int(self.column.max()) < self.width):
            raise InputError(f"bit heap: a dot lies outside the columns 0..{self.width - 1}")
        if not 0 <= self.constant < 1 << self.width:
            raise InputError(f"bit heap: the constant {self.constant} is not reduced modulo 2**{self.width}")

    # --- adding -------------------------------------------------------------------------------------------------------

    def add_dots(
        self, column: Sequence[int], net: Sequence[int], arrival: float | Sequence[float] = 0.0, slew: float = 0.0
    ) -> BitHeap:
        """This heap with further dots; `arrival` is one time for all, or one per dot (both edges alike).

        Dots at or above column `width` vanish, as the sum is modulo 2**width; the constant nets 0 and 1 fold into
        the constant.
        """
        where, nets = np.asarray(column, dtype=np.int64), np.asarray(net, dtype=np.int64)
        times = np.broadcast_to(np.asarray(arrival, dtype=np.float64), nets.shape)
        inside = where < self.width
        is_dot = inside & (nets > CONSTANT_ONE)
        ones = where[inside & (nets == CONSTANT_ONE)].tolist()
        grown = replace(
            self,
            column=np.concatenate((self.column, where[is_dot])),
            net=np.concatenate((self.net, nets[is_dot])),
            arrival=np.concatenate((self.arrival, np.repeat(times[is_dot, None], 2, axis=1))),
            slew=np.concatenate((self.slew, np.full(int(is_dot.sum()), slew))),
        )
        return grown.add_constant(sum(1 << c for c in ones)) if ones else grown

    def add_constant(self, value: int) -> BitHeap:
        """This heap plus `value`, which may be negative."""
        return replace(self, constant=(self.constant + value) % (1 << self.width))

    def with_constant_dots(self) -> BitHeap:
        """The same value with the constant as dots of net 1, one for each of its bits."""
        bits = [c for c in range(self.width) if self.constant >> c & 1]
        n = len(bits)
        return replace(
            self,
            column=np.concatenate((self.column, bits)),
            net=np.concatenate((self.net, np.full(n, CONSTANT_ONE))),
            arrival=np.concatenate((self.arrival, np.full((n, 2), -np.inf))),
            slew=np.concatenate((self.slew, np.zeros(n))),
            constant=0,
        )

    # --- derived facts ------------------------------------------------------------------------------------------------

    @property
    def n_dots(self) -> int:
        return len(self.column)

    @cached_property
    def heights(self) -> IntArray:
        """int64 [width]: dots of each column."""
        return np.bincount(self.column, minlength=self.width)

    @cached_property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """Dot numbers of each column, in the order of addition."""
        out: list[list[int]] = [[] for _ in range(self.width)]
        for dot, column in enumerate(self.column.tolist()):
            out[column].append(dot)
        return tuple(map(tuple, out))

    @cached_property
    def latest(self) -> FloatArray:
        """float64 [D]: the later edge of each dot."""
        return self.arrival.max(axis=1)

    def evaluate(self, bits: Sequence[int]) -> int:
        """The value of the heap where dot d is ``bits[d]``."""
        return (sum(b << c for b, c in zip(bits, self.column.tolist(), strict=True)) + self.constant) % (1 << self.width)

    def text(self) -> str:
        """The constant and one line per column: its weight, then the nets of its dots with their later arrival."""
        lines = [f"heap of {self.width} columns, {self.n_dots} dots, constant {self.constant}"]
        for c, dots in enumerate(self.columns):
            shown = " ".join(f"n{self.net[d]}@{self.latest[d]:g}" for d in dots)
            lines.append(f"  {c}: {shown}" if shown else f"  {c}:")
        return "\n".join(lines)

    __repr__ = text

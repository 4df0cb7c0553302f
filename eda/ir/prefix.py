"""The prefix graph of a carry-propagate adder, as a lower-triangular bitmap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import InputError

IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PrefixNodes:
    """The M operator nodes (i:j), j < i, parents before children: rows ascending, in each columns descending.

    row, column  int64 [M]  i and j
    upper, lower int64 [M]  the parents: a node number, or ``-1 - k`` for the input (k:k)
    """

    row: IntArray
    column: IntArray
    upper: IntArray
    lower: IntArray


@dataclass(frozen=True, eq=False, repr=False)
class PrefixGraph:
    """Which groups (i:j) are computed: ``bitmap[i, j]`` bool [n, n], True on the diagonal and in column 0.

    Node (i:j), j < i, combines its upper parent (i:k), k the nearest set column right of j, with its lower parent
    (k-1:j). The graph is legal if every lower parent is there. The map is one to one for graphs without overlapping
    groups. Output i is (i:0), the carry out of position i.
    """

    bitmap: BoolArray

    def __post_init__(self) -> None:
        array = np.array(self.bitmap, dtype=bool)
        array.flags.writeable = False
        object.__setattr__(self, "bitmap", array)
        self.verify()

    @classmethod
    def legalised(cls, bitmap: BoolArray) -> PrefixGraph:
        """The graph of any square bitmap: what lies above the diagonal is ignored, missing lower parents are added."""
        bits = np.tril(np.asarray(bitmap, dtype=bool))
        n = len(bits)
        bits[np.arange(n), np.arange(n)] = True
        bits[:, 0] = True
        for i in range(n - 1, 0, -1):
            columns = np.flatnonzero(bits[i])
            bits[columns[1:] - 1, columns[:-1]] = True
        return cls(bits)

    @classmethod
    def of_groups(cls, n: int, groups: Iterable[tuple[int, int]]) -> PrefixGraph:
        """The legalised graph over n positions with the nodes (i, j) of `groups`."""
        bits = np.zeros((n, n), dtype=bool)
        for i, j in groups:
            bits[i, j] = True
        return cls.legalised(bits)

    def verify(self) -> None:
        """Raise `InputError`, naming the first bad node, unless the bitmap is legal."""
        bits = self.bitmap
        if bits.ndim != 2 or bits.shape[0] != bits.shape[1] or not len(bits):
            raise InputError(f"prefix graph: expected a square bitmap, found shape {bits.shape}")
        if np.triu(bits, 1).any():
            i, j = np.argwhere(np.triu(bits, 1))[0]
            raise InputError(f"prefix graph: node ({i}:{j}) lies above the diagonal")
        if not (bits.diagonal().all() and bits[:, 0].all()):
            raise InputError("prefix graph: the diagonal and column 0 must be set")
        for i in range(1, self.n):
            columns = np.flatnonzero(bits[i])
            present = bits[columns[1:] - 1, columns[:-1]]
            if not present.all():
                at = int(np.flatnonzero(~present)[-1])
                node, parent = f"({i}:{columns[at]})", f"({columns[at + 1] - 1}:{columns[at]})"
                raise InputError(f"prefix graph: node {node} lacks its lower parent {parent}")

    # --- derived facts ------------------------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Positions."""
        return len(self.bitmap)

    @cached_property
    def nodes(self) -> PrefixNodes:
        """The operator nodes with their parents."""
        row, mirrored = np.nonzero(np.tril(self.bitmap, -1)[:, ::-1])
        column = self.n - 1 - mirrored
        number = -1 - np.tile(np.arange(self.n), (self.n, 1)).T
        number[row, column] = np.arange(len(row))
        previous = np.where(np.diff(row, prepend=-1) != 0, row, np.roll(column, 1))
        return PrefixNodes(row, column, number[row, previous], number[previous - 1, column])

    @property
    def size(self) -> int:
        """Operator nodes."""
        return int(self.bitmap.sum()) - self.n

    @cached_property
    def level(self) -> IntArray:
        """int32 [M]: level of each operator node; inputs have level 0."""
        nodes = self.nodes
        level: list[int] = []
        for upper, lower in zip(nodes.upper.tolist(), nodes.lower.tolist(), strict=True):
            level.append(1 + max(level[upper] if upper >= 0 else 0, level[lower] if lower >= 0 else 0))
        return np.array(level, dtype=np.int32)

    @property
    def depth(self) -> int:
        return int(self.level.max(initial=0))

    @cached_property
    def fanout(self) -> IntArray:
        """int64 [M]: by how many operator nodes each operator node is used."""
        parents = np.concatenate((self.nodes.upper, self.nodes.lower))
        return np.bincount(parents[parents >= 0], minlength=self.size)

    @cached_property
    def input_fanout(self) -> IntArray:
        """int64 [n]: by how many operator nodes each input is used."""
        parents = np.concatenate((self.nodes.upper, self.nodes.lower))
        return np.bincount(-1 - parents[parents < 0], minlength=self.n)

    @property
    def max_fanout(self) -> int:
        """Most uses of one node or input by operator nodes."""
        return int(max(self.fanout.max(initial=0), self.input_fanout.max(initial=0)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bitmap."""
        return hashlib.sha256(self.n.to_bytes(4, "little") + np.packbits(self.bitmap).tobytes()).hexdigest()

    def toggled(self, i: int, j: int) -> PrefixGraph:
        """The legalised graph with node (i:j), 0 < j < i, added or taken away."""
        if not 0 < j < i < self.n:
            raise InputError(f"prefix graph: node ({i}:{j}) of {self.n} positions is fixed or does not exist")
        bits = self.bitmap.copy()
        bits[i, j] ^= True
        return PrefixGraph.legalised(bits)

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.bitmap, other.bitmap) if isinstance(other, PrefixGraph) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def text(self) -> str:
        """Sizes, then one line per row: ``#`` for a node, ``.`` for none, column 0 first."""
        head = f"prefix graph of {self.n} positions: {self.size} nodes, depth {self.depth}, fan-out {self.max_fanout}"
        return "\n".join([head, *("  " + "".join(".#"[int(b)] for b in self.bitmap[i, : i + 1]) for i in range(self.n))])

    __repr__ = text

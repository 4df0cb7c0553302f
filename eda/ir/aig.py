"""And-inverter graphs: a struct of arrays, a hashing builder, and a digest that proves equal structure.

Literals are AIGER's: ``2 * variable + inverted``. Variable 0 is the constant false, then come the inputs, the latches and
the AND nodes, each after its fan-ins. The file formats are in `eda.ir.aiger`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eda.errors import InputError
from eda.ir.netlist import IntArray

FALSE, TRUE = 0, 1
UNKNOWN = 2
_REPR_NODES = 40


@dataclass(frozen=True, eq=False, repr=False)
class Aig:
    """I inputs, L latches, A AND nodes and O outputs; the arrays are read-only.

    input_names [I], latch_names [L], output_names [O]
    fanin       int32 [A, 2]  literals of each AND node, the larger first
    outputs     int32 [O]     literals
    next_state  int32 [L]     literals
    reset       int8  [L]     initial value of each latch: 0, 1 or `UNKNOWN`
    """

    name: str
    input_names: tuple[str, ...]
    latch_names: tuple[str, ...]
    output_names: tuple[str, ...]
    fanin: IntArray
    outputs: IntArray
    next_state: IntArray
    reset: IntArray

    def __post_init__(self) -> None:
        for attribute, dtype in (("fanin", np.int32), ("outputs", np.int32), ("next_state", np.int32), ("reset", np.int8)):
            array = np.ascontiguousarray(getattr(self, attribute), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, attribute, array)
        self.check()

    def check(self) -> None:
        """Raise `InputError` unless the arrays fit together and each AND node comes after its fan-ins."""
        if self.fanin.ndim != 2 or self.fanin.shape[1] != 2:
            raise InputError(f"AIG {self.name}: the fan-ins have the shape {self.fanin.shape}, expected (A, 2)")
        sizes = (len(self.outputs), len(self.next_state), len(self.reset))
        if sizes != (len(self.output_names), len(self.latch_names), len(self.latch_names)):
            raise InputError(f"AIG {self.name}: outputs or latches and their names disagree in number")
        own = 2 * (self.first_and + np.arange(self.n_ands))
        high, low = self.fanin[:, 0], self.fanin[:, 1]
        wrong = np.flatnonzero((high >= own) | (high < low) | (low < 0))
        if len(wrong):
            i = int(wrong[0])
            raise InputError(f"AIG {self.name}: node {self.first_and + i} has the fan-ins {high[i]} and {low[i]}")
        roots = np.concatenate([self.outputs, self.next_state])
        if len(roots) and not (0 <= roots.min() and roots.max() < 2 * self.n_variables):
            raise InputError(f"AIG {self.name}: an output or next state is a literal outside 0..{2 * self.n_variables - 1}")

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return len(self.input_names)

    @property
    def n_latches(self) -> int:
        """Number of latches."""
        return len(self.latch_names)

    @property
    def n_ands(self) -> int:
        """Number of AND nodes."""
        return len(self.fanin)

    @property
    def first_and(self) -> int:
        """Variable of the first AND node."""
        return 1 + self.n_inputs + self.n_latches

    @property
    def n_variables(self) -> int:
        """Number of variables, the constant included."""
        return self.first_and + self.n_ands

    @cached_property
    def level(self) -> IntArray:
        """int32 [n_variables]: 0 for the constant, inputs and latches, else 1 + the larger level of the fan-ins."""
        level = [0] * self.first_and
        for a, b in (self.fanin >> 1).tolist():
            level.append(1 + max(level[a], level[b]))
        return np.array(level, dtype=np.int32)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the structure and the names; two graphs with one digest compute the same functions.

        Each node is hashed from its two ordered fan-ins after folding constants and equal or opposite fan-ins, so the
        numbering, unused nodes and duplicates do not matter. Inputs and latches count by position.
        """
        keys, flips = _node_keys(self)
        h = hashlib.sha256(repr((self.input_names, self.latch_names, self.output_names, self.reset.tolist())).encode())
        for literal in [*self.outputs.tolist(), *self.next_state.tolist()]:
            h.update(keys[literal >> 1] + bytes([(literal & 1) ^ flips[literal >> 1]]))
        return h.hexdigest()

    def label(self, literal: int) -> str:
        """Text of a literal: a name or ``n<variable>``, with ``!`` when inverted; ``0`` and ``1`` for the constants."""
        variable = literal >> 1
        if variable == 0:
            return str(literal)
        names = self.input_names + self.latch_names
        return "!" * (literal & 1) + (names[variable - 1] if variable < self.first_and else f"n{variable}")

    def text(self, limit: int | None = None) -> str:
        """A line of sizes, then one line per AND node (at most `limit`), next state and output."""
        sizes = f"{self.n_inputs} inputs, {self.n_latches} latches, {len(self.outputs)} outputs, {self.n_ands} ands"
        lines = [f"aig {self.name}: {sizes}, depth {int(self.level.max())}"]
        shown = self.n_ands if limit is None else min(limit, self.n_ands)
        for i, (a, b) in enumerate(self.fanin[:shown].tolist()):
            lines.append(f"  n{self.first_and + i} = {self.label(a)} & {self.label(b)}")
        if shown < self.n_ands:
            lines.append(f"  ... {self.n_ands - shown} more ands")
        roots = [(f"{n}'", v) for n, v in zip(self.latch_names, self.next_state.tolist(), strict=True)]
        roots += list(zip(self.output_names, self.outputs.tolist(), strict=True))
        lines += [f"  {name} = {self.label(v)}" for name, v in roots[:limit]]
        if limit is not None and len(roots) > limit:
            lines.append(f"  ... {len(roots) - limit} more")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.text(_REPR_NODES)


def _node_keys(aig: Aig) -> tuple[list[bytes], list[int]]:
    """Hash of the folded function of each variable, and whether the variable is its complement."""
    sha = hashlib.sha256
    false = sha(b"0").digest()
    keys = [false, *(sha(f"{k}".encode()).digest() for k in range(1, aig.first_and))]
    flips = [0] * aig.first_and
    mark = (b"\0", b"\1")
    for a, b in aig.fanin.tolist():
        x, p = keys[a >> 1], (a & 1) ^ flips[a >> 1]
        y, q = keys[b >> 1], (b & 1) ^ flips[b >> 1]
        if x > y:
            x, p, y, q = y, q, x, p
        if x == y:
            key, flip = (x, p) if p == q else (false, 0)
        elif x == false:
            key, flip = (y, q) if p else (false, 0)
        elif y == false:
            key, flip = (x, p) if q else (false, 0)
        else:
            key, flip = sha(x + mark[p] + y + mark[q]).digest(), 0
        keys.append(key)
        flips.append(flip)
    return keys, flips


class AigBuilder:
    """Builds an `Aig` node by node; folds constants and returns the existing node for equal fan-ins.

    >>> b = AigBuilder("half", ["a", "b"])
    >>> x, y = b.inputs
    >>> b.build(["s", "c"], [b.xor(x, y), b.and_(x, y)])
    """

    def __init__(self, name: str, input_names: Iterable[str], latch_names: Iterable[str] = ()) -> None:
        self.name = name
        self.input_names, self.latch_names = tuple(input_names), tuple(latch_names)
        first = 1 + len(self.input_names)
        self.inputs = list(range(2, 2 * first, 2))
        self.latches = list(range(2 * first, 2 * (first + len(self.latch_names)), 2))
        self._first_and = first + len(self.latches)
        self._fanin: list[tuple[int, int]] = []
        self._node: dict[tuple[int, int], int] = {}

    def and_(self, a: int, b: int) -> int:
        """Literal of the conjunction of two literals."""
        if a < b:
            a, b = b, a
        if b == TRUE or a == b:
            return a
        if b == FALSE or a == b ^ 1:
            return FALSE
        literal = self._node.get((a, b))
        if literal is None:
            literal = 2 * (self._first_and + len(self._fanin))
            self._node[a, b] = literal
            self._fanin.append((a, b))
        return literal

    def or_(self, a: int, b: int) -> int:
        """Literal of the disjunction of two literals."""
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        """Literal of the exclusive or of two literals; inversions move to its output, so equal ones are shared."""
        flip = (a ^ b) & 1
        a, b = a & ~1, b & ~1
        return self.or_(self.and_(a, b ^ 1), self.and_(a ^ 1, b)) ^ flip

    def build(
        self,
        output_names: Sequence[str],
        outputs: Sequence[int],
        next_state: Sequence[int] = (),
        reset: Sequence[int] | None = None,
    ) -> Aig:
        """The graph, without nodes that reach neither an output nor a latch; latches reset to 0 by default."""
        used = self._used([*outputs, *next_state])
        number = np.zeros(self._first_and + len(self._fanin), dtype=np.int64)
        number[: self._first_and] = np.arange(self._first_and)
        number[self._first_and :][used] = self._first_and + np.arange(int(used.sum()))

        def moved(literals: object) -> IntArray:
            old = np.array(literals, dtype=np.int64)
            return 2 * number[old >> 1] + (old & 1)

        fanin = np.array(self._fanin, dtype=np.int64).reshape(-1, 2)[used]
        return Aig(
            name=self.name,
            input_names=self.input_names,
            latch_names=self.latch_names,
            output_names=tuple(output_names),
            fanin=moved(fanin),
            outputs=moved(outputs),
            next_state=moved(next_state),
            reset=np.array([0] * len(self.latches) if reset is None else reset, dtype=np.int8),
        )

    def _used(self, roots: Sequence[int]) -> np.ndarray:
        first = self._first_and
        used = [False] * (first + len(self._fanin))
        for literal in roots:
            used[literal >> 1] = True
        for i in range(len(self._fanin) - 1, -1, -1):
            if used[first + i]:
                a, b = self._fanin[i]
                used[a >> 1] = used[b >> 1] = True
        return np.array(used[first:], dtype=bool)

"""Cell types: the generic gates, and the form in which library cells enter a netlist.

A `CellType` says what a cell computes; what it costs (area, delay, power) belongs to `eda.tech`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from eda.errors import UsageError
from eda.ir import logic
from eda.ir.logic import Expr


@dataclass(frozen=True)
class State:
    """The one state bit of a sequential cell; all expressions are over the cell's inputs and `name`.

    A flip-flop takes `next_state` at the rising edge of `clock` (an expression such as ``CK`` or ``!CK``);
    a latch follows `next_state` while `clock` is true. `clear` and `preset` act at once while true.
    `both` is the value while both are true (0, 1, or None: unknown).
    """

    name: str
    kind: str  # "ff" | "latch"
    clock: Expr
    next_state: Expr
    clear: Expr | None = None
    preset: Expr | None = None
    both: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("ff", "latch"):
            raise UsageError(f"state kind must be 'ff' or 'latch', got {self.kind!r}")

    @cached_property
    def clock_pin(self) -> str:
        """The input that clocks the cell."""
        return logic.variables(self.clock)[0]


@dataclass(frozen=True)
class CellType:
    """What a cell computes: named inputs and outputs, one expression per output (None: a black box).

    Output expressions are over `inputs`, and over ``state.name`` where the cell holds state.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    functions: tuple[Expr | None, ...]
    state: State | None = None

    def __post_init__(self) -> None:
        if len(self.functions) != len(self.outputs):
            raise UsageError(f"cell {self.name}: {len(self.outputs)} outputs but {len(self.functions)} functions")
        pins = self.inputs + self.outputs
        if len(set(pins)) != len(pins):
            raise UsageError(f"cell {self.name}: a pin name appears twice in {', '.join(pins)}")

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.inputs, self.outputs, self.functions, self.state))

    def __hash__(self) -> int:
        return self._hash

    def __getstate__(self) -> dict[str, object]:
        return {k: v for k, v in self.__dict__.items() if k != "_hash"}  # hashes of text differ between processes

    @property
    def is_generic(self) -> bool:
        """True for the gates of this file, whose names begin with ``$``; no library cell's does."""
        return self.name.startswith("$")

    @property
    def is_combinational(self) -> bool:
        """True if every output is a known function of the inputs alone."""
        return self.state is None and None not in self.functions

    @cached_property
    def tables(self) -> tuple[int, ...]:
        """Truth table of each output over `inputs` (and the state last, if any); see `logic.truth_table`."""
        names = self.inputs if self.state is None else (*self.inputs, self.state.name)
        if None in self.functions:
            output = self.outputs[self.functions.index(None)]
            raise UsageError(f"cell {self.name} is a black box: output {output} has no function")
        return tuple(logic.truth_table(f, names) for f in self.functions if f is not None)

    @cached_property
    def symmetric_inputs(self) -> tuple[tuple[int, ...], ...]:
        """Groups of inputs that may be exchanged without changing any output (each group sorted)."""
        if not self.is_combinational:
            return tuple((i,) for i in range(len(self.inputs)))
        groups: list[list[int]] = []
        for i in range(len(self.inputs)):
            for group in groups:
                if all(_swap(t, group[0], i, len(self.inputs)) == t for t in self.tables):
                    group.append(i)
                    break
            else:
                groups.append([i])
        return tuple(tuple(g) for g in groups)


def _swap(table: int, i: int, j: int, n: int) -> int:
    """`table` over n inputs with inputs i and j exchanged."""
    a, b = logic.input_pattern(i, n), logic.input_pattern(j, n)
    shift = abs((1 << j) - (1 << i))
    low, high = (a & ~b, b & ~a) if i < j else (b & ~a, a & ~b)
    return table & ~(low | high) | (table & low) << shift | (table & high) >> shift


_A, _B, _C = logic.var("a"), logic.var("b"), logic.var("c")
_ABC = tuple("abcdefghijklmnopqrstuvwxyz")

_CHAINS = {"and": logic.land, "or": logic.lor, "xor": logic.lxor}
_INVERTED = {"nand": "and", "nor": "or", "xnor": "xor"}


@cache
def gate(op: str, arity: int = 2) -> CellType:
    """The generic gate `op` with `arity` inputs ``a b c ...`` (``a0 a1 ...`` above 26) and output ``y``.

    `op` is one of and, or, xor, nand, nor, xnor; see the constants below for the other generic cells.
    """
    base = _INVERTED.get(op, op)
    if base not in _CHAINS or arity < 2:
        raise UsageError(f"no generic gate {op!r} with {arity} inputs; expected and, or, xor, nand, nor, xnor with at least 2")
    inputs = _ABC[:arity] if arity <= 26 else tuple(f"a{i}" for i in range(arity))
    e = _CHAINS[base](*map(logic.var, inputs))
    return CellType(f"${op}{arity}", inputs, ("y",), (logic.lnot(e) if op in _INVERTED else e,))


AND, OR, XOR = gate("and"), gate("or"), gate("xor")
NAND, NOR, XNOR = gate("nand"), gate("nor"), gate("xnor")
BUF = CellType("$buf", ("a",), ("y",), (_A,))
NOT = CellType("$not", ("a",), ("y",), (logic.lnot(_A),))
MUX = CellType(
    "$mux",
    ("a", "b", "s"),
    ("y",),
    (logic.lor(logic.land(_A, logic.lnot(logic.var("s"))), logic.land(_B, logic.var("s"))),),
)
"""``y = s ? b : a``."""

HALF_ADDER = CellType("$ha", ("a", "b"), ("s", "co"), (logic.lxor(_A, _B), logic.land(_A, _B)))
FULL_ADDER = CellType(
    "$fa",
    ("a", "b", "ci"),
    ("s", "co"),
    (
        logic.lxor(_A, _B, logic.var("ci")),
        logic.lor(logic.land(_A, _B), logic.land(logic.lxor(_A, _B), logic.var("ci"))),
    ),
)


@cache
def flip_flop(*, falling: bool = False, reset: str = "", reset_value: int = 0) -> CellType:
    """A generic D flip-flop with pins ``clk d [r] -> q``.

    `reset` is "" (none), "high" or "low": the level of the asynchronous input ``r`` that forces `reset_value`.
    """
    if reset not in ("", "high", "low"):
        raise UsageError(f"reset must be '', 'high' or 'low', got {reset!r}")
    clk, d, r = logic.var("clk"), logic.var("d"), logic.var("r")
    name = f"$dff_{'n' if falling else 'p'}" + (f"{reset[0]}{reset_value}" if reset else "")
    active = None if not reset else r if reset == "high" else logic.lnot(r)
    state = State(
        "iq",
        "ff",
        logic.lnot(clk) if falling else clk,
        d,
        clear=active if reset_value == 0 else None,
        preset=active if reset_value == 1 else None,
    )
    return CellType(name, ("clk", "d", "r") if reset else ("clk", "d"), ("q",), (logic.var("iq"),), state)


@cache
def latch(*, low: bool = False) -> CellType:
    """A generic D latch with pins ``en d -> q``, transparent while ``en`` is high (or low)."""
    en = logic.var("en")
    state = State("iq", "latch", logic.lnot(en) if low else en, logic.var("d"))
    return CellType(f"$dlatch_{'n' if low else 'p'}", ("en", "d"), ("q",), (logic.var("iq"),), state)

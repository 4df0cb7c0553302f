"""A module as it is read: wires, cells, assignments between wires, and instances of other modules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eda.errors import suggest
from eda.ir.cells import CellType
from eda.verilog.lexer import Source, plain, public

N_CONSTANTS = 2
"""Wires 0 and 1 of every module are the constants."""

_CONSTANTS = {"1'b0": 0, "1'b1": 1, "1'h0": 0, "1'h1": 1}
_WIDEST = 1 << 24


@dataclass(frozen=True)
class Vector:
    """A declared range ``[left:right]`` and its wires, least significant first (consecutive numbers)."""

    left: int
    right: int
    wires: range

    @property
    def indices(self) -> range:
        """The index of each wire."""
        step = 1 if self.left >= self.right else -1
        return range(self.right, self.left + step, step)


@dataclass
class PortDeclaration:
    """A port of the header; direction and wires are known once it has been declared."""

    name: str
    at: int
    direction: str = ""
    wires: Sequence[int] = ()


@dataclass(frozen=True)
class Instance:
    """An instance of a module, before the cell with number `before` of its own module.

    `pins` are (port name or None if positional, wires) with None for wires where nothing is connected.
    """

    module: str
    name: str
    pins: tuple[tuple[str | None, Sequence[int] | None], ...]
    before: int
    at: int


class Body:
    """One module under construction.

    wires       spelling in the file -> wire, for scalars and for single bits (``a``, ``a[3]``, ``\\u1.a [3]``)
    vectors     spelling -> range and wires
    wire_names  name of each wire, None where it is automatic
    fanin, outs the wires at the input and output pins of all cells, in cell order
    edges       (target, source, offset in the text): the first wire is driven by the second
    """

    def __init__(self, source: Source, name: str, at: int) -> None:
        self.source, self.name, self.at = source, name, at
        self.ports: dict[str, PortDeclaration] = {}
        self.wires: dict[str, int] = dict(_CONSTANTS)
        self.vectors: dict[str, Vector] = {}
        self.wire_names: list[str | None] = [None] * N_CONSTANTS
        self.charged: set[int] = set()  # wires that keep their value when nothing drives them (trireg)
        self.types: dict[CellType, int] = {}
        self.cell_type: list[int] = []
        self.cell_names: list[str | None] = []
        self.cell_at: list[int] = []
        self.fanin: list[int] = []
        self.outs: list[int] = []
        self.edges: list[tuple[int, int, int]] = []
        self.instances: list[Instance] = []

    # --- wires -------------------------------------------------------------------------------------------------------

    def new_wire(self, name: str | None = None) -> int:
        self.wire_names.append(name)
        return len(self.wire_names) - 1

    def declare(self, name: str, bounds: tuple[int, int] | None, at: int) -> Sequence[int]:
        """Declare a scalar (`bounds` None) or a vector under its spelling and return its wires."""
        if name in self.wires or name in self.vectors:
            raise self.source.error(at, f"{plain(name)!r} is declared twice in module {plain(self.name)}")
        if bounds is None:
            return (self.declare_scalars([name]),)
        left, right = bounds
        if abs(left - right) >= _WIDEST:
            raise self.source.error(at, f"vector {plain(name)!r} has {abs(left - right) + 1} bits, at most {_WIDEST} expected")
        first = len(self.wire_names)
        vector = self.vectors[name] = Vector(left, right, range(first, first + abs(left - right) + 1))
        joint = " " if name[0] == "\\" else ""
        self.wires.update({f"{name}{joint}[{i}]": w for i, w in zip(vector.indices, vector.wires, strict=True)})
        self.wire_names.extend([f"{plain(name)}[{i}]" for i in vector.indices])
        return vector.wires

    def declare_scalars(self, names: Sequence[str]) -> int:
        """Declare scalars that are not declared yet; returns the first wire."""
        first = len(self.wire_names)
        self.wires.update(zip(names, range(first, first + len(names)), strict=True))
        self.wire_names.extend([public(name) for name in names])
        return first

    def lookup(self, name: str, at: int, *, implicit: bool = False) -> Sequence[int]:
        """Wires of a whole name; an unknown one is declared as a scalar if `implicit`."""
        if name in self.vectors:
            return self.vectors[name].wires
        if name in self.wires:
            return (self.wires[name],)
        if implicit:
            return self.declare(name, None, at)
        known = [*self.wires, *self.vectors] if len(self.wires) < 10_000 else []
        raise self.source.error(at, f"{plain(name)!r} is not declared{suggest(name, known)}")

    def select(self, name: str, left: int, right: int, at: int) -> Sequence[int]:
        """Wires of ``name[left:right]``."""
        vector = self.vectors.get(name)
        if vector is None:
            self.lookup(name, at)
            raise self.source.error(at, f"{plain(name)!r} is a scalar and has no bit {left}")
        indices = vector.indices
        if left not in indices or right not in indices:
            what = f"{plain(name)}[{left}]" if left == right else f"{plain(name)}[{left}:{right}]"
            raise self.source.error(at, f"{what} lies outside the declared range [{vector.left}:{vector.right}]")
        low, high = indices.index(right), indices.index(left)
        if low > high:
            declared = f"[{vector.left}:{vector.right}]"
            raise self.source.error(at, f"{plain(name)}[{left}:{right}] runs against the declared range {declared}")
        return vector.wires[low : high + 1]

    def label(self, wire: int) -> str:
        """A wire as text for an error message."""
        if wire < N_CONSTANTS:
            return f"1'b{wire}"
        named = self.wire_names[wire]
        return named or next((plain(name) for name, w in self.wires.items() if w == wire), "of an inner expression")

    # --- cells -------------------------------------------------------------------------------------------------------

    def cell(self, kind: CellType, fanin: Iterable[int], outs: Iterable[int], at: int, name: str | None = None) -> None:
        self.cell_type.append(self.types.setdefault(kind, len(self.types)))
        self.cell_names.append(name)
        self.cell_at.append(at)
        self.fanin.extend(fanin)
        self.outs.extend(outs)

    def gate(self, kind: CellType, fanin: Iterable[int], at: int, out: int | None = None) -> int:
        """An unnamed cell with one output, on a new wire if `out` is None; returns that wire."""
        wire = self.new_wire() if out is None else out
        self.cell(kind, fanin, (wire,), at)
        return wire

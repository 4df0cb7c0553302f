"""Builds netlists gate by gate; folds constants and shares equal gates on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from eda.errors import UsageError
from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port, renumber


class Builder:
    """Collects ports and cells and returns a `Netlist`.

    Nets are plain integers, valid for this builder only; 0 and 1 are the constants. The named methods (`and_`, `xor`,
    `full_adder`, ...) fold constants and return the existing net where an equal generic gate was built before; `cell`
    adds exactly what it is told.

    >>> b = Builder("half")
    >>> x, y = b.input("x"), b.input("y")
    >>> s, c = b.half_adder(x[0], y[0])
    >>> b.output("sum", [s, c])
    >>> print(b.build())
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._ports: list[Port] = []
        self._types: dict[CellType, int] = {}
        self._cell_type: list[int] = []
        self._fanin: list[int] = []
        self._cell_names: list[str | None] = []
        self._first_out: list[int] = []
        self._net_names: list[str | None] = [None, None]
        self._input_nets: list[int] = []
        self._same: dict[tuple[CellType, tuple[int, ...]], tuple[int, ...]] = {}
        self._inverse: dict[int, int] = {0: 1, 1: 0}
        self._forward: dict[int, int] = {}

    # --- ports and names -----------------------------------------------------------------------------------------

    def input(self, name: str, width: int | tuple[int, int] | None = None) -> list[int]:
        """Add an input port and return its nets, least significant first.

        `width` is None for a scalar, a number of bits for ``[width-1:0]``, or the declared range ``(left, right)``.
        """
        left, right = _bounds(name, width)
        count = 1 if left is None or right is None else abs(left - right) + 1
        nets = [self._new_net() for _ in range(count)]
        port = Port(name, "input", tuple(nets), left, right)
        for net, bit in zip(nets, port.bit_names, strict=True):
            self._net_names[net] = bit
        self._ports.append(port)
        self._input_nets += nets
        return nets

    def output(self, name: str, nets: Sequence[int] | int, bounds: tuple[int, int] | None = None) -> None:
        """Add an output port driven by `nets` (a scalar if `nets` is one integer), least significant first.

        `bounds` is the declared range ``(left, right)`` of a vector; None: ``[len(nets)-1:0]``. Nets of cells that have
        no name yet are named after the bit of the port.
        """
        if isinstance(nets, int | np.integer):
            port = Port(name, "output", (int(nets),))
        else:
            left, right = _bounds(name, bounds or len(nets))
            port = Port(name, "output", tuple(map(int, nets)), left, right)
        self._ports.append(port)
        for net, bit in zip(port.nets, port.bit_names, strict=True):
            self.name_net(net, bit)

    def name_net(self, net: int, name: str) -> None:
        """Give a cell's output net a public name; the first name given stays."""
        if net >= FIRST_INPUT_NET and self._net_names[net] is None:
            self._net_names[net] = name

    # --- cells ------------------------------------------------------------------------------------------------------

    def _new_net(self) -> int:
        self._net_names.append(None)
        return len(self._net_names) - 1

    def forward(self) -> int:
        """A net to use before its driver exists (feedback through registers); `connect` it before `build`."""
        net = self._new_net()
        self._forward[net] = -1
        return net

    def connect(self, forward: int, net: int) -> None:
        """Let the net from `forward` be `net`."""
        if self._forward.get(forward) != -1:
            raise UsageError(f"net {forward} is not an open forward net")
        self._forward[forward] = net

    def cell(self, kind: CellType, fanin: Sequence[int], name: str | None = None) -> tuple[int, ...]:
        """Add a cell of any type with `fanin` in the order of ``kind.inputs``; return its output nets."""
        if len(fanin) != len(kind.inputs):
            raise UsageError(f"cell type {kind.name} has {len(kind.inputs)} inputs, got {len(fanin)}")
        self._cell_type.append(self._types.setdefault(kind, len(self._types)))
        self._fanin.extend(fanin)
        self._cell_names.append(name)
        first = len(self._net_names)
        self._first_out.append(first)
        self._net_names.extend([None] * len(kind.outputs))
        return tuple(range(first, first + len(kind.outputs)))

    def _shared(self, kind: CellType, fanin: tuple[int, ...]) -> tuple[int, ...]:
        key = (kind, fanin)
        out = self._same.get(key)
        if out is None:
            out = self._same[key] = self.cell(kind, fanin)
        return out

    # --- generic gates, folded and shared -------------------------------------------------------------------------------

    def not_(self, a: int) -> int:
        """Negation."""
        out = self._inverse.get(a)
        if out is None:
            (out,) = self.cell(cells.NOT, (a,))
            self._inverse[a], self._inverse[out] = out, a
        return out

    def and_(self, *nets: int) -> int:
        """Conjunction; more than two operands become a balanced tree."""
        return self._tree(self._and2, nets)

    def or_(self, *nets: int) -> int:
        """Disjunction, as `and_`."""
        return self._tree(self._or2, nets)

    def xor(self, *nets: int) -> int:
        """Exclusive or, as `and_`."""
        return self._tree(self._xor2, nets)

    @staticmethod
    def _tree(gate: Callable[[int, int], int], nets: Sequence[int]) -> int:
        if not nets:
            raise UsageError("a gate needs at least one operand")
        row = list(nets)
        while len(row) > 1:
            row = [gate(row[i], row[i + 1]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
        return row[0]

    def _and2(self, a: int, b: int) -> int:
        if a > b:
            a, b = b, a
        if a == 0 or self._inverse.get(a) == b:
            return 0
        return b if a == 1 or a == b else self._shared(cells.AND, (a, b))[0]

    def _or2(self, a: int, b: int) -> int:
        if a > b:
            a, b = b, a
        if a == 1 or self._inverse.get(a) == b:
            return 1
        return b if a == 0 or a == b else self._shared(cells.OR, (a, b))[0]

    def _xor2(self, a: int, b: int) -> int:
        if a > b:
            a, b = b, a
        if a == b:
            return 0
        if self._inverse.get(a) == b:
            return 1
        return b if a == 0 else self.not_(b) if a == 1 else self._shared(cells.XOR, (a, b))[0]

    def nand(self, a: int, b: int) -> int:
        """Negated conjunction of two bits."""
        return self._inverted(cells.NAND, self._and2, a, b)

    def nor(self, a: int, b: int) -> int:
        """Negated disjunction of two bits."""
        return self._inverted(cells.NOR, self._or2, a, b)

    def xnor(self, a: int, b: int) -> int:
        """Negated exclusive or of two bits."""
        return self._inverted(cells.XNOR, self._xor2, a, b)

    def _inverted(self, kind: CellType, plain: Callable[[int, int], int], a: int, b: int) -> int:
        if a > b:
            a, b = b, a
        if a < FIRST_INPUT_NET or a == b or self._inverse.get(a) == b:
            return self.not_(plain(a, b))
        return self._shared(kind, (a, b))[0]

    def mux(self, select: int, zero: int, one: int) -> int:
        """``select ? one : zero``."""
        if select == 0 or zero == one:
            return zero
        if select == 1:
            return one
        if zero == 0 or zero == select:
            return self._and2(select, one)
        if one == 1 or one == select:
            return self._or2(select, zero)
        if one == 0:
            return self._and2(self.not_(select), zero)
        if zero == 1:
            return self._or2(self.not_(select), one)
        if self._inverse.get(zero) == one:
            return self._xor2(select, zero)
        return self._shared(cells.MUX, (zero, one, select))[0]

    def half_adder(self, a: int, b: int) -> tuple[int, int]:
        """``(sum, carry)`` of two bits."""
        if a > b:
            a, b = b, a
        if a < FIRST_INPUT_NET or a == b or self._inverse.get(a) == b:
            return self._xor2(a, b), self._and2(a, b)
        s, co = self._shared(cells.HALF_ADDER, (a, b))
        return s, co

    def full_adder(self, a: int, b: int, ci: int) -> tuple[int, int]:
        """``(sum, carry)`` of three bits; operand order is kept (pins differ in delay) unless something folds."""
        low, mid, high = sorted((a, b, ci))
        if low == 0:
            return self.half_adder(mid, high)
        if low == 1:
            return self._xor2(1, self._xor2(mid, high)), self._or2(mid, high)
        for x, y, z in ((low, mid, high), (mid, high, low), (low, high, mid)):
            if x == y:
                return z, x
            if self._inverse.get(x) == y:
                return self.not_(z), z
        s, co = self._shared(cells.FULL_ADDER, (a, b, ci))
        return s, co

    # --- result -----------------------------------------------------------------------------------------------------

    def build(self, *, sweep: bool = True) -> Netlist:
        """The netlist; with `sweep`, without the cells from which no output port can be reached."""
        types = tuple(self._types)
        cell_type = np.array(self._cell_type, dtype=np.int32)
        n_in = np.array([len(t.inputs) for t in types] or [0])[cell_type]
        n_out = np.array([len(t.outputs) for t in types] or [0])[cell_type]
        start = np.concatenate(([0], np.cumsum(n_in)))
        resolve = self._resolve_forward()
        fanin = resolve[np.array(self._fanin, dtype=np.int64)] if self._fanin else np.zeros(0, np.int64)
        first_out = np.array(self._first_out, dtype=np.int64)
        out_nets = [resolve[list(p.nets)] for p in self._ports if p.direction == "output"]
        keep = np.ones(len(cell_type), dtype=bool)
        if sweep:
            keep = self._reachable(np.concatenate([*out_nets, np.zeros(0, np.int64)]), start, fanin, first_out, n_out)
        mapping = np.full(len(self._net_names), -1, dtype=np.int64)
        mapping[:FIRST_INPUT_NET] = range(FIRST_INPUT_NET)
        base = FIRST_INPUT_NET + len(self._input_nets)
        mapping[self._input_nets] = range(FIRST_INPUT_NET, base)
        kept_out = n_out[keep]
        old = np.repeat(first_out[keep], kept_out) + _within(kept_out)
        mapping[old] = range(base, base + len(old))
        ports = tuple(
            Port(p.name, p.direction, tuple(mapping[resolve[list(p.nets)]].tolist()), p.left, p.right) for p in self._ports
        )
        kept_pins = np.repeat(keep, n_in)
        return Netlist(
            name=self.name,
            ports=ports,
            types=types,
            cell_type=cell_type[keep],
            fanin_start=np.concatenate(([0], np.cumsum(n_in[keep]))),
            fanin=mapping[fanin[kept_pins]],
            net_names=renumber(self._names_of_drivers(resolve), mapping, base + len(old)),
            cell_names=tuple(name for name, k in zip(self._cell_names, keep, strict=True) if k),
        )

    def _names_of_drivers(self, resolve: np.ndarray) -> list[str | None]:
        """Net names, those given to forward nets moved to what drives them unless that has one."""
        names = list(self._net_names)
        for net in self._forward:
            to = int(resolve[net])
            if to >= FIRST_INPUT_NET and names[to] is None:
                names[to] = names[net]
        return names

    def _resolve_forward(self) -> np.ndarray:
        resolve = np.arange(len(self._net_names))
        for net in self._forward:
            end, hops = net, 0
            while end in self._forward:
                end, hops = self._forward[end], hops + 1
                if end == -1 or hops > len(self._forward):
                    raise UsageError(f"forward net {net} was never connected to a driver")
            resolve[net] = end
        return resolve

    @staticmethod
    def _reachable(
        roots: np.ndarray, start: np.ndarray, fanin: np.ndarray, first_out: np.ndarray, n_out: np.ndarray
    ) -> np.ndarray:
        keep = np.zeros(len(n_out), dtype=bool)
        driver = {}
        for c, (net, count) in enumerate(zip(first_out.tolist(), n_out.tolist(), strict=True)):
            for k in range(count):
                driver[net + k] = c
        todo = roots.tolist()
        pins, starts = fanin.tolist(), start.tolist()
        while todo:
            c = driver.get(todo.pop(), -1)
            if c >= 0 and not keep[c]:
                keep[c] = True
                todo += pins[starts[c] : starts[c + 1]]
        return keep


def _bounds(name: str, width: int | tuple[int, int] | None) -> tuple[int | None, int | None]:
    if width is None:
        return None, None
    if isinstance(width, tuple):
        return width
    if width < 1:
        raise UsageError(f"port {name} has a width of {width}, expected at least 1")
    return width - 1, 0


def _within(counts: np.ndarray) -> np.ndarray:
    """0..counts[i]-1 for each i, concatenated."""
    total = int(counts.sum())
    return np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)

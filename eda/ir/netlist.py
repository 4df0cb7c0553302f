"""The netlist: an immutable struct of arrays in which every net has exactly one driver by construction.

Nets are integers. 0 and 1 are the constants; then come the bits of the input ports, in port order, least significant
first; then the output pins of the cells, in cell order. So the driver of a net follows from its number, an undriven
or multiply driven net cannot be expressed, and equal circuits with equal cell order have equal arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import InputError, UsageError, suggest
from eda.ir.cells import CellType

IntArray = npt.NDArray[np.integer[Any]]

FIRST_INPUT_NET = 2
_REPR_CELLS = 40


@dataclass(frozen=True)
class Port:
    """A port and its nets, least significant bit first.

    `left` and `right` are the declared range ``[left:right]``; both are None for a scalar.
    """

    name: str
    direction: str  # "input" | "output"
    nets: tuple[int, ...]
    left: int | None = None
    right: int | None = None

    def __post_init__(self) -> None:
        scalar = self.left is None or self.right is None
        width = 1 if self.left is None or self.right is None else abs(self.left - self.right) + 1
        if width != len(self.nets) or (scalar and self.left is not self.right):
            raise InputError(f"port {self.declaration} has {len(self.nets)} nets, expected {width}")

    @property
    def width(self) -> int:
        """Number of bits."""
        return len(self.nets)

    @cached_property
    def bit_names(self) -> tuple[str, ...]:
        """Name of each bit, least significant first: ``a`` for a scalar, ``a[0] a[1] ...`` for a vector."""
        if self.left is None or self.right is None:
            return (self.name,)
        step = 1 if self.left >= self.right else -1
        return tuple(f"{self.name}[{i}]" for i in range(self.right, self.left + step, step))

    @property
    def declaration(self) -> str:
        """``a`` or ``a[left:right]``."""
        return self.name if self.left is None else f"{self.name}[{self.left}:{self.right}]"


def vector(name: str, direction: str, nets: Sequence[int]) -> Port:
    """A port declared ``[len(nets)-1:0]``."""
    return Port(name, direction, tuple(nets), len(nets) - 1, 0)


@dataclass(frozen=True, eq=False, repr=False)
class Netlist:
    """A flat circuit. Construct it with `eda.ir.builder.Builder` or a reader; the arrays are read-only.

    C cells, I input pins in all, N nets:
      cell_type    int32 [C]    index into `types`
      fanin_start  int64 [C+1]  first input pin of each cell in `fanin`
      fanin        int32 [I]    net of each input pin, in the order of ``CellType.inputs``
      net_names    [N], cell_names [C]   public names; None where the name is automatic
      aliases      further names of nets (name -> net)
    """

    name: str
    ports: tuple[Port, ...]
    types: tuple[CellType, ...]
    cell_type: IntArray
    fanin_start: IntArray
    fanin: IntArray
    net_names: tuple[str | None, ...]
    cell_names: tuple[str | None, ...]
    aliases: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for attribute, dtype in (("cell_type", np.int32), ("fanin_start", np.int64), ("fanin", np.int32)):
            array = np.ascontiguousarray(getattr(self, attribute), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, attribute, array)
        object.__setattr__(self, "aliases", MappingProxyType(dict(self.aliases)))
        self.check()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without its derived facts."""
        values = [getattr(self, f.name) for f in fields(self)]
        return Netlist, (*values[:-1], dict(self.aliases))

    def check(self) -> None:
        """Raise `InputError` unless every array has its shape, every net exists and the input ports come first."""
        if self.n_cells and not (0 <= int(self.cell_type.min()) and int(self.cell_type.max()) < len(self.types)):
            raise InputError(f"netlist {self.name}: a cell has a type outside 0..{len(self.types) - 1}")
        if len(self.fanin_start) != self.n_cells + 1 or len(self.cell_names) != self.n_cells:
            raise InputError(f"netlist {self.name}: cell arrays disagree in length")
        counts = np.array([len(t.inputs) for t in self.types] or [0])
        if self.n_cells and not np.array_equal(np.diff(self.fanin_start), counts[self.cell_type]):
            raise InputError(f"netlist {self.name}: a cell has not as many fan-ins as its type has inputs")
        if self.fanin_start[0] != 0 or self.fanin_start[-1] != len(self.fanin):
            raise InputError(f"netlist {self.name}: fan-in offsets do not cover the fan-in array")
        if len(self.net_names) != self.n_nets:
            raise InputError(f"netlist {self.name}: {len(self.net_names)} net names for {self.n_nets} nets")
        if len(self.fanin) and not (0 <= int(self.fanin.min()) and int(self.fanin.max()) < self.n_nets):
            raise InputError(f"netlist {self.name}: a fan-in names a net outside 0..{self.n_nets - 1}")
        if any(not 0 <= net < self.n_nets for net in self.aliases.values()):
            raise InputError(f"netlist {self.name}: an alias names a net that does not exist")
        self._check_ports()

    def _check_ports(self) -> None:
        at = FIRST_INPUT_NET
        seen: set[str] = set()
        for port in self.ports:
            if port.name in seen:
                raise InputError(f"netlist {self.name}: port {port.name} appears twice")
            seen.add(port.name)
            if port.direction == "input":
                if port.nets != tuple(range(at, at + port.width)):
                    raise InputError(f"netlist {self.name}: input port {port.name} does not hold the nets from {at}")
                at += port.width
            elif port.direction != "output":
                raise InputError(f"netlist {self.name}: port {port.name} is {port.direction!r}, expected input or output")
            elif any(not 0 <= net < self.n_nets for net in port.nets):
                raise InputError(f"netlist {self.name}: output port {port.name} names a net that does not exist")

    # --- sizes -----------------------------------------------------------------------------------------------------

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.cell_type)

    @cached_property
    def n_input_bits(self) -> int:
        """Number of bits of all input ports."""
        return sum(p.width for p in self.ports if p.direction == "input")

    @property
    def first_cell_net(self) -> int:
        """The first net that a cell drives; constants and input bits come before it."""
        return FIRST_INPUT_NET + self.n_input_bits

    @property
    def n_nets(self) -> int:
        """Number of nets, the constants included."""
        return int(self.output_start[-1])

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The input ports, in order."""
        return tuple(p for p in self.ports if p.direction == "input")

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The output ports, in order."""
        return tuple(p for p in self.ports if p.direction == "output")

    def port(self, name: str) -> Port:
        """The port of that name; raises `UsageError` if there is none."""
        for p in self.ports:
            if p.name == name:
                return p
        names = [p.name for p in self.ports]
        some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise UsageError(f"netlist {self.name} has no port {name!r}{suggest(name, names)}; it has {some or 'none'}")

    # --- derived facts, computed once --------------------------------------------------------------------------------

    @cached_property
    def output_start(self) -> IntArray:
        """int64 [C+1]: the first output net of each cell; cell c drives nets output_start[c]..output_start[c+1]-1."""
        counts = np.array([len(t.outputs) for t in self.types] or [0], dtype=np.int64)
        start = np.empty(self.n_cells + 1, dtype=np.int64)
        start[0] = self.first_cell_net
        np.cumsum(counts[self.cell_type], out=start[1:])
        start[1:] += self.first_cell_net
        return _frozen(start)

    @cached_property
    def driver(self) -> IntArray:
        """int32 [N]: the cell that drives each net; -1 for constants and input ports."""
        out = np.full(self.n_nets, -1, dtype=np.int32)
        out[self.first_cell_net :] = np.repeat(np.arange(self.n_cells, dtype=np.int32), np.diff(self.output_start))
        return _frozen(out)

    @cached_property
    def pin_cell(self) -> IntArray:
        """int32 [I]: the cell of each input pin."""
        return _frozen(np.repeat(np.arange(self.n_cells, dtype=np.int32), np.diff(self.fanin_start)))

    @cached_property
    def sinks(self) -> tuple[IntArray, IntArray]:
        """``(start int64 [N+1], pins int32 [I])``: input pins grouped by the net they read, ascending within a net."""
        order = np.argsort(self.fanin, kind="stable").astype(np.int32)
        start = np.zeros(self.n_nets + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.fanin, minlength=self.n_nets), out=start[1:])
        return _frozen(start), _frozen(order)

    @cached_property
    def fanout(self) -> IntArray:
        """int64 [N]: how many input pins and output-port bits read each net."""
        count = np.bincount(self.fanin, minlength=self.n_nets)
        return _frozen(count + np.bincount(self.output_nets, minlength=self.n_nets))

    @cached_property
    def output_nets(self) -> IntArray:
        """int64: nets of all output-port bits, in port order, least significant first."""
        return _frozen(np.array([n for p in self.outputs for n in p.nets], dtype=np.int64))

    @cached_property
    def is_combinational_cell(self) -> IntArray:
        """bool [C]: False for registers and black boxes, whose outputs begin new paths."""
        flags = np.array([t.is_combinational for t in self.types] or [True])
        return _frozen(flags[self.cell_type])

    @cached_property
    def level(self) -> IntArray:
        """int32 [C]: 0 for registers and black boxes, else 1 + the largest level among the drivers of its inputs.

        Raises `InputError` with the path of cells if there is a combinational loop.
        """
        combinational = self.is_combinational_cell
        source = self.driver[self.fanin]
        edge = (source >= 0) & combinational[self.pin_cell]
        edge[edge] &= combinational[source[edge]]
        head, tail = source[edge], self.pin_cell[edge]
        waiting = np.bincount(tail, minlength=self.n_cells)
        order = np.argsort(head, kind="stable")
        succ = tail[order]
        start = np.zeros(self.n_cells + 1, dtype=np.int64)
        np.cumsum(np.bincount(head, minlength=self.n_cells), out=start[1:])
        level = np.zeros(self.n_cells, dtype=np.int32)
        ready = np.flatnonzero(combinational & (waiting == 0))
        depth, done = 0, 0
        while len(ready):
            depth += 1
            level[ready] = depth
            done += len(ready)
            reached = succ[join_ranges(start[ready], start[ready + 1])]
            cells, times = np.unique(reached, return_counts=True)
            waiting[cells] -= times
            ready = cells[waiting[cells] == 0]
        if done < int(combinational.sum()):
            raise InputError(f"netlist {self.name}: combinational loop through {self._loop(waiting > 0)}")
        return _frozen(level)

    def _loop(self, stuck: npt.NDArray[np.bool_]) -> str:
        """One cycle among the `stuck` cells, from its first cell on, as text."""
        cell = int(np.flatnonzero(stuck)[0])
        seen: dict[int, int] = {}
        path: list[int] = []
        while cell not in seen:
            seen[cell] = len(path)
            path.append(cell)
            drivers = self.driver[self.fanin_of(cell)]
            cell = next(int(d) for d in drivers if d >= 0 and stuck[d])
        cycle = path[seen[cell] :][::-1]
        first = cycle.index(min(cycle))
        cycle = cycle[first:] + cycle[:first]
        labels = [self.cell_names[c] or self.net_label(self.outputs_of(c)[0]) for c in (*cycle[:8], cycle[0])]
        return " -> ".join([*labels[:-1], *(["..."] if len(cycle) > 8 else []), labels[-1]])

    @cached_property
    def depth(self) -> int:
        """Largest number of combinational cells on a path."""
        return int(self.level.max(initial=0))

    @cached_property
    def groups(self) -> tuple[tuple[CellType, IntArray], ...]:
        """Combinational cells in evaluation order, as ``(type, cells)`` batches of one level and one type."""
        cells = np.flatnonzero(self.is_combinational_cell)
        key = self.level[cells].astype(np.int64) * max(len(self.types), 1) + self.cell_type[cells]
        order = np.argsort(key, kind="stable")
        cells, key = cells[order], key[order]
        cuts = np.flatnonzero(np.diff(key)) + 1
        return tuple((self.types[self.cell_type[part[0]]], _frozen(part)) for part in np.split(cells, cuts) if len(part))

    @cached_property
    def state_cells(self) -> IntArray:
        """int64: cells that hold state, in cell order."""
        flags = np.array([t.state is not None for t in self.types] or [False])
        return _frozen(np.flatnonzero(flags[self.cell_type]))

    @cached_property
    def net_by_name(self) -> Mapping[str, int]:
        """Net of each public name, aliases and bits of ports included."""
        out = {name: net for net, name in enumerate(self.net_names) if name is not None}
        out.update(self.aliases)
        for port in self.ports:
            out.update(zip(port.bit_names, port.nets, strict=True))
        return MappingProxyType(out)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole content, names included; equal netlists have equal digests."""
        types, kinds = self._types_in_order()
        ports = [(p.name, p.direction, list(map(int, p.nets)), p.left, p.right) for p in self.ports]
        aliases = sorted((name, int(net)) for name, net in self.aliases.items())
        h = hashlib.sha256(repr([self.name, ports, types, self.net_names, self.cell_names, aliases]).encode())
        h.update(kinds.astype("<i4").tobytes())
        h.update(self.fanin.astype("<i4").tobytes())
        return h.hexdigest()

    # --- access to single cells --------------------------------------------------------------------------------------

    def fanin_of(self, cell: int) -> IntArray:
        """Nets of a cell's input pins."""
        return self.fanin[self.fanin_start[cell] : self.fanin_start[cell + 1]]

    def outputs_of(self, cell: int) -> range:
        """Nets of a cell's output pins."""
        return range(int(self.output_start[cell]), int(self.output_start[cell + 1]))

    def type_of(self, cell: int) -> CellType:
        """Type of a cell."""
        return self.types[self.cell_type[cell]]

    def net_label(self, net: int) -> str:
        """The public name of a net, or ``_n<number>_``; ``1'b0`` and ``1'b1`` for the constants."""
        return f"1'b{net}" if net < FIRST_INPUT_NET else self.net_names[net] or f"_n{net}_"

    def cell_label(self, cell: int) -> str:
        """The public name of a cell, or ``_c<number>_``."""
        return self.cell_names[cell] or f"_c{cell}_"

    def count_by_type(self) -> dict[str, int]:
        """How many cells of each type, by name, most frequent first."""
        counts = np.bincount(self.cell_type, minlength=len(self.types))
        pairs = [(t.name, int(n)) for t, n in zip(self.types, counts, strict=True) if n]
        return dict(sorted(pairs, key=lambda p: (-p[1], p[0])))

    # --- comparison and text -----------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Netlist):
            return NotImplemented
        return (
            (self.name, self.ports, self.net_names, self.cell_names)
            == (other.name, other.ports, other.net_names, other.cell_names)
            and dict(self.aliases) == dict(other.aliases)
            and np.array_equal(self.fanin, other.fanin)
            and self._same_types(other)
        )

    def _same_types(self, other: Netlist) -> bool:
        types, kinds = self._types_in_order()
        other_types, other_kinds = other._types_in_order()
        return types == other_types and np.array_equal(kinds, other_kinds)

    def __hash__(self) -> int:
        return hash((self.name, self.n_cells, len(self.fanin)))

    def _types_in_order(self) -> tuple[list[CellType], IntArray]:
        """Types by first use and the cells' indices into them: independent of the order of `types`."""
        used, first, inverse = np.unique(self.cell_type, return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(first))
        return [self.types[used[i]] for i in np.argsort(first)], rank[inverse]

    def text(self, limit: int | None = None) -> str:
        """One line per port and per cell; at most `limit` cells."""
        lines = [f"netlist {self.name}"]
        lines += [f"  {p.direction} {p.declaration} = {' '.join(map(self.net_label, p.nets))}" for p in self.ports]
        shown = self.n_cells if limit is None else min(limit, self.n_cells)
        for c in range(shown):
            outs = ", ".join(map(self.net_label, self.outputs_of(c)))
            ins = ", ".join(self.net_label(int(n)) for n in self.fanin_of(c))
            name = f"  # {self.cell_names[c]}" if self.cell_names[c] else ""
            lines.append(f"  {outs} = {self.type_of(c).name}({ins}){name}")
        if shown < self.n_cells:
            lines.append(f"  ... {self.n_cells - shown} more cells")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.text(_REPR_CELLS)


def _frozen(array: IntArray) -> IntArray:
    array.flags.writeable = False
    return array


def join_ranges(start: IntArray, stop: IntArray) -> IntArray:
    """Concatenation of the integer ranges ``start[i]..stop[i]-1``: the gather index of CSR rows."""
    lengths = stop - start
    total = int(lengths.sum())
    if total == 0:
        return np.zeros(0, dtype=np.int64)
    return np.arange(total) + np.repeat(start - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)


def renumber(names: Iterable[str | None], mapping: IntArray, size: int) -> tuple[str | None, ...]:
    """`names` moved to ``mapping[i]`` (-1: dropped) in a tuple of `size`."""
    out: list[str | None] = [None] * size
    for name, to in zip(names, mapping.tolist(), strict=True):
        if to >= 0:
            out[to] = name
    return tuple(out)

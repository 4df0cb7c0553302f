"""Hierarchy to one flat circuit; names of inner wires and cells get the path of instances in front (``u1.n3``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.cells import CellType
from eda.ir.netlist import IntArray
from eda.verilog.body import N_CONSTANTS, Body, Instance, PortDeclaration
from eda.verilog.modules import Design

_DEEPEST = 200


@dataclass
class Flat:
    """A circuit without hierarchy, over wires that are not yet checked for their drivers.

    Lists of arrays are to be concatenated. depth is the number of instances around each wire; edges are rows
    (target, source, offset in the text); places are offsets in the text of each cell.
    """

    body: Body
    wire_names: list[str | None] = field(default_factory=lambda: [None] * N_CONSTANTS)
    depth: list[int] = field(default_factory=lambda: [0] * N_CONSTANTS)
    types: dict[CellType, int] = field(default_factory=dict)
    cell_names: list[str | None] = field(default_factory=list)
    cell_type: list[IntArray] = field(default_factory=list)
    fanin: list[IntArray] = field(default_factory=list)
    outs: list[IntArray] = field(default_factory=list)
    places: list[IntArray] = field(default_factory=list)
    edges: list[IntArray] = field(default_factory=list)


@dataclass(frozen=True)
class _Arrays:
    """The lists of a body as arrays; starts are offsets of each cell in `fanin` and `outs`, with the end."""

    types: tuple[CellType, ...]
    cell_type: IntArray
    fanin: IntArray
    fanin_start: IntArray
    outs: IntArray
    out_start: IntArray
    places: IntArray
    edges: IntArray


def find_top(design: Design, top: str | None) -> Body:
    """The module named `top`, or the only one that no other instantiates."""
    modules, source = design.modules, design.source
    if top is not None:
        if top not in modules:
            listed = f"; the file has {_listed(sorted(modules))}"
            raise InputError(f"there is no module {top!r}{suggest(top, modules)}{listed}", file=source.file)
        return modules[top]
    used = {i.module for body in modules.values() for i in body.instances}
    roots = [name for name in modules if name not in used]
    if len(roots) == 1:
        return modules[roots[0]]
    found = f"found {len(roots)}: {_listed(sorted(roots))}" if roots else "every module is instantiated"
    if not modules:
        found = "every module of the file is a library cell"
    raise InputError(f"expected one module that no other instantiates, {found}; name the top module", file=source.file)


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def flatten(design: Design, top: Body, types: Mapping[str, CellType]) -> Flat:
    """Copy `top` and everything below it into one circuit."""
    flat = Flat(top)
    _Elaborator(design, types, flat).inline(top, "", [])
    return flat


class _Elaborator:
    def __init__(self, design: Design, types: Mapping[str, CellType], flat: Flat) -> None:
        self.design, self.types, self.flat = design, types, flat
        self.arrays: dict[str, _Arrays] = {}

    def inline(self, body: Body, prefix: str, path: list[str]) -> int:
        """Append a copy of `body`; returns what to add to its wires (above the constants) to get those of the copy."""
        flat, arrays = self.flat, self._arrays(body)
        shift = len(flat.wire_names) - N_CONSTANTS
        own = body.wire_names[N_CONSTANTS:]
        flat.wire_names += [prefix + name if name else None for name in own] if prefix else own
        flat.depth += [len(path)] * len(own)
        if len(arrays.edges):
            flat.edges.append(np.column_stack((_moved(arrays.edges[:, :2], shift), arrays.edges[:, 2])))
        done = 0
        for instance in body.instances:
            self._cells(body, arrays, done, instance.before, shift, prefix)
            self._instance(body, instance, shift, prefix, [*path, body.name])
            done = instance.before
        self._cells(body, arrays, done, len(arrays.cell_type), shift, prefix)
        return shift

    def _arrays(self, body: Body) -> _Arrays:
        if body.name not in self.arrays:
            self.arrays[body.name] = _as_arrays(body)
        return self.arrays[body.name]

    def _cells(self, body: Body, a: _Arrays, start: int, stop: int, shift: int, prefix: str) -> None:
        if start == stop:
            return
        flat = self.flat
        index = np.array([flat.types.setdefault(t, len(flat.types)) for t in a.types], dtype=np.int32)
        flat.cell_type.append(index[a.cell_type[start:stop]])
        flat.fanin.append(_moved(a.fanin[a.fanin_start[start] : a.fanin_start[stop]], shift))
        flat.outs.append(_moved(a.outs[a.out_start[start] : a.out_start[stop]], shift))
        flat.places.append(a.places[start:stop])
        names = body.cell_names[start:stop]
        flat.cell_names += [prefix + name if name else None for name in names] if prefix else names

    def _instance(self, body: Body, instance: Instance, shift: int, prefix: str, path: list[str]) -> None:
        source = body.source
        child = self.design.modules.get(instance.module)
        if child is None:
            hint = suggest(instance.module, [*self.types, *self.design.modules])
            what = f"expected a module of this file, a library cell or a gate, found {instance.module!r}{hint}"
            raise source.error(instance.at, what)
        if child.name in path:
            cycle = " -> ".join([*path[path.index(child.name) :], child.name])
            raise source.error(instance.at, f"module {child.name!r} instantiates itself: {cycle}")
        if len(path) == _DEEPEST:
            raise source.unsupported(instance.at, f"a hierarchy more than {_DEEPEST} deep")
        pins = _matched(body, instance, tuple(p.name for p in child.ports.values()))
        ports = {p.name: p for p in child.ports.values()}
        inner = self.inline(child, f"{prefix}{instance.name}.", path)
        for name, wires in pins.items():
            self._connect(body, instance, ports[name], wires, shift, inner)

    def _connect(
        self, body: Body, instance: Instance, port: PortDeclaration, wires: Sequence[int], shift: int, inner: int
    ) -> None:
        if len(wires) != len(port.wires):
            found = f"{len(wires)} are connected"
            raise body.source.error(
                instance.at, f"port {port.name} of {instance.module} {instance.name} has {len(port.wires)} bits, {found}"
            )
        outside, inside = _moved(np.array(wires), shift), _moved(np.array(port.wires), inner)
        pair = (inside, outside) if port.direction == "input" else (outside, inside)
        self.flat.edges.append(np.column_stack((*pair, np.full(len(wires), instance.at))))


def _matched(body: Body, instance: Instance, order: Sequence[str]) -> dict[str, Sequence[int]]:
    """Connected wires by port name."""
    what = f"{instance.module} {instance.name}"
    if instance.pins and instance.pins[0][0] is None:
        if len(instance.pins) > len(order):
            raise body.source.error(instance.at, f"{what} connects {len(instance.pins)} ports, the module has {len(order)}")
        return {name: wires for name, (_, wires) in zip(order, instance.pins, strict=False) if wires is not None}
    found: dict[str, Sequence[int]] = {}
    seen: set[str] = set()
    for name, wires in instance.pins:
        assert name is not None
        if name not in order:
            hint = f"{suggest(name, order)}; it has {_listed(order)}"
            raise body.source.error(instance.at, f"{what} has no port {name!r}{hint}")
        if name in seen:
            raise body.source.error(instance.at, f"port {name} of {what} is connected twice")
        seen.add(name)
        if wires is not None:
            found[name] = wires
    return found


def _as_arrays(body: Body) -> _Arrays:
    types = tuple(body.types)
    cell_type = np.array(body.cell_type, dtype=np.int32)
    return _Arrays(
        types=types,
        cell_type=cell_type,
        fanin=np.array(body.fanin, dtype=np.int64),
        fanin_start=starts(cell_type, [len(t.inputs) for t in types]),
        outs=np.array(body.outs, dtype=np.int64),
        out_start=starts(cell_type, [len(t.outputs) for t in types]),
        places=np.array(body.cell_at, dtype=np.int64),
        edges=np.array(body.edges, dtype=np.int64).reshape(-1, 3),
    )


def starts(cell_type: IntArray, pins: Sequence[int]) -> IntArray:
    """Where the pins of each cell begin, and the end: the running sum of ``pins[cell_type]``."""
    out = np.zeros(len(cell_type) + 1, dtype=np.int64)
    np.cumsum(np.array(pins or [0])[cell_type], out=out[1:])
    return out


def _moved(wires: IntArray, shift: int) -> IntArray:
    return np.where(wires < N_CONSTANTS, wires, wires + shift)

"""Netlists in look-up tables: combinational logic mapped by ABC, everything else as it was.

A table is named after its function and the names of what it reads, so after a change of the design every table that the change
does not feed keeps its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from graphlib import TopologicalSorter
from hashlib import blake2b

import numpy as np

from eda.errors import UsageError
from eda.ir import logic
from eda.ir.aiger import write_aiger
from eda.ir.cells import CellType
from eda.ir.convert import to_aig
from eda.ir.logic import Expr
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, Port
from eda.proof.extract import extract
from eda.tech import tools

MOST_INPUTS = 6
_SCRIPT = "read_aiger core.aig; strash; dch; if -K {inputs}; write_blif core.blif"
_GATE = re.compile(r"^\.names (.*)\n((?:[01-]* ?[01]\n)*)", re.MULTILINE)
_OUTPUT = re.compile(r"^\.outputs (.*)$", re.MULTILINE)
_INPUT = re.compile(r"^\.inputs (.*)$", re.MULTILINE)


def is_table(kind: CellType) -> bool:
    """Is this a type that `map_to_luts` makes?"""
    return kind.name.startswith("LUT") and kind.state is None and kind.outputs == ("O",)


def map_to_luts(netlist: Netlist, inputs: int = MOST_INPUTS, *, time_limit: float = 600.0) -> Netlist:
    """The netlist with tables of at most `inputs` inputs (2 to 6) for its combinational cells.

    Registers and black boxes, their names and those of the nets between them stay. Raises `ToolNotFound` without ABC,
    `ToolTimeout` after `time_limit` seconds, `InputError` for a combinational loop.
    """
    if not 2 <= inputs <= MOST_INPUTS:
        raise UsageError(f"look-up tables have 2 to {MOST_INPUTS} inputs, not {inputs}")
    kept = np.flatnonzero(~netlist.is_combinational_cell).tolist()
    sources = [*range(FIRST_INPUT_NET, netlist.first_cell_net), *(n for c in kept for n in netlist.outputs_of(c))]
    roots = [*netlist.output_nets.tolist(), *(int(n) for c in kept for n in netlist.fanin_of(c))]
    text = _mapped(netlist, roots, sources, inputs, time_limit) if roots else ".inputs \n.outputs \n"
    return _Assembly(netlist, kept, sources, roots, text).netlist()


def _mapped(netlist: Netlist, roots: list[int], sources: list[int], inputs: int, time_limit: float) -> str:
    """The logic between them as BLIF."""
    with tools.scratch() as folder:
        write_aiger(to_aig(extract(netlist, roots, sources)), folder / "core.aig")
        tools.run(tools.ABC, ["-q", _SCRIPT.format(inputs=inputs)], cwd=folder, timeout=time_limit, expect=["core.blif"])
        return (folder / "core.blif").read_text().replace("\\\n", "")


class _Assembly:
    """A netlist put together from BLIF and the cells that stay."""

    def __init__(self, old: Netlist, kept: list[int], sources: list[int], roots: list[int], text: str) -> None:
        self.old, self.kept, self.roots = old, kept, roots
        self.names: list[str | None] = [None, None, *(old.net_names[n] for n in range(FIRST_INPUT_NET, old.first_cell_net))]
        self.types: dict[CellType, int] = {}
        self.cell_type: list[int] = []
        self.cell_names: list[str | None] = []
        self.fanin: list[Sequence[int]] = []
        self.taken = {name for name in (*old.net_by_name, *old.cell_names) if name is not None}
        self.label = {net: name for name, net in old.net_by_name.items()}
        self.tables: dict[tuple[CellType, tuple[int, ...]], int] = {}
        gates = {output: (pins, cover) for pins, output, cover in _gates(text)}
        self.net = self._sources(text, sources)
        for output in TopologicalSorter({name: pins for name, (pins, _) in gates.items()}).static_order():
            if output in gates:
                self.net[output] = self._gate(*gates[output])
        self.outputs = [self.net[name] for name in _words(_OUTPUT, text)]

    def _sources(self, text: str, sources: list[int]) -> dict[str, int]:
        """What stands for each input of the BLIF until the tables are counted: input ports themselves, others -1, -2, ..."""
        first = self.old.first_cell_net
        new = [n if n < first else -(1 + k) for k, n in enumerate(sources)]
        self.source_names = {n: self.label.get(o) or self.old.net_label(o) for n, o in zip(new, sources, strict=True)}
        return dict(zip(_words(_INPUT, text), new, strict=True)) if self.roots else {}

    def _gate(self, names: list[str], cover: list[str]) -> int:
        """The net of a gate; constants and wires need no table, equal tables are one."""
        pins = tuple(self.net[name] for name in names)
        if not pins:
            return int([row.strip() for row in cover] == ["1"])
        if len(pins) == 1 and cover == ["1 1"]:
            return pins[0]
        kind = _type(len(pins), cover)
        if (kind, pins) not in self.tables:
            name = self._name(kind, pins)
            self.tables[kind, pins] = len(self.names)
            self.names.append(name)
            self._cell(kind, pins, name)
        return self.tables[kind, pins]

    def _name(self, kind: CellType, pins: tuple[int, ...]) -> str:
        read = [self.source_names.get(p) or self.names[p] or str(p) for p in pins]
        stem = f"lut_{blake2b(' '.join([kind.name, *read]).encode(), digest_size=5).hexdigest()}"
        name, k = stem, 1
        while name in self.taken:
            name, k = f"{stem}_{k}", k + 1
        self.taken.add(name)
        return name

    def _cell(self, kind: CellType, pins: Sequence[int], name: str | None) -> None:
        self.cell_type.append(self.types.setdefault(kind, len(self.types)))
        self.cell_names.append(name)
        self.fanin.append(pins)

    def netlist(self) -> Netlist:
        old = self.old
        at = len(old.output_nets)
        first_kept = len(self.names)
        for c in self.kept:
            count = len(old.fanin_of(c))
            self._cell(old.type_of(c), self.outputs[at : at + count], old.cell_names[c])
            self.names += [old.net_names[n] for n in old.outputs_of(c)]
            at += count
        first_source = old.first_cell_net - FIRST_INPUT_NET

        def settled(net: int) -> int:
            return net if net >= 0 else first_kept - 1 - net - first_source

        return Netlist(
            name=old.name,
            ports=tuple(self._ports(settled)),
            types=tuple(self.types),
            cell_type=np.array(self.cell_type, dtype=np.int32),
            fanin_start=np.cumsum([0, *map(len, self.fanin)]),
            fanin=np.array([settled(n) for pins in self.fanin for n in pins], dtype=np.int32),
            net_names=tuple(self.names),
            cell_names=tuple(self.cell_names),
        )

    def _ports(self, settled: Callable[[int], int]) -> Iterator[Port]:
        at = 0
        for port in self.old.ports:
            if port.direction == "input":
                yield port
            else:
                nets = tuple(map(settled, self.outputs[at : at + port.width]))
                yield Port(port.name, port.direction, nets, port.left, port.right)
                at += port.width


def _words(pattern: re.Pattern[str], text: str) -> list[str]:
    found = pattern.search(text)
    return found[1].split() if found else []


def _gates(text: str) -> Iterator[tuple[list[str], str, list[str]]]:
    """Pins, output and cover of each gate, in the order of the file."""
    for names, cover in _GATE.findall(text):
        *pins, output = names.split()
        yield pins, output, cover.splitlines()


def _type(n: int, cover: list[str]) -> CellType:
    """The table type of a cover: ``LUT<inputs>_<truth table in hex>``, input I0 toggling fastest."""
    inputs = tuple(f"I{i}" for i in range(n))
    offset = bool(cover) and cover[0].endswith(" 0")
    function = _sum_of_products([row.split()[0] for row in cover], inputs)
    table = logic.truth_table(logic.lnot(function) if offset else function, inputs)
    return CellType(
        f"LUT{n}_{table:0{max(1, (1 << n) // 4)}X}", inputs, ("O",), (logic.lnot(function) if offset else function,)
    )


def _sum_of_products(rows: list[str], inputs: tuple[str, ...]) -> Expr:
    terms = []
    for row in rows:
        literals = [
            logic.var(i) if bit == "1" else logic.lnot(logic.var(i)) for i, bit in zip(inputs, row, strict=True) if bit != "-"
        ]
        terms.append(logic.land(*literals) if literals else ("const", 1))
    return logic.lor(*terms) if terms else ("const", 0)

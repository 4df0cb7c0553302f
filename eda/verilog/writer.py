"""A `Netlist` as structural Verilog that other tools read: no `signed`, one bit per assignment, the same text each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from eda.errors import UsageError
from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.files import write_atomic
from eda.ir.netlist import IntArray, Netlist, Port
from eda.verilog import generic
from eda.verilog.lexer import KEYWORDS, is_simple
from eda.verilog.names import Names, bit_text, spell

_SYMBOL = {"and": "&", "or": "|", "xor": "^", "nand": "&", "nor": "|", "xnor": "^"}
_INVERTED = ("nand", "nor", "xnor")
_NAMES_PER_LINE = 10


def write_verilog(netlist: Netlist, path: str | Path, *, names: str = "escaped", comment: str = "") -> dict[str, str]:
    """Write `netlist` to a file; returns the names that had to change: written name -> name in the netlist.

    `names` is "escaped" or "plain" (see `eda.verilog.names.spell`); the lines of `comment` stand at the top.
    """
    spelled = spell(netlist, names)
    write_atomic(path, _text(netlist, spelled, comment))
    return spelled.renamed


def to_verilog(netlist: Netlist, *, names: str = "escaped", comment: str = "") -> str:
    """The text that `write_verilog` writes. Reading it with the same library gives an equal netlist.

    Unnamed gates become assignments (``assign y = a & b;``), named ones and those of more than two inputs Verilog's
    gates; generic adders, multiplexers and registers instances of small modules that the same text defines. Raises
    `UsageError` for a generic cell that has no such form.
    """
    return _text(netlist, spell(netlist, names), comment)


def _text(netlist: Netlist, names: Names, comment: str) -> str:
    unused = _open_outputs(netlist, names)
    lines = [f"// {netlist.name}".rstrip() if netlist.name.isprintable() else "// netlist"]
    lines += [f"// {line}".rstrip() for line in comment.splitlines()]
    lines.append(f"module {names.module}({', '.join(names.ports)});")
    lines += [f"  {p.direction} {_range(p)}{text};" for p, text in zip(netlist.ports, names.ports, strict=True)]
    lines += [f"  wire [{left}:{right}] {text};" for text, left, right in names.vectors]
    lines += _scalars([*names.scalars, *_automatic(names, unused)])
    lines += _cells(netlist, names, unused)
    lines += _assignments(netlist, names)
    lines += ["endmodule", *_helpers(netlist)]
    return "\n".join(lines) + "\n"


def _range(port: Port) -> str:
    return "" if port.left is None else f"[{port.left}:{port.right}] "


def _scalars(texts: Sequence[str]) -> Iterator[str]:
    for k in range(0, len(texts), _NAMES_PER_LINE):
        yield f"  wire {', '.join(texts[k : k + _NAMES_PER_LINE])};"


def _automatic(names: Names, unused: np.ndarray) -> list[str]:
    """Nets without a public name that are to be declared."""
    left_out = unused.tolist()
    return [names.nets[net] for net in names.automatic if not left_out[net]]


def _open_outputs(netlist: Netlist, names: Names) -> np.ndarray:
    """bool [N]: nameless and unread outputs of cells with more than one: such a pin is left out."""
    unused = np.zeros(netlist.n_nets, dtype=bool)
    unused[names.automatic] = netlist.fanout[names.automatic] == 0
    unused[list(netlist.aliases.values())] = False
    several = np.array([len(t.outputs) > 1 for t in netlist.types] or [False])
    unused[netlist.first_cell_net :] &= several[netlist.cell_type][netlist.driver[netlist.first_cell_net :]]
    return unused


def _assignments(netlist: Netlist, names: Names) -> Iterator[str]:
    for port, text in zip(netlist.ports, names.ports, strict=True):
        if port.direction == "output":
            for bit, net in zip(port.bit_names, port.nets, strict=True):
                own = bit_text(text, bit, scalar=port.left is None)
                if own != names.nets[net]:
                    yield f"  assign {own} = {names.nets[net]};"
    for text, net in names.aliases:
        yield f"  assign {text} = {names.nets[net]};"


def _helpers(netlist: Netlist) -> Iterator[str]:
    """The modules of generic cells, in the order of first use (the order of `types` must not show)."""
    known = generic.modules()
    used, first = np.unique(netlist.cell_type, return_index=True)
    for kind in dict.fromkeys(netlist.types[t] for t in used[np.argsort(first)].tolist()):
        if kind in known and (kind != cells.MUX or _any_named(netlist, kind)):
            yield "\n" + known[kind][1].rstrip("\n")


def _any_named(netlist: Netlist, kind: CellType) -> bool:
    of_kind = np.flatnonzero(netlist.cell_type == netlist.types.index(kind))
    return any(netlist.cell_names[c] is not None for c in of_kind.tolist())


# --- cells --------------------------------------------------------------------------------------------------------------


def _cells(netlist: Netlist, names: Names, unused: np.ndarray) -> list[str]:
    """One line per cell, made per group of cells that are written alike."""
    lines = np.empty(netlist.n_cells, dtype=object)
    text = np.array(names.nets, dtype=object)
    cell_text, named = np.array(names.cells, dtype=object), np.array(names.named, dtype=bool)
    for kind, with_name, left_open, group in _groups(netlist, named, unused):
        template, columns = _statement(kind, with_name, left_open)
        nets = [netlist.fanin[netlist.fanin_start[group] + k] for k in range(len(kind.inputs))]
        nets += [netlist.output_start[group] + k for k in range(len(kind.outputs))]
        fields = [cell_text[group].tolist(), *(text[n].tolist() for n in nets)]
        lines[group] = list(map(template.__mod__, zip(*(fields[k] for k in columns), strict=True)))
    return lines.tolist()


def _groups(
    netlist: Netlist, named: np.ndarray, unused: np.ndarray
) -> Iterator[tuple[CellType, bool, tuple[bool, ...], IntArray]]:
    """Cells of one type, one sort of name and one set of open outputs."""
    order = np.argsort(netlist.cell_type, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(netlist.cell_type[order])) + 1):
        if not len(group):
            continue
        kind = netlist.type_of(int(group[0]))
        flags = np.column_stack((named[group], *(unused[netlist.output_start[group] + k] for k in range(len(kind.outputs)))))
        key = flags @ (1 << np.arange(flags.shape[1]))
        for value in np.unique(key).tolist():
            alike = group[key == value]
            with_name, *left_open = flags[key == value][0].tolist()
            yield kind, with_name, tuple(left_open), alike


def _statement(kind: CellType, named: bool, left_open: tuple[bool, ...]) -> tuple[str, list[int]]:
    """Template of a cell and what fills it: 0 is the cell's name, then come its inputs, then its outputs."""
    n = len(kind.inputs)
    ins, out = list(range(1, n + 1)), n + 1
    if kind == cells.MUX and not named:
        return "  assign %s = %s ? %s : %s;", [out, 3, 2, 1]
    if kind in generic.modules():
        return _instance(generic.modules()[kind][0], kind, left_open)
    if not kind.is_generic:
        return _instance(kind.name, kind, left_open)
    op = _operator(kind)
    if not named and kind == cells.NOT:
        return "  assign %s = ~%s;", [out, 1]
    if not named and op in _SYMBOL and n == 2:
        inner = f"%s {_SYMBOL[op]} %s"
        return f"  assign %s = {f'~({inner})' if op in _INVERTED else inner};", [out, *ins]
    terminals = ", ".join(["%s"] * (n + 1))
    return (f"  {op} %s ({terminals});", [0, out, *ins]) if named else (f"  {op} ({terminals});", [out, *ins])


def _operator(kind: CellType) -> str:
    """The Verilog gate that a generic cell is."""
    if kind in (cells.BUF, cells.NOT):
        return kind.name[1:]
    op = kind.name[1:].rstrip("0123456789")
    if op in _SYMBOL and kind == cells.gate(op, len(kind.inputs)):
        return op
    raise UsageError(f"the generic cell {kind.name} has no form in Verilog")


def _instance(module: str, kind: CellType, left_open: tuple[bool, ...]) -> tuple[str, list[int]]:
    pins = [*kind.inputs, *kind.outputs]
    shown = [k for k in range(len(pins)) if k < len(kind.inputs) or not left_open[k - len(kind.inputs)]]
    connections = ", ".join(f".{_escaped(pins[k])}(%s)" for k in shown)
    return f"  {_escaped(module)} %s ({connections});", [0, *(k + 1 for k in shown)]


def _escaped(name: str) -> str:
    """A name of a library, which stays as it is, inside a template."""
    text = name if is_simple(name) and name not in KEYWORDS else f"\\{name} "
    return text.replace("%", "%%")

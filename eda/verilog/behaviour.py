"""Behavioural arithmetic to a `Dataflow`, parsed by pyverilog: one operation per operator, edges for values.

What is understood: one module with parameters; `assign`; ``always @*`` with blocking and clocked ``always`` with
non-blocking assignments to whole variables; `if`; expressions of arithmetic, shifts, comparisons and bitwise operators,
constant selects, concatenations and ``?:``. A register delays by one iteration: whoever reads it reads what was computed
one clock cycle before. Everything else is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eda.errors import InputError, suggest
from eda.ir.dataflow import Dataflow
from eda.ir.files import read_text
from eda.tech.tools import scratch
from eda.verilog.lexer import Source
from eda.verilog.operations import Operations, Ref, kind_of, place

Node = Any

_DIRECTIVE = re.compile(r"^\s*`(?!timescale\b|default_nettype\b)(\w+)", re.MULTILINE)
_LINE = re.compile(r"line:(\d+)")
_PLAIN_STATEMENTS = ("Block", "IfStatement", "BlockingSubstitution", "NonblockingSubstitution")
_REFUSED = {
    "InstanceList": "an instance",
    "GenerateStatement": "a generate block",
    "Initial": "an initial block",
    "Function": "a function",
    "Task": "a task",
    "ForStatement": "a for loop",
    "WhileStatement": "a while loop",
    "CaseStatement": "a case statement",
    "CasexStatement": "a casex statement",
    "CasezStatement": "a casez statement",
    "Inout": "an inout port",
    "Genvar": "a genvar",
    "Real": "a real variable",
    "Supply": "a supply net",
    "Tri": "a tri net",
}


def read_dataflow(path: str | Path, top: str | None = None) -> Dataflow:
    """Read the data flow of the module `top` (may be left out if there is one module) of a plain or gzipped file.

    Kinds of operations: ``input``, ``output`` (one per port bit vector, clocks and resets that only time registers left
    out), ``const``; ``add sub mul div mod neg``, ``shl shr ashr``, ``and or xor xnor not``, ``redand redor redxor`` and
    inverted, ``land lor lnot``, ``eq ne lt le gt ge``, ``mux`` (operands: select, one, zero), and the wiring ``slice``,
    ``concat``, ``repeat``. Inputs, outputs, constants and wiring have latency 0 and need no unit; all others have latency
    1 and hold one unit of the resource called like their kind, of which there is no limit. Widths follow Verilog's rules
    for contexts, except that an unsized constant has the bits it needs. Signedness is not recorded.

    Raises `InputError` or `UnsupportedError` naming file, line, and what was expected or is not supported.
    """
    source = Source(read_text(path), path)
    module = _module(_parse(source), source, top)
    return _Extractor(source, module).dataflow()


@cache
def _parser() -> Any:
    """pyverilog's parser, which takes a while to make its tables and writes them into a folder."""
    from pyverilog.vparser.parser import VerilogParser

    with scratch() as folder:
        return VerilogParser(outputdir=str(folder), debug=False)


def _parse(source: Source) -> Node:
    from pyverilog.vparser.parser import ParseError

    if m := _DIRECTIVE.search(source.text):
        raise source.unsupported(m.start(1), f"the directive `{m[1]} (run a preprocessor first)")
    parser = _parser()
    parser.lexer.reset_lineno()
    try:
        return parser.parse(source.text)
    except ParseError as e:
        m = _LINE.search(str(e))
        what = str(e).partition(": ")[2] or str(e)
        line = int(m[1]) if m else source.line(len(source.text))
        message = f"expected Verilog that pyverilog can parse, found an error {what}"
        raise InputError(message, file=source.file, line=line) from e


def _module(tree: Node, source: Source, top: str | None) -> Node:
    modules = {d.name: d for d in tree.description.definitions if kind_of(d) == "ModuleDef"}
    if top is None and len(modules) != 1:
        raise InputError(f"expected one module, found {len(modules)}; name the top module", file=source.file)
    if top is not None and top not in modules:
        raise InputError(f"there is no module {top!r}{suggest(top, modules)}", file=source.file)
    return modules[top] if top is not None else next(iter(modules.values()))


@dataclass
class _Block:
    """An `always` block that drives some variables: `values` are theirs at its end, once it has been followed."""

    statement: Node
    clocked: bool
    values: dict[str, Ref] | None = None
    active: bool = False


class _Extractor:
    """Declarations and drivers of a module, and the values of its variables, which are followed on demand."""

    def __init__(self, source: Source, module: Node) -> None:
        self.source, self.module = source, module
        self.directions: dict[str, str] = {}
        self.drivers: dict[str, Node | _Block] = {}
        self.values: dict[str, Ref] = {}
        self.active: list[str] = []
        self.operations = Operations(source, self.read)
        self._declare()

    def dataflow(self) -> Dataflow:
        outputs = [name for name, direction in self.directions.items() if direction == "output"]
        inputs = [name for name, direction in self.directions.items() if direction == "input"]
        ends = {name: self.read(name, self.module) for name in outputs}
        registers = {name: self._next(name) for name in self._registers()}
        read = self.operations.used_inputs()
        for name in inputs:
            if name not in read and not self._times_registers(name):
                self.operations.input(name)
        for name, ref in ends.items():
            self.operations.output(name, ref)
        return self.operations.dataflow(self.module.name, registers)

    # --- declarations ------------------------------------------------------------------------------------------------

    def _declare(self) -> None:
        for item in self._items():
            name = kind_of(item)
            if name in ("Parameter", "Localparam"):
                self.operations.constants[item.name] = self.operations.constant(item.value.var)
            elif name in ("Input", "Output", "Wire", "Reg", "Integer"):
                self._variable(item, name)
            elif name == "Assign":
                self._drive(self._target(item.left), item)
            elif name == "Always":
                self._always(item)
            else:
                raise self._refused(item)

    def _items(self) -> Iterator[Node]:
        """Everything in the module, ports and declarations one by one."""
        yield from (p for decl in (self.module.paramlist.params if self.module.paramlist else ()) for p in decl.list)
        for port in self.module.portlist.ports if self.module.portlist else ():
            if kind_of(port) == "Ioport":
                yield from (part for part in (port.first, port.second) if part is not None)
        for item in self.module.items:
            yield from item.list if kind_of(item) == "Decl" else (item,)

    def _variable(self, item: Node, kind: str) -> None:
        if getattr(item, "dimensions", None) is not None:
            raise self.source.unsupported(place(self.source, item), f"the memory {item.name}")
        if kind in ("Input", "Output"):
            self.directions[item.name] = kind.lower()
        width = 32 if kind == "Integer" else self.operations.declared_width(item.width)
        self.operations.widths[item.name] = max(width, self.operations.widths.get(item.name, 1))
        if getattr(item, "width", None) is not None:
            self.operations.lowest[item.name] = self.operations.lowest_bit(item.width)

    def _target(self, lvalue: Node) -> str:
        if kind_of(lvalue.var) != "Identifier":
            raise self.source.unsupported(place(self.source, lvalue), "an assignment to a part of a variable")
        return str(lvalue.var.name)

    def _drive(self, name: str, driver: Node | _Block) -> None:
        node = driver.statement if isinstance(driver, _Block) else driver
        if name in self.drivers or self.directions.get(name) == "input":
            raise self.source.error(place(self.source, node), f"expected one driver of {name}, found another")
        if name not in self.operations.widths:
            hint = suggest(name, self.operations.widths)
            raise self.source.error(place(self.source, node), f"expected a declared variable, found {name!r}{hint}")
        self.drivers[name] = driver

    def _always(self, item: Node) -> None:
        if item.sens_list is None:
            raise self.source.unsupported(place(self.source, item), "an always block without a sensitivity list")
        clocked = any(sens.type in ("posedge", "negedge") for sens in item.sens_list.list)
        block = _Block(item.statement, clocked)
        for name in dict.fromkeys(self._assigned(item.statement, clocked)):
            self._drive(name, block)

    def _assigned(self, statement: Node, clocked: bool) -> Iterator[str]:
        """Variables that a statement assigns; refuses statements that are not understood."""
        name = kind_of(statement)
        if name not in _PLAIN_STATEMENTS:
            raise self._refused(statement)
        if name == "Block":
            for inner in statement.statements:
                yield from self._assigned(inner, clocked)
        elif name == "IfStatement":
            for inner in (statement.true_statement, statement.false_statement):
                if inner is not None:
                    yield from self._assigned(inner, clocked)
        elif (name == "NonblockingSubstitution") != clocked:
            what = "a blocking assignment in a clocked block" if clocked else "a non-blocking assignment without a clock"
            raise self.source.unsupported(place(self.source, statement), what)
        else:
            yield self._target(statement.left)

    def _refused(self, item: Node) -> InputError:
        name = kind_of(item)
        what = _REFUSED.get(name, f"the construct {name}")
        return self.source.unsupported(place(self.source, item), f"{what} in behavioural arithmetic")

    # --- values ------------------------------------------------------------------------------------------------------

    def read(self, name: str, node: Node) -> Ref:
        """The value of a variable where `node` reads it."""
        if name in self.values:
            return self.values[name]
        if self.directions.get(name) == "input":
            self.values[name] = self.operations.input(name)
            return self.values[name]
        at, driver = place(self.source, node), self.drivers.get(name)
        if name not in self.operations.widths:
            raise self.source.error(at, f"{name!r} is not declared{suggest(name, self.operations.widths)}")
        if driver is None:
            raise self.source.error(at, f"expected a driver of {name}, which is used here, found none")
        if isinstance(driver, _Block) and driver.clocked:
            return Ref(name)
        if name in self.active:
            loop = " -> ".join([*self.active[self.active.index(name) :], name])
            raise self.source.error(at, f"combinational loop through {loop}")
        self.active.append(name)
        self.values[name] = self._follow(driver)[name] if isinstance(driver, _Block) else self._assign(driver)
        self.active.pop()
        return self.values[name]

    def _assign(self, item: Node) -> Ref:
        return self.operations.assigned(item.right.var, self.operations.widths[self._target(item.left)], {})

    def _registers(self) -> list[str]:
        return [name for name, driver in self.drivers.items() if isinstance(driver, _Block) and driver.clocked]

    def _next(self, name: str) -> Ref:
        block = self.drivers[name]
        assert isinstance(block, _Block)
        return self._follow(block)[name]

    def _times_registers(self, name: str) -> bool:
        """True if the input stands in the sensitivity list of a clocked block."""
        lists = [i.sens_list.list for i in self.module.items if kind_of(i) == "Always"]
        return any(s.type in ("posedge", "negedge") and getattr(s.sig, "name", None) == name for sens in lists for s in sens)

    def _follow(self, block: _Block) -> Mapping[str, Ref]:
        """Values of the block's variables at its end."""
        if block.values is None:
            names = list(dict.fromkeys(self._assigned(block.statement, block.clocked)))
            before: dict[str, Ref | None] = {n: Ref(n) if block.clocked else None for n in names}
            after = self._run(block.statement, before, block.clocked)
            open_names = [n for n in names if after[n] is None]
            if open_names:
                at = place(self.source, block.statement)
                raise self.source.unsupported(at, f"the latch {open_names[0]}, assigned under some conditions only,")
            block.values = {n: ref for n, ref in after.items() if ref is not None}
        return block.values

    def _run(self, statement: Node, values: dict[str, Ref | None], clocked: bool) -> dict[str, Ref | None]:
        """`values` after a statement; None stands for a variable not assigned yet."""
        name = kind_of(statement)
        if name == "Block":
            for inner in statement.statements:
                values = self._run(inner, values, clocked)
            return values
        if name == "IfStatement":
            return self._branch(statement, values, clocked)
        target = self._target(statement.left)
        seen = {} if clocked else values
        ref = self.operations.assigned(statement.right.var, self.operations.widths[target], seen)
        return {**values, target: ref}

    def _branch(self, statement: Node, values: dict[str, Ref | None], clocked: bool) -> dict[str, Ref | None]:
        test = self.operations.value(statement.cond, 1, {} if clocked else values)
        then = self._run(statement.true_statement, dict(values), clocked)
        other = dict(values)
        if statement.false_statement is not None:
            other = self._run(statement.false_statement, other, clocked)
        return {n: self._merge(n, test, then[n], other[n], statement) for n in values}

    def _merge(self, name: str, test: Ref, one: Ref | None, zero: Ref | None, statement: Node) -> Ref | None:
        if one == zero:
            return one
        if one is None or zero is None:
            return None
        return self.operations.add("mux", self.operations.widths[name], [test, one, zero])

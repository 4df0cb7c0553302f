"""Whether the cells that a kit's description names exist in its library and compute what the description says."""

from __future__ import annotations

from typing import NoReturn

from eda.errors import InputError, suggest
from eda.ir import logic
from eda.ir.cells import CellType
from eda.ir.logic import Expr
from eda.tech.library import Library
from eda.tech.pdk_file import AdderCell, Description


def check_defaults(description: Description, library: Library) -> None:
    """Raise `InputError`, naming the description's file, if its driver, tie or adder cells are not what they should be."""
    defaults = description.defaults
    driver = _cell(description, library, defaults.driver, "driver")
    if len(driver.outputs) != 1 or None in driver.functions:
        _fail(description, f"expected a driver with one output and a function, found {driver.name}")
    for tie, value in ((defaults.tie_high, logic.TRUE), (defaults.tie_low, logic.FALSE)):
        if tie:
            _check_tie(description, library, tie, value)
    for adder in (defaults.full_adder, defaults.half_adder):
        if adder is not None:
            _check_adder(description, library, adder)


def _check_tie(description: Description, library: Library, tie: str, value: Expr) -> None:
    name, _, pin = tie.partition("/")
    cell = _cell(description, library, name, "tie cell")
    if _function(description, cell, pin) != value:
        _fail(description, f"expected a constant {value[1]} at {tie}, found another function")


def _check_adder(description: Description, library: Library, adder: AdderCell) -> None:
    cell = _cell(description, library, adder.cell, "adder cell")
    operands = [pin for pin in (adder.a, adder.b, adder.c) if pin]
    if sorted(operands) != sorted(cell.inputs):
        _fail(description, f"expected the inputs {' '.join(cell.inputs)} of {cell.name}, found {' '.join(operands)}")
    bits = list(map(logic.var, operands))
    total = logic.lxor(*bits)
    pairs = [(a, b) for i, a in enumerate(bits) for b in bits[:i]]
    carry = logic.lor(*(logic.land(a, b) for a, b in pairs))
    for pin, function, inverted in ((adder.sum, total, adder.sum_inverted), (adder.carry, carry, adder.carry_inverted)):
        expected = logic.lnot(function) if inverted else function
        found = _function(description, cell, pin)
        if found is None or logic.truth_table(found, cell.inputs) != logic.truth_table(expected, cell.inputs):
            _fail(description, f"expected {logic.to_text(expected)} at {cell.name}/{pin}, found another function")


def _cell(description: Description, library: Library, name: str, role: str) -> CellType:
    if name not in library.types:
        _fail(description, f"the {role} {name!r} is not in {library.path}{suggest(name, library.types)}")
    return library.types[name]


def _function(description: Description, cell: CellType, pin: str) -> Expr | None:
    if pin not in cell.outputs:
        _fail(description, f"{cell.name} has no output {pin!r}{suggest(pin, cell.outputs)}")
    return cell.functions[cell.outputs.index(pin)]


def _fail(description: Description, message: str) -> NoReturn:
    raise InputError(message, file=description.path)

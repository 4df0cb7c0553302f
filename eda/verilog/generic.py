"""Generic cells that Verilog has no gate for: each is an instance of a small module written into the same file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from eda.ir import cells
from eda.ir.cells import CellType

_FULL_ADDER = """module eda_full_adder (a, b, ci, s, co);
  input a, b, ci;
  output s, co;
  assign s = a ^ b ^ ci;
  assign co = (a & b) | ((a ^ b) & ci);
endmodule
"""
_HALF_ADDER = """module eda_half_adder (a, b, s, co);
  input a, b;
  output s, co;
  assign s = a ^ b;
  assign co = a & b;
endmodule
"""
_MUX = """module eda_mux (a, b, s, y);
  input a, b, s;
  output y;
  assign y = s ? b : a;
endmodule
"""


@cache
def modules() -> Mapping[CellType, tuple[str, str]]:
    """Name and text of the module that stands for each such cell type."""
    found = {
        cells.FULL_ADDER: ("eda_full_adder", _FULL_ADDER),
        cells.HALF_ADDER: ("eda_half_adder", _HALF_ADDER),
        cells.MUX: ("eda_mux", _MUX),
    }
    for falling in (False, True):
        found.update(_named(_flip_flop(falling, reset, value)) for reset in ("", "high", "low") for value in (0, 1))
        found.update([_named(_latch(falling))])
    return found


def _named(made: tuple[CellType, str]) -> tuple[CellType, tuple[str, str]]:
    kind, text = made
    name = f"eda_{kind.name[1:]}"
    return kind, (name, f"module {name} ({', '.join((*kind.inputs, *kind.outputs))});\n{text}endmodule\n")


def _flip_flop(falling: bool, reset: str, value: int) -> tuple[CellType, str]:
    kind = cells.flip_flop(falling=falling, reset=reset, reset_value=value)
    edges, body = f"{'neg' if falling else 'pos'}edge clk", "q <= d;"
    if reset:
        edges += f" or {'pos' if reset == 'high' else 'neg'}edge r"
        body = f"if ({'' if reset == 'high' else '!'}r) q <= 1'b{value}; else q <= d;"
    inputs = ", ".join(kind.inputs)
    return kind, f"  input {inputs};\n  output q;\n  reg q;\n  always @({edges})\n    {body}\n"


def _latch(low: bool) -> tuple[CellType, str]:
    test = "!en" if low else "en"
    return cells.latch(low=low), f"  input en, d;\n  output q;\n  reg q;\n  always @(en or d)\n    if ({test}) q = d;\n"


def present(text: str) -> dict[str, CellType]:
    """The cell types whose modules stand in `text` word for word, by the module's name."""
    if "module eda_" not in text:
        return {}
    return {name: kind for kind, (name, definition) in modules().items() if definition in text}

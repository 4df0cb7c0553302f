"""Generic full and half adders become the adder cells of a kit, which mapping then leaves alone."""

from __future__ import annotations

from eda.ir import cells
from eda.ir.cells import CellType
from eda.tech.pdk import AdderCell, Defaults
from eda.verilog import generic

_PINS = {cells.FULL_ADDER: ("a", "b", "ci"), cells.HALF_ADDER: ("a", "b")}


def adder_map(defaults: Defaults) -> str:
    """Rules of Yosys' `techmap` that turn our adder modules into the kit's cells, with the instance's name kept.

    Inverters stand behind inverted outputs. Empty where the kit has no adder cells.
    """
    pairs = ((cells.FULL_ADDER, defaults.full_adder), (cells.HALF_ADDER, defaults.half_adder))
    return "".join(_rule(kind, adder) for kind, adder in pairs if adder is not None)


def _rule(kind: CellType, adder: AdderCell) -> str:
    name, _ = generic.modules()[kind]
    ins = [f".{pin}({net})" for pin, net in zip((adder.a, adder.b, adder.c), _PINS[kind], strict=False)]
    outs = [(adder.sum, "s", adder.sum_inverted), (adder.carry, "co", adder.carry_inverted)]
    connections = ", ".join([*ins, *(f".{pin}({net}{'_n' if inverted else ''})" for pin, net, inverted in outs)])
    lines = [f'(* techmap_celltype = "{name}" *)', f"module map_{name} ({', '.join((*kind.inputs, *kind.outputs))});"]
    lines += [f"input {', '.join(kind.inputs)};", "output s, co;"]
    lines += [line for _, net, inverted in outs if inverted for line in (f"wire {net}_n;", f"assign {net} = ~{net}_n;")]
    return "\n".join([*lines, f"{adder.cell} _TECHMAP_REPLACE_ ({connections});", "endmodule\n"])

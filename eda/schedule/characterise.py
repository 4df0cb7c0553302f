"""Delays of operations on a process kit: each distinct function mapped on its own and timed, as chaining needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eda.flow.evaluate import constraints_of
from eda.flow.recipes import Recipe
from eda.flow.sources import Rtl
from eda.flow.synthesize import synthesize
from eda.ir.dataflow import Dataflow
from eda.ir.netlist import IntArray
from eda.schedule.datapath import bits
from eda.schedule.functions import WIRING, expression, salt
from eda.tech.pdk import Pdk
from eda.tech.tools import scratch
from eda.timing.sta import analyze

MODULE = "operation"

_REGISTER = """module operation (input wire clk, input wire a, output reg y);
  reg q;
  always @(posedge clk) begin q <= a; y <= q; end
endmodule
"""


@dataclass(frozen=True, eq=False)
class OperationDelays:
    """Delays in ps: through the function of each operation, float [V], and of a register, from clock to next set-up.

    `inputs` and `outputs` fit `eda.schedule.chaining.chained`: registers stand behind the function, so what leaves an
    operation with a latency has no delay beyond the register's.
    """

    delay: npt.NDArray[np.float64]
    register: float
    latency: IntArray

    @property
    def inputs(self) -> npt.NDArray[np.float64]:
        return self.delay

    @property
    def outputs(self) -> npt.NDArray[np.float64]:
        return np.where(self.latency == 0, self.delay, 0.0)

    def budget(self, clock: float, margin: float = 0.0) -> float:
        """What of a clock period is left for functions: less the register, and less the fraction `margin`."""
        return clock * (1 - margin) - self.register


def operation_delays(flow: Dataflow, pdk: Pdk, recipe: Recipe | str = "speed", *, cache: bool = True) -> OperationDelays:
    """Map each distinct function of `flow` by `recipe` and time it under the kit's own surroundings.

    Wiring and operations without operands have no delay. Raises as `synthesize` does.
    """
    known: dict[tuple[object, ...], float] = {}
    delay = np.zeros(flow.n_operations)
    operands = _operand_widths(flow)
    for v in range(flow.n_operations):
        if flow.width[v] == 0 or flow.kinds[v] in WIRING or not operands[v]:
            continue
        key = (flow.kinds[v], int(flow.width[v]), operands[v])
        if key not in known:
            known[key] = _delay(_verilog(flow, v, operands[v]), pdk, recipe, cache)
        delay[v] = known[key]
    return OperationDelays(delay, _delay(_REGISTER, pdk, recipe, cache), flow.latency)


def _operand_widths(flow: Dataflow) -> list[tuple[int, ...]]:
    widths: list[list[int]] = [[] for _ in flow.names]
    edges = np.flatnonzero(flow.edge_operand >= 0)
    for e in edges[np.argsort(flow.edge_operand[edges], kind="stable")].tolist():
        size = bits(flow, int(flow.edge_source[e]))
        if size:
            widths[flow.edge_target[e]].append(size)
    return [tuple(w) for w in widths]


def _verilog(flow: Dataflow, v: int, operands: tuple[int, ...]) -> str:
    names = [(f"a{k}", size) for k, size in enumerate(operands)]
    function = expression(flow.kinds[v], flow.names[v], int(flow.width[v]), names, salt(flow, v))
    ports = [f"input logic [{size - 1}:0] {name}" for name, size in names] + [f"output logic [{flow.width[v] - 1}:0] y"]
    return f"module {MODULE} ({', '.join(ports)});\n  assign y = {function};\nendmodule\n"


def _delay(text: str, pdk: Pdk, recipe: Recipe | str, cache: bool) -> float:
    with scratch() as folder:
        path = Path(folder) / f"{MODULE}.sv"
        path.write_text(text)
        mapped = synthesize(Rtl((path,), MODULE), pdk, recipe, cache=cache)
    return float(analyze(mapped.netlist, pdk.library, constraints_of(pdk)).delay_ps)

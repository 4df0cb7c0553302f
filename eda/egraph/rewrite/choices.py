"""Structures of one circuit side by side: AND nodes over functions, where a function may be the result of many nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eda.errors import UsageError
from eda.ir.aig import FALSE, Aig, AigBuilder
from eda.ir.aiger import read_aiger, write_aiger
from eda.ir.netlist import IntArray
from eda.tech import tools

_CONFLICTS = 1000


@dataclass(frozen=True, eq=False)
class Choices:
    """F functions, A AND nodes. Literals are ``2 * function + inverted``; function 0 is constant false, then the inputs.

    fanin    int32 [A, 2]  literals of each node, the larger first
    result   int32 [A]     the literal that the node computes
    outputs  int32 [O]     literals of the outputs
    """

    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    n_functions: int
    fanin: IntArray
    result: IntArray
    outputs: IntArray

    @property
    def first_inner(self) -> int:
        """The first function that is neither constant nor input."""
        return 1 + len(self.input_names)

    @property
    def n_nodes(self) -> int:
        """Number of AND nodes."""
        return len(self.fanin)

    def with_nodes(self, fanin: IntArray, result: IntArray, n_functions: int) -> Choices:
        """With further nodes and functions; equal nodes are kept once, and nodes of functions of nothing are dropped."""
        fanin, result = np.vstack([self.fanin, fanin]), np.concatenate([self.result, result])
        kept = unique_nodes(fanin, result, self.first_inner)
        return Choices(self.input_names, self.output_names, n_functions, *kept, self.outputs)


def unique_nodes(fanin: IntArray, result: IntArray, first_inner: int) -> tuple[IntArray, IntArray]:
    """Nodes once each, without those that give a constant, an input or one of their own operands."""
    fanin = np.sort(fanin, axis=1)[:, ::-1]
    high, low, own = fanin[:, 0] >> 1, fanin[:, 1] >> 1, result >> 1
    useful = (own >= first_inner) & (high != own) & (low != own) & (high != low) & (low != 0)
    rows = np.unique(np.column_stack([fanin, result])[useful], axis=0)
    return rows[:, :2].astype(np.int32), rows[:, 2].astype(np.int32)


def merged(graphs: Sequence[Aig], *, time_limit: float = 60.0) -> tuple[Choices, list[IntArray]]:
    """The structures of graphs with equal inputs and outputs, and for each graph the literal of each of its variables.

    Functions are told apart by SAT sweeping (ABC's ``&fraig``); two equal ones that it cannot prove equal stay apart.
    Raises `UsageError` for graphs with latches or other inputs, `ToolNotFound`, `ToolFailed`, `ToolTimeout`.
    """
    first = graphs[0]
    for graph in graphs:
        if graph.n_latches or graph.n_inputs != first.n_inputs or len(graph.outputs) != len(first.outputs):
            raise UsageError(f"the graph {graph.name} has other inputs, outputs or latches than {first.name}")
    builder = AigBuilder(first.name, first.input_names)
    literals = [_added(graph, builder) for graph in graphs]
    whole = _everything(builder, max(max(lits) for lits in literals) >> 1)
    swept = _swept(whole, time_limit)
    fanin = swept[whole.fanin >> 1] ^ (whole.fanin & 1)
    used, number = np.unique(swept >> 1, return_inverse=True)
    fixed = np.arange(1 + first.n_inputs)
    names = np.concatenate([fixed, used[~np.isin(used, fixed)]])
    position = np.zeros(int(names.max()) + 1, dtype=np.int64)
    position[names] = np.arange(len(names))
    own = 2 * position[used[number]] + (swept & 1)
    fanin = 2 * position[fanin >> 1] + (fanin & 1)
    nodes = unique_nodes(fanin.astype(np.int32), own[whole.first_and :].astype(np.int32), whole.first_and)
    of_graph = [(own[np.array(lits) >> 1] ^ (np.array(lits) & 1)).astype(np.int32) for lits in literals]
    outputs = of_graph[0][first.outputs >> 1] ^ (first.outputs & 1)
    return Choices(first.input_names, first.output_names, len(names), *nodes, outputs), of_graph


def _added(graph: Aig, builder: AigBuilder) -> list[int]:
    """Literals in `builder` of all variables of a graph."""
    own = [FALSE, *builder.inputs]
    and_ = builder.and_
    for a, b in graph.fanin.tolist():
        own.append(and_(own[a >> 1] ^ (a & 1), own[b >> 1] ^ (b & 1)))
    return own


def _everything(builder: AigBuilder, last: int) -> Aig:
    """All nodes of a builder up to the variable `last`, every variable an output."""
    count = max(last, len(builder.inputs)) + 1
    return builder.build([f"y{v}" for v in range(count)], list(range(0, 2 * count, 2)))


def _swept(graph: Aig, time_limit: float) -> IntArray:
    """int64 [n_variables]: a literal for each variable of `graph`, equal only where the functions are."""
    with tools.scratch() as folder:
        write_aiger(graph, folder / "all.aig")
        script = f"&r all.aig; &fraig -x -C {_CONFLICTS}; &put; write_aiger swept.aig"
        tools.run(tools.ABC, ["-q", script], cwd=folder, timeout=time_limit, expect=["swept.aig"])
        return read_aiger(folder / "swept.aig").outputs.astype(np.int64)

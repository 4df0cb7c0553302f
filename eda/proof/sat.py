"""Equivalence by SAT, output by output: the last resort, with partial answers."""

from __future__ import annotations

from time import monotonic
from typing import Any

import numpy as np

from eda.ir.aig import FALSE, TRUE, Aig, AigBuilder
from eda.proof.pair import Pair
from eda.proof.refute import minimal
from eda.proof.verdict import Verdict

METHOD = "SAT"
SOLVER = "cadical195"

_CONFLICTS = 2_000  # between looks at the clock


def sat(pair: Pair, deadline: float) -> Verdict:
    """Prove one output after the other, low bits first; the time until `deadline` is shared among those that are left.

    An output that is proven helps with the next ones. Returns ``unknown`` with the number of proven outputs in the end.
    """
    graph = miter(*pair.graphs)
    total = pair.outputs_total
    proven = 0
    with _Equality(graph) as equality:
        for k, (a, b) in enumerate(zip(graph.outputs[:total].tolist(), graph.outputs[total:].tolist(), strict=True)):
            now = monotonic()
            equal = equality.holds(a, b, now + (deadline - now) / (total - k))
            if equal is False:
                inputs = pair.by_port(minimal(pair, equality.inputs()))
                return pair.different(METHOD, inputs) or pair.unknown(METHOD, "the solver's model does not replay", proven)
            proven += equal is True
    return pair.proven(METHOD) if proven == total else pair.unknown(METHOD, "time limit", proven)


def miter(left: Aig, right: Aig) -> Aig:
    """Both graphs in one, with shared inputs and equal nodes shared; the outputs of `left` come first."""
    builder = AigBuilder("miter", left.input_names)
    roots: list[int] = []
    for graph in (left, right):
        own = [FALSE, *builder.inputs]
        for a, b in graph.fanin.tolist():
            own.append(builder.and_(own[a >> 1] ^ (a & 1), own[b >> 1] ^ (b & 1)))
        roots += [own[o >> 1] ^ (o & 1) for o in graph.outputs.tolist()]
    return builder.build([f"y[{i}]" for i in range(len(roots))], roots)


class _Equality:
    """A solver that is given the clauses of a graph as they are needed; variable v of the graph is variable v there."""

    def __init__(self, graph: Aig) -> None:
        self.graph = graph
        self.fanin = graph.fanin.tolist()
        self.encoded: set[int] = set()
        self.variables = graph.n_variables

    def __enter__(self) -> _Equality:
        from pysat.solvers import Solver

        self.solver: Any = Solver(SOLVER)
        return self

    def __exit__(self, *_: object) -> None:
        self.solver.delete()

    def holds(self, a: int, b: int, deadline: float) -> bool | None:
        """Are two literals equal for all inputs? None if `deadline` comes first."""
        if a == b or a == b ^ 1:
            return a == b or self._solve([], deadline) is False
        assumption = self._difference(a, b)
        differ = self._solve([assumption], deadline)
        if differ is False:
            self.solver.add_clause([-assumption])
            if min(a, b) > TRUE:
                self.solver.append_formula([[_signed(a), -_signed(b)], [-_signed(a), _signed(b)]])
        return None if differ is None else not differ

    def inputs(self) -> Any:
        """bool [inputs]: the inputs of the last model."""
        model = set(self.solver.get_model())
        return np.array([v in model for v in range(1, 1 + self.graph.n_inputs)], dtype=bool)

    def _difference(self, a: int, b: int) -> int:
        """A solver literal that, when true, makes the literals differ."""
        a, b = sorted((a, b))
        self._encode(a, b)
        if a <= TRUE:
            return _signed(b) if a == FALSE else -_signed(b)
        self.variables += 1
        m, p, q = self.variables, _signed(a), _signed(b)
        self.solver.append_formula([[-m, p, q], [-m, -p, -q]])
        return m

    def _encode(self, *roots: int) -> None:
        stack = [r >> 1 for r in roots]
        while stack:
            v = stack.pop()
            if v >= self.graph.first_and and v not in self.encoded:
                a, b = self.fanin[v - self.graph.first_and]
                self.solver.append_formula([[-v, _signed(a)], [-v, _signed(b)], [v, -_signed(a), -_signed(b)]])
                stack += [a >> 1, b >> 1]
                self.encoded.add(v)

    def _solve(self, assumptions: list[int], deadline: float) -> bool | None:
        """Satisfiable? None if `deadline` comes first."""
        while monotonic() < deadline:
            self.solver.conf_budget(_CONFLICTS)
            answer: bool | None = self.solver.solve_limited(assumptions=assumptions)
            if answer is not None:
                return answer
        return None


def _signed(literal: int) -> int:
    return -(literal >> 1) if literal & 1 else literal >> 1

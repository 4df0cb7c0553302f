"""CP-SAT on the program of `eda.egraph.exact.model`, with costs scaled to integers and never cast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from eda.egraph.egraph import FloatArray, IntArray
from eda.egraph.exact.model import Program
from eda.errors import EdaError

_WHOLE = 1e-9  # what is this near to a whole number after scaling by a power of ten was written as a decimal
_DIGITS = 2.0**36  # units in the incumbent's cost where no power of ten makes costs whole


@dataclass(frozen=True, eq=False)
class Answer:
    """The best selection of a program, None if none was found, and a bound: no selection (below the limit) costs less."""

    choice: IntArray | None
    bound: float


def solve(
    program: Program, *, hint: IntArray | None = None, limit: float = math.inf, time_limit: float, seed: int = 1
) -> Answer:
    """Look for the cheapest selection that costs at most `limit`.

    The bound is infinite if there is none. `time_limit` is in seconds of deterministic work on one thread, which is close to
    CPU seconds. Costs that no power of ten up to a million makes whole are rounded down, so that the bound stays true.
    """
    from ortools.sat.python import cp_model

    scale = scale_of(program.graph.cost, limit)
    cost = whole_costs(program.graph.cost, scale)
    engine = cp_model.CpSolver()
    engine.parameters.num_workers = 1
    engine.parameters.random_seed = seed
    engine.parameters.max_deterministic_time = time_limit
    engine.parameters.max_time_in_seconds = 10.0 * time_limit
    status = engine.solve(_model(program, cost, limit * scale, hint))
    if status == cp_model.INFEASIBLE:
        return Answer(None, math.inf)
    if status == cp_model.MODEL_INVALID:
        raise EdaError("CP-SAT refuses the program of this e-graph: its costs span too many digits")
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    choice = program.choice_of(np.array(engine.response_proto.solution)) if found else None
    return Answer(choice, engine.best_objective_bound / scale)


def scale_of(cost: FloatArray, typical: float) -> float:
    """What makes the costs whole: a power of ten up to a million, else whatever gives `typical` some 36 bits."""
    for power in range(7):
        scaled = cost * 10.0**power
        if (np.abs(scaled - np.rint(scaled)) <= _WHOLE).all():
            return 10.0**power
    if not math.isfinite(typical) or typical == 0:
        typical = float(np.abs(cost).sum())
    return 2.0 ** math.floor(math.log2(_DIGITS / abs(typical)))


def whole_costs(cost: FloatArray, scale: float) -> IntArray:
    """int64 [N]: costs in units of ``1 / scale``, rounded down unless that only undoes rounding."""
    scaled = cost * scale
    near = np.rint(scaled)
    return np.where(np.abs(scaled - near) <= _WHOLE, near, np.floor(scaled)).astype(np.int64)


def _model(program: Program, cost: IntArray, limit: float, hint: IntArray | None) -> Any:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    proto = model.proto
    for low, high in zip(program.least.tolist(), program.most.tolist(), strict=True):
        proto.variables.add().domain.extend([low, high])
    start, column, coefficient = program.row_start.tolist(), program.column.tolist(), program.coefficient.tolist()
    for k, (low, high) in enumerate(zip(program.low.tolist(), program.high.tolist(), strict=True)):
        row = proto.constraints.add().linear
        row.vars.extend(column[start[k] : start[k + 1]])
        row.coeffs.extend(coefficient[start[k] : start[k + 1]])
        row.domain.extend([low, high])
    priced = np.flatnonzero(cost)
    proto.objective.vars.extend(priced.tolist())
    proto.objective.coeffs.extend(cost[priced].tolist())
    if math.isfinite(limit):
        proto.objective.domain.extend([-(2**62), math.floor(limit + _WHOLE)])
    if hint is not None:
        proto.solution_hint.vars.extend(range(len(program.least)))
        proto.solution_hint.values.extend(program.columns_of(hint).tolist())
    return model

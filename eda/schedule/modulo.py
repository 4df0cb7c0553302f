"""The least initiation interval, then few registers.

Intervals are tried from the bound of units and loops upwards. Each is proven infeasible, or yields a schedule, by CP-SAT
on the loops (`eda.schedule.cp`); what stays unknown is tried again with the time that is left. Registers are then lowered
at the interval found (`eda.schedule.registers`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.ir.netlist import IntArray
from eda.schedule.bounds import least_interval, require_units
from eda.schedule.cp import Answer, interval_feasible, windowed_feasible
from eda.schedule.ims import modulo_schedule
from eda.schedule.metrics import objective_value
from eda.schedule.problem import InfeasibleError, Problem
from eda.schedule.registers import Interval, least_registers
from eda.schedule.result import Progress, Result, violations

_FIRST_TRY = 1.0  # seconds of CP-SAT per interval before a longer one is tried
_FRUITLESS = 400  # intervals above the bound that are tried


@dataclass(frozen=True, eq=False)
class Found:
    """The least II known, its start steps, and the least II not proven infeasible."""

    ii: int
    start: IntArray
    bound: int


def least_ii(problem: Problem, *, time_limit: float = 60.0, seed: int = 1) -> Found:
    """The least initiation interval. Raises `InfeasibleError` if none is found."""
    begin = time.process_time()
    flow = problem.flow
    require_units(flow)
    bound = least_interval(flow).least
    unknown: list[int] = []
    for ii in range(bound, bound + _FRUITLESS):
        late = time.process_time() - begin > time_limit / 2
        answer = _decide(problem, ii, 0.0 if late else _FIRST_TRY, seed)
        if answer.start is not None:
            return _retry(problem, Found(ii, answer.start, bound), unknown, begin + time_limit, seed)
        if answer.status != "infeasible":
            unknown.append(ii)
        bound = min(unknown) if unknown else ii + 1
        if time.process_time() - begin > time_limit:
            break
    raise InfeasibleError(f"no schedule with an initiation interval up to {ii} was found; below {bound} there is none")


def _retry(problem: Problem, found: Found, unknown: list[int], deadline: float, seed: int) -> Found:
    """Decide the unknown intervals by halves: a schedule closes all those that lie higher."""
    proven = set(range(found.bound, found.ii)) - set(unknown)
    while unknown and (left := deadline - time.process_time()) > 0:
        ii = unknown.pop(len(unknown) // 2)
        answer = _decide(problem, ii, min(left, 10.0), seed + 1)
        if answer.start is not None:
            found = Found(ii, answer.start, found.bound)
            unknown = [other for other in unknown if other < ii]
        elif answer.status == "infeasible":
            proven.add(ii)
    bound = next((ii for ii in range(found.bound, found.ii) if ii not in proven), found.ii)
    return Found(found.ii, found.start, bound)


def _decide(problem: Problem, ii: int, time_limit: float, seed: int) -> Answer:
    """Iterative modulo scheduling, and if it fails CP-SAT: on the loops where no operation is tied to a step, else on the
    whole with all windows. Without time only the former."""
    start = modulo_schedule(problem.flow, ii, earliest=problem.earliest)
    if start is not None and not violations(replace(problem, ii=ii), Schedule(start, ii)):
        return Answer("feasible", start)
    if time_limit <= 0:
        return Answer("unknown")
    if problem.deadline is None and problem.earliest is None and problem.latest is None:
        answer = interval_feasible(problem.flow, ii, time_limit=time_limit, seed=seed)
        if answer.start is not None or answer.status != "feasible":
            return answer
    return windowed_feasible(problem, ii, time_limit=time_limit, seed=seed)


def modulo(problem: Problem, *, seed: int = 1, time_limit: float = 60.0, progress: Progress | None = None) -> Result:
    """The least initiation interval (objective "ii"), or the least registers at the interval of the problem
    ("registers"). At most 0.6 of `time_limit` (CPU seconds) goes to proofs of the interval, at most 10 s to the registers."""
    begin = time.process_time()
    if problem.objective not in ("ii", "registers"):
        raise UsageError(f"method modulo minimises ii or registers, not {problem.objective}")
    found = (
        _given(problem, time_limit, seed)
        if problem.ii is not None
        else least_ii(problem, time_limit=0.6 * time_limit, seed=seed)
    )
    if progress is not None and progress("least interval", found.ii, found.bound):
        return _result(problem, found, found.start, begin)
    case = Interval(problem.flow, found.ii)
    left = max(1.0, time_limit - (time.process_time() - begin))
    start = least_registers(case, found.start, time_limit=min(10.0, left), seed=seed)
    start = found.start if violations(problem, Schedule(start, found.ii)) else start
    return _result(problem, found, start, begin)


def _given(problem: Problem, time_limit: float, seed: int) -> Found:
    assert problem.ii is not None
    require_units(problem.flow)
    simple = least_interval(problem.flow)
    if problem.ii < simple.least:
        raise InfeasibleError(f"the initiation interval {problem.ii} is too short: {simple.certificate}")
    answer = _decide(problem, problem.ii, time_limit / 3, seed)
    if answer.start is None:
        proven = "there is none" if answer.status == "infeasible" else f"none was found in {time_limit / 3:.0f} s"
        raise InfeasibleError(f"a schedule with the initiation interval {problem.ii}: {proven}")
    return Found(problem.ii, answer.start, simple.least)


def _result(problem: Problem, found: Found, start: IntArray, begin: float) -> Result:
    schedule = Schedule(start, found.ii)
    seconds = time.process_time() - begin
    if problem.objective == "ii":
        simple = least_interval(problem.flow)
        why = f"CP-SAT proves {found.bound - 1} steps infeasible for the loops and the units together"
        why = simple.certificate if found.bound == simple.least else why
        return Result(schedule, float(found.ii), float(found.bound), "modulo", why, seconds=seconds)
    bound = Interval(problem.flow, found.ii).bound
    why = "linear program without limits of units"
    return Result(schedule, objective_value(problem, schedule), float(bound), "modulo", why, seconds=seconds)

"""The answer of every scheduling method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eda.ir.dataflow import Schedule
from eda.schedule.metrics import metrics, objective_value
from eda.schedule.problem import InfeasibleError, Problem

Progress = Callable[[str, float, float], bool]
"""Called with what was done, the best objective and the bound so far; true stops the search."""


@dataclass(frozen=True, eq=False)
class Result:
    """A legal schedule, its objective, a lower bound of the objective, and what proves the bound.

    history   (CPU seconds, objective) whenever a better schedule was found
    """

    schedule: Schedule
    objective: float
    bound: float
    method: str
    certificate: str = ""
    history: tuple[tuple[float, float], ...] = ()
    seconds: float = 0.0

    @property
    def optimal(self) -> bool:
        """Does the bound meet the objective?"""
        return self.objective <= self.bound + 1e-6 * max(1.0, abs(self.bound))

    def verify(self, problem: Problem) -> tuple[str, ...]:
        """What is wrong with the schedule or with the objective; empty if nothing is."""
        wrong = violations(problem, self.schedule)
        if not wrong and abs(objective_value(problem, self.schedule) - self.objective) > 1e-6 * max(1.0, abs(self.objective)):
            wrong = (f"the objective is {objective_value(problem, self.schedule)}, not {self.objective}",)
        return wrong

    def to_dict(self, problem: Problem) -> dict[str, Any]:
        """What the command line writes."""
        flow = problem.flow
        number = lambda x: int(x) if float(x).is_integer() else float(x)  # noqa: E731
        return {
            "start": dict(zip(flow.names, self.schedule.start.tolist(), strict=True)),
            "ii": self.schedule.ii,
            "objective": number(self.objective),
            "lower_bound": number(self.bound),
            "optimal": self.optimal,
            "method": self.method,
            "certificate": self.certificate,
            "metrics": metrics(problem, self.schedule).to_dict(),
            "seconds": round(self.seconds, 3),
        }


def violations(problem: Problem, schedule: Schedule) -> tuple[str, ...]:
    """What makes this no legal schedule of the problem, one sentence each."""
    wrong = list(schedule.verify(problem.flow))
    found = int((schedule.start + problem.ends).max(initial=0)) if not wrong else 0
    if problem.deadline is not None and found > problem.deadline:
        wrong.append(f"the latency is {found}, the limit {problem.deadline}")
    if problem.ii is not None and schedule.ii != problem.ii:
        wrong.append(f"the initiation interval is {schedule.ii}, asked for was {problem.ii}")
    for limit, sign, word in ((problem.earliest, 1, "before"), (problem.latest, -1, "after")):
        for v in (sign * schedule.start < sign * limit).nonzero()[0][:5].tolist() if limit is not None else ():
            wrong.append(f"{problem.flow.names[v]} starts at step {schedule.start[v]}, {word} {limit[v]}")  # type: ignore[index]
    return tuple(wrong)


def result_of(
    problem: Problem,
    schedule: Schedule,
    method: str,
    *,
    bound: float,
    certificate: str = "",
    history: tuple[tuple[float, float], ...] = (),
    seconds: float = 0.0,
) -> Result:
    """The result of a legal schedule, its objective computed from it; raises `InfeasibleError` if it is not legal."""
    wrong = violations(problem, schedule)
    if wrong:
        raise InfeasibleError(f"{method} made a schedule that is not legal: {wrong[0]}")
    return Result(schedule, objective_value(problem, schedule), bound, method, certificate, history, seconds)

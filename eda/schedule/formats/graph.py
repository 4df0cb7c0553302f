"""What a file of a scheduling problem says, collected operation by operation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from eda.errors import InputError, suggest
from eda.ir.dataflow import Dataflow


@dataclass(frozen=True, eq=False)
class Graph:
    """A data-flow graph and what some formats give besides: an interval, and delays for chaining, float [V], in ns."""

    flow: Dataflow
    ii: int | None = None
    delay_in: npt.NDArray[np.float64] | None = None
    delay_out: npt.NDArray[np.float64] | None = None


@dataclass
class Collector:
    """Operations, edges and resources of the file `file`; errors name it and the line given."""

    file: object
    name: str
    names: dict[str, int] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    latency: list[int] = field(default_factory=list)
    width: list[int] = field(default_factory=list)
    edges: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    demands: list[tuple[int, int, int, int]] = field(default_factory=list)

    def operation(self, name: str, kind: str, latency: int, width: int = 1, line: int | None = None) -> int:
        """A new operation. Raises `InputError` if its name is taken or a number is negative."""
        if name in self.names:
            raise InputError(f"operation {name} appears twice", file=self.file, line=line)
        if latency < 0 or width < 0:
            raise InputError(f"operation {name}: expected a latency and a width of at least 0", file=self.file, line=line)
        self.names[name] = len(self.names)
        self.kinds.append(kind)
        self.latency.append(latency)
        self.width.append(width)
        return self.names[name]

    def demand(self, operation: int, resource: str, amount: int = 1, occupancy: int = 1) -> None:
        """The operation holds `amount` units of `resource` for `occupancy` steps; a new resource has no limit."""
        self.limits.setdefault(resource, -1)
        self.demands.append((operation, list(self.limits).index(resource), amount, occupancy))

    def edge(self, source: str, target: str, operand: int, distance: int = 0, delay: int = 0, line: int | None = None) -> None:
        """An edge between operations by name; raises `InputError` for one that does not exist, with the nearest name."""
        for name in (source, target):
            if name not in self.names:
                raise InputError(f"there is no operation {name!r}{suggest(name, self.names)}", file=self.file, line=line)
        self.edges.append((self.names[source], self.names[target], operand, distance, delay))

    def flow(self) -> Dataflow:
        """The graph. Raises `InputError` naming the file where it is no legal one."""
        source, target, operand, distance, delay = np.array(self.edges, dtype=np.int64).reshape(-1, 5).T
        operation, resource, amount, occupancy = np.array(self.demands, dtype=np.int64).reshape(-1, 4).T
        try:
            return Dataflow(
                tuple(self.names), tuple(self.kinds), np.array(self.latency), np.array(self.width), source, target, operand,
                distance, delay, tuple(self.limits), np.array(list(self.limits.values())), operation, resource, amount,
                occupancy, self.name,
            )  # fmt: skip
        except InputError as e:
            raise InputError(e.message, file=self.file) from e


def integer(text: str, what: str, file: object, line: int | None = None, low: int = 0) -> int:
    """An integer of at least `low`; raises `InputError` saying what was expected."""
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if value < low:
        raise InputError(f"expected {what}, an integer of at least {low}, found {text!r}", file=file, line=line)
    return value

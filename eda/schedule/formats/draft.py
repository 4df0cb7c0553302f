"""A collector for formats in which edges may leave the operand open and models list more resources than are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from eda.errors import InputError
from eda.ir.dataflow import Dataflow
from eda.schedule.formats.graph import Collector

_LARGEST = 2**31 - 1

Demand = tuple[str, int, int]
"""Resource, amount, occupancy in steps."""


@dataclass
class Draft(Collector):
    """Each method raises `InputError` naming the file, and the line where it is given."""

    operands: Counter[str] = field(default_factory=Counter)

    def error(self, message: str, line: int | None = None) -> InputError:
        """The error to raise about this file."""
        return InputError(message, file=self.file, line=line)

    def integer(self, value: object, what: str, low: int = 0, line: int | None = None) -> int:
        """`value` as an integer of at least `low`; `what` names it in the error."""
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _LARGEST:
            raise self.error(f"{what}: expected an integer from {low} to {_LARGEST}, found {str(value)[:40]!r}", line)
        return value

    def number(self, text: str | None, what: str, low: int = 0, line: int | None = None) -> int:
        """The same for an integer written as text."""
        try:
            value: object = int(text or "")
        except ValueError:
            value = text
        return self.integer(value, what, low, line)

    def demanding(
        self, name: str, kind: str, latency: int, demands: Iterable[Demand], width: int = 1, line: int | None = None
    ) -> None:
        """A new operation and its demands."""
        v = self.operation(name, kind, latency, width, line)
        for resource, amount, occupancy in demands:
            self.demand(v, resource, amount, occupancy)

    def data_edge(
        self,
        source: str,
        target: str,
        *,
        operand: int | None = None,
        distance: int = 0,
        delay: int = 0,
        line: int | None = None,
    ) -> None:
        """An edge of data; without `operand` it is the next one of the target."""
        place = self.operands[target] if operand is None else operand
        self.operands[target] += 1
        self.edge(source, target, place, distance, delay, line)

    def order_edge(self, source: str, target: str, *, distance: int = 0, delay: int = 0, line: int | None = None) -> None:
        """An edge that carries no data."""
        self.edge(source, target, -1, distance, delay, line)

    def flow(self) -> Dataflow:
        """The graph, without resources that nothing demands. Raises `InputError` where it is no legal one."""
        if not self.names:
            raise self.error("expected operations, found none")
        used = sorted({resource for _, resource, _, _ in self.demands})
        place = {k: i for i, k in enumerate(used)}
        limits = list(self.limits.items())
        self.limits = dict(limits[k] for k in used)
        self.demands = [(v, place[k], amount, held) for v, k, amount, held in self.demands]
        return super().flow()

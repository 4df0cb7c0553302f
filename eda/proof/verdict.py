"""The answer to "are these equal?", with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATUSES = ("proven", "different", "unknown")


@dataclass(frozen=True)
class Counterexample:
    """Inputs on which the two sides differ, as numbers (negative where an operand is signed), replayed on both.

    `left` and `right` hold the output ports that differ; `right` is what a specification demands, if one is compared with.
    Registers that were cut appear as inputs ``<name> (state)`` and outputs ``<name> (next)``.
    """

    inputs: Mapping[str, int]
    left: Mapping[str, int]
    right: Mapping[str, int]

    def __str__(self) -> str:
        given = ", ".join(f"{name} = {value}" for name, value in self.inputs.items())
        seen = ", ".join(f"{name} = {value} against {self.right[name]}" for name, value in self.left.items())
        return f"{given}: {seen}" if given else seen


@dataclass(frozen=True)
class Verdict:
    """What is known about two circuits, or a circuit and its specification.

    status          proven (for all inputs), different, or unknown
    method          what gave the answer
    outputs_proven  how many of the `outputs_total` output bits are proven equal
    vectors         input vectors that were simulated without finding a difference
    latency         registers on every path of the left and the right side, where pipelines were compared
    detail          how far the answer goes, or why there is none
    certificate     data from which `eda.proof.verify` can repeat the proof, if the method gives any
    """

    status: str
    method: str
    outputs_total: int
    outputs_proven: int = 0
    counterexample: Counterexample | None = None
    vectors: int = 0
    latency: tuple[int, int] | None = None
    detail: str = ""
    seconds: float = 0.0
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """One line."""
        parts = [self.status]
        if self.counterexample is not None:
            parts.append(f": {self.counterexample}")
        elif self.status == "unknown":
            parts.append(
                f": {self.outputs_proven} of {self.outputs_total} outputs proven, {self.vectors} vectors without a difference"
            )
        if self.method:
            parts.append(f" by {self.method}")
        if self.latency is not None:
            parts.append(f", latency {self.latency[0]} against {self.latency[1]}")
        if self.detail:
            parts.append(f" ({self.detail})")
        return f"{''.join(parts)}, {self.seconds:.2f} s"

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the counterexample is None unless the circuits differ."""
        found = self.counterexample
        return {
            "status": self.status,
            "method": self.method,
            "outputs_proven": self.outputs_proven,
            "outputs_total": self.outputs_total,
            "counterexample": None
            if found is None
            else {"inputs": dict(found.inputs), "left": dict(found.left), "right": dict(found.right)},
            "vectors": self.vectors,
            "latency": None if self.latency is None else list(self.latency),
            "detail": self.detail,
            "seconds": self.seconds,
        }

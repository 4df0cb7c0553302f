"""Equality by structure: the same graph once constants are folded, fan-ins ordered and equal nodes shared."""

from __future__ import annotations

from eda.proof.pair import Pair
from eda.proof.verdict import Verdict

METHOD = "structure"


def structural(pair: Pair) -> Verdict | None:
    """Proven if the canonical digests of the two and-inverter graphs are equal."""
    left, right = pair.graphs
    return pair.proven(METHOD, "equal and-inverter graphs") if left.digest == right.digest else None

"""What an optimization is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from eda.arith.composite_delays import composite_delays
from eda.arith.config import Config, specification
from eda.arith.delays import Delays
from eda.arith.library_delays import library_delays
from eda.errors import UsageError, suggest
from eda.flow.evaluate import constraints_of
from eda.ir.spec import ArithmeticSpec
from eda.tech.pdk import Pdk
from eda.timing.constraints import Constraints

METHODS = ("eda", "domac")
STEPS = {
    "booth": "Booth partial products beside the AND array",
    "domac": "trees by differentiable timing beside three-greedy ones",
    "swaps": "exchange of ports by exact timing after legalisation",
    "joint": "tree and final adder fitted to each other",
    "prefix": "final adders fitted to arrivals, in place of Sklansky, Kogge-Stone and Brent-Kung",
    "forms": "a choice among forms of adders, in place of the kit's adder cells",
    "mapping": "direct mapping, in place of Yosys and ABC",
    "rewire": "wires, forms and polarities of the best circuits annealed together",
    "sizing": "drive strengths by exact timing",
    "pins": "order of equivalent pins",
    "cells": "other cells of equal function, by exact timing",
    "buffers": "buffers by exact timing",
}
"""What the default method does beyond a textbook generator; each can be left out to show what it gains."""


@dataclass(frozen=True)
class Goal:
    """A circuit to optimize, and how. Raises `UsageError` for an unknown method or step and for senseless numbers.

    config       what to build; `Config.tree` and `Config.adder` are not looked at; arrivals and required times in ps
    pdk          the kit, whose driver and load surround the circuit unless `driver` and `load_ff` say otherwise
    stages       of the pipeline; 1: combinational
    targets      delays (ps) to find the least area for; empty: a whole front
    max_area     um2; None: any
    method       eda, or domac: the published method, with textbook adders
    without      steps of `STEPS` to leave out
    seeds        random starts of each tree optimization
    effort       1 or more: how much is sized and wired anew; time grows with it
    """

    config: Config
    pdk: Pdk
    stages: int = 1
    targets: tuple[float, ...] = ()
    max_area: float | None = None
    method: str = "eda"
    without: frozenset[str] = frozenset()
    seed: int = 1
    seeds: int = 4
    effort: int = 1
    device: str = "cpu"
    driver: str | None = None
    load_ff: float | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"no method {self.method!r}{suggest(self.method, METHODS)}; expected {' or '.join(METHODS)}")
        for step in sorted(self.without):
            if step not in STEPS:
                raise UsageError(f"no step {step!r}{suggest(step, STEPS)}; expected {', '.join(STEPS)}")
        for what, number in (("stages", self.stages), ("seeds", self.seeds), ("effort", self.effort)):
            if number < 1:
                raise UsageError(f"{what} must be at least 1, got {number}")
        for what, values in (("target delay", self.targets), ("largest area", (self.max_area,))):
            if any(v is not None and not v > 0 for v in values):
                raise UsageError(f"a {what} must be positive, got {min(v for v in values if v is not None)}")

    def has(self, step: str) -> bool:
        """Is this step of `STEPS` part of the optimization?"""
        return step not in self.without

    @property
    def spec(self) -> ArithmeticSpec:
        return specification(self.config)

    @cached_property
    def delays(self) -> Delays:
        """What trees are wired by: fast forms of adders where they may be chosen, else the kit's cells (ps)."""
        return composite_delays(self.pdk) if self.has("forms") else library_delays(self.pdk)

    @cached_property
    def constraints(self) -> Constraints:
        """The surroundings of the combinational circuit."""
        base = constraints_of(self.pdk)
        base = base if self.driver is None else replace(base, driver=self.driver)
        base = base if self.load_ff is None else replace(base, load_ff=self.load_ff)
        return replace(base, input_delay_ps=dict(self.config.arrivals), output_delay_ps=self._output_delay())

    def _output_delay(self) -> dict[str, float]:
        """A result that is due earlier than the last leaves so much less time."""
        due = self.config.required
        last = max(due.values(), default=0.0)
        return {name: last - time for name, time in due.items()}

    def ppgs(self) -> Iterable[str]:
        """Partial products to compare."""
        c = self.config
        multiplies = c.kind in ("multiplier", "mac", "dot") and c.constant is None
        return ("and", "booth") if multiplies and self.has("booth") and min(c.widths) > 2 else (c.ppg,)

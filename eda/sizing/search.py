"""Search for sizings: relaxation, then exact greedy repair and recovery, target after target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from eda.ir.netlist import Netlist
from eda.sizing.model import Model, model_of
from eda.tech.library import IntArray, LibCell, Library
from eda.timing.constraints import Constraints

PASSES = 60
EXPONENTS = (4.0, 1.0)
STEEPNESS = 3.0
SWEEPS = 30
PENALTY = 1000.0  # um2/ps: more than any exchange costs per ps won
STEPS = (0.97, 0.985, 0.995, 0.998)
"""Targets in terms of the best delay so far, while the fastest circuit is sought."""


@dataclass(frozen=True, eq=False)
class Found:
    """A sizing: the library cell of each instance, its delay (ps) and area (um2)."""

    lib: IntArray
    delay: float
    area: float


class Search:
    """Sizings of one netlist; those worth keeping stay in `found`."""

    def __init__(
        self, netlist: Netlist, library: Library, constraints: Constraints, usable: Callable[[LibCell], bool] | None = None
    ) -> None:
        from eda.sizing.incremental import work_of

        self.netlist = netlist
        self.library = library
        self.constraints = constraints
        self.model: Model = model_of(netlist, library, constraints, usable)
        self.work = work_of(self.model.circuit)
        self.found: list[Found] = []
        self._given = self.model.circuit.lib.copy()
        self._keep()
        self._weigh()

    def smallest(self) -> Found:
        """The sizing of least area."""
        circuit, cells = self.model.circuit, self.model.cells
        movable = ~circuit.fixed
        circuit.lib[movable] = cells.choices[self._given[movable], 0]
        return self._keep()

    def toward(self, target: float) -> Found:
        """Look for small sizings that meet `target` (ps); returns the best, or the fastest if none does."""
        if not self._begun:
            self.smallest()
        self._approach(target) if target > 0.0 else self._hasten()
        if self.best(target).delay > target > 0.0:
            self._hasten()
        return self.best(target)

    def best(self, target: float) -> Found:
        """The smallest sizing found that meets `target`, else the fastest (the smallest of equally fast ones)."""
        meets = [f for f in self.found if f.delay <= target]
        return min(meets, key=lambda f: (f.area, f.delay)) if meets else min(self.found, key=lambda f: (f.delay, f.area))

    def netlist_of(self, found: Found) -> Netlist:
        """The netlist with these sizes; its delay and area by `analyze` are those of `found`."""
        used, index = np.unique(found.lib[: self.netlist.n_cells], return_inverse=True)
        types = tuple(self.library.cells[i].type for i in used)
        return replace(self.netlist, types=types, cell_type=index)

    @property
    def _begun(self) -> bool:
        return len(self.found) > 1

    def _approach(self, target: float) -> None:
        """Relax toward `target` from the sizes that stand, then descend from there and from what else is near."""
        from eda.sizing.relax import relax

        m = self.model
        best, trace = m.circuit.lib.copy(), np.zeros((PASSES, 2))
        relax(m.circuit, m.cells, m.state, target, PASSES, EXPONENTS, STEEPNESS, best, trace)
        self._descend(best, target)
        self._descend(self.best(target).lib, target)

    def _hasten(self) -> None:
        """Ask for more and more speed until no more is found."""
        for step in STEPS:
            while True:
                fastest = self.best(0.0).delay
                self._approach(fastest * step)
                if self.best(0.0).delay > fastest * (1.0 - 0.1 * (1.0 - step)):
                    break

    def _descend(self, lib: IntArray, target: float) -> None:
        from eda.sizing.greedy import recover, repair

        m = self.model
        kept, end_kept = m.state.weight.copy(), m.state.end_weight.copy()
        m.circuit.lib[:] = lib
        repair(m.circuit, m.cells, m.state, self.work, target, PENALTY, SWEEPS)
        reached = self._keep().delay
        recover(m.circuit, m.cells, m.state, self.work, max(target, reached), SWEEPS)
        self._keep()
        m.state.weight[:], m.state.end_weight[:] = kept, end_kept

    def _keep(self) -> Found:
        """Add the circuit's sizes to `found`, unless something there is as good."""
        from eda.sizing.kernels import area_of, time_all

        m = self.model
        delay = float(time_all(m.circuit, m.cells, m.state))
        new = Found(m.circuit.lib.copy(), delay, float(area_of(m.circuit, m.cells)))
        if not any(f.delay <= new.delay and f.area <= new.area for f in self.found):
            self.found = [f for f in self.found if f.delay < new.delay or f.area < new.area] + [new]
        return new

    def _weigh(self) -> None:
        """First multipliers: the whole area as the price of the whole delay, in equal parts."""
        m, given = self.model, self.found[0]
        ends = max(len(m.state.end_weight), 1)
        m.state.weight[:] = 1.0
        m.state.end_weight[:] = given.area / max(given.delay, 1.0) / ends

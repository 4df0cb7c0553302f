"""Search for small circuits that meet a delay: relaxation, then exact greedy repair and recovery, target after target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eda.ir.netlist import Netlist
from eda.sizing.model import model_of
from eda.sizing.snapshot import copy_of, netlist_of, overwrite, reorder
from eda.tech.library import LibCell, Library
from eda.timing.constraints import Constraints

if TYPE_CHECKING:
    from eda.sizing.arrays import Array, Circuit
    from eda.sizing.remap import Plans

PASSES = 20
EDITS, AFTER = 16, 6  # how often buffers are chosen anew, and passes after each time
EXPONENTS = (8.0, 2.0)
STEEPNESS = 10.0
SWEEPS = 30
ROUNDS = 2  # of exchanges of cells, each followed by sizing
REPEATS = 3  # how often the exchanges of a round are tried
PENALTY = 1000.0  # um2/ps: more than any exchange costs per ps won
LEAST_GAIN = 0.05  # um2
PRICES = (2.0, 16.0)
"""Prices of the delay, in terms of area / delay of the given circuit, while the fastest circuit is sought."""
STEPS = (0.99, 0.997)
"""Targets in terms of the best delay so far."""
SLACK = 0.001  # by how much "as fast as it goes" may be missed for the sake of area


@dataclass(frozen=True)
class Options:
    """What may be changed beside sizes: the order of symmetric inputs, buffers, and which cells compute what."""

    pins: bool = True
    buffers: bool = True
    cells: bool = True


@dataclass(frozen=True)
class Goal:
    """A period to meet (ps) or, if `price` > 0 (um2/ps), the price of the delay."""

    target: float = 1.0
    price: float = 0.0

    def score(self, delay: float, area: float) -> float:
        """What is minimised."""
        from eda.sizing.relax import score_of

        return float(score_of(delay, area, self.target, self.price, STEEPNESS))


@dataclass(frozen=True, eq=False)
class Found:
    """A circuit, its delay (ps) and area (um2)."""

    circuit: Circuit
    delay: float
    area: float


class Search:
    """Circuits of one function; those worth keeping stay in `found`."""

    def __init__(
        self,
        netlist: Netlist,
        library: Library,
        constraints: Constraints,
        options: Options,
        usable: Callable[[LibCell], bool] | None = None,
    ) -> None:
        from eda.sizing.incremental import work_of
        from eda.sizing.remap import edits_of

        self.netlist = netlist
        self.library = library
        self.options = options
        self.model = model_of(netlist, library, constraints, usable)
        self.work = work_of(self.model.circuit)
        self.edits = edits_of(self.model.circuit)
        self.usable = usable
        self.best_pass = copy_of(self.model.circuit)
        self.found: list[Found] = []
        self._planned: tuple[bytes, Plans] | None = None
        self._given = copy_of(self.model.circuit)
        self._keep()
        self._weigh()

    def smallest(self) -> Found:
        """The given circuit with every cell at its least area."""
        m = self.model
        overwrite(m.circuit, self._given)
        movable = ~m.circuit.fixed
        m.circuit.lib[movable] = m.cells.choices[self._given.lib[movable], 0]
        return self._keep()

    def toward(self, target: float) -> Found:
        """Look for small circuits that meet `target` (ps); returns the best, or the fastest if none does."""
        if len(self.found) < 2:
            self.smallest()
        self._approach(Goal(target)) if target > 0.0 else self._hasten()
        if self.fastest().delay > target > 0.0:
            self._hasten()
        return self.best(target)

    def best(self, target: float) -> Found:
        """The smallest circuit found that meets `target`, else the smallest that is about as fast as the fastest."""
        fastest = min(f.delay for f in self.found)
        limit = target if target >= fastest else fastest * (1.0 + SLACK)
        return min((f for f in self.found if f.delay <= limit), key=lambda f: (f.area, f.delay))

    def fastest(self) -> Found:
        """The fastest circuit found."""
        return min(self.found, key=lambda f: (f.delay, f.area))

    def netlist_of(self, found: Found) -> Netlist:
        """The netlist of a circuit; its delay and area by `analyze` are those of `found`."""
        return netlist_of(found.circuit, self.netlist, self.library)

    def _approach(self, goal: Goal) -> None:
        """Size what stands and what was given, edit the better one, and size it again."""
        m = self.model
        self._settle(goal)
        if self.options.buffers or self.options.cells:
            overwrite(m.circuit, self._given)
            self._settle(goal)
        if self.options.buffers:
            overwrite(m.circuit, self.best(goal.target).circuit)
            self._edit(goal)
            self._settle(goal)
        for _ in range(ROUNDS if self.options.cells else 0):
            overwrite(m.circuit, self.best(goal.target).circuit)
            if not self._exchange(goal.target):
                break
            self._settle(goal)
        overwrite(m.circuit, self.best(goal.target).circuit)
        self._descend(goal.target)

    def _settle(self, goal: Goal) -> None:
        """Relax toward the target, then descend from the best pass by exact timing."""
        self._relax(goal, PASSES)
        overwrite(self.model.circuit, self.best_pass)
        self._descend(goal.target)

    def _relax(self, goal: Goal, passes: int) -> tuple[float, float]:
        """Delay and area of the best pass, which is left in `best_pass`."""
        from eda.sizing.relax import relax

        m = self.model
        overwrite(self.best_pass, m.circuit)
        how = passes, EXPONENTS, STEEPNESS, self.options.pins, self.best_pass
        delay, area = relax(m.circuit, m.cells, m.state, goal.target, goal.price, *how)
        return float(delay), float(area)

    def _edit(self, goal: Goal) -> None:
        """Insert and remove buffers in groups, each kept if relaxation after it finds a better circuit; ends with the best."""
        from eda.sizing.buffers import edit_buffers

        m = self.model
        least = goal.score(*self._relax(goal, AFTER))
        overwrite(m.circuit, self.best_pass)
        base, weights = copy_of(m.circuit), self._weights()
        most, skip = max(4, self.netlist.n_cells // 50), 0
        for _ in range(EDITS):
            self._price(goal)
            if not edit_buffers(m.circuit, m.cells, m.state, skip, most, LEAST_GAIN):
                break
            reorder(m.circuit, m.cells)
            score = goal.score(*self._relax(goal, AFTER))
            if score < least:
                least, base, weights = score, copy_of(self.best_pass), self._weights()
                most = most + (most + 1) // 2
            else:
                most, skip = max(1, most // 2), skip + (most == 1)
            overwrite(m.circuit, base)
            m.state.weight[:], m.state.end_weight[:] = weights
        self._keep()

    def _price(self, goal: Goal) -> None:
        """Times and prices of what stands."""
        from eda.sizing.kernels import time_all
        from eda.sizing.prices import price_all

        m = self.model
        delay = time_all(m.circuit, m.cells, m.state)
        period = delay if goal.price > 0.0 else goal.target
        price_all(m.circuit, m.cells, m.state, period, period, EXPONENTS[1], goal.price)

    def _weights(self) -> tuple[Array, Array]:
        return self.model.state.weight.copy(), self.model.state.end_weight.copy()

    def _hasten(self) -> None:
        """Raise the price of the delay, then ask for more and more speed until no more is found, then for less area."""
        self._raise_price(edit=False)
        if self.options.buffers:
            self._raise_price(edit=True)
        for step in STEPS:
            while True:
                fastest = self.fastest().delay
                overwrite(self.model.circuit, self.fastest().circuit)
                self._approach(Goal(fastest * step))
                if self.fastest().delay > fastest * (1.0 - 0.1 * (1.0 - step)):
                    break
        self._approach(Goal(self.fastest().delay * (1.0 + SLACK)))

    def _raise_price(self, edit: bool) -> None:
        given = self.found[0]
        overwrite(self.model.circuit, self.fastest().circuit)
        for price in PRICES:
            goal = Goal(price=price * given.area / max(given.delay, 1.0))
            self._relax(goal, PASSES)
            overwrite(self.model.circuit, self.best_pass)
            if edit:
                self._edit(goal)
            self._keep()

    def _descend(self, target: float) -> None:
        """Repair what misses the target, then reduce the area, by exact timing."""
        from eda.sizing.greedy import recover, repair

        m = self.model
        weights = self._weights()
        repair(m.circuit, m.cells, m.state, self.work, target, PENALTY, SWEEPS)
        reached = self._keep().delay
        recover(m.circuit, m.cells, m.state, self.work, max(target, reached), SWEEPS)
        self._keep()
        m.state.weight[:], m.state.end_weight[:] = weights

    def _exchange(self, target: float) -> int:
        """Exchange cells for others of equal function where that is smaller or, while `target` is missed, faster; how many."""
        from eda.sizing.plans import inverter_of
        from eda.sizing.remap import remap

        m = self.model
        plans, inverter = self._plans(), inverter_of(self.library, self.usable)
        count = 0
        for _ in range(REPEATS):
            more = remap(m.circuit, m.cells, m.state, self.work, self.edits, plans, inverter, target, PENALTY)
            reorder(m.circuit, m.cells)
            count += more
            if not more:
                break
        self._keep()
        return count

    def _plans(self) -> Plans:
        """The exchanges of the circuit that stands; they depend on its wiring alone."""
        from eda.sizing.plans import plans_of

        circuit = self.model.circuit
        wiring = circuit.used.tobytes() + circuit.fanin.tobytes() + circuit.alive.tobytes()
        if self._planned is None or self._planned[0] != wiring:
            self._planned = wiring, plans_of(circuit, self.library, self.usable)
        return self._planned[1]

    def _keep(self) -> Found:
        """Add the circuit to `found`, unless something there is as good."""
        from eda.sizing.kernels import area_of, time_all

        m = self.model
        delay = float(time_all(m.circuit, m.cells, m.state))
        new = Found(copy_of(m.circuit), delay, float(area_of(m.circuit, m.cells)))
        if not any(f.delay <= new.delay and f.area <= new.area for f in self.found):
            self.found = [f for f in self.found if f.delay < new.delay or f.area < new.area] + [new]
        return new

    def _weigh(self) -> None:
        """First multipliers: the whole area as the price of the whole delay, in equal parts."""
        m, given = self.model, self.found[0]
        ends = max(len(m.state.end_weight), 1)
        m.state.weight[:] = 1.0
        m.state.end_weight[:] = given.area / max(given.delay, 1.0) / ends

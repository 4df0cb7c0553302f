"""Which form each node of an arithmetic network takes: polarities for few inverters, fast forms where time is short.

The area is minimised under a limit on the delay of a linear timing model, by sweeps that give one node at a time the form
of least cost: its area, inverters that it makes necessary, and a price for each ps after the time at which its results are
due. Times follow every change, so slack is spent once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.arith.mapped_network import AND, FULL, HALF, Network
from eda.arith.mapped_options import Option, Options
from eda.timing.constraints import Constraints, per_bit

if TYPE_CHECKING:
    from eda.arith.mapped_anneal import Fanout, Wires
    from eda.arith.mapped_kernels import Problem, State

_PRICE = 2.0
"""um2 for each ps that a result is late: any adder is worth less than the lateness that its exchange can mend."""
_PRICES = (0.5, 0.2)
"""um2 for each ps of the latest output, and for each of any output, while annealing."""
_HEAT = (0.15, 0.03)
"""um2: a gate of least area is worth a few times the first."""
_STEP = 0.97
_PATIENCE = 4
_SWEEPS = 12
_REFRESHES = 1500
"""How often times are reckoned anew in one sweep, at most."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The form of each node, and what the model says of it: area (um2), delay (ps)."""

    options: tuple[Option, ...]
    area: float
    delay_ps: float


class Chooser:
    """A network in a kit, ready for choices under any limit; each starts from that of least area or from the last one."""

    def __init__(
        self,
        network: Network,
        options: Options,
        constraints: Constraints,
        allowed: Sequence[Sequence[str] | None] | None = None,
        *,
        effort: int = 0,
        seed: int = 1,
        start: npt.NDArray[np.int64] | None = None,
    ) -> None:
        """`allowed` names the forms that each node may take (None: all); see `eda.arith.mapped.map_design` for `effort`.
        With `start`, the option of each node, no least area is sought."""
        self.network, self.options, self.table = network, options, options.table
        self.problem = _problem(network, options, constraints, allowed)
        self._steps, self._seed = effort * len(network.nodes), seed
        self._order = np.arange(len(network.nodes))
        self._refresh = max(1, len(network.nodes) // _REFRESHES)
        self._least = self._least_area() if start is None else self._with(start)
        self.state = _copy(self._least)

    def least_area(self) -> Choice:
        """The choice of least area, whatever its delay."""
        return self.choice(self._least)

    def within(self, target_ps: float) -> Choice:
        """A choice of small area that the model finds no later than `target_ps`, or as fast as could be found.

        Limits are best asked for in falling order: each search goes on from the last.
        """
        from eda.arith.mapped_kernels import total_area

        p, t = self.problem, self.table
        state, fastest = self._tighten(target_ps)
        limit = max(target_ps, fastest)
        if self._steps:
            state = self._annealed(state, limit)
            limit = max(limit, self._delay(state))
        area = total_area(p, t, state)
        for _ in range(_SWEEPS):
            trial = _copy(state)
            self._sweep(trial, self._order[::-1], limit, late_only=False)
            self._sweep(trial, self._order, limit, late_only=False)
            after = total_area(p, t, trial)
            if self._delay(trial) > limit + 1e-6 or after >= area - 1e-9:
                break
            state, area = trial, after
        self.state = _copy(state)
        return self.choice(state)

    def restart(self) -> None:
        """Let the next search begin at the least area again."""
        self.state = _copy(self._least)

    def _tighten(self, target_ps: float) -> tuple[State, float]:
        """The fastest state on the way from the last one to `target_ps`, and its delay."""
        state = _copy(self.state)
        best, fastest = _copy(state), self._delay(state)
        patience = _PATIENCE
        while fastest > target_ps and patience:
            limit = max(target_ps, _STEP * fastest)
            changes = self._sweep(state, self._order, limit, late_only=True)
            changes += self._sweep(state, self._order[::-1], limit, late_only=True)
            delay = self._delay(state)
            if delay < fastest - 1e-6:
                best, fastest, patience = _copy(state), delay, _PATIENCE
            else:
                patience = patience - 1 if changes else 0
        return best, fastest

    def _annealed(self, state: State, limit: float) -> State:
        """The best that a long walk from `state` meets, if later than `limit` then at a price."""
        from eda.arith.mapped_anneal import Goal, anneal
        from eda.arith.mapped_kernels import arrive, settle

        p, t, out = self.problem, self.table, _copy(state)
        settle(p, t, out)
        arrive(p, t, out)
        no_wires = wires_of({})
        anneal(p, t, fanout_of(self.network), no_wires, out, Goal(limit, *_PRICES), *_HEAT, self._steps, 0.0, self._seed)
        settle(p, t, out)
        return out

    def _least_area(self) -> State:
        from eda.arith.mapped_kernels import total_area

        states = []
        for phase in (0, 1):
            state = self._start(phase)
            for _ in range(_SWEEPS):
                changes = self._sweep(state, self._order, 0.0, late_only=False, price=0.0)
                changes += self._sweep(state, self._order[::-1], 0.0, late_only=False, price=0.0)
                if not changes:
                    break
            states.append(state)
        return min(states, key=lambda state: total_area(self.problem, self.table, state))

    def _start(self, phase: int) -> State:
        """All adders on operands of one phase, all products given in it."""
        t, p = self.table, self.problem
        option = np.zeros(len(p.kind), dtype=np.int64)
        for n, kind in enumerate(p.kind.tolist()):
            allowed = [o for o in range(t.first[kind], t.first[kind + 1]) if p.allowed[n, t.form[o]]]
            wanted = [o for o in allowed if _phase(kind, t.need[o], t.give[o]) in (None, phase)]
            option[n] = min(wanted or allowed, key=lambda o: t.area[o])
        return self._with(option)

    def _with(self, option: npt.NDArray[np.int64]) -> State:
        """The state in which the nodes have these options."""
        from eda.arith.mapped_kernels import State, settle

        shape = (self.network.n_variables, 2)
        none = np.zeros(shape, dtype=np.int64)
        load, slope, arrival, required = np.zeros(shape), np.zeros(shape), np.zeros((*shape, 2)), np.zeros((*shape, 2))
        state = State(option, none[:, 0].copy(), none, load, slope, arrival, required)
        settle(self.problem, self.table, state)
        return state

    def _sweep(
        self, state: State, order: npt.NDArray[np.int64], limit: float, *, late_only: bool, price: float = _PRICE
    ) -> int:
        from eda.arith.mapped_kernels import sweep

        order = np.ascontiguousarray(order)
        return int(sweep(self.problem, self.table, state, order, limit, price, self._refresh, late_only))

    def _delay(self, state: State) -> float:
        from eda.arith.mapped_kernels import arrive

        return float(arrive(self.problem, self.table, state))

    def choice(self, state: State) -> Choice:
        from eda.arith.mapped_kernels import total_area

        chosen = tuple(self.options.options[o] for o in state.option.tolist())
        return Choice(chosen, float(total_area(self.problem, self.table, state)), self._delay(state))


def _phase(kind: int, need: npt.NDArray[np.int8], give: npt.NDArray[np.int8]) -> int | None:
    """The phase that the operands of an adder or the result of a product have in an option, if it is one; else None."""
    if kind == AND:
        return int(give[0])
    operands = set(need[: 3 if kind == FULL else 2].tolist())
    return (operands.pop() if len(operands) == 1 else 2) if kind in (FULL, HALF) else None


def fanout_of(network: Network) -> Fanout:
    """The readers of all variables."""
    from eda.arith.mapped_anneal import Fanout

    driver = np.full(network.n_variables, -1, dtype=np.int64)
    readers: list[list[int]] = [[] for _ in range(network.n_variables)]
    for n, node in enumerate(network.nodes):
        driver[[x >> 1 for x in node.outputs]] = n
        for v in {x >> 1 for x in node.inputs}:
            readers[v].append(n)
    start = np.cumsum([0, *map(len, readers)])
    group = np.arange(network.n_variables)
    return Fanout(driver, group, start, np.array([n for r in readers for n in r], dtype=np.int64))


def wires_of(columns: Mapping[int, Sequence[int]]) -> Wires:
    """The literals of each column that may be exchanged."""
    from eda.arith.mapped_anneal import Wires

    groups = [members for members in columns.values() if len(members) > 1]
    sizes = np.array([len(g) for g in groups], dtype=np.int64)
    literal = np.array([x for g in groups for x in g], dtype=np.int64)
    return Wires(literal, np.repeat(np.arange(len(groups)), sizes), np.concatenate(([0], np.cumsum(sizes))))


def _copy(state: State) -> State:
    return type(state)._make(array.copy() for array in state)


def _problem(
    network: Network, options: Options, constraints: Constraints, allowed: Sequence[Sequence[str] | None] | None
) -> Problem:
    from eda.arith.mapped_kernels import MAX_INPUTS, MAX_OUTPUTS, Problem

    nodes, netlist = network.nodes, network.netlist
    inputs = np.full((len(nodes), MAX_INPUTS), -1, dtype=np.int64)
    outputs = np.full((len(nodes), MAX_OUTPUTS), -1, dtype=np.int64)
    may = np.ones((len(nodes), len(options.forms)), dtype=np.bool_)
    for n, node in enumerate(nodes):
        inputs[n, : len(node.inputs)], outputs[n, : len(node.outputs)] = node.inputs, node.outputs
        names = None if allowed is None else allowed[n]
        if names is not None:
            may[n] = [name in names for name in options.forms]
    return Problem(
        kind=np.array([node.kind for node in nodes], dtype=np.int64),
        inputs=inputs,
        outputs=outputs,
        allowed=may,
        ports=np.array(network.outputs, dtype=np.int64),
        port_load=per_bit(netlist.outputs, constraints.load_ff),
        port_delay=per_bit(netlist.outputs, constraints.output_delay_ps),
        start=per_bit(netlist.inputs, constraints.input_delay_ps),
        start_slope=0.0 if constraints.driver is None else options.driver_slope(constraints.driver),
    )

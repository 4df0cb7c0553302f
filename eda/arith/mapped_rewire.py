"""Tree wiring and forms chosen together: signals of one column exchange their places while the whole circuit is timed.

What a port swap gains depends on the forms of the adders around it, on polarities and on the final adder; here all are
moved by one annealing walk over one timing model (`eda.arith.mapped_anneal`). The result is a design with another tree, of
the same heap and final adder, and its mapped netlist, so that proofs go through the design as for any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eda.arith.generate import Design, begin, finish
from eda.arith.mapped import emit
from eda.arith.mapped_choice import Chooser, fanout_of, wires_of
from eda.arith.mapped_network import Network, Node, network_of
from eda.arith.mapped_options import options_of
from eda.errors import UnsupportedError
from eda.flow.evaluate import constraints_of
from eda.ir.netlist import Netlist
from eda.ir.prefix import PrefixGraph
from eda.ir.tree import NO_INPUT, CompressorTree
from eda.tech.pdk import Pdk
from eda.timing.constraints import Constraints

if TYPE_CHECKING:
    from eda.arith.mapped_anneal import Wires

IntArray = npt.NDArray[np.integer[Any]]

_ROUNDS = 24
"""Times that nodes are put in the order of their arrivals: only what settles before a node may be wired to it."""
_SHARE = 0.8
"""Part of the steps that change wires."""
_AHEAD = 0.9
"""How far a walk aims beyond where it begins."""
_HEAT = (1.0, 0.03)
"""um2 at the begin and at the end: hotter than for forms alone, as an exchange of wires costs inverters at first."""
_PRICES = (1.0, 0.3)
"""um2 for each ps of the latest output, and for each of any output."""


def rewire(
    design: Design,
    pdk: Pdk,
    *,
    target_ps: float,
    effort: int = 500,
    constraints: Constraints | None = None,
    seed: int = 1,
) -> tuple[Design, Netlist]:
    """A design whose tree is wired for `target_ps`, and its netlist; options as of `eda.arith.mapped.map_design`.

    Raises as `map_design`, and `UnsupportedError` for a design without its low bits.
    """
    if design.netlist is not design.via:
        raise UnsupportedError(f"{design.netlist.name}: the tree of a design without its low bits cannot be wired anew")
    options, surroundings = options_of(pdk), constraints or constraints_of(pdk)
    chooser = Chooser(network_of(design.netlist), options, surroundings)
    chooser.within(target_ps)
    wires = wires_of(_exchangeable(design, chooser.network))
    place = np.arange(chooser.network.n_variables)
    steps = effort * len(chooser.network.nodes) // _ROUNDS
    heats = np.geomspace(*_HEAT, _ROUNDS + 1)
    for k in range(_ROUNDS):
        order = _by_time(chooser)
        nodes = tuple(chooser.network.nodes[n] for n in order)
        start = chooser.state.option[order]
        chooser = Chooser(replace(chooser.network, nodes=nodes), options, surroundings, start=start)
        place = place[_walk(chooser, wires, target_ps, (heats[k], heats[k + 1]), steps, seed + k)]
    choice = chooser.within(target_ps)
    rewired, number = _design(design, chooser.network, place)
    return rewired, emit(_named(design, rewired, chooser.network, number), options, choice)


def _exchangeable(design: Design, network: Network) -> dict[int, list[int]]:
    """The literals of each column of the tree whose variables mean one signal and nothing else."""
    tree, via = design.tree, design.via
    literals = [network.literals[net] for net in design.signals.tolist()]
    times = np.bincount([x >> 1 for x in literals], minlength=network.n_variables)
    is_port = design.signals < via.first_cell_net
    alone = via.fanout[design.signals] == 1
    may = (times[[x >> 1 for x in literals]] == 1) & (alone | ((tree.uses == 0) & ~is_port)) & (design.signals > 1)
    columns: dict[int, list[int]] = {}
    for signal in np.flatnonzero(may & (tree.signal_column < tree.heap.width)).tolist():
        columns.setdefault(int(tree.signal_column[signal]), []).append(literals[signal])
    return columns


def _by_time(chooser: Chooser) -> list[int]:
    """The nodes in a topological order, early ones first."""
    nodes, arrival = chooser.network.nodes, chooser.state.arrival
    driver = {x >> 1: n for n, node in enumerate(nodes) for x in node.outputs}
    waiting = [len({driver[x >> 1] for x in node.inputs if x >> 1 in driver}) for node in nodes]
    readers: list[set[int]] = [set() for _ in nodes]
    for n, node in enumerate(nodes):
        for x in node.inputs:
            if x >> 1 in driver:
                readers[driver[x >> 1]].add(n)
    time = [max(float(arrival[x >> 1].min()) for x in node.outputs) for node in nodes]
    ready = [(time[n], n) for n in range(len(nodes)) if not waiting[n]]
    heapify(ready)
    order = []
    while ready:
        _, n = heappop(ready)
        order.append(n)
        for m in readers[n]:
            waiting[m] -= 1
            if not waiting[m]:
                heappush(ready, (time[m], m))
    return order


def _walk(
    chooser: Chooser, wires: Wires, target_ps: float, heat: tuple[float, float], steps: int, seed: int
) -> npt.NDArray[np.int64]:
    """Anneal options and wires of `chooser`; return whose readers each variable has now."""
    from eda.arith.mapped_anneal import Goal, anneal
    from eda.arith.mapped_kernels import arrive, settle

    p, t, state, fanout = chooser.problem, chooser.table, chooser.state, fanout_of(chooser.network)
    settle(p, t, state)
    limit = max(target_ps, _AHEAD * float(arrive(p, t, state)))
    share = _SHARE if len(wires.literal) else 0.0
    anneal(p, t, fanout, wires, state, Goal(limit, *_PRICES), *heat, steps, share, seed)
    settle(p, t, state)
    arrive(p, t, state)
    nodes = [Node(n.kind, tuple(row[: len(n.inputs)]), n.outputs, n.origin) for n, row in _rows(chooser)]
    chooser.network = replace(chooser.network, nodes=tuple(nodes))
    return fanout.group


def _rows(chooser: Chooser) -> Iterator[tuple[Node, list[int]]]:
    return zip(chooser.network.nodes, chooser.problem.inputs.tolist(), strict=True)


# --- back to a design ---------------------------------------------------------------------------------------------------


def _design(design: Design, network: Network, place: npt.NDArray[np.int64]) -> tuple[Design, IntArray]:
    """The design in which each variable has the readers of variable ``place``; and the new number of each signal."""
    tree = design.tree
    variable = [network.literals[net] >> 1 for net in design.signals.tolist()]
    signal_of = {v: x for x, v in enumerate(variable)}
    now = list(range(tree.n_signals))
    for v, was in enumerate(place.tolist()):
        if v != was:
            now[signal_of[was]] = signal_of[v]
    inputs = np.array([[now[u] if u != NO_INPUT else NO_INPUT for u in pins] for pins in tree.inputs.tolist()])
    order = _compressor_order(inputs.reshape(-1, 3), tree.heap.n_dots)
    number = np.arange(tree.n_signals)
    number[tree.sums[order]] = tree.sums
    number[tree.sums[order] + 1] = tree.sums + 1
    moved = np.where(inputs == NO_INPUT, NO_INPUT, number[inputs])[order]
    wired = CompressorTree(tree.heap, tree.column[order], moved, tree.impl[order])
    return finish(begin(design.config), wired, _same(design.prefix)), number


def _same(prefix: PrefixGraph | None) -> Callable[[Sequence[float]], PrefixGraph] | None:
    return None if prefix is None else lambda _: prefix


def _compressor_order(inputs: IntArray, dots: int) -> IntArray:
    """Compressors after those that they read, else as they were."""
    order: list[int] = []
    done = np.zeros(len(inputs), dtype=bool)
    stack = list(range(len(inputs)))[::-1]
    while stack:
        j = stack[-1]
        before = [] if done[j] else [(u - dots) >> 1 for u in inputs[j].tolist() if u >= dots and not done[(u - dots) >> 1]]
        if before:
            stack += before
            continue
        stack.pop()
        if not done[j]:
            done[j] = True
            order.append(j)
    return np.array(order, dtype=np.int64)


def _named(design: Design, rewired: Design, network: Network, number: IntArray) -> Network:
    """`network` as that of the netlist of `rewired`, of whose nets the ports and the signals of the tree are known."""
    netlist = rewired.netlist
    literals = np.full(netlist.n_nets, -1, dtype=np.int64)
    literals[: netlist.first_cell_net] = network.literals[: netlist.first_cell_net]
    literals[rewired.signals[number]] = [network.literals[net] for net in design.signals.tolist()]
    return replace(network, netlist=netlist, literals=tuple(literals.tolist()))

"""From a partition problem to flat arrays for compiled loops, from a partition to a state, and back.

Nodes of one group are merged into one *unit*; a copy of a unit is a copy of all its nodes. A net whose sinks all stand in the
unit of its source is left out.
"""

from __future__ import annotations

import numpy as np

from eda.ir.hypergraph import UNREACHABLE, Partition
from eda.ir.netlist import IntArray
from eda.partition.problem import Problem
from eda.partition.state import FAR, Array, Model, State


def unit_of(problem: Problem) -> IntArray:
    """int64 [V]: the unit of each node."""
    n, group = problem.graph.n_nodes, problem.group
    own = np.where(group >= 0, group, int(group.max(initial=-1)) + 1 + np.arange(n))
    return np.unique(own, return_inverse=True)[1].astype(np.int64)


def model_of(problem: Problem) -> Model:
    """The arrays of a problem."""
    graph, board = problem.graph, problem.board
    unit = unit_of(problem)
    n = int(unit.max(initial=-1)) + 1
    net = np.repeat(np.arange(graph.n_nets), np.diff(graph.net_start))
    source = np.where(graph.source >= 0, unit[graph.source], -1)
    return build(
        source,
        net,
        unit[graph.pins],
        problem.hop_weights,
        graph.net_weights,
        area=_summed(unit, n, graph.node_weights),
        capacity=problem.capacity.astype(np.int64),
        limit=board.external_limit.astype(np.int64),
        cost=costs(problem),
        fixed=_of_units(unit, n, problem.fixed.astype(np.int64), np.maximum, -1),
        copied=_of_units(unit, n, problem.replicable.astype(np.int64), np.minimum, 1).astype(np.bool_),
        apart=[np.unique(unit[nodes]) for nodes in problem.apart],
    )


def costs(problem: Problem) -> IntArray:
    """int64 [K, K]: hops between FPGAs, `FAR` times as many where that is not allowed."""
    distance, k = problem.board.distance.astype(np.int64), problem.board.n_fpgas
    reach = np.where(distance == UNREACHABLE, k, distance)
    too_far = (distance == UNREACHABLE) | (distance > problem.board.max_hop)
    return np.where(too_far, FAR * reach, reach)


def build(
    source: IntArray,
    net: IntArray,
    pin: IntArray,
    weight: IntArray,
    load: IntArray,
    *,
    area: IntArray,
    capacity: IntArray,
    limit: IntArray,
    cost: IntArray,
    fixed: IntArray,
    copied: Array,
    apart: list[IntArray],
) -> Model:
    """The arrays from nets given as pairs of (net, unit); pins at the source, double pins and empty nets are dropped."""
    n = len(area)
    pairs = np.unique(net[source[net] >= 0].astype(np.int64) * max(n, 1) + pin[source[net] >= 0])
    net, pin = pairs // max(n, 1), pairs % max(n, 1)
    inner = pin == source[net]
    net, pin = net[~inner], pin[~inner]
    kept, net = np.unique(net, return_inverse=True)
    source = source[kept].astype(np.int64)
    lists = [(u, i) for i, units in enumerate(apart) for u in units.tolist()]
    apart_unit, apart_list = np.array(lists, dtype=np.int64).reshape(-1, 2).T
    return Model(
        source=source,
        **dict(zip(("first", "sink"), _csr(net, len(kept), pin), strict=True)),
        weight=weight[kept].astype(np.int64),
        load=load[kept].astype(np.int64),
        **dict(zip(("out_first", "out_net"), _csr(source, n, np.arange(len(kept))), strict=True)),
        **dict(zip(("in_first", "in_net"), _csr(pin, n, net), strict=True)),
        area=area,
        capacity=capacity,
        limit=limit,
        cost=cost,
        fixed=fixed,
        copied=copied,
        **dict(zip(("apart_first", "apart"), _csr(apart_unit, n, apart_list), strict=True)),
        n_apart=len(apart),
    )


def _csr(key: IntArray, size: int, value: IntArray) -> tuple[IntArray, IntArray]:
    order = np.argsort(key, kind="stable")
    return np.searchsorted(key[order], np.arange(size + 1)).astype(np.int64), value[order].astype(np.int64)


def _summed(unit: IntArray, n: int, values: IntArray) -> IntArray:
    out = np.zeros((n, values.shape[1]), dtype=np.int64)
    np.add.at(out, unit, values)
    return out


def _of_units(unit: IntArray, n: int, values: IntArray, reduce: np.ufunc, start: int) -> IntArray:
    out = np.full(n, start, dtype=np.int64)
    reduce.at(out, unit, values)
    return out


def new_state(model: Model, primary: IntArray, at: Array | None = None) -> State:
    """The state with these primaries int64 [V], and copies uint8 [V, K] (the primaries alone where left out)."""
    from eda.partition.state_kernels import recount

    n, k, e = model.n_units, len(model.capacity), len(model.source)
    if at is None:
        at = np.zeros((n, k), dtype=np.uint8)
        at[np.arange(n), primary] = 1
    state = State(
        primary.astype(np.int64).copy(),
        at.copy(),
        np.zeros((e, k), dtype=np.int32),
        np.zeros(e, dtype=np.int32),
        np.zeros(e, dtype=np.int64),
        np.zeros(e, dtype=np.int64),
        np.zeros_like(model.capacity),
        np.zeros(k, dtype=np.int64),
        np.zeros((model.n_apart, k), dtype=np.int32),
        np.zeros(4, dtype=np.int64),
    )
    recount(model, state)
    return state


def copy_state(state: State) -> State:
    """The same, independent of it."""
    return State(*(field.copy() for field in state))


def is_legal(model: Model, state: State) -> bool:
    """Whether capacities, loads, distances, fixed places and lists of units apart are kept."""
    from eda.partition.state_kernels import too_far

    free = model.fixed < 0
    return bool(
        (state.used <= model.capacity).all()
        and state.totals[1] == 0
        and (state.met <= 1).all()
        and (model.fixed[~free] == state.primary[~free]).all()
        and not too_far(model, state)
    )


def to_partition(problem: Problem, state: State) -> Partition:
    """The solution for the nodes."""
    unit = unit_of(problem)
    at = state.at[unit].astype(bool)
    primary = state.primary[unit]
    at[np.arange(len(unit)), primary] = False
    return Partition(primary, np.argwhere(at))


def from_partition(problem: Problem, model: Model, partition: Partition) -> State:
    """The state of a solution; a unit takes the primary of its first node, and copies where all its nodes have one."""
    unit = unit_of(problem)
    k = problem.board.n_fpgas
    first = np.zeros(model.n_units, dtype=np.int64)
    first[unit[::-1]] = np.arange(len(unit))[::-1]
    primary = partition.primary[first].astype(np.int64)
    at = np.ones((model.n_units, k), dtype=np.uint8)
    np.minimum.at(at, unit, partition.locations(k).astype(np.uint8))
    at[np.arange(model.n_units), primary] = 1
    return new_state(model, primary, at)

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError
from eda.ir.hypergraph import UNREACHABLE, Board, Hypergraph, Partition


def graph(nets, weights, source=True):
    """`nets`: (weight, first pin, further pins...), nodes counted from 0; the first pin is the source."""
    pins = [net[1:] for net in nets]
    return Hypergraph(
        net_start=np.cumsum([0, *map(len, pins)]),
        pins=np.array([p for net in pins for p in net], dtype=np.int64),
        source=np.array([net[0] if source else -1 for net in pins], dtype=np.int64),
        node_weights=np.array(weights).reshape(len(weights), -1),
        net_weights=np.array([net[0] for net in nets], dtype=np.int64),
        node_names=tuple(f"g{v + 1}" for v in range(len(weights))),
        net_names=tuple(f"n{e + 1}" for e in range(len(nets))),
    )


EXAMPLE = graph([(3, 0, 1, 3), (1, 1, 2, 4), (2, 2, 0), (1, 3, 4)], [1, 1, 2, 1, 1])
CHAIN = Board(("FPGA1", "FPGA2", "FPGA3"), np.full((3, 1), 4), np.full(3, 10), np.array([[0, 1], [1, 2]]), 2)


@pytest.mark.parametrize(
    ("name", "primary", "replicas", "hops", "load"),
    [
        ("A", [0, 0, 1, 2, 2], [], 11, [6, 3, 4]),
        ("B", [0, 0, 1, 2, 2], [(0, 2)], 7, [3, 3, 3]),
        ("C", [0, 0, 1, 2, 2], [(0, 2), (1, 1)], 9, [6, 5, 3]),
        ("C'", [0, 1, 1, 2, 2], [(0, 2), (1, 0)], 8, [5, 6, 3]),
        ("D", [0, 0, 1, 2, 2], [(0, 2), (1, 2)], 5, [3, 3, 2]),
        ("E", [0, 0, 1, 2, 2], [(0, 1), (0, 2), (1, 1), (1, 2), (2, 0)], 2, [0, 2, 2]),
    ],
)
def test_the_worked_example(name, primary, replicas, hops, load):
    p = Partition(primary, replicas)
    assert p.hops(EXAMPLE, CHAIN) == hops
    assert p.external_load(EXAMPLE, CHAIN).tolist() == load
    assert p.verify(EXAMPLE, CHAIN) == ()


def by_definition(g, board, primary, replicas):
    """Hops, loads and usage, with sets, as the definitions say."""
    at = [{p} | {q for v, q in replicas if v == node} for node, p in enumerate(primary)]
    hops, load = 0, [0] * board.n_fpgas
    for e in range(g.n_nets):
        pins = g.pins[g.net_start[e] : g.net_start[e + 1]].tolist()
        source, w = int(g.source[e]), int(g.net_weights[e])
        remote = set().union(*(at[t] for t in pins[1:])) - at[source]
        for q in remote:
            d = int(board.distance[primary[source], q])
            hops += w * (board.n_fpgas if d == UNREACHABLE else d)
            load[q] += w
        load[primary[source]] += w if remote else 0
    used = [sum(int(g.node_weights[v, 0]) for v, places in enumerate(at) if q in places) for q in range(board.n_fpgas)]
    return hops, load, used


@st.composite
def problems(draw):
    n, k = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    node = st.integers(0, n - 1)
    nets = draw(st.lists(st.tuples(st.integers(0, 5), node, st.lists(node, max_size=4)), max_size=6))
    g = graph([(w, s, *sinks) for w, s, sinks in nets], draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    fpga = st.integers(0, k - 1)
    links = draw(st.lists(st.tuples(fpga, fpga), max_size=5))
    limits = st.lists(st.integers(0, 12), min_size=k, max_size=k)
    board = Board(
        tuple(f"F{q}" for q in range(k)),
        np.array(draw(limits)).reshape(k, 1),
        np.array(draw(limits)),
        np.array(links, dtype=np.int64).reshape(-1, 2),
        draw(st.integers(0, 3)),
    )
    primary = draw(st.lists(fpga, min_size=n, max_size=n))
    replicas = draw(st.sets(st.tuples(node, fpga), max_size=5).map(lambda s: sorted(r for r in s if r[1] != primary[r[0]])))
    return g, board, primary, replicas


@given(problems())
def test_metrics_agree_with_their_definitions(problem):
    g, board, primary, replicas = problem
    p = Partition(primary, replicas)
    hops, load, used = by_definition(g, board, primary, replicas)
    assert p.hops(g, board) == hops
    assert p.external_load(g, board).tolist() == load
    assert p.usage(g, board)[:, 0].tolist() == used
    legal = all(u <= c for u, c in zip(used, board.capacity[:, 0], strict=True))
    legal &= all(x <= limit for x, limit in zip(load, board.external_limit, strict=True))
    nets, remote = p.remote(g, board.n_fpgas)
    for net, row in zip(nets, remote, strict=True):
        distances = board.distance[primary[g.source[net]], row]
        legal &= bool(((distances != UNREACHABLE) & (distances <= board.max_hop)).all())
    assert (p.verify(g, board) == ()) == legal


def test_violations_name_what_and_by_how_much():
    p = Partition([0, 0, 1, 2, 2], [(0, 2)])
    tight = dataclasses.replace(CHAIN, capacity=np.array([[4], [1], [4]]), external_limit=np.array([2, 3, 3]), max_hop=1)
    assert p.verify(EXAMPLE, tight) == (
        "FPGA2 uses 2 of resource 0, its capacity is 1",
        "FPGA1 has an external load of 3, its limit is 2",
        "net n2 goes from FPGA1 to FPGA3: 2 hops, at most 1 are allowed",
    )
    cut = dataclasses.replace(CHAIN, links=np.array([[0, 1]]))
    assert p.verify(EXAMPLE, cut)[0] == "net n2 goes from FPGA1 to FPGA3: no path exists"


@pytest.mark.parametrize(
    ("primary", "replicas", "violation"),
    [
        ([0, 0, 1, 2], [], "primaries for 4 nodes, the hypergraph has 5"),
        ([0, 0, -1, 2, 2], [], "node g3 has no primary FPGA on the board"),
        ([0, 0, 3, 2, 2], [], "node g3 has no primary FPGA on the board"),
        ([0, 0, 1, 2, 2], [(5, 0)], "a replica names a node or an FPGA that does not exist"),
        ([0, 0, 1, 2, 2], [(0, 3)], "a replica names a node or an FPGA that does not exist"),
        ([0, 0, 1, 2, 2], [(2, 1)], "node g3 has two copies on FPGA2"),
        ([0, 0, 1, 2, 2], [(2, 0), (2, 0)], "node g3 has two copies on FPGA1"),
    ],
)
def test_malformed_solutions_are_no_solutions(primary, replicas, violation):
    assert Partition(primary, replicas).verify(EXAMPLE, CHAIN) == (violation,)


def test_resources_must_match_in_number():
    board = dataclasses.replace(CHAIN, capacity=np.ones((3, 2)))
    assert Partition([0] * 5, []).verify(EXAMPLE, board) == ("nodes have 1 resources, the board has 2",)


def test_nets_without_a_source_cost_nothing():
    g = graph([(3, 0, 1), (1, 1, 2)], [1, 1, 1], source=False)
    p = Partition([0, 1, 2], [])
    assert p.hops(g, CHAIN) == 0
    assert p.external_load(g, CHAIN).tolist() == [0, 0, 0]


def test_distances_count_links():
    ring = Board(tuple("abcdef"), np.ones((6, 1)), np.ones(6), [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]], 3)
    assert ring.distance[0].tolist() == [0, 1, 2, 2, 1, UNREACHABLE]
    assert (ring.distance == ring.distance.T).all()


def test_short_texts():
    assert repr(EXAMPLE).splitlines() == [
        "hypergraph: 5 nodes of 1 resources, 4 nets, 10 pins",
        "  n1 (3): g1 -> g2 g4",
        "  n2 (1): g2 -> g3 g5",
        "  n3 (2): g3 -> g1",
        "  n4 (1): g4 -> g5",
    ]
    assert repr(CHAIN).splitlines() == [
        "board: 3 FPGAs, hops at most 2",
        "  FPGA1: 4, external 10 - FPGA2",
        "  FPGA2: 4, external 10 - FPGA1 FPGA3",
        "  FPGA3: 4, external 10 - FPGA2",
    ]
    p = Partition([0, 0, 1, 2, 2], [(0, 2)])
    assert repr(p) == "partition: 5 nodes as 2 + 1 + 2, 1 replicas"
    assert p.text(EXAMPLE, CHAIN) == "FPGA1: g1 g2\nFPGA2: g3\nFPGA3: g4 g5 g1*"
    unnamed = dataclasses.replace(graph([(1, 0, 1)] * 20, [1, 1], source=False), node_names=(), net_names=())
    assert repr(unnamed).splitlines()[1::12] == ["  0 (1): 0 1", "  ... 8 more"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pins": [0, 1, 3, 1, 2, 4, 2, 0, 3, 5]}, r"a pin names a node outside 0\.\.4"),
        ({"source": [0, 2, 2, 3]}, "the source of a net is not its first pin"),
        ({"net_start": [0, 3, 6, 8, 9]}, "the offsets of the nets do not cover the pins"),
        ({"net_start": [0, 3, 10]}, "the arrays of nets or weights disagree in shape"),
        ({"net_weights": [3, -1, 2, 1]}, "a weight is negative"),
        ({"node_names": ("g1",)}, "names and nodes or nets disagree in number"),
    ],
)
def test_hypergraphs_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=f"hypergraph: {message}"):
        dataclasses.replace(EXAMPLE, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ("a", "b", "a")}, "an FPGA appears twice"),
        ({"external_limit": [1, 2]}, "capacities and external limits do not fit 3 FPGAs"),
        ({"links": [[0, 3]]}, r"a link names an FPGA outside 0\.\.2"),
        ({"links": [0, 1]}, r"the links have the shape \(2,\), expected \(M, 2\)"),
    ],
)
def test_boards_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=f"board: {message}"):
        dataclasses.replace(CHAIN, **changes)

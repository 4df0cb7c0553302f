"""Small hypergraphs and boards, the worked example, and random cases."""

import numpy as np

from eda.ir.hypergraph import Board, Hypergraph, Partition
from eda.partition.problem import make_problem


def graph(nets, weights):
    """`nets`: (weight, source, sinks...), nodes counted from 0."""
    pins = [net[1:] for net in nets]
    return Hypergraph(
        net_start=np.cumsum([0, *map(len, pins)]),
        pins=np.array([p for net in pins for p in net], dtype=np.int64),
        source=np.array([net[0] for net in pins], dtype=np.int64),
        node_weights=np.array(weights).reshape(len(weights), -1),
        net_weights=np.array([net[0] for net in nets], dtype=np.int64),
        node_names=tuple(f"g{v + 1}" for v in range(len(weights))),
    )


EXAMPLE = graph([(3, 0, 1, 3), (1, 1, 2, 4), (2, 2, 0), (1, 3, 4)], [1, 1, 2, 1, 1])
CHAIN = Board(("FPGA1", "FPGA2", "FPGA3"), np.full((3, 1), 4), np.full(3, 10), np.array([[0, 1], [1, 2]]), 2)
SOLUTIONS = {
    "A": ([0, 0, 1, 2, 2], [], 11),
    "B": ([0, 0, 1, 2, 2], [(0, 2)], 7),
    "C": ([0, 0, 1, 2, 2], [(0, 2), (1, 1)], 9),
    "C'": ([0, 1, 1, 2, 2], [(0, 2), (1, 0)], 8),
    "D": ([0, 0, 1, 2, 2], [(0, 2), (1, 2)], 5),
    "E": ([0, 0, 1, 2, 2], [(0, 1), (0, 2), (1, 1), (1, 2), (2, 0)], 2),
}


def random_case(seed, n_nodes=None, n_fpgas=None, n_resources=8):
    """A problem on a connected board; limits may bind."""
    rng = np.random.default_rng(seed)
    n = n_nodes or int(rng.integers(2, 30))
    k = n_fpgas or int(rng.integers(2, 7))
    nets = []
    for _ in range(int(rng.integers(1, 2 * n))):
        pins = rng.choice(n, size=min(n, int(rng.integers(1, 6))), replace=False)
        nets.append((int(rng.integers(0, 4)), *pins.tolist()))
    weights = rng.integers(0, 5, (n, n_resources))
    links = [[q, int(rng.integers(q))] for q in range(1, k)] + rng.integers(0, k, (int(rng.integers(0, k)), 2)).tolist()
    links = sorted({(min(a, b), max(a, b)) for a, b in links if a != b})
    capacity = np.tile(np.ceil(weights.sum(axis=0) * rng.uniform(1.0, 2.5) / k).astype(int) + 2, (k, 1))
    limit = rng.integers(0, 3 * len(nets), k)
    board = Board(tuple(f"F{q + 1}" for q in range(k)), capacity, limit, np.array(links), int(rng.integers(1, 4)))
    return make_problem(graph(nets, weights), board)


def random_partition(problem, seed):
    """Any place for every node, and some replicas."""
    rng = np.random.default_rng(seed)
    n, k = problem.graph.n_nodes, problem.board.n_fpgas
    primary = rng.integers(0, k, n)
    copies = np.unique(np.stack([rng.integers(0, n, n), rng.integers(0, k, n)], axis=1), axis=0)
    return Partition(primary, copies[copies[:, 1] != primary[copies[:, 0]]])

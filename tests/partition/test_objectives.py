"""Objectives against their definitions, trees and routes against enumeration; reports add up; boards are drawn."""

from itertools import combinations

import numpy as np
import pytest
from small_partitions import CHAIN, EXAMPLE, SOLUTIONS, random_case, random_partition

from eda.errors import UsageError
from eda.ir.hypergraph import Board, Partition
from eda.partition.draw import draw
from eda.partition.objectives import cost
from eda.partition.problem import OBJECTIVES, make_problem
from eda.partition.report import report
from eda.partition.routing import link_loads
from eda.partition.steiner import EXACT_UP_TO, tree_length


def random_board(seed, k):
    rng = np.random.default_rng(seed)
    links = {(int(rng.integers(q)), q) for q in range(1, k)}
    links |= {tuple(sorted(map(int, rng.choice(k, 2, replace=False)))) for _ in range(k // 2)}
    return Board(tuple(f"F{q}" for q in range(k)), np.ones((k, 1)), np.ones(k), np.array(sorted(links)), k)


def smallest_tree(board, terminals):
    """Fewest FPGAs that hold the terminals and are connected, less one."""
    others = [q for q in range(board.n_fpgas) if q not in terminals]
    for extra in range(len(others) + 1):
        for more in combinations(others, extra):
            if connected(board, {*terminals, *more}):
                return len(terminals) + extra - 1
    raise AssertionError


def connected(board, members):
    reached, todo = set(), [min(members)]
    while todo:
        q = todo.pop()
        reached.add(q)
        todo += [p for p in members - reached if board.distance[q, p] == 1]
    return reached == members


@pytest.mark.parametrize("seed", range(30))
def test_small_trees_are_the_smallest_and_large_ones_at_most_twice(seed):
    board = random_board(seed, 9)
    rng = np.random.default_rng(seed)
    terminals = rng.choice(9, size=int(rng.integers(1, 9)), replace=False)
    found, least = tree_length(board.distance, terminals), smallest_tree(board, set(terminals.tolist()))
    assert least <= found <= 2 * least
    assert found == least or len(terminals) > EXACT_UP_TO


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_worked_example_under_every_objective(name):
    primary, replicas, hops = SOLUTIONS[name]
    problem, partition = make_problem(EXAMPLE, CHAIN), Partition(primary, replicas)
    assert cost(problem, partition) == hops
    assert cost(problem, partition, "connectivity") <= cost(problem, partition, "steiner") <= hops


def test_solution_a_in_numbers():
    problem, partition = make_problem(EXAMPLE, CHAIN), Partition(*SOLUTIONS["A"][:2])
    # g1 (3) goes from 1 to 3, g2 (1) from 1 to 2 and 3, g3 (2) from 2 to 1
    assert {name: cost(problem, partition, name) for name in OBJECTIVES} == {
        "hops": 11,
        "cut": 6,
        "connectivity": 7,
        "steiner": 10,
        "tdm": 6,
    }


def test_wires_divide_the_load_of_a_link_and_prices_leave_it():
    partition = Partition(*SOLUTIONS["A"][:2])
    problem = make_problem(EXAMPLE, CHAIN, link_widths=[4, 1], hop_weights=[10, 10, 10, 10])
    assert cost(problem, partition, "tdm") == 4
    assert cost(problem, partition, "hops") == 10 * (2 + 3 + 1)


@pytest.mark.parametrize("seed", range(20))
def test_loads_are_those_of_trees_of_shortest_paths(seed):
    board = random_board(seed, 7)
    rng = np.random.default_rng(seed)
    home = rng.integers(0, 7, 5)
    remote = rng.random((5, 7)) < 0.4
    remote[np.arange(5), home] = False
    weight = rng.integers(1, 9, 5)
    ones = np.ones(len(board.links), dtype=int)
    loads = link_loads(board, home, remote, weight, ones)
    alone = [link_loads(board, home[i : i + 1], remote[i : i + 1], ones[:1], ones) for i in range(5)]
    for i, links in enumerate(alone):
        reach = steps(int(home[i]), board.links[links == 1].tolist())
        assert set(links.tolist()) <= {0, 1}
        assert links.sum() == len(reach) - 1  # a tree
        assert all(reach[q] == board.distance[home[i], q] for q in np.flatnonzero(remote[i]).tolist())
    assert loads.sum() <= weight @ (board.distance[home] * remote).sum(axis=1)
    assert loads.sum() >= weight @ remote.any(axis=1)


def steps(start, links):
    """Links from `start` to everything that these links reach."""
    reach, last = {start: 0}, -1
    while len(reach) > last:
        last = len(reach)
        for a, b in [*links, *(link[::-1] for link in links)]:
            if a in reach:
                reach.setdefault(b, reach[a] + 1)
    return reach


def test_nets_share_the_ways_round_a_ring():
    ring = Board(("a", "b", "c", "d"), np.ones((4, 1)), np.ones(4), np.array([[0, 1], [1, 2], [2, 3], [0, 3]]), 4)
    home, remote = np.zeros(2, dtype=int), np.zeros((2, 4), dtype=bool)
    remote[:, 2] = True
    assert link_loads(ring, home, remote, np.array([5, 5]), np.ones(4)).tolist() == [5, 5, 5, 5]
    assert link_loads(ring, home, remote, np.array([6, 6]), np.array([9, 9, 1, 9])).tolist() == [12, 12, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_reports_add_up(seed):
    problem = random_case(seed)
    partition = random_partition(problem, seed)
    facts = report(problem, partition)
    assert facts["total_hop"] == partition.hops(problem.graph, problem.board)
    assert facts["total_hop"] == sum(int(h) * w for h, w in facts["hop_histogram"].items())
    assert facts["total_hop"] == sum(c["hops"] for c in facts["net_classes"])
    assert facts["cut_nets"] == sum(c["nets"] for c in facts["net_classes"])
    assert facts["legal"] == (problem.violations(partition) == ())
    assert sum(f["primaries"] for f in facts["fpgas"].values()) == problem.graph.n_nodes
    assert sum(f["replicas"] for f in facts["fpgas"].values()) == len(partition.replicas)
    load = partition.external_load(problem.graph, problem.board)
    assert [f["external"]["load"] for f in facts["fpgas"].values()] == load.tolist()
    assert sum(link["load"] for link in facts["links"]) <= facts["total_hop"]


@pytest.mark.parametrize("k", [1, 2, 6])
def test_boards_are_drawn(tmp_path, k):
    problem = (
        random_case(3, n_fpgas=max(k, 2)) if k > 1 else make_problem(EXAMPLE, Board(("one",), [[9]], [9], np.zeros((0, 2)), 1))
    )
    partition = random_partition(problem, 1)
    path = draw(problem, partition, tmp_path / "board.svg")
    assert path.read_text().startswith("<?xml")
    with pytest.raises(UsageError, match="cannot be drawn"):
        draw(problem, partition, tmp_path / "board.xyz")

"""The program of small problems: legal where anything is, and proof where nothing is."""

from itertools import product

import numpy as np
import pytest
from small_partitions import CHAIN, EXAMPLE, graph, random_case, random_partition

from eda.ir.hypergraph import Board, Partition
from eda.partition.infeasible import shortfalls
from eda.partition.nearest import nearest
from eda.partition.problem import make_problem

pytest.importorskip("scipy")


@pytest.mark.parametrize("seed", range(25))
def test_a_solution_is_found_where_enumeration_finds_one(seed):
    problem = random_case(seed, n_nodes=5, n_fpgas=3, n_resources=2)
    found = nearest(problem)
    solvable = any(not problem.violations(Partition(p, [])) for p in product(range(3), repeat=5))
    legal = problem.violations(found.partition) == ()
    assert legal or not solvable
    assert found.proven
    if not legal:
        assert all(problem.violations(random_partition(problem, k)) for k in range(300))


def test_limits_of_places_are_kept():
    problem = make_problem(
        EXAMPLE, CHAIN, fixed=[2, -1, -1, -1, -1], group=[-1, 0, -1, 0, -1], apart=[[0, 1], [2, 3]], replicable=[False] * 5
    )
    found = nearest(problem)
    assert problem.violations(found.partition) == ()
    assert not len(found.partition.replicas)


def test_what_is_lacking_is_counted():
    board = Board(CHAIN.names, np.full((3, 1), 2), CHAIN.external_limit, CHAIN.links, 2)
    problem = make_problem(graph([(1, 0, 1)], [2, 2, 2, 1]), board)
    found = nearest(problem)
    (lack,) = shortfalls(problem, found.partition)
    assert found.proven
    assert (lack.kind, lack.needed - lack.available) == ("resource", 1)


def test_a_copy_saves_a_hop_that_is_too_far():
    near = Board(CHAIN.names, CHAIN.capacity, CHAIN.external_limit, CHAIN.links, 1)
    fixed = [0, -1, -1, 2, -1]
    found = nearest(make_problem(EXAMPLE, near, fixed=fixed))
    assert shortfalls(make_problem(EXAMPLE, near, fixed=fixed), found.partition) == ()
    alone = make_problem(EXAMPLE, near, fixed=fixed, replicable=[False] * 5)
    assert [s.kind for s in shortfalls(alone, nearest(alone).partition)] == ["hop"]


def test_nothing_is_printed(capfd):
    nearest(random_case(37))
    assert capfd.readouterr().out == ""

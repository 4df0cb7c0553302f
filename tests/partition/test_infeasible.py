"""Clashes of limits are named; what a partition lacks is counted; no solvable problem is called unsolvable."""

from itertools import product

import numpy as np
import pytest
from small_partitions import CHAIN, EXAMPLE, graph, random_case, random_partition

from eda.ir.hypergraph import Board, Partition
from eda.partition.infeasible import explain, require_feasible, shortfalls
from eda.partition.problem import InfeasibleError, make_problem


@pytest.mark.parametrize(
    ("limits", "kind", "message"),
    [
        ({"capacity": np.full((3, 1), 1)}, "resource", "the nodes need 6 r1, all FPGAs together have 3"),
        (
            {"capacity": [[9], [1], [1]], "fixed": [-1, -1, 2, -1, -1]},
            "resource",
            "g3 needs 2 r1, FPGA3, where it is fixed, has 1",
        ),
        ({"group": [0, 0, 0, 0, -1]}, "resource", "the group of g1 needs 5 r1, no FPGA has enough: FPGA1 has 4"),
        ({"fixed": [0, 0, 0, 0, -1]}, "resource", "the nodes fixed on FPGA1 need 5 r1, it has 4"),
        ({"apart": [[0, 1]], "group": [1, 1, -1, -1, -1]}, "apart", "g1 and g2 must stand apart and are in one group"),
        ({"apart": [[0, 1]], "fixed": [1, 1, -1, -1, -1]}, "apart", "g1 and g2 must stand apart and are fixed on one FPGA"),
        ({"apart": [[0, 1, 2, 3]]}, "apart", "g1 and 3 others must stand apart, there are 3 FPGAs"),
    ],
)
def test_a_clash_of_limits_is_named(limits, kind, message):
    found = explain(make_problem(EXAMPLE, CHAIN, **limits))
    assert (found.kind, found.message) == (kind, message)


def test_fixed_ends_too_far_apart_are_named_unless_a_copy_helps():
    near = Board(CHAIN.names, CHAIN.capacity, CHAIN.external_limit, CHAIN.links, 1)
    fixed = [0, -1, -1, 2, -1]
    assert explain(make_problem(EXAMPLE, near, fixed=fixed)) is None
    found = explain(make_problem(EXAMPLE, near, fixed=fixed, replicable=[False, True, True, True, True]))
    assert found.to_dict() == {
        "kind": "hop",
        "message": "g1 drives g4, fixed on FPGA1 and FPGA3: 2 hops, at most 1 are allowed; g1 must have no replica",
        "fpga": "FPGA3",
        "needed": 2,
        "available": 1,
    }


def test_large_nodes_need_an_fpga_each():
    board = Board(("a", "b"), np.full((2, 1), 5), np.full(2, 99), np.array([[0, 1]]), 1)
    with pytest.raises(InfeasibleError, match="3 nodes need at least 3 r1 each, no two fit one FPGA, and 2 FPGAs hold one"):
        require_feasible(make_problem(graph([(1, 0, 1, 2)], [3, 3, 3]), board))


@pytest.mark.parametrize("seed", range(60))
def test_what_has_a_solution_is_not_called_infeasible(seed):
    problem = random_case(seed, n_nodes=5, n_fpgas=3, n_resources=2)
    solvable = any(not problem.violations(Partition(p, [])) for p in product(range(3), repeat=5))
    assert not (solvable and explain(problem))


@pytest.mark.parametrize("seed", range(30))
def test_shortfalls_and_violations_come_together(seed):
    problem = random_case(seed)
    partition = random_partition(problem, seed)
    found = shortfalls(problem, partition)
    assert bool(found) == bool(problem.violations(partition))
    used = partition.usage(problem.graph, problem.board)
    over = {(f.fpga, f.resource): f.needed - f.available for f in found if f.kind == "resource"}
    for q, r in np.argwhere(used > problem.capacity):
        assert over[problem.board.names[q], problem.resources[r]] == used[q, r] - problem.capacity[q, r]


def test_nets_that_go_too_far_are_counted_by_pair():
    board = Board(CHAIN.names, CHAIN.capacity, CHAIN.external_limit, CHAIN.links, 1)
    (found,) = shortfalls(make_problem(EXAMPLE, board), Partition([0, 0, 0, 2, 2], []))
    assert found.message == "2 nets, such as that of g1, go from FPGA1 to FPGA3: 2 hops, at most 1 are allowed"
    (found,) = shortfalls(make_problem(EXAMPLE, board), Partition([0, 0], []))
    assert found.kind == "shape"

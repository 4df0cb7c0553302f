"""Problems refuse what does not fit; limits of places are kept."""

from dataclasses import replace

import numpy as np
import pytest
from small_partitions import CHAIN, EXAMPLE

from eda.errors import InputError, UsageError
from eda.ir.hypergraph import Partition
from eda.partition.problem import make_problem

A = Partition([0, 0, 1, 2, 2], [])


@pytest.mark.parametrize(
    ("limits", "error", "message"),
    [
        ({"objective": "hop"}, UsageError, "no objective 'hop' .did you mean 'hops'"),
        ({"fixed": [0]}, InputError, r"fixed has the shape \(1,\), expected \(5,\)"),
        ({"fixed": [0, 3, 0, 0, 0]}, InputError, r"fixed: an FPGA outside 0\.\.2"),
        ({"capacity": np.full((3, 1), -1)}, InputError, "capacity: a number is below 0"),
        ({"link_widths": [1, 0]}, InputError, "link_widths: a number is below 1"),
        ({"apart": [[0, 5]]}, InputError, r"apart: a node outside 0\.\.4"),
        ({"fixed": [0, 1, -1, -1, -1], "group": [7, 7, -1, -1, -1]}, InputError, "node g1 is fixed otherwise than its group"),
    ],
)
def test_what_makes_no_sense_is_named(limits, error, message):
    with pytest.raises(error, match=message):
        make_problem(EXAMPLE, CHAIN, **limits)


def test_a_group_is_fixed_where_one_of_it_is():
    problem = make_problem(EXAMPLE, CHAIN, fixed=[-1, 2, -1, -1, -1], group=[3, 3, -1, 0, 0])
    assert problem.fixed.tolist() == [2, 2, -1, -1, -1]


@pytest.mark.parametrize(
    ("limits", "partition", "sentence"),
    [
        ({"fixed": [1, -1, -1, -1, -1]}, A, "node g1 is fixed on FPGA2, its primary stands elsewhere"),
        ({"group": [-1, -1, 0, 0, -1]}, A, "node g4 stands on another FPGA than its group"),
        ({"apart": [[0, 4, 1]]}, A, "g1 and g2 must stand apart, both have a copy on FPGA1"),
        ({"apart": [[0, 4]]}, Partition(A.primary, [(0, 2)]), "g1 and g5 must stand apart, both have a copy on FPGA3"),
        (
            {"replicable": [False, True, True, True, True]},
            Partition(A.primary, [(0, 2)]),
            "node g1 has a replica, it must have none",
        ),
        ({"capacity": [[1], [4], [4]]}, A, "FPGA1 uses 2 of resource 0, its capacity is 1"),
    ],
)
def test_every_limit_is_kept(limits, partition, sentence):
    assert make_problem(EXAMPLE, CHAIN).violations(partition) == ()
    assert make_problem(EXAMPLE, CHAIN, **limits).violations(partition) == (sentence,)


def test_a_partition_of_another_hypergraph_is_refused_in_one_sentence():
    problem = make_problem(EXAMPLE, CHAIN, apart=[[0, 1]])
    assert problem.violations(Partition([0, 0], [])) == ("primaries for 2 nodes, the hypergraph has 5",)
    assert problem.violations(Partition([0, 0, 9, 0, 0], []))[0] == "node g3 has no primary FPGA on the board"


def test_targets_lower_the_limits_and_leave_the_board():
    problem = replace(make_problem(EXAMPLE, CHAIN), capacity=np.full((3, 1), 3))
    assert problem.limits.capacity.max() == 3
    assert problem.board.capacity.max() == 4

"""Moves of a state: what one is said to cost, what comes of it, and a count from nothing agree."""

import numpy as np
import pytest
from small_partitions import random_case, random_partition

from eda.partition.model import copy_state, from_partition, model_of, to_partition
from eda.partition.state_kernels import random_states, recount


@pytest.mark.parametrize("seed", range(5))
def test_moves_cost_what_they_are_said_to_and_counts_agree(seed):
    problem = random_case(seed)
    model = model_of(problem)
    state = from_partition(problem, model, random_partition(problem, seed))
    before = state.primary.copy()
    assert random_states(model, state, 2000, seed) == 0
    assert (state.primary != before).any()
    again = copy_state(state)
    recount(model, again)
    for name in ("sinks", "remote", "used", "load", "met", "totals"):
        assert np.array_equal(getattr(again, name), getattr(state, name)), name


@pytest.mark.parametrize("seed", range(5))
def test_a_partition_survives_the_way_there_and_back(seed):
    problem = random_case(seed)
    partition = random_partition(problem, seed)
    back = to_partition(problem, from_partition(problem, model_of(problem), partition))
    assert np.array_equal(back.primary, partition.primary)
    assert np.array_equal(back.locations(problem.board.n_fpgas), partition.locations(problem.board.n_fpgas))

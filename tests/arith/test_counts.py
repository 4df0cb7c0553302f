import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.arith.counts import (
    dadda_targets,
    earliest_stages,
    legalise_columns,
    legalise_stages,
    minimum_counts,
    stage_bound,
)
from eda.errors import InputError
from eda.ir.tree import stage_heights

HEIGHTS = st.lists(st.integers(0, 9), min_size=1, max_size=8).map(np.array)


def residues(heights, full, half):
    carries = np.concatenate(([0], (full + half)[:-1]))
    return heights + carries - 2 * full - half


def guesses(data, width, stages=None):
    shape = width if stages is None else stages * width
    numbers = data.draw(st.lists(st.integers(-3, 6), min_size=2 * shape, max_size=2 * shape))
    full, half = np.array(numbers[:shape]), np.array(numbers[shape:])
    return (full, half) if stages is None else (full.reshape(stages, width), half.reshape(stages, width))


@given(HEIGHTS, st.data())
def test_legal_columns_end_with_one_or_two_dots_and_stay_as_they_are(heights, data):
    full, half = legalise_columns(heights, *guesses(data, len(heights)))
    left = residues(heights, full, half)
    arriving = left + 2 * full + half
    assert (full >= 0).all()
    assert (half >= 0).all()
    assert ((left >= np.minimum(arriving, 1)) & (left <= 2)).all()
    again = legalise_columns(heights, full, half)
    assert np.array_equal(again, (full, half))


@given(HEIGHTS, st.data())
def test_legal_stages_obey_the_dots_that_are_there_and_stay_as_they_are(heights, data):
    stages = data.draw(st.integers(0, 4))
    full, half, _ = legalise_stages(heights, *guesses(data, len(heights), stages))
    n = stage_heights(heights, full, half)
    assert (3 * full + 2 * half <= n[:-1]).all()
    assert n[-1].max() <= 2
    again = legalise_stages(heights, full, half)
    assert np.array_equal(again[0], full)
    assert np.array_equal(again[1], half)
    assert again[2] == 0


def test_edits_count_the_adders_taken_away_and_added():
    full, half, edits = legalise_stages(np.array([3, 0]), np.array([[0, 0]]), np.array([[2, 1]]))
    assert (full.tolist(), half.tolist(), edits) == ([[0, 0]], [[1, 0]], 2)
    full, half, edits = legalise_stages(np.array([3, 0]), np.zeros((0, 2)), np.zeros((0, 2)))
    assert (full.tolist(), half.tolist(), edits) == ([[1, 0]], [[0, 0]], 1)


@given(HEIGHTS)
def test_minimum_counts_are_legal_and_leave_two_dots_where_there_were_more(heights):
    full, half = minimum_counts(heights)
    left = residues(heights, full, half)
    assert (left[full + half > 0] == 2).all()
    assert np.array_equal(legalise_columns(heights, full, half), (full, half))


@given(HEIGHTS, st.data())
def test_earliest_stages_place_every_adder_of_legal_counts(heights, data):
    full, half = legalise_columns(heights, *guesses(data, len(heights)))
    fulls, halves = earliest_stages(heights, full, half)
    assert np.array_equal(fulls.sum(axis=0), full)
    assert np.array_equal(halves.sum(axis=0), half)
    assert legalise_stages(heights, fulls, halves)[2] == 0


def test_illegal_column_counts_cannot_be_staged():
    with pytest.raises(InputError, match="column 1 has 1 dots for its last adders"):
        earliest_stages(np.array([1, 1]), np.array([0, 1]), np.array([0, 0]))


@pytest.mark.parametrize(
    ("height", "targets"), [(1, []), (2, []), (3, [2]), (4, [3, 2]), (7, [6, 4, 3, 2]), (13, [9, 6, 4, 3, 2])]
)
def test_dadda_targets(height, targets):
    assert dadda_targets(height) == targets
    assert stage_bound(height) == len(targets)

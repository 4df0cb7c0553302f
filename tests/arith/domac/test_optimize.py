from itertools import pairwise

import numpy as np
import pytest

from eda.arith.domac import TREE_ALONE, method, optimize_tree
from eda.errors import UsageError

pytest.importorskip("torch")
pytest.importorskip("scipy")


def quick(**changes):
    return method(changes.pop("method", "improved"), where=TREE_ALONE, **{"steps": 30, "seeds": 2, **changes})


def test_a_choice_of_implementations_beats_the_library_adders(pdk, and_array):
    result = optimize_tree(and_array(6), pdk, quick())
    assert result.trees[0].exact_ps < 0.96 * result.start_ps


def test_never_slower_than_the_start(pdk, and_array):
    result = optimize_tree(and_array(6), pdk, quick(implementations="cell", steps=3, seeds=1, bonus=0.0))
    assert result.trees[0].exact_ps <= result.start_ps
    assert any(t.seed is None and t.exact_ps == result.start_ps for t in result.trees)


@pytest.mark.parametrize("name", ["domac", "improved"])
def test_every_result_is_a_legal_tree_over_the_same_heap(pdk, and_array, name):
    heap = and_array(6)
    result = optimize_tree(heap, pdk, quick(method=name, weights=(0.0, 0.3)))
    for found in result.trees:
        found.tree.verify()
        assert np.array_equal(found.tree.heap.net, heap.net)
        assert found.tree.n_compressors == result.trees[0].tree.n_compressors


def test_equal_seeds_give_equal_trees(pdk, and_array):
    first, second = (optimize_tree(and_array(5), pdk, quick()) for _ in range(2))
    assert [t.tree.digest for t in first.trees] == [t.tree.digest for t in second.trees]
    other = optimize_tree(and_array(5), pdk, quick(seed=77))
    assert [t.tree.digest for t in other.trees] != [t.tree.digest for t in first.trees]


def test_required_times_move_the_effort_to_other_columns(pdk, and_array):
    heap = and_array(6)
    even = optimize_tree(heap, pdk, quick(implementations="cell"))
    limit = np.zeros(12)
    limit[6:] = -1000.0
    skewed = optimize_tree(heap, pdk, quick(implementations="cell"), required=limit)
    assert skewed.trees[0].exact_ps > 1000.0
    assert skewed.trees[0].exact_ps - 1000.0 <= even.trees[0].exact_ps


def test_an_interrupt_returns_what_there_is(pdk, and_array):
    def stop(step, steps, worst):
        if step == 5:
            raise KeyboardInterrupt

    result = optimize_tree(and_array(6), pdk, quick(), progress=stop)
    assert len(result.history) == 5
    assert result.trees[0].exact_ps <= result.start_ps


def test_a_larger_weight_gives_smaller_trees(pdk, and_array):
    fast, small = (optimize_tree(and_array(6), pdk, quick(weights=(w,))).trees[0] for w in (0.0, 1.0))
    assert small.area < fast.area


def test_the_front_falls_in_area(pdk, and_array):
    front = optimize_tree(and_array(6), pdk, quick(weights=(0.0, 0.3))).front
    assert all(a.exact_ps <= b.exact_ps and a.area > b.area for a, b in pairwise(front))


def test_required_times_must_fit(pdk, and_array):
    with pytest.raises(UsageError, match="required times of shape"):
        optimize_tree(and_array(4), pdk, quick(), required=[1.0])


def test_missing_packages_are_named_and_not_needed_for_local_search(pdk, and_array, monkeypatch):
    monkeypatch.setattr("eda.arith.domac.optimize.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="the descent needs torch"):
        optimize_tree(and_array(4), pdk, quick())
    result = optimize_tree(and_array(6), pdk, quick(steps=0))
    assert result.trees[0].exact_ps < result.start_ps
    assert result.history == ()

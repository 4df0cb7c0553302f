import numpy as np
import pytest

from eda.arith.domac import METHODS, Coefficient, Options, method, tree_timing
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.descent import descend, indecision
from eda.arith.domac.exact import TREE_ALONE
from eda.arith.domac.layout import layout
from eda.errors import UsageError


def test_a_coefficient_begins_and_grows():
    c = Coefficient(0.5, 1.1, begin=3)
    assert [c.at(s) for s in (0, 2)] == [0.0, 0.0]
    assert c.at(3) == 0.5
    assert c.at(13) == pytest.approx(0.5 * 1.1**10)


@pytest.mark.parametrize("name", METHODS)
def test_the_descent_sees_the_coefficients_grow(pdk, tree_of, name):
    pytest.importorskip("torch")
    pytest.importorskip("scipy")
    options = method(name, where=TREE_ALONE, steps=110, seeds=1)
    plan = layout(tree_of(4).staged())
    history = descend(plan, composite_bank(pdk), options, np.zeros(8), 1.0, None).history
    assert history[109].decide > 1.2 * history[100].decide > 0
    if name == "domac":
        assert history[0].decide == history[99].decide == 0.0
        assert history[50].match == pytest.approx(1.02**50)


def test_the_penalties_decide_the_wiring(pdk, tree_of):
    pytest.importorskip("torch")
    pytest.importorskip("scipy")
    history = descend(
        layout(tree_of(5).staged()),
        composite_bank(pdk),
        method("improved", where=TREE_ALONE, steps=120),
        np.zeros(10),
        1.0,
        None,
    ).history
    assert 0 < history[-1].undecided < 0.1 * history[0].undecided


def test_the_published_measure_holds_seven_choices_at_equal_shares():
    torch = pytest.importorskip("torch")
    even = torch.full((1, 7), 1 / 7, dtype=torch.float64)
    tilted = even + 0.01 * torch.tensor([6.0, -1, -1, -1, -1, -1, -1])
    assert indecision(tilted, "product") > indecision(even, "product")
    assert indecision(tilted, "gini") < indecision(even, "gini")


@pytest.mark.parametrize("weight", [0.0, 0.2])
def test_legal_trees_are_as_fast_as_the_relaxation_said(pdk, tree_of, weight):
    pytest.importorskip("torch")
    pytest.importorskip("scipy")
    options = method("improved", where=TREE_ALONE, weights=(weight,), seeds=2, steps=200)
    done = descend(layout(tree_of(8).staged()), composite_bank(pdk), options, np.zeros(16), 2.5, None)
    for tree, relaxed in zip(done.trees, done.relaxed_ps, strict=True):
        assert tree_timing(tree, pdk).delay_ps == pytest.approx(relaxed, rel=0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "tmd"}, "no start 'tmd' .did you mean 'tdm'"),
        ({"wiring": "hard"}, "no wiring 'hard'"),
        ({"nets": "max"}, "no net model 'max'"),
        ({"implementations": "all"}, "no implementations 'all'"),
        ({"device": "tpu"}, "no device 'tpu'"),
        ({"seeds": 0}, "at least one seed"),
    ],
)
def test_unknown_choices_are_named(changes, message):
    with pytest.raises(UsageError, match=message):
        Options(**changes)


def test_unknown_methods_are_named():
    with pytest.raises(UsageError, match="no method 'domca'"):
        method("domca")

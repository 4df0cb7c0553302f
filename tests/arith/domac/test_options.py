import numpy as np
import pytest

from eda.arith.domac import METHODS, Coefficient, Options, method
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.descent import descend
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
    assert history[-1].undecided < 1e-3 < history[0].undecided


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

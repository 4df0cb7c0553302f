import pytest

from eda.arith.config import Config
from eda.arith.generate import begin, finish
from eda.arith.prefix_joint import joint
from eda.arith.trees import compress
from eda.errors import ToolNotFound
from eda.ir.tree import ADDER_CELL
from eda.proof.check import check_spec
from eda.tech.pdk import find_pdk


@pytest.fixture(scope="module")
def pdk():
    try:
        return find_pdk("nangate45")
    except ToolNotFound as e:
        pytest.skip(str(e))


@pytest.mark.parametrize(
    "config",
    [
        Config("multiplier", 5),
        Config("multiplier", 6, width_b=3, signed=True, ppg="booth"),
        Config("mac", 4),
        Config("multiplier", 5, required={"p": 400.0, "p[9]": 500.0, "p[2]": 150.0}),
    ],
    ids=lambda c: c.name,
)
def test_every_design_computes_its_specification(pdk, config):
    for design in joint(begin(config), pdk, points=3, moves=500):
        assert check_spec(design.netlist, design.spec).status == "proven"
        assert set(design.tree.impl.tolist()) == {ADDER_CELL}


def test_designs_grow_from_a_ripple(pdk):
    designs = joint(begin(Config("multiplier", 8)), pdk, points=4, moves=1000)
    sizes = [d.prefix.size for d in designs]
    assert sizes == sorted(sizes)
    assert sizes[0] == designs[0].prefix.n - 1
    assert len(designs) > 2


def test_equal_arguments_give_equal_designs(pdk):
    draft = begin(Config("multiplier", 6))
    first, second = (joint(draft, pdk, points=3, moves=500) for _ in range(2))
    assert [(d.tree.digest, d.prefix) for d in first] == [(d.tree.digest, d.prefix) for d in second]


def test_the_draft_stays_usable(pdk):
    draft = begin(Config("multiplier", 4))
    joint(draft, pdk, points=2, moves=100)
    assert finish(draft, compress("dadda", draft.heap, draft.config.delays)).netlist.n_cells > 0


def test_a_heap_without_carries_has_no_graph(pdk):
    (design,) = joint(begin(Config("multiplier", 4, width_b=1)), pdk)
    assert design.prefix is None

import numpy as np
import pytest
from mapped_random import random_netlist

from eda.tech.liberty import parse_liberty
from eda.timing.area import area
from eda.timing.batch import analyze_batch, sizing
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze
from eda.timing.variants import resize


@pytest.fixture(scope="session")
def doubled(tiny_path):
    """Our library with a stronger, larger, slower-setup twin of every cell."""
    text = tiny_path.read_text()
    head, *cells = text.split("\n  cell (")
    body = "\n  cell (".join(["", *cells]).rpartition("}")[0]
    twin = body.replace("_X1", "_X4").replace("_X2", "_X8")
    for old, new in (("area : ", "area : 2"), ("capacitance : 0.001", "capacitance : 0.0023"), ('("0.03', '("0.02')):
        twin = twin.replace(old, new)
    return parse_liberty(f"{head}{body}{twin}\n}}\n", tiny_path)


CONSTRAINTS = [
    Constraints(driver="BUF_X1", load_ff=5.0, period_ps=700.0),
    Constraints(input_slew_ps=30.0, load_ff=2.0, output_delay_ps=15.0),
]


@pytest.mark.parametrize("constraints", CONSTRAINTS)
@pytest.mark.parametrize("seed", range(3))
def test_every_sizing_of_a_batch_is_timed_as_if_alone(doubled, constraints, seed):
    netlist = random_netlist(doubled, 120, seed)
    prepared = sizing(netlist, doubled, constraints)
    assert (prepared.choices.count > 1).mean() > 0.8
    rng = np.random.default_rng(seed)
    choice = rng.integers(0, prepared.choices.count, size=(5, netlist.n_cells))
    choice[0] = prepared.choices.initial
    batch = analyze_batch(prepared, choice)
    assert len({float(d) for d in batch.delay_ps}) > 1
    for b, own in enumerate(choice):
        resized = resize(netlist, doubled, prepared.choices, own)
        alone = analyze(resized, doubled, constraints)
        assert batch.delay_ps[b] == alone.delay_ps
        assert np.array_equal(batch.arrival[b], alone.arrival)
        assert np.array_equal(batch.slew[b], alone.slew)
        assert np.array_equal(batch.load[b], alone.load)
        assert batch.wns[b] == pytest.approx(alone.wns, abs=1e-9)
        assert batch.tns[b] == pytest.approx(alone.tns, abs=1e-6)
        assert batch.area[b] == pytest.approx(area(resized, doubled))


def test_an_empty_batch_gives_an_empty_result(tiny):
    netlist = random_netlist(tiny, 20, seed=1)
    batch = analyze_batch(sizing(netlist, tiny), np.zeros((0, netlist.n_cells), dtype=int))
    assert batch.delay_ps.shape == (0,)
    assert batch.arrival.shape == (0, netlist.n_nets, 2)

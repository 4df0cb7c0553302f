import numpy as np
import pytest

from eda.arith.library_delays import library_delays
from eda.arith.prefix_library import library_model
from eda.arith.prefix_model import lateness
from eda.errors import ToolNotFound
from eda.ir.prefix import PrefixGraph
from eda.tech.pdk import find_pdk


@pytest.fixture(scope="module", params=["nangate45", "sky130hd"])
def pdk(request):
    try:
        return find_pdk(request.param)
    except ToolNotFound as e:
        pytest.skip(str(e))


def test_drivers_rise_with_their_load_and_bend_where_larger_ones_pay(pdk):
    drive = library_model(pdk).drive
    assert (np.diff(drive, axis=1) > 0).all()
    assert (drive[:, 2] - drive[:, 0] > drive[:, -1] - drive[:, -3]).all()


def test_a_node_takes_about_as_long_as_in_the_linear_model(pdk):
    node = library_model(pdk).by_readers(2)[1]
    delays = library_delays(pdk)
    assert node == pytest.approx(delays.prefix + delays.per_fanout, rel=0.5)


def test_a_late_propagate_bit_delays_the_carry(pdk):
    model = library_model(pdk)
    graph = PrefixGraph.legalised(np.eye(4, dtype=bool))
    early = np.zeros((4, 2))
    late = early.copy()
    late[3, 1] = 500.0
    assert 500.0 < lateness(graph, late, model) < 500.0 + lateness(graph, early, model)

"""Reports and charts of schedules."""

import numpy as np
import pytest
from datapaths import flow_of

from eda.errors import UsageError
from eda.ir.dataflow import Schedule
from eda.schedule.plot import plot
from eda.schedule.stages import stage_text, stages


def chain():
    operations = [("input", 0, 4), ("add", 0, 5), ("mul", 2, 8), ("add", 0, 8)]
    return flow_of(operations, [(0, 1, 0, 0), (1, 2, 0, 0), (2, 3, 0, 0), (0, 3, 1, 0)], {"mul": 1})


def test_each_step_tells_what_runs_waits_and_takes_longest():
    rows = stages(chain(), Schedule(np.array([0, 0, 0, 2])), [0, 2.0, 3.0, 2.5], [0, 2.0, 0.5, 2.5])
    assert [row.starts for row in rows] == [("n0", "n1", "n2"), (), ("n3",)]
    assert [dict(row.units) for row in rows] == [{"mul": 1}, {}, {}]
    assert [row.live_bits for row in rows] == [4, 4, 0]
    assert [(row.delay, row.path) for row in rows] == [(5.0, ("n1", "n2")), (0.0, ()), (3.0, ("n2", "n3"))]


def test_the_report_is_a_line_per_step():
    text = stage_text(stages(chain(), Schedule(np.array([0, 0, 1, 4]), 2)))
    assert text.splitlines()[0] == "step 0: n0 n1; no units; 9 bits wait"
    assert len(text.splitlines()) == 5


def test_units_of_a_pipeline_are_those_of_all_iterations():
    rows = stages(chain(), Schedule(np.array([0, 0, 1, 4]), 2))
    assert [row.units.get("mul", 0) for row in rows] == [0, 1, 0, 1, 0]


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_chart_is_drawn(tmp_path, ending):
    path = plot(chain(), Schedule(np.array([0, 0, 1, 4]), 2), tmp_path / f"gantt.{ending}")
    assert path.stat().st_size > 1000


def test_a_chart_that_cannot_be_drawn_is_explained(tmp_path):
    with pytest.raises(UsageError, match=r"gantt\.xyz cannot be drawn"):
        plot(chain(), Schedule(np.array([0, 0, 1, 4])), tmp_path / "gantt.xyz")
    many = flow_of([("add", 1, 4)] * 500, [])
    with pytest.raises(UsageError, match="500 rows are too many"):
        plot(many, Schedule(np.zeros(500)), tmp_path / "gantt.png")

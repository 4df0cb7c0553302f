"""Measures on a schedule counted by hand, and against the independent checker."""

import importlib.util
import json

import numpy as np
import pytest
from datapaths import flow_of

from eda.ir.dataflow import Schedule
from eda.schedule.formats import read_problem
from eda.schedule.ims import ims
from eda.schedule.lists import list_schedule
from eda.schedule.metrics import metrics, objective_value
from eda.schedule.problem import Problem
from eda.schedule.result import Result, violations

FLOW = flow_of(
    [("add", 1, 8), ("mul", 2, 4), ("add", 1, 8)], [(0, 1, 0, 0), (0, 2, 0, 0), (1, 2, 1, 0), (0, 2, 1, 0)],
    {"add": 2, "mul": -1},
)  # fmt: skip


def test_a_schedule_counted_by_hand():
    """0 at step 0, 1 at step 2, 2 at step 5: value 0 waits from step 1 to 5, value 1 from 4 to 5."""
    found = metrics(Problem(FLOW), Schedule(np.array([0, 2, 5])))
    assert found.latency == 6
    assert found.resources == {"add": 1, "mul": 1}
    assert found.communication == 2 + 5 + 3  # equal edges once
    assert found.lifetime_sum == 8 * 5 + 4 * 3
    assert found.registers == 8 * 4 + 4 * 1
    assert found.max_live == 12
    assert found.peak_live == 12
    assert found.peak_memory == 8 + 4 + 8


def test_objectives_are_made_of_them():
    schedule = Schedule(np.array([0, 1, 3]))
    assert objective_value(Problem(FLOW, "joint", alpha=10.0, areas=(1.0, 3.0)), schedule) == 40 + 1 + 3 + 2
    assert objective_value(Problem(FLOW, "area", areas=(1.0, 3.0)), schedule) == 4
    assert objective_value(Problem(FLOW, "ii"), Schedule(np.array([0, 1, 3]), 2)) == 2


def test_violations_are_sentences():
    problem = Problem(FLOW, latency=4, earliest=np.array([0, 2, 0]), ii=3)
    assert violations(problem, Schedule(np.array([0, 1, 4]), 2)) == (
        "the latency is 5, the limit 4",
        "the initiation interval is 2, asked for was 3",
        "n1 starts at step 1, before 2",
    )
    assert "n1 starts at step 0, n0 is ready at step 1" in violations(Problem(FLOW), Schedule(np.array([0, 0, 3])))[0]


def test_a_result_with_a_wrong_objective_is_found_out():
    result = Result(Schedule(np.array([0, 1, 3])), 3.0, 3.0, "by hand")
    assert result.verify(Problem(FLOW)) == ("the objective is 4.0, not 3.0",)


@pytest.fixture
def checker(eda_data):
    path = eda_data.parent / "checks" / "schedule_check.py"
    if not path.exists():
        pytest.skip("no independent checker beside the data")
    spec = importlib.util.spec_from_file_location("schedule_check", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    ["schedule/heurigym/hal.json", "schedule/heurigym/idctcol.json", "**/aes2/graph6.200MHz.graphml", "**/ctrl.a*"],
)
def test_the_independent_checker_agrees(name, eda_data, checker, tmp_path, capsys):
    path = next(eda_data.glob(name))
    problem = read_problem(path)
    result = (ims if problem.objective == "ii" else list_schedule)(problem)
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(result.to_dict(problem)))
    status = checker.main([str(path), str(answer), "--claims"])
    printed = json.loads(capsys.readouterr().out)
    assert status == 0, printed

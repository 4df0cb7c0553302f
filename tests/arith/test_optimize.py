"""The optimization of whole circuits: from a goal to proven points."""

import itertools
from dataclasses import replace

import pytest

from eda.arith.config import Config
from eda.arith.optimize import STEPS, Archive, Goal, Point, optimize, proven
from eda.arith.optimize.realise import surroundings
from eda.errors import ProofError, UsageError
from eda.ir.builder import Builder
from eda.tech.pdk import find_pdk
from eda.timing.area import area
from eda.timing.sta import analyze

QUICK = frozenset({"domac", "booth", "rewire", "buffers", "cells", "joint"})


@pytest.fixture(scope="module")
def pdk():
    return find_pdk("nangate45")


@pytest.fixture(scope="module")
def goal(pdk):
    return Goal(Config("multiplier", 3), pdk, without=QUICK)


@pytest.fixture(scope="module")
def found(goal):
    return optimize(goal)


def test_points_are_a_front_with_exact_figures(goal, found):
    points = found.archive.points
    assert found.complete
    assert len(points) > 3
    for a, b in itertools.pairwise(points):
        assert a.delay_ps < b.delay_ps
        assert a.area > b.area
    for p in points:
        assert p.delay_ps == analyze(p.netlist, goal.pdk.library, surroundings(goal)).delay_ps
        assert p.area == pytest.approx(area(p.netlist, goal.pdk.library))


def test_all_points_are_proven(goal, found):
    circuits = proven(goal, found.archive.points)
    assert len(circuits) == len(found.archive.points)
    assert all(c.verdict.status == "proven" for c in circuits)


def test_a_wrong_circuit_is_refused(goal, found):
    b = Builder("wrong")
    a, x = b.input("a", 3), b.input("b", 3)
    b.output("p", [b.and_(a[0], x[0])] * 6)
    wrong = replace(found.archive.points[0], netlist=b.build())
    with pytest.raises(ProofError, match="is not"):
        proven(goal, [wrong])


def test_a_target_gives_the_least_area_that_meets_it(goal, found):
    middle = found.archive.points[len(found.archive.points) // 2]
    points = optimize(replace(goal, targets=(middle.delay_ps,))).archive.points
    assert min(p.area for p in points if p.delay_ps <= middle.delay_ps) <= middle.area * 1.02


def test_a_largest_area_is_kept(goal, found):
    limit = found.archive.points[-2].area
    assert all(p.area <= limit for p in optimize(replace(goal, max_area=limit)).archive.points)


def test_late_operands_make_a_slower_circuit(goal, found):
    late = replace(goal, config=replace(goal.config, arrivals={"a": 100.0}))
    points = optimize(late).archive.points
    assert points[0].delay_ps > found.archive.points[0].delay_ps + 50.0


def test_stages_make_a_pipeline(goal):
    point = optimize(replace(goal, stages=2)).archive.points[0]
    assert len(point.netlist.state_cells) > 0
    assert proven(replace(goal, stages=2), [point])[0].verdict.latency == (1, 0)


@pytest.mark.parametrize("step", sorted(set(STEPS) - QUICK - {"mapping"}))
def test_what_a_step_leaves_out_is_no_better(goal, found, step):
    """Each step only adds choices, so without it no point may lie clearly below the front."""
    points = optimize(replace(goal, without=goal.without | {step})).archive.points
    assert points
    for p in points:
        assert found.archive.least_area(p.delay_ps * 1.05) <= p.area * 1.05


def test_equal_goals_give_equal_points(goal, found):
    again = optimize(goal).archive.points
    assert [(p.delay_ps, p.area, p.name) for p in again] == [(p.delay_ps, p.area, p.name) for p in found.archive.points]


def test_an_interrupt_keeps_what_was_found(goal):
    def stop(what, archive):
        if archive.points:
            raise KeyboardInterrupt

    found = optimize(goal, progress=stop)
    assert not found.complete
    assert found.archive.points


def test_time_runs_out(goal):
    assert not optimize(goal, time_limit=0.0).complete


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "domak"}, "did you mean 'domac'"),
        ({"without": frozenset({"boot"})}, "did you mean 'booth'"),
        ({"stages": 0}, "at least 1"),
        ({"targets": (-5.0,)}, "must be positive"),
        ({"max_area": 0.0}, "must be positive"),
    ],
)
def test_senseless_goals_are_refused(goal, changes, message):
    with pytest.raises(UsageError, match=message):
        replace(goal, **changes)


def test_an_archive_keeps_what_no_other_dominates(found):
    design, netlist = found.archive.points[0].design, found.archive.points[0].netlist
    archive = Archive()

    def add(delay, area):
        return archive.add(Point(delay, area, netlist, design, {}))

    assert [add(5, 5), add(5, 5), add(6, 4), add(4, 6), add(7, 4), add(4, 5)] == [True, False, True, True, False, True]
    assert [(p.delay_ps, p.area) for p in archive.points] == [(4, 5), (6, 4)]
    assert archive.least_area(5) == 5
    assert archive.least_area(3) == float("inf")

"""Combinational paths fit into the clock exactly when the added edges are kept."""

import itertools
import random

import numpy as np
import pytest
from datapaths import flow_of

from eda.errors import InputError
from eda.ir.dataflow import Schedule
from eda.schedule.bounds import least_interval
from eda.schedule.chaining import arrivals, chained
from eda.schedule.formats import read_graph
from eda.schedule.problem import Problem, earliest


def fits(flow, schedule, clock, d_in, d_out):
    arrival, _ = arrivals(flow, schedule, d_in, d_out)
    return bool((arrival + d_in <= clock + 1e-9).all())


@pytest.mark.parametrize("seed", range(40))
def test_the_edges_are_kept_by_just_the_schedules_that_fit(seed):
    rng = random.Random(seed)
    n = rng.choice((3, 4))
    latency = [rng.choice((0, 0, 1)) for _ in range(n)]
    edges = [(u, v, u, 0) for u, v in itertools.combinations(range(n), 2) if rng.random() < 0.6]
    edges += [(rng.randrange(n), rng.randrange(n), n, 1)]
    flow = flow_of([("add", k, 1) for k in latency], edges)
    d_in = np.array([rng.randrange(1, 6) for _ in range(n)], dtype=float)
    d_out = np.where(np.array(latency) == 0, d_in, [rng.randrange(6) for _ in range(n)])
    longer = chained(flow, 7.0, d_in, d_out)
    for start in itertools.product(range(4), repeat=n):
        schedule = Schedule(np.array(start), 2)
        if not schedule.verify(flow):
            assert (not schedule.verify(longer)) == fits(flow, schedule, 7.0, d_in, d_out), start


def test_a_loop_through_a_register_counts():
    """llvm/circt#8506: latency 1, 8 to the register and 3 from it, clock 10, its own operand one iteration later."""
    flow = chained(flow_of([("op", 1, 1)], [(0, 0, 0, 1)]), 10.0, [8.0], [3.0])
    assert Schedule(np.array([0]), 1).verify(flow)
    assert not Schedule(np.array([0]), 2).verify(flow)


def test_a_clock_that_fits_adds_nothing():
    flow = flow_of([("add", 0, 1)] * 3, [(0, 1, 0, 0), (1, 2, 0, 0)])
    assert chained(flow, 3.0, [1.0] * 3, [1.0] * 3) is flow


def test_an_operation_slower_than_the_clock_is_named():
    flow = flow_of([("mul", 0, 8)], [])
    with pytest.raises(InputError, match=r"n0 \(mul\) has a delay in of 4, the clock period is 3"):
        chained(flow, 3.0, [4.0], [4.0])


def test_at_5_ns_steps_are_those_of_the_public_200_mhz_graphs(eda_data):
    found = sorted((eda_data / "schedule" / "hatschet" / "MachSuite").glob("*/*.200MHz.graphml"))[::4]
    assert found
    for path in found:
        public, _ = read_graph(path)
        plain, graph = read_graph(path.with_name(path.name.replace(".200MHz", "")))
        ours = chained(plain.flow, 5.0, graph.delay_in, graph.delay_out)
        ii = max(least_interval(ours).least, least_interval(public.flow).least)
        order = [public.flow.index[name] for name in ours.names]
        assert (earliest(Problem(ours, ii=ii)) == earliest(Problem(public.flow, ii=ii))[order]).all(), path.name

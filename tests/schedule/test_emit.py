"""Emitted datapaths compute what the unscheduled function computes, with the registers that were predicted."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from datapaths import first_schedule, flow_of, random_flow
from hypothesis import given, settings
from hypothesis import strategies as st

from eda.errors import InputError, ProofError, UnsupportedError
from eda.ir.dataflow import Schedule
from eda.schedule.datapath import datapath
from eda.schedule.emit import emit
from eda.schedule.simulate import simulate_emitted
from eda.schedule.unroll import prove


@pytest.mark.parametrize("seed", range(12))
def test_a_random_datapath_equals_its_function_in_icarus_and_formally(seed, iverilog):
    rng = random.Random(seed)
    flow = random_flow(rng, recurrent=seed % 2)
    emitted = emit(datapath(flow, first_schedule(flow)))
    result = simulate_emitted(emitted, vectors=200, seed=seed + 1)
    assert (result.vectors, result.errors) == (200, 0)
    proof = prove(emitted, time_limit=20)
    assert proof.verdict.status == "proven", str(proof.verdict)
    assert proof.registers == emitted.path.registers["total"]


def multiply_add(start, ii=1):
    operations = [("input", 0, 4), ("input", 0, 4), ("input", 0, 8), ("mul", 1, 8), ("add", 1, 9), ("output", 0, 9)]
    edges = [(0, 3, 0, 0), (1, 3, 1, 0), (3, 4, 0, 0), (2, 4, 1, 0), (4, 5, 0, 0)]
    return datapath(flow_of(operations, edges, name="mac"), Schedule(np.array(start), ii))


def test_registers_are_told_apart_by_what_they_are_for():
    path = multiply_add([0, 0, 1, 2, 5, 7])
    assert path.registers == {
        "waiting": 2 * 2 * 4 + 4 * 8 + 2 * 8 + 9, "results": 0, "inputs": 8, "operators": 17, "control": 7, "total": 105,
    }  # fmt: skip


def test_results_wait_for_the_last_one():
    flow = flow_of([("add", 0, 4), ("mul", 3, 4)], [])
    path = datapath(flow, Schedule(np.array([0, 0]), 1))
    assert path.end == 3
    assert path.registers["results"] == 3 * 4


def test_a_wrong_register_is_found_by_simulation_and_by_proof(iverilog):
    emitted = emit(multiply_add([0, 0, 0, 0, 1, 2]))
    assert re.search(r"v2_d1 <= v2;", emitted.text)
    wrong = replace(emitted, text=emitted.text.replace("v4_a1 = v2_d1", "v4_a1 = v2"))
    assert wrong.text != emitted.text
    assert simulate_emitted(wrong, vectors=100).errors > 0
    assert prove(wrong, time_limit=20).verdict.status == "different"


def test_operations_share_a_unit_in_different_phases(iverilog):
    operations = [("input", 0, 4)] + [("mul", 1, 4)] * 3
    flow = flow_of(operations, [(0, 1, 0, 0), (0, 1, 1, 0), (1, 2, 0, 0), (0, 2, 1, 0), (2, 3, 0, 0), (0, 3, 1, 0)], {"mul": 1})
    emitted = emit(datapath(flow, Schedule(np.array([0, 0, 1, 2]), 3)))
    assert emitted.text.count(" * ") == 1
    assert simulate_emitted(emitted, vectors=300).errors == 0


def test_without_an_interval_limited_units_take_turns_within_the_latency():
    flow = flow_of([("input", 0, 4), ("mul", 1, 4), ("mul", 1, 4)], [(0, 1, 0, 0), (1, 2, 0, 0)], {"mul": 1})
    path = datapath(flow, Schedule(np.array([0, 0, 1])))
    assert (path.interval, path.blocks) == (2, ((1, 2),))


def test_without_an_interval_and_limits_iterations_overlap_fully():
    assert multiply_add([0, 0, 0, 0, 1, 2], None).interval == 1


def test_a_loop_accumulates(iverilog):
    flow = flow_of([("input", 0, 6), ("add", 1, 6)], [(0, 1, 0, 0), (1, 1, 1, 1)])
    emitted = emit(datapath(flow, Schedule(np.array([0, 0]), 1)))
    assert emitted.path.recurrent
    assert simulate_emitted(emitted, vectors=100).errors == 0
    assert "all others by induction" in prove(emitted, time_limit=20).verdict.detail


def three_deep_loop():
    """A sum that every third iteration continues, in a pipeline of three stages."""
    flow = flow_of([("input", 0, 4), ("add", 2, 4), ("xor", 0, 4)], [(0, 1, 0, 0), (1, 1, 1, 3), (1, 2, 0, 0), (0, 2, 1, 0)])
    return emit(datapath(flow, Schedule(np.array([0, 1, 3]), 1)))


def test_a_loop_over_several_iterations_is_proven_by_induction(iverilog):
    emitted = three_deep_loop()
    assert simulate_emitted(emitted, vectors=200).errors == 0
    assert prove(emitted, time_limit=20).verdict.status == "proven"


def broken(emitted, right, wrong):
    assert right in emitted.text
    return replace(emitted, text=emitted.text.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("v1_a1 = v1_d1;", "v1_a1 = v1;"), ("& {4{valid[3]}}", "& {4{valid[2]}}"), ("v2_a1 = v0_d3", "v2_a1 = v0_d2")],
)
def test_a_wrong_loop_is_told_from_the_right_one(right, wrong):
    assert prove(broken(three_deep_loop(), right, wrong), time_limit=20).verdict.status == "different"


def test_a_loop_that_goes_on_without_inputs_is_found():
    with pytest.raises(ProofError, match="no register changes while inputs are missing"):
        prove(broken(three_deep_loop(), " || (1'b1 && !in_valid)", ""), time_limit=20)


def test_an_illegal_schedule_is_refused():
    with pytest.raises(InputError, match="not legal: n4 starts at step 0"):
        multiply_add([0, 0, 0, 0, 0, 2])


def test_a_slice_without_bounds_is_refused():
    flow = flow_of([("input", 0, 6), ("slice", 0, 2)], [(0, 1, 0, 0)])
    with pytest.raises(UnsupportedError, match="n1: expected bounds"):
        emit(datapath(flow, Schedule(np.array([0, 0]), 1)))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_the_waiting_bits_are_the_metric(seed):
    flow = random_flow(random.Random(seed), recurrent=seed % 2)
    schedule = first_schedule(flow)
    last = (schedule.start + flow.latency).tolist()
    for u, v, k in zip(flow.edge_source, flow.edge_target, flow.edge_distance, strict=True):
        last[u] = max(last[u], int(schedule.start[v] + schedule.ii * k))
    waits = np.array(last) - schedule.start - flow.latency
    assert datapath(flow, schedule).registers["waiting"] == (flow.width * waits).sum()

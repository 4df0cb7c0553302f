"""Scheduling problems from files: what is read, what is written again, and what is said of files that are wrong."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError, UnsupportedError
from eda.schedule.formats import read_graph, read_problem
from eda.schedule.formats.heurigym import parse_heurigym, to_json

FIR = {
    "delay": {"mul": 3, "add": 1},
    "resource": {"mul": 2},
    "nodes": [["m1", "mul"], ["m2", "mul"], ["s", "add"]],
    "edges": [["m1", "s", "lhs"], ["m2", "s", "rhs"], ["m1", "m2", "7"]],
}
GRAPH = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph>
<node id="1"><data key="uses_resource">ld</data></node><node id="2"><data key="uses_resource">add</data></node>
<edge source="1" target="2"><data key="distance">0</data><data key="delay">1</data></edge>
<edge source="2" target="1"><data key="distance">2</data><data key="deptype">Precedence</data></edge></graph></graphml>"""
MODEL = """<ModelInformation><Resources>
<Resource name="ld" latency="2" blockingTime="1" limit="1" physicalDelay="1.5"/>
<Resource name="add" latency="0" blockingTime="0" limit="-1" physicalDelay="0.7"/>
<Resource name="never" latency="1" limit="3"/></Resources></ModelInformation>"""
STAGED = """graph [ directed 1 # a comment
  node [ id 0 label "0" parameter 12 ]
  node [ id 1 label "1" parameter 0 ]
  edge [ source 0 target 1 name "e" parameter 5 ]
  edge [ source 1 target 0 parameter 0 ] ]"""


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_json_operators_hold_their_unit_for_the_whole_delay(tmp_path):
    flow = read_problem(write(tmp_path, "fir.json", json.dumps(FIR))).flow
    assert flow.names == ("m1", "m2", "s")
    assert flow.latency.tolist() == flow.demand_occupancy.tolist() == [3, 3, 1]
    assert dict(zip(flow.resources, flow.capacity.tolist(), strict=True)) == {"mul": 2, "add": -1}
    assert flow.edge_operand.tolist() == [0, 1, 0]


def test_our_json_adds_widths_distances_occupancies_areas_and_orders(tmp_path):
    more = FIR | {
        "occupancy": {"mul": 1},
        "area": {"mul": 9.5},
        "nodes": [["m1", "mul", {"width": 16}], ["m2", "mul"], ["s", "add", {"operation": "sub"}]],
        "edges": [["m1", "s", "rhs", {"distance": 2}], ["s", "m2", "", {"kind": "precedence", "delay": -1}]],
    }
    problem = read_problem(write(tmp_path, "more.json", json.dumps(more)))
    flow = problem.flow
    assert flow.width.tolist() == [16, 1, 1]
    assert flow.kinds == ("mul", "mul", "sub")
    assert flow.demand_occupancy.tolist() == [1, 1, 1]
    assert flow.edge_operand.tolist() == [1, -1]
    assert flow.edge_distance.tolist() == [2, 0]
    assert flow.edge_delay.tolist() == [0, -1]
    assert problem.areas == (9.5, 1.0)


@st.composite
def problems(draw):
    kinds = {f"k{i}": draw(st.integers(0, 4)) for i in range(draw(st.integers(1, 3)))}
    n = draw(st.integers(1, 8))
    kind, width = st.sampled_from(sorted(kinds)), st.integers(1, 64)
    nodes = [[f"v{i}", draw(kind), {"width": draw(width)}] for i in range(n)]
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(0, 3)), max_size=12))
    edges = [
        [f"v{u}", f"v{v}", "", {"distance": k + (u >= v), "kind": draw(st.sampled_from(["data", "precedence"]))}]
        for u, v, k in pairs
    ]
    data = {"delay": kinds, "resource": {k: 2 for k in kinds if draw(st.booleans())}, "nodes": nodes, "edges": edges}
    return data | {"area": dict.fromkeys(kinds, 1.5), "occupancy": {k: draw(st.integers(1, 4)) for k in kinds}}


@given(problems())
def test_json_written_and_read_again_is_the_same_problem(data):
    first = parse_heurigym(json.dumps(data), name="case")
    again = parse_heurigym(to_json(first), name="case")
    assert again.areas == first.areas
    for attribute, value in vars(first.flow).items():
        assert np.array_equal(getattr(again.flow, attribute), value), attribute


def test_what_json_cannot_say_is_not_written(tmp_path):
    text = "2 1\n3\n2 2 1 2\n1 0 0\n"  # the first job takes two units, the second none
    with pytest.raises(UnsupportedError, match="operation 1: JSON has one unit"):
        to_json(read_problem(write(tmp_path, "two.rcp", text)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"delay": {"mul": -3, "add": 1}}, "delay of mul: expected an integer from 0"),
        ({"delay": {"mul": 3}}, r"node s: the type 'add' has no delay"),
        ({"resource": {"mull": 2}}, r"\"resource\" names the type 'mull', which has no delay \(did you mean 'mul'\?\)"),
        ({"resource": {"mul": 1.5}}, "resource of mul: expected an integer"),
        ({"resource": [2]}, 'expected "resource" as an object'),
        ({"area": {"mul": "big"}}, "area of mul: expected a number"),
        ({"occupancy": {"mul": 0}}, "occupancy of mul: expected an integer from 1"),
        ({"nodes": [], "edges": []}, "expected operations, found none"),
        ({"nodes": 3}, 'expected "nodes" as a list'),
        ({"nodes": [["m1"]]}, r"expected a node \[id, type\], found \[\"m1\"\]"),
        ({"nodes": [["m1", "mul"], ["m1", "mul"]]}, "operation m1 appears twice"),
        ({"nodes": [["m1", "mul", {"widht": 3}]]}, r"unknown fact 'widht' \(did you mean 'width'\?\)"),
        ({"edges": [["m1", "m9", "lhs"]]}, "no operation 'm9'"),
        ({"edges": [["m1", "s", "lhs", {"distance": -1}]]}, "edge m1 -> s: distance: expected an integer from 0"),
        ({"edges": [["m1", "s", "lhs", {"kind": "date"}]]}, "expected the kind"),
        ({"edges": [["m1", "s", "a"], ["s", "m1", "a"]]}, "a loop of distance 0 takes time: .*m1.*s"),
    ],
)
def test_json_that_is_wrong_is_explained(tmp_path, change, said):
    path = write(tmp_path, "bad.json", json.dumps(FIR | change))
    with pytest.raises(InputError, match=r"bad\.json: .*" + said):
        read_problem(path)


def test_json_that_is_no_json_names_the_line(tmp_path):
    with pytest.raises(InputError, match=r"cut\.json:3: not JSON"):
        read_problem(write(tmp_path, "cut.json", '{"delay": {},\n"nodes": [\n'))


def test_hatschet_has_latencies_limits_distances_and_delays_for_chaining(tmp_path):
    write(tmp_path, "graph1_RM.xml", MODEL)
    for name in ("graph1.graphml", "graph1.200MHz.graphml"):
        problem, graph = read_graph(write(tmp_path, name, GRAPH))
        flow = problem.flow
        assert problem.objective == "ii"
        assert flow.latency.tolist() == [2, 0]
        assert flow.resources == ("ld", "add")
        assert flow.capacity.tolist() == [1, -1]
        assert (flow.edge_operand.tolist(), flow.edge_distance.tolist(), flow.edge_delay.tolist()) == ([0, -1], [0, 2], [1, 0])
        assert graph.delay_in.tolist() == [1.5, 0.7]


def test_a_resource_model_may_be_named_or_zipped(tmp_path):
    graph = write(tmp_path, "g.graphml.gz", gzip.compress(GRAPH.encode()))
    with pytest.raises(InputError, match=r"expected the resource model g_RM\.xml or gRM\.xml beside it"):
        read_problem(graph)
    assert read_problem(graph, model=write(tmp_path, "other.xml", MODEL)).flow.n_operations == 2
    write(tmp_path, "gRM.xml.gz", gzip.compress(MODEL.encode()))
    assert read_problem(graph).flow.n_operations == 2


@pytest.mark.parametrize(
    ("graph", "model", "said"),
    [
        (GRAPH[:-30], MODEL, r"g\.graphml:4: not XML"),
        (GRAPH, MODEL.replace('limit="1"', 'limit="one"'), r"g_RM\.xml: resource ld: limit: expected an integer"),
        (GRAPH, MODEL.replace('latency="2"', 'latency="-2"'), "resource ld: latency: expected an integer from 0"),
        (GRAPH, MODEL.replace("1.5", "slow"), "resource ld: expected a physical delay in ns, found 'slow'"),
        (GRAPH, "<a/>", r"g_RM\.xml: expected a model of resources"),
        (GRAPH.replace(">ld<", ">lod<"), MODEL, r"node 1: the resource 'lod' is not in the model \(did you mean 'ld'\?\)"),
        (GRAPH.replace('target="2"', 'target="3"'), MODEL, "no operation '3'"),
        (GRAPH.replace(">2</data", ">0</data"), MODEL, "a loop of distance 0 takes time"),
        (GRAPH.replace("Precedence", "Order"), MODEL, "expected the type Data or Precedence, found 'Order'"),
        ("<graphml/>", MODEL, "expected operations, found none"),
    ],
)
def test_hatschet_files_that_are_wrong_are_explained(tmp_path, graph, model, said):
    write(tmp_path, "g_RM.xml", model)
    with pytest.raises(InputError, match=said):
        read_problem(write(tmp_path, "g.graphml", graph))


def test_gml_spreads_loads_over_stages(tmp_path):
    problem = read_problem(write(tmp_path, "g.gml", STAGED), stages=4)
    assert (problem.objective, problem.stages) == ("joint", 4)
    assert problem.flow.latency.tolist() == [0, 0]
    assert problem.flow.demand_amount.tolist() == [12, 0]
    assert list(problem.edge_weight) == [1.0, 0.0]
    assert read_problem(tmp_path / "g.gml").stages == 10


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id 0", "", r"g\.gml:2: a node has no id"),
        ("source 0", "", r"g\.gml:4: an edge has no source"),
        ("target 1 ", "target 8 ", r"g\.gml:4: .*no operation '8'"),
        ("parameter 12", "parameter many", r"g\.gml:2: parameter of node 0: expected an integer"),
        ("parameter 0 ] ]", "parameter 0 ]", r"g\.gml:1: the 'graph \[' of this line is never closed"),
        ("parameter 0 ] ]", "parameter ] ]", r"g\.gml:5: expected a value of parameter"),
        ("id 1", "id 0", r"g\.gml:3: operation 0 appears twice"),
        ("graph [", "[", r"g\.gml:1: expected a key before"),
    ],
)
def test_gml_that_is_wrong_names_the_line(tmp_path, old, new, said):
    assert old in STAGED
    with pytest.raises(InputError, match=said):
        read_problem(write(tmp_path, "g.gml", STAGED.replace(old, new, 1)))


def test_an_and_inverter_graph_is_a_data_flow_of_unit_operations(tmp_path):
    text = "aag 5 2 0 1 3\n2\n4\n10\n6 2 5\n8 7 7\n10 8 1\n"  # node 4 reads node 3 twice, node 5 a constant
    problem = read_problem(write(tmp_path, "t.aag", text))
    flow = problem.flow
    assert flow.names == ("1", "2", "3", "4", "5")
    edges = zip(flow.edge_source.tolist(), flow.edge_target.tolist(), strict=True)
    assert sorted((flow.names[u], flow.names[v]) for u, v in edges) == [("1", "3"), ("2", "3"), ("3", "4"), ("4", "5")]
    assert flow.latency.tolist() == [1] * 5
    assert problem.latency == 4


def test_latches_are_no_data_flow(tmp_path):
    with pytest.raises(UnsupportedError, match=r"t\.aag: 1 latches"):
        read_problem(write(tmp_path, "t.aag", "aag 1 0 1 1 0\n2 3\n2\n"))


def test_the_first_bytes_tell_the_format_of_another_name(tmp_path):
    assert read_problem(write(tmp_path, "fir", json.dumps(FIR))).flow.n_operations == 3
    assert read_problem(write(tmp_path, "g.txt.gz", gzip.compress(STAGED.encode()))).stages == 10
    with pytest.raises(InputError, match=r"what\.txt: expected a scheduling problem \(\.json, "):
        read_problem(write(tmp_path, "what.txt", "hello"))
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        read_problem(tmp_path / "none.json")


def test_sizes_agree_with_the_independent_checker(eda_data, tmp_path):
    checker = eda_data.parent / "checks" / "schedule_check.py"
    folder = eda_data / "schedule"
    if not (checker.is_file() and folder.is_dir()):
        pytest.skip("no independent checker, or no problems")
    nothing = write(tmp_path, "nothing.json", '{"start": {}, "ii": null}')
    for name in ("heurigym/ewf.json", "hatschet/MachSuite/kmp/graph1.graphml", "icml24/rand_graph_1000_1.gml"):
        flow = read_problem(folder / name).flow
        done = subprocess.run([sys.executable, checker, folder / name, nothing], capture_output=True, text=True, check=False)
        told = json.loads(done.stdout)
        assert (told["operations"], told["edges"]) == (flow.n_operations, len(flow.edge_source)), name

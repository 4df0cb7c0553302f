"""Scheduling problems in the formats of other tools."""

import tarfile

import numpy as np
import pytest

from eda.errors import InputError, UnsupportedError, UsageError
from eda.ir.dataflow import Schedule
from eda.schedule.formats.dot import read_dot
from eda.schedule.formats.onnx import read_onnx
from eda.schedule.formats.patterson import read_patterson
from eda.schedule.formats.rtl import read_behaviour
from eda.schedule.formats.ssp import read_ssp, write_ssp

CANIS = """// CHECK: nothing
ssp.instance @canis14 of "ModuloProblem" {
  library { operator_type @MemPort [latency<1>, limit<1>] operator_type @Add [latency<1>] operator_type @Implicit [latency<0>] }
  graph {
    %0 = operation<@MemPort> @a(@st [dist<1>])
    %1 = operation<@MemPort> @b()
    %2 = operation<@Add>(%0, %1)
    operation<@MemPort> @st(%2)
    operation<@Implicit> @last(@st)
  }
}
"""


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text)
    return path


# --- SSP ----------------------------------------------------------------------------------------------------------------


def test_ssp_with_limits_on_operator_types(tmp_path):
    graph = read_ssp(write(tmp_path, "p.mlir", CANIS))
    flow = graph.flow
    assert flow.names == ("a", "b", "2", "st", "last")
    assert (flow.resources, flow.capacity.tolist()) == (("MemPort",), [1])
    edges = zip(flow.edge_source, flow.edge_target, flow.edge_operand, flow.edge_distance, strict=True)
    assert [tuple(map(int, e)) for e in edges] == [(3, 0, 0, 1), (0, 2, 0, 0), (1, 2, 1, 0), (2, 3, 0, 0), (3, 4, -1, 0)]
    assert not Schedule(np.array([2, 0, 3, 4, 5]), 3).verify(flow)


def test_ssp_is_written_with_its_schedule(tmp_path):
    path = write(tmp_path, "p.mlir", CANIS)
    text = write_ssp(path, Schedule(np.array([2, 0, 3, 4, 5]), 3))
    assert 'of "ModuloProblem" [II<3>] {' in text
    assert "@a(@st [dist<1>]) [t<2>]" in text
    again = write_ssp(write(tmp_path, "q.mlir", text), Schedule(np.array([3, 1, 4, 5, 6]), 4))
    assert "[II<4>]" in again
    assert "[t<3>]" in again
    assert "[t<2>]" not in again
    assert read_ssp(write(tmp_path, "r.mlir", again)).ii == 4


def test_ssp_with_resources_and_delays(tmp_path):
    text = """ssp.instance @x of "ChainingCyclicProblem" {
      library { operator_type @mul [latency<2>, incDelay<1.5>, outDelay<0.5>] }
      resource { resource_type @r [limit<2>] }
      graph { %0 = operation<@mul>(@op1 [dist<2>]) uses[@r] [t<0>]  %1 = operation<@mul> @op1(%0) uses[@r] } }"""
    graph = read_ssp(write(tmp_path, "p.mlir", text))
    assert (graph.flow.resources, graph.flow.capacity.tolist()) == (("r",), [2])
    assert (graph.delay_in.tolist(), graph.delay_out.tolist()) == ([1.5, 1.5], [0.5, 0.5])
    assert "uses[@r] [t<7>]  %1" in write_ssp(tmp_path / "p.mlir", Schedule(np.array([7, 9]), 6))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<@Add>", "<@Addd>", "p.mlir:7: operation 2: there is no operator type @Addd .did you mean 'Add'"),
        ("(%0, %1)", "(%0, %7)", "p.mlir:7: operation 2: %7 is not defined"),
        ("ssp.instance", "ssp.instanz", "expected an ssp.instance"),
        ("(%2)", "(@nowhere)", "there is no operation 'nowhere'"),
    ],
)
def test_ssp_errors_name_the_place(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        read_ssp(write(tmp_path, "p.mlir", CANIS.replace(old, new)))


def test_of_several_instances_one_must_be_named(tmp_path):
    path = write(tmp_path, "p.mlir", CANIS + CANIS.replace("canis14", "other"))
    assert read_ssp(path, "other").flow.name == "other"
    with pytest.raises(UsageError, match="name one of canis14, other"):
        read_ssp(path)


# --- Patterson ------------------------------------------------------------------------------------------------------------


def test_patterson(tmp_path):
    flow = read_patterson(write(tmp_path, "p.rcp", "4 2\n3 1\n0 0 0 2 2 3\n2 2 0 1 4\n3 1 1 1 4\n0 0 0 0\n")).flow
    assert flow.names == ("1", "2", "3", "4")
    assert flow.latency.tolist() == [0, 2, 3, 0]
    assert flow.capacity.tolist() == [3, 1]
    assert flow.demand_occupancy.tolist() == [2, 3, 3]
    assert flow.edge_target.tolist() == [1, 2, 3, 3]
    assert flow.edge_operand.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 1\n1\n0 0 1 2\n0 0", "found the end of the file"),
        ("2 1\n1\n0 0 1 2\n0 x 0", "p.rcp:4: expected a number"),
        ("1 0\n0 0 7", "p.rcp:2: expected the end of the file after the last job, found '7'"),
        ("1 0\n0 1 2", "there is no operation '2'"),
    ],
)
def test_patterson_errors_name_the_place(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_patterson(write(tmp_path, "p.rcp", text))


def test_problems_of_psplib_can_be_read(eda_data, tmp_path):
    with tarfile.open(eda_data / "schedule" / "psplib_j30" / "j30.tar.gz") as archive:
        members = [m for m in archive.getmembers() if m.name.endswith(".rcp")]
        assert len(members) == 480
        for member in members[::48]:
            flow = read_patterson(write(tmp_path, "p.rcp", archive.extractfile(member).read())).flow
            assert (flow.n_operations, len(flow.resources)) == (32, 4)


# --- DOT ------------------------------------------------------------------------------------------------------------------


def test_dot(tmp_path):
    text = """/* a filter */ strict digraph "g" {
      limit_mul = 2; node [width=8];
      a [op=input, latency=0, resource=none]; m [op=mul latency=2]  # comment
      a -> m -> s [operand=1];  subgraph cluster_0 { s [label="add"]; }
      s -> s [distance=1]; s:n -> m [order=true, delay=-3]
    }"""
    flow = read_dot(write(tmp_path, "g.dot", text)).flow
    assert flow.name == "g"
    assert (flow.names, flow.kinds) == (("a", "m", "s"), ("input", "mul", "add"))
    assert (flow.latency.tolist(), flow.width.tolist()) == ([0, 2, 1], [8, 8, 8])
    assert (flow.resources, flow.capacity.tolist()) == (("mul", "add"), [2, -1])
    assert flow.edge_operand.tolist() == [1, 1, 2, -1]
    assert flow.edge_distance.tolist() == [0, 0, 1, 0]
    assert flow.edge_delay.tolist() == [0, 0, 0, -3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graph { a -- b }", "expected 'digraph', found 'graph'"),
        ("digraph {\n a -- b }", "g.dot:2: expected '->' in a directed graph, found '--'"),
        ("digraph { a [latency=-1] }", "expected latency, an integer of at least 0, found '-1'"),
        ("digraph { a -> ", "expected the target of an edge, found the end of the file"),
        ("digraph { a @ }", "found '@'"),
    ],
)
def test_dot_errors_name_the_place(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_dot(write(tmp_path, "g.dot", text))


# --- ONNX -----------------------------------------------------------------------------------------------------------------


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name, *dims, kind=1):
    shape = b"".join(field(1, field(1, d) if isinstance(d, int) else field(2, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def node(kind, inputs, outputs, name=""):
    return b"".join([*(field(1, i) for i in inputs), *(field(2, o) for o in outputs), field(3, name), field(4, kind)])


def model(*, hidden=(2, 300), source="x"):
    nodes = [node("MatMul", [source, "w"], ["h"], "mm"), node("Relu", ["h"], ["y"])]
    parts = [field(1, n) for n in nodes] + [field(2, "net"), field(5, field(8, "w") + field(2, 1))]
    parts += [field(11, tensor("x", 2, 3)), field(11, tensor("w", 3, 300)), field(12, tensor("y", 2, 300, kind=10))]
    return field(1, 8) + field(7, b"".join([*parts, field(13, tensor("h", *hidden))]))


def test_onnx(tmp_path):
    flow = read_onnx(write(tmp_path, "m.onnx", model())).flow
    assert (flow.name, flow.names, flow.kinds) == ("net", ("x", "mm", "y"), ("input", "MatMul", "Relu"))
    assert flow.width.tolist() == [24, 2400, 1200]
    assert flow.latency.tolist() == [0, 1, 1]
    assert list(zip(flow.edge_source.tolist(), flow.edge_target.tolist(), strict=True)) == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello world", "expected an ONNX model"),
        (model()[:-4], "the file ends within"),
        (b"", "found no graph"),
        (model(hidden=("batch", 300)), "expected a static shape of the tensor h"),
        (model(source="z"), "node mm reads 'z', which no node of the graph makes"),
    ],
)
def test_onnx_errors_are_explained(tmp_path, data, message):
    with pytest.raises(InputError, match=message):
        read_onnx(write(tmp_path, "m.onnx", data))


# --- RTL ------------------------------------------------------------------------------------------------------------------


def test_constants_of_rtl_need_no_register(tmp_path):
    text = "module t(input [3:0] a, output [3:0] y); assign y = a + 4'd5; endmodule"
    flow = read_behaviour(write(tmp_path, "t.v", text), chained=True).flow
    assert flow.width[flow.index["4'd5"]] == 0
    assert not flow.latency.any()


def test_signed_arithmetic_is_refused(tmp_path):
    text = "// signed or not\nmodule t(input signed [3:0] a, output [7:0] y); assign y = a; endmodule"
    with pytest.raises(UnsupportedError, match=r"t\.v:2: signed arithmetic"):
        read_behaviour(write(tmp_path, "t.v", text))

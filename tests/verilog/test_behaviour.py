"""Behavioural arithmetic to data flow, compared by its text."""

import gzip

import pytest

from eda.errors import InputError, UnsupportedError
from eda.verilog.behaviour import read_dataflow


@pytest.fixture
def flow(tmp_path):
    def read(body: str, ports: str = "input clk, input [7:0] a, b, c, output [15:0] y", top: str | None = None):
        path = tmp_path / "f.v"
        path.write_text(f"module t({ports});\n{body}\nendmodule\n")
        return read_dataflow(path, top)

    return read


def lines(flow) -> list[str]:
    return [line.strip() for line in flow.text().splitlines()[1:]]


def test_each_operator_is_an_operation(flow):
    f = flow("assign y = a * b + c;")
    assert f.text() == (
        "dataflow t: 7 operations, 5 edges; mul, add\n"
        "  a: input, latency 0, 8 bits\n"
        "  b: input, latency 0, 8 bits\n"
        "  mul$1: mul, latency 1, 16 bits <- a b\n"
        "  c: input, latency 0, 8 bits\n"
        "  add$1: add, latency 1, 16 bits <- mul$1 c\n"
        "  clk: input, latency 0, 1 bits\n"
        "  y: output, latency 0, 16 bits <- add$1"
    )
    assert f.capacity.tolist() == [-1, -1]


def test_values_are_shared_and_constants_are_operations(flow):
    f = flow("wire [7:0] t = a + 3; assign y = t * t - 8'd3;")
    assert lines(f) == [
        "a: input, latency 0, 8 bits",
        "2'd3: const, latency 0, 2 bits",
        "add$1: add, latency 1, 8 bits <- a 2'd3",
        "mul$1: mul, latency 1, 16 bits <- add$1 add$1",
        "8'd3: const, latency 0, 8 bits",
        "sub$1: sub, latency 1, 16 bits <- mul$1 8'd3",
        "clk: input, latency 0, 1 bits",
        "b: input, latency 0, 8 bits",
        "c: input, latency 0, 8 bits",
        "y: output, latency 0, 16 bits <- sub$1",
    ]


def kinds(flow) -> list[tuple[str, int]]:
    wiring = ("input", "output", "const")
    return [(k, int(w)) for k, w in zip(flow.kinds, flow.width, strict=True) if k not in wiring]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a << 2", [("shl", 16)]),
        ("a >>> b", [("ashr", 16)]),
        ("a < b ? a : b", [("lt", 1), ("mux", 16)]),
        ("~a & (b | c) ^ a", [("not", 16), ("or", 16), ("and", 16), ("xor", 16)]),
        ("{a, b[3:0]}", [("slice", 4), ("concat", 12)]),
        ("{2{a[0]}}", [("slice", 1), ("repeat", 2)]),
        ("-a % b / c", [("neg", 16), ("mod", 16), ("div", 16)]),
        ("(a == b) && !c || (a >= c)", [("eq", 1), ("lnot", 1), ("land", 1), ("ge", 1), ("lor", 1)]),
        ("^a + &b", [("redxor", 1), ("redand", 1), ("add", 16)]),
        ("$signed(a) + +b", [("add", 16)]),
    ],
)
def test_kinds_and_widths(flow, text, expected):
    assert sorted(kinds(flow(f"assign y = {text};"))) == sorted(expected)


def test_operands_of_comparisons_have_a_width_of_their_own(flow):
    assert kinds(flow("assign y = (a + b) > 16'd9;")) == [("add", 16), ("gt", 1)]


def test_a_register_delays_by_one_iteration(flow):
    f = flow("reg [15:0] acc; always @(posedge clk) acc <= acc + a * b; assign y = acc;")
    assert "add$1: add, latency 1, 16 bits <- add$1@1 mul$1" in lines(f)
    assert "y: output, latency 0, 16 bits <- add$1@1" in lines(f)
    assert "clk" not in f.names


def test_chains_of_registers_add_up(flow):
    f = flow("reg [7:0] p, q; always @(posedge clk) begin p <= a; q <= p; end assign y = q + p;")
    assert "add$1: add, latency 1, 16 bits <- a@2 a@1" in lines(f)


def test_conditions_become_multiplexers(flow):
    f = flow("reg [15:0] r; always @(posedge clk) if (c[0]) r <= a; else if (c[1]) r <= r - b; assign y = r;")
    assert "mux$1: mux, latency 1, 16 bits <- slice$2[1:1] sub$1 mux$2@1" in lines(f)
    assert "mux$2: mux, latency 1, 16 bits <- slice$1[0:0] a mux$1" in lines(f)


def test_blocking_assignments_follow_one_another(flow):
    f = flow("reg [15:0] t, y; always @* begin t = a + b; if (c > 8'd4) t = t * c; y = t; end")
    assert "mul$1: mul, latency 1, 16 bits <- add$1 c" in lines(f)
    assert "mux$1: mux, latency 1, 16 bits <- gt$1 mul$1 add$1" in lines(f)


def test_parameters_size_the_variables(tmp_path):
    path = tmp_path / "f.v.gz"
    text = "module t #(parameter W = 4)(a, y); localparam N = 2*W-1; input [W-1:0] a; output [N:0] y; assign y = a*N; endmodule"
    path.write_bytes(gzip.compress(text.encode()))
    f = read_dataflow(path, "t")
    assert "mul$1: mul, latency 1, 8 bits <- a 3'd7" in lines(f)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("initial y = 0;", r"f\.v:2: an initial block in behavioural arithmetic"),
        ("sub u (a, y);", r"f\.v:2: an instance in behavioural arithmetic"),
        ("always @* case (a) 0: y = b; endcase", r"f\.v:2: a case statement"),
        ("always @* for (i = 0; i < 3; i = i + 1) y = a;", r"f\.v:2: a for loop"),
        ("reg [7:0] m [0:3];", r"f\.v:2: the memory m|f\.v:2: the construct"),
        ("assign y[3:0] = a;", r"f\.v:2: an assignment to a part of a variable"),
        ("assign y = a[b];", r"f\.v:2: a value that is not constant, where one must be,"),
        ("assign y = a ** b;", r"f\.v:2: the operator \*\* in behavioural"),
        ("assign y = a === b;", r"f\.v:2: the operator === in behavioural"),
        ("assign y = $random;", r"f\.v:2: the system function \$random"),
        ("assign y = 8'bx;", r"f\.v:2: the unknown or floating constant 8'bx"),
        ("reg [7:0] r; always @(posedge clk) r = a;", r"f\.v:2: a blocking assignment in a clocked block"),
        ("reg [7:0] r; always @* r <= a;", r"f\.v:2: a non-blocking assignment without a clock"),
        ("reg [15:0] y;\nalways @* if (c) y = a;", r"f\.v:3: the latch y, assigned under some conditions only,"),
        ("`define X 1", r"f\.v:2: the directive `define \(run a preprocessor first\)"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(flow, body, message):
    with pytest.raises(UnsupportedError, match=message):
        flow(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("assign y = a +;", r'f\.v:2: expected Verilog that pyverilog can parse, found an error before: ";"'),
        ("assign y = a + ab;", r"f\.v:2: 'ab' is not declared"),
        ("assign x = a;", r"f\.v:2: expected a declared variable, found 'x'"),
        ("wire [3:0] t;\nassign y = t;", r"f\.v:3: expected a driver of t, which is used here, found none"),
        ("assign y = a;\nassign y = b;", r"f\.v:3: expected one driver of y, found another"),
        (
            "wire [7:0] p, q;\nassign p = q;\nassign q = p + 1;\nassign y = p;",
            r"f\.v:\d: combinational loop through p -> q -> p",
        ),
        ("", r"f\.v:1: expected a driver of y, which is used here, found none"),
        ("reg [7:0] p;\nalways @(posedge clk) p <= p;\nassign y = p;", r"register p never takes a value that is computed"),
        ("localparam Z = 1 / 0;", r"f\.v:2: division of a constant by zero"),
    ],
)
def test_wrong_sources_give_the_place(flow, body, message):
    with pytest.raises(InputError, match=message):
        flow(body)


def test_the_top_module_is_named_or_alone(flow):
    with pytest.raises(InputError, match=r"f\.v: there is no module 'tt' \(did you mean 't'\?\)"):
        flow("assign y = a;", top="tt")
    with pytest.raises(InputError, match=r"f\.v: expected one module, found 2; name the top module"):
        flow("assign y = a; endmodule module u;")


def test_nothing_is_left_in_the_current_folder(flow, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flow("assign y = a;")
    assert [p.name for p in tmp_path.iterdir()] == ["f.v"]


def test_a_select_is_named_after_its_bits_counted_from_the_last_of_its_operand(flow):
    f = flow("wire [11:4] t = a; assign y = t[7:5];")
    assert "slice$1[3:1]: slice, latency 0, 3 bits <- a" in lines(f)


def test_a_value_is_cut_to_the_variable_that_it_is_assigned_to(flow):
    f = flow("wire [3:0] t; assign t = a + b; assign y = {t, t};")
    assert "slice$1[3:0]: slice, latency 0, 4 bits <- add$1" in lines(f)
    assert "concat$1: concat, latency 0, 8 bits <- slice$1[3:0] slice$1[3:0]" in lines(f)

"""The designs of netlists/: each against a model in Python, in Icarus Verilog and in our own simulator."""

import re
import tomllib
import zlib
from pathlib import Path

import numpy as np
import pytest

from eda.ir import simulate
from eda.tech import tools
from eda.verilog.reader import read_verilog
from eda.verilog.rtl import read_rtl

FOLDER = Path(__file__).parent.parent / "netlists"
MANIFEST = tomllib.loads((FOLDER / "manifest.toml").read_text())
DESIGNS = {d["file"]: d for d in MANIFEST["design"]}
RTL = [name for name, design in DESIGNS.items() if "pdk" not in design]

BENCH = """module bench;
  reg [{last}:0] rows [0:{cycles}-1];
  reg [{last}:0] row;
  reg clk = 0;
  integer t;
{wires}
  {top} {parameters} dut ({pins});
  initial begin
    $readmemh("rows.hex", rows);
    for (t = 0; t < {cycles}; t = t + 1) begin
      row = rows[t];
      #1 $display("{formats}", {outputs});
      #1 clk = 1;
      #1 clk = 0;
    end
  end
endmodule
"""


# --- two simulators: inputs {name: (width, value in each cycle)} and outputs {name: width} to {name: value in each cycle},
# --- seen just before the clock edge that ends the cycle


def in_icarus(file, inputs, outputs, parameters=None, extra=None):
    with tools.scratch() as cwd:
        sources = [tools.bring(FOLDER / file, cwd, "design.v"), "bench.v"]
        if extra:
            (cwd / "extra.v").write_text(extra)
            sources.append("extra.v")
        (cwd / "rows.hex").write_text(rows(inputs))
        (cwd / "bench.v").write_text(bench(top_of(file, extra), clock_of(file), inputs, outputs, parameters or {}))
        tools.run(tools.ICARUS, ["-g2005", "-o", "bench.vvp", *sources], cwd=cwd, timeout=60, expect=["bench.vvp"])
        text = tools.run(tools.VVP, ["-n", "bench.vvp"], cwd=cwd, timeout=60).output
    lines = [[None if "x" in word.lower() else int(word, 16) for word in line.split()] for line in text.splitlines()]
    return dict(zip(outputs, map(list, zip(*lines, strict=True)), strict=True))


def bench(top, clock, inputs, outputs, parameters):
    pins, low = [f".{clock}(clk)"] if clock else [], 0
    for name, (width, _) in inputs.items():
        pins.append(f".{name}(row[{low + width - 1}:{low}])")
        low += width
    return BENCH.format(
        last=low - 1,
        cycles=length(inputs),
        wires="\n".join(f"  wire [{width - 1}:0] {name};" for name, width in outputs.items()),
        top=top,
        parameters=f"#({', '.join(f'.{k}({v})' for k, v in parameters.items())})" if parameters else "",
        pins=", ".join(pins + [f".{name}({name})" for name in outputs]),
        formats=" ".join(["%h"] * len(outputs)),
        outputs=", ".join(outputs),
    )


def rows(inputs):
    lines, low = [0] * length(inputs), 0
    for width, values in inputs.values():
        lines = [line | value << low for line, value in zip(lines, values, strict=True)]
        low += width
    return "\n".join(f"{line:x}" for line in lines)


def in_ours(file, inputs, outputs, parameters=None, extra=None):
    with tools.scratch() as cwd:
        sources = [FOLDER / file]
        if extra:
            sources.append(cwd / "extra.v")
            sources[1].write_text(extra)
        netlist = read_rtl(sources, top_of(file, extra), parameters=parameters or {})
    streams = {name: bits(values, width)[:, :, None] for name, (width, values) in inputs.items()}
    ends = simulate.simulate_cycles(netlist, streams).cycle_ends[:, :, 0] & np.uint64(1)
    assert {p.name: p.width for p in netlist.outputs} == outputs
    return {p.name: integers(ends[list(p.nets)].T) for p in netlist.outputs}


def bits(values, width):
    """uint64 [cycles, width] of 0 and 1."""
    return np.array([[value >> bit & 1 for bit in range(width)] for value in values], dtype=np.uint64)


def integers(rows_of_bits):
    return [sum(int(bit) << place for place, bit in enumerate(row)) for row in rows_of_bits]


def top_of(file, extra):
    return re.search(r"module (\w+)", extra)[1] if extra else DESIGNS[file]["top"]


def clock_of(file):
    return DESIGNS[file].get("clock")


def length(inputs):
    return len(next(iter(inputs.values()))[1])


@pytest.fixture(params=["icarus", "ours"])
def simulator(request):
    if request.param == "icarus":
        request.getfixturevalue("iverilog")
        return in_icarus
    return in_ours


# --- small helpers ----------------------------------------------------------------------------------------------------


def words(rng, width, count):
    """Random unsigned integers of `width` bits, the corners among them."""
    corners = [0, 1, (1 << width) - 1, 1 << (width - 1), (1 << (width - 1)) - 1]
    return corners + [int(v) for v in rng.integers(0, 1 << width, count - len(corners), dtype=np.uint64)]


def shuffled(rng, width, count):
    return [int(v) for v in rng.permutation(words(rng, width, count))]


def signed(value, width):
    return value - (1 << width) if value >> (width - 1) else value


def unsigned(value, width):
    return int(value) & ((1 << width) - 1)


# --- the manifest -----------------------------------------------------------------------------------------------------


def test_the_manifest_lists_every_design_and_nothing_else():
    found = {p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.v")}
    assert found == set(DESIGNS)


@pytest.mark.parametrize("file", DESIGNS)
def test_each_file_states_its_licence_and_holds_its_top_module(file):
    text = (FOLDER / file).read_text()
    assert text.startswith(f"// SPDX-License-Identifier: {MANIFEST['licence']}\n")
    assert f"module {DESIGNS[file]['top']} " in text


@pytest.mark.parametrize("file", RTL)
def test_the_manifest_tells_parameters_and_clock(file):
    text, design = (FOLDER / file).read_text(), DESIGNS[file]
    assert set(re.findall(r"^    parameter .*?(\w+) += ", text, re.M)) == set(design.get("parameters", {}))
    assert bool(re.search(r"@\(posedge", text)) == ("clock" in design)


# --- combinational designs --------------------------------------------------------------------------------------------


def test_mult16_multiplies(simulator):
    rng = np.random.default_rng(1)
    a, b = shuffled(rng, 16, 500), shuffled(rng, 16, 500)
    out = simulator("mult16.v", {"a": (16, a), "b": (16, b)}, {"p": 32})
    assert out["p"] == [x * y for x, y in zip(a, b, strict=True)]


def test_mac16_keeps_the_full_sum(simulator):
    rng = np.random.default_rng(2)
    a, b, c = [0xFFFF, *words(rng, 16, 499)], [0xFFFF, *words(rng, 16, 499)], [0xFFFFFFFF, *words(rng, 32, 499)]
    out = simulator("mac16.v", {"a": (16, a), "b": (16, b), "c": (32, c)}, {"p": 33})
    assert out["p"] == [x * y + z for x, y, z in zip(a, b, c, strict=True)]


def test_bilinear_interpolates_and_rounds(simulator):
    rng = np.random.default_rng(6)
    given = {name: (width, words(rng, width, 500)) for name, width in (*((n, 8) for n in "abcd"), ("x", 4), ("y", 4))}
    rows = zip(*(values for _, values in given.values()), strict=True)
    expected = [
        (16 * (16 - y) * a + y * 16 * c + x * ((16 - y) * (b - a) + y * (d - c)) + 128) // 256 for a, b, c, d, x, y in rows
    ]
    assert simulator("bilinear.v", given, {"p": 8})["p"] == expected


def alu_model(op, a, b, carry_in, width):
    """Result, carry and overflow, from integers."""
    ones, sa, sb, amount = (1 << width) - 1, signed(a, width), signed(b, width), b % width
    if op < 4:
        first = carry_in if op & 1 else op >> 1
        addend = b ^ ones if op & 2 else b
        total, exact = a + addend + first, sa + signed(addend, width) + first
        return total & ones, total >> width, int(exact != signed(total & ones, width))
    logic = {4: a & b, 5: a | b, 6: a ^ b, 7: ~(a | b), 8: a << amount, 9: a >> amount, 10: sa >> amount}
    rest = {11: (a | a << width) >> amount, 12: int(sa < sb), 13: int(a < b), 14: b, 15: a.bit_count()}
    return (logic | rest)[op] & ones, 0, 0


@pytest.mark.parametrize("width", [16, 32])
def test_alu_computes_every_operation_and_flag(simulator, width):
    rng = np.random.default_rng(width)
    count = 1600
    op = [i % 16 for i in range(count)]
    a, b = shuffled(rng, width, count), shuffled(rng, width, count)
    a[::5] = b[::5]
    carry_in = [int(v) for v in rng.integers(0, 2, count)]
    inputs = {"op": (4, op), "a": (width, a), "b": (width, b), "carry_in": (1, carry_in)}
    outputs = {"result": width, "carry": 1, "overflow": 1, "zero": 1, "negative": 1}
    out = simulator("alu.v", inputs, outputs, {"WIDTH": width})
    expected = [alu_model(*v, width) for v in zip(op, a, b, carry_in, strict=True)]
    assert list(zip(out["result"], out["carry"], out["overflow"], strict=True)) == expected
    assert out["zero"] == [int(r == 0) for r, _, _ in expected]
    assert out["negative"] == [r >> (width - 1) for r, _, _ in expected]


# --- sequential designs -----------------------------------------------------------------------------------------------


def test_crc32_equals_that_of_zlib_after_every_byte(simulator):
    rng = np.random.default_rng(3)
    message, valid, data, expected = b"", [], [], []
    reset = [int(t % 100 == 0) for t in range(400)]
    for restart in reset:
        expected.append(zlib.crc32(message))
        valid.append(int(rng.random() < 0.8))
        data.append(int(rng.integers(256)))
        message = b"" if restart else message + bytes([data[-1]] * valid[-1])
    out = simulator("crc32.v", {"rst": (1, reset), "valid": (1, valid), "data": (8, data)}, {"crc": 32})
    assert out["crc"][1:] == expected[1:]


@pytest.mark.parametrize("width", [8, 16])
def test_divider_divides_and_says_when_it_is_done(simulator, width):
    rng = np.random.default_rng(width)
    pairs = [*zip(shuffled(rng, width, 40), shuffled(rng, width, 40), strict=True), (7, 0), ((1 << width) - 1, 1)]
    period = width + 2
    start = [0] + [int(t % period == 0) for t in range(period * len(pairs))]
    held = [(0, 0)] + [pair for pair in pairs for _ in range(period)]
    inputs = {
        "rst": (1, [1] + [0] * (len(start) - 1)),
        "start": (1, start),
        "dividend": (width, [a * s for (a, _), s in zip(held, start, strict=True)]),
        "divisor": (width, [b * s for (_, b), s in zip(held, start, strict=True)]),
    }
    out = simulator("divider.v", inputs, {"quotient": width, "remainder": width, "busy": 1, "done": 1}, {"WIDTH": width})
    ready = [t for t, done in enumerate(out["done"]) if done]
    assert ready == [1 + i * period + width + 1 for i in range(len(pairs))]
    working = [t + k for t, s in enumerate(start) if s for k in range(1, width + 1)]
    assert [t for t, busy in enumerate(out["busy"]) if busy] == working
    found = [(out["quotient"][t], out["remainder"][t]) for t in ready]
    assert found == [divmod(a, b) if b else ((1 << width) - 1, a) for a, b in pairs]


def test_a_start_while_the_divider_is_busy_begins_anew(simulator):
    cycles = 40
    start = [int(t in (1, 9)) for t in range(cycles)]
    inputs = {
        "rst": (1, [1] + [0] * (cycles - 1)),
        "start": (1, start),
        "dividend": (16, [60000 if t < 5 else 1000 for t in range(cycles)]),
        "divisor": (16, [7] * cycles),
    }
    out = simulator("divider.v", inputs, {"quotient": 16, "remainder": 16, "busy": 1, "done": 1})
    assert [t for t in range(1, cycles) if out["done"][t]] == [9 + 17]
    assert (out["quotient"][-1], out["remainder"][-1]) == divmod(1000, 7)


TAPS = [-5, -3, 22, 50, 50, 22, -3, -5]


@pytest.mark.parametrize(("width", "taps"), [(12, TAPS), (8, [-128, 127, 1, 0, -1, 64, -128, -128])])
def test_fir8_convolves_the_enabled_samples(simulator, width, taps):
    rng = np.random.default_rng(width)
    cycles = 300
    x = shuffled(rng, width, cycles)
    x[40:60] = [1 << (width - 1)] * 20  # the most negative sample, long enough to fill the filter
    enable = [1] * 100 + [int(v) for v in rng.integers(0, 2, cycles - 100)]
    packed = sum(unsigned(tap, 8) << 8 * k for k, tap in enumerate(taps))
    inputs = {"rst": (1, [1] + [0] * (cycles - 1)), "en": (1, enable), "x": (width, x)}
    parameters = {"WIDTH": width} if taps is TAPS else {"WIDTH": width, "TAPS": f"64'h{packed:016x}"}
    out = simulator("fir8.v", inputs, {"y": width + 11}, parameters)
    samples = [signed(v, width) for v, e in zip(x[1:], enable[1:], strict=True) if e]
    convolved = [0, *np.convolve(samples, taps)]
    taken = np.cumsum([0, 0, *enable[1:-1]])  # samples before each cycle
    assert [signed(v, width + 11) for v in out["y"][1:]] == [convolved[n] for n in taken[1:]]


GRID = """module grid (
    input clk, input rst, input load, input [{w}*{c}-1:0] weight, input [{w}*{r}-1:0] activation, output [24*{c}-1:0] sum
);
  wire [{w}*{c}*({r}+1)-1:0] down;
  wire [24*{c}*({r}+1)-1:0] sums;
  wire [{w}*{r}*({c}+1)-1:0] across;
  assign down[0 +: {w}*{c}] = weight;
  assign sums[0 +: 24*{c}] = 0;
  assign sum = sums[24*{c}*{r} +: 24*{c}];
  genvar i, j;
  generate for (i = 0; i < {r}; i = i + 1) begin : row
    assign across[{w}*({c}+1)*i +: {w}] = activation[{w}*i +: {w}];
    for (j = 0; j < {c}; j = j + 1) begin : column
      systolic_pe pe (
        .clk(clk), .rst(rst), .load(load),
        .weight_in(down[{w}*({c}*i+j) +: {w}]), .weight_out(down[{w}*({c}*(i+1)+j) +: {w}]),
        .activation_in(across[{w}*(({c}+1)*i+j) +: {w}]), .activation_out(across[{w}*(({c}+1)*i+j+1) +: {w}]),
        .sum_in(sums[24*({c}*i+j) +: 24]), .sum_out(sums[24*({c}*(i+1)+j) +: 24])
      );
    end
  end endgenerate
endmodule
"""


def test_a_grid_of_systolic_elements_multiplies_matrices(simulator):
    rng = np.random.default_rng(4)
    r, c, n = 4, 3, 20
    weights, a = rng.integers(-128, 128, (r, c)), rng.integers(-128, 128, (n, r))
    weights[0], a[0] = -128, -128
    cycles = 1 + r + n + r + c
    load, weight, activation = [0] * cycles, np.zeros((cycles, c), int), np.zeros((cycles, r), int)
    for row in range(r):
        load[1 + row], weight[1 + row] = 1, weights[r - 1 - row]  # the last row goes in first
        activation[1 + r + row : 1 + r + row + n, row] = a[:, row]  # row k is fed k cycles late
    inputs = {
        "rst": (1, [1] + [0] * (cycles - 1)),
        "load": (1, load),
        "weight": (8 * c, [concatenated(w, 8) for w in weight]),
        "activation": (8 * r, [concatenated(v, 8) for v in activation]),
    }
    out = simulator("systolic_pe.v", inputs, {"sum": 24 * c}, extra=GRID.format(w=8, r=r, c=c))
    found = [[signed(out["sum"][1 + 2 * r + t + j] >> 24 * j & 0xFFFFFF, 24) for j in range(c)] for t in range(n)]
    assert np.array_equal(found, a @ weights)


def concatenated(numbers, width):
    return sum(unsigned(v, width) << width * place for place, v in enumerate(numbers))


# --- structural examples ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adders():
    from eda.tech.pdk import find_pdk

    types = find_pdk("nangate45").library.types
    return [read_verilog(FOLDER / f"structural/adder8_{name}.v", types=types) for name in ("ripple", "lookahead")]


def test_both_structural_adders_add_every_pair_of_operands(adders):
    c, a, b = (v.ravel().tolist() for v in np.meshgrid(range(2), range(256), range(256)))
    for adder in adders:
        out = simulate.run(adder, {"carry_in": c, "a": a, "b": b})
        total = [s + (carry << 8) for s, carry in zip(out["sum"], out["carry_out"], strict=True)]
        assert total == [sum(v) for v in zip(c, a, b, strict=True)]


def test_the_structural_adders_are_proven_equal(adders):
    from eda.proof.check import check

    assert check(*adders).status == "proven"

"""Small designs by the hundred, as Verilog text: arithmetic, logic, random functions, and things with registers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Small:
    """A design: its top module is called `name`; `clocked` if it has registers on the input ``clk``."""

    name: str
    text: str
    clocked: bool = False


def small_designs(seed: int = 1) -> list[Small]:
    """All of them, in an order that mixes the kinds."""
    kinds = [list(_arithmetic()), list(_logic()), list(_random_logic(seed)), list(_registers()), list(_machines(seed))]
    longest = max(map(len, kinds))
    return [kind[i] for i in range(longest) for kind in kinds if i < len(kind)]


def _module(name: str, ports: str, body: str, *, clocked: bool = False) -> Small:
    head = f"module {name}({'input clk, ' if clocked else ''}{ports});"
    return Small(name, f"{head}\n{body}\nendmodule\n", clocked)


def _arithmetic() -> Iterator[Small]:
    for n in range(2, 17, 2):
        yield _module(f"add{n}", f"input [{n - 1}:0] a, b, output [{n}:0] s", "assign s = a + b;")
    for n in range(2, 10):
        yield _module(f"mul{n}", f"input [{n - 1}:0] a, b, output [{2 * n - 1}:0] p", "assign p = a * b;")
    for n in (3, 5, 7):
        ports = f"input signed [{n - 1}:0] a, b, output signed [{2 * n - 1}:0] p"
        yield _module(f"smul{n}", ports, "assign p = a * b;")
    for n in (4, 8, 12):
        ports = f"input [{n - 1}:0] a, b, input [1:0] op, output reg [{n - 1}:0] y"
        body = "always @* case (op) 0: y = a + b; 1: y = a - b; 2: y = a & ~b; default: y = a < b; endcase"
        yield _module(f"alu{n}", ports, body)
    for n in (4, 6, 8):
        ports = f"input [{n - 1}:0] a, b, input [{2 * n}:0] c, output [{2 * n + 1}:0] y"
        yield _module(f"mac{n}", ports, "assign y = a * b + c;")
    for n in (6, 10, 14):
        yield _module(f"sq{n}", f"input [{n // 2 - 1}:0] a, output [{n - 1}:0] y", "assign y = a * a;")
        yield _module(f"abs{n}", f"input signed [{n - 1}:0] a, output [{n - 1}:0] y", "assign y = a < 0 ? -a : a;")


def _logic() -> Iterator[Small]:
    for n in (4, 8, 16):
        bits = range(n)
        yield _module(f"par{n}", f"input [{n - 1}:0] a, output y", "assign y = ^a;")
        yield _module(f"pop{n}", f"input [{n - 1}:0] a, output [4:0] y", f"assign y = {' + '.join(f'a[{i}]' for i in bits)};")
        yield _module(f"cmp{n}", f"input [{n - 1}:0] a, b, output lt, eq", "assign lt = a < b; assign eq = a == b;")
        yield _module(f"shl{n}", f"input [{n - 1}:0] a, input [3:0] s, output [{n - 1}:0] y", "assign y = a << s;")
        yield _module(f"mux{n}", f"input [{n - 1}:0] a, input [3:0] s, output y", "assign y = a[s];")
        first = " : ".join(f"a[{i}] ? {i}" for i in bits)
        yield _module(f"pri{n}", f"input [{n - 1}:0] a, output [3:0] y", f"assign y = {first} : 0;")
        yield _module(f"gray{n}", f"input [{n - 1}:0] a, output [{n - 1}:0] y", "assign y = a ^ (a >> 1);")
        yield _module(f"dec{n}", f"input [3:0] a, input e, output [{n - 1}:0] y", "assign y = e << a;")


def _random_logic(seed: int) -> Iterator[Small]:
    """Functions given by random truth tables, and random expressions."""
    rng = random.Random(seed)
    for k in range(20):
        n, outputs = rng.randint(4, 6), rng.randint(1, 4)
        tables = [f"assign y[{i}] = {1 << n}'h{rng.getrandbits(1 << n):x} >> a;" for i in range(outputs)]
        yield _module(f"table{k}", f"input [{n - 1}:0] a, output [{outputs - 1}:0] y", "\n".join(tables))
    for k in range(20):
        lines = [f"wire [3:0] w{i} = {_expression(rng, i)};" for i in range(rng.randint(4, 12))]
        body = "\n".join([*lines, f"assign y = w{len(lines) - 1}; assign z = w{len(lines) // 2} ^ w1;"])
        yield _module(f"expr{k}", "input [3:0] a, b, c, output [3:0] y, z", body)


def _expression(rng: random.Random, level: int) -> str:
    names = ["a", "b", "c", *(f"w{i}" for i in range(level))]
    x, y, z = (rng.choice(names) for _ in range(3))
    return rng.choice([f"{x} & {y} | {z}", f"{x} ^ {y}", f"~({x} | {y})", f"{x}[0] ? {y} : {z}", f"{x} + {y}", f"{x} - {z}"])


def _registers() -> Iterator[Small]:
    for n in (3, 6, 10):
        q = f"output reg [{n - 1}:0] q"
        yield _module(
            f"count{n}", f"input rst, en, {q}", "always @(posedge clk) if (rst) q <= 0; else if (en) q <= q + 1;", clocked=True
        )
        body = "always @(posedge clk or negedge rst_n) if (!rst_n) q <= 1; else q <= {q[" + f"{n - 2}:0], q[{n - 1}] ^ d}};"
        yield _module(f"lfsr{n}", f"input rst_n, d, {q}", body, clocked=True)
        body = "always @(posedge clk or posedge set) if (set) q <= ~0; else q <= q + d;"
        yield _module(f"acc{n}", f"input set, input [{n - 1}:0] d, {q}", body, clocked=True)
        body = f"reg [{n - 1}:0] h; always @(negedge clk) h <= d ^ q; always @(posedge clk) q <= h + d;"
        yield _module(f"edges{n}", f"input [{n - 1}:0] d, {q}", body, clocked=True)
        body = f"reg [{n - 1}:0] a, b; always @(posedge clk) begin a <= d; b <= e; q <= a * b; end"
        yield _module(f"pipe{n}", f"input [{n - 1}:0] d, e, {q}", body, clocked=True)
        body = f"reg [{n - 1}:0] x1, x2; always @(posedge clk) begin x1 <= d; x2 <= x1; q <= d + 3 * x1 + 5 * x2; end"
        yield _module(f"fir{n}", f"input [{n - 1}:0] d, {q}", body, clocked=True)


def _machines(seed: int) -> Iterator[Small]:
    """State machines with random transitions."""
    rng = random.Random(seed + 1)
    for k in range(16):
        states = rng.randint(4, 12)
        rows = [f"{s}: s <= x ? {rng.randrange(states)} : z ? {rng.randrange(states)} : s + 1;" for s in range(states)]
        case = "\n".join(rows)
        body = (
            "reg [3:0] s; always @(posedge clk or posedge rst) if (rst) s <= 0; else case (s)\n"
            f"{case}\ndefault: s <= 0; endcase\n"
            f"assign y = s == {rng.randrange(states)} | x & s[1]; assign v = s ^ {rng.getrandbits(4)};"
        )
        yield _module(f"fsm{k}", "input rst, x, z, output y, output [3:0] v", body, clocked=True)

"""What operations of each kind compute, in Icarus Verilog."""

import numpy as np
import pytest
from datapaths import flow_of

from eda.ir.dataflow import Schedule
from eda.schedule.datapath import datapath
from eda.schedule.emit import emit
from eda.schedule.functions import expression, family, named_widths
from eda.schedule.unroll import netlists


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("plus_expr_FU_64_64_64", "add"),
        ("minus_expr_FU_32_32_32", "sub"),
        ("mult_expr_FU_64_64_64_4", "mul"),
        ("Product", "mul"),
        ("bit_ior_expr_FU_8_8_8", "or"),
        ("truth_not_expr_FU_1_1", "lnot"),
        ("lshift_expr_FU_64_64_64", "shl"),
        ("MUX_N_to_1_64_64_64_2", "mux"),
        ("ne_expr_FU_1_1_1", "ne"),
        ("les", "lt"),
        ("special_virtual", "pass"),
        ("mem_read", "opaque"),
        ("fp_plus_expr_FU_64_64_64_500", "opaque"),
        ("AddSub_1_23_8_FLOAT_O", "opaque"),
        ("trunc_mod_expr_FU_32_32_32_31", "mod"),
        ("mod", "mod"),
    ],
)
def test_names_of_kinds_say_their_function(kind, name):
    assert family(kind) == name


def test_widths_come_from_names_and_operands():
    operations = [("in", 0, 1), ("plus_expr_FU_16_16_16", 0, 1), ("eq_expr_FU_1_1_1", 0, 1), ("special_virtual", 0, 1)]
    flow = flow_of(operations, [(0, 1, 0, 0), (1, 2, 0, 0), (1, 3, 0, 0)])
    assert named_widths(flow).width.tolist() == [32, 16, 1, 16]
    assert named_widths(flow, 8).width.tolist() == [8, 8, 1, 8]


def value_of(kind, width, operands):
    """The function of one operation with inputs of the given (width, value)s, by the netlist of its reference."""
    from eda.ir.simulate import run

    n = len(operands)
    flow = flow_of([("input", 0, w) for w, _ in operands] + [(kind, 0, width)], [(k, n, k, 0) for k in range(n)])
    emitted = emit(datapath(flow, Schedule(np.zeros(n + 1), 1)))
    given = {f"n{k}": [value] for k, (_, value) in enumerate(operands)}
    return run(netlists(emitted)[1], given)[f"y{n}"][0]


@pytest.mark.parametrize(
    ("kind", "width", "operands", "expected"),
    [
        ("add", 5, [(4, 15), (4, 3)], 18),
        ("sub", 4, [(4, 2), (4, 5)], 13),
        ("mul", 8, [(4, 15), (4, 15)], 225),
        ("div", 4, [(4, 13), (4, 4)], 3),
        ("div", 4, [(4, 13), (4, 0)], 15),
        ("mod", 4, [(4, 13), (4, 0)], 13),
        ("ashr", 4, [(4, 8), (2, 2)], 14),
        ("shr", 4, [(4, 8), (2, 2)], 2),
        ("mux", 4, [(2, 2), (4, 7), (4, 9)], 7),
        ("mux", 4, [(2, 0), (4, 7), (4, 9)], 9),
        ("lt", 1, [(4, 3), (4, 12)], 1),
        ("land", 1, [(4, 8), (4, 4)], 1),
        ("rednand", 1, [(4, 15)], 0),
        ("xnor", 4, [(4, 12), (4, 10)], 9),
        ("neg", 4, [(4, 3)], 13),
        ("add", 4, [(4, 1), (4, 2), (4, 4)], 7),
        ("add", 4, [(4, 3)], 3 + 9),
        ("concat", 6, [(2, 2), (4, 5)], 37),
        ("repeat", 6, [(2, 2)], 42),
    ],
)
def test_kinds_compute_what_they_say(kind, width, operands, expected):
    assert value_of(kind, width, operands) == expected


@pytest.mark.parametrize("width", [3, 4, 9])
def test_an_opaque_function_depends_on_every_operand_bit(width):
    base = value_of("mem_read", width, [(4, 5), (6, 9)])
    flipped = [value_of("mem_read", width, [(4, 5 ^ 1 << k), (6, 9)]) for k in range(4)]
    flipped += [value_of("mem_read", width, [(4, 5), (6, 9 ^ 1 << k)]) for k in range(6)]
    assert base not in flipped


def test_the_name_of_a_constant_is_its_value():
    assert expression("const", "8'd5", 8, ()) == "8'd5"

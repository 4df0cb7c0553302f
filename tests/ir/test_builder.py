import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError, UsageError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.simulate import run, simulate_cycles

OPS = {
    "not_": (1, lambda a: 1 - a),
    "and_": (3, lambda *x: int(all(x))),
    "or_": (3, lambda *x: int(any(x))),
    "xor": (3, lambda *x: sum(x) % 2),
    "nand": (2, lambda a, b: 1 - (a & b)),
    "nor": (2, lambda a, b: 1 - (a | b)),
    "xnor": (2, lambda a, b: 1 - (a ^ b)),
    "mux": (3, lambda s, a, b: b if s else a),
    "half_adder": (2, lambda *x: (sum(x) & 1, sum(x) >> 1)),
    "full_adder": (3, lambda *x: (sum(x) & 1, sum(x) >> 1)),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(OPS)), st.lists(st.integers(0, 30), min_size=3, max_size=3)), max_size=25))
def test_folding_and_sharing_change_no_value(steps):
    """Every method, on nets picked among constants, inputs and earlier results, against plain Python."""
    b = Builder("random")
    nets = [0, 1, *b.input("a", 3)]
    values = [[0] * 8, [1] * 8, *([m >> i & 1 for m in range(8)] for i in range(3))]
    for op, picks in steps:
        arity, function = OPS[op]
        chosen = [p % len(nets) for p in picks[:arity]]
        made = getattr(b, op)(*(nets[c] for c in chosen))
        expected = [function(*(values[c][m] for c in chosen)) for m in range(8)]
        if isinstance(made, tuple):
            nets += made
            values += [[e[0] for e in expected], [e[1] for e in expected]]
        else:
            nets.append(made)
            values.append(expected)
    b.output("y", nets)
    got = run(b.build(), {"a": range(8)})["y"]
    assert got == [sum(v[m] << i for i, v in enumerate(values)) for m in range(8)]


def test_equal_gates_are_built_once():
    b = Builder("shared")
    x, y = b.input("a", 2)
    assert b.and_(x, y) == b.and_(y, x)
    assert b.xnor(x, y) == b.xnor(y, x)
    assert b.not_(b.not_(x)) == x
    assert b.half_adder(x, y) == b.half_adder(y, x)


def test_wide_operands_become_a_balanced_tree():
    b = Builder("wide")
    b.output("y", b.and_(*b.input("a", 8)))
    n = b.build()
    assert (n.n_cells, n.depth) == (7, 3)


def test_a_full_adder_with_a_constant_is_a_smaller_cell():
    b = Builder("fa")
    x, y = b.input("a", 2)
    b.output("y", [*b.full_adder(x, 0, y), *b.full_adder(1, x, x)])
    assert b.build().count_by_type() == {"$ha": 1}


def test_unreachable_cells_are_swept_unless_asked_not_to():
    b = Builder("dead")
    x, y = b.input("a", 2)
    b.name_net(b.xor(x, y), "unused")
    b.output("y", b.and_(x, y))
    assert b.build().count_by_type() == {"$and2": 1}
    kept = b.build(sweep=False)
    assert kept.count_by_type() == {"$and2": 1, "$xor2": 1}
    assert kept.net_by_name["unused"] == 4


def test_cells_that_only_feed_back_are_swept():
    b = Builder("loop")
    (clk,), q = b.input("clk"), b.forward()
    (out,) = b.cell(cells.flip_flop(), (clk, b.not_(q)))
    b.connect(q, out)
    b.output("y", clk)
    assert b.build().n_cells == 0


def test_feedback_runs_through_forward_nets():
    b = Builder("toggle")
    (clk,), q = b.input("clk"), b.forward()
    b.name_net(q, "q_reg")
    (out,) = b.cell(cells.flip_flop(), (clk, b.not_(q)))
    b.connect(q, out)
    b.output("q", q)
    n = b.build()
    assert n.net_names[n.port("q").nets[0]] == "q_reg"
    trace = simulate_cycles(n, {"clk": np.zeros((4, 1, 1), dtype=np.uint64)})
    assert (trace.cycle_ends[n.port("q").nets[0], :, 0] & 1).tolist() == [1, 0, 1, 0]


def test_forward_nets_must_be_connected_once():
    b = Builder("open")
    (x,), net = b.input("a"), b.forward()
    b.output("y", net)
    with pytest.raises(UsageError, match=f"forward net {net} was never connected to a driver"):
        b.build()
    b.connect(net, x)
    with pytest.raises(UsageError, match=f"net {net} is not an open forward net"):
        b.connect(net, x)


def test_forward_nets_in_a_circle_have_no_driver():
    b = Builder("circle")
    x, y = b.forward(), b.forward()
    b.connect(x, y)
    b.connect(y, x)
    b.output("y", x)
    with pytest.raises(UsageError, match="never connected to a driver"):
        b.build()


def test_the_first_name_of_a_net_stays():
    b = Builder("names")
    x, y = b.input("a", 2)
    net = b.and_(x, y)
    b.name_net(net, "first")
    b.name_net(net, "second")
    b.name_net(x, "not the port's")
    b.name_net(1, "constant")
    b.output("y", net)
    assert b.build().net_names == (None, None, "a[0]", "a[1]", "first")


def test_ports_take_any_range():
    b = Builder("ranges")
    b.output("y", b.input("a", (2, 5)), (7, 4))
    n = b.build()
    assert repr(n).splitlines()[1:] == ["  input a[2:5] = a[5] a[4] a[3] a[2]", "  output y[7:4] = a[5] a[4] a[3] a[2]"]


def test_mistakes_are_named():
    b = Builder("wrong")
    (x,) = b.input("a")
    with pytest.raises(UsageError, match=r"cell type \$and2 has 2 inputs, got 1"):
        b.cell(cells.AND, (x,))
    with pytest.raises(UsageError, match="a gate needs at least one operand"):
        b.or_()
    with pytest.raises(UsageError, match="port b has a width of 0, expected at least 1"):
        b.input("b", 0)
    with pytest.raises(InputError, match=r"port y\[3:0\] has 1 nets, expected 4"):
        b.output("y", [x], (3, 0))
    b.input("a")
    with pytest.raises(InputError, match="port a appears twice"):
        b.build()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import netlists

from eda.errors import InputError, UsageError
from eda.ir import cells, logic, simulate
from eda.ir.builder import Builder
from eda.ir.cells import CellType, State
from eda.ir.simulate import clock_inputs, next_state, pack, random_streams, random_vectors, run, simulate_cycles, unpack

CLOCK_GATE = CellType(
    "CLKGATE",
    ("CK", "E"),
    ("GCK",),
    (logic.parse("CK & held"),),
    State("held", "latch", logic.parse("!CK"), logic.parse("E")),
)
BOTH = CellType(
    "DFFRS",
    ("C", "D", "R", "S"),
    ("Q", "QN"),
    (logic.parse("IQ"), logic.parse("!IQ")),
    State("IQ", "ff", logic.parse("C"), logic.parse("D"), logic.parse("R"), logic.parse("S"), both=1),
)


def reference(netlist, bits, state):
    """Value of every net for one vector: each cell by its truth table, over and over until all are known."""
    values = [0, 1, *bits, *[None] * (netlist.n_nets - netlist.first_cell_net)]
    held = dict(zip(netlist.state_cells.tolist(), state, strict=True))
    while None in values:
        for c in range(netlist.n_cells):
            kind = netlist.type_of(c)
            pins = [values[n] for n in netlist.fanin_of(c)]
            if kind.state is not None:
                pins = [0] * len(pins) + [held[c]]  # generic registers show their bit, whatever their inputs
            if None not in pins:
                row = sum(b << i for i, b in enumerate(pins))
                for net, table in zip(netlist.outputs_of(c), kind.tables, strict=True):
                    values[net] = table >> row & 1
    return values


@given(netlists(latches=True), st.integers(0, 2**32))
def test_every_net_agrees_with_truth_tables_looked_up_one_by_one(n, seed):
    vectors = random_vectors(n, 1, seed)
    state = np.random.default_rng(seed).integers(0, 2**63, (len(n.state_cells), 1), dtype=np.uint64)
    nets = simulate.simulate(n, vectors, state)
    for k in (0, 41):
        bits = [int(row[0]) >> k & 1 for p in n.inputs for row in vectors[p.name]]
        assert [int(v) >> k & 1 for v in nets[:, 0]] == reference(n, bits, [int(s) >> k & 1 for s in state[:, 0]])


def adder(width):
    b = Builder("adder")
    carry, sums = 0, []
    for x, y in zip(b.input("a", width), b.input("b", width), strict=True):
        s, carry = b.full_adder(x, y, carry)
        sums.append(s)
    b.output("s", [*sums, carry])
    return b.build()


@given(st.lists(st.tuples(*[st.integers(0, 2**70 - 1)] * 2), min_size=1, max_size=80))
def test_an_adder_adds(pairs):
    a, b = zip(*pairs, strict=True)
    assert run(adder(70), {"a": a, "b": b})["s"] == [x + y for x, y in pairs]


def test_blocks_of_words_make_no_difference(monkeypatch):
    n = adder(4)
    vectors = random_vectors(n, 300)
    whole = simulate.simulate(n, vectors)
    monkeypatch.setattr(simulate, "_BLOCK_BYTES", 1)
    assert np.array_equal(simulate.simulate(n, vectors), whole)


def test_a_netlist_without_inputs_has_one_vector():
    b = Builder("constant")
    b.output("y", [1, 0, 1])
    assert run(b.build(), {}) == {"y": [5]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": [1]}, "netlist adder: no values for the input port 'b'"),
        ({"a": [1], "b": [1, 2]}, "the input sequences differ in length: 1, 2"),
        ({"a": [1], "b": [16]}, "the value 16 does not fit in 4 unsigned bits"),
        ({"a": [1], "bb": [1]}, "netlist adder has no port 'bb'"),
        ({"a": [1], "b": [1], "s": [1]}, "netlist adder has no input port 's'"),
    ],
)
def test_wrong_inputs_are_named(values, message):
    with pytest.raises(UsageError, match=message):
        run(adder(4), values)


def test_wrong_shapes_are_named():
    zeros = np.zeros((4, 2), dtype=np.uint64)
    with pytest.raises(UsageError, match=r"input port 'b' have the shape \(4, 3\), expected \(4, 2\)"):
        simulate.simulate(adder(4), {"a": zeros, "b": np.zeros((4, 3), dtype=np.uint64)})
    with pytest.raises(UsageError, match=r"input port 'a' have the shape \(3, 2\), expected \(4, 2\)"):
        simulate.simulate(adder(4), {"a": zeros[:3], "b": zeros})
    with pytest.raises(UsageError, match=r"the state has the shape \(1, 2\), expected \(0, 2\)"):
        simulate.simulate(adder(4), {"a": zeros, "b": zeros}, zeros[:1])


def test_a_black_box_is_named():
    b = Builder("boxed")
    (q,) = b.cell(CellType("RAM", ("a",), ("q",), (None,)), b.input("a"), "u_ram")
    b.output("q", q)
    with pytest.raises(UsageError, match="netlist boxed: cell u_ram of type RAM is a black box"):
        run(b.build(), {"a": [0]})


def test_a_register_is_no_function_to_run():
    with pytest.raises(UsageError, match="netlist register is not combinational: u0 holds state"):
        run(register(cells.flip_flop()), {"clk": [0], "d": [0]})


# --- state -------------------------------------------------------------------------------------------------------------


def register(kind, name="u0"):
    b = Builder("register")
    outputs = b.cell(kind, [b.input(pin)[0] for pin in kind.inputs], name)
    for pin, net in zip(kind.outputs, outputs, strict=True):
        b.output(pin, net)
    return b.build()


def bits(*rows):
    """One word per row, whose lowest bits are the vectors given."""
    return np.array([[sum(b << i for i, b in enumerate(row))] for row in rows], dtype=np.uint64)


def test_clear_and_preset_win_over_data_and_both_counts_for_both():
    n = register(BOTH)
    inputs = {"C": bits([0] * 4), "D": bits([1, 1, 0, 0]), "R": bits([0, 1, 0, 1]), "S": bits([0, 0, 1, 1])}
    state = bits([0] * 4)
    new = next_state(n, simulate.simulate(n, inputs, state), state)
    assert unpack(new, 4) == [1, 0, 1, 1]


def test_an_open_latch_follows_and_a_closed_one_holds():
    n = register(cells.latch())
    state = bits([1, 1, 0, 0])
    nets = simulate.simulate(n, {"en": bits([0, 1, 0, 1]), "d": bits([0, 0, 1, 1])}, state)
    assert unpack(next_state(n, nets, state), 4) == [1, 0, 0, 1]
    assert unpack(nets[list(n.port("q").nets)], 4) == [1, 1, 0, 0]


def counter(width, kind=None):
    """Counts when enabled."""
    b = Builder("counter")
    (clk,), (carry,) = b.input("clk"), b.input("en")
    state = [b.forward() for _ in range(width)]
    for q in state:
        d, carry = b.half_adder(q, carry)
        (out,) = b.cell(kind or cells.flip_flop(), (clk, d))
        b.connect(q, out)
    b.output("q", state)
    return b.build()


def port_values(trace, netlist, name, streams=64):
    """Values ``[cycles][stream]`` of a port at the end of each cycle."""
    nets = list(netlist.port(name).nets)
    return [unpack(trace.cycle_ends[nets, t], streams) for t in range(trace.cycle_ends.shape[1])]


@pytest.mark.parametrize("kind", [cells.flip_flop(), cells.flip_flop(falling=True)])
def test_a_counter_counts_the_enables_before_each_edge(kind):
    n = counter(5, kind)
    inputs = random_streams(n, 20, seed=7)
    enables = [unpack(inputs["en"][t], 64) for t in range(20)]
    # A rising edge sees what was applied before it (in cycle 0 the first values), a falling one the cycle's own values.
    seen = enables if kind == cells.flip_flop(falling=True) else [enables[0], *enables[:-1]]
    expected = np.cumsum(seen, axis=0) % 32
    assert port_values(simulate_cycles(n, inputs), n, "q") == expected.tolist()


def test_simulation_goes_on_from_a_given_state():
    n = counter(4)
    trace = simulate_cycles(n, {"en": stream([1, 1, 1])}, state=pack([9], 4))
    assert [v[0] for v in port_values(trace, n, "q")] == [10, 11, 12]


def shift(kinds):
    b = Builder("shift")
    (clk,), (net,) = b.input("clk"), b.input("d")
    for kind in kinds:
        (net,) = b.cell(kind, (clk, net))
    b.output("q", net)
    return b.build()


def stream(values):
    """One stream of a scalar input: ``[cycles, 1, 1]``."""
    return np.array(values, dtype=np.uint64).reshape(-1, 1, 1)


def test_neighbouring_flip_flops_do_not_race():
    n = shift([cells.flip_flop()] * 3)
    trace = simulate_cycles(n, {"d": stream([1, 0, 1, 1, 0, 0, 0])})
    assert [v[0] for v in port_values(trace, n, "q")] == [0, 0, 1, 1, 0, 1, 1]  # the first value is there before cycle 0


def test_two_latches_of_opposite_phase_are_a_flip_flop():
    n, plain = shift([cells.latch(low=True), cells.latch()]), shift([cells.flip_flop()])
    inputs = random_streams(n, 30, seed=5)
    assert port_values(simulate_cycles(n, inputs), n, "q") == port_values(simulate_cycles(plain, inputs), plain, "q")


def test_an_asynchronous_clear_acts_without_an_edge():
    n = register(cells.flip_flop(reset="low"))
    trace = simulate_cycles(n, {"d": stream([1, 1, 1, 1]), "r": stream([1, 1, 0, 1])})
    q = n.port("q").nets[0]
    assert (trace.values[q, :, 0] & 1).tolist() == [1, 1, 1, 1, 0, 0, 0, 0]  # in the last cycle it was active at the edge
    assert [v[0] for v in port_values(trace, n, "q")] == [1, 1, 0, 0]


def gated():
    b = Builder("gated")
    (clk,), (en,), (d,) = b.input("clk"), b.input("en"), b.input("d")
    (gclk,) = b.cell(CLOCK_GATE, (clk, en))
    (buffered,) = b.cell(cells.BUF, (gclk,))
    (q,) = b.cell(cells.flip_flop(), (buffered, d))
    b.output("q", q)
    b.output("gclk", buffered)
    return b.build()


def test_a_gated_clock_is_followed_through_its_gate():
    n = gated()
    assert [n.net_label(c) for c in clock_inputs(n)] == ["clk"]
    trace = simulate_cycles(n, {"en": stream([1, 0, 1, 0, 0]), "d": stream([1, 0, 0, 1, 1])})
    assert [v[0] for v in port_values(trace, n, "q")] == [1, 1, 1, 0, 0]
    assert (trace.values[n.port("gclk").nets[0], ::2, 0] & 1).tolist() == [1, 1, 0, 1, 0]


def test_a_ripple_counter_clocks_itself_on():
    b = Builder("ripple")
    (clock,) = b.input("clk")
    outputs = []
    for _ in range(4):
        q = b.forward()
        inverted = b.not_(q)
        (out,) = b.cell(cells.flip_flop(), (clock, inverted))
        b.connect(q, out)
        outputs.append(out)
        clock = inverted
    b.output("q", outputs)
    n = b.build()
    trace = simulate_cycles(n, {"clk": stream([0] * 20)})
    assert [v[0] for v in port_values(trace, n, "q")] == [(t + 1) % 16 for t in range(20)]


def test_without_a_clock_the_inputs_act_alone():
    n = shift([cells.flip_flop()])
    trace = simulate_cycles(n, {"clk": stream([0, 1, 1, 0, 1]), "d": stream([1, 1, 0, 0, 0])}, clocks=[])
    assert trace.phases == 1
    assert [v[0] for v in port_values(trace, n, "q")] == [0, 1, 1, 1, 0]


def test_an_open_latch_that_inverts_itself_oscillates():
    b = Builder("osc")
    (en,), loop = b.input("en"), b.forward()
    (q,) = b.cell(cells.latch(), (en, b.not_(loop)))
    b.connect(loop, q)
    b.output("q", q)
    with pytest.raises(InputError, match="netlist osc: does not settle, it oscillates through open latches"):
        simulate_cycles(b.build(), {"en": stream([1])}, clocks=["en"])


def test_flip_flops_that_clock_each_other_for_ever_oscillate():
    b = Builder("osc")
    (x,), up, down = b.input("x"), b.forward(), b.forward()
    clock = b.xor(x, up, down)
    for net, falling in ((up, False), (down, True)):  # each toggles, and so makes the edge that the other waits for
        (q,) = b.cell(cells.flip_flop(falling=falling), (clock, b.not_(net)))
        b.connect(net, q)
    b.output("y", clock)
    with pytest.raises(InputError, match="netlist osc: does not settle, it oscillates through derived clocks"):
        simulate_cycles(b.build(), {"x": stream([0, 1])}, clocks=[])


# --- clocks ------------------------------------------------------------------------------------------------------------


def test_clocks_are_found_through_buffers_and_inverters():
    b = Builder("tree")
    (c1,), (c2,), (d,) = b.input("c1"), b.input("c2"), b.input("d")
    (buffered,) = b.cell(cells.BUF, (b.not_(c1),))
    (q1,) = b.cell(cells.flip_flop(), (buffered, d))
    (q2,) = b.cell(cells.flip_flop(), (c2, q1))
    (q3,) = b.cell(cells.flip_flop(), (b.and_(c2, d), q2))
    b.output("q", q3)
    n = b.build()
    assert [n.net_label(c) for c in clock_inputs(n)] == ["c1", "c2"]


def test_a_clock_behind_logic_must_be_named():
    b = Builder("muxed")
    (c1,), (c2,), (d,) = b.input("c1"), b.input("c2"), b.input("d")
    (q,) = b.cell(cells.flip_flop(), (b.and_(c1, c2), d))
    b.output("q", q)
    n = b.build()
    with pytest.raises(UsageError, match="no input reaches a clock pin through buffers alone; name the clocks"):
        clock_inputs(n)
    trace = simulate_cycles(n, {"c2": stream([1, 0, 1]), "d": stream([1, 0, 0])}, clocks=["c1"])
    # In cycle 2 the gated clock rises only when c2 does, after the edge of c1, and finds d changed already.
    assert [v[0] for v in port_values(trace, n, "q")] == [1, 1, 0]
    with pytest.raises(UsageError, match=r"netlist muxed has no input bit 'c11' \(did you mean 'c1'\?\)"):
        simulate_cycles(n, {}, clocks=["c11"])


def test_a_combinational_netlist_has_no_clock():
    assert clock_inputs(adder(2)) == ()


# --- activity ----------------------------------------------------------------------------------------------------------


def test_a_clock_toggles_twice_per_cycle_and_is_high_half_the_time():
    n = counter(3)
    trace = simulate_cycles(n, random_streams(n, 50))
    clk, en = n.port("clk").nets[0], n.port("en").nets[0]
    assert trace.cycles == 49 * 64
    assert trace.toggles[[0, 1, clk]].tolist() == [0, 0, 2]
    assert trace.probability[[0, 1, clk]].tolist() == [0, 1, 0.5]
    assert trace.toggles[en] == pytest.approx(0.2, abs=0.03)


@given(netlists(registers=False), st.integers(0, 2**32))
def test_combinational_activity_is_counted_bit_by_bit(n, seed):
    inputs = random_streams(n, 4, seed=seed)
    trace = simulate_cycles(n, inputs)
    cycles = len(next(iter(inputs.values()))) if inputs else 1
    steps = [simulate.simulate(n, {name: v[t] for name, v in inputs.items()}) for t in range(cycles)]
    values = np.array([[[int(row[0]) >> k & 1 for k in range(64)] for row in nets] for nets in steps])
    assert np.allclose(trace.probability, values.mean(axis=(0, 2)))
    if cycles > 1:
        assert np.allclose(trace.toggles, (values[1:] != values[:-1]).mean(axis=(0, 2)))


@given(netlists(latches=False), st.integers(0, 2**32))
def test_cycles_agree_with_single_steps_where_all_edges_rise(n, seed):
    """For clocked netlists without resets, against `simulate` and `next_state` called in turn."""
    if any(k.state is not None and k not in (cells.flip_flop(),) for k in n.types) or not len(n.state_cells):
        return
    inputs = random_streams(n, 5, seed=seed)
    trace = simulate_cycles(n, inputs)
    state = np.zeros((len(n.state_cells), 1), dtype=np.uint64)
    low = {name: v[0] for name, v in inputs.items()} | {"clk": np.zeros((1, 1), dtype=np.uint64)}
    for t in range(5):
        state = next_state(n, simulate.simulate(n, low, state), state)
        low = {name: v[t] for name, v in inputs.items()} | {"clk": np.zeros((1, 1), dtype=np.uint64)}
        assert np.array_equal(trace.cycle_ends[:, t], simulate.simulate(n, low, state))

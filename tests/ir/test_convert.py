import dataclasses

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import netlists

from eda.errors import InputError, UnsupportedError, UsageError
from eda.ir import cells, logic
from eda.ir.aig import UNKNOWN, Aig, AigBuilder
from eda.ir.aiger import parse_aiger, to_aiger
from eda.ir.builder import Builder
from eda.ir.cells import CellType, State
from eda.ir.convert import from_aig, state_names, to_aig, to_hypergraph, to_networkx, to_torch
from eda.ir.simulate import next_state, random_streams, random_vectors, simulate, simulate_cycles

AOI = CellType("AOI21", ("A1", "A2", "B"), ("ZN",), (logic.parse("!((A1 & A2) | B)"),))
LIBRARY = [
    AOI,
    CellType("TIE", (), ("Z",), (logic.TRUE,)),
    CellType("FAN", ("A", "B"), ("S", "CN"), (logic.parse("A^B"), logic.parse("!(A B)"))),
]


def by_bit(netlist, nets, ports):
    return {bit: nets[net] for p in ports for bit, net in zip(p.bit_names, p.nets, strict=True)}


def spread(netlist, words):
    """Words of each input bit of another netlist, as the ports of this one."""
    return {p.name: np.array([words[b] for b in p.bit_names]) for p in netlist.inputs}


# --- AIG ---------------------------------------------------------------------------------------------------------------


@given(netlists(types=LIBRARY, registers=False), st.integers(0, 2**32))
def test_there_and_back_simulates_the_same(n, seed):
    again = from_aig(to_aig(n))
    vectors = random_vectors(n, 1, seed)
    words = {b: row for p in n.inputs for b, row in zip(p.bit_names, vectors[p.name], strict=True)}
    expected = by_bit(n, simulate(n, vectors), n.outputs)
    assert {p.declaration for p in again.ports} == {p.declaration for p in n.ports}
    got = by_bit(again, simulate(again, spread(again, words)), again.outputs)
    assert {b: v[0] for b, v in got.items()} == {b: v[0] for b, v in expected.items()}


@given(netlists(types=LIBRARY, registers=False))
def test_the_digest_survives_files_and_the_way_back(n):
    aig = to_aig(n)
    assert parse_aiger(to_aiger(aig)).digest == aig.digest
    again = from_aig(aig)
    assert again.name == n.name
    if [p.name for p in again.inputs] == [p.name for p in n.inputs]:
        assert to_aig(again).digest == aig.digest


@given(netlists(latches=True), st.integers(0, 2**32))
def test_cut_registers_show_what_acts_on_their_state(n, seed):
    """The extra outputs, evaluated with the state bits as inputs, give the next state that simulation gives."""
    cut = from_aig(to_aig(n, registers="cut"))
    rng = np.random.default_rng(seed)
    state = rng.integers(0, 2**63, (len(n.state_cells), 1), dtype=np.uint64)
    vectors = random_vectors(n, 1, seed)
    nets = simulate(n, vectors, state)
    aig = to_aig(n, registers="cut")
    words = dict(zip(aig.input_names, [*(r for p in n.inputs for r in vectors[p.name]), *state], strict=True))
    got = by_bit(cut, simulate(cut, spread(cut, words)), cut.outputs)
    expected = by_bit(n, nets, n.outputs)
    assert all(got[bit][0] == words_of[0] for bit, words_of in expected.items())
    new = next_state(n, nets, state)
    for row, (name, cell) in enumerate(zip(state_names(n), n.state_cells.tolist(), strict=True)):
        kind = n.type_of(cell).state
        taken = got[f"{name}.next"][0]
        if kind.kind == "latch":
            enable = got[f"{name}.clock"][0]
            taken = taken & enable | state[row][0] & ~enable
        clear = got[f"{name}.clear"][0] if kind.clear else np.uint64(0)
        preset = got[f"{name}.preset"][0] if kind.preset else np.uint64(0)
        assert (taken & ~clear | preset) == new[row][0]


def counter():
    b = Builder("counter")
    (clk,), (carry,) = b.input("clk"), b.input("en")
    state = [b.forward() for _ in range(4)]
    for i, q in enumerate(state):
        d, carry = b.half_adder(q, carry)
        (out,) = b.cell(cells.flip_flop(), (clk, d))
        b.name_net(out, f"count[{i}]")
        b.connect(q, out)
    b.output("q", state)
    return b.build()


def test_flip_flops_become_latches_and_latches_flip_flops():
    n = counter()
    aig = to_aig(n)
    assert aig.latch_names == ("count[0]", "count[1]", "count[2]", "count[3]")
    assert (aig.input_names, aig.output_names) == (("clk", "en"), ("q[0]", "q[1]", "q[2]", "q[3]"))
    again = from_aig(parse_aiger(to_aiger(aig, ascii=True)), name="again")
    assert [p.declaration for p in again.ports] == ["clk", "en", "clk_0", "q[3:0]"]
    inputs = random_streams(n, 12)
    expected = simulate_cycles(n, inputs).cycle_ends[list(n.port("q").nets)]
    got = simulate_cycles(again, {**inputs, "clk_0": inputs["clk"]}).cycle_ends[list(again.port("q").nets)]
    assert np.array_equal(got, expected)


def test_a_state_bit_is_named_after_the_net_that_shows_it():
    b = Builder("names")
    clk, d = b.input("clk")[0], b.input("d")[0]
    state = State("IQ", "ff", logic.var("C"), logic.var("D"))
    both = CellType("DFF", ("C", "D"), ("QN", "Q"), (logic.parse("!IQ"), logic.var("IQ")), state)
    qn, q = b.cell(both, (clk, d), "u0")
    b.name_net(qn, "inverted")
    b.name_net(q, "shown")
    qn2, _ = b.cell(both, (clk, q), "u1")
    (q3,) = b.cell(cells.flip_flop(), (clk, qn2), "u2")
    b.output("y", [qn, qn2])
    b.output("z", q3)
    assert state_names(b.build()) == ["shown", "u1", "z"]


def register_of(kind, *more):
    b = Builder("n")
    q = []
    for i, k in enumerate((kind, *more)):
        q += b.cell(k, [b.input(f"{pin}{i}")[0] for pin in k.inputs], f"u{i}")
    b.output("q", q)
    return b.build()


GATE = CellType("CG", ("CK", "E"), ("G",), (logic.parse("CK & m"),), State("m", "latch", logic.parse("!CK"), logic.var("E")))


@pytest.mark.parametrize(
    ("netlist", "message"),
    [
        (register_of(cells.latch()), "netlist n: u0 is level-sensitive, which a latch of AIGER cannot express"),
        (register_of(cells.flip_flop(reset="low")), "u0 has an asynchronous clear or preset"),
        (register_of(cells.flip_flop(), cells.flip_flop()), "u1 has another clock edge than u0"),
        (register_of(GATE), "the clock gate u0 has no place in an AIG"),
    ],
)
def test_registers_that_no_latch_expresses_are_named(netlist, message):
    with pytest.raises(UnsupportedError, match=message):
        to_aig(netlist)


def test_other_impossible_conversions_are_named():
    with pytest.raises(UsageError, match="registers must be 'latch' or 'cut', got 'keep'"):
        to_aig(counter(), registers="keep")
    box = register_of(CellType("RAM", ("a",), ("q",), (None,)))
    with pytest.raises(UsageError, match="cell u0 of type RAM is a black box"):
        to_aig(box)
    aig = to_aig(counter())
    assert from_aig(dataclasses.replace(aig, reset=np.full(4, UNKNOWN))) == from_aig(aig)
    with pytest.raises(UnsupportedError, match=r"the latch count\[2\] resets to 1"):
        from_aig(dataclasses.replace(aig, reset=np.array([0, 0, 1, 0])))
    with pytest.raises(InputError, match="port a appears twice"):
        from_aig(Aig("g", ("a",), (), ("a",), np.zeros((0, 2)), np.array([2]), [], []))


@pytest.mark.parametrize(
    ("bits", "ports"),
    [
        (["a[0]", "a[1]", "b", "a[2]"], None),
        (["a[0]", "a[1]", "a[2]"], ["a[2:0]"]),
        (["a[5]", "a[4]"], ["a[4:5]"]),
        (["a[7]"], ["a[7:7]"]),
        (["a[0]", "a[1]", "b[0]", "c"], ["a[1:0]", "b[0:0]", "c"]),
        (["mem[1][0]", "mem[1][1]"], ["mem[1][1:0]"]),
    ],
)
def test_neighbouring_bits_make_a_port(bits, ports):
    b = AigBuilder("g", bits)
    aig = b.build(["y"], [2])
    if ports is None:
        with pytest.raises(InputError, match="port a appears twice"):
            from_aig(aig)
    else:
        assert [p.declaration for p in from_aig(aig).inputs] == ports


# --- other graphs ------------------------------------------------------------------------------------------------------


@given(netlists(latches=True))
def test_networkx_has_an_edge_for_every_pin(n):
    g = to_networkx(n)
    assert g.number_of_edges() == len(n.fanin) + len(n.output_nets)
    for c in range(n.n_cells):
        assert g.nodes["cell", c]["type"] == n.type_of(c).name
        pins = {d["sink_pin"]: d["net"] for _, _, d in g.in_edges(("cell", c), data=True)}
        assert pins == dict(zip(n.type_of(c).inputs, n.fanin_of(c).tolist(), strict=True))
    for source, _, data in g.edges(data=True):
        assert source == ("cell", int(n.driver[data["net"]])) or source[0] in ("constant", "input")
    free = g.subgraph(v for v in g if v[0] != "cell" or n.is_combinational_cell[v[1]])
    assert networkx.is_directed_acyclic_graph(free)


@given(netlists(latches=True))
def test_tensors_hold_the_same_pins(n):
    pytest.importorskip("torch", reason="torch is an optional dependency")
    t = to_torch(n)
    assert t["driver"].tolist() == n.driver.tolist()
    assert t["level"].tolist() == n.level.tolist()
    edges = zip(*t["edge_index"].tolist(), t["edge_pin"].tolist(), strict=True)
    expected = [
        (int(n.driver[net]), c, pin) for c in range(n.n_cells) for pin, net in enumerate(n.fanin_of(c)) if n.driver[net] >= 0
    ]
    assert list(edges) == expected
    assert t["output_nets"].tolist() == n.output_nets.tolist()
    assert {str(v.dtype) for v in t.values()} == {"torch.int64"}


@given(netlists(latches=True))
def test_hyperedges_are_the_nets_that_cells_read(n):
    h = to_hypergraph(n)
    expected = {}
    for c in range(n.n_cells):
        for net in n.fanin_of(c).tolist():
            if net > 1:
                expected.setdefault(net, set()).add(c)
    assert list(h.net_names) == [n.net_label(net) for net in sorted(expected)]
    for i, (net, readers) in enumerate(sorted(expected.items())):
        pins = h.pins[h.net_start[i] : h.net_start[i + 1]].tolist()
        driver = int(n.driver[net])
        assert h.source[i] == driver
        assert pins == [*([driver] if driver >= 0 else []), *sorted(readers - {driver})]


def test_weights_of_cells_go_to_the_nodes():
    n = counter()
    h = to_hypergraph(n, [[1, 0] if n.type_of(c).state else [0, 2] for c in range(n.n_cells)])
    assert h.node_weights.sum(axis=0).tolist() == [4, 8]
    assert h.node_names == tuple(n.cell_label(c) for c in range(n.n_cells))

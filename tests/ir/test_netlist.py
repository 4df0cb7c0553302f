import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import netlists, reorder

from eda.errors import InputError, UsageError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist, Port, join_ranges, renumber, vector


def half_adder():
    b = Builder("half")
    (x,), (y,) = b.input("x"), b.input("y")
    s, c = b.half_adder(x, y)
    b.name_net(s, "sum")
    b.output("o", [s, c])
    return b.build()


def ring(length):
    """Inverters in a ring, which no builder method of a gate can make."""
    b = Builder("ring")
    net = first = b.forward()
    for i in range(length):
        (net,) = b.cell(cells.NOT, (net,), f"u{i}")
    b.connect(first, net)
    b.output("y", net)
    return b.build()


def test_text_has_one_line_per_port_and_cell():
    assert repr(half_adder()) == "\n".join(
        ["netlist half", "  input x = x", "  input y = y", "  output o[1:0] = sum o[1]", "  sum, o[1] = $ha(x, y)"]
    )


def test_long_text_is_cut():
    b = Builder("long")
    (net,) = b.input("a")
    for _ in range(50):
        (net,) = b.cell(cells.BUF, (net,))
    b.output("y", net)
    assert repr(b.build()).endswith("\n  ... 10 more cells")
    assert b.build().text().count("\n") == 52


def test_drivers_and_sinks_mirror_each_other():
    n = half_adder()
    assert n.driver.tolist() == [-1, -1, -1, -1, 0, 0]
    start, pins = n.sinks
    assert [pins[start[net] : start[net + 1]].tolist() for net in range(n.n_nets)] == [[], [], [0], [1], [], []]
    assert n.fanout.tolist() == [0, 0, 1, 1, 1, 1]


@given(netlists())
def test_levels_exceed_those_of_the_drivers(n):
    for cell in range(n.n_cells):
        sources = [int(n.driver[net]) for net in n.fanin_of(cell)]
        before = [int(n.level[d]) for d in sources if d >= 0 and n.is_combinational_cell[d]]
        assert n.level[cell] == (1 + max(before, default=0) if n.is_combinational_cell[cell] else 0)
    assert n.depth == max(n.level, default=0)


@given(netlists())
def test_groups_are_all_combinational_cells_after_their_drivers(n):
    seen = []
    for kind, group in n.groups:
        assert all(n.type_of(c) == kind for c in group)
        for c in group:
            drivers = [int(d) for d in n.driver[n.fanin_of(c)] if d >= 0]
            assert all(d in seen for d in drivers if n.is_combinational_cell[d])
        seen += group.tolist()
    assert sorted(seen) == np.flatnonzero(n.is_combinational_cell).tolist()


def test_a_combinational_loop_is_shown_as_a_path():
    with pytest.raises(InputError, match=r"netlist ring: combinational loop through u0 -> u1 -> u2 -> u0$"):
        _ = ring(3).level


def test_a_long_loop_is_abbreviated():
    with pytest.raises(InputError, match=r"loop through u0 -> u1 -> .* -> u7 -> \.\.\. -> u0$"):
        _ = ring(20).level


def test_a_cell_that_feeds_itself_is_a_loop():
    with pytest.raises(InputError, match=r"loop through u0 -> u0$"):
        _ = ring(1).level


def test_cells_behind_a_loop_are_not_blamed():
    b = Builder("behind")
    loop = b.forward()
    (inside,) = b.cell(cells.NOT, (loop,), "inside")
    b.connect(loop, inside)
    (after,) = b.cell(cells.NOT, (inside,), "after")
    b.output("y", after)
    with pytest.raises(InputError, match=r"through inside -> inside$"):
        _ = b.build().level


def test_a_register_breaks_a_loop():
    b = Builder("toggle")
    (clk,) = b.input("clk")
    q = b.forward()
    (out,) = b.cell(cells.flip_flop(), (clk, b.not_(q)))
    b.connect(q, out)
    b.output("q", out)
    n = b.build()
    assert n.depth == 1
    assert n.state_cells.tolist() == [int(n.driver[n.port("q").nets[0]])]


@given(netlists())
def test_equal_netlists_have_equal_digests(n):
    again = dataclasses.replace(n)
    assert again == n
    assert again.digest == n.digest


@given(netlists(), st.randoms())
def test_the_order_of_the_type_table_does_not_matter(n, random):
    order = list(range(len(n.types)))
    random.shuffle(order)
    where = np.argsort(order)
    unused = CellType("unused", (), (), ())
    other = dataclasses.replace(
        n, types=(*(n.types[i] for i in order), unused), cell_type=where[n.cell_type] if n.n_cells else n.cell_type
    )
    assert other == n
    assert other.digest == n.digest


@given(netlists())
def test_every_name_counts_in_the_digest(n):
    renamed = dataclasses.replace(n, net_names=(*n.net_names[:2], *("other" for _ in n.net_names[2:])))
    assert (renamed.digest == n.digest) == (renamed == n)
    assert dataclasses.replace(n, name="other").digest != n.digest
    assert dataclasses.replace(n, aliases={**n.aliases, "further": 0}).digest != n.digest


def test_the_digest_of_a_small_netlist_is_stable():
    assert half_adder().digest == "94ded2eb7fbca238a619c179c2686dfb0ef4f54eadd4358871206e9d9a2779c3"


@given(netlists(), st.data())
def test_reordered_cells_make_another_netlist_of_the_same_circuit(n, data):
    order = data.draw(st.permutations(range(n.n_cells)))
    other = reorder(n, order)
    assert reorder(other, np.argsort(order).tolist()) == n
    assert other.count_by_type() == n.count_by_type()


def test_ports_and_names_are_found():
    n = half_adder()
    assert n.port("o").nets == (4, 5)
    assert n.net_by_name == {"x": 2, "y": 3, "sum": 4, "o[0]": 4, "o[1]": 5}
    with pytest.raises(UsageError, match=r"did you mean 'x'"):
        n.port("x1")


def test_ranges_of_ports_name_their_bits():
    assert vector("a", "input", (2, 3)).bit_names == ("a[0]", "a[1]")
    assert Port("a", "input", (2, 3, 4), 5, 7).bit_names == ("a[7]", "a[6]", "a[5]")
    assert Port("a", "input", (2,), 3, 3).bit_names == ("a[3]",)
    assert Port("a", "input", (2,)).bit_names == ("a",)


@pytest.mark.parametrize(("nets", "bounds"), [((2, 3), (None, None)), ((2,), (1, 0)), ((), (None, None)), ((2,), (None, 0))])
def test_a_port_has_as_many_nets_as_declared(nets, bounds):
    with pytest.raises(InputError, match=rf"port a.* has {len(nets)} nets, expected"):
        Port("a", "input", nets, *bounds)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fanin": np.array([2, 9])}, r"a fan-in names a net outside 0\.\.5"),
        ({"fanin": np.array([2])}, "fan-in offsets do not cover the fan-in array"),
        ({"fanin_start": np.array([0, 1])}, "a cell has not as many fan-ins as its type has inputs"),
        ({"cell_type": np.array([1])}, r"a cell has a type outside 0\.\.0"),
        ({"cell_names": ()}, "cell arrays disagree in length"),
        ({"net_names": (None,)}, "1 net names for 6 nets"),
        ({"aliases": {"z": 6}}, "an alias names a net that does not exist"),
        ({"ports": (Port("x", "input", (2,)), Port("x", "input", (3,)))}, "port x appears twice"),
        ({"ports": (Port("x", "input", (3,)), Port("y", "input", (2,)))}, "input port x does not hold the nets from 2"),
        ({"ports": (*half_adder().ports, Port("z", "inout", (2,)))}, "port z is 'inout', expected input or output"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=f"netlist half: .*{message}"):
        dataclasses.replace(half_adder(), **changes)


def test_an_output_must_name_a_net():
    n = half_adder()
    ports = (*n.inputs, Port("o", "output", (6,)))
    with pytest.raises(InputError, match="output port o names a net that does not exist"):
        dataclasses.replace(n, ports=ports)


def test_arrays_are_read_only():
    n = half_adder()
    with pytest.raises(ValueError, match="read-only"):
        n.fanin[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        n.driver[0] = 1


def test_a_netlist_may_be_empty():
    n = Netlist("nothing", (), (), np.zeros(0), np.zeros(1), np.zeros(0), (None, None), ())
    assert (n.n_cells, n.n_nets, n.depth, n.groups, n.count_by_type()) == (0, 2, 0, (), {})


def test_join_ranges_gathers_rows():
    assert join_ranges(np.array([5, 0, 2]), np.array([7, 0, 5])).tolist() == [5, 6, 2, 3, 4]


def test_renumber_drops_what_maps_nowhere():
    assert renumber(["a", "b", None], np.array([2, -1, 0]), 3) == (None, None, "a")


def test_a_netlist_survives_pickling():
    b = Builder("t")
    x = b.input("x", 2)
    b.output("y", [b.and_(*x), x[0]])
    netlist = b.build()
    assert netlist.depth == 1
    copy = pickle.loads(pickle.dumps(netlist))
    assert copy == netlist
    assert copy.digest == netlist.digest

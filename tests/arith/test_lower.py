import numpy as np
import pytest

from eda.arith.generate import generate
from eda.arith.lower import lower, lower_design
from eda.errors import UsageError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.simulate import run
from eda.proof.check import check_spec
from eda.tech.pdk import find_pdk

KINDS = [("multiplier", "booth"), ("mac", "and"), ("squarer", "and"), ("dot", "booth"), ("adder", "and")]
SIGNS = pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])


def design_of(kind, ppg, signed, width=6):
    return generate(kind, width, ppg=ppg, signed=signed, tree="tdm" if kind != "adder" else "dadda", adder="fitted")


@SIGNS
@pytest.mark.parametrize(("kind", "ppg"), KINDS)
def test_gates_hold_no_adder_and_compute_the_same(wrong, kind, ppg, signed):
    design = design_of(kind, ppg, signed)
    gates = lower(design.netlist, "gates")
    assert not {"$fa", "$ha"} & set(gates.count_by_type())
    assert wrong(gates, design.spec) is None


@SIGNS
@pytest.mark.parametrize(("kind", "ppg"), KINDS)
def test_library_cells_take_the_place_of_adders(wrong, kind, ppg, signed):
    design = design_of(kind, ppg, signed)
    mapped = lower(design.netlist, "cells", find_pdk("nangate45"))
    counts = mapped.count_by_type()
    assert not {"$fa", "$ha"} & set(counts)
    if kind != "adder":
        assert counts["FA_X1"] >= 0.8 * design.tree.n_full - 2
    assert wrong(mapped, design.spec) is None


@pytest.mark.parametrize("kit", ["asap7", "sky130hd"])
def test_inverted_outputs_are_put_right(eda_data, wrong, kit):
    pdk = find_pdk(kit, eda_data / "pdk")
    design = generate("multiplier", 6, tree="tdm")
    mapped = lower(design.netlist, "cells", pdk)
    counts = mapped.count_by_type()
    assert counts[pdk.defaults.full_adder.cell] == design.tree.n_full
    inverters = 2 * design.tree.n_compressors if kit == "asap7" else 0
    assert counts.get("$not", 0) == inverters
    assert wrong(mapped, design.spec) is None


def test_a_full_adder_is_five_gates_and_a_half_adder_two():
    design = generate("multiplier", 8, adder="ripple")
    gates = lower(design.netlist, "gates")
    grown = gates.n_cells - design.netlist.n_cells
    assert grown == 4 * design.tree.n_full + design.tree.n_half


def test_an_adder_with_a_constant_becomes_smaller_gates():
    b = Builder("plus_one")
    x, y = b.input("x"), b.input("y")
    s, co = b.cell(cells.FULL_ADDER, (x[0], y[0], 1))
    z, _ = b.cell(cells.FULL_ADDER, (x[0], 0, y[0]))
    b.output("p", [s, co, z])
    plain = b.build()
    gates, mapped = lower(plain, "gates"), lower(plain, "cells", find_pdk("nangate45"))
    words = {"x": [0, 1, 0, 1], "y": [0, 0, 1, 1]}
    assert run(gates, words) == run(mapped, words) == run(plain, words) == {"p": [1, 6, 6, 3]}
    assert "FA_X1" not in mapped.count_by_type()


def test_a_zero_leaves_a_half_adder_cell():
    b = Builder("zero")
    x = b.input("x", 2)
    b.output("p", b.cell(cells.FULL_ADDER, (x[0], 0, x[1])))
    assert lower(b.build(), "cells", find_pdk("nangate45")).count_by_type() == {"HA_X1": 1}


def test_an_adder_with_an_unread_output_becomes_gates():
    b = Builder("sum_only")
    x = b.input("x", 3)
    s, _ = b.cell(cells.FULL_ADDER, x)
    b.output("p", s)
    assert lower(b.build(), "cells", find_pdk("nangate45")).count_by_type() == {"$xor2": 2}


def test_names_and_ports_stay():
    design = generate("mac", 5, tree="wallace")
    gates = lower(design.netlist, "gates")
    assert [p.declaration for p in gates.ports] == [p.declaration for p in design.netlist.ports]
    assert gates.name == design.netlist.name
    public = {n for n in design.netlist.net_names if n}
    assert public <= {n for n in gates.net_names if n}


def test_registers_and_feedback_stay():
    b = Builder("accumulator")
    clk, d = b.input("clk"), b.input("d", 2)
    q = [b.forward(), b.forward()]
    s0, c0 = b.cell(cells.HALF_ADDER, (d[0], q[0]))
    s1, _ = b.cell(cells.FULL_ADDER, (d[1], q[1], c0))
    for net, s, name in zip(q, (s0, s1), ("low", "high"), strict=True):
        b.connect(net, b.cell(cells.flip_flop(), (clk[0], s), name)[0])
    b.output("q", q)
    plain = b.build()
    gates = lower(plain, "gates")
    assert gates.count_by_type() == {"$xor2": 3, "$dff_p": 2, "$and2": 1}
    assert [n for n in gates.cell_names if n] == ["low", "high"]
    from eda.ir.simulate import next_state, random_vectors, simulate

    values, other = random_vectors(plain, 4, 1), random_vectors(gates, 4, 1)
    state = values["d"].copy()
    assert (
        next_state(plain, simulate(plain, values, state), state) == next_state(gates, simulate(gates, other, state), state)
    ).all()


def test_what_cannot_be_lowered_is_refused(eda_data):
    netlist = generate("multiplier", 3).netlist
    with pytest.raises(UsageError, match="did you mean 'gates'"):
        lower(netlist, "gate")
    with pytest.raises(UsageError, match="needs a process kit"):
        lower(netlist, "cells")
    with pytest.raises(UsageError, match="ihp-sg13g2 has no full- and half-adder cells: use style 'gates'"):
        lower(netlist, "cells", find_pdk("ihp-sg13g2", eda_data / "pdk"))


@pytest.mark.parametrize("kind", ["multiplier", "mac", "dot"])
@pytest.mark.parametrize("ppg", ["and", "booth"])
def test_four_two_compressors_in_gates_are_proven(kind, ppg):
    for width, drop in ((5, 0), (12, 0), (9, 7)):
        terms = {"terms": 2} if kind == "dot" else {}
        design = generate(kind, width, ppg=ppg, tree="four-two", signed=True, drop_bits=drop, **terms)
        gates = lower_design(design, "gates")
        assert not {"$fa", "$ha"} & set(gates.count_by_type())
        assert check_spec(gates, design.spec, via=design.via).status == "proven"
        assert check_spec(design.netlist, design.spec, via=design.via).status == "proven"


def test_four_two_compressors_shorten_paths_in_gates():
    """The same adders without the marks settle later, or as early: net by net, as the nets keep their names."""
    design = generate("multiplier", 32, tree="four-two", adder="kogge-stone")
    marked, plain = (settled(n) for n in (lower_design(design, "gates"), lower(design.netlist, "gates")))
    both = [(marked[name], plain[name]) for name in marked.keys() & plain.keys() if name.startswith(("s_", "c_"))]
    assert all(fast <= slow for fast, slow in both)
    assert sum(fast < slow for fast, slow in both) >= len(design.four_two)


def settled(netlist):
    """When each named net settles, in XOR units."""
    cost = {"$xor2": 1.0, "$xnor2": 1.0, "$not": 0.0}
    time = np.zeros(netlist.n_nets)
    for kind, members in netlist.groups:
        for c in members.tolist():
            time[list(netlist.outputs_of(c))] = time[netlist.fanin_of(c)].max() + cost.get(kind.name, 0.5)
    return {name: time[net] for name, net in netlist.net_by_name.items()}

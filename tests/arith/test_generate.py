import itertools
from dataclasses import replace

import numpy as np
import pytest

from eda.arith.adders import ADDERS
from eda.arith.delays import XOR_UNITS, prefix_arrivals, tree_arrivals
from eda.arith.generate import KINDS, Config, begin, finish, generate
from eda.arith.trees import TREES, compress
from eda.errors import UsageError
from eda.ir.prefix import PrefixGraph
from eda.ir.tree import GATES
from eda.proof.check import check_spec

ALL_ADDERS = (*ADDERS, "ladner-fischer-1")
SIGNS = pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
PPGS = pytest.mark.parametrize("ppg", ["and", "booth"])


@SIGNS
@PPGS
@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("widths", [(1, 1), (2, 2), (3, 3), (4, 4), (2, 5), (5, 3)], ids=str)
def test_every_small_product_is_right(wrong, widths, tree, ppg, signed):
    for adder in ALL_ADDERS if widths == (4, 4) else ("sklansky", "fitted"):
        design = generate("multiplier", widths[0], width_b=widths[1], signed=signed, ppg=ppg, tree=tree, adder=adder)
        assert wrong(design.netlist, design.spec) is None, design.config


@SIGNS
@PPGS
@pytest.mark.parametrize("kind", ["mac", "dot"])
@pytest.mark.parametrize("tree", TREES)
def test_every_small_sum_of_products_is_right(wrong, kind, tree, ppg, signed):
    for widths, adder in [((1, 1), "sklansky"), ((2, 3), "fitted"), *(((3, 3), adder) for adder in ALL_ADDERS)]:
        terms = 2 if kind == "dot" else None
        design = generate(kind, widths[0], width_b=widths[1], terms=terms, signed=signed, ppg=ppg, tree=tree, adder=adder)
        assert wrong(design.netlist, design.spec) is None, design.config


@SIGNS
@pytest.mark.parametrize("tree", TREES)
def test_every_small_square_is_right(wrong, tree, signed):
    for width, adder in itertools.product(range(1, 6), ALL_ADDERS):
        design = generate("squarer", width, signed=signed, tree=tree, adder=adder)
        assert wrong(design.netlist, design.spec) is None, design.config


@SIGNS
@pytest.mark.parametrize("adder", ALL_ADDERS)
def test_every_small_sum_is_right(wrong, adder, signed):
    for widths in [(1, 1), (2, 2), (5, 5), (6, 6), (3, 6), (6, 1)]:
        design = generate("adder", widths[0], width_b=widths[1], signed=signed, adder=adder)
        assert wrong(design.netlist, design.spec) is None, design.config


@SIGNS
@pytest.mark.parametrize(
    ("kind", "ppg"), [*itertools.product(["multiplier", "mac", "dot"], ["and", "booth"]), ("squarer", "and")]
)
@pytest.mark.parametrize(
    ("width", "width_b", "tree", "adder"),
    [
        (16, None, "array", "ripple"),
        (16, None, "wallace", "brent-kung"),
        (12, 20, "tdm", "fitted"),
        (27, None, "ufo", "han-carlson"),
        (32, None, "dadda", "kogge-stone"),
        (64, None, "tdm", "ladner-fischer-2"),
    ],
)
def test_wide_circuits_are_right_on_corners_and_random_inputs(wrong, kind, ppg, width, width_b, tree, adder, signed):
    if kind == "squarer":
        width_b = None
    if kind == "dot":
        width //= 2
    design = generate(kind, width, width_b=width_b, signed=signed, ppg=ppg, tree=tree, adder=adder)
    assert wrong(design.netlist, design.spec, 200) is None, design.config


@pytest.mark.parametrize("kind", ["multiplier", "mac", "dot", "adder"])
@pytest.mark.parametrize(("signed", "signed_b"), [(True, False), (False, True)])
@PPGS
def test_one_operand_may_be_signed_alone(wrong, kind, ppg, signed, signed_b):
    ppg = ppg if kind != "adder" else "and"
    terms = {"terms": 2} if kind == "dot" else {}
    for n, m in [(1, 1), (1, 3), (3, 1), (3, 3), (2, 4)]:
        design = generate(kind, n, width_b=m, signed=signed, signed_b=signed_b, ppg=ppg, adder="fitted", **terms)
        assert [o.signed for o in design.spec.operands[:2]] == [signed, signed_b]
        assert wrong(design.netlist, design.spec) is None, design.config


@pytest.mark.parametrize("ppg", ["and", "booth"])
def test_wide_products_of_mixed_signs_have_a_certificate(ppg):
    for signs in ((True, False), (False, True)):
        design = generate("mac", 20, width_b=17, signed=signs[0], signed_b=signs[1], ppg=ppg, tree="tdm")
        assert check_spec(design.netlist, design.spec).method == "weight-conservation certificate"


def test_a_tree_waits_for_late_operands(wrong):
    """Three-greedy takes the late row last, and so settles much earlier than the tree that does not know of it."""
    late = {"b[0]": 12.0}
    known = generate("multiplier", 8, tree="tdm", arrivals=late, adder="fitted")
    blind = generate("multiplier", 8, tree="tdm", adder="fitted")
    heap = known.tree.heap
    assert max(heap.latest) == 12.5
    unaware = replace(blind.tree, heap=replace(blind.tree.heap, arrival=heap.arrival))
    latest = [max(tree_arrivals(t, XOR_UNITS)) for t in (known.tree, unaware)]
    assert latest[0] < latest[1]
    assert wrong(known.netlist, known.spec) is None


@pytest.mark.parametrize("ppg", ["and", "booth"])
@pytest.mark.parametrize("kind", ["multiplier", "mac", "dot", "adder"])
def test_every_dot_arrives_after_what_it_is_made_of(kind, ppg):
    ppg = ppg if kind != "adder" else "and"
    arrivals = {"a0": 7.0, "a0[2]": 30.0} if kind == "dot" else {"a": 7.0, "a[2]": 30.0}
    draft = begin(Config(kind, 5, signed=True, ppg=ppg, arrivals=arrivals))
    draft.builder.output("dots", draft.heap.net.tolist())
    netlist = draft.builder.build(sweep=False)
    times = np.zeros(netlist.n_nets)
    times[list(netlist.inputs[0].nets)] = [7.0, 7.0, 30.0, 7.0, 7.0]
    for _, members in netlist.groups:
        for c in members.tolist():
            times[netlist.outputs_of(c)] = times[netlist.fanin_of(c)].max()
    for dot, net in zip(draft.heap.latest.tolist(), netlist.port("dots").nets, strict=True):
        assert dot >= times[net]


def test_required_times_move_the_adder_between_speed_and_size():
    """Where only the low half is urgent, the upper half of the adder need not be fast."""
    urgent = generate("adder", 32, adder="fitted")
    relaxed = generate("adder", 32, adder="fitted", required={"p": 3.0} | {f"p[{i}]": 30.0 for i in range(16, 33)})
    assert relaxed.prefix.size < urgent.prefix.size
    early = prefix_arrivals(relaxed.prefix, [1.0] * 32, XOR_UNITS)
    assert max(early[:15]) <= max(prefix_arrivals(generate("adder", 15, adder="fitted").prefix, [1.0] * 15, XOR_UNITS)) + 1.0


@pytest.mark.parametrize("terms", [1, 2, 3, 4, 5, 8])
@SIGNS
def test_a_dot_product_takes_any_number_of_terms(wrong, terms, signed):
    design = generate("dot", 4, terms=terms, signed=signed, tree="ufo")
    assert [p.name for p in design.netlist.inputs] == [f"{x}{t}" for t in range(terms) for x in "ab"]
    assert design.spec.width == 8 + (terms - 1).bit_length()
    assert wrong(design.netlist, design.spec) is None


@pytest.mark.parametrize(
    ("kind", "ports"),
    [
        ("multiplier", {"a": 5, "b": 3, "p": 8}),
        ("mac", {"a": 5, "b": 3, "c": 8, "p": 9}),
        ("adder", {"a": 5, "b": 3, "p": 6}),
        ("dot", {"a0": 5, "b0": 3, "a1": 5, "b1": 3, "a2": 5, "b2": 3, "a3": 5, "b3": 3, "p": 10}),
    ],
)
def test_ports_have_the_full_width(kind, ports):
    assert {p.name: p.width for p in generate(kind, 5, width_b=3).netlist.ports} == ports


@pytest.mark.parametrize(("signed", "signed_b"), [(False, None), (True, None), (True, False), (False, True)])
def test_extreme_operands_fit_the_result(signed, signed_b):
    """The exact value of the largest and least operands, not only its residue, is a value of the output."""
    for kind, n, m in itertools.product(KINDS, range(1, 4), range(1, 4)):
        if kind == "squarer" and (n != m or signed_b is not None):
            continue
        spec = generate(kind, n, width_b=None if kind == "squarer" else m, signed=signed, signed_b=signed_b).spec
        some = signed or bool(signed_b)
        low, high = (-(1 << spec.width - 1), (1 << spec.width - 1) - 1) if some else (0, (1 << spec.width) - 1)
        ranges = {o.name: o.range for o in spec.operands}
        for ends in itertools.product(*ranges.values()):
            values = dict(zip(ranges, ends, strict=True))
            exact = sum(np.prod([values[name] for name in term]) for term in spec.terms)
            assert low <= exact <= high, (kind, n, m, values)


def test_every_option_changes_the_circuit():
    base = {"kind": "multiplier", "width": 8, "adder": "sklansky"}
    variants = [base]
    variants += [{**base, "tree": tree} for tree in TREES if tree != "dadda"]
    variants += [{**base, "adder": adder} for adder in ALL_ADDERS if adder != "sklansky"]
    variants += [{**base, "ppg": "booth"}, {**base, "signed": True}, {**base, "ppg": "booth", "signed": True}]
    variants += [{**base, "width_b": 9}, {**base, "width": 9, "width_b": 8}]
    variants += [{**base, "kind": kind} for kind in KINDS if kind != "multiplier"]
    variants += [{**base, "kind": "dot", "terms": 3}]
    variants += [{**base, "signed_b": True}, {**base, "signed": True, "signed_b": False}, {**base, "constant": 93}]
    variants += [{**base, "result_bits": 9}, {**base, "drop_bits": 3}]
    slow_carry = replace(XOR_UNITS, full_adder=((2.0, 4.0), (2.0, 4.0), (1.0, 3.0)))
    variants += [{**base, "tree": tree, "delays": slow_carry} for tree in ("tdm", "ufo")]
    variants += [{**base, "adder": "fitted", "delays": slow_carry}]
    variants += [{**base, "tree": tree, "arrivals": {"b[0]": 9.0}} for tree in ("tdm", "ufo")]
    variants += [{**base, "adder": "fitted", "required": {"p[15]": 99.0, "p": 2.0}}]
    structures = [replace(generate(**v).netlist, name="same").digest for v in variants]
    assert len(set(structures)) == len(variants)


def test_equal_options_give_equal_netlists():
    one, other = (generate("mac", 9, signed=True, ppg="booth", tree="tdm", adder="fitted") for _ in range(2))
    assert one.netlist == other.netlist
    assert one.netlist.digest == other.netlist.digest
    assert one.tree.digest == other.tree.digest


@SIGNS
@PPGS
@pytest.mark.parametrize("kind", ["multiplier", "mac", "dot", "squarer", "adder"])
def test_no_gate_is_made_in_vain(kind, ppg, signed):
    for tree, width in itertools.product(TREES, [1, 3, 8]):
        ppg_of = ppg if kind not in ("squarer", "adder") else "and"
        design = generate(kind, width, signed=signed, ppg=ppg_of, tree=tree if kind != "adder" else "dadda")
        netlist = design.netlist
        read = netlist.fanout > 0
        idle = [c for c in range(netlist.n_cells) if not read[list(netlist.outputs_of(c))].any()]
        assert not idle, [netlist.net_label(n) for c in idle for n in netlist.outputs_of(c)]


def test_nets_are_named_by_what_they_are():
    netlist = generate("multiplier", 4, adder="kogge-stone").netlist
    names = set(netlist.net_names)
    assert {f"pp_{i}_{j}" for i in range(4) for j in range(4)} <= names
    assert {"s_3_0", "c_4_0", "g_2", "p_2", "g_3_2", "p_3_2"} <= names
    booth = set(generate("dot", 4, ppg="booth").netlist.net_names)
    assert {"pp0_0_0", "pp3_1_2", "pp2_1_one", "pp2_1_two"} <= booth


def test_the_module_name_tells_the_options():
    design = generate("dot", 8, width_b=6, terms=3, signed=True, ppg="booth", tree="tdm", adder="kogge-stone")
    assert design.netlist.name == "dot_8x6_x3_signed_booth_tdm_kogge_stone"
    assert generate("squarer", 8).netlist.name == "squarer_8_dadda_sklansky"
    assert generate("adder", 8).netlist.name == "adder_8x8_sklansky"
    assert (
        generate("multiplier", 8, constant=-93, drop_bits=4).netlist.name == "multiplier_8_times_minus_93_drop4_dadda_sklansky"
    )
    mixed = generate("mac", 8, width_b=4, signed_b=True, result_bits=10)
    assert mixed.netlist.name == "mac_8x4_signed_b_low10_and_dadda_sklansky"


@PPGS
@SIGNS
def test_signals_of_the_tree_are_the_adders_of_the_netlist(ppg, signed):
    design = generate("mac", 6, ppg=ppg, signed=signed, tree="tdm")
    netlist, tree = design.netlist, design.tree
    assert sum(netlist.count_by_type().get(t, 0) for t in ("$fa", "$ha")) == tree.n_compressors
    for j, s in enumerate(tree.sums.tolist()):
        cell = int(netlist.driver[design.signals[s]])
        assert list(netlist.outputs_of(cell)) == design.signals[[s, s + 1]].tolist()
        pins = tree.inputs[j][tree.inputs[j] >= 0]
        assert netlist.fanin_of(cell).tolist() == design.signals[pins].tolist()


def test_the_top_bit_of_a_product_is_the_carry_of_the_final_adder():
    design = generate("multiplier", 8)
    assert design.tree.rows[-1] == ()
    assert design.prefix is not None
    assert design.low + design.prefix.n == design.spec.width - 1


def test_compressors_may_be_gates_one_by_one(wrong):
    draft = begin(Config("multiplier", 5, signed=True))
    tree = compress("tdm", draft.heap, XOR_UNITS)
    impl = np.arange(tree.n_compressors) % 2 * GATES
    mixed = finish(draft, replace(tree, impl=impl))
    counts = mixed.netlist.count_by_type()
    assert counts.get("$fa", 0) + counts.get("$ha", 0) == (impl == 0).sum()
    assert wrong(mixed.netlist, mixed.spec) is None


def test_a_design_takes_any_prefix_graph_of_its_positions(wrong):
    draft = begin(Config("multiplier", 5))
    seen = []

    def choose(times):
        seen.extend(times)
        return PrefixGraph.of_groups(len(times), [(len(times) - 1, 2)])

    design = finish(draft, compress("dadda", draft.heap, XOR_UNITS), choose)
    assert design.prefix == PrefixGraph.of_groups(len(seen), [(len(seen) - 1, 2)])
    assert max(seen) > min(seen) > 0
    assert wrong(design.netlist, design.spec) is None


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"kind": "multiplyer"}, "did you mean 'multiplier'"),
        ({"tree": "dada"}, "did you mean 'dadda'"),
        ({"adder": "sklanski"}, "did you mean 'sklansky'"),
        ({"adder": "ladner-fischer-x"}, "no adder 'ladner-fischer-x'"),
        ({"ppg": "boot"}, "did you mean 'booth'"),
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"width_b": -3}, "width_b must be at least 1, got -3"),
        ({"terms": 2}, "kind multiplier has no terms"),
        ({"kind": "dot", "terms": 0}, "terms must be at least 1"),
        ({"kind": "squarer", "width_b": 4}, "one operand"),
        ({"kind": "squarer", "ppg": "booth"}, "no Booth partial products"),
        ({"kind": "adder", "ppg": "booth"}, "no Booth partial products"),
        ({"kind": "adder", "tree": "tdm"}, "no compressor tree"),
        ({"kind": "squarer", "signed_b": True}, "one operand"),
        ({"kind": "adder", "constant": 3}, "kind adder has no constant operand"),
        ({"constant": 0}, "constant must not be 0"),
        ({"constant": 3, "width_b": 4}, "takes the place of operand b"),
        ({"constant": 3, "signed_b": True}, "takes the place of operand b"),
        ({"constant": 3, "ppg": "booth"}, "no Booth partial products"),
        ({"constant": 3, "arrivals": {"b": 1.0}}, "no port 'b' to constrain"),
        ({"arrivals": {"a[4]": 1.0}}, "no port 'a\\[4\\]' to constrain"),
        ({"required": {"q": 1.0}}, "no port 'q' to constrain"),
    ],
)
def test_senseless_options_are_refused(options, complaint):
    with pytest.raises(UsageError, match=complaint):
        generate(**{"kind": "multiplier", "width": 4, **options})

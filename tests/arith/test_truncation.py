import itertools

import pytest

from eda.arith.generate import KINDS, generate
from eda.arith.lower import lower
from eda.errors import UsageError
from eda.proof.check import check_spec

SIGNS = pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
PPGS = pytest.mark.parametrize("ppg", ["and", "booth"])


def options(kind, ppg):
    return {"ppg": ppg} if kind not in ("squarer", "adder") else {}


@SIGNS
@PPGS
@pytest.mark.parametrize("kind", KINDS)
def test_every_range_of_bits_of_every_small_result_is_right(wrong, kind, ppg, signed):
    terms = {"terms": 2} if kind == "dot" else {}
    full = generate(kind, 3, signed=signed, **terms).spec.width
    for drop, end in itertools.combinations(range(full + 1), 2):
        design = generate(
            kind, 3, signed=signed, result_bits=end, drop_bits=drop, adder="brent-kung", **options(kind, ppg), **terms
        )
        assert design.netlist.port("p").width == end - drop
        assert wrong(design.netlist, design.spec) is None, design.config


@SIGNS
@PPGS
@pytest.mark.parametrize("kind", ["multiplier", "mac", "dot", "squarer"])
@pytest.mark.parametrize(("result_bits", "drop_bits"), [(8, 0), (None, 8), (12, 5), (1, 0), (2, 1), (None, 15)])
def test_no_gate_is_made_in_vain(kind, ppg, signed, result_bits, drop_bits):
    design = generate(kind, 8, signed=signed, tree="tdm", result_bits=result_bits, drop_bits=drop_bits, **options(kind, ppg))
    netlist = design.netlist
    read = netlist.fanout > 0
    idle = [c for c in range(netlist.n_cells) if not read[list(netlist.outputs_of(c))].any()]
    assert not idle, [netlist.net_label(n) for c in idle for n in netlist.outputs_of(c)]


@SIGNS
@PPGS
def test_dropped_bits_of_wide_products_are_proven_through_the_whole_circuit(ppg, signed):
    design = generate("multiplier", 24, signed=signed, ppg=ppg, tree="tdm", adder="fitted", drop_bits=24)
    assert design.via.port("p").width == 48
    assert design.netlist.n_cells < design.via.n_cells
    gates = lower(design.netlist, "gates")
    for netlist in (design.netlist, gates):
        verdict = check_spec(netlist, design.spec, via=design.via)
        assert (verdict.status, verdict.method) == ("proven", "composition"), verdict


def test_low_bits_alone_have_a_certificate():
    design = generate("mac", 32, tree="tdm", ppg="booth", signed=True, result_bits=32)
    assert design.via is design.netlist
    verdict = check_spec(design.netlist, design.spec)
    assert (verdict.status, verdict.method) == ("proven", "weight-conservation certificate")


def test_a_wrong_bit_is_found_although_the_bits_below_are_dropped():
    design = generate("multiplier", 10, drop_bits=10)
    other = generate("multiplier", 10, drop_bits=10, signed=True)
    assert check_spec(design.netlist, other.spec, via=other.via).status == "different"


def test_without_options_nothing_is_left_out():
    assert generate("multiplier", 5, result_bits=10).spec == generate("multiplier", 5).spec


@pytest.mark.parametrize(
    ("bits", "complaint"),
    [
        ({"result_bits": 0}, "result_bits must be at least 1"),
        ({"result_bits": 11}, "the result has 10 bits, of which 11 cannot be kept"),
        ({"drop_bits": 10}, "drop_bits must be from 0 to 9, got 10"),
        ({"drop_bits": -1}, "drop_bits must be from 0 to 9, got -1"),
        ({"result_bits": 4, "drop_bits": 4}, "drop_bits must be from 0 to 3, got 4"),
    ],
)
def test_bits_that_are_not_there_are_refused(bits, complaint):
    with pytest.raises(UsageError, match=complaint):
        generate("multiplier", 5, **bits)

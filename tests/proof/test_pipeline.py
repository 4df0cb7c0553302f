"""Feed-forward pipelines are their function, later."""

import pytest

from eda.arith.generate import generate
from eda.errors import ProofError, UsageError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.simulate import run
from eda.proof.check import check, check_spec
from eda.proof.pipeline import flattened

DFF = cells.flip_flop()
RESETTABLE = cells.flip_flop(reset="low")


def pipelined(stages=2, wrong=False, kind=DFF, early=(), edges=None):
    """``p = (a & b) ^ c`` with `stages` ranks of registers; `early` operands miss the first rank."""
    b = Builder("pipe")
    clk = b.input("clk")[0]
    extra = [b.input("rst")[0]] if len(kind.inputs) == 3 else []
    words = {n: b.input(n, 4) for n in "abc"}

    def rank(nets, number=0):
        falling = edges is not None and edges[number]
        return [b.cell(cells.flip_flop(falling=True) if falling else kind, (clk, n, *extra))[0] for n in nets]

    a, y, c = (words[n] if n in early else rank(words[n]) for n in "abc")
    total = [b.xor(b.or_(p, q) if wrong else b.and_(p, q), r) for p, q, r in zip(a, y, c, strict=True)]
    for k in range(1, stages):
        total = rank(total, k)
    b.output("p", total)
    return b.build()


def plain():
    b = Builder("plain")
    a, y, c = (b.input(n, 4) for n in "abc")
    b.output("p", [b.xor(r, b.and_(q, p)) for p, q, r in zip(a, y, c, strict=True)])
    return b.build()


@pytest.mark.parametrize("stages", [1, 2, 5])
def test_registers_become_wires_and_are_counted(stages):
    flat = flattened(pipelined(stages))
    assert (flat.latency, flat.resets) == (stages, False)
    assert [p.name for p in flat.netlist.inputs] == ["a", "b", "c"]
    assert run(flat.netlist, {"a": [12], "b": [10], "c": [1]}) == {"p": [9]}


def test_a_pipeline_equals_its_function_with_its_latency():
    verdict = check(pipelined(3), plain())
    assert (verdict.status, verdict.latency) == ("proven", (3, 0))
    assert check(plain(), pipelined(3)).latency == (0, 3)
    assert check(pipelined(2), pipelined(3)).latency == (2, 3)


def test_a_wrong_pipeline_is_refuted_in_the_operands():
    verdict = check(pipelined(2, wrong=True), plain())
    assert verdict.status == "different"
    assert set(verdict.counterexample.inputs) == {"a", "b", "c"}


def test_resets_are_taken_as_inactive_and_said_to_be():
    verdict = check(pipelined(2, kind=RESETTABLE), plain())
    assert verdict.status == "proven"
    assert "resets inactive" in verdict.detail


def test_retimed_registers_are_a_pipeline_but_other_resets_are_a_difference():
    """Registers of one name before and after a gate: the same function, as late; with resets it matters where they stand."""

    def retimed(after, kind):
        b = Builder("retimed")
        clk, d = b.input("clk")[0], b.input("d")[0]
        extra = [b.input("rst")[0]] if len(kind.inputs) == 3 else []
        (q,) = b.cell(kind, (clk, b.not_(d) if after else d, *extra))
        b.name_net(q, "state")
        b.output("q", q if after else b.not_(q))
        return b.build()

    verdict = check(retimed(False, DFF), retimed(True, DFF))
    assert (verdict.status, verdict.latency) == ("proven", (1, 1))
    assert check(retimed(False, RESETTABLE), retimed(True, RESETTABLE)).status == "different"


def test_paths_of_different_length_are_no_pipeline():
    with pytest.raises(ProofError, match=r"paths to .* cross \[0, 1\] registers"):
        flattened(pipelined(early="c"))


def test_both_edges_of_the_clock_are_no_pipeline():
    with pytest.raises(ProofError, match="different clocks"):
        flattened(pipelined(edges=[False, True]))


def single(kind, pins):
    """One register; its pins are inputs, constants, or the net ``computed``."""
    b = Builder("single")
    nets = {n: b.input(n)[0] for n in ("clk", "d", "r")}
    nets |= {"0": 0, "1": 1, "computed": b.and_(nets["clk"], nets["d"])}
    b.output("q", b.cell(kind, [nets[p] for p in pins])[0])
    return b.build()


@pytest.mark.parametrize(
    ("kind", "pins", "reason"),
    [
        (cells.latch(), ("clk", "d"), "is a latch"),
        (DFF, ("computed", "d"), "is computed"),
        (DFF, ("1", "d"), "different clocks, or none"),
        (cells.flip_flop(reset="high"), ("clk", "d", "1"), "always reset"),
        (RESETTABLE, ("clk", "d", "0"), "always reset"),
        (cells.flip_flop(reset="high"), ("clk", "d", "d"), "as data"),
        (cells.flip_flop(reset="high"), ("clk", "d", "computed"), "is computed"),
    ],
)
def test_what_is_no_pipeline(kind, pins, reason):
    with pytest.raises(ProofError, match=reason):
        flattened(single(kind, pins))


def test_a_reset_tied_to_its_inactive_level_is_none():
    flat = flattened(single_output(cells.flip_flop(reset="high"), 0))
    assert (flat.latency, [p.name for p in flat.netlist.inputs]) == (1, ["d"])


def single_output(kind, reset):
    b = Builder("single")
    clk, d = b.input("clk")[0], b.input("d")[0]
    b.output("q", b.cell(kind, (clk, d, reset))[0])
    return b.build()


def test_feedback_and_black_boxes_are_no_pipeline():
    b = Builder("loop")
    clk = b.input("clk")[0]
    q = b.forward()
    (out,) = b.cell(DFF, (clk, b.not_(q)))
    b.connect(q, out)
    b.output("q", out)
    with pytest.raises(ProofError, match="feed back"):
        flattened(b.build())
    box = cells.CellType("box", ("a",), ("y",), (None,))
    b = Builder("boxed")
    clk, d = b.input("clk")[0], b.input("d")[0]
    b.output("q", b.cell(DFF, (clk, b.cell(box, (d,))[0]))[0])
    with pytest.raises(ProofError, match="black boxes"):
        flattened(b.build())


def test_other_data_ports_are_still_a_usage_error():
    b = Builder("narrow")
    a, y, c = (b.input(n, 3) for n in "abc")
    b.output("p", [*(b.and_(p, q, r) for p, q, r in zip(a, y, c, strict=True)), 0])
    with pytest.raises(UsageError, match="3 bits"):
        check(pipelined(), b.build())


def test_a_pipelined_product_meets_its_specification():
    d = generate("multiplier", 6)
    b = Builder("pipe")
    clk = b.input("clk")[0]
    new = {0: 0, 1: 1}
    for port in d.netlist.inputs:
        nets = b.input(port.name, port.width)
        new.update(zip(port.nets, (b.cell(DFF, (clk, n))[0] for n in nets), strict=True))
    for kind, group in d.netlist.groups:
        for c in group.tolist():
            outs = b.cell(kind, [new[n] for n in d.netlist.fanin_of(c).tolist()])
            new.update(zip(d.netlist.outputs_of(c), outs, strict=True))
    b.output("p", [b.cell(DFF, (clk, new[n]))[0] for n in d.netlist.port("p").nets])
    verdict = check_spec(b.build(), d.spec)
    assert (verdict.status, verdict.latency) == ("proven", (2, 0))

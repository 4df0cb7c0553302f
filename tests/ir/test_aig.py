import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError
from eda.ir.aig import FALSE, TRUE, Aig, AigBuilder


def half_adder():
    b = AigBuilder("half", ["a", "b"])
    x, y = b.inputs
    return b.build(["s", "c"], [b.xor(x, y), b.and_(x, y)])


def raw(inputs, fanin, outputs):
    """A graph exactly as given, with nothing folded."""
    names = [f"i{k}" for k in range(inputs)]
    return Aig("raw", tuple(names), (), tuple(f"o{k}" for k in range(len(outputs))), np.array(fanin), np.array(outputs), [], [])


def evaluate(aig, minterm):
    values = [0] + [minterm >> k & 1 for k in range(aig.n_inputs)]
    for a, b in aig.fanin.tolist():
        values.append((values[a >> 1] ^ (a & 1)) & (values[b >> 1] ^ (b & 1)))
    return [values[v >> 1] ^ (v & 1) for v in aig.outputs.tolist()]


@st.composite
def graphs(draw, inputs=3):
    fanin = []
    for i in range(draw(st.integers(0, 12))):
        pair = draw(st.lists(st.integers(0, 2 * (1 + inputs + i) - 1), min_size=2, max_size=2))
        fanin.append(sorted(pair, reverse=True))
    top = 2 * (1 + inputs + len(fanin)) - 1
    outputs = draw(st.lists(st.integers(0, top), min_size=1, max_size=3))
    return raw(inputs, np.array(fanin).reshape(-1, 2), outputs)


def rebuild(aig):
    """The same functions through the builder, which folds and shares."""
    b = AigBuilder("raw", aig.input_names)
    literals = [0, *b.inputs]
    for x, y in aig.fanin.tolist():
        literals.append(b.and_(literals[x >> 1] ^ (x & 1), literals[y >> 1] ^ (y & 1)))
    return b.build(aig.output_names, [literals[v >> 1] ^ (v & 1) for v in aig.outputs.tolist()])


@given(graphs())
def test_building_folds_without_changing_a_function_or_the_digest(aig):
    built = rebuild(aig)
    assert [evaluate(built, m) for m in range(8)] == [evaluate(aig, m) for m in range(8)]
    assert built.digest == aig.digest
    assert built.n_ands <= aig.n_ands


@given(graphs(), graphs())
def test_equal_digests_mean_equal_functions(first, second):
    if first.digest == second.digest:
        assert [evaluate(first, m) for m in range(8)] == [evaluate(second, m) for m in range(8)]


@given(graphs())
def test_an_inverted_output_changes_the_digest(aig):
    assert dataclasses.replace(aig, outputs=aig.outputs ^ 1).digest != aig.digest


def test_the_digest_does_not_depend_on_the_numbering():
    x, y, z = 2, 4, 6
    first = raw(3, [[y, x], [z, x], [10, 8]], [12])  # (x y)(x z)
    second = raw(3, [[z, x], [y, x], [10, 8]], [12])
    spare = raw(3, [[z, y], [z, x], [y, x], [12, 10], [13, 10]], [14])
    assert first.digest == second.digest == spare.digest
    assert raw(3, [[y, x], [z, y], [10, 8]], [12]).digest != first.digest


def test_the_digest_is_stable():
    assert half_adder().digest == "4e0c7ac0f6502d6f25e0612701a198ee6908defc537b53edae1984892eb97713"


@pytest.mark.parametrize("change", [{"input_names": ("b", "a")}, {"output_names": ("c", "s")}])
def test_names_count_in_the_digest(change):
    assert dataclasses.replace(half_adder(), **change).digest != half_adder().digest


def test_gates_fold_constants_and_equal_operands():
    b = AigBuilder("fold", ["a", "b"])
    x, y = b.inputs
    assert b.and_(x, FALSE) == b.and_(TRUE, FALSE) == b.and_(x, x ^ 1) == FALSE
    assert b.and_(TRUE, y) == b.and_(y, y) == b.or_(y, FALSE) == y
    assert b.xor(x, x) == FALSE
    assert b.xor(x, TRUE) == x ^ 1
    assert b.xor(x ^ 1, y) == b.xor(x, y) ^ 1 == b.xor(y, x ^ 1)
    assert b.build([], []).n_ands == 0


def test_latches_stand_between_inputs_and_nodes():
    b = AigBuilder("toggle", ["en"], ["q"])
    aig = b.build(["y"], b.latches, [b.xor(b.inputs[0], b.latches[0])])
    assert (b.inputs, b.latches, aig.first_and) == ([2], [4], 3)
    assert aig.reset.tolist() == [0]
    assert aig.text().splitlines() == [
        "aig toggle: 1 inputs, 1 latches, 1 outputs, 3 ands, depth 2",
        "  n3 = !q & en",
        "  n4 = q & !en",
        "  n5 = !n4 & !n3",
        "  q' = !n5",
        "  y = q",
    ]


def test_long_text_is_cut():
    b = AigBuilder("chain", [f"a[{i}]" for i in range(60)])
    net = b.inputs[0]
    for x in b.inputs[1:]:
        net = b.and_(net, x)
    lines = repr(b.build([f"y[{i}]" for i in range(50)], [net] * 50)).splitlines()
    assert lines[0] == "aig chain: 60 inputs, 0 latches, 50 outputs, 59 ands, depth 59"
    assert lines[41] == "  ... 19 more ands"
    assert lines[-1] == "  ... 10 more"


@pytest.mark.parametrize(
    ("fanin", "outputs", "message"),
    [
        ([[8, 2]], [2], "node 4 has the fan-ins 8 and 2"),
        ([[2, 4]], [2], "node 4 has the fan-ins 2 and 4"),
        ([[2, -1]], [2], "node 4 has the fan-ins 2 and -1"),
        ([[4, 2]], [10], r"a literal outside 0\.\.9"),
        ([4, 2], [2], r"the fan-ins have the shape \(2,\), expected \(A, 2\)"),
    ],
)
def test_impossible_graphs_are_refused(fanin, outputs, message):
    with pytest.raises(InputError, match=message):
        raw(3, fanin, outputs)


def test_names_must_match_in_number():
    with pytest.raises(InputError, match="disagree in number"):
        dataclasses.replace(half_adder(), output_names=("s",))

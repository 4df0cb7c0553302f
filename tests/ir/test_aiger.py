import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eda.errors import InputError, UnsupportedError, UsageError
from eda.ir.aig import UNKNOWN, Aig, AigBuilder
from eda.ir.aiger import parse_aiger, read_aiger, to_aiger, write_aiger

HALF_ADDER = b"""aag 7 2 0 2 3
2
4
6
12
6 13 15
12 2 4
14 3 5
i0 x
i1 y
o0 s
o1 c
c
half adder
"""


@st.composite
def graphs(draw):
    """Random graphs with latches, every kind of reset, and odd names."""
    inputs, latches = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    first, fanin = 1 + inputs + latches, []
    for i in range(draw(st.integers(0, 40))):
        near = st.integers(max(0, 2 * (first + i) - 6), 2 * (first + i) - 1)
        pair = draw(st.lists(near | st.integers(0, 2 * (first + i) - 1), min_size=2, max_size=2))
        fanin.append(sorted(pair, reverse=True))
    literal = st.integers(0, 2 * (first + len(fanin)) - 1)
    names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(lambda t: t == t.strip())
    outputs = draw(st.lists(literal, max_size=4))
    return Aig(
        "g",
        tuple(draw(names) for _ in range(inputs)),
        tuple(draw(names) for _ in range(latches)),
        tuple(draw(names) for _ in outputs),
        np.array(fanin).reshape(-1, 2),
        np.array(outputs),
        np.array([draw(literal) for _ in range(latches)]),
        np.array([draw(st.sampled_from([0, 1, UNKNOWN])) for _ in range(latches)]),
    )


def same(a, b):
    arrays = ("fanin", "outputs", "next_state", "reset")
    names = ("input_names", "latch_names", "output_names")
    return all(np.array_equal(getattr(a, x), getattr(b, x)) for x in arrays) and all(
        getattr(a, x) == getattr(b, x) for x in names
    )


@given(graphs(), st.booleans())
def test_what_is_written_is_read_back(aig, ascii):
    assert same(parse_aiger(to_aiger(aig, ascii=ascii)), aig)


def test_long_differences_take_several_bytes():
    names = [f"i{k}" for k in range(300_000)]
    b = AigBuilder("far", names)
    aig = b.build(["y", "z"], [b.and_(2, 4), b.and_(2, 600_000)])
    assert same(parse_aiger(to_aiger(aig)), aig)


def test_files_by_ending_plain_and_gzipped(tmp_path):
    aig = parse_aiger(HALF_ADDER)
    for name in ("half.aig", "half.aag"):
        write_aiger(aig, tmp_path / name)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        assert same(read_aiger(tmp_path / name), aig)
        assert same(read_aiger(tmp_path / f"{name}.gz"), aig)
        assert read_aiger(tmp_path / f"{name}.gz").name == "half"
    assert (tmp_path / "half.aig").read_bytes().startswith(b"aig 5 2 0 2 3\n")
    assert (tmp_path / "half.aag").read_bytes().startswith(b"aag 5 2 0 2 3\n2\n4\n")


def test_nodes_of_a_text_file_may_stand_in_any_order():
    aig = parse_aiger(HALF_ADDER)
    assert (aig.input_names, aig.output_names, aig.n_ands) == (("x", "y"), ("s", "c"), 3)
    b = AigBuilder("aig", ["x", "y"])
    x, y = b.inputs
    both = b.and_(x, y)
    assert aig.digest == b.build(["s", "c"], [b.and_(both ^ 1, b.and_(x ^ 1, y ^ 1) ^ 1), both]).digest


def test_missing_names_are_numbered():
    aig = parse_aiger(b"aag 3 1 1 1 1\n2\n4 6\n6\n6 2 4\n")
    assert (aig.input_names, aig.latch_names, aig.output_names) == (("i0",), ("l0",), ("o0",))


def test_a_deep_text_file_in_reverse_order_is_no_problem():
    n = 30_000
    lines = [
        f"aag {n + 1} 1 0 1 {n}",
        "2",
        str(2 * (n + 1)),
        *(f"{2 * v} {2 * v - 2} {2 * v - 2}" for v in range(n + 1, 1, -1)),
    ]
    aig = parse_aiger("\n".join(lines).encode())
    assert aig.n_ands == n
    assert int(aig.level.max()) == n


def test_benchmark_files_are_read_and_written_alike(eda_data):
    files = sorted((eda_data / "aig").rglob("*.aig"))
    assert files
    for path in files:
        aig = read_aiger(path)
        assert same(parse_aiger(to_aiger(aig)), aig), path
        if aig.n_ands < 10_000:
            assert parse_aiger(to_aiger(aig, ascii=True)).digest == aig.digest, path


MALFORMED = [
    (b"", ":1: expected the header 'aig M I L O A' or 'aag M I L O A', found the end of the file"),
    (b"\n", ":1: expected the header .* found an empty line"),
    (b"module top;\n", ":1: expected 'aig' or 'aag' at the start of the file, found 'module'"),
    (b"aig 1 1 0\n", ":1: expected 5 to 9 numbers in the header, found 3"),
    (b"aig 1 1 0 -1 0\n", ":1: expected a number from 0 to 1073741823, found '-1'"),
    (b"aig 9999999999 1 0 1 0\n", ":1: expected a number from 0 to 1073741823, found '9999999999'"),
    (b"aig 5 1 0 1 0\n2\n", r":1: the largest variable is 5, expected I \+ L \+ A = 1"),
    (b"aag 0 1 0 1 0\n2\n", ":1: the largest variable is 0, expected at least 1"),
    (b"aig 500000001 1 0 1 500000000\n2\n", ":1: the header announces more than the file holds"),
    (b"aag 3 1 0 1 1\n2\n", ":1: the header announces more than the file holds"),
    (b"aig 1 1 0 1 0\n\n   \n", ":2: expected an output literal, found an empty line"),
    (b"aig 1 1 0 1 0\n4\n", ":2: expected a number from 0 to 3, found '4'"),
    (b"aig 1 1 0 1 0\n2 2\n", ":2: expected an output literal, found '2 2'"),
    (b"aig 1 0 1 0 0\n1 3\n", ":2: expected the reset value 0, 1 or 2 .unknown., found 3"),
    (b"aig 1 0 1 0 0\n1 1 1\n", ":2: expected a next state and at most a reset value, found '1 1 1'"),
    (b"aig 3 2 0 1 1\n6\n\x01\x80", r"the file ends within the AND nodes: 0 of 1 are complete \(at byte 18\)"),
    (b"aig 3 2 0 1 1\n6\n\x00\x00", r"the AND node 6 does not come after its fan-ins \(at byte 16\)"),
    (b"aig 3 2 0 1 1\n6\n\x02\x05", r"the AND node 6 does not come after its fan-ins \(at byte 16\)"),
    (
        b"aig 3 2 0 1 1\n6\n\x80\x80\x80\x80\x80\x01\x01",
        r"a difference of more than five bytes in the AND nodes \(at byte 16\)",
    ),
    (b"aig 3 2 0 1 1\n6\n\x02\x02nonsense\n", r"expected a symbol such as 'i0 name', found 'nonsense' \(at byte 18\)"),
    (b"aag 1 1 0 0 0\n3\n", ":2: expected an even literal above 0 for a definition, found 3"),
    (b"aag 1 1 0 0 0\n0\n", ":2: expected an even literal above 0 for a definition, found 0"),
    (b"aag 2 2 0 0 0\n2\n2\n", ":3: the literal 2 is defined twice"),
    (b"aag 2 1 0 1 0\n2\n4\n", ":3: the literal 4 is used but never defined"),
    (b"aag 3 1 0 1 1\n2\n4\n4 2 6\n", ":4: the literal 6 is used but never defined"),
    (b"aag 2 1 0 1 1\n2\n4\n4 2\n", ":4: expected an AND literal and its two fan-ins, found '4 2'"),
    (b"aag 2 1 0 1 1\n2\n4\n4 4 2\n", ":4: the AND node 4 depends on itself"),
    (b"aag 3 1 0 1 2\n2\n4\n4 6 2\n6 2 5\n", ":5: the AND node 6 depends on itself"),
    (b"aag 1 1 0 0 0\n2\ni0\n", ":3: expected a symbol such as 'i0 name', found 'i0'"),
    (b"aag 1 1 0 0 0\n2\nx0 a\n", ":3: expected a symbol"),
    (b"aag 1 1 0 0 0\n2\ni1 a\n", ":3: the symbol i1 names an entry beyond the last, i0"),
    (b"aag 1 1 0 0 0\n2\ni0 a\ni0 b\n", ":4: the symbol i0 appears twice"),
    (b"aag 1 1 0 0 0\n2\ni0 \xff\n", ":3: expected text"),
    (b"aag 1 1 0 0 0\n\xff\n", ":2: expected text"),
]


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_malformed_files_say_where_and_what_was_expected(tmp_path, content, message):
    path = tmp_path / "bad.aig"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"bad\.aig{'' if message.startswith(':') else ': '}{message}"):
        read_aiger(path)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_damaged_files_never_end_in_a_traceback(junk, at):
    for whole in (HALF_ADDER, to_aiger(parse_aiger(HALF_ADDER))):
        for damaged in (junk, whole[:at], whole[:at] + junk, whole[:at] + junk + whole[at + len(junk) :]):
            try:
                parse_aiger(damaged)
            except InputError:
                continue


def test_properties_are_refused_by_name():
    assert parse_aiger(b"aag 1 1 0 0 0 0 0\n2\n").n_inputs == 1
    with pytest.raises(UnsupportedError, match="f:1: constraints are not supported"):
        parse_aiger(b"aag 1 1 0 0 0 0 1\n2\n2\n", file="f")


def test_names_that_no_symbol_line_can_hold_are_refused():
    b = AigBuilder("g", ["a\nb"])
    with pytest.raises(UsageError, match=r"AIG g: the name 'a\\nb' cannot be written"):
        to_aiger(b.build([], []))

"""hMETIS files, boards, fixed nodes, groups and prices: read, written, and refused with the line of what is wrong."""

import numpy as np
import pytest
from small_partitions import CHAIN, EXAMPLE

from eda.errors import InputError
from eda.partition.formats import places
from eda.partition.formats.board import UNLIMITED, read_board
from eda.partition.formats.hmetis import read_hgr, read_parts, write_hgr, write_parts

HGR = "% a comment\n4 5 11\n3 1 2 4\n1 2 3 5 3\n2 3 1\n1 4 5\n1\n1\n2\n1\n1\n"


def written(folder, text, name="file"):
    path = folder / name
    path.write_text(text)
    return path


def test_the_first_pin_is_the_source(tmp_path):
    assert read_hgr(written(tmp_path, HGR)).text() == EXAMPLE.text()


def test_weights_are_one_where_the_file_gives_none(tmp_path):
    graph = read_hgr(written(tmp_path, "2 3\n1 2\n3 2 1\n"))
    assert graph.net_weights.tolist() == [1, 1]
    assert graph.node_weights.tolist() == [[1], [1], [1]]
    assert graph.source.tolist() == [0, 2]
    assert read_hgr(written(tmp_path, "1 2 10\n1 2\n7\n0\n")).node_weights.tolist() == [[7], [0]]
    assert read_hgr(written(tmp_path, "1 2 1\n7 1 2\n")).net_weights.tolist() == [7]


def test_hypergraphs_and_blocks_are_written_as_they_are_read(tmp_path):
    write_hgr(EXAMPLE, tmp_path / "x.hgr")
    assert read_hgr(tmp_path / "x.hgr").text() == EXAMPLE.text()
    write_parts(np.array([2, 0, 1]), tmp_path / "x.part.3")
    assert (tmp_path / "x.part.3").read_text() == "2\n0\n1\n"
    assert read_parts(tmp_path / "x.part.3", 3, 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: empty file: expected E V"),
        ("4\n", r":1: expected E V \[fmt\]"),
        ("1 2 7\n1 2\n", ":1: expected E V"),
        ("1 2\n1 3\n", r":2: unknown node 3: expected 1\.\.2"),
        ("1 2\n0 1\n", r":2: unknown node 0"),
        ("2 2\n1 2\n", ":2: expected 2 lines after the first, found 1"),
        ("1 2\n1 2\n1\n", ":3: expected 1 lines after the first, found 2"),
        ("1 2 1\n5\n", ":2: a net without pins"),
        ("1 2\n1 -2\n", ":2: net: expected a whole number of at least 0, found '-2'"),
        ("1 2 10\n1 2\n1 1\n1\n", ":3: expected the weight of a node, found 2 fields"),
    ],
)
def test_malformed_hypergraphs_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_hgr(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\n1\n", ":2: expected 3 lines, one block per node, found 2"),
        ("0\n3\n1\n", r":2: expected one block in 0\.\.2, found 3"),
        ("0\n1 1\n1\n", r":2: expected one block in 0\.\.2, found 1 1"),
    ],
)
def test_malformed_blocks_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_parts(written(tmp_path, text), 3, 3)


BOARD = """
max_hop = 2
[capacity]
LUT = 100
FF = 200
[target]
LUT = 0.805
[fpga.A]
external = 50
[fpga.B]
capacity.LUT = 10
target = {LUT = 0.5}
[fpga.C]
[[link]]
between = ["A", "B"]
width = 4
[[link]]
between = ["C", "B"]
[[link]]
between = ["B", "A"]
width = 3
"""


def test_a_board_in_toml(tmp_path):
    found = read_board(written(tmp_path, BOARD))
    board = found.board
    assert board.names == ("A", "B", "C")
    assert found.resources == ("LUT", "FF")
    assert board.capacity.tolist() == [[100, 200], [10, 200], [100, 200]]
    assert board.external_limit.tolist() == [50, UNLIMITED, UNLIMITED]
    assert board.links.tolist() == [[0, 1], [1, 2]]
    assert found.link_widths.tolist() == [7, 1]
    assert board.max_hop == 2


def test_a_problem_takes_the_resources_of_the_nodes_and_the_targets(tmp_path):
    problem = read_board(written(tmp_path, BOARD)).problem(EXAMPLE, ["LUT"])
    assert problem.capacity.tolist() == [[80], [5], [80]]
    assert problem.board.capacity.tolist() == [[100], [10], [100]]
    with pytest.raises(InputError, match="the nodes need 6 DSP, the board has no DSP; it has LUT, FF"):
        read_board(written(tmp_path, BOARD)).problem(EXAMPLE, ["DSP"])
    balanced = read_board(written(tmp_path, BOARD)).problem(EXAMPLE, ["DSP"], balance=0.2)
    assert balanced.capacity.tolist() == [[3], [3], [3]]


def test_boards_without_limits(tmp_path):
    board = read_board(written(tmp_path, '[fpga.A]\n[fpga.B]\n[[link]]\nbetween=["A","B"]')).board
    assert board.max_hop == 2
    assert board.capacity.shape == (2, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("max_hop = 2", "max_hop = -2"), ":2: max_hop: expected a whole number of at least 0, found -2"),
        (("max_hop = 2", "max_hops = 2"), ":2: unknown key max_hops .did you mean 'max_hop'"),
        (("max_hop = 2", "max_hop = "), ":2: no TOML: Invalid value"),
        (("FF = 200", "FF = -200"), ":5: capacity of FF: expected a whole number of at least 0, found -200"),
        (("capacity.LUT = 10", "capacity.LUT = 1.5"), ":11: capacity of LUT: .* found 1.5"),
        (("external = 50", "external = true"), ":9: external: .* found True"),
        (("LUT = 0.805", "LUT = 80"), ":7: target of LUT: expected a share between 0 and 1, found 80"),
        (('["C", "B"]', '["D", "B"]'), ":18: unknown FPGA D"),
        (('["C", "B"]', '["B", "B"]'), ":18: between: expected the names of two FPGAs, found"),
        (("width = 3", "width = 0"), ":21: width: expected at least one wire"),
        (("width = 3", "wide = 3"), ":21: unknown key wide .did you mean 'width'"),
        (('between = ["C", "B"]', 'between = ["A", "B"]'), ":14: the board is disconnected: no links join A with C"),
        (("[fpga.C]", ""), ":18: unknown FPGA C"),
    ],
)
def test_malformed_boards_are_refused(tmp_path, change, message):
    assert change[0] in BOARD
    with pytest.raises(InputError, match=message):
        read_board(written(tmp_path, BOARD.replace(*change)))


def test_a_board_without_fpgas_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected tables \[fpga.NAME\], found none"):
        read_board(written(tmp_path, "max_hop = 1\n"))


def test_a_contest_folder_is_a_board(eda_data):
    found = read_board(eda_data / "partition" / "boards" / "case10")
    assert found.board.n_fpgas == 64
    assert found.resources[:2] == ("FF", "LUT")


def test_fixed_nodes_by_name_pattern_or_number(tmp_path):
    names = places.read_fixed(written(tmp_path, "# where\ng1 FPGA3\ng* FPGA3 # all\n"), EXAMPLE, CHAIN)
    assert names.tolist() == [2, 2, 2, 2, 2]
    assert places.read_fixed(written(tmp_path, "0\n-1\n2\n-1\n-1\n"), EXAMPLE, CHAIN).tolist() == [0, -1, 2, -1, -1]


def test_groups_nodes_and_prices(tmp_path):
    path = written(tmp_path, "g1 g3\n\ng2 g5 g2\n")
    assert places.read_together(path, EXAMPLE).tolist() == [0, 1, 0, -1, 1]
    assert [g.tolist() for g in places.read_groups(path, EXAMPLE)] == [[0, 2], [1, 4]]
    assert places.read_nodes(path, EXAMPLE).tolist() == [0, 1, 2, 4]
    assert places.read_prices(written(tmp_path, "g2 9\n"), EXAMPLE).tolist() == [3, 9, 2, 1]


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (places.read_groups, "g1\ng12\n", ":2: unknown node g12 .did you mean 'g2'"),
        (places.read_groups, "x*\n", r":1: no node fits x\*"),
        (places.read_groups, "# nothing\n", ":1: empty file: expected a group of node names per line"),
        (places.read_together, "g1 g2\ng2 g3\n", "node g2 is in two groups"),
        (places.read_prices, "g1\n", ":1: expected NODE PRICE, found 1 fields"),
        (places.read_prices, "g1 -1\n", ":1: price: expected a whole number"),
        (lambda p, g: places.read_fixed(p, g, CHAIN), "g1 FPGA4\n", ":1: unknown FPGA FPGA4 .did you mean 'FPGA"),
        (lambda p, g: places.read_fixed(p, g, CHAIN), "g1 FPGA1\ng1 FPGA2\n", ":2: node g1 is fixed on two FPGAs"),
        (lambda p, g: places.read_fixed(p, g, CHAIN), "g1 FPGA1 x\n", ":1: expected NODE FPGA, found 3 fields"),
        (lambda p, g: places.read_fixed(p, g, CHAIN), "0\n1\n", ":2: expected 5 lines, one per node, found 2"),
        (lambda p, g: places.read_fixed(p, g, CHAIN), "0\n1\n3\n0\n0\n", r":3: expected -1 or an FPGA in 0\.\.2, found 3"),
    ],
)
def test_malformed_places_are_refused(tmp_path, reader, text, message):
    with pytest.raises(InputError, match=message):
        reader(written(tmp_path, text), EXAMPLE)

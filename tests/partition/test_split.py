"""A netlist cut into one per FPGA, with copies, and joined again: read back from its text, and proven."""

from dataclasses import replace

import numpy as np
import pytest

from eda.errors import ProofError, UsageError
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.cells import CellType
from eda.ir.convert import to_hypergraph
from eda.ir.hypergraph import Board, Partition
from eda.ir.netlist import Netlist
from eda.partition.cells import cell_resources, copyable
from eda.partition.luts import is_table, map_to_luts
from eda.partition.recompose import prove, recomposed
from eda.partition.split import split, texts, write_split
from eda.proof.check import check
from eda.tech import tools

BOARD = Board(("A", "B", "C-3"), np.full((3, 2), 99), np.full(3, 99), np.array([[0, 1], [1, 2]]), 2)


def counter(width=4):
    """A counter with enable, a registered comparison, and ports that need no logic."""
    b = Builder("counter")
    (clk,), (enable,), limit = b.input("clk"), b.input("en"), b.input("limit", width)
    state = [b.forward() for _ in range(width)]
    carry, equal = enable, []
    for i in range(width):
        (q,) = b.cell(cells.flip_flop(), [clk, b.xor(state[i], carry)], f"count_reg[{i}]")
        b.connect(state[i], q)
        b.name_net(q, f"count[{i}]")
        carry = b.and_(state[i], carry)
        equal.append(b.xnor(state[i], limit[i]))
    (hit,) = b.cell(cells.flip_flop(), [clk, b.and_(*equal)], "hit_reg")
    b.output("count", state)
    b.output("hit", hit)
    b.output("same", enable)
    b.output("zero", 0)
    return b.build()


def random_places(netlist, seed, copies):
    rng = np.random.default_rng(seed)
    primary = rng.integers(0, 3, netlist.n_cells)
    rows = np.unique(np.stack([rng.integers(0, netlist.n_cells, copies), rng.integers(0, 3, copies)], axis=1), axis=0)
    return Partition(primary, rows[primary[rows[:, 0]] != rows[:, 1]])


@pytest.mark.parametrize("seed", range(6))
def test_the_parts_together_are_the_design(seed):
    design = counter()
    places = random_places(design, seed, copies=4 * seed)
    parts = split(design, places, BOARD)
    assert sum(part.n_cells for part in parts.parts.values()) == design.n_cells + len(places.replicas)
    verdict = prove(design, parts, places, BOARD, time_limit=10)
    assert verdict.status == "proven"


def test_a_wrong_part_is_found():
    design = counter()
    places = random_places(design, 1, copies=6)
    parts = split(design, places, BOARD)
    q, part = next((q, p) for q, p in parts.parts.items() if cells.XOR in p.types)
    swapped = tuple(cells.XNOR if t == cells.XOR else cells.XOR if t == cells.XNOR else t for t in part.types)
    wrong = replace(parts, parts={**parts.parts, q: replace(part, types=swapped)})
    assert prove(design, wrong, places, BOARD, time_limit=10).status == "different"


def test_a_copy_of_a_register_that_gets_something_else_is_found():
    design = counter()
    register = next(c for c in range(design.n_cells) if design.cell_names[c] == "hit_reg")
    places = Partition(np.zeros(design.n_cells, dtype=int), [(register, 1)])
    parts = split(design, places, BOARD)
    copy = parts.parts[1]
    wrong = replace(copy, fanin=copy.fanin[::-1])
    verdict = prove(design, replace(parts, parts={**parts.parts, 1: wrong}), places, BOARD, time_limit=10)
    assert verdict.status == "different"


def test_a_register_that_is_missing_is_named():
    design = counter()
    places = Partition(np.zeros(design.n_cells, dtype=int), [])
    parts = split(design, places, BOARD)
    unnamed = replace(parts.parts[0], cell_names=(None,) * design.n_cells)
    with pytest.raises(ProofError, match=r"register A\.count_reg\[0\] is missing"):
        prove(design, replace(parts, parts={0: unnamed}), places, BOARD)


def test_only_primaries_drive_the_links():
    design = counter()
    places = Partition(np.zeros(design.n_cells, dtype=int), [(c, 1) for c in range(design.n_cells)])
    parts = split(design, places, BOARD)
    assert not parts.parts[1].outputs
    assert sorted(p.name for p in parts.parts[0].outputs)[:2] == ["count_0", "count_1"]
    assert 2 not in parts.parts


def test_the_joined_netlist_counts(tmp_path):
    design = counter()
    places = random_places(design, 3, copies=10)
    parts = split(design, places, BOARD)
    assert [p.name for p in write_split(parts, BOARD, tmp_path)] == ["top.v", "A.v", "B.v", "C_3.v", "cells.v"]
    joined = recomposed(parts, BOARD)
    assert "module counter_C_3" in texts(parts, BOARD)["C_3.v"]
    assert [p.declaration for p in joined.ports] == [p.declaration for p in design.ports]


def test_cells_take_luts_and_registers_and_boxes_of_their_own():
    b = Builder("t")
    (clk,), (a,) = b.input("clk"), b.input("a")
    (q,) = b.cell(cells.flip_flop(), [clk, a])
    (r,) = b.cell(cells.flip_flop(), [clk, b.xor(q, a)])
    (m,) = b.cell(CellType("RAM16", ("x",), ("y",), (None,)), [r])
    b.output("y", m)
    netlist = b.build()
    names, weights = cell_resources(netlist)
    assert names == ("LUT", "FF", "RAM16")
    assert weights.sum(axis=0).tolist() == [1, 2, 1]
    kinds = [t.name for t in map(netlist.type_of, range(netlist.n_cells))]
    assert [k for k, c in zip(kinds, copyable(netlist), strict=True) if not c] == ["RAM16"]
    assert copyable(netlist, safe=True).sum() == 2  # the gate, and the register that reads ports alone


@pytest.fixture
def abc():
    try:
        tools.ABC.find()
    except tools.ToolNotFound:
        pytest.skip("ABC is missing")


@pytest.mark.usefixtures("abc")
@pytest.mark.parametrize("inputs", [2, 4, 6])
def test_luts_compute_what_the_gates_do(inputs):
    design = counter(6)
    mapped = map_to_luts(design, inputs)
    tables = [t for t in mapped.types if is_table(t)]
    assert tables
    assert max(len(t.inputs) for t in tables) <= inputs
    assert [mapped.cell_names[c] for c in mapped.state_cells] == [design.cell_names[c] for c in design.state_cells]
    assert check(design, mapped, time_limit=10).status == "proven"


@pytest.mark.usefixtures("abc")
def test_tables_keep_their_names_where_nothing_feeds_them_anew():
    def names(width):
        return {n for n in map_to_luts(counter(width)).cell_names if n and n.startswith("lut_")}

    assert len(names(4) & names(5)) >= len(names(4)) - 3
    assert map_to_luts(counter()) == map_to_luts(counter())


@pytest.mark.usefixtures("abc")
def test_tables_are_split_and_proven_against_the_gates():
    design = counter(6)
    mapped = map_to_luts(design)
    graph = to_hypergraph(mapped, cell_resources(mapped)[1])
    places = random_places(mapped, 5, copies=8)
    assert places.verify(graph, BOARD) == ()
    parts = split(mapped, places, BOARD)
    assert "module LUT" in texts(parts, BOARD)["cells.v"]
    assert prove(design, parts, places, BOARD, time_limit=10).status == "proven"


@pytest.mark.usefixtures("abc")
def test_a_design_without_logic_has_no_tables():
    b = Builder("wires")
    b.output("y", [b.input("a")[0], 1])
    mapped = map_to_luts(b.build())
    assert isinstance(mapped, Netlist)
    assert mapped.n_cells == 0
    assert mapped.port("y").nets == (2, 1)


def test_tables_have_two_to_six_inputs():
    with pytest.raises(UsageError, match="2 to 6 inputs, not 7"):
        map_to_luts(counter(), 7)

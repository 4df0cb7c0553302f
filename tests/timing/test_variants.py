import numpy as np
import pytest
from mapped_random import random_netlist

from eda.errors import UsageError
from eda.timing.variants import choices_of, resize, variants


def names(library, groups):
    return {tuple(library.cells[i].name for i in g) for g in groups}


def test_equal_functions_on_equal_pins_are_variants_from_small_to_large(tiny):
    groups = names(tiny, variants(tiny))
    assert ("INV_X1", "INV_X2") in groups
    assert ("NAND2_X1",) in groups
    assert sum(map(len, groups)) == len(tiny.cells)


def test_cells_that_must_not_be_used_stand_alone(tiny):
    groups = names(tiny, variants(tiny, lambda cell: cell.name != "INV_X2"))
    assert ("INV_X1",) in groups
    assert ("INV_X2",) in groups


def test_a_netlist_is_resized_and_nothing_else_changes(tiny, circuit):
    a = circuit.input("a")
    netlist = circuit.build(y=circuit.cell("INV_X1", circuit.cell("BUF_X1", a), label="last"))
    choices = choices_of(netlist, tiny)
    assert choices.count.tolist() == [1, 2]
    bigger = resize(netlist, tiny, choices, np.array([0, 1]))
    assert [bigger.type_of(c).name for c in range(2)] == ["BUF_X1", "INV_X2"]
    assert resize(bigger, tiny, choices_of(bigger, tiny), np.array([0, 0])) == netlist


def test_the_initial_choice_is_the_netlist_itself(tiny):
    netlist = random_netlist(tiny, 80, seed=2)
    choices = choices_of(netlist, tiny)
    assert resize(netlist, tiny, choices, choices.initial) == netlist


def test_a_choice_that_does_not_exist_is_named(tiny, circuit):
    netlist = circuit.build(y=circuit.cell("BUF_X1", circuit.input("a")))
    choices = choices_of(netlist, tiny)
    with pytest.raises(UsageError, match=r"choice\[0\] is 1, but that cell has 1 variants"):
        resize(netlist, tiny, choices, np.array([1]))
    with pytest.raises(UsageError, match="has 2 entries, the netlist has 1 cells"):
        resize(netlist, tiny, choices, np.array([0, 0]))

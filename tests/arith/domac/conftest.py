import pytest

from eda.arith.library_delays import library_delays
from eda.arith.trees import compress
from eda.ir.heap import BitHeap
from eda.tech.pdk import find_pdk


@pytest.fixture(scope="session")
def pdk():
    return find_pdk("nangate45")


@pytest.fixture(scope="session")
def and_array():
    """A function that gives the bit heap of an n by n multiplier, its dots at 50 ps."""

    def heap(n):
        out = BitHeap.empty(2 * n)
        for j in range(n):
            out = out.add_dots(range(j, j + n), range(2 + j * n, 2 + (j + 1) * n), 50.0)
        return out

    return heap


@pytest.fixture(scope="session")
def tree_of(pdk, and_array):
    """A function that gives a tree of library cells over such a heap."""
    delays = library_delays(pdk)
    return lambda n, kind="tdm": compress(kind, and_array(n), delays)

from pathlib import Path

import pytest

from eda.ir.builder import Builder
from eda.tech.liberty import read_liberty

LIBERTY = Path(__file__).parents[1] / "data" / "tiny.lib"


@pytest.fixture(scope="session")
def tiny_path():
    return LIBERTY


@pytest.fixture(scope="session")
def tiny():
    """The library of our own: all its tables lie on planes, so that delays can be worked out by hand."""
    return read_liberty(LIBERTY)


class Circuit:
    """Builds netlists of cells of one library by name."""

    def __init__(self, library, name="t"):
        self.library, self.builder = library, Builder(name)

    def input(self, name, width=None):
        nets = self.builder.input(name, width)
        return nets[0] if width is None else nets

    def cell(self, name, *fanin, label=None):
        """The output nets of a new cell; a single net if it has one output."""
        nets = self.builder.cell(self.library.cell(name).type, fanin, label)
        return nets[0] if len(nets) == 1 else nets

    def build(self, **outputs):
        for name, net in outputs.items():
            self.builder.output(name, net)
        return self.builder.build(sweep=False)


@pytest.fixture
def circuit(tiny):
    return Circuit(tiny)

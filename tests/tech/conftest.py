"""The cell library of our own, and a cache that no other run has filled."""

import os
from pathlib import Path

import pytest

from eda.tech.liberty import parse_liberty, read_liberty

DATA = Path(__file__).parents[1] / "data"

HEADER = """library (small) {
  capacitive_load_unit (1, pf);
  nom_voltage : 1.0;
  lu_table_template (slew_load) {
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("1, 2"); index_2 ("10, 20, 40");
  }
  lu_table_template (load_slew) {
    variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;
    index_1 ("10, 20, 40"); index_2 ("1, 2");
  }
  lu_table_template (only_slew) { variable_1 : input_transition_time; index_1 ("1, 2"); }
  lu_table_template (only_load) { variable_1 : total_output_net_capacitance; index_1 ("10, 20, 40"); }
"""


@pytest.fixture(scope="session", autouse=True)
def fresh_cache(tmp_path_factory):
    """The cache of this session, so that a test never sees what an older reader has left."""
    before = os.environ.get("EDA_CACHE")
    os.environ["EDA_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    os.environ.pop("EDA_CACHE")
    if before is not None:
        os.environ["EDA_CACHE"] = before


@pytest.fixture(scope="session")
def tiny_path():
    return DATA / "tiny.lib"


@pytest.fixture(scope="session")
def tiny(tiny_path):
    return read_liberty(tiny_path)


@pytest.fixture
def library():
    """`library(cells)`: the library whose cells are that text, in ns and pF."""
    return lambda cells, header=HEADER: parse_liberty(f"{header}{cells}\n}}", "small.lib")


@pytest.fixture
def cell(library):
    """`cell(body)`: the only cell of a library, with that body."""
    return lambda body, header=HEADER: library(f"cell (C) {{ {body} }}", header).cells[0]

from pathlib import Path

import pytest

from eda.tech.liberty import parse_liberty

LIBERTY = Path(__file__).parents[1] / "data" / "tiny.lib"


@pytest.fixture(scope="session")
def doubled():
    """Our small library with a stronger, larger, slower-setup twin of every cell."""
    head, *cells = LIBERTY.read_text().split("\n  cell (")
    body = "\n  cell (".join(["", *cells]).rpartition("}")[0]
    twin = body.replace("_X1", "_X4").replace("_X2", "_X8")
    changes = (("area : ", "area : 2"), ("capacitance : 0.001", "capacitance : 0.0023"), ('("0.03', '("0.02'))
    for old, new in changes:
        twin = twin.replace(old, new)
    return parse_liberty(f"{head}{body}{twin}\n}}\n", LIBERTY)

"""Random damage to good files: whatever it does, the reader answers with a library or with one error and its line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eda.errors import InputError
from eda.tech.lef_reader import parse_lef
from eda.tech.liberty import parse_liberty

DATA = Path(__file__).parents[1] / "data"
PARSERS = {"tiny.lib": parse_liberty, "tiny.lef": parse_lef}
INSERTED = st.sampled_from(["", *"{}();:,\\\n!'#0\"", "/*", "*/", "END", "values"])


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 300), INSERTED)
def test_damage_never_ends_in_a_traceback(name, share, removed, inserted):
    text = (DATA / name).read_text()
    at = int(share * len(text))
    damaged = text[:at] + inserted + text[at + removed :]
    error = None
    try:
        PARSERS[name](damaged, name)
    except InputError as e:
        error = e
    if error is not None:
        assert str(error).startswith(f"{name}:{error.line}: ")
        assert 1 <= error.line <= damaged.count("\n") + 1

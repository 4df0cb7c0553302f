"""Fixtures shared by all rooms."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("eda", deadline=None)  # how long a case takes depends on what else the machine does
settings.load_profile("eda")


@pytest.fixture(scope="session")
def eda_data() -> Path:
    """The folder of benchmark data named by EDA_DATA; the test is skipped when it is not set."""
    value = os.environ.get("EDA_DATA")
    if not value or not Path(value).is_dir():
        pytest.skip("EDA_DATA does not name a folder of benchmark data")
    return Path(value)


@pytest.fixture(scope="session")
def opensta() -> str:
    return _tool("sta", "OpenSTA (Debian package opensta)")


@pytest.fixture(scope="session")
def iverilog() -> str:
    return _tool("iverilog", "Icarus Verilog (Debian package iverilog)")


def _tool(name: str, what: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{what} is not on PATH")
    return path

"""A cache of their own for the tests of the flow."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield os.environ["EDA_CACHE"]

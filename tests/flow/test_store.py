"""The store of results: what goes in comes out, races are harmless, damage is named."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import eda
from eda.errors import InputError
from eda.flow import store
from eda.flow.store import Store, file_digest, key

WRITER = """
import sys
from pathlib import Path
from eda.flow.store import Store
s = Store(Path(sys.argv[1]))
for i in range(40):
    s.put(f"k{i % 7}", {"who": sys.argv[2], "text": sys.argv[2] * 5000})
    got = s.get(f"k{(i * 3) % 7}")
    assert got is None or got["text"] == got["who"] * 5000
"""


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path / "deep" / "results.sqlite")


def test_what_goes_in_comes_out_in_another_store_on_the_same_file(kept):
    assert kept.get("a") is None
    kept.put("a", {"verilog": "module µ", "delay_ps": 1.5, "list": [1, None, True]})
    assert Store(kept.path).get("a") == {"verilog": "module µ", "delay_ps": 1.5, "list": [1, None, True]}
    assert kept.get("b") is None


def test_the_last_value_wins(kept):
    kept.put("a", 1)
    kept.put("a", 2)
    assert kept.get("a") == 2


def test_looking_into_an_absent_store_makes_no_file(kept):
    kept.get("a")
    assert not kept.path.parent.exists()


def test_two_processes_race_safely(kept):
    env = {**os.environ, "PYTHONPATH": str(Path(eda.__file__).parents[1])}
    runs = [subprocess.Popen([sys.executable, "-c", WRITER, str(kept.path), who], env=env) for who in "xyz"]
    assert [r.wait(60) for r in runs] == [0, 0, 0]
    assert {kept.get(f"k{i}")["who"] for i in range(7)} <= set("xyz")


def test_threads_share_a_store(kept):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: kept.put(f"k{i}", i), range(40)))
    assert [kept.get(f"k{i}") for i in range(40)] == list(range(40))


def test_a_value_that_cannot_be_written_leaves_the_old_one(kept):
    kept.put("a", 1)
    with pytest.raises(TypeError):
        kept.put("a", object())
    assert kept.get("a") == 1


def test_a_damaged_file_is_named(kept):
    kept.put("a", 1)
    kept.path.write_bytes(b"no database at all " * 100)
    with pytest.raises(InputError, match=r"results\.sqlite: the store of results cannot be used .*EDA_CACHE"):
        kept.get("a")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        Store(tmp_path / "file" / "results.sqlite").put("a", 1)


def test_the_place_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("EDA_CACHE", str(tmp_path))
    assert Store().path == tmp_path / "results.sqlite"


def test_keys_depend_on_every_part_and_on_the_code(monkeypatch):
    base = key(source="a", recipe={"x": 1, "y": [2]})
    assert base == key(recipe={"y": [2], "x": 1}, source="a")
    assert len({base, key(source="b", recipe={"x": 1, "y": [2]}), key(source="a", recipe={"x": 1, "y": [3]})}) == 3
    monkeypatch.setattr(store, "code_identity", lambda: "other code")
    assert key(source="a", recipe={"x": 1, "y": [2]}) != base


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    assert file_digest(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(InputError, match="cannot be read"):
        file_digest(tmp_path / "absent")

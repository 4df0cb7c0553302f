"""Parsed libraries in the cache folder: found again, ignored when damaged, and never needed."""

import subprocess
import sys

import numpy as np
import pytest

from eda.errors import InputError
from eda.tech import liberty, liberty_cache
from eda.tech.cache import cache_folder
from eda.tech.liberty import read_liberty


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EDA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "liberty"


@pytest.fixture
def parsed(monkeypatch):
    """A list that grows with every file that is really parsed."""
    calls = []
    parse = liberty.parse_liberty
    monkeypatch.setattr(liberty, "parse_liberty", lambda *args: calls.append(args[1]) or parse(*args))
    return calls


def test_the_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("EDA_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("EDA_CACHE")
    assert cache_folder() == tmp_path / "xdg" / "eda"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "eda"


def test_the_second_reading_comes_from_the_cache_and_is_equal(folder, parsed, tiny_path):
    first, second = read_liberty(tiny_path), read_liberty(tiny_path)
    assert len(parsed) == 1
    assert [p.suffix for p in folder.iterdir()] == [".cache"]
    assert second.cells == first.cells
    assert second.arcs.when == first.arcs.when
    for part in ("tables", "arcs", "powers"):
        for field, value in vars(getattr(first, part)).items():
            again = getattr(getattr(second, part), field)
            assert np.array_equal(again, value) if isinstance(value, np.ndarray) else again == value
            if isinstance(value, np.ndarray):
                assert again.dtype == value.dtype
                assert not again.flags.writeable


def test_another_path_with_the_same_content_keeps_its_own_path(folder, parsed, tiny_path, tmp_path):
    copy = tmp_path / "copy.lib"
    copy.write_bytes(tiny_path.read_bytes())
    assert read_liberty(tiny_path).path == tiny_path
    assert read_liberty(copy).path == copy
    assert len(parsed) == 1


def test_a_changed_file_is_parsed_again(folder, parsed, tiny_path, tmp_path):
    copy = tmp_path / "copy.lib"
    copy.write_text(tiny_path.read_text())
    read_liberty(copy)
    copy.write_text(tiny_path.read_text().replace("area : 1;", "area : 7;", 1))
    assert read_liberty(copy).cell("INV_X1").area == 7.0
    assert len(parsed) == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other", "noise"])
def test_a_damaged_cache_file_is_ignored_and_replaced(folder, parsed, tiny_path, damage):
    read_liberty(tiny_path)
    (kept,) = folder.iterdir()
    content = bytearray(kept.read_bytes())
    flipped = content.copy()
    flipped[len(content) // 2] ^= 16
    cut = content[: len(content) // 2]
    damaged = {"empty": b"", "cut": cut, "flipped": flipped, "other": b"x" * 16, "noise": b"\xff" * 999}
    kept.write_bytes(damaged[damage])
    assert len(read_liberty(tiny_path).cells) == 18
    assert len(parsed) == 2
    assert kept.read_bytes() == bytes(content)


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch, tmp_path, tiny_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("EDA_CACHE", str(blocked))
    assert len(read_liberty(tiny_path).cells) == 18
    assert blocked.read_text() == "not a folder"


def test_a_library_from_the_cache_works_in_another_process(folder, tiny_path):
    """Texts hash differently in every process; cells from the cache must be found in its dictionaries all the same."""
    hash(read_liberty(tiny_path).cell("INV_X1").type)
    program = (
        "from eda.tech.liberty import parse_liberty, read_liberty\n"
        f"path = {str(tiny_path)!r}\n"
        "kept, fresh = read_liberty(path), parse_liberty(open(path).read())\n"
        "assert {c.type for c in kept.cells} == {c.type for c in fresh.cells}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_nothing_is_kept_of_a_file_that_is_refused(folder, tmp_path):
    bad = tmp_path / "bad.lib"
    bad.write_text("library (x) {")
    with pytest.raises(InputError, match=r"bad.lib"):
        read_liberty(bad)
    assert not folder.exists()


def test_storing_replaces_what_is_there(folder, tiny):
    liberty_cache.store(tiny, "0" * 64)
    liberty_cache.store(tiny, "0" * 64)
    assert liberty_cache.load("0" * 64).cells == tiny.cells
    assert len(list(folder.iterdir())) == 1

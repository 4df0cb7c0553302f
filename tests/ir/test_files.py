import gzip
import stat
import sys

import pytest

from eda.errors import InputError
from eda.ir.files import read_bytes, read_text, write_atomic


def test_plain_and_gzipped_files_read_alike(tmp_path):
    (tmp_path / "a.txt").write_text("größe\n")
    (tmp_path / "b.gz").write_bytes(gzip.compress("größe\n".encode()))
    assert read_text(tmp_path / "a.txt") == read_text(tmp_path / "b.gz") == "größe\n"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.v: cannot be read: No such file"):
        read_text(tmp_path / "absent.v")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_bytes(tmp_path)


@pytest.mark.parametrize("cut", [12, -4])
def test_a_truncated_gzip_file_is_refused(tmp_path, cut):
    whole = gzip.compress(b"some text that is long enough" * 10)
    (tmp_path / "a.gz").write_bytes(whole[:cut])
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes(tmp_path / "a.gz")


@pytest.mark.parametrize(("content", "found"), [(b"ok\nno\xff\n", "byte 0xff"), (b"ok\nno\0\n", "zero byte")])
def test_binary_content_is_refused_with_its_line(tmp_path, content, found):
    (tmp_path / "a.v").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.v:2: expected text, found .*{found}"):
        read_text(tmp_path / "a.v")


def test_writing_makes_folders_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "out.v"
    write_atomic(path, "module\n")
    write_atomic(path, b"again\n")
    assert path.read_text() == "again\n"
    assert [p.name for p in path.parent.iterdir()] == ["out.v"]


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are a matter of POSIX")
def test_a_new_file_has_ordinary_permissions(tmp_path):
    (tmp_path / "ordinary").touch()
    write_atomic(tmp_path / "a", "")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "ordinary").stat().st_mode)


def test_a_failed_write_keeps_what_was_there(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(InputError, match=r"taken: cannot be written"):
        write_atomic(tmp_path / "taken", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken" / "inside").exists()

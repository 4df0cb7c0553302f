"""Lines of blank-separated fields, with the messages for what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eda.errors import InputError
from eda.ir.files import read_text

_MOST_DIGITS = 18  # what an int64 holds


def rows(path: str | Path, expected: str, comment: str = "") -> list[tuple[int, list[str]]]:
    """Line number and fields of every line of a plain or gzipped file that has some.

    A field that begins with `comment` ends its line. Raises `InputError` if there is none, saying what was `expected`.
    """
    found = list(_rows(read_text(path), comment))
    if not found:
        raise InputError(f"empty file: expected {expected}", file=path, line=1)
    return found


def _rows(text: str, comment: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if comment and comment in line:
            fields = fields[: next((i for i, f in enumerate(fields) if f.startswith(comment)), None)]
        if fields:
            yield number, fields


def natural(text: str, what: str, path: str | Path, line: int) -> int:
    """A whole number of at least 0."""
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        raise InputError(f"{what}: expected a whole number of at least 0, found {text!r}", file=path, line=line)
    return int(text)


def naturals(texts: list[str], what: str, path: str | Path, line: int) -> list[int]:
    """Whole numbers of at least 0."""
    joined = "".join(texts)
    if joined.isascii() and joined.isdigit() and max(map(len, texts)) <= _MOST_DIGITS:
        return list(map(int, texts))
    return [natural(text, what, path, line) for text in texts]


def beside(folder: str | Path, name: str) -> Path:
    """The file of that name in a folder, or the one with `.gz` behind it where only that exists."""
    path = Path(folder) / name
    packed = path.with_name(name + ".gz")
    return packed if packed.exists() and not path.exists() else path

"""Results of finished work, kept by the hash of everything that went in, in one SQLite file."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import eda
from eda.errors import InputError
from eda.tech.cache import cache_folder

_TABLE = "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, made REAL NOT NULL, value BLOB NOT NULL)"
_WAIT_SECONDS = 60.0

_ROOMS = ("ir", "verilog", "tech", "timing", "proof", "flow")


class Store:
    """A mapping from keys to JSON values that processes may share: who writes a key last wins, nobody reads a part.

    The file is `path`, by default ``results.sqlite`` in the cache folder. It may be removed at any time. Every method
    raises `InputError` naming the file if it cannot be read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = cache_folder() / "results.sqlite" if path is None else path

    def get(self, key: str) -> Any:
        """The value put under `key`, or None."""
        if not self.path.exists():
            return None
        with self._open() as db:
            row = db.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def put(self, key: str, value: Any) -> None:
        """Keep `value`, which JSON can express, under `key`."""
        blob = zlib.compress(json.dumps(value).encode(), 1)
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (key, time.time(), blob))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction: threads and forked processes may not share one."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS)) as db, db:
                db.execute(_TABLE)
                yield db
        except (sqlite3.Error, OSError, zlib.error) as e:
            raise InputError(f"the store of results cannot be used ({e}); remove it, or set EDA_CACHE", file=self.path) from e


def key(**parts: object) -> str:
    """SHA-256 over `parts`, which JSON can express, and over the code that reads and measures."""
    text = json.dumps({"code": code_identity(), **parts}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes; raises `InputError` naming the file if it cannot be read."""
    try:
        with Path(path).open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    except OSError as e:
        raise InputError(f"cannot be read: {e.strerror}", file=path) from e


@cache
def code_identity() -> str:
    """SHA-256 over the source of the rooms whose behaviour a stored result depends on."""
    root = Path(eda.__file__).parent
    h = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            h.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return h.hexdigest()

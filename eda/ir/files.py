"""Reading text that may be gzipped, and writing files that are never seen half-written."""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from pathlib import Path

from eda.errors import InputError

_GZIP_MAGIC = b"\x1f\x8b"


def read_bytes(path: str | Path) -> bytes:
    """The content of a plain or gzipped file; raises `InputError` naming the file if it cannot be read."""
    try:
        raw = Path(path).read_bytes()
        return gzip.decompress(raw) if raw[:2] == _GZIP_MAGIC else raw
    except (OSError, EOFError, zlib.error) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise InputError(f"cannot be read: {reason}", file=path) from e


def read_text(path: str | Path) -> str:
    """The UTF-8 text of a plain or gzipped file; raises `InputError` naming the file and line if it is not text."""
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise InputError(f"expected text, found the byte 0x{raw[e.start]:02x}", file=path, line=line) from e
    if "\0" in text:
        raise InputError("expected text, found a zero byte", file=path, line=text.count("\n", 0, text.index("\0")) + 1)
    return text


def write_atomic(path: str | Path, content: str | bytes) -> None:
    """Write `content` under a temporary name beside `path`, then rename: `path` is never half-written.

    Missing parent folders are made. Raises `InputError` naming the path if it cannot be written.
    """
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(fd, "wb") as f:
                f.write(data)
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as e:
        raise InputError(f"cannot be written: {e.strerror or e}", file=path) from e


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

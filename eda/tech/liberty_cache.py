"""Parsed libraries in the user's cache folder: one file each, named by the content of the Liberty file it came from and
by the code that read it.

A file is a sequence of 64-bit words: the sum of all words after it, the number of parts, the length of each part in
bytes, then the parts, each filled up to whole words. The first part is a pickle, the others its arrays, which the loaded
library uses where they lie in the mapped file, read-only, without a copy.
"""

from __future__ import annotations

import gc
import hashlib
import mmap
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from eda.errors import InputError
from eda.ir.files import write_atomic
from eda.tech.cache import cache_folder
from eda.tech.library import Library

_CODE = {"eda.ir": ("logic.py", "cells.py"), "eda.tech": ("library.py",)}
"""Files beside the reader's own (``liberty*.py``) that decide what a parsed library looks like."""


def load(digest: str) -> Library | None:
    """The library kept for a Liberty file with this SHA-256; None if there is none, or what is there is damaged."""
    parts = _read_parts(_place(digest))
    if parts is None:
        return None
    with uncollected():
        library = pickle.loads(parts[0], buffers=parts[1:])
    return library if isinstance(library, Library) else None


def _read_parts(path: Path) -> list[memoryview] | None:
    """The parts of an undamaged cache file, mapped into memory; else None."""
    try:
        with path.open("rb") as f:
            content = memoryview(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # no such file; an empty one
        return None
    words = np.frombuffer(content[: len(content) // 8 * 8], np.uint64)
    if len(content) % 8 or len(words) < 2 or words[0] != words[1:].sum():
        return None
    sizes = [int(n) for n in words[2 : 2 + int(words[1])]]
    at = 8 * (2 + len(sizes))
    if not sizes or at + sum(map(_filled, sizes)) != len(content):
        return None
    parts = []
    for size in sizes:
        parts.append(content[at : at + size])
        at += _filled(size)
    return parts


def store(library: Library, digest: str) -> None:
    """Keep `library` for `load`; a folder that cannot be written only costs time at the next reading."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(library, protocol=5, buffer_callback=buffers.append)
    parts = [body, *(bytes(b.raw()) for b in buffers)]
    header = np.array([len(parts), *map(len, parts)], np.uint64).tobytes()
    content = header + b"".join(p.ljust(_filled(len(p)), b"\0") for p in parts)
    checksum = np.frombuffer(content, np.uint64).sum(dtype=np.uint64).tobytes()
    try:
        write_atomic(_place(digest), checksum + content)
    except InputError:
        return


def _filled(size: int) -> int:
    return -(-size // 8) * 8


def _place(digest: str) -> Path:
    return cache_folder() / "liberty" / f"{digest}-{_code_digest()[:16]}.cache"


@cache
def _code_digest() -> str:
    """SHA-256 of the code that makes a `Library`: a changed reader never meets what an older one has left."""
    found = hashlib.sha256()
    for package, names in _CODE.items():
        folder = files(package)
        own = (f.name for f in folder.iterdir() if f.name.startswith("liberty") and f.name.endswith(".py"))
        for name in sorted({*own, *names}):
            found.update(folder.joinpath(name).read_bytes())
    return found.hexdigest()


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the cyclic garbage collector, which would walk a million fresh objects again and again for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

"""Where results that can be made again are kept: a folder of the user, never one of the project."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$EDA_CACHE``, else ``$XDG_CACHE_HOME/eda``, else ``~/.cache/eda``; it need not exist."""
    if chosen := os.environ.get("EDA_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "eda"

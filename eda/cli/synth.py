"""``eda synth`` and ``eda sta``."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    return

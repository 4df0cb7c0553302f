"""A search that shows where it stands and ends at Ctrl-C with what it has."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Shown = Callable[[str], bool]
"""Called with where the search stands; true once Ctrl-C was pressed."""


@contextmanager
def searching(time_limit: float) -> Iterator[tuple[Shown, list[bool]]]:
    """A progress line on standard error, and a list that is filled by the first Ctrl-C; the second one ends everything."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    stopped: list[bool] = []

    def stop(number: int, frame: object) -> None:
        stopped.append(True)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    columns = (
        SpinnerColumn(),
        TimeElapsedColumn(),
        TextColumn("of {task.fields[limit]:g} s"),
        TextColumn("{task.description}"),
    )
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", limit=time_limit)

            def shown(what: str) -> bool:
                bar.update(task, description=what)
                return bool(stopped)

            yield shown, stopped
    finally:
        signal.signal(signal.SIGINT, before)

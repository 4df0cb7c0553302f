"""How every verb speaks: human text, or one JSON object on standard output with the human text on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

PIPED_WIDTH = 200
"""Columns of text that does not go to a terminal."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
PdkName = Annotated[str, typer.Option("--pdk", help="Process design kit: a name (see `eda doctor`) or a TOML file.")]
PdkRoot = Annotated[str | None, typer.Option("--pdk-root", help="Folder that holds the files of the kit.")]


def console(as_json: bool) -> Console:
    """Where human text goes."""
    from rich.console import Console

    stream = sys.stderr if as_json else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else PIPED_WIDTH, highlight=False, markup=False)


def emit(data: Mapping[str, Any], as_json: bool) -> None:
    """Print the JSON object of a verb, when it was asked for."""
    if as_json:
        sys.stdout.write(json.dumps(data, default=_plain) + "\n")


def _plain(value: object) -> object:
    """Numbers of numpy and paths, as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__fspath__"):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def table(as_json: bool, columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> None:
    """Print an aligned table; numbers are right-aligned."""
    from rich.table import Table

    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows)
        grid.add_column(column, justify="right" if numeric else "left", no_wrap=numeric or i == 0, overflow="fold")
    for row in rows:
        grid.add_row(*map(_cell, row))
    console(as_json).print(grid)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error; yields a function that advances it by one and shows what was done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda what: bar.update(task, advance=1, description=what)

"""The tree of verbs."""

from __future__ import annotations

from typing import Annotated

import typer

from eda import __version__
from eda.cli import arith, check, doctor, report, schedule, show, size, synth


def build() -> typer.Typer:
    """The whole command line; each verb group is a file of its own."""
    app = typer.Typer(
        name="eda",
        help="Optimize arithmetic circuits and netlists; prove and measure every result.",
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )

    @app.callback(invoke_without_command=True)
    def root(
        context: typer.Context,
        version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    ) -> None:
        if version:
            print(f"eda {__version__}")
            raise typer.Exit
        if context.invoked_subcommand is None:
            print(context.get_help())
            raise typer.Exit

    for room in (doctor, show, check, synth, size, schedule, arith, report):
        room.register(app)
    return app

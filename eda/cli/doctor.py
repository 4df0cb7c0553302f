"""``eda doctor``."""

from __future__ import annotations

import typer

from eda.cli.output import Json, console, emit, table


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(doctor)


def doctor(as_json: Json = False) -> None:
    """Say what is installed, which process kits are found, what is missing, and the one line that fixes each."""
    from eda.flow.doctor import examine

    findings = examine()
    rows = [("ok" if f.found else "missing" if f.needed else "absent", f.name, f.detail, f.cost) for f in findings]
    table(as_json, ("", "what", "found", "without it"), rows)
    for f in findings:
        if not f.found and f.hint:
            console(as_json).print(f"{f.name}: {f.hint}")
    emit({"checks": [vars(f) for f in findings]}, as_json)
    if any(f.needed and not f.found for f in findings):
        raise typer.Exit(3)

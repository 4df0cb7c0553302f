"""Options that the verbs of ``eda arith`` share."""

from __future__ import annotations

from typing import Annotated

import typer

Kind = Annotated[str, typer.Argument(help="multiplier, mac, squarer, dot or adder.")]
Width = Annotated[int, typer.Option(help="Bits of operand a.")]
WidthB = Annotated[int | None, typer.Option(help="Bits of operand b; as a where left out.")]
Signed = Annotated[bool, typer.Option("--signed", help="All operands in two's complement.")]
SignedB = Annotated[bool | None, typer.Option("--signed-b/--unsigned-b", help="Operand b signed or not; as a where left out.")]
Terms = Annotated[int | None, typer.Option(help="Products of a dot product (4 where left out).")]
Constant = Annotated[int | None, typer.Option(help="Constant in place of operand b, such as 93 or -7.")]
ResultBits = Annotated[int | None, typer.Option(help="Only so many of the lowest bits of the result.")]
DropBits = Annotated[int, typer.Option(help="The result without so many of its lowest bits; the others exact.")]


def times(option: str, entries: list[str] | None) -> dict[str, float]:
    """``PORT=TIME`` entries as a mapping; raises `UsageError` for one that is not."""
    from eda.errors import UsageError

    out = {}
    for entry in entries or []:
        name, _, text = entry.partition("=")
        try:
            out[name.strip()] = float(text)
        except ValueError:
            raise UsageError(f"{option} {entry!r}: expected PORT=TIME, such as a=3 or b[7]=2") from None
    return out

"""Exclusive ors of an and-inverter graph in one form, so that equal ones become equal nodes."""

from __future__ import annotations

from eda.ir.aig import FALSE, Aig, AigBuilder


def normalised(graph: Aig) -> Aig:
    """The same functions with ``!(x & y) & !(!x & !y)`` rebuilt by `AigBuilder.xor`, whatever the polarity of x and y.

    There are four ways to build an exclusive or of two literals, and a chain of them hides that they are the same.
    """
    builder = AigBuilder(graph.name, graph.input_names)
    fanin = graph.fanin.tolist()
    own = [FALSE, *builder.inputs]

    def moved(literal: int) -> int:
        return own[literal >> 1] ^ (literal & 1)

    for a, b in fanin:
        operands = _xor_operands(fanin, graph.first_and, a, b)
        if operands is None:
            own.append(builder.and_(moved(a), moved(b)))
        else:
            own.append(builder.xor(*map(moved, operands)))
    return builder.build(graph.output_names, [moved(o) for o in graph.outputs.tolist()])


def _xor_operands(fanin: list[list[int]], first: int, a: int, b: int) -> tuple[int, int] | None:
    """The literals whose exclusive or is ``a & b``, if it is one."""
    if not (a & b & 1) or (a >> 1) < first or (b >> 1) < first:
        return None
    x, y = fanin[(a >> 1) - first]
    p, q = fanin[(b >> 1) - first]
    return (x, y) if {p, q} == {x ^ 1, y ^ 1} else None

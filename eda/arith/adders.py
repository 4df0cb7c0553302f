"""Final adders: the classical prefix graphs by name, and the gates of any prefix graph over two rows of bits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from eda.arith.delays import Delays
from eda.arith.fitted import fit_prefix
from eda.errors import UsageError, suggest
from eda.ir.builder import Builder
from eda.ir.prefix import PrefixGraph

Groups = Iterator[tuple[int, int]]


def prefix_graph(kind: str, arrivals: Sequence[float], delays: Delays, required: Sequence[float] | None = None) -> PrefixGraph:
    """The graph of that kind over ``len(arrivals)`` positions.

    `kind` is one of `ADDERS`; ``ladner-fischer-K`` is the recursion with K extra levels. Only ``fitted`` looks at
    `arrivals`, the times at which the generate and propagate bits of each position settle, and at `required`, the times
    at which the carries out of each are due (None: all at once).
    """
    if kind == "fitted":
        rivals = [prefix_graph(k, arrivals, delays) for k in (*CLASSICAL, "ladner-fischer-1")]
        return fit_prefix(arrivals, delays, rivals, required)
    lf = re.fullmatch(r"ladner-fischer(?:-(\d+))?", kind)
    if lf:
        return PrefixGraph.of_groups(len(arrivals), ladner_fischer(len(arrivals), int(lf[1] or 0)))
    check_adder(kind)
    return PrefixGraph.of_groups(len(arrivals), CLASSICAL[kind](len(arrivals)))


def check_adder(kind: str) -> None:
    """Raise `UsageError` unless `kind` names a final adder."""
    if kind not in ADDERS and not re.fullmatch(r"ladner-fischer-\d+", kind):
        raise UsageError(f"no adder {kind!r}{suggest(kind, ADDERS)}; expected {', '.join(ADDERS)} or ladner-fischer-K")


def ripple(n: int) -> Groups:
    """Every carry from the one below."""
    return iter(())


def sklansky(n: int) -> Groups:
    """Least depth with the fewest levels of one fan-out doubling (Sklansky 1960)."""
    return ((i, i >> k << k) for i in range(n) for k in range(1, n.bit_length()))


def kogge_stone(n: int) -> Groups:
    """Least depth and fan-out, most nodes (Kogge and Stone 1973)."""
    return ((i, max(i + 1 - (1 << k), 0)) for i in range(n) for k in range(1, n.bit_length() + 1))


def brent_kung(n: int) -> Groups:
    """Fewest nodes at twice the logarithmic depth (Brent and Kung 1982)."""
    return ((i, i + 1 - (1 << k)) for k in range(1, n.bit_length()) for i in range((1 << k) - 1, n, 1 << k))


def han_carlson(n: int) -> Groups:
    """Kogge-Stone on the odd positions, one more level for the even ones (Han and Carlson 1987)."""
    return ((i, max(i + 1 - (1 << k), 0)) for i in range(1, n, 2) for k in range(1, n.bit_length() + 1))


def ladner_fischer(n: int, extra: int = 0) -> Groups:
    """The recursion of Ladner and Fischer (1980) with up to `extra` levels above the least depth."""
    return _ladner_fischer([(i, i) for i in range(n)], extra)


def _ladner_fischer(blocks: list[tuple[int, int]], extra: int) -> Groups:
    """Groups (top of block t : bottom of block 0) for all t > 0, and those they need."""
    if len(blocks) < 2:
        return
    bottom = blocks[0][1]
    if extra == 0:
        half = (len(blocks) + 1) // 2
        half += half % 2 if half > 1 else 0  # an odd block out would come late, and the upper half waits for it
        yield from _ladner_fischer(blocks[:half], 1)
        yield from _ladner_fischer(blocks[half:], 0)
    else:
        pairs = [(blocks[t + 1][0], blocks[t][1]) for t in range(0, len(blocks) - 1, 2)]
        yield from pairs
        yield from _ladner_fischer(pairs, extra - 1)
    yield from ((top, bottom) for top, _ in blocks[1:])


CLASSICAL: dict[str, Callable[[int], Groups]] = {
    "ripple": ripple,
    "sklansky": sklansky,
    "kogge-stone": kogge_stone,
    "brent-kung": brent_kung,
    "han-carlson": han_carlson,
    "ladner-fischer": ladner_fischer,
}
ADDERS = (*CLASSICAL, "fitted")
"""The kinds of final adder."""


@dataclass(frozen=True)
class FinalAdder:
    """The sum bits of two rows, and the prefix graph whose position 0 is column `low` (None: no carry was needed)."""

    sums: tuple[int, ...]
    graph: PrefixGraph | None
    low: int


def add_rows(
    b: Builder,
    rows: Sequence[Sequence[int]],
    settled: Sequence[float],
    choose: Callable[[Sequence[float]], PrefixGraph],
) -> FinalAdder:
    """Gates that add the nets of `rows`, at most two for each column, modulo ``2**len(rows)``.

    Carries start at the lowest column with two nets and end below the last column, or at the highest that has any net.
    `choose` gives the graph for these columns from the times at which their generate and propagate bits settle.
    """
    width = len(rows)
    low, high = carry_columns(rows)
    generate = [b.and_(*nets) if len(nets) == 2 and c <= high else 0 for c, nets in enumerate(rows)]
    propagate = [b.xor(*nets) if nets else 0 for nets in rows]
    for c in range(low, width):
        b.name_net(generate[c], f"g_{c}")
        b.name_net(propagate[c], f"p_{c}")
    if high < low:
        return FinalAdder(tuple(propagate), None, low)
    graph = choose(settled[low : high + 1])
    carries = _carries(b, graph, generate[low : high + 1], propagate[low : high + 1], low)
    into = [0] * (low + 1) + carries + [0] * (width - high - 2)
    return FinalAdder(tuple(b.xor(p, c) for p, c in zip(propagate, into, strict=True)), graph, low)


def carry_columns(rows: Sequence[Sequence[object]]) -> tuple[int, int]:
    """The first and the last column that a carry leaves; the last comes before the first if there is no carry."""
    low = next((c for c, row in enumerate(rows) if len(row) == 2), len(rows))
    used = max((c for c, row in enumerate(rows) if row), default=0)
    return low, min(used, len(rows) - 2)


def _carries(b: Builder, graph: PrefixGraph, generate: Sequence[int], propagate: Sequence[int], low: int) -> list[int]:
    """The carry out of each position; node (i:j) is named ``g_i_j`` and ``p_i_j`` in columns of the result."""
    nodes = graph.nodes
    made: list[tuple[int, int]] = []
    inputs = list(zip(generate, propagate, strict=True))
    carries = list(generate)
    places = zip(nodes.row.tolist(), nodes.column.tolist(), strict=True)
    for (i, j), up, down in zip(places, nodes.upper.tolist(), nodes.lower.tolist(), strict=True):
        upper = made[up] if up >= 0 else inputs[-1 - up]
        lower = made[down] if down >= 0 else inputs[-1 - down]
        g = b.or_(upper[0], b.and_(upper[1], lower[0]))
        b.name_net(g, f"g_{low + i}_{low + j}")
        if j == 0:
            carries[i] = g
            made.append((g, 0))
        else:
            p = b.and_(upper[1], lower[1])
            b.name_net(p, f"p_{low + i}_{low + j}")
            made.append((g, p))
    return carries

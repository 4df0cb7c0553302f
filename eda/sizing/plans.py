"""Exchanges of cells for others of equal function, as `eda.sizing.remap` tries them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from eda.sizing.cuts import Cut, complements, cuts_of
from eda.sizing.matches import MOST_INPUTS, Match, matches_of
from eda.tech.library import LibCell, Library

if TYPE_CHECKING:
    from eda.sizing.arrays import Circuit
    from eda.sizing.remap import Plans

MOST_INVERTERS = 2
_WIRE, _INVERTER = 0b10, 0b01  # truth tables

_Row = tuple[int, int, tuple[int, ...], bool]  # root, library cell, nets of its pins, complement


def inverter_of(library: Library, usable: Callable[[LibCell], bool] | None) -> int:
    """The smallest usable inverter; -1 if there is none."""
    known = matches_of(library, usable).get((1, _INVERTER), [])
    return next((m.lib for m in known if not m.inverters), -1)


def plans_of(circuit: Circuit, library: Library, usable: Callable[[LibCell], bool] | None) -> Plans:
    """Every exchange of the nets of a circuit, sources first and small cells first."""
    from eda.sizing.remap import Plans

    rows = list(_rows(circuit, library, usable))
    pins = np.zeros((len(rows), MOST_INPUTS), dtype=np.int64)
    for k, row in enumerate(rows):
        pins[k, : len(row[2])] = row[2]
    return Plans(
        root=np.array([r[0] for r in rows], dtype=np.int64),
        lib=np.array([r[1] for r in rows], dtype=np.int64),
        inputs=np.array([len(r[2]) for r in rows], dtype=np.int64),
        pins=pins,
        complement=np.array([r[3] for r in rows], dtype=bool),
    )


def _rows(circuit: Circuit, library: Library, usable: Callable[[LibCell], bool] | None) -> Iterator[_Row]:
    matches, opposite = matches_of(library, usable), complements(circuit, library)
    inverter = inverter_of(library, usable)
    price = library.cells[inverter].area if inverter >= 0 else 0.0
    first: dict[tuple[tuple[int, ...], int], int] = {}
    for root, cuts in cuts_of(circuit, library).items():
        found: list[tuple[float, _Row]] = []
        for cut in cuts:
            known = _known(cut, opposite, first, root)
            if known is not None:
                found.append((0.0, (root, -1, (known,), False)))
            for match in matches.get((len(cut.leaves), cut.table), []):
                row, inverters = _row(root, cut, match, opposite)
                if inverters <= (MOST_INVERTERS if inverter >= 0 else 0) and not _is_itself(circuit, row, cut, library):
                    found.append((library.cells[match.lib].area + inverters * price, row))
        yield from (row for _, row in sorted(found, key=lambda f: (f[0], f[1])))


def _known(cut: Cut, opposite: dict[int, int], first: dict[tuple[tuple[int, ...], int], int], root: int) -> int | None:
    """A net that is there already and equals `root`."""
    if len(cut.leaves) == 1 and cut.table == _WIRE:
        net = cut.leaves[0]
    elif len(cut.leaves) == 1 and cut.table == _INVERTER:
        net = opposite.get(cut.leaves[0], root)
    else:
        net = first.setdefault((cut.leaves, cut.table), root)
    return net if net != root else None


def _row(root: int, cut: Cut, match: Match, opposite: dict[int, int]) -> tuple[_Row, int]:
    """The exchange that a match stands for, and how many new inverters it takes."""
    pins, inverters = [], int(match.complement)
    for i, place in enumerate(match.order):
        net = cut.leaves[place]
        if match.inverted >> i & 1:
            known = opposite.get(net, root)
            inverters += known == root
            net = -1 - net if known == root else known
        pins.append(net)
    return (root, match.lib, tuple(pins), match.complement), inverters


def _is_itself(circuit: Circuit, row: _Row, cut: Cut, library: Library) -> bool:
    """True if nothing would change."""
    root, lib, pins, complement = row
    own = library.cells[circuit.lib[circuit.driver[root]]].type
    return cut.depth == 1 and not complement and min(pins) >= 0 and library.cells[lib].type.tables == own.tables

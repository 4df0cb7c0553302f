"""The least area that meets a delay, by exchange of equal cells; every figure is that of `eda.timing.sta.analyze`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eda.errors import UsageError
from eda.ir.netlist import Netlist
from eda.sizing.search import Options, Search
from eda.tech.library import LibCell, Library
from eda.timing.constraints import Constraints

FASTEST = 0.0
"""The target that no circuit meets."""


@dataclass(frozen=True, eq=False)
class Sized:
    """A netlist sized toward `target_ps`; `met` says whether `delay_ps` (ps) reaches it. `area` is in um2."""

    netlist: Netlist
    target_ps: float
    delay_ps: float
    area: float
    met: bool


def size(
    netlist: Netlist,
    library: Library,
    constraints: Constraints | None = None,
    *,
    target_ps: float,
    usable: Callable[[LibCell], bool] | None = None,
    pins: bool = True,
    buffers: bool = True,
    cells: bool = True,
) -> Sized:
    """The netlist of least area found whose delay is at most `target_ps`.

    Cells are exchanged for others of equal function; with `pins` symmetric inputs are ordered, with `buffers` buffers
    are inserted and removed, and with `cells` a cell (and those that serve it alone) becomes another of the same function of
    the same or of inverted nets.
    The delay is `eda.timing.sta.Timing.delay_ps`: with registers the smallest clock period. If the target is out of reach
    (0 is out of reach) the result is as fast as was found. The result is never larger than the netlist where that meets
    the target. `usable` as in `eda.timing.variants.variants`. Equal calls give equal results.

    Raises as `eda.timing.sta.analyze`, and `UsageError` for a negative target, and for new nets beside capacitances of wires.
    """
    return size_front(
        netlist, library, constraints, targets=(target_ps,), usable=usable, pins=pins, buffers=buffers, cells=cells
    )[0]


def size_front(
    netlist: Netlist,
    library: Library,
    constraints: Constraints | None = None,
    *,
    targets: Sequence[float] = (),
    points: int = 8,
    usable: Callable[[LibCell], bool] | None = None,
    pins: bool = True,
    buffers: bool = True,
    cells: bool = True,
) -> list[Sized]:
    """`size` for many targets, each begun where the one before ended; in the order of `targets`.

    Without targets: `points` of them, evenly spaced (by ratio) from the fastest circuit found to the smallest one.
    """
    if any(not target >= 0.0 for target in targets):
        raise UsageError(f"a target delay must not be negative, got {min(targets)} ps")
    if points < 1:
        raise UsageError(f"a front needs at least 1 point, got {points}")
    if (buffers or cells) and constraints is not None and constraints.wire_cap_ff is not None:
        raise UsageError("the wires of new nets are unknown: with wire_cap_ff, size with buffers=False, cells=False")
    search = Search(netlist, library, constraints or Constraints(), Options(pins, buffers, cells), usable)
    wanted = list(targets) or _spread(search, points)
    for target in sorted(wanted, reverse=True):
        search.toward(target)
    return [_sized(search, target) for target in wanted]


def _spread(search: Search, points: int) -> list[float]:
    """Targets from the fastest circuit to the smallest."""
    search.toward(search.smallest().delay)
    slowest, fastest = min(search.found, key=lambda f: (f.area, f.delay)).delay, search.toward(FASTEST).delay
    return np.geomspace(fastest, max(slowest, fastest), points).tolist() if points > 1 else [fastest]


def _sized(search: Search, target: float) -> Sized:
    found = search.best(target)
    return Sized(search.netlist_of(found), target, found.delay, found.area, found.delay <= target)

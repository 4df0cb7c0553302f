"""The delays of adders built in a given form, to wire trees by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eda.arith.composite_template import Composite
from eda.arith.composites import composites
from eda.arith.delays import Delays, Pair
from eda.arith.library_delays import library_delays
from eda.arith.mapped_options import typical_delays
from eda.errors import UsageError, suggest
from eda.tech.pdk import Pdk


def composite_delays(pdk: Pdk, full: str = "shared", half: str = "nand-oai") -> Delays:
    """Delays (ps) of the named forms of full and half adder under a typical slew and load, means over the edges.

    Trees wired by the delays of fast forms leave late signals to the carry inputs, which these forms pass on quickly; those
    of the kit's cells know no fast pin. Raises `UsageError` for an unknown form and as `library_delays`.
    """
    forms = [_named(pdk, 3, full), _named(pdk, 2, half)]
    a, b, ci = _pairs(pdk, forms[0])
    x, y = _pairs(pdk, forms[1])
    return replace(library_delays(pdk), full_adder=(a, b, ci), half_adder=(x, y))


def _named(pdk: Pdk, n_inputs: int, name: str) -> Composite:
    offered = composites(pdk)
    names = offered.names(n_inputs)
    if name not in names:
        raise UsageError(f"the kit {pdk.name} has no form {name!r}{suggest(name, names)}; it has {', '.join(names)}")
    return offered.of(n_inputs)[names.index(name)]


def _pairs(pdk: Pdk, composite: Composite) -> list[Pair]:
    times = typical_delays(pdk, composite)
    means = np.where(np.isfinite(times), times, np.nan)
    return [(float(np.nanmean(pin[0])), float(np.nanmean(pin[1]))) for pin in means]

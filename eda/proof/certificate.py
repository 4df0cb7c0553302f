"""Finds the certificate that a netlist computes a sum of products, in time linear in its size.

The method: compressors conserve weight, so a tree of them is a linear map of bits, whatever its shape. What this module
finds is only a claim; `eda.proof.verify` is what proves it. See there for the meaning of the parts.

1. Walk from the outputs through single-output cells, to the outputs of compressors, or the inputs of a half adder of
   which both outputs are met, as these are not independent: the cut. Below it lies the tree, above it the final adder.
2. The weight of a net at the cut is what the outputs change by when it alone is 1.
3. Replace the outputs of cells by their inputs, from the last level to the first, wherever that conserves weight.
4. Write what is left as a polynomial in the inputs; what the specification has beyond it must lie above the cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from eda.errors import ProofError
from eda.ir.cells import CellType
from eda.ir.netlist import FIRST_INPUT_NET, Netlist, join_ranges
from eda.ir.simulate import simulate
from eda.ir.spec import ArithmeticSpec
from eda.ir.vectors import WORD, unpack
from eda.proof import polynomial
from eda.proof.cones import Function, small_functions
from eda.proof.extract import INPUT, cone, extract
from eda.proof.polynomial import Polynomial

SUPPORT_LIMIT = 6
"""A partial product depends on at most this many inputs."""

PINS_LIMIT = 8
"""A compressor has at most this many inputs."""

REST_LIMIT = 9
"""Above the cut, an output depends on at most this many inputs, apart from single products."""

ROWS_LIMIT = 3
"""Products above the cut are listed one by one if no column has more of them; else the rest of the adder stands for them."""


def certificate(netlist: Netlist, spec: ArithmeticSpec) -> dict[str, Any]:
    """The claim, as data for JSON, that the combinational `netlist` computes `spec`.

    Numbers that may be long are hexadecimal strings. Raises `ProofError` where the structure is not found, or where the
    specification leaves low bits out: the outputs are then no weighted sum.
    """
    if spec.low:
        raise ProofError(f"{spec.text} leaves low bits out, so the outputs are no sum")
    expected = polynomial.of_spec(spec, {o.name: netlist.port(o.name).nets for o in spec.operands})
    if expected is None:
        raise ProofError("the specification has too many products")
    outputs = netlist.port(spec.output).nets
    cut = _cut(netlist, outputs)
    weights = _weights(netlist, outputs, cut)
    steps, left = _replaced(netlist, weights, spec.width)
    functions = small_functions(netlist, SUPPORT_LIMIT)
    below = _expanded(netlist, left, functions)
    above = polynomial.reduced({m: expected.get(m, 0) - below.get(m, 0) for m in {**expected, **below}}, spec.width)
    residual = _tallest_column(above, spec.width) > ROWS_LIMIT
    if residual:
        _demand_small_rest(netlist, outputs, cut)
    # Products may be shared between the tree and the adder: above the cut they are what they are, not free.
    free = cut if residual else [net for net in cut if functions[net] is None]
    return {
        "netlist": netlist.digest,
        "specification": spec.text,
        "free": _variables(netlist, outputs, free),
        "cut": [[net, hex(weight)] for net, weight in weights.items()],
        "products": [] if residual else [[list(m), hex(c)] for m, c in above.items() if m],
        "constant": hex(0 if residual else above.get((), 0)),
        "residual": residual,
        "steps": steps,
    }


# --- the final adder ---------------------------------------------------------------------------------------------------


def _cut(netlist: Netlist, outputs: Sequence[int]) -> list[int]:
    """The nets that the final adder adds, as far as they are not inputs."""
    pins, outs = (np.array([len(side) for side in sides] or [0]) for sides in _pin_lists(netlist))
    kind = np.append(np.where(outs > 1, pins, 0)[netlist.cell_type], 0)  # inputs of a compressor; the last for driver -1
    drivers = kind[netlist.driver]
    cut = np.flatnonzero(drivers >= 2)
    at_cut = cone(netlist, outputs, cut)
    both = np.bincount(netlist.driver[at_cut & (drivers == 2)], minlength=netlist.n_cells) == 2
    halves = np.flatnonzero(both)
    cut = cut[~np.append(both, False)[netlist.driver[cut]]]
    behind = netlist.fanin[join_ranges(netlist.fanin_start[halves], netlist.fanin_start[halves + 1])]
    cut = np.union1d(cut, behind[behind >= netlist.first_cell_net])
    return cut[cone(netlist, outputs, cut)[cut]].tolist()


def _pin_lists(netlist: Netlist) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    return [t.inputs for t in netlist.types], [t.outputs for t in netlist.types]


def _weights(netlist: Netlist, outputs: Sequence[int], cut: Sequence[int]) -> dict[int, int]:
    """``{net: weight}``: what the outputs gain when one net of the cut is 1 and all others, and the inputs, are 0."""
    part = extract(netlist, outputs, [*cut, *range(FIRST_INPUT_NET, netlist.first_cell_net)])
    count = len(cut) + 1
    values = np.zeros((part.n_input_bits, -(-count // WORD)), dtype=np.uint64)
    row = np.arange(len(cut))
    values[row, (row + 1) // WORD] = np.uint64(1) << ((row + 1) % WORD).astype(np.uint64)
    base, *sums = unpack(simulate(part, {INPUT: values})[part.output_nets], count)
    return {net: (s - base) % (1 << len(outputs)) for net, s in zip(cut, sums, strict=True)}


def _variables(netlist: Netlist, outputs: Sequence[int], cut: Sequence[int]) -> list[int]:
    """The cut and the inputs above it, ordered by the lowest output that each reaches, the highest first."""
    none = len(outputs)
    column = np.full(netlist.n_nets, none)
    np.minimum.at(column, list(outputs), np.arange(none))
    stop = np.zeros(netlist.n_nets, dtype=bool)
    stop[cut] = True
    for kind, cells in reversed(netlist.groups):
        outs = netlist.output_start[cells] + np.arange(len(kind.outputs))[:, None]
        lowest = np.where(stop[outs], none, column[outs]).min(axis=0)
        for k in range(len(kind.inputs)):
            np.minimum.at(column, netlist.fanin[netlist.fanin_start[cells] + k], lowest)
    inputs = range(FIRST_INPUT_NET, netlist.first_cell_net)
    return sorted((n for n in (*cut, *inputs) if column[n] < none), key=lambda n: -int(column[n]))


# --- the tree ------------------------------------------------------------------------------------------------------------


def _replaced(netlist: Netlist, weights: Mapping[int, int], width: int) -> tuple[list[list[int]], dict[int, int]]:
    """The steps, and the sum that they leave (net 1: the constant)."""
    total = {net: w for net, w in weights.items() if w}
    mask = (1 << width) - 1
    steps = []
    for cells in _groups(netlist, total):
        pins = sorted({n for c in cells for n in netlist.fanin_of(c).tolist()} - {0, 1})
        place = {0: 0, 1: 1, **{net: k + 2 for k, net in enumerate(pins)}}
        shape = tuple((netlist.type_of(c), tuple(place[n] for n in netlist.fanin_of(c).tolist())) for c in cells)
        nets = [net for c in cells for net in netlist.outputs_of(c)]
        gains = conserved(shape, tuple(total.get(net, 0) for net in nets), width)
        if gains is not None:
            steps.append(cells)
            for net in nets:
                total.pop(net, None)
            for net, gain in zip((1, *pins), gains, strict=True):
                total[net] = total.get(net, 0) + gain & mask
    return steps, {net: w for net, w in total.items() if w}


def _groups(netlist: Netlist, total: Mapping[int, int]) -> Iterator[list[int]]:
    """Cells that drive nets of `total`, as it is when they are asked for, last level first.

    Cells that read the same nets come together: an XOR and an AND of the same nets conserve weight only as a pair.
    """
    order = np.argsort(-netlist.level, kind="stable")
    levels = netlist.level[order]
    for cells in np.split(order, np.flatnonzero(np.diff(levels)) + 1):
        alike: dict[frozenset[int], list[int]] = {}
        for c in cells.tolist():
            if any(net in total for net in netlist.outputs_of(c)):
                alike.setdefault(frozenset(netlist.fanin_of(c).tolist()) - {0, 1}, []).append(c)
        yield from alike.values()


@lru_cache(maxsize=1 << 16)
def conserved(
    shape: tuple[tuple[CellType, tuple[int, ...]], ...], weights: tuple[int, ...], width: int
) -> tuple[int, ...] | None:
    """Constant and weights of the inputs if the weighted sum of outputs is linear in them modulo ``2**width``, else None.

    `shape` names for each cell its type and where its pins lead: 0 and 1 are constants, k + 2 is input k.
    """
    n = max((p for _, pins in shape for p in pins), default=1) - 1
    if n > PINS_LIMIT or not all(kind.is_combinational for kind, _ in shape):
        return None
    sums = []
    for m in range(1 << n):
        values = [0, 1, *(m >> k & 1 for k in range(n))]
        rows = [(kind, sum(values[p] << k for k, p in enumerate(pins))) for kind, pins in shape]
        bits = [table >> row & 1 for kind, row in rows for table in kind.tables]
        sums.append(sum(w for w, bit in zip(weights, bits, strict=True) if bit))
    gains = [sums[1 << k] - sums[0] for k in range(n)]
    linear = (sums[0] + sum(g for k, g in enumerate(gains) if m >> k & 1) for m in range(1 << n))
    same = all((a - b) % (1 << width) == 0 for a, b in zip(linear, sums, strict=True))
    return (sums[0], *gains) if same else None


# --- the products --------------------------------------------------------------------------------------------------------


def _expanded(netlist: Netlist, total: Mapping[int, int], functions: Sequence[Function | None]) -> Polynomial:
    """The weighted sum of nets as a polynomial in the inputs."""
    out: Polynomial = {}
    for net, weight in total.items():
        function = functions[net]
        if function is None:
            raise ProofError(f"net {netlist.net_label(net)} is neither conserved by a compressor nor a product of few inputs")
        polynomial.add_function(out, weight, function[1], function[0])
    return out


def _demand_small_rest(netlist: Netlist, outputs: Sequence[int], cut: Sequence[int]) -> None:
    """Raise `ProofError` if an output depends on more than `REST_LIMIT` inputs while the cut is 0."""
    fanin = netlist.fanin.copy()
    fanin[np.isin(fanin, cut)] = 0
    functions = small_functions(replace(netlist, fanin=fanin), REST_LIMIT)
    for net in outputs:
        if functions[net] is None and net not in cut:
            raise ProofError(f"above the compressors, output {netlist.net_label(net)} depends on too many inputs")


def _tallest_column(above: Polynomial, width: int) -> int:
    heights = [0] * width
    for monomial, weight in above.items():
        negative = -weight % (1 << width)
        bits = min(weight, negative, key=int.bit_count)
        for i in range(width if monomial else 0):
            heights[i] += bits >> i & 1
    return max(heights)

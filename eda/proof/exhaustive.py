"""All inputs, tried: with numpy up to 22 input bits, compiled up to 32, and output by output where there are more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.ir.vectors import Words
from eda.proof import kernel_c
from eda.proof.extract import INPUT, extract
from eda.proof.pair import Pair
from eda.proof.program import Kernel, lower
from eda.proof.refute import most_words
from eda.proof.verdict import Verdict
from eda.tech import tools

NUMPY_INPUTS = 22
COMPILED_INPUTS = 32
METHOD = "exhaustive simulation"

_WORD = 64
_CHUNK = 256  # words at a time: the values of some thousand nets then fit in the second-level cache
_SLICES = 64
_PATTERNS = [sum(1 << k for k in range(64) if k >> p & 1) for p in range(6)]


def exhaustive(pair: Pair, deadline: float) -> Verdict | None:
    """Try every input; None if there are more than `COMPILED_INPUTS` bits or the time (`monotonic`) ran out."""
    n = pair.left.n_input_bits
    if n > COMPILED_INPUTS:
        return None
    return _by_numpy(pair, deadline) if n <= NUMPY_INPUTS else _compiled(pair, deadline)


# --- numpy ---------------------------------------------------------------------------------------------------------------


def _by_numpy(pair: Pair, deadline: float) -> Verdict | None:
    n = pair.left.n_input_bits
    for start, rows in _all_inputs(n, min(_CHUNK, most_words(pair))):
        values, at = {}, 0
        for port in pair.left.inputs:
            values[port.name] = rows[at : at + port.width]
            at += port.width
        wrong = np.bitwise_or.reduce(pair.actual(values) ^ pair.expected(values), axis=0, initial=0)
        if wrong.any():
            word = int(np.flatnonzero(wrong)[0])
            lowest = int(wrong[word]) & -int(wrong[word])
            number = (start + word) * _WORD + lowest.bit_length() - 1
            return pair.different(METHOD, pair.by_port(_input_bits(range(n), number)))
        if monotonic() > deadline:
            return None
    return pair.proven(METHOD, f"all 2^{n} inputs")


def _all_inputs(n: int, chunk: int) -> Iterator[tuple[int, Words]]:
    """First word, and words ``[n, chunk]`` in which bit p of the vector's number is input p, until all were given."""
    total = max(1, 1 << n >> 6)
    for start in range(0, total, chunk):
        word = np.arange(start, min(start + chunk, total), dtype=np.uint64)
        rows = np.empty((n, len(word)), dtype=np.uint64)
        for p in range(n):
            rows[p] = _PATTERNS[p] if p < 6 else -(word >> np.uint64(p - 6) & np.uint64(1))
        yield start, rows


def _input_bits(order: Sequence[int], number: int) -> list[int]:
    """The input bits of a vector in whose number bit p is the input ``order[p]``."""
    bits = [0] * len(order)
    for p, i in enumerate(order):
        bits[i] = number >> p & 1
    return bits


# --- output by output -----------------------------------------------------------------------------------------------------


def by_output(pair: Pair, deadline: float) -> Verdict | None:
    """Try all inputs of each output on its own; ``unknown`` with the number of proven outputs where that is not all.

    None where no output depends on few enough inputs.
    """
    proven = 0
    for group in _groups(pair):
        verdict = exhaustive(_part(pair, group), deadline)
        if verdict is None:
            break
        if verdict.counterexample is not None:
            number = verdict.counterexample.inputs[INPUT]
            chosen = {i for k, i in enumerate(group.inputs) if number >> k & 1}
            return pair.different(METHOD, pair.by_port([i in chosen for i in range(pair.left.n_input_bits)]))
        proven += len(group.outputs)
    if proven == pair.outputs_total:
        return pair.proven(METHOD, "all inputs of each output")
    return pair.unknown(METHOD, "", proven) if proven else None


@dataclass
class _Group:
    """Output bits, and the input bits on which they depend, by number."""

    inputs: list[int]
    outputs: list[int]


def _groups(pair: Pair) -> list[_Group]:
    """Outputs of few inputs, grouped so that each is with one whose inputs include all of its own; constants get input 0."""
    supports = [a | b or 1 for a, b in zip(_supports(pair.left), _supports(pair.right), strict=True)]
    small = [k for k, mask in enumerate(supports) if mask.bit_count() <= NUMPY_INPUTS]
    groups: list[tuple[int, list[int]]] = []
    for k in sorted(small, key=lambda k: -supports[k].bit_count()):
        home = next((outputs for mask, outputs in groups if mask & supports[k] == supports[k]), None)
        if home is None:
            groups.append((supports[k], [k]))
        else:
            home.append(k)
    return [_Group([i for i in range(pair.left.n_input_bits) if mask >> i & 1], sorted(outputs)) for mask, outputs in groups]


def _supports(netlist: Netlist) -> list[int]:
    """For each output bit the input bits from which it can be reached, as a mask."""
    mask = [0] * netlist.n_nets
    for i in range(netlist.n_input_bits):
        mask[FIRST_INPUT_NET + i] = 1 << i
    fanin, start, first = netlist.fanin.tolist(), netlist.fanin_start.tolist(), netlist.output_start.tolist()
    for kind, cells in netlist.groups:
        for c in cells.tolist():
            union = 0
            for net in fanin[start[c] : start[c + 1]]:
                union |= mask[net]
            mask[first[c] : first[c] + len(kind.outputs)] = [union] * len(kind.outputs)
    return [mask[n] for n in netlist.output_nets.tolist()]


def _part(pair: Pair, group: _Group) -> Pair:
    inputs = [FIRST_INPUT_NET + i for i in group.inputs]
    left, right = (extract(n, n.output_nets[group.outputs].tolist(), inputs) for n in (pair.left, pair.right))
    return Pair(left, right)


# --- compiled -----------------------------------------------------------------------------------------------------------


def _compiled(pair: Pair, deadline: float) -> Verdict | None:
    program = lower([pair.left, pair.right])
    order = _order(pair)
    with tools.scratch() as folder:
        kernel = kernel_c.build(program, order, folder, max(deadline - monotonic(), 1.0))
        how = "compiled by the C compiler" if kernel is not None else "compiled by numba"
        if kernel is None:
            from eda.proof import kernel_numba

            kernel = kernel_numba.build(program, order)
        found = _search(kernel, deadline)
    if found is None:
        return None
    if found >= 0:
        return pair.different(METHOD, pair.by_port(_input_bits(order, found)))
    return pair.proven(METHOD, f"all 2^{program.n_inputs} inputs, {how}")


def _order(pair: Pair) -> list[int]:
    """The input bits from fast to slow: the last port first, as the rows of a reference product follow its last operand."""
    ports = [[n - FIRST_INPUT_NET for n in p.nets] for p in pair.left.inputs]
    return [i for nets in reversed(ports) for i in nets]


def _search(kernel: Kernel, deadline: float) -> int | None:
    step = max(1, kernel.blocks // _SLICES)
    for start in range(0, kernel.blocks, step):
        found = kernel.search(start, min(start + step, kernel.blocks))
        if found >= 0:
            return found
        if monotonic() > deadline and start + step < kernel.blocks:
            return None
    return -1

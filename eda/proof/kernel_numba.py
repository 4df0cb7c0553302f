"""Exhaustive comparison where there is no C compiler: an interpreter of programs, compiled by numba."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt

from eda.ir.netlist import FIRST_INPUT_NET
from eda.proof.program import AND, OR, Kernel, Program

LANE_BITS = 12
_WORDS = 1 << LANE_BITS - 6
_PATTERNS = [sum(1 << k for k in range(64) if k >> p & 1) for p in range(6)]


def build(program: Program, order: Sequence[int]) -> Kernel:
    """The search over blocks of ``2**LANE_BITS`` vectors; input ``order[p]`` is bit p of a vector's number."""
    code, outputs, rows = _packed(program)
    slots = np.zeros((rows, _WORDS), dtype=np.uint64)
    slots[1] = ~np.uint64(0)
    for p, i in enumerate(order[:LANE_BITS]):
        slots[FIRST_INPUT_NET + i] = _lanes(p)
    slow = np.array([FIRST_INPUT_NET + i for i in order[LANE_BITS:]], dtype=np.int64)

    def search(start: int, stop: int) -> int:
        return int(_search(code, outputs, slots, slow, start, stop))

    return Kernel(search, 1 << max(program.n_inputs - LANE_BITS, 0))


def _lanes(p: int) -> npt.NDArray[np.uint64]:
    """Word by word, bit p of the number of each lane."""
    if p < 6:
        return np.full(_WORDS, _PATTERNS[p], dtype=np.uint64)
    return np.where(np.arange(_WORDS) >> p - 6 & 1, ~np.uint64(0), np.uint64(0))


def _packed(program: Program) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Operations ``[code, to, from, from]`` on rows that are used again after their last reader, pairs of output rows, rows.

    Few rows stay in the fast caches, which is what the speed depends on.
    """
    pairs = [(a, b) for a, b in zip(*program.outputs, strict=True) if a != b]
    last = {slot: k for k, (_, a, b) in enumerate(program.operations) for slot in (a, b)}
    last.update(dict.fromkeys((s for pair in pairs for s in pair), len(program.operations)))
    row = {s: s for s in range(program.first_slot)}
    free: list[int] = []
    rows, code = program.first_slot, []
    for k, (operation, a, b) in enumerate(program.operations):
        if not free:
            free.append(rows)
            rows += 1
        row[program.first_slot + k] = free.pop()  # not a row of an operand: the compiler's vector loops want them apart
        code.append((operation, row[program.first_slot + k], row[a], row[b]))
        free += [row[s] for s in {a, b} if s >= program.first_slot and last[s] == k]
    outputs = [(row[a], row[b]) for a, b in pairs]
    return np.array(code, np.int32).reshape(-1, 4), np.array(outputs, np.int32).reshape(-1, 2), rows


@numba.njit(nogil=True)
def _search(code, outputs, slots, slow, start, stop):  # type: ignore[no-untyped-def]  # noqa: ANN001
    words = slots.shape[1]
    for block in range(start, stop):
        for p in range(len(slow)):
            slots[slow[p], :] = ~np.uint64(0) if block >> p & 1 else np.uint64(0)
        for k in range(len(code)):
            to, a, b = slots[code[k, 1]], slots[code[k, 2]], slots[code[k, 3]]
            if code[k, 0] == AND:
                for w in range(words):
                    to[w] = a[w] & b[w]
            elif code[k, 0] == OR:
                for w in range(words):
                    to[w] = a[w] | b[w]
            else:
                for w in range(words):
                    to[w] = a[w] ^ b[w]
        for w in range(words):
            difference = np.uint64(0)
            for k in range(len(outputs)):
                difference |= slots[outputs[k, 0], w] ^ slots[outputs[k, 1], w]
            if difference:
                for bit in range(64):
                    if difference >> np.uint64(bit) & np.uint64(1):
                        return (block * words + w) * 64 + bit
    return -1

"""Compiled enumeration of cuts over functions, and of the library cells that fit them. It loads numba.

A *cut* of a function is a set of at most 6 other functions that determines it, with the truth table over them: bit m of a
64-bit word is the value at minterm m, leaf i toggling every 2**i minterms; unused leaves do not matter. Every node of every
function on the way is tried, so the cuts reach across structures. Cuts over equal leaves with different tables occur where
the leaves never take all values; both are right.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]

WIDTH = 6
_VAR = np.array(
    [
        0xAAAAAAAAAAAAAAAA,
        0xCCCCCCCCCCCCCCCC,
        0xF0F0F0F0F0F0F0F0,
        0xFF00FF00FF00FF00,
        0xFFFF0000FFFF0000,
        0xFFFFFFFF00000000,
    ],
    dtype=np.uint64,
)
_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_UNMATCHED = 1.0e4


class Cuts(NamedTuple):
    """At most P cuts of each of F functions; ``leaf [F, P, 6]`` ascending, -1 beyond ``size [F, P]``; `table` uint64.

    held int32 [F], how many; cost float64 [F, P] what the cut costs with shared leaves spread over their uses; match int32
    [F, P] its row in the table of cells or -1; flow float64 [F] the least of `cost`, spread.
    """

    leaf: Array
    size: Array
    table: Array
    cost: Array
    match: Array
    held: Array
    flow: Array


@njit(cache=True)
def exchanged(table: np.uint64, i: int, j: int) -> np.uint64:
    """The table with leaves i < j exchanged."""
    shift = np.uint64((1 << j) - (1 << i))
    low = _VAR[i] & ~_VAR[j]
    high = low << shift
    return (table & ~(low | high)) | ((table & low) << shift) | ((table >> shift) & low)


@njit(cache=True)
def _spread(table: np.uint64, leaves: Array, size: int, into: Array, total: int) -> np.uint64:
    """The table over `size` leaves as one over the leaves `into`, which hold them."""
    k = total - 1
    for i in range(size - 1, -1, -1):
        while into[k] != leaves[i]:
            k -= 1
        if k != i:
            table = exchanged(table, i, k)
    return table


@njit(cache=True)
def _depends(table: np.uint64, i: int) -> bool:
    return ((table >> np.uint64(1 << i)) & ~_VAR[i]) != (table & ~_VAR[i])


@njit(cache=True)
def _reduced(table: np.uint64, leaves: Array, size: int) -> tuple[np.uint64, int]:
    """Without the leaves that do not matter."""
    i = 0
    while i < size:
        if _depends(table, i):
            i += 1
            continue
        for j in range(i, size - 1):
            table = exchanged(table, j, j + 1)
            leaves[j] = leaves[j + 1]
        size -= 1
    return table, size


@njit(cache=True)
def _union(a: Array, na: int, b: Array, nb: int, out: Array) -> int:
    """The ascending union of two ascending lists in `out`, or -1 if it is longer than `WIDTH`."""
    i = j = k = 0
    while i < na or j < nb:
        if k == WIDTH:
            return -1
        if j == nb or (i < na and a[i] < b[j]):
            out[k] = a[i]
            i += 1
        elif i == na or b[j] < a[i]:
            out[k] = b[j]
            j += 1
        else:
            out[k] = a[i]
            i += 1
            j += 1
        k += 1
    return k


@njit(cache=True)
def _find(keys: Array, table: np.uint64) -> int:
    """Row of a table among ascending `keys`, or -1."""
    low, high = 0, len(keys)
    while low < high:
        mid = (low + high) // 2
        if keys[mid] < table:
            low = mid + 1
        else:
            high = mid
    return low if low < len(keys) and keys[low] == table else -1


@njit(cache=True)
def _insert(cuts: Cuts, f: int, leaves: Array, size: int, table: np.uint64, cost: float, match: int) -> bool:
    """Put a cut among those of f if it is new and good enough; the dearest makes room."""
    n, room = cuts.held[f], cuts.leaf.shape[1]
    for k in range(n):
        if cuts.table[f, k] == table and cuts.size[f, k] == size:
            same = True
            for i in range(size):
                same = same and cuts.leaf[f, k, i] == leaves[i]
            if same:
                cuts.cost[f, k] = min(cuts.cost[f, k], cost)
                return False
    at = n
    if n == room:
        at = 0
        for k in range(1, n):
            if cuts.cost[f, k] > cuts.cost[f, at]:
                at = k
        if cuts.cost[f, at] <= cost:
            return False
    else:
        cuts.held[f] = n + 1
    cuts.leaf[f, at, :size] = leaves[:size]
    cuts.leaf[f, at, size:] = -1
    cuts.size[f, at], cuts.table[f, at], cuts.cost[f, at], cuts.match[f, at] = size, table, cost, match
    return True


@njit(cache=True)
def _operand(cuts: Cuts, f: int, k: int, leaves: Array) -> tuple[int, np.uint64]:
    """Cut k of f in `leaves`; the last is f itself."""
    if k == cuts.held[f]:
        leaves[0] = f
        return 1, _VAR[0]
    size = cuts.size[f, k]
    leaves[:size] = cuts.leaf[f, k, :size]
    return size, cuts.table[f, k]


@njit(cache=True)
def _cost(cuts: Cuts, leaves: Array, size: int, match: int, area: Array) -> float:
    cost = 0.0
    for i in range(size):
        cost += cuts.flow[leaves[i]]
    return cost + (area[match] if match >= 0 else _UNMATCHED + size)


@njit(cache=True)
def _combine(cuts: Cuts, result: int, high: int, low: int, keys: Array, area: Array, a: Array, b: Array, out: Array) -> bool:
    """The cuts that an AND node adds to its function."""
    f, found = result >> 1, False
    flip = _ONES if result & 1 else np.uint64(0)
    flip_a = _ONES if high & 1 else np.uint64(0)
    flip_b = _ONES if low & 1 else np.uint64(0)
    for i in range(cuts.held[high >> 1] + 1):
        na, ta = _operand(cuts, high >> 1, i, a)
        for j in range(cuts.held[low >> 1] + 1):
            nb, tb = _operand(cuts, low >> 1, j, b)
            size = _union(a, na, b, nb, out)
            if size < 0:
                continue
            own = False
            for k in range(size):
                own = own or out[k] == f
            if own:
                continue
            table = ((_spread(ta, a, na, out, size) ^ flip_a) & (_spread(tb, b, nb, out, size) ^ flip_b)) ^ flip
            table, size = _reduced(table, out, size)
            if size < 2:
                continue
            match = _find(keys, table)
            if match < 0 and size > 4:
                continue
            found |= _insert(cuts, f, out, size, table, _cost(cuts, out, size, match, area), match)
    return found


@njit(cache=True)
def enumerate_cuts(
    result: Array, fanin: Array, order: Array, uses: Array, n_functions: int, room: int, keys: Array, area: Array, passes: int
) -> Cuts:
    """Cuts of all functions; nodes are taken in `order`, several times, as later ones add to the functions of earlier ones.

    uses float64 [F]: by how many readers the cost of a function is shared; keys uint64 [T] ascending, area float64 [T] the
    cheapest cell of each.
    """
    shape = (n_functions, room)
    cuts = Cuts(
        np.full((n_functions, room, WIDTH), -1, np.int32),
        np.zeros(shape, np.int8),
        np.zeros(shape, np.uint64),
        np.zeros(shape, np.float64),
        np.full(shape, -1, np.int32),
        np.zeros(n_functions, np.int32),
        np.zeros(n_functions, np.float64),
    )
    a, b, out = np.zeros(WIDTH, np.int32), np.zeros(WIDTH, np.int32), np.zeros(WIDTH + 1, np.int32)
    for _ in range(passes):
        changed = False
        for n in order:
            f = result[n] >> 1
            changed |= _combine(cuts, result[n], fanin[n, 0], fanin[n, 1], keys, area, a, b, out)
            best = np.inf
            for k in range(cuts.held[f]):
                best = min(best, cuts.cost[f, k])
            if best < np.inf:
                cuts.flow[f] = best / uses[f]
        if not changed:
            break
    return cuts


@njit(cache=True)
def count_uses(cuts: Cuts, first: Array) -> int:
    """How many cell nodes `emit` will give."""
    total = 0
    for f in range(len(cuts.held)):
        for k in range(cuts.held[f]):
            m = cuts.match[f, k]
            if m >= 0:
                total += first[m + 1] - first[m]
    return total


@njit(cache=True)
def emit(cuts: Cuts, first: Array, cell: Array, pins: Array, total: int) -> tuple[Array, Array, Array]:
    """Cell nodes: the literal each computes, its cell, and the literals of its pins [total, 6] (-1 beyond the last).

    Entry e of the table of cells, a row per input pin: ``pins[e, i]`` is ``2 * leaf + inverted``; -1 beyond the last; the
    complement flag of the output is ``pins[e, 6]``.
    """
    own, of_cell = np.empty(total, np.int32), np.empty(total, np.int32)
    read = np.full((total, WIDTH), -1, np.int32)
    at = 0
    for f in range(len(cuts.held)):
        for k in range(cuts.held[f]):
            m = cuts.match[f, k]
            if m < 0:
                continue
            for e in range(first[m], first[m + 1]):
                own[at], of_cell[at] = 2 * f + pins[e, WIDTH], cell[e]
                for i in range(WIDTH):
                    if pins[e, i] >= 0:
                        read[at, i] = 2 * cuts.leaf[f, k, pins[e, i] >> 1] + (pins[e, i] & 1)
                at += 1
    return own, of_cell, read


@njit(cache=True)
def level_nodes(result: Array, fanin: Array, n_functions: int, first_inner: int) -> Array:
    """int32 [A]: for each node 1 + the largest level of its operands, where a function has the least of its nodes'."""
    far = 2**30
    level = np.full(n_functions, far, np.int32)
    level[:first_inner] = 0
    out = np.full(len(result), far, np.int32)
    changed = True
    while changed:
        changed = False
        for n in range(len(result)):
            at = max(level[fanin[n, 0] >> 1], level[fanin[n, 1] >> 1])
            if at < far and at + 1 < out[n]:
                out[n] = at + 1
                f = result[n] >> 1
                if at + 1 < level[f]:
                    level[f] = at + 1
                    changed = True
    return out

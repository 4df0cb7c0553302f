"""Changes of a solution: what one costs, whether it may be made, and making it, in time that the nets of one unit take.

Every move of a unit v is written as (to, drop, add): its new primary, a copy that goes (-1: none), a copy that comes (-1:
none). A move to b is (b, primary, b), a replica (primary, -1, b), its deletion (primary, b, -1), exchange of roles
(b, -1, -1), retirement of the primary into a replica (b, primary, -1).
"""

from __future__ import annotations

import numba
import numpy as np

from eda.partition.state import FAR, Model, State


@numba.njit(cache=True)
def recount(m: Model, s: State) -> None:
    """Fill everything that follows from the primaries and copies."""
    n, k = s.at.shape
    s.sinks[:] = 0
    s.used[:] = 0
    s.load[:] = 0
    s.met[:] = 0
    s.totals[:] = 0
    for v in range(n):
        for q in range(k):
            if s.at[v, q]:
                for r in range(m.area.shape[1]):
                    s.used[q, r] += m.area[v, r]
                for i in range(m.apart_first[v], m.apart_first[v + 1]):
                    s.met[m.apart[i], q] += 1
                for i in range(m.in_first[v], m.in_first[v + 1]):
                    s.sinks[m.in_net[i], q] += 1
                s.totals[3] += 1
    s.totals[3] -= n
    for e in range(len(m.source)):
        p = s.primary[m.source[e]]
        reached = 0
        for q in range(k):
            if s.sinks[e, q] > 0 and not s.at[m.source[e], q]:
                reached += 1
                s.totals[0] += m.weight[e] * m.cost[p, q]
                s.load[q] += m.load[e]
        s.remote[e] = reached
        s.place[e] = -1
        if reached > 0:
            s.load[p] += m.load[e]
            s.place[e] = s.totals[2]
            s.nets[s.totals[2]] = e
            s.totals[2] += 1
    for q in range(k):
        s.totals[1] += max(s.load[q] - m.limit[q], 0)


@numba.njit(cache=True)
def too_far(m: Model, s: State) -> bool:
    """Does a net go farther than the board allows?"""
    for i in range(s.totals[2]):
        e = s.nets[i]
        for q in range(s.at.shape[1]):
            if s.sinks[e, q] > 0 and not s.at[m.source[e], q] and m.cost[s.primary[m.source[e]], q] >= FAR:
                return True
    return False


@numba.njit(cache=True)
def change(m: Model, s: State, v: int, to: int, drop: int, add: int) -> int:
    """By how much weighted hops grow."""
    total = 0
    if drop >= 0 or add >= 0:
        for i in range(m.in_first[v], m.in_first[v + 1]):
            e = m.in_net[i]
            u = m.source[e]
            if drop >= 0 and s.sinks[e, drop] == 1 and not s.at[u, drop]:
                total -= m.weight[e] * m.cost[s.primary[u], drop]
            if add >= 0 and s.sinks[e, add] == 0 and not s.at[u, add]:
                total += m.weight[e] * m.cost[s.primary[u], add]
    p = s.primary[v]
    for i in range(m.out_first[v], m.out_first[v + 1]):
        e = m.out_net[i]
        here = 0
        for q in range(s.at.shape[1]):
            if s.sinks[e, q] > 0:
                if not s.at[v, q]:
                    here -= m.cost[p, q]
                    if q != add:
                        here += m.cost[to, q]
                elif q == drop:
                    here += m.cost[to, q]
        total += m.weight[e] * here
    return total


@numba.njit(cache=True)
def fits(m: Model, s: State, v: int, add: int) -> bool:
    """May a copy of v come to the FPGA `add`, by area and by units that must stand apart?"""
    for r in range(m.area.shape[1]):
        if m.area[v, r] > 0 and s.used[add, r] + m.area[v, r] > m.capacity[add, r]:
            return False
    for i in range(m.apart_first[v], m.apart_first[v + 1]):
        if s.met[m.apart[i], add] > 0:
            return False
    return True


@numba.njit(cache=True)
def overflow_left(m: Model, s: State, v: int, drop: int) -> float:
    """By how much the FPGA `drop` is less overfull without v, in shares of its capacities."""
    total = 0.0
    for r in range(m.area.shape[1]):
        over = s.used[drop, r] - m.capacity[drop, r]
        if over > 0:
            total += min(over, m.area[v, r]) / max(m.capacity[drop, r], 1)
    return total


@numba.njit(cache=True)
def _set_load(m: Model, s: State, q: int, by: int) -> None:
    s.totals[1] -= max(s.load[q] - m.limit[q], 0)
    s.load[q] += by
    s.totals[1] += max(s.load[q] - m.limit[q], 0)


@numba.njit(cache=True)
def _set_remote(m: Model, s: State, e: int, reached: int) -> None:
    """Note how many FPGAs a net must reach; it enters or leaves the list of remote nets. Loads are not touched."""
    before = s.remote[e]
    s.remote[e] = reached
    if before == 0 and reached > 0:
        s.place[e] = s.totals[2]
        s.nets[s.totals[2]] = e
        s.totals[2] += 1
    elif before > 0 and reached == 0:
        s.totals[2] -= 1
        last = s.nets[s.totals[2]]
        s.nets[s.place[e]] = last
        s.place[last] = s.place[e]
        s.place[e] = -1


@numba.njit(cache=True)
def _reach(m: Model, s: State, e: int, q: int, by: int) -> None:
    """An FPGA becomes remote for a net (by = 1) or ceases to be (by = -1)."""
    p = s.primary[m.source[e]]
    before = s.remote[e]
    s.totals[0] += by * m.weight[e] * m.cost[p, q]
    _set_load(m, s, q, by * m.load[e])
    _set_remote(m, s, e, before + by)
    if before == 0 or s.remote[e] == 0:
        _set_load(m, s, p, by * m.load[e])


@numba.njit(cache=True)
def apply(m: Model, s: State, v: int, to: int, drop: int, add: int) -> None:
    """Make a move."""
    k = s.at.shape[1]
    for i in range(m.out_first[v], m.out_first[v + 1]):
        e = m.out_net[i]
        for q in range(k):
            if s.sinks[e, q] > 0 and not s.at[v, q]:
                _reach(m, s, e, q, -1)
    for i in range(m.in_first[v], m.in_first[v + 1]):
        e = m.in_net[i]
        if drop >= 0:
            s.sinks[e, drop] -= 1
            if s.sinks[e, drop] == 0 and not s.at[m.source[e], drop]:
                _reach(m, s, e, drop, -1)
        if add >= 0:
            s.sinks[e, add] += 1
            if s.sinks[e, add] == 1 and not s.at[m.source[e], add]:
                _reach(m, s, e, add, 1)
    if drop >= 0:
        _place(m, s, v, drop, -1)
    if add >= 0:
        _place(m, s, v, add, 1)
    s.primary[v] = to
    for i in range(m.out_first[v], m.out_first[v + 1]):
        e = m.out_net[i]
        for q in range(k):
            if s.sinks[e, q] > 0 and not s.at[v, q]:
                _reach(m, s, e, q, 1)


@numba.njit(cache=True)
def _place(m: Model, s: State, v: int, q: int, by: int) -> None:
    s.at[v, q] += by
    s.totals[3] += by
    for r in range(m.area.shape[1]):
        s.used[q, r] += by * m.area[v, r]
    for i in range(m.apart_first[v], m.apart_first[v + 1]):
        s.met[m.apart[i], q] += by


@numba.njit(cache=True)
def apply_within_loads(m: Model, s: State, v: int, to: int, drop: int, add: int) -> bool:
    """Make a move unless loads go further beyond their limits; was it made?"""
    before, p = s.totals[1], s.primary[v]
    apply(m, s, v, to, drop, add)
    if s.totals[1] > before:
        apply(m, s, v, p, add, drop)
        return False
    return True


@numba.njit(cache=True)
def random_states(m: Model, s: State, moves: int, seed: int) -> int:
    """Make random moves of all kinds; returns the largest difference between what `change` says and what comes of it."""
    np.random.seed(seed)
    n, k = s.at.shape
    worst = 0
    for _ in range(moves):
        v, b = np.random.randint(n), np.random.randint(k)
        p, kind = s.primary[v], np.random.randint(2)
        to, drop, add = p, -1, -1
        if not s.at[v, b]:
            add = b
            if kind == 0:
                to, drop = b, p
        elif b != p:
            if kind == 0:
                to = b
                drop = p if np.random.randint(2) == 0 else -1
            else:
                drop = b
        else:
            continue
        before = s.totals[0]
        said = change(m, s, v, to, drop, add)
        apply(m, s, v, to, drop, add)
        worst = max(worst, abs(s.totals[0] - before - said))
    return worst

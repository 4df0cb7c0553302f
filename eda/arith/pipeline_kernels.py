"""Compiled loops of pipelining. Import this module only where it is used: it loads numba.

Cells are visited in `Circuit.order`, drivers first. A cell's level is the number of registers before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

EPSILON = 1e-6


class Circuit(NamedTuple):
    """A combinational netlist with its arcs; see `eda.arith.pipeline_model.StageModel`.

    order, output_start, fanin_start, fanin, pin_cell   as in `eda.ir.netlist.Netlist`
    reader_start, reader   input pins (positions in `fanin`) that read each net
    outside                float [N]: time that the net's output port needs after it; -inf at nets that no port shows
    """

    order: Array
    output_start: Array
    fanin_start: Array
    fanin: Array
    pin_cell: Array
    reader_start: Array
    reader: Array
    outside: Array
    arc_start: Array
    arc_pin: Array
    arc_out: Array
    delay: Array
    begin: Array
    launch: Array
    setup: Array


@njit(cache=True)
def registers_after(g: Circuit, period: float, cuts: int, after: Array, tail: Array) -> bool:
    """Fill ``after`` [C], the fewest registers that paths from each cell's outputs need if no stage may exceed `period`.

    ``tail`` [I, 2] becomes the time from each input pin to the next of them, set-up included, or to an output. Returns
    False if some path needs more than `cuts`. The backward counterpart of the labels of Pan and Liu (1998).
    """
    end = np.empty(2)
    for k in range(len(g.order) - 1, -1, -1):
        c = g.order[k]
        count = 0
        for o in range(g.output_start[c], g.output_start[c + 1]):
            for r in range(g.reader_start[o], g.reader_start[o + 1]):
                count = max(count, after[g.pin_cell[g.reader[r]]])
        if not _fits(g, period, cuts, c, count, after, tail, end):
            count += 1
            if count > cuts or not _fits(g, period, cuts, c, count, after, tail, end):
                return False
        after[c] = count
    return True


@njit(cache=True)
def _fits(g: Circuit, period: float, cuts: int, c: int, count: int, after: Array, tail: Array, end: Array) -> bool:
    """Set ``tail`` of the pins of cell c, with `count` registers after it; can a stage begin right before it?"""
    tail[g.fanin_start[c] : g.fanin_start[c + 1]] = -np.inf
    for a in range(g.arc_start[c], g.arc_start[c + 1]):
        o = g.arc_out[a]
        for edge in range(2):
            end[edge] = -np.inf
            if g.outside[o] > -np.inf:
                end[edge] = g.outside[o] if count == 0 else g.setup[o, edge]
            for r in range(g.reader_start[o], g.reader_start[o + 1]):
                pin = g.reader[r]
                end[edge] = max(end[edge], tail[pin, edge] if after[g.pin_cell[pin]] == count else g.setup[o, edge])
        for e in range(2):
            for edge in range(2):
                tail[g.arc_pin[a], e] = max(tail[g.arc_pin[a], e], g.delay[a, e, edge] + end[edge])
    for pin in range(g.fanin_start[c], g.fanin_start[c + 1]):
        start = g.begin if count == cuts else g.launch
        for e in range(2):
            if start[g.fanin[pin], e] + tail[pin, e] > period + EPSILON:
                return False
    return True


@njit(cache=True)
def arrivals(g: Circuit, level: Array, low: int, high: int, time: Array) -> None:
    """Set ``time`` [N, 2] at the outputs of cells of levels low..high, from the times that it holds at all other nets."""
    for c in g.order:
        if not low <= level[c] <= high:
            continue
        time[g.output_start[c] : g.output_start[c + 1]] = -np.inf
        for a in range(g.arc_start[c], g.arc_start[c + 1]):
            net, o = g.fanin[g.arc_pin[a]], g.arc_out[a]
            for e in range(2):
                for edge in range(2):
                    time[o, edge] = max(time[o, edge], time[net, e] + g.delay[a, e, edge])


@njit(cache=True)
def tails(g: Circuit, level: Array, low: int, high: int, cuts: int, tail: Array) -> None:
    """Set ``tail`` [I, 2] at the pins of cells of levels low..high: the time to a register above `high`, or to an output."""
    for k in range(len(g.order) - 1, -1, -1):
        c = g.order[k]
        if not low <= level[c] <= high:
            continue
        tail[g.fanin_start[c] : g.fanin_start[c + 1]] = -np.inf
        for a in range(g.arc_start[c], g.arc_start[c + 1]):
            o = g.arc_out[a]
            for edge in range(2):
                end = -np.inf
                if g.outside[o] > -np.inf:
                    end = g.outside[o] if high == cuts else g.setup[o, edge]
                for r in range(g.reader_start[o], g.reader_start[o + 1]):
                    pin = g.reader[r]
                    end = max(end, tail[pin, edge] if level[g.pin_cell[pin]] <= high else g.setup[o, edge])
                for e in range(2):
                    tail[g.arc_pin[a], e] = max(tail[g.arc_pin[a], e], g.delay[a, e, edge] + end)


@njit(cache=True)
def source_side(start: Array, to: Array, capacity: Array, back: Array, source: int, sink: int) -> Array:
    """bool [nodes]: the source's side of the smallest minimum cut, after augmenting along shortest paths.

    Arcs ``start[v]..start[v+1]`` leave node v for ``to``; ``back`` is the reverse of each. `capacity` becomes the residual.
    """
    n = len(start) - 1
    queue = np.empty(n, np.int32)
    came = np.empty(n, np.int64)
    while True:
        came[:] = -1
        came[source] = -2
        queue[0], first, last = source, 0, 1
        while first < last and came[sink] == -1:
            v = queue[first]
            first += 1
            for a in range(start[v], start[v + 1]):
                if capacity[a] > 0 and came[to[a]] == -1:
                    came[to[a]] = a
                    queue[last] = to[a]
                    last += 1
        if came[sink] == -1:
            return came != -1
        v = sink
        while v != source:
            a = came[v]
            capacity[a] -= 1
            capacity[back[a]] += 1
            v = to[back[a]]

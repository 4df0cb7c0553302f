"""Relaxed compressors on the CPU, forward and backward, compiled. Import this module only where it is used.

For B mixtures and n compressors: `ports` [B, T, 4] holds arrival rise, fall and slew rise, fall at each port; `pins` [n, 3]
the port of each pin, `kind` [n] 0 for half and 1 for full adders, `load` [B, n, 2, 2] by output and edge, `p` [B, n, I] the
implementations' probabilities; `values` and `moves` as in `eda.arith.domac.kernels.Cells`. The loops stay in one piece each:
handing the arrays to inner functions costs several times what the loops do with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

_MOST = 6
"""Pins times edges: arcs that end in one output edge."""


@njit(cache=True)
def _segments(axis: Array, x: Any) -> tuple[int, Any]:
    i, last = 0, len(axis) - 2
    while i < last and x >= axis[i + 1]:
        i += 1
    return i, (x - axis[i]) / (axis[i + 1] - axis[i])


@njit(cache=True, fastmath={"contract", "arcp", "nsz"}, error_model="numpy")
def forward(
    ports: Array,
    pins: Array,
    kind: Array,
    load: Array,
    p: Array,
    slews: Array,
    loads: Array,
    values: Array,
    moves: Array,
    gamma: Any,
    out: Array,
) -> None:
    """Fill ``out`` [B, n, 2, 4]: per output arrival rise, fall, slew rise, fall, expected over the implementations."""
    batch, n, impls = p.shape
    rows, u = np.empty((3, 2), np.int64), np.empty((3, 2), ports.dtype)
    ends = np.empty(_MOST, ports.dtype)
    for b in range(batch):
        for j in range(n):
            k = kind[j]
            for pin in range(2 + k):
                for e in range(2):
                    rows[pin, e], u[pin, e] = _segments(slews, ports[b, pins[j, pin], 2 + e])
            for o in range(2):
                for last in range(2):
                    y, v = _segments(loads, load[b, j, o, last])
                    time, steep = ports.dtype.type(0), ports.dtype.type(0)
                    for i in range(impls):
                        weight = p[b, j, i]
                        if weight == 0:
                            continue
                        count, top, steepest = 0, ports.dtype.type(-1e30), ports.dtype.type(0)
                        for pin in range(2 + k):
                            for e in range(2):
                                if not moves[k, i, pin, o, e, last]:
                                    continue
                                t, x, s = values[k, i, pin, o, e, last], rows[pin, e], u[pin, e]
                                low = t[x, y, 0] + v * (t[x, y + 1, 0] - t[x, y, 0])
                                high = t[x + 1, y, 0] + v * (t[x + 1, y + 1, 0] - t[x + 1, y, 0])
                                ends[count] = ports[b, pins[j, pin], e] + low + s * (high - low)
                                top = max(top, ends[count])
                                count += 1
                                low = t[x, y, 1] + v * (t[x, y + 1, 1] - t[x, y, 1])
                                high = t[x + 1, y, 1] + v * (t[x + 1, y + 1, 1] - t[x + 1, y, 1])
                                steepest = max(steepest, low + s * (high - low))
                        total = ports.dtype.type(0)
                        for a in range(count):
                            total += np.exp((ends[a] - top) / gamma)
                        time += weight * (top + gamma * np.log(total))
                        steep += weight * steepest
                    out[b, j, o, last], out[b, j, o, 2 + last] = time, steep


@njit(cache=True, fastmath={"contract", "arcp", "nsz"}, error_model="numpy")
def backward(
    ports: Array,
    pins: Array,
    kind: Array,
    load: Array,
    p: Array,
    slews: Array,
    loads: Array,
    values: Array,
    moves: Array,
    gamma: Any,
    grad: Array,
    to_ports: Array,
    to_load: Array,
    to_p: Array,
) -> None:
    """Add to the gradients of `ports`, `load` and `p`, given `grad` of `forward`'s output; slews have subgradients."""
    batch, n, impls = p.shape
    zero = ports.dtype.type(0)
    rows, u = np.empty((3, 2), np.int64), np.empty((3, 2), ports.dtype)
    ends, by_slew, by_load = np.empty(_MOST, ports.dtype), np.empty(_MOST, ports.dtype), np.empty(_MOST, ports.dtype)
    for b in range(batch):
        for j in range(n):
            k = kind[j]
            for pin in range(2 + k):
                for e in range(2):
                    rows[pin, e], u[pin, e] = _segments(slews, ports[b, pins[j, pin], 2 + e])
            for o in range(2):
                for last in range(2):
                    g_time, g_slew = grad[b, j, o, last], grad[b, j, o, 2 + last]
                    if g_time == 0 and g_slew == 0:
                        continue
                    y, v = _segments(loads, load[b, j, o, last])
                    step_y = 1 / (loads[y + 1] - loads[y])
                    for i in range(impls):
                        weight = p[b, j, i]
                        if weight == 0:
                            continue
                        count, top = 0, ports.dtype.type(-1e30)
                        steepest, at_pin, at_edge, s_slew, s_load = zero, -1, 0, zero, zero
                        for pin in range(2 + k):
                            for e in range(2):
                                if not moves[k, i, pin, o, e, last]:
                                    continue
                                t, x, s = values[k, i, pin, o, e, last], rows[pin, e], u[pin, e]
                                step_x = 1 / (slews[x + 1] - slews[x])
                                d0, d1 = t[x, y + 1, 0] - t[x, y, 0], t[x + 1, y + 1, 0] - t[x + 1, y, 0]
                                low, high = t[x, y, 0] + v * d0, t[x + 1, y, 0] + v * d1
                                ends[count] = ports[b, pins[j, pin], e] + low + s * (high - low)
                                by_slew[count], by_load[count] = (high - low) * step_x, (d0 + s * (d1 - d0)) * step_y
                                top = max(top, ends[count])
                                count += 1
                                d0, d1 = t[x, y + 1, 1] - t[x, y, 1], t[x + 1, y + 1, 1] - t[x + 1, y, 1]
                                low, high = t[x, y, 1] + v * d0, t[x + 1, y, 1] + v * d1
                                if low + s * (high - low) > steepest:
                                    steepest, at_pin, at_edge = low + s * (high - low), pin, e
                                    s_slew, s_load = (high - low) * step_x, (d0 + s * (d1 - d0)) * step_y
                        total = zero
                        for a in range(count):
                            ends[a] = np.exp((ends[a] - top) / gamma)
                            total += ends[a]
                        to_p[b, j, i] += g_time * (top + gamma * np.log(total)) + g_slew * steepest
                        a = 0
                        for pin in range(2 + k):
                            for e in range(2):
                                if moves[k, i, pin, o, e, last]:
                                    share = weight * g_time * ends[a] / total
                                    to_ports[b, pins[j, pin], e] += share
                                    to_ports[b, pins[j, pin], 2 + e] += share * by_slew[a]
                                    to_load[b, j, o, last] += share * by_load[a]
                                    a += 1
                        if at_pin >= 0:
                            to_ports[b, pins[j, at_pin], 2 + at_edge] += weight * g_slew * s_slew
                            to_load[b, j, o, last] += weight * g_slew * s_load

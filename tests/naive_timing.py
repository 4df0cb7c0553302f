"""Timing by the definitions, one pin and one arc at a time: slow, and written without the code that it checks."""

import math

from eda.tech.library import ArcKind, Sense

NEVER = -math.inf


def interpolate(tables, t, x, y):
    def place(axis, n, v):
        if n == 1:
            return 0, 0, 0.0
        i = 0
        while i < n - 2 and v >= axis[i + 1]:
            i += 1
        return i, i + 1, (v - axis[i]) / (axis[i + 1] - axis[i])

    i, i1, u = place(tables.axis0[t], tables.n0[t], x)
    j, j1, v = place(tables.axis1[t], tables.n1[t], y)
    z = tables.values[t]
    return (z[i, j] * (1 - u) + z[i1, j] * u) * (1 - v) + (z[i, j1] * (1 - u) + z[i1, j1] * u) * v


class NaiveTiming:
    """Latest arrivals and largest slews of a combinational netlist without constants, by recursion on nets."""

    def __init__(self, netlist, library, input_slew, load):
        self.netlist, self.library, self.input_slew = netlist, library, input_slew
        self.loads = [[0.0, 0.0] for _ in range(netlist.n_nets)]
        for net in netlist.output_nets.tolist():
            for edge in (0, 1):
                self.loads[net][edge] += load
        for c in range(netlist.n_cells):
            cell = library.cell(netlist.type_of(c).name)
            for pin, net in enumerate(netlist.fanin_of(c).tolist()):
                self.loads[net][0] += cell.cap_rise[pin]
                self.loads[net][1] += cell.cap_fall[pin]
        self.known = {}

    def at(self, net):
        """``((arrival rise, fall), (slew rise, fall))`` of a net."""
        if net not in self.known:
            cell = int(self.netlist.driver[net])
            self.known[net] = ((0.0, 0.0), (self.input_slew,) * 2) if cell < 0 else self._driven(cell, net)
        return self.known[net]

    def _driven(self, c, net):
        arcs, cell = self.library.arcs, self.library.cell(self.netlist.type_of(c).name)
        output = list(self.netlist.outputs_of(c)).index(net)
        arrival, slew = [NEVER, NEVER], [NEVER, NEVER]
        for r in cell.arcs:
            if arcs.target[r] != output or arcs.kind[r] != ArcKind.COMBINATIONAL:
                continue
            source = self.at(int(self.netlist.fanin_of(c)[arcs.source[r]]))
            for out in (0, 1):
                edges = {Sense.POSITIVE: (out,), Sense.NEGATIVE: (1 - out,), Sense.NON_UNATE: (0, 1)}[arcs.sense[r]]
                for edge in edges:
                    point = (source[1][edge], self.loads[net][out])
                    delay = interpolate(self.library.tables, arcs.delay[r, out], *point)
                    arrival[out] = max(arrival[out], source[0][edge] + delay)
                    slew[out] = max(slew[out], interpolate(self.library.tables, arcs.slew[r, out], *point))
        return tuple(arrival), tuple(slew)

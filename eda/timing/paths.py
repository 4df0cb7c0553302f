"""Worst paths of a timing analysis, point by point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eda.ir.netlist import FIRST_INPUT_NET, Netlist

if TYPE_CHECKING:
    from eda.timing.endpoints import Ends
    from eda.timing.sta import Timing


@dataclass(frozen=True)
class Point:
    """A point of a path: an input port, the clock pin of a register, or the output pin of a cell.

    pin     ``cell/pin`` or the port bit;  cell: its type, or "" for a port
    net     label of the net that the pin drives; for a clock pin of the clock net
    rising  the edge at the pin
    arrival ps after the launching clock edge;  slew ps;  load fF;  fanout: how many pins and ports read the net
    """

    pin: str
    cell: str
    net: str
    rising: bool
    arrival: float
    slew: float
    load: float
    fanout: int


@dataclass(frozen=True)
class Path:
    """The worst path to one end point.

    end      name of the output bit, or ``cell/pin`` of the register
    points   from the start to the driver of the end
    arrival  at the end, ps;  margin: setup time or output delay, ps;  slack: ps
    launched "rise" or "fall": the clock edge from which time is counted
    """

    end: str
    points: tuple[Point, ...]
    arrival: float
    margin: float
    slack: float
    launched: str

    @property
    def start(self) -> str:
        return self.points[0].pin

    def __str__(self) -> str:
        lines = [f"from {self.start} to {self.end}", "   arrival     delay      slew      load  fanout  edge  pin"]
        before = self.points[0].arrival
        for p in self.points:
            numbers = f"{p.arrival:10.2f}{p.arrival - before:10.2f}{p.slew:10.2f}{p.load:10.2f}{p.fanout:8d}"
            lines.append(f"{numbers}  {'rise' if p.rising else 'fall'}  {p.pin}" + (f" ({p.cell})" if p.cell else ""))
            before = p.arrival
        lines.append(f"arrival {self.arrival:.2f} ps, margin {self.margin:.2f} ps, slack {self.slack:.2f} ps")
        return "\n".join(lines)


def end_name(netlist: Netlist, pin: int) -> str:
    """Name of an end point: a bit of an output port (``pin = -1 - k``), or ``cell/pin`` of an input pin."""
    if pin < 0:
        return [bit for port in netlist.outputs for bit in port.bit_names][-1 - pin]
    cell = int(netlist.pin_cell[pin])
    return f"{netlist.cell_label(cell)}/{netlist.type_of(cell).inputs[pin - int(netlist.fanin_start[cell])]}"


def critical_paths(timing: Timing, count: int = 1) -> tuple[Path, ...]:
    """The worst paths to the `count` most critical end points, most critical first."""
    return tuple(_path(timing, timing.ends, i) for i in range(min(count, len(timing.ends))))


def _path(timing: Timing, ends: Ends, index: int) -> Path:
    launch = int(ends.launch[index])
    points = _trace(timing, launch, int(ends.net[index]), int(ends.edge[index]))
    return Path(
        end_name(timing.netlist, int(ends.pin[index])),
        tuple(points),
        float(ends.arrival[index]),
        float(ends.margin[index]),
        float(timing.slack[index]),
        "fall" if launch else "rise",
    )


def _trace(timing: Timing, launch: int, net: int, edge: int) -> list[Point]:
    points = [_point(timing, launch, net, edge)]
    while (cause := int(timing.causes[launch, net, edge])) >= 0:
        arc, edge = divmod(cause, 2)
        cell = int(timing.netlist.driver[net])
        kind, position = timing.netlist.type_of(cell), int(timing.graph.bank.source[arc])
        pins = (*timing.netlist.fanin_of(cell).tolist(), *timing.netlist.outputs_of(cell))
        net = pins[position]
        if timing.graph.bank.launch[arc]:
            points.append(_clock_point(timing, cell, kind.inputs[position], net, edge))
            break
        points.append(_point(timing, launch, net, edge))
    return points[::-1]


def _point(timing: Timing, launch: int, net: int, edge: int) -> Point:
    netlist = timing.netlist
    cell = int(netlist.driver[net])
    label = netlist.net_label(net)
    if cell < 0:
        pin, kind = (_port_name(netlist, net), "")
    else:
        kind = netlist.type_of(cell).name
        pin = f"{netlist.cell_label(cell)}/{netlist.type_of(cell).outputs[net - int(netlist.output_start[cell])]}"
    values = (float(timing.arrivals[launch, net, edge]), float(timing.slew[net, edge]), float(timing.load[net, edge]))
    return Point(pin, kind, label, edge == 0, *values, int(netlist.fanout[net]))


def _clock_point(timing: Timing, cell: int, pin: str, net: int, edge: int) -> Point:
    """The clock pin of a register: the ideal clock arrives there at once and with slew 0."""
    netlist = timing.netlist
    name = f"{netlist.cell_label(cell)}/{pin}"
    load = float(timing.load[net, edge])
    return Point(name, netlist.type_of(cell).name, netlist.net_label(net), edge == 0, 0.0, 0.0, load, int(netlist.fanout[net]))


def _port_name(netlist: Netlist, net: int) -> str:
    bits = [bit for port in netlist.inputs for bit in port.bit_names]
    return bits[net - FIRST_INPUT_NET]

"""What LEF files say: layers with their wire resistance and capacitance, vias, sites, and the outlines of cells.

Lengths are in um, resistance in kOhm, capacitance in fF, whatever the files used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eda.errors import UsageError, suggest

Box = tuple[float, float, float, float]
"""Lower left and upper right corner: x0, y0, x1, y1."""


@dataclass(frozen=True)
class Layer:
    """One layer. Numbers that a file does not give are None.

    kind               "routing", "cut", "masterslice", "overlap", "implant"
    direction          "horizontal", "vertical" or "" (other than routing)
    pitch, offset      of the tracks, (x, y)
    sheet_resistance   kOhm per square
    area_capacitance   fF per um2; edge_capacitance  fF per um of edge
    cut_resistance     kOhm per cut of a cut layer
    """

    name: str
    kind: str
    direction: str = ""
    pitch: tuple[float, float] | None = None
    offset: tuple[float, float] | None = None
    width: float | None = None
    spacing: float | None = None
    thickness: float | None = None
    height: float | None = None
    sheet_resistance: float | None = None
    area_capacitance: float | None = None
    edge_capacitance: float | None = None
    cut_resistance: float | None = None

    @property
    def wire(self) -> tuple[float, float] | None:
        """Resistance (kOhm) and capacitance (fF) of one um of wire of default width; None if the file lacks them."""
        if self.width is None or self.sheet_resistance is None or self.area_capacitance is None:
            return None
        return self.sheet_resistance / self.width, self.area_capacitance * self.width + 2 * (self.edge_capacitance or 0.0)


@dataclass(frozen=True)
class Shape:
    """A rectangle on a layer."""

    layer: str
    box: Box


@dataclass(frozen=True)
class Via:
    """A fixed via around its origin; resistance in kOhm, None if the file does not give it."""

    name: str
    is_default: bool
    shapes: tuple[Shape, ...]
    resistance: float | None = None


@dataclass(frozen=True)
class Site:
    """A placement site; `size` is its width and height in um."""

    name: str
    kind: str
    size: tuple[float, float]
    symmetry: tuple[str, ...]


@dataclass(frozen=True)
class MacroPin:
    """One pin; `shapes` are the rectangles of all its ports, polygons cut into rectangles."""

    name: str
    direction: str  # "input", "output", "inout", "feedthru"
    use: str  # "signal", "clock", "power", "ground", "analog"
    shapes: tuple[Shape, ...]

    @property
    def center(self) -> tuple[float, float]:
        """Centre of the box around all shapes: where a placer takes the pin to be."""
        boxes = [s.box for s in self.shapes]
        x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
        return (x0 + max(b[2] for b in boxes)) / 2, (y0 + max(b[3] for b in boxes)) / 2


@dataclass(frozen=True)
class Macro:
    """The outline of a cell; pins in the file's order."""

    name: str
    kind: str  # CLASS in lower case, such as "core", "core spacer", "pad"
    size: tuple[float, float]
    origin: tuple[float, float]
    symmetry: tuple[str, ...]
    site: str
    pins: tuple[MacroPin, ...]
    obstructions: tuple[Shape, ...]

    @property
    def area(self) -> float:
        return self.size[0] * self.size[1]

    def pin(self, name: str) -> MacroPin:
        """The pin of that name; raises `UsageError` if there is none."""
        for pin in self.pins:
            if pin.name == name:
                return pin
        raise UsageError(f"macro {self.name} has no pin {name!r}{suggest(name, [p.name for p in self.pins])}")


@dataclass(frozen=True, eq=False)
class Lef:
    """The content of one or more LEF files. `database_units` per um; `grid` is the manufacturing grid in um."""

    paths: tuple[Path, ...]
    database_units: int | None
    grid: float | None
    layers: Mapping[str, Layer]
    vias: Mapping[str, Via]
    sites: Mapping[str, Site]
    macros: Mapping[str, Macro]

    def macro(self, name: str) -> Macro:
        """The macro of that name; raises `UsageError`, with the nearest name, if there is none."""
        if name not in self.macros:
            raise UsageError(f"no LEF macro {name!r}{suggest(name, self.macros)}")
        return self.macros[name]

    @property
    def routing_layers(self) -> list[Layer]:
        """Routing layers, lowest first."""
        return [layer for layer in self.layers.values() if layer.kind == "routing"]

    def __repr__(self) -> str:
        return f"Lef({len(self.macros)} macros, {len(self.layers)} layers, {len(self.vias)} vias, {len(self.sites)} sites)"

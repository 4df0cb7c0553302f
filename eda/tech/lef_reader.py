"""Reader of LEF files: text into the plain data of `eda.tech.lef_data`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from eda.tech.lef_data import Box, Layer, Lef, Macro, MacroPin, Shape, Site, Via
from eda.tech.lef_syntax import Scanner, Statement

_SKIPPED = ("PROPERTYDEFINITIONS", "SPACING", "NOISETABLE", "CORRECTIONTABLE", "IRDROP")
_SKIPPED_NAMED = ("VIARULE", "NONDEFAULTRULE", "ARRAY")
_CAPACITANCE = 1e3  # pF -> fF
_RESISTANCE = 1e-3  # Ohm -> kOhm


def parse_lef(text: str, path: str | Path = "<text>") -> Lef:
    """The content of one LEF file; `path` is what errors name. See `eda.tech.lef.read_lef`."""
    scan = Scanner(text, Path(path))
    units: list[int] = []
    grid: list[float] = []
    layers: dict[str, Layer] = {}
    vias: dict[str, Via] = {}
    sites: dict[str, Site] = {}
    macros: dict[str, Macro] = {}
    blocks: dict[str, Callable[[], None]] = {
        "UNITS": lambda: units.extend(_read_units(scan)),
        "LAYER": lambda: _once(scan, layers, _read_layer),
        "VIA": lambda: _once(scan, vias, _read_via),
        "SITE": lambda: _once(scan, sites, _read_site),
        "MACRO": lambda: _once(scan, macros, _read_macro),
    }
    while scan.peek() and not (scan.keyword() == "END" and scan.peek(1).upper() == "LIBRARY"):
        word = scan.keyword()
        if word in blocks:
            scan.at += 1
            blocks[word]()
        elif word in _SKIPPED:
            scan.skip_block(scan.peek())
        elif word in _SKIPPED_NAMED:
            scan.skip_block(scan.peek(1))
        elif word == "BEGINEXT":
            scan.skip_past("ENDEXT")
        else:
            grid += _read_header(scan)
    if not scan.peek() and not macros and not layers:
        scan.fail("expected LEF layers or macros, found none", scan.at)
    return Lef((Path(path),), next(iter(units), None), next(iter(grid), None), layers, vias, sites, macros)


def _once(scan: Scanner, into: dict[str, Any], read: Callable[[Scanner, str], Any]) -> None:
    """Read a block whose keyword has just been passed; a second one of the same name is an error."""
    start = scan.at
    name = scan.name("a name")
    if name in into:
        scan.fail(f"expected each definition once, found another one of {name!r}", start)
    into[name] = read(scan, name)


def _read_header(scan: Scanner) -> list[float]:
    """A statement outside of any block: the manufacturing grid, if it is that."""
    start = scan.at
    statement = scan.statement("the file")
    if not statement[0].isalpha():
        scan.fail(f"expected a LEF statement such as LAYER or MACRO, found {statement[0]!r}", start)
    return [scan.number(statement[1:], start)] if statement[0] == "MANUFACTURINGGRID" else []


def _read_units(scan: Scanner) -> list[int]:
    return [int(scan.number(s[2:], at)) for at, s in scan.statements("UNITS") if s[0] == "DATABASE"]


def _read_layer(scan: Scanner, name: str) -> Layer:
    start = scan.at - 1
    found: dict[str, Any] = {}
    for at, s in scan.statements(name):
        match s[0], [w.upper() for w in s[1:2]]:
            case (("TYPE" | "DIRECTION"), [word]):
                found["kind" if s[0] == "TYPE" else "direction"] = word.lower()
            case (("PITCH" | "OFFSET"), _):
                x, *y = scan.numbers(s[1:3], max(len(s[1:3]), 1), at)
                found[s[0].lower()] = (x, *(y or [x]))
            case (("WIDTH" | "THICKNESS" | "HEIGHT"), _):
                found[s[0].lower()] = scan.number(s[1:], at)
            case "SPACING", _ if "spacing" not in found:
                found["spacing"] = scan.number(s[1:], at)
            case "SPACINGTABLE", ["PARALLELRUNLENGTH"]:
                found["spacing"] = _least_spacing(scan, s, at)
            case "RESISTANCE", ["RPERSQ"]:
                found["sheet_resistance"] = scan.number(s[2:], at) * _RESISTANCE
            case "RESISTANCE", _:
                found["cut_resistance"] = scan.number(s[1:], at) * _RESISTANCE
            case "CAPACITANCE", ["CPERSQDIST"]:
                found["area_capacitance"] = scan.number(s[2:], at) * _CAPACITANCE
            case "EDGECAPACITANCE", _:
                found["edge_capacitance"] = scan.number(s[1:], at) * _CAPACITANCE
    if "kind" not in found:
        scan.fail(f"expected a TYPE in the layer {name}, found none", start)
    return Layer(name, **found)


def _least_spacing(scan: Scanner, statement: Statement, at: int) -> float:
    """The entry of a spacing table for the narrowest wire and the shortest parallel run."""
    words = [w.upper() for w in statement]
    return scan.number(statement[words.index("WIDTH") + 2 :] if "WIDTH" in words else [], at)


def _read_via(scan: Scanner, name: str) -> Via:
    is_default = scan.accept("DEFAULT")
    shapes, resistance = _Shapes(scan), None
    for at, s in scan.statements(name):
        if s[0] == "RESISTANCE":
            resistance = scan.number(s[1:], at) * _RESISTANCE
        else:
            shapes.take(s, at)
    return Via(name, is_default, tuple(shapes.found), resistance)


def _read_site(scan: Scanner, name: str) -> Site:
    start = scan.at - 1
    kind, size = "", None
    symmetry: tuple[str, ...] = ()
    for at, s in scan.statements(name):
        match s[0]:
            case "CLASS":
                kind = " ".join(s[1:]).lower()
            case "SIZE":
                size = scan.size(s, at)
            case "SYMMETRY":
                symmetry = _symmetry(s)
    if size is None:
        scan.fail(f"expected a SIZE in the site {name}, found none", start)
    return Site(name, kind, size, symmetry)


def _symmetry(s: Statement) -> tuple[str, ...]:
    return tuple(w.upper() for w in s[1:])


def _read_macro(scan: Scanner, name: str) -> Macro:
    start = scan.at - 1
    found: dict[str, Any] = {"kind": "", "origin": (0.0, 0.0), "symmetry": (), "site": ""}
    pins: dict[str, MacroPin] = {}
    obstructions: list[Shape] = []
    while not scan.closes(name):
        if scan.accept("PIN"):
            _once(scan, pins, _read_pin)
        elif scan.accept("OBS"):
            obstructions += _read_shapes(scan, "an OBS")
        elif scan.accept("DENSITY"):
            scan.skip_past("END")
        elif scan.keyword() == "TIMING":
            scan.skip_block(scan.peek())
        else:
            at = scan.at
            _take_macro_fact(scan, found, scan.statement(f"the macro {name}"), at)
    if "size" not in found:
        scan.fail(f"expected a SIZE in the macro {name}, found none", start)
    return Macro(name, **found, pins=tuple(pins.values()), obstructions=tuple(obstructions))


def _take_macro_fact(scan: Scanner, found: dict[str, Any], s: Statement, at: int) -> None:
    match s[0]:
        case "CLASS":
            found["kind"] = " ".join(s[1:]).lower()
        case "SIZE":
            found["size"] = scan.size(s, at)
        case "ORIGIN":
            found["origin"] = tuple(scan.numbers([w for w in s[1:] if w not in "()"], 2, at))
        case "SYMMETRY":
            found["symmetry"] = _symmetry(s)
        case "SITE":
            found["site"] = " ".join(s[1:2])


def _read_pin(scan: Scanner, name: str) -> MacroPin:
    found = {"DIRECTION": "inout", "USE": "signal"}
    shapes: list[Shape] = []
    while not scan.closes(name):
        if scan.accept("PORT"):
            shapes += _read_shapes(scan, "a PORT")
            continue
        s = scan.statement(f"the pin {name}")
        if s[0] in found:
            found[s[0]] = " ".join(s[1:2]).lower()
    return MacroPin(name, found["DIRECTION"], found["USE"], tuple(shapes))


def _read_shapes(scan: Scanner, what: str) -> list[Shape]:
    """The rectangles up to the END of a PORT or OBS."""
    shapes = _Shapes(scan)
    while not scan.accept("END"):
        at = scan.at
        shapes.take(scan.statement(what), at)
    return shapes.found


class _Shapes:
    """Collects rectangles from the statements of one PORT, OBS or VIA."""

    def __init__(self, scan: Scanner) -> None:
        self._scan = scan
        self._layer = ""
        self.found: list[Shape] = []

    def take(self, s: Statement, at: int) -> None:
        match s[0]:
            case "LAYER":
                self._layer = " ".join(s[1:2])
            case "RECT":
                x0, y0, x1, y1 = self._coordinates(s, at, 4)
                self._add((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), at)
            case "POLYGON":
                points = self._coordinates(s, at, 0)
                for box in cut_polygon(list(zip(points[::2], points[1::2], strict=True))):
                    self._add(box, at)
            case "PATH" | "VIA":
                self._scan.unsupported(f"geometry {s[0]}; only RECT and POLYGON are read", at)

    def _coordinates(self, s: Statement, at: int, count: int) -> list[float]:
        words = [w for w in s[1:] if w not in "()"]
        if words and words[0].upper() == "MASK":
            words = words[2:]
        if words and words[0].upper() == "ITERATE":
            self._scan.unsupported(f"geometry {s[0]} ITERATE; only single shapes are read", at)
        if not count and (len(words) < 6 or len(words) % 2):
            self._scan.fail(f"expected three or more points after POLYGON, found {' '.join(words)!r}", at)
        return self._scan.numbers(words, count or len(words), at)

    def _add(self, box: Box, at: int) -> None:
        if not self._layer:
            self._scan.fail("expected a LAYER before the first shape, found none", at)
        self.found.append(Shape(self._layer, box))


def cut_polygon(points: list[tuple[float, float]]) -> list[Box]:
    """Disjoint rectangles that cover a polygon: exactly if all its edges are horizontal or vertical, else its box.

    Horizontal slabs between successive corner heights; in each, the upright edges pair up from left to right.
    """
    edges = list(zip(points, points[1:] + points[:1], strict=True))
    xs, ys = [x for x, _ in points], sorted({y for _, y in points})
    if any(a[0] != b[0] and a[1] != b[1] for a, b in edges):
        return [(min(xs), ys[0], max(xs), ys[-1])]
    boxes: list[Box] = []
    for low, high in pairwise(ys):
        upright = sorted(a[0] for a, b in edges if min(a[1], b[1]) <= low and max(a[1], b[1]) >= high)
        boxes += [(x0, low, x1, high) for x0, x1 in zip(upright[::2], upright[1::2], strict=True)]
    return boxes

"""HatScheT's modulo-scheduling problems: a GraphML graph and an XML model of its resources.

A node names its resource; an edge has a distance in iterations, an extra delay in steps, and carries data or only an order.
An operation of latency l starts at s with s_v + II * distance >= s_u + l_u + delay; `limit` units of a resource accept one
operation per step each (they are pipelined). `physicalDelay` is in ns.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eda.errors import InputError, suggest
from eda.ir.files import read_bytes
from eda.schedule.formats.draft import Draft
from eda.schedule.formats.graph import Graph


@dataclass(frozen=True)
class _Unit:
    """A resource: latency and occupancy in steps, units (-1: no limit), delay in ns."""

    latency: int
    occupancy: int
    limit: int
    delay: float


def read_hatschet(path: str | Path, model: str | Path | None = None) -> Graph:
    """Read a graph and its resource model (found beside it unless given).

    Raises `InputError` naming the file, and the line where the XML is malformed.
    """
    path = Path(path)
    draft = Draft(path, path.name.removesuffix(".gz").removesuffix(".graphml"))
    units = _read_units(Path(model) if model is not None else model_beside(path))
    draft.limits = {name: unit.limit for name, unit in units.items()}
    root = _parse(path)
    for element in root.iter():
        if _tag(element) == "node":
            _node(draft, element, units)
    for element in root.iter():
        if _tag(element) == "edge":
            _edge(draft, element)
    flow = draft.flow()
    delays = np.array([units[kind].delay for kind in flow.kinds])
    return Graph(flow, delay_in=delays, delay_out=delays)


def model_beside(path: Path) -> Path:
    """The resource model that belongs to a graph by its name: ``X_RM.xml`` or ``XRM.xml``."""
    stem = path.name.removesuffix(".gz").removesuffix(".graphml").removesuffix(".200MHz")
    for tail in ("_RM.xml", "RM.xml", "_RM.xml.gz", "RM.xml.gz"):
        if path.with_name(stem + tail).is_file():
            return path.with_name(stem + tail)
    raise InputError(f"expected the resource model {stem}_RM.xml or {stem}RM.xml beside it", file=path)


def _parse(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(read_bytes(path))
    except ElementTree.ParseError as e:
        raise InputError(f"not XML: {e.msg.split(':')[0]}", file=path, line=e.position[0]) from e
    except (ValueError, LookupError) as e:
        raise InputError(f"not XML that can be read: {e}", file=path) from e


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _read_units(path: Path) -> dict[str, _Unit]:
    model, units = Draft(path, path.name), {}
    for element in _parse(path).iter():
        if _tag(element) == "Resource":
            name = _attribute(model, element, "name", "a resource")
            units[name] = _unit(model, element, f"resource {name}")
    if not units:
        raise model.error("expected a model of resources, found no Resource")
    return units


def _unit(model: Draft, element: ElementTree.Element, what: str) -> _Unit:
    text = element.get("physicalDelay") or "0"
    try:
        delay = float(text)
    except ValueError:
        raise model.error(f"{what}: expected a physical delay in ns, found {text!r}") from None
    return _Unit(
        model.number(element.get("latency"), f"{what}: latency"),
        max(model.number(element.get("blockingTime", "1"), f"{what}: blocking time"), 1),
        model.number(element.get("limit", "-1"), f"{what}: limit", -1),
        delay,
    )


def _attribute(draft: Draft, element: ElementTree.Element, name: str, what: str) -> str:
    value = element.get(name)
    if not value:
        raise draft.error(f"{what} has no {name}")
    return value


def _facts(element: ElementTree.Element) -> dict[str, str]:
    return {e.get("key", ""): (e.text or "").strip() for e in element if _tag(e) == "data"}


def _node(draft: Draft, element: ElementTree.Element, units: dict[str, _Unit]) -> None:
    name = _attribute(draft, element, "id", "a node")
    kind = _facts(element).get("uses_resource", "")
    if kind not in units:
        raise draft.error(f"node {name}: the resource {kind!r} is not in the model{suggest(kind, units)}")
    draft.demanding(name, kind, units[kind].latency, [(kind, 1, units[kind].occupancy)])


def _edge(draft: Draft, element: ElementTree.Element) -> None:
    source, target = (_attribute(draft, element, end, "an edge") for end in ("source", "target"))
    what, facts = f"edge {source} -> {target}", _facts(element)
    distance = draft.number(facts.get("distance", "0"), f"{what}: distance")
    delay = draft.number(facts.get("delay", "0"), f"{what}: delay", -(2**31))
    kind = facts.get("deptype", "Data")
    if kind not in ("Data", "Precedence"):
        raise draft.error(f"{what}: expected the type Data or Precedence, found {kind!r}")
    add = draft.data_edge if kind == "Data" else draft.order_edge
    add(source, target, distance=distance, delay=delay)
